"""What the preflight finds on a machine that is fine, and on one that is not."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline.base_model import Finding, preflight
from ft_pipeline.task import BaseModelChoice, Candidate, Deployment, Kpis, Source, Task


def task(folder: Path, **parts: Any) -> Task:
    return Task(
        name="support",
        goal="Отвечать на вопросы клиентов о доставке: верно в 90 % ответов",
        kpis=Kpis(correct_share=0.9, answer_s=1, load_reduction_share=0.3),
        sources=(Source(kind="tickets", path=Path("tickets.csv")),),
        **({"store": folder / "store"} | parts),
    )


def look(given: Task, name: str, **more: Any) -> Finding:
    return next(finding for finding in preflight(given, **more) if finding.name == name)


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
    base = BaseModelChoice(candidates=(Candidate(path=tiny_base),), memory_gib=0.1)
    findings = preflight(task(tmp_path, base_model=base, deployment=Deployment(port=free_port())))
    assert {item.name for item in findings} == {
        "python", "torch", "gpu", "memory", "disk", "store", "base_model", "port", "ledger", "dagster_home"
    }  # fmt: skip
    assert [item for item in findings if not item.ok] == []
    assert not (tmp_path / "store").exists(), "looking must change nothing"


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
    assert set(bad) >= {"memory", "base_model", "port", "dagster_home"}
    assert all(item.do for item in bad.values())
    assert str(port) in bad["port"].found and "absent" in bad["base_model"].found


def test_a_database_that_does_not_answer_is_found_and_its_password_is_not_shown(tmp_path: Path) -> None:
    url = f"postgresql+psycopg2://ft:secret@127.0.0.1:{free_port()}/ft"
    finding = look(task(tmp_path), "ledger", ledger_url=url)
    assert not finding.ok and "secret" not in finding.found + finding.do


def test_a_hub_model_that_is_not_cached_is_no_obstacle_but_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    base = BaseModelChoice(candidates=(Candidate(id="someone/model", revision="a" * 40),))
    assert "not here yet" in look(task(tmp_path, base_model=base), "base_model").found
    (tmp_path / "models--someone--model" / "snapshots" / ("a" * 40)).mkdir(parents=True)
    assert "local cache" in look(task(tmp_path, base_model=base), "base_model").found


@pytest.mark.parametrize("room", ["base_model", "train"])
def test_importing_the_room_loads_no_heavy_library(room: str) -> None:
    heavy = "{'torch', 'transformers', 'trl', 'peft', 'pandas', 'datasets', 'dagster', 'matplotlib'}"
    code = f"import sys, ft_pipeline.{room}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
