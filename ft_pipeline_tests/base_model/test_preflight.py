"""What the preflight finds on a machine that is fine, and on one that is not."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline.base_model import Finding, exit_code, preflight
from ft_pipeline.task import BaseModelChoice, Candidate, Deployment, Kpis, Refresh, Source, Task, Training


def task(folder: Path, **parts: Any) -> Task:
    return Task(
        name="support",
        goal="Отвечать на вопросы клиентов о доставке: верно в 90 % ответов",
        kpis=Kpis(correct_share=0.9, answer_s=1, load_reduction_share=0.3),
        sources=(Source(kind="tickets", path=Path("tickets.csv")),),
        **({"store": folder / "store"} | parts),
    )


def look(given: Task, name: str, **more: Any) -> Finding:
    return next(iter(preflight(given, only=[name], **more)))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_machine_that_is_ready_is_found_ready(
    tmp_path: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster.yaml").touch()
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    heartbeat(home, datetime.now(UTC))
    base = BaseModelChoice(candidates=(Candidate(path=tiny_base),), memory_gib=0.1)
    findings = preflight(task(tmp_path, base_model=base, deployment=Deployment(port=free_port())))
    assert {item.name for item in findings} >= {
        "python", "torch", "libraries", "gpu", "four_bits", "memory", "disk", "store", "base_model", "port", "ledger",
        "dagster_home", "dagster_daemon", "clock",
    }  # fmt: skip
    assert [item for item in findings if not item.ok] == []
    assert exit_code(findings) == 0
    assert not (tmp_path / "store").exists(), "looking must change nothing"


def heartbeat(home: Path, moment: datetime) -> None:
    """The instance's database, with a daemon that was heard of at a moment; as Dagster's SQLite storage lays it out."""
    (home / "history").mkdir(exist_ok=True)
    with closing(sqlite3.connect(home / "history" / "runs.db")) as connection:
        connection.execute("create table if not exists daemon_heartbeats (daemon_type text, timestamp text)")
        connection.execute(
            "insert into daemon_heartbeats values ('SENSOR', ?)", (moment.strftime("%Y-%m-%d %H:%M:%S.%f"),)
        )
        connection.commit()


def test_a_daemon_that_fell_silent_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    heartbeat(tmp_path, datetime.now(UTC) - timedelta(hours=1))
    finding = look(task(tmp_path), "dagster_daemon")
    assert finding.level == "warning" and "3600" in finding.found and finding.do
    assert exit_code([finding]) == 3


def test_dagster_itself_writes_heartbeats_where_the_doctor_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dagster as dg
    from dagster._daemon.types import DaemonHeartbeat

    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with dg.DagsterInstance.get() as instance:
        instance.add_daemon_heartbeat(DaemonHeartbeat(datetime.now(UTC).timestamp(), "SENSOR", "one", []))
    assert look(task(tmp_path), "dagster_daemon").ok


def test_every_obstacle_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    base = BaseModelChoice(candidates=(Candidate(path=tmp_path / "absent"),), memory_gib=1e6)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (tmp_path / "file").touch()
        given = task(tmp_path, base_model=base, deployment=Deployment(port=port), store=tmp_path / "file" / "store")
        bad = {item.name: item for item in preflight(given) if not item.ok}
    assert {name: bad[name].level for name in ("memory", "base_model", "port", "dagster_home")} == {
        "memory": "problem",
        "base_model": "problem",
        "port": "warning",
        "dagster_home": "warning",
    }
    assert exit_code(list(bad.values())) == 1
    assert all(item.do for item in bad.values())
    assert str(port) in bad["port"].found and "absent" in bad["base_model"].found


def test_a_bad_candidate_beside_a_good_one_is_only_a_warning(tmp_path: Path, tiny_base: Path) -> None:
    candidates = (Candidate(path=tmp_path / "absent"), Candidate(path=tiny_base))
    given = task(tmp_path, base_model=BaseModelChoice(candidates=candidates, memory_gib=0.1))
    assert [item.level for item in preflight(given, only=["base_model"])] == ["warning", "ok"]


def test_a_template_that_cannot_render_is_found_before_the_training(tmp_path: Path, tiny_base: Path) -> None:
    base = tmp_path / "base"
    shutil.copytree(tiny_base, base)
    (base / "chat_template.jinja").write_text("{{ raise_exception('no system role') }}", encoding="utf-8")
    finding = look(task(tmp_path, base_model=BaseModelChoice(candidates=(Candidate(path=base),))), "base_model")
    assert finding.level == "problem" and "no system role" in finding.found


@pytest.mark.parametrize(("method", "level"), [("lora", "ok"), ("auto", "warning"), ("qlora", "problem")])
def test_missing_4_bit_products_count_by_the_method(
    method: str, level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    assert look(task(tmp_path, training=Training(method=method)), "four_bits").level == level  # type: ignore[arg-type]


def test_everything_is_said_in_the_tasks_language(tmp_path: Path, tiny_base: Path) -> None:
    base = BaseModelChoice(candidates=(Candidate(path=tiny_base),), memory_gib=1e6)
    texts = {
        language: " ".join(
            f"{item.title} {item.found} {item.do}"
            for item in preflight(task(tmp_path, base_model=base, language=language))
        )
        for language in ("ru", "en")
    }
    assert "Оперативная память" in texts["ru"] and "закройте другие программы" in texts["ru"]
    assert not any("а" <= sign <= "я" for sign in texts["en"].lower())


def test_a_clock_that_is_behind_and_an_unknown_time_zone_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert look(task(tmp_path, refresh=Refresh(timezone="Europe/Moskau")), "clock").level == "problem"
    monkeypatch.setattr("time.time", lambda: 1e9)
    assert look(task(tmp_path), "clock").level == "problem"


def test_a_database_that_does_not_answer_is_found_and_its_password_is_not_shown(tmp_path: Path) -> None:
    url = f"postgresql+psycopg2://ft:secret@127.0.0.1:{free_port()}/ft"
    finding = look(task(tmp_path), "ledger", ledger_url=url)
    assert not finding.ok and "secret" not in finding.found + finding.do


def test_a_hub_model_is_looked_for_in_the_cache_and_then_at_the_hub(
    tmp_path: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    given = task(tmp_path, base_model=BaseModelChoice(candidates=(Candidate(id="someone/model", revision="a" * 40),)))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE" in look(given, "base_model").found
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{free_port()}")
    finding = look(given, "base_model")
    assert finding.level == "problem" and "сети до хаба нет" in finding.found and "path" in finding.do
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        assert look(given, "base_model").ok
    shutil.copytree(tiny_base, tmp_path / "models--someone--model" / "snapshots" / ("a" * 40))
    assert "на месте" in look(given, "base_model").found


@pytest.mark.parametrize("room", ["base_model", "train"])
def test_importing_the_room_loads_no_heavy_library(room: str) -> None:
    heavy = "{'torch', 'transformers', 'trl', 'peft', 'pandas', 'datasets', 'dagster', 'matplotlib'}"
    code = f"import sys, ft_pipeline.{room}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
