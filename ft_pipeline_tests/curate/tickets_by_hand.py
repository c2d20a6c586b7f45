"""Small tickets for the tests of curation, written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ft_pipeline.records import Turn

START = datetime(2026, 1, 1, 9, tzinfo=UTC)


def moment(day: int, minute: int = 0) -> str:
    """So many days after the first of January 2026, ISO-8601."""
    return (START + timedelta(days=day, minutes=minute)).isoformat(timespec="seconds")


def ticket(
    ticket_id: str,
    *said: tuple[str, str],
    day: int = 0,
    status: str = "resolved",
    customer: str = "",
    category: str = "",
    source: str = "chat",
) -> list[Turn]:
    """The turns of one ticket from (role, text)."""
    return [
        Turn(
            ticket_id, str(number), number, role, text, moment(day, number), customer, "chat", status, category, source
        )
        for number, (role, text) in enumerate(said)
    ]


def asked_and_answered(ticket_id: str, question: str, answer: str, **more: object) -> list[Turn]:
    """A ticket of two turns."""
    return ticket(ticket_id, ("customer", question), ("agent", answer), **more)  # type: ignore[arg-type]


def flat(tickets: Sequence[Sequence[Turn]]) -> list[Turn]:
    """All turns of several tickets."""
    return [turn for turns in tickets for turn in turns]
