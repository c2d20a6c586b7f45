"""Real parts for the gateway's tests: releases of the tiny model, and a real HTTP server on a free port."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline.engines import Engine, Generation, Message, load_engine
from ft_pipeline.ledger import Ledger, Release
from ft_pipeline.serve.app import create_app
from ft_pipeline.serve.bundle import Bundle, Parity, ask_parity, write_bundle
from ft_pipeline.serve.gateway import Gateway
from ft_pipeline_tests.conftest import make_tiny_adapter

TASK = "freight"
HANDOVER = "Передаю ваш вопрос специалисту."
QUESTIONS = ("Сколько стоит доставка в Казань?", "Какие документы нужны?", "How do I track my parcel?")


def plain(text: str, own_contacts: Sequence[str], lexicon: Path | None) -> str:
    """A preparation that changes nothing."""
    return text


@dataclass
class Scripted:
    """An engine that says what it is told to, when it is allowed to, and remembers what it was asked."""

    text: str = "Доставка стоит 350 рублей."
    logprob: float = -1.0
    name: str = "scripted"
    model_hash: str = "0" * 64
    may_answer: threading.Event = field(default_factory=threading.Event)
    asked: list[list[Message]] = field(default_factory=list)

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        *,
        max_new_tokens: int,  # noqa: ARG002 - the protocol's
        batch_size: int = 32,  # noqa: ARG002
    ) -> list[Generation]:
        assert self.may_answer.wait(30)
        self.asked += [list(prompt) for prompt in prompts]
        return [Generation(self.text, 5, self.logprob, self.logprob, 0.0) for _ in prompts]


def a_bundle(base: Path, release_id: str, **changes: Any) -> Bundle:
    plain_bundle = Bundle(
        release_id=release_id,
        task=TASK,
        base=base,
        threshold=-1e9,
        handover_text=HANDOVER,
        system_prompt="Ты — помощник.",
        redaction_version="v1",
        max_answer_tokens=12,
        parity=(Parity(question="Привет", answer=""),),
    )
    return plain_bundle.model_copy(update=changes)


def record(ledger: Ledger, folder: Path, bundle: Bundle) -> Bundle:
    """Writes a bundle and tells the ledger of it."""
    write_bundle(folder / bundle.release_id, bundle)
    ledger.record_release(
        Release(
            task=bundle.task,
            release_id=bundle.release_id,
            adapter_hash="a",
            base_id="tiny",
            base_hash="b",
            threshold=bundle.threshold,
            redaction_version=bundle.redaction_version,
            system_prompt_hash="s",
            bundle=str(folder / bundle.release_id),
            eval_report="e",
            as_of="2026-10-01T00:00:00+00:00",
        )
    )
    return bundle


@dataclass(frozen=True)
class Releases:
    """Two real releases of the tiny model and what each answers."""

    bundles: dict[str, Bundle]
    answers: dict[str, dict[str, str]]  # release -> question -> answer


@pytest.fixture(scope="session")
def adapters(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("two_adapters")
    for seed in (1, 2):
        make_tiny_adapter(tiny_base, folder / f"r{seed}", seed=seed)
    return {name: folder / name for name in ("r1", "r2")}


@pytest.fixture(scope="session")
def releases(tiny_base: Path, adapters: dict[str, Path]) -> Releases:
    bundles, answers = {}, {}
    for name, adapter in adapters.items():
        bundle = a_bundle(tiny_base, name, adapter=adapter)
        parity = ask_parity(load_engine(tiny_base, adapter=adapter), bundle, QUESTIONS)
        bundles[name] = bundle.model_copy(update={"parity": parity})
        answers[name] = {item.question: item.answer or HANDOVER for item in parity}
    assert answers["r1"] != answers["r2"], "the two releases must differ, else no switch can be seen"
    return Releases(bundles, answers)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path}/ledger.db").open()
    yield opened
    opened.close()


def load_real(bundle: Bundle) -> Engine:
    return load_engine(bundle.base, adapter=bundle.adapter)


def a_gateway(ledger: Ledger, load: Callable[[Bundle], Engine] = load_real, **changes: Any) -> Gateway:
    settings: dict[str, Any] = {"prepare": plain, "redaction_version": "v1", "load": load, "poll_s": 0.05}
    return Gateway(TASK, ledger, **(settings | changes))


@pytest.fixture
def scripted(ledger: Ledger, tiny_base: Path, tmp_path: Path) -> Callable[..., tuple[Gateway, Scripted]]:
    """Makes a gateway that serves release r1 by a scripted engine."""

    def make(*, threshold: float = -5.0, prepare: Any = plain, **engine: Any) -> tuple[Gateway, Scripted]:
        double = Scripted(**engine)
        double.may_answer.set()
        parity = (Parity(question="Привет", answer=double.text),)
        record(ledger, tmp_path, a_bundle(tiny_base, "r1", threshold=threshold).model_copy(update={"parity": parity}))
        ledger.desire(TASK, "r1")
        gateway = a_gateway(ledger, lambda _bundle: double, prepare=prepare)
        gateway.step()
        assert gateway.release_id == "r1", [event.detail for event in ledger.history(TASK)]
        double.asked.clear()
        return gateway, double

    return make


@contextlib.contextmanager
def serving(app: Any) -> Iterator[str]:
    """A real uvicorn server around an application; gives its base URL (without /v1)."""
    import uvicorn

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=10))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)


@contextlib.contextmanager
def served(gateway: Gateway, **settings: Any) -> Iterator[str]:
    """A started gateway behind a real server."""
    gateway.start()
    try:
        with serving(create_app(gateway, **settings)) as url:
            yield url
    finally:
        gateway.close()
