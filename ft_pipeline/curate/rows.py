"""What the steps of curation hand to each other: messages, candidates, and the result.

Here: types only. Not here: any step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ft_pipeline.records import IncomingRow, QAPair, Rejected


class CurateError(RuntimeError):
    """The data cannot be curated as they are; the message says what was found and what to do."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a ticket after repair and stripping."""

    role: str
    turn_id: str
    created_at: str
    text: str  # stripped of greetings, signatures, quotes and boilerplate; may be ""
    whole: str  # a customer's text, repaired only, where stripping left nothing of it; else ""
    is_too_long: bool  # … to be looked at


@dataclass(frozen=True, slots=True)
class Ticket:
    """All turns of one ticket, in order."""

    key: tuple[str, str]  # source, ticket id
    messages: tuple[Message, ...]
    status: str
    category: str
    customer_id: str
    created_at: str  # of the first turn


@dataclass(frozen=True, slots=True)
class Exchange:
    """The question of a ticket and the answer that resolved it, in the ticket's own words."""

    question: str
    answer: str
    kind: str  # standard | needs_lookup
    turn_ids: tuple[str, ...]
    created_at: str  # of the answer
    follow_up: FollowUp | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a ticket gives no pair."""

    stage: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """What a ticket by itself gives a candidate."""

    question: str
    answer: str
    kind: str
    language: str
    turn_ids: str
    created_at: str


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A further question of the same ticket that nobody understands without the turns before it."""

    turn_id: str
    found: Exchange | Refused


@dataclass(slots=True)
class Candidate:
    """A pair on its way through the steps; the steps fill what they decide."""

    ticket: Ticket
    question: str
    answer: str  # this ticket's own wording, redacted
    kind: str
    language: str
    turn_ids: str
    created_at: str
    canonical: str = ""
    answer_id: str = ""
    evidence: str = ""
    valid_from: str = ""
    intent: str = ""
    cluster_id: str = ""
    split: str = ""
    refused: Refused | None = None
    context: str = ""  # the turns before a follow-up (records.as_context)


@dataclass(frozen=True)
class Curated:
    """The result of `curate`.

    Every ticket, and every follow-up that needs the turns before it, is either one row of `pairs` or exactly one row of
    `rejected`; a follow-up's key there is `ticket#turn`. Rows of `rejected` with the stage
    `curate.answers` and the reason `fact_superseded` stand beside this count: they name answer texts, not tickets.
    """

    pairs: list[QAPair]
    incoming: list[IncomingRow]
    rejected: list[Rejected]
    funnel: list[tuple[str, int]]  # step, rows left after it
    tickets_in: int
    eval_fingerprints: frozenset[str]  # hand them to the next refresh as `prior_eval`
    superseded: int = 0  # answer texts whose fact was replaced
    follow_ups_in: int = 0  # follow-ups found, kept and rejected ones
    notes: list[str] = field(default_factory=list)
    as_of: datetime | None = None
