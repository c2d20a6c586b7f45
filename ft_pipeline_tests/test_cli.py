"""The command line: what it prints, what it refuses, and its exit codes."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

import ft_pipeline
from ft_pipeline import cli, steps
from ft_pipeline.cli.rejection_words import meaning
from ft_pipeline.records import Turn, read_table
from ft_pipeline.task import load_task


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def task_path(tmp_path: Path) -> Path:
    rows = []
    for number in range(30):
        question = f"Вопрос о доставке номер {number}: сколько стоит привезти {number} коробок?"
        rows.append({"question": question, "answer": f"Доставка {number} коробок стоит {number * 100 + 50} ₽."})
    rows.append({"question": "Вопрос, на который никто не ответил", "answer": ""})
    (tmp_path / "faq.jsonl").write_text(
        "\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8"
    )
    settings = {
        "name": "shop",
        "goal": "Отвечать покупателям на вопросы о доставке верно в девяти случаях из десяти",
        "kpis": {"correct_share": 0.9, "answer_s": 1.0, "load_reduction_share": 0.3},
        "sources": [{"kind": "pairs", "path": "faq.jsonl"}],
        "deployment": {"port": free_port()},
    }
    path = tmp_path / "task.yaml"
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return path


def call(task_path: Path, *words: str) -> tuple[int, str]:
    found = CliRunner().invoke(cli.app, [words[0], "--task", str(task_path), *words[1:]])
    return found.exit_code, found.output


@pytest.mark.parametrize("command", ["run", "doctor"])
def test_a_task_file_with_a_typo_is_refused_with_its_line_before_anything_runs(task_path: Path, command: str) -> None:
    text = task_path.read_text(encoding="utf-8")
    task_path.write_text(text + "trainning: {max_epochs: 2}\n", encoding="utf-8")
    code, output = call(task_path, command)
    assert code == 2
    assert f"task.yaml:{len(text.splitlines()) + 1}" in output
    assert "did you mean `training`" in output
    assert not (task_path.parent / ".ft").exists()


def test_too_few_pairs_stop_the_run_at_the_gate_with_found_and_expected(task_path: Path) -> None:
    code, output = call(task_path, "run")
    assert code == 2
    assert "enough_pairs" in output
    assert "500" in output
    project = steps.open_project(load_task(task_path))
    assert project.store.latest("cleaned_qa_pairs") is not None
    assert project.store.latest("training_set") is None


def test_an_empty_source_stops_the_run_at_the_first_gate(task_path: Path) -> None:
    (task_path.parent / "faq.jsonl").write_text("", encoding="utf-8")
    code, output = call(task_path, "run")
    assert code == 2
    assert "turns_not_empty" in output


def test_a_missing_column_is_an_error_that_says_what_to_write(task_path: Path) -> None:
    (task_path.parent / "faq.jsonl").write_text('{"frage": "Сколько?", "answer": "Сто."}\n', encoding="utf-8")
    code, output = call(task_path, "run")
    assert code == 2
    assert "question" in output
    assert "frage" in output
    assert "columns" in output


def test_rejects_counts_by_reason_and_shows_the_rows_of_one(task_path: Path) -> None:
    steps.publish_raw_transcripts(steps.open_project(load_task(task_path)))
    code, output = call(task_path, "rejects", "--json")
    assert code == 0
    counts = json.loads(output)
    assert sum(counts.values()) == 1
    reason = next(iter(counts))
    code, output = call(task_path, "rejects", "--reason", reason)
    assert code == 0
    assert "1 of 1 rows" in output
    assert meaning(reason.partition(": ")[2], "ru") in output, "a support lead reads no names of reasons"
    assert "faq · faq.jsonl:31" in output, "where the row can be mended"
    code, output = call(task_path, "rejects", "--reason", "no_such_reason")
    assert code == 1
    assert reason in output


def test_a_row_that_was_mended_in_the_source_comes_back_at_the_next_refresh(task_path: Path) -> None:
    faq = task_path.parent / "faq.jsonl"
    project = steps.open_project(load_task(task_path))
    first = steps.publish_raw_transcripts(project)
    assert json.loads(call(task_path, "rejects", "--json")[1]) == {"ingest.parse: missing_answer": 1}
    faq.write_text(faq.read_text(encoding="utf-8").replace('"answer": ""', '"answer": "Теперь ответили."'), "utf-8")
    second = steps.publish_raw_transcripts(project)
    assert json.loads(call(task_path, "rejects", "--json")[1]) == {}
    before, after = ({turn.text for turn in read_table(v.file("turns.parquet"), Turn)} for v in (first, second))
    assert after - before == {"Вопрос, на который никто не ответил", "Теперь ответили."}


def test_every_reason_that_a_stage_writes_has_words_in_both_languages() -> None:
    package = Path(ft_pipeline.__file__).parent
    code = [path for folder in ("ingest", "curate") for path in (package / folder).glob("*.py")]
    makers = r"reject\(|Refused\(|_RowError\(|_Unusable\(|BadRow\(|unreadable\(|reason=|Rejected\("
    calls = rf'(?:{makers})[^"]{{0,80}}?"([a-z]+(?:_[a-z]+)+)"'
    written = {name for path in code for name in re.findall(calls, path.read_text(encoding="utf-8"))}
    assert len(written) > 60
    assert not {name for name in written if not (meaning(name, "ru") and meaning(name, "en"))}


def test_a_report_before_the_first_evaluation_says_what_to_do(task_path: Path) -> None:
    code, output = call(task_path, "report")
    assert code == 2
    assert "materialize eval_report" in output


def test_there_is_no_release_and_no_gateway_at_first(task_path: Path) -> None:
    assert "no release yet" in call(task_path, "releases")[1]
    assert call(task_path, "stop") == (0, "no gateway was running\n")
    code, output = call(task_path, "rollback")
    assert code == 2
    assert "no release" in output
    found = CliRunner().invoke(cli.app, ["chat", "Где мой груз?", "--task", str(task_path)])
    assert found.exit_code == 1
    assert "ft-pipeline serve" in found.output


def test_the_doctor_names_every_finding_and_what_to_do(task_path: Path) -> None:
    code, output = call(task_path, "doctor", "--json")
    findings = json.loads(output)
    levels = {item["level"] for item in findings}
    assert code == (1 if "problem" in levels else 3 if "warning" in levels else 0)
    assert {"name", "ok", "level", "title", "found", "do"} == set(findings[0])
    assert all(item["do"] for item in findings if not item["ok"])


def test_the_doctor_lists_the_models_that_the_task_may_use(task_path: Path) -> None:
    code, output = call(task_path, "doctor", "--catalogue")
    assert code == 0
    assert "| Qwen/Qwen3-0.6B |" in output and "в бюджете" in output
    code, output = call(task_path, "doctor", "--catalogue", "--json")
    assert code == 0 and {"id", "allowed", "fits", "unchecked"} <= set(json.loads(output)[0])
