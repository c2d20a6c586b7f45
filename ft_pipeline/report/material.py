"""What the report is made from: the parts that a caller reads from manifests and results.

Here: the input types. Not here: reading them (the caller), computing with them (intents, errors, economics, checklist).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ft_pipeline.report.samples import Sample
from ft_pipeline.report.wording import Language
from ft_pipeline.task import Task

Result = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class IntentLine:
    """One topic: how many unseen questions, and how many each model got right."""

    intent: str
    n: int
    base: int
    tuned: int


@dataclass(frozen=True, slots=True)
class Lesson:
    """The ticket that an answer was learned from."""

    ticket_id: str
    created_at: str  # ISO-8601
    question: str  # redacted


@dataclass(frozen=True, slots=True)
class Mistake:
    """One wrong answer that a customer would have got."""

    question: str
    said: str
    expected: str  # "" where the right reaction is to hand over
    reason: str  # of the scorer
    lesson: Lesson | None  # None: the answer stands in no training ticket


@dataclass(frozen=True, slots=True)
class MistakeGroup:
    """Wrong answers with the same cause."""

    cause: str  # other_topic | not_taught | out_of_scope | wrong_facts | own_words
    asked_about: str  # intent
    answered_about: str  # intent; "" where the answer belongs to none
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """How the data of one asset kept its promises."""

    passed: int
    failed: tuple[str, ...]  # rules, blocking or not


@dataclass(frozen=True, slots=True)
class Sheet:
    """The blind sheet that waits for a reviewer."""

    sheet_id: str
    questions: int
    answers: int
    folder: str  # where the filled sheet has to be put, relative to the store


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What the ledger knows of answers that real customers got, all releases together."""

    asked: int = 0
    answered: int = 0  # by the model alone
    rated: int = 0
    rated_right: int = 0  # by the newest rating, and the ticket was not opened again
    since: str = ""  # ISO-8601, of the oldest question
    reopened: int = 0  # answers after which the ticket was opened again


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used up: for the costs."""

    training_s: float = 0.0
    evaluation_s: float = 0.0
    cores: int = 1
    gpu: str = ""  # "" = none
    question_chars: float = 0.0  # mean, with the system prompt
    answer_chars: float = 0.0  # mean


@dataclass(frozen=True)
class Material:
    """Everything on the page; what is empty is left out of it."""

    result: Result  # as `ft-pipeline report --json` prints it
    language: Language
    task: Task | None = None
    samples: Sequence[Sample] = ()
    intents: Sequence[IntentLine] = ()
    mistakes: Sequence[MistakeGroup] = ()
    funnel: Sequence[tuple[str, int]] = ()
    history: Sequence[Mapping[str, Any]] = ()  # per epoch
    best_epoch: int = 0
    training_words: str = ""  # why this epoch was kept, in the report's language
    curve: Sequence[Mapping[str, float]] = ()
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # asset -> facts of its manifest
    contracts: Mapping[str, Contract] = field(default_factory=dict)  # asset -> contract report
    sheet: Sheet | None = None
    confirmed: Confirmed = Confirmed()
    usage: Usage = Usage()
