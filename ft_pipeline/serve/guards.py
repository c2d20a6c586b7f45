"""What stands in front of the application, at the ASGI layer: who asks, how many at once, how much.

Here: keys, the cap on requests in flight, the cap on bodies (chunked ones too). Not here: what a request means (app).
The order is keys -> count -> body: nobody without a key takes a place, nobody without a place sends a body.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
from collections.abc import Iterable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
COUNTED_PATH = "/v1/chat/completions"


def error_response(
    status: int, message: str, *, kind: str, code: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    """An error in the shape that OpenAI's clients expect."""
    content = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return JSONResponse(content, status_code=status, headers=headers)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


class RequireKey:
    """Lets requests with a known bearer key through; without any keys everybody passes."""

    def __init__(self, app: ASGIApp, *, keys: Iterable[str]) -> None:
        self.app = app
        self._digests = [_digest(key.encode("utf-8")) for key in keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 401 to who has no key."""
        if scope["type"] == "http" and self._digests and scope["path"] not in OPEN_PATHS:
            header = dict(scope["headers"]).get(b"authorization", b"")
            given = _digest(header[7:].strip()) if header[:7].lower() == b"bearer " else b""
            # digests of equal length, compared in constant time: the time tells nothing about a key
            if not any(hmac.compare_digest(given, digest) for digest in self._digests):
                await error_response(
                    401,
                    "no valid API key; send `Authorization: Bearer KEY` with a key of this gateway",
                    kind="invalid_request_error",
                    code="invalid_api_key",
                    headers={"WWW-Authenticate": "Bearer"},
                )(scope, receive, send)
                return
        await self.app(scope, receive, send)


class LimitInFlight:
    """Lets only so many completions in at once; further ones get 429 at once."""

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self.app = app
        self._most = most
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Counts before anything is awaited: a count after an await lets everybody through."""
        if scope["type"] != "http" or scope["path"] != COUNTED_PATH:
            await self.app(scope, receive, send)
            return
        if self._in_flight >= self._most:
            await error_response(
                429,
                f"{self._most} requests are being answered already; try again in a second",
                kind="rate_limit_error",
                code="rate_limit_exceeded",
                headers={"Retry-After": "1"},
            )(scope, receive, send)
            return
        self._in_flight += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._in_flight -= 1


class LimitBody:
    """Reads the body up to a limit and in limited time, then hands it on whole."""

    def __init__(self, app: ASGIApp, *, most_bytes: int, timeout_s: float = 15.0) -> None:
        self.app = app
        self._most_bytes = most_bytes
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 413 to a body that is too large, 408 to one that does not come."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        body: bytes | None = None
        if not declared.isdigit() or int(declared) <= self._most_bytes:
            try:
                body = await asyncio.wait_for(self._read(receive), self._timeout_s)
            except TimeoutError:
                await error_response(
                    408, "the body did not arrive in time", kind="invalid_request_error", code="request_timeout"
                )(scope, receive, send)
                return
            except ConnectionError:
                return
        if body is None:
            await error_response(
                413,
                f"the body is larger than {self._most_bytes} bytes; shorten the conversation",
                kind="invalid_request_error",
                code="body_too_large",
                headers={"Connection": "close"},
            )(scope, receive, send)
            return
        is_given = False

        async def receive_again() -> Message:
            nonlocal is_given
            if is_given:
                return await receive()
            is_given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, receive_again, send)

    async def _read(self, receive: Receive) -> bytes | None:
        """The whole body, or None where it is too large."""
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise ConnectionError("the client went away")
            part = message.get("body", b"")
            size += len(part)
            if size > self._most_bytes:
                return None
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
