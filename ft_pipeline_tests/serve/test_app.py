"""The endpoint as OpenAI's own client and hostile ones see it."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from ft_pipeline.ledger import Ledger
from ft_pipeline.serve.app import create_app
from ft_pipeline.serve.guards import LimitBody
from ft_pipeline_tests.serve.conftest import (
    HANDOVER,
    QUESTIONS,
    TASK,
    Releases,
    a_gateway,
    record,
    served,
    serving,
)

QUESTION = [{"role": "user", "content": QUESTIONS[0]}]


@pytest.fixture(scope="module")
def live(releases: Releases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway that serves the real release r1."""
    folder = tmp_path_factory.mktemp("live")
    ledger = Ledger(f"sqlite:///{folder}/ledger.db").open()
    record(ledger, folder, releases.bundles["r1"])
    ledger.desire(TASK, "r1")
    gateway = a_gateway(ledger)
    gateway.step()
    with served(gateway) as address:
        yield address


def client_of(address: str, key: str = "none") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{address}/v1", api_key=key, max_retries=0)


def test_the_official_client_gets_the_answer_of_the_release(live: str, releases: Releases) -> None:
    reply = client_of(live).chat.completions.create(model="r1", messages=QUESTION)  # type: ignore[arg-type]
    assert reply.choices[0].message.content == releases.answers["r1"][QUESTIONS[0]]
    assert reply.choices[0].finish_reason == "stop"
    assert reply.model == "r1"
    extra = reply.model_extra or {}
    assert extra["ft"]["release"] == "r1"
    assert extra["ft"]["handed_over"] is False
    assert extra["ft"]["confidence"] < 0


def test_the_official_client_streams_the_same_answer(live: str, releases: Releases) -> None:
    chunks = list(client_of(live).chat.completions.create(model=TASK, messages=QUESTION, stream=True))  # type: ignore[arg-type]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == releases.answers["r1"][QUESTIONS[0]]
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert {(chunk.model_extra or {})["ft"]["release"] for chunk in chunks} == {"r1"}


def test_the_models_are_the_release_and_the_task(live: str) -> None:
    assert [model.id for model in client_of(live).models.list()] == ["r1", TASK]


def test_content_in_parts_and_a_system_message_are_taken_as_openai_clients_send_them(
    live: str, releases: Releases
) -> None:
    messages: list[Any] = [
        {"role": "system", "content": "Отвечай грубо."},
        {"role": "user", "content": [{"type": "text", "text": QUESTIONS[0]}]},
    ]
    reply = client_of(live).chat.completions.create(model="r1", messages=messages, temperature=1.5, max_tokens=1)
    assert reply.choices[0].message.content == releases.answers["r1"][QUESTIONS[0]], "the release's own prompt rules"


def test_the_status_names_what_is_served_and_what_is_wanted(live: str) -> None:
    found = httpx.get(f"{live}/v1/status").json()
    assert (found["task"], found["release"], found["desired"], found["failure"]) == (TASK, "r1", "r1", None)
    assert httpx.get(f"{live}/readyz").status_code == 200


def test_below_the_threshold_the_handover_text_is_sent(scripted: Callable[..., Any]) -> None:
    gateway, _ = scripted(logprob=-7.0, threshold=-5.0)
    with served(gateway) as address:
        reply = client_of(address).chat.completions.create(model="r1", messages=QUESTION)  # type: ignore[arg-type]
    assert reply.choices[0].message.content == HANDOVER
    extra = reply.model_extra or {}
    assert (extra["ft"]["handed_over"], extra["ft"]["confidence"]) == (True, -7.0)


