"""The gateway as a process of its own: a real task file, a real port, real signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import openai
import psutil
import pytest

from ft_pipeline.engines import load_engine
from ft_pipeline.ledger import Ledger, ledger_url
from ft_pipeline.preparation import preparation_version
from ft_pipeline.reading import write_lexicon
from ft_pipeline.serve import ServeError, base_url, process, start_detached, status, stop, wait_until_live
from ft_pipeline.serve.bundle import ask_parity
from ft_pipeline.task import load_task
from ft_pipeline_tests.serve.conftest import QUESTIONS, TASK, a_bundle, record

TASK_FILE = """
name: freight
goal: Отвечать на вопросы клиентов о тарифах, документах и доставке верно
kpis: {{correct_share: 0.9, answer_s: 1.0, load_reduction_share: 0.3}}
sources: [{{kind: tickets, path: tickets.csv}}]
deployment: {{host: "{host}", port: {port}, handover_text: "Передаю специалисту."}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_task(folder: Path, *, host: str = "127.0.0.1", port: int = 0) -> Path:
    path = folder / "task.yaml"
    path.write_text(TASK_FILE.format(host=host, port=port or free_port()), encoding="utf-8")
    return path


@pytest.fixture
def task_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.delenv("FT_PIPELINE_API_KEYS", raising=False)
    monkeypatch.delenv("FT_PIPELINE_LEDGER_URL", raising=False)
    path = write_task(tmp_path)
    yield path
    stop(path, timeout_s=10)


def test_a_detached_gateway_serves_a_release_with_the_real_redaction_and_drains_at_the_end(
    task_path: Path, tiny_base: Path, tiny_adapter: Path, tmp_path: Path
) -> None:
    task = load_task(task_path, check_paths=False)
    lexicon = tmp_path / "lexicon.json"
    write_lexicon(lexicon, {"обрешетка": 12})
    bundle = a_bundle(tiny_base, "r1", adapter=tiny_adapter, redaction_version=preparation_version(), lexicon=lexicon)
    parity = ask_parity(load_engine(tiny_base, adapter=tiny_adapter), bundle, QUESTIONS)
    ledger = Ledger(ledger_url(task)).open()
    record(ledger, tmp_path, bundle.model_copy(update={"parity": parity}))
    ledger.desire(TASK, "r1")

    started = start_detached(task_path)
    assert started.is_running
    assert start_detached(task_path).pid == started.pid, "a running gateway is kept"
    assert wait_until_live(started.url, "r1", 60)["model"] == "r1"
    assert status(task_path).release == "r1"

    client = openai.OpenAI(base_url=started.url, api_key="none", max_retries=0)
    replies: list[str] = []

    def ask(question: str) -> None:
        reply = client.chat.completions.create(model="r1", messages=[{"role": "user", "content": question}])
        replies.append(reply.model)

    ask("Мой телефон +7 912 345-67-89, где абришотка?")
    assert [row.question for row in ledger.interactions(TASK)] == ["Мой телефон [ТЕЛЕФОН], где обрешетка?"]
    asking = [threading.Thread(target=ask, args=(question,)) for question in QUESTIONS]
    for thread in asking:
        thread.start()
    deadline = time.monotonic() + 10
    while len(ledger.interactions(TASK)) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert stop(task_path) is True
    for thread in asking:
        thread.join()
    assert len(replies) == 1 + len(QUESTIONS), "what was asked before the end was answered"
    assert not status(task_path).is_running
    assert not (task.store / TASK / "gateway" / "gateway.pid").exists()
    assert stop(task_path) is False
    ledger.close()


def test_a_gateway_that_was_killed_is_replaced_by_a_new_one(task_path: Path) -> None:
    first = start_detached(task_path)
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(first.pid)], timeout=10)
    assert first.log.parent.joinpath("gateway.pid").exists(), "killed, it could not remove its pid file"
    assert not status(task_path).is_running
    second = start_detached(task_path)
    assert second.is_running
    assert second.pid != first.pid


def test_a_pid_that_now_belongs_to_another_program_is_never_signalled(task_path: Path, tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    pid_file = tmp_path / ".ft" / TASK / "gateway" / "gateway.pid"
    pid_file.parent.mkdir(parents=True)
    pid_file.write_text(str(other.pid), encoding="utf-8")
    try:
        assert stop(task_path) is False
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_port_that_is_taken_is_said_with_the_end_of_the_log(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        path = write_task(tmp_path, port=taken.getsockname()[1])
        with pytest.raises(ServeError, match=r"(?s)ended with code.*address already in use"):
            start_detached(path, timeout_s=60)
    assert not status(path).is_running


def test_an_address_that_others_reach_needs_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FT_PIPELINE_API_KEYS", raising=False)
    path = write_task(tmp_path, host="0.0.0.0")
    assert process.main(["--task", str(path)]) == 2
    assert "0.0.0.0, which others can reach" in capsys.readouterr().err
    assert base_url(load_task(path, check_paths=False)).startswith("http://127.0.0.1:")


def test_a_task_file_that_is_missing_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert process.main(["--task", str(tmp_path / "task.yaml")]) == 2
    assert "no such task file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "expected"), [("", []), (" ", []), ("a", ["a"]), (" a , b ,", ["a", "b"]), (",,", [])]
)
def test_keys_come_from_the_environment_comma_separated(given: str, expected: list[str]) -> None:
    assert process.api_keys({"FT_PIPELINE_API_KEYS": given}) == expected


def test_waiting_for_a_gateway_that_is_not_there_ends_in_time_and_says_so() -> None:
    begin = time.monotonic()
    with pytest.raises(ServeError, match=r"found no gateway \(ConnectError\).*ft-pipeline serve"):
        wait_until_live(f"http://127.0.0.1:{free_port()}/v1", "r1", 0.5)
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        *(("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True)),
        *(("0.0.0.0", False), ("::", False), ("192.168.1.5", False), ("example.com", False)),
        *(("127.0.0.1.example.com", False), ("", False)),
    ],
)
def test_only_loopback_addresses_count_as_closed(host: str, is_local: bool) -> None:
    from ft_pipeline.serve.guards import is_loopback

    assert is_loopback(host) is is_local
