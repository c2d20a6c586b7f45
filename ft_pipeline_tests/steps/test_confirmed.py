"""What counts as confirmed: rated right, and the ticket was not opened again after the answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ft_pipeline.ledger import Interaction, Ledger, ledger_url
from ft_pipeline.records import Turn, write_table
from ft_pipeline.report import Confirmed
from ft_pipeline.steps import Project, open_project
from ft_pipeline.steps.reporting import _confirmed
from ft_pipeline_tests.steps.test_canaries import make_task

ANSWERED_AT = "2026-05-02T10:00:00.000+00:00"
ASKED = Interaction("trial", "r1", "Сколько?", "Три рубля.", -0.5, False, 0.2, at=ANSWERED_AT)
BEFORE, AFTER = "2026-05-01T10:00:00+00:00", "2026-05-03T10:00:00+00:00"


def _project(folder: Path, tickets: dict[str, tuple[str, str]]) -> Project:
    """A store whose newest transcripts hold tickets: id -> (status, time of the last message)."""
    project = open_project(make_task(folder))
    turns = [
        Turn(name, f"{name}-{place}", place, "customer", "Вопрос", at, "", "chat", status, "", "chat")
        for name, (status, last) in tickets.items()
        for place, at in enumerate((BEFORE, last))
    ]

    def build(target: Path) -> dict[str, object]:
        write_table(target / "turns.parquet", turns, Turn)
        return {}

    project.store.publish("raw_transcripts", inputs={}, config={}, build=build)
    return project


@pytest.mark.parametrize(
    ("ticket", "status", "last", "right", "reopened"),
    [
        ("T1", "reopened", AFTER, 0, 1),
        ("T1", "reopened", BEFORE, 1, 0),  # it was opened again before the model answered
        ("T1", "resolved", AFTER, 1, 0),
        ("", "reopened", AFTER, 1, 0),  # the client named no ticket
        ("T2", "reopened", AFTER, 1, 0),  # another ticket
    ],
)
def test_an_answer_whose_ticket_is_opened_again_is_not_confirmed(
    ticket: str, status: str, last: str, right: int, reopened: int, tmp_path: Path
) -> None:
    project = _project(tmp_path, {"T1": (status, last)})
    ledger = Ledger(ledger_url(project.task)).open()
    known = ledger.log_interaction(replace(ASKED, ticket_id=ticket))
    ledger.rate("trial", known, value=1)
    ledger.close()
    assert _confirmed(project) == Confirmed(1, 1, 1, right, ANSWERED_AT, reopened=reopened)


def test_an_answer_that_was_handed_over_or_not_rated_confirms_nothing(tmp_path: Path) -> None:
    project = _project(tmp_path, {"T1": ("resolved", AFTER)})
    ledger = Ledger(ledger_url(project.task)).open()
    handed = ledger.log_interaction(replace(ASKED, handed_over=True, ticket_id="T1"))
    ledger.rate("trial", handed, value=1)
    ledger.log_interaction(replace(ASKED, ticket_id="T1"))
    ledger.close()
    found = _confirmed(project)
    assert (found.asked, found.answered, found.rated, found.rated_right) == (2, 1, 0, 0)