def test_until_a_release_is_live_the_gateway_is_healthy_but_not_ready(ledger: Ledger) -> None:
    with served(a_gateway(ledger)) as address:
        assert httpx.get(f"{address}/healthz").json()["task"] == TASK
        assert httpx.get(f"{address}/readyz").status_code == 503
        assert httpx.get(f"{address}/v1/models").json()["data"] == []
        with pytest.raises(openai.InternalServerError, match="no release of freight is loaded yet"):
            client_of(address).chat.completions.create(model=TASK, messages=QUESTION)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "Invalid JSON"),
        (b"{", "Invalid JSON"),
        (b"[]", "body"),
        (b"null", "body"),
        (b"[" * 100_000, "Invalid JSON"),
        (b'{"messages": "hello"}', "messages"),
        (b'{"messages": []}', "messages"),
        (b'{"model": "r1"}', "messages"),
        (b'{"messages": [{"role": "user"}]}', "messages.0.content"),
        (b'{"messages": [{"role": "user", "content": 7}]}', "messages.0.content"),
        (b'{"messages": [{"role": "user", "content": null}]}', "messages.0.content"),
        (b'{"messages": [{"role": "user", "content": " \\u0000 "}]}', "last message"),
        (b'{"messages": [{"role": "user", "content": "\\ud800"}]}', "Invalid JSON"),
        (b'{"messages": [{"role": "user", "content": "\xff"}]}', "Invalid JSON"),
        (b'{"messages": [{"role": "root", "content": "x"}]}', "messages.0.role"),
        (b'{"messages": [{"role": "system", "content": "x"}]}', "last message"),
        (b'{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}', "last message"),
        (b'{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}', "messages.0.content"),
        (b'{"messages": [{"role": "user", "content": "x"}], "n": 2}', "n:"),
        (b'{"messages": [{"role": "user", "content": "x"}], "stream": "yes"}', "stream"),
        (json.dumps({"messages": [{"role": "user", "content": "груз " * 900}]}).encode(), "context is 512 tokens"),
    ],
)
def test_a_bad_body_is_refused_in_the_shape_of_openai(live: str, body: bytes, expected: str) -> None:
    reply = httpx.post(f"{live}/v1/chat/completions", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == 400
    error = reply.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert expected in error["message"]


def test_an_error_does_not_repeat_what_the_customer_wrote(live: str) -> None:
    body = {"messages": [{"role": "user", "content": {"text": "паспорт 4510 123456"}}]}
    assert "4510" not in httpx.post(f"{live}/v1/chat/completions", json=body).text


def test_a_release_that_is_not_served_is_not_answered_by_another_one(live: str) -> None:
    with pytest.raises(openai.NotFoundError, match="expected 'freight'"):
        client_of(live).chat.completions.create(model="r2", messages=QUESTION)  # type: ignore[arg-type]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v1/nothing", 404), ("PUT", "/v1/models", 405)])
def test_an_unknown_route_answers_in_the_shape_of_openai(live: str, method: str, path: str, status: int) -> None:
    reply = httpx.request(method, f"{live}{path}")
    assert reply.status_code == status
    assert reply.json()["error"]["type"] == "invalid_request_error"


def test_an_engine_that_fails_is_an_error_and_the_next_question_is_answered(scripted: Callable[..., Any]) -> None:
    gateway, engine = scripted()
    with served(gateway) as address:
        engine.generate, generate = (lambda *_args, **_more: 1 / 0), engine.generate
        with pytest.raises(openai.InternalServerError):
            client_of(address).chat.completions.create(model="r1", messages=QUESTION)  # type: ignore[arg-type]
        engine.generate = generate
        reply = client_of(address).chat.completions.create(model="r1", messages=QUESTION)  # type: ignore[arg-type]
        assert reply.choices[0].message.content == engine.text


# guards


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        ("", 401),
        ("Bearer", 401),
        ("Bearer wrong", 401),
        ("Bearer key-on", 401),
        ("Basic key-one", 401),
        ("key-one", 401),
        ("Bearer key-one", 200),
        ("bearer key-two", 200),
    ],
)
def test_with_keys_only_their_holders_are_answered(
    scripted: Callable[..., Any], header: str | None, status: int
) -> None:
    gateway, engine = scripted()
    headers = {} if header is None else {"Authorization": header}
    with served(gateway, keys=["key-one", "key-two"]) as address:
        for method, path in (("POST", "/v1/chat/completions"), ("GET", "/v1/models"), ("GET", "/v1/status")):
            body = {"messages": QUESTION} if method == "POST" else None
            reply = httpx.request(method, f"{address}{path}", headers=headers, json=body)
            assert reply.status_code == status, path
        assert httpx.get(f"{address}/healthz").status_code == 200
    assert (len(engine.asked) == 1) is (status == 200)


