"""Answer times as served: what happens when the gateway under the clock dies."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ft_pipeline.serve import ServeError, timing
from ft_pipeline_tests.evaluate.trial import make_task
from ft_pipeline_tests.serve.conftest import a_bundle


def test_a_gateway_that_dies_while_it_is_timed_is_named_with_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]  # nobody listens there after this block
    stopped: list[Path] = []
    monkeypatch.setattr(timing, "start_detached", lambda *_, **__: None)
    monkeypatch.setattr(timing, "wait_until_live", lambda *_: None)
    monkeypatch.setattr(timing, "base_url", lambda _: f"http://127.0.0.1:{port}/v1")
    monkeypatch.setattr(timing, "stop", stopped.append)
    bundle = a_bundle(tmp_path / "base", "r1")
    with pytest.raises(ServeError, match=r"timing r1 stopped answering \(ConnectError"):
        timing.time_answers(make_task(), bundle, ["Сколько стоит?"], work=tmp_path / "work")
    assert stopped == [tmp_path / "work" / "task.yaml"]
