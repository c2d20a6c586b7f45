"""The engine for OpenAI-compatible servers, against real HTTP servers."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from ft_pipeline.engines import EngineError, OpenAIEngine
from ft_pipeline_tests.serve.conftest import serving


def a_server(*, with_logprobs: bool) -> FastAPI:
    """A server that repeats the last message, one token per word."""
    app = FastAPI()

    @app.post("/v1/chat/completions")
    async def complete(request: Request) -> Any:
        body = await request.json()
        if request.headers["authorization"] != "Bearer right":
            return JSONResponse({"error": {"message": "wrong key"}}, status_code=401)
        assert (body["temperature"], body["logprobs"]) == (0, True)
        text = " ".join(body["messages"][-1]["content"].split()[: body["max_tokens"]])
        tokens = [
            {"token": word, "logprob": -len(word) / 10, "bytes": None, "top_logprobs": []} for word in text.split()
        ]
        choice = {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": text},
            "logprobs": {"content": tokens} if with_logprobs else None,
        }
        return {"id": "1", "object": "chat.completion", "created": 0, "model": body["model"], "choices": [choice]}

    return app


def asked(*questions: str) -> list[list[dict[str, str]]]:
    return [[{"role": "user", "content": question}] for question in questions]


def test_answers_come_in_order_with_the_sum_of_their_log_probabilities() -> None:
    with serving(a_server(with_logprobs=True)) as url:
        engine = OpenAIEngine(f"{url}/v1", "r1", "right")
        found = engine.generate(asked("один два три четыре", "пять", "шесть семь"), max_new_tokens=3, batch_size=2)
        assert engine.generate([], max_new_tokens=3) == []
    assert [generation.text for generation in found] == ["один два три", "пять", "шесть семь"]
    assert [generation.tokens for generation in found] == [3, 1, 2]
    assert [generation.logprob for generation in found] == [-1.0, -0.4, -0.9]
    assert [generation.min_logprob for generation in found] == [-0.4, -0.4, -0.5]


def test_a_server_without_log_probabilities_is_refused_since_confidence_rests_on_them() -> None:
    with serving(a_server(with_logprobs=False)) as url, pytest.raises(EngineError, match="without log-probabilities"):
        OpenAIEngine(f"{url}/v1", "r1", "right").generate(asked("один"), max_new_tokens=3)


def test_a_wrong_key_and_a_server_that_is_not_there_say_so_without_the_key() -> None:
    with (
        serving(a_server(with_logprobs=True)) as url,
        pytest.raises(EngineError, match="AuthenticationError") as caught,
    ):
        OpenAIEngine(f"{url}/v1", "r1", "s3cret").generate(asked("один"), max_new_tokens=3)
    assert "s3cret" not in str(caught.value)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{probe.getsockname()[1]}/v1"
    with pytest.raises(EngineError, match=r"APIConnectionError.*engine_url"):
        OpenAIEngine(nowhere, "r1").generate(asked("один"), max_new_tokens=3)