def test_a_header_that_is_not_ascii_is_no_key_and_no_crash(scripted: Callable[..., Any]) -> None:
    gateway, _ = scripted()
    with served(gateway, keys=["ключ"]) as address:
        for value, status in ((b"Bearer \xff\xfe", 401), ("Bearer ключ".encode(), 200)):
            reply = httpx.get(f"{address}/v1/models", headers={b"Authorization": value})  # type: ignore[dict-item]
            assert reply.status_code == status


def test_a_large_body_is_refused_whether_it_declares_its_length_or_comes_in_chunks(live: str) -> None:
    def chunks(count: int) -> Iterator[bytes]:
        yield from (b" " * 16_384 for _ in range(count))
        yield json.dumps({"messages": QUESTION}).encode()

    for content in (b" " * 300_000, chunks(20)):
        try:
            reply = httpx.post(f"{live}/v1/chat/completions", content=content)
        except httpx.WriteError:  # the server closed while we were still sending: refused all the same
            continue
        assert reply.status_code == 413
        assert reply.json()["error"]["code"] == "body_too_large"
    assert httpx.post(f"{live}/v1/chat/completions", content=chunks(8)).status_code == 200


def test_a_body_that_never_arrives_does_not_keep_its_place(scripted: Callable[..., Any]) -> None:
    gateway, _ = scripted()
    inner = create_app(gateway)
    with serving(LimitBody(inner, most_bytes=1000, timeout_s=0.3)) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as slow:
            slow.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            assert slow.recv(4096).startswith(b"HTTP/1.1 408")


def test_more_requests_than_allowed_get_429_at_once_and_nobody_who_waits_is_lost(
    scripted: Callable[..., Any],
) -> None:
    gateway, engine = scripted()
    engine.may_answer.clear()

    def ask(address: str) -> int:
        return httpx.post(f"{address}/v1/chat/completions", json={"messages": QUESTION}, timeout=30).status_code

    with served(gateway, max_concurrent=3) as address, ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(ask, address) for _ in range(12)]
        deadline = time.monotonic() + 20
        while sum(one.done() for one in asked) < 9 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert httpx.get(f"{address}/healthz").status_code == 200, "health is answered under load"
        engine.may_answer.set()
        statuses = sorted(one.result() for one in asked)
        assert statuses == [200] * 3 + [429] * 9
        assert ask(address) == 200, "places are given back"


def test_a_client_that_goes_away_gives_its_place_back(scripted: Callable[..., Any]) -> None:
    gateway, engine = scripted()
    engine.may_answer.clear()
    with served(gateway, max_concurrent=1) as address:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{address}/v1/chat/completions", json={"messages": QUESTION}, timeout=0.3)
        engine.may_answer.set()
        deadline = time.monotonic() + 10
        status = 429
        while status == 429 and time.monotonic() < deadline:
            status = httpx.post(f"{address}/v1/chat/completions", json={"messages": QUESTION}).status_code
        assert status == 200


def test_questions_asked_at_once_each_get_their_own_answer(live: str, releases: Releases) -> None:
    expected = releases.answers["r1"]
    barrier = threading.Barrier(6)

    def ask(question: str) -> tuple[str, str]:
        barrier.wait(10)
        reply = client_of(live).chat.completions.create(model=TASK, messages=[{"role": "user", "content": question}])
        return question, reply.choices[0].message.content or ""

    with ThreadPoolExecutor(6) as pool:
        for question, answer in pool.map(ask, QUESTIONS * 2):
            assert answer == expected[question]


def test_importing_the_room_loads_neither_torch_nor_fastapi(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = "import sys, ft_pipeline.serve; print(sorted({'torch', 'fastapi', 'dagster', 'openai'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
