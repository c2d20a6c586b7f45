"""Any OpenAI-compatible server (vLLM, llama.cpp, …) as an engine.

Here: asking the server and reading its log-probabilities. Not here: starting the server, keys (they are arguments).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ft_pipeline.engines.protocol import EngineError, Generation, Message
from ft_pipeline.store import hash_json

_TIMEOUT_S = 120.0


class OpenAIEngine:
    """A model behind `POST {url}/chat/completions`.

    `model_hash` covers the address and the model's name only: what the server loaded under that name is its own affair.
    """

    def __init__(self, url: str, model: str, key: str = "") -> None:
        self.name = model
        self.url = url
        self.model_hash = hash_json([url, model])
        self._key = key

    def generate(
        self, prompts: Sequence[Sequence[Message]], *, max_new_tokens: int, batch_size: int = 32
    ) -> list[Generation]:
        """One answer per conversation, in the order of the prompts, `batch_size` requests at a time.

        Raises:
            EngineError: the server cannot be reached, refuses, or gives no log-probabilities.
        """
        import openai

        if not prompts:
            return []
        with (
            openai.OpenAI(base_url=self.url, api_key=self._key or "none", timeout=_TIMEOUT_S) as client,
            ThreadPoolExecutor(max_workers=min(batch_size, len(prompts))) as pool,
        ):
            try:
                return list(pool.map(lambda messages: self._ask(client, messages, max_new_tokens), prompts))
            except openai.OpenAIError as error:
                raise EngineError(
                    f"{self.url}: model {self.name!r} did not answer ({type(error).__name__}: {str(error)[:200]}); "
                    "expected an OpenAI-compatible server; check deployment.engine_url, the model name and the key"
                ) from error

    def _ask(self, client: Any, messages: Sequence[Message], max_new_tokens: int) -> Generation:
        started = time.perf_counter()
        reply = client.chat.completions.create(
            model=self.name, messages=list(messages), max_tokens=max_new_tokens, temperature=0, logprobs=True
        )
        seconds = time.perf_counter() - started
        choice = reply.choices[0]
        content = choice.logprobs.content if choice.logprobs is not None else None
        if not content:
            raise EngineError(
                f"{self.url}: the server answered without log-probabilities; expected `logprobs` as in the OpenAI API, "
                "since the confidence of an answer rests on them; switch them on or use another server"
            )
        values = [float(token.logprob) for token in content]
        return Generation(
            text=(choice.message.content or "").strip(),
            tokens=len(values),
            logprob=round(sum(values), 4),
            min_logprob=round(min(values), 4),
            seconds=seconds,
        )
