"""The sensor `new_tickets` on real ticket files that grow."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from ft_pipeline import steps
from ft_pipeline.definitions import build_defs
from ft_pipeline.steps.watermark import count_new_tickets
from ft_pipeline.task import Kpis, Refresh, Source, Task


def write_tickets(path: Path, days: range) -> None:
    """One resolved ticket a day of October 2026."""
    rows = []
    for day in days:
        at = f"2026-10-{day:02d}T09:00:00+03:00"
        ticket = {"ticket_id": f"t{day}", "created_at": at, "status": "resolved"}
        rows.append({**ticket, "role": "customer", "text": f"Сколько стоит доставка номер {day}?"})
        rows.append({**ticket, "role": "agent", "text": "Доставка по городу стоит 1 350 ₽ за один заезд."})
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")


@pytest.fixture
def task(tmp_path: Path) -> Task:
    write_tickets(tmp_path / "tickets.jsonl", range(1, 6))
    return Task(
        name="shop",
        goal="Отвечать покупателям на вопросы о доставке и возврате верно в девяти случаях из десяти",
        kpis=Kpis(correct_share=0.9, answer_s=1.0, load_reduction_share=0.3),
        sources=(Source(name="tickets", kind="tickets", path=tmp_path / "tickets.jsonl"),),
        refresh=Refresh(min_new_tickets=3),
        store=tmp_path / "store",
    )


def tick(task: Task, instance: dg.DagsterInstance) -> Any:
    sensor = build_defs(task).resolve_sensor_def("new_tickets")
    return sensor.evaluate_tick(dg.build_sensor_context(instance=instance))


def test_the_sensor_waits_until_enough_tickets_came_and_names_the_cause(task: Task) -> None:
    project = steps.open_project(task)
    steps.publish_raw_transcripts(project)
    with dg.DagsterInstance.ephemeral() as instance:
        assert "0 new tickets" in str(tick(task, instance).skip_message)
        write_tickets(task.sources[0].path, range(1, 8))
        assert "2 new tickets" in str(tick(task, instance).skip_message)
        write_tickets(task.sources[0].path, range(1, 10))
        (request,) = tick(task, instance).run_requests or []
        (again,) = tick(task, instance).run_requests or []
    assert request.run_key == again.run_key
    assert request.tags["ft/reason"].startswith("4 new tickets")
    assert request.tags["ft/task"] == "shop"


def test_the_sensor_skips_while_a_refresh_is_running(task: Task) -> None:
    steps.publish_raw_transcripts(steps.open_project(task))
    write_tickets(task.sources[0].path, range(1, 20))
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(
            build_defs(task).resolve_job_def("refresh"), tags={"ft/task": "shop"}, status=dg.DagsterRunStatus.STARTED
        )
        assert "queued or running" in str(tick(task, instance).skip_message)
        instance.report_run_canceled(run)
        assert tick(task, instance).run_requests


def test_tickets_after_as_of_are_still_new(task: Task) -> None:
    project = steps.open_project(task)
    version = steps.publish_raw_transcripts(project, as_of=datetime(2026, 10, 3, 12, tzinfo=UTC))
    assert version.facts["rows_rejected"] == 4
    assert version.facts["rows_unaccounted"] == 0
    assert count_new_tickets(project).new_tickets == 2


def test_a_source_that_can_not_be_read_is_an_error_and_not_nothing_new(task: Task) -> None:
    steps.publish_raw_transcripts(steps.open_project(task))
    task.sources[0].path.unlink()
    with dg.DagsterInstance.ephemeral() as instance, pytest.raises(Exception, match=r"tickets\.jsonl"):
        tick(task, instance)


def test_a_source_that_shrank_too_much_breaks_the_contract(task: Task) -> None:
    from ft_pipeline import contracts

    project = steps.open_project(task)
    steps.publish_raw_transcripts(project)
    write_tickets(task.sources[0].path, range(1, 4))
    version = steps.publish_raw_transcripts(project)
    with pytest.raises(contracts.ContractViolation, match="no_source_shrank"):
        contracts.require_passing(version)
