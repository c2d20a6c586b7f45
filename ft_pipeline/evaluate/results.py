"""What an evaluation is given and what it finds: plain records, shared by the modules of this room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ft_pipeline.answering import Answerer
from ft_pipeline.evaluate.canaries import Canary
from ft_pipeline.evaluate.decision import Decision
from ft_pipeline.evaluate.judge import LanguageModelJudge
from ft_pipeline.evaluate.safety import Safety
from ft_pipeline.evaluate.statistics import NO_ROWS, PairedTest, Share
from ft_pipeline.evaluate.threshold import CurvePoint, Threshold
from ft_pipeline.records import Answer, Score


@dataclass(frozen=True)
class Contestants:
    """The model arms; `challenger` comes without a threshold, evaluation chooses it."""

    base: Answerer
    challenger: Answerer
    champion: Answerer | None
    is_champion: bool = False  # the challenger is the release that is served already


@dataclass(frozen=True)
class Trials:
    """What else the challenger is tried with."""

    canaries: Sequence[Canary] = ()  # planted in the raw tickets that it was trained from
    judge: LanguageModelJudge | None = None
    human_verdicts: Mapping[str, bool] = field(default_factory=dict)  # eval_id -> right, of the challenger's answers
    judge_verdicts: Sequence[tuple[bool, bool]] = ()  # (judge, human) of filled sheets, of this very judge


@dataclass(frozen=True)
class Judgement:
    """What a language model says about the challenger's answers; it advises unless it was calibrated."""

    judged: int
    unscored: int
    right: Share  # of the answers that the KPI speaks of: those given, or all
    agrees_with_scorer: float | None
    kappa_with_humans: float | None
    human_verdicts: int
    may_gate: bool
    reason: str
    scores: tuple[Score, ...] = ()  # one per judged answer
    model: str = ""
    prompt_version: str = ""


@dataclass(frozen=True)
class Comparison:
    """The challenger against one arm on the same rows."""

    test: PairedTest
    low: float  # of the difference, paired bootstrap, 95 %
    high: float
    rows_needed: int | None  # rows that would show today's difference with 80 % power; None where there is none


@dataclass(frozen=True)
class Evaluation:
    """Everything that a report or a decision needs."""

    threshold: Threshold
    answers: list[Answer]
    scores: list[Score]  # of the scorer that defines "correct"
    side_scores: list[Score]  # of the others: chrf, exact, form, language, refusal, hand_off
    incoming_answers: list[Answer]
    incoming_scores: list[Score]
    shares: dict[str, dict[str, Share]]  # arm -> figure -> share
    by_intent: dict[str, dict[str, Share]]  # arm -> intent -> share correct
    by_stratum: dict[str, dict[str, Share]]  # arm -> stratum or source -> share correct
    seconds: dict[str, dict[str, float | None]]  # arm -> p50/p95, s
    tokens: dict[str, float | None]  # arm -> mean tokens of an answer
    cost_per_1000: dict[str, float | None]  # arm -> price of 1,000 answers; None where no price is known
    load_reduction: Share
    out_of_scope_handed_over: Share
    follow_ups: Share  # correct as the second question of a conversation about another matter; the same rows alone:
    follow_ups_alone: Share
    safety: Safety
    judgement: Judgement | None
    curve: list[CurvePoint]  # on the evaluation rows
    validation_curve: list[CurvePoint]
    comparisons: dict[str, PairedTest]  # challenger against base | base_few_shot | retrieval | champion
    details: dict[str, Comparison]  # the same arms
    decision: Decision
    rows_needed: int | None  # rows at which the KPI's lower bound would reach its target at today's share
    needing_context: Share = NO_ROWS  # correct, of rows that need the turns before them; the same rows asked alone:
    needing_context_alone: Share = NO_ROWS
