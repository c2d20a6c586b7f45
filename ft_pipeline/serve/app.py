"""The HTTP face of the gateway, in the shape of OpenAI's API.

Here: routes, requests, responses, errors. Not here: answering and switching (gateway), limits (guards), the process.

A client's own system message is left out: the release has its own, with which it was evaluated. Sampling settings and
`max_tokens` are accepted and have no effect: answers are greedy, and given whole or handed over. A stream starts when
the answer is complete, since only then it is known whether it is handed over.
"""

from __future__ import annotations

import json
import logging
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse

from ft_pipeline.engines import EngineError, Message, PromptTooLongError
from ft_pipeline.serve.gateway import Gateway, NotReadyError, Reply, UnknownModelError
from ft_pipeline.serve.guards import LimitBody, LimitInFlight, RequireKey, error_response

_MAX_BODY_BYTES = 256 * 1024
_PIECE_CHARS = 64  # of one chunk of a stream
_log = logging.getLogger(__name__)


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class TextPart(_Strict):
    """A piece of a message's content."""

    type: Literal["text"]
    text: str


class ChatMessage(_Strict):
    """One message of the conversation."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]

    def text(self) -> str:
        """The content as one string; NUL, which no database takes, is left out."""
        parts = self.content if isinstance(self.content, list) else [TextPart(type="text", text=self.content)]
        return "\n".join(part.text for part in parts).replace("\x00", "").strip()


class FtOptions(_Strict):
    """What this gateway knows beside OpenAI's fields."""

    probe: bool = False  # a check and no customer: not logged
    ticket: str = Field(default="", max_length=200)  # the help desk's id: answers to tickets opened again do not count


class ChatRequest(_Strict):
    """The body of POST /v1/chat/completions, as far as it is used here."""

    messages: list[ChatMessage] = Field(min_length=1, max_length=200)
    model: str = ""
    stream: bool = False
    n: Literal[1] | None = 1
    ft: FtOptions = FtOptions()


def create_app(
    gateway: Gateway,
    *,
    keys: Sequence[str] = (),
    max_concurrent: int = 8,
    max_body_bytes: int = _MAX_BODY_BYTES,
) -> FastAPI:
    """The application around a gateway.

    Args:
        gateway: started by the caller, closed by the caller.
        keys: API keys; none = open to whoever can connect.
        max_concurrent: completions in flight, waiting ones included; more get 429.
        max_body_bytes: of one request.
    """
    app = FastAPI(title="ft-pipeline gateway", openapi_url=None)
    app.add_middleware(LimitBody, most_bytes=max_body_bytes)
    app.add_middleware(LimitInFlight, most=max_concurrent)
    app.add_middleware(RequireKey, keys=keys)  # added last = asked first

    @app.exception_handler(HTTPException)
    async def _http_error(_request: Request, error: HTTPException) -> Response:
        return error_response(error.status_code, str(error.detail), kind="invalid_request_error", code="not_found")

    @app.exception_handler(Exception)
    async def _unexpected(_request: Request, error: Exception) -> Response:
        return error_response(
            500, f"unexpected {type(error).__name__}; see the log", kind="server_error", code="internal"
        )

    @app.get("/healthz")
    async def healthz() -> dict[str, Any]:
        return {"status": "ok", "task": gateway.task, "pid": os.getpid()}

    @app.get("/readyz")
    async def readyz() -> Response:
        ready = gateway.release_id != ""
        content = {"status": "ready" if ready else "no release is live", "release": gateway.release_id or None}
        return JSONResponse(content, status_code=200 if ready else 503)

    @app.get("/v1/status")
    def status() -> dict[str, Any]:
        return gateway.status()

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        names = [gateway.release_id, gateway.task] if gateway.release_id else []
        listed = [{"id": name, "object": "model", "created": 0, "owned_by": gateway.task} for name in names]
        return {"object": "list", "data": listed}

    @app.post("/v1/chat/completions")
    async def chat_completions(request: Request) -> Response:
        return await run_in_threadpool(_complete, gateway, await request.body())

    return app


def _complete(gateway: Gateway, body: bytes) -> Response:
    try:
        asked = ChatRequest.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        return _bad_request(f"{where}: {first['msg']}; see OpenAI's chat completions for the expected body")
    turns = [(message.role, message.text()) for message in asked.messages if message.role in {"user", "assistant"}]
    if not turns or turns[-1][0] != "user" or not turns[-1][1]:
        return _bad_request("messages: the last message must be the customer's, with role user and some text")
    history: list[Message] = [{"role": role, "content": text} for role, text in turns[:-1]]
    try:
        reply = gateway.answer(
            turns[-1][1], history, model=asked.model, is_probe=asked.ft.probe, ticket_id=asked.ft.ticket
        )
    except NotReadyError as error:
        return error_response(503, str(error), kind="server_error", code="not_ready", headers={"Retry-After": "2"})
    except UnknownModelError as error:
        return error_response(404, str(error), kind="invalid_request_error", code="model_not_found")
    except PromptTooLongError as error:
        return _bad_request(str(error), code="context_length_exceeded")
    except EngineError as error:
        _log.error("the engine failed: %s", error)
        return error_response(502, "the engine failed; see the log", kind="server_error", code="engine_failed")
    if asked.stream:
        return StreamingResponse(_stream(reply), media_type="text/event-stream")
    return JSONResponse(_completion(reply))


def _bad_request(message: str, *, code: str = "invalid_body") -> Response:
    return error_response(400, message, kind="invalid_request_error", code=code)


def _envelope(reply: Reply, kind: str, choice: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{reply.interaction_id or uuid.uuid4().hex}",
        "object": kind,
        "created": int(time.time()),
        "model": reply.release_id,
        "choices": [{"index": 0, "logprobs": None} | choice],
        "ft": {
            "release": reply.release_id,
            "confidence": reply.confidence,
            "handed_over": reply.handed_over,
            "interaction": reply.interaction_id or None,
        },
    }


def _completion(reply: Reply) -> dict[str, Any]:
    choice = {"message": {"role": "assistant", "content": reply.text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 0, "completion_tokens": reply.tokens, "total_tokens": reply.tokens}
    return _envelope(reply, "chat.completion", choice) | {"usage": usage}


def _stream(reply: Reply) -> Iterator[str]:
    envelope = _envelope(reply, "chat.completion.chunk", {"delta": {"role": "assistant"}, "finish_reason": None})
    pieces = [reply.text[start : start + _PIECE_CHARS] for start in range(0, len(reply.text), _PIECE_CHARS)]
    deltas: list[dict[str, str]] = [{"role": "assistant", "content": ""}, *({"content": piece} for piece in pieces), {}]
    for delta in deltas:
        choice = {"index": 0, "logprobs": None, "delta": delta, "finish_reason": None if delta else "stop"}
        yield f"data: {json.dumps(envelope | {'choices': [choice]}, ensure_ascii=False)}\n\n"
    yield "data: [DONE]\n\n"
