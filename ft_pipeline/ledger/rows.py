"""What the ledger holds, row by row, as frozen dataclasses.

Here: row types. Not here: SQL. Times are ISO-8601 strings in UTC, ids are strings, every row names its task.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ft_pipeline.reasons import Reason

EventKind = Literal["desired", "live", "rollback", "failed"]
Verdict = Literal["promote", "keep_champion", "wait_for_signature", "refuse"]


@dataclass(frozen=True, slots=True)
class Release:
    """One servable model with everything that decides its answers."""

    task: str
    release_id: str
    adapter_hash: str  # "" = the base model as it is
    base_id: str
    base_hash: str
    threshold: float  # confidence at or above which the model answers itself
    redaction_version: str
    system_prompt_hash: str
    bundle: str  # path of the release bundle
    eval_report: str  # key of the eval_report version it was judged by
    as_of: str
    created_at: str = ""  # "" = set by the ledger


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a release, and why."""

    task: str
    release_id: str
    verdict: Verdict
    reasons: tuple[Reason, ...]
    at: str


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a release's life; events are only ever added.

    `desired` and `rollback` say what should be served, `live` what the gateway serves from then on, `failed` why it
    could not switch.
    """

    number: int  # grows with time
    event_id: str  # unique; the same id is never recorded twice
    task: str
    kind: EventKind
    release_id: str
    detail: str
    at: str


@dataclass(frozen=True, slots=True)
class Interaction:
    """One question asked of the gateway (redacted) and what became of it."""

    task: str
    release_id: str
    question: str  # redacted
    answer: str
    confidence: float
    handed_over: bool
    seconds: float  # from the request to the answer, s
    interaction_id: str = ""  # "" = set by the ledger
    at: str = ""  # "" = set by the ledger
    ticket_id: str = ""  # the help desk's ticket that it belongs to, as the client names it; "" = it named none


@dataclass(frozen=True, slots=True)
class Rating:
    """What somebody thought of an answer."""

    task: str
    interaction_id: str
    value: int  # -1 wrong or unhelpful, 0 unsure, 1 right
    comment: str  # redacted
    at: str


@dataclass(frozen=True, slots=True)
class Review:
    """A blind sheet that a human filled in and signed."""

    task: str
    review_id: str  # hash of the file's content: the same file is recorded once
    release_id: str
    adapter_hash: str  # of the adapter that was looked at
    eval_report: str  # key of the eval_report version that gave the sheet out
    sheet_id: str
    signer: str
    decision: str  # approve | reject
    remark: str
    counts: Mapping[str, Mapping[str, int]]  # arm -> right | wrong | unsure -> answers
    kappa: float | None  # human against scorer; None where it cannot be told
    kappa_answers: int
    at: str = ""  # "" = set by the ledger


@dataclass(frozen=True, slots=True)
class JudgeCheck:
    """How a judge's verdicts on the answers of one filled sheet compare with the human's."""

    task: str
    review_id: str
    model: str  # the judge; another one starts at nothing
    prompt_version: str  # of what it is told; another one starts at nothing
    both_right: int
    only_human: int  # the human calls it right, the judge does not
    only_judge: int
    both_wrong: int
    at: str = ""  # "" = set by the ledger

    @property
    def pairs(self) -> list[tuple[bool, bool]]:
        """The verdicts (judge, human), one pair per answer."""
        return (
            [(True, True)] * self.both_right
            + [(False, True)] * self.only_human
            + [(True, False)] * self.only_judge
            + [(False, False)] * self.both_wrong
        )
