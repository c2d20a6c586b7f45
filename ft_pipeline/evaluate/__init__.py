"""Is the fine-tuned model really better? All arms on the same unseen rows, in one run, through the path that is served.

Reads the evaluation set, the incoming sample, the training set (validation side for the threshold, train side for the
retrieval arm) and one `Answerer` per model arm. Writes nothing: `evaluate` returns an `Evaluation`; its tables and
figures are published by the caller. Not here: training, HTTP, pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ft_pipeline.answering import Answerer
from ft_pipeline.evaluate import decision as promotion
from ft_pipeline.evaluate.arms import ask, ask_retrieval
from ft_pipeline.evaluate.decision import Decision
from ft_pipeline.evaluate.statistics import PairedTest, Share, mcnemar, percentile, rows_needed, wilson
from ft_pipeline.evaluate.threshold import CurvePoint, Threshold, choose_threshold, curve
from ft_pipeline.records import Answer, EvalRow, IncomingRow, Score, TrainingRow
from ft_pipeline.scoring import score_answer
from ft_pipeline.task import Task

STRATA = ("tickets", "usual", "rare", "noisy")
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Contestants:
    """The model arms; `challenger` comes without a threshold, evaluation chooses it."""

    base: Answerer
    challenger: Answerer
    champion: Answerer | None
    is_champion: bool = False  # the challenger is the release that is served already


@dataclass(frozen=True)
class Evaluation:
    """Everything that a report or a decision needs."""

    threshold: Threshold
    answers: list[Answer]
    scores: list[Score]
    incoming_answers: list[Answer]
    incoming_scores: list[Score]
    shares: dict[str, dict[str, Share]]  # arm -> figure -> share
    seconds: dict[str, dict[str, float | None]]  # arm -> p50/p95, s
    load_reduction: Share
    out_of_scope_handed_over: Share
    curve: list[CurvePoint]
    comparisons: dict[str, PairedTest]  # challenger against base | retrieval | champion
    decision: Decision
    rows_needed: int | None  # rows at which the KPI's lower bound would reach its target at today's share


def evaluate(
    rows: Sequence[EvalRow],
    incoming: Sequence[IncomingRow],
    training: Sequence[TrainingRow],
    *,
    contestants: Contestants,
    task: Task,
    timings: Mapping[str, Sequence[float]],
    signature_required: bool = False,
    progress: Progress = lambda _: None,
) -> Evaluation:
    """Asks every arm, judges every answer, compares, decides.

    Args:
        rows: unseen questions with references.
        incoming: raw tickets drawn before any filtering, for load reduction.
        training: train and validation rows.
        contestants: the model arms.
        task: KPIs and evaluation settings.
        timings: per arm, seconds of single answers as served over HTTP to one client.
        signature_required: a human must sign before deployment.
        progress: told in words what is going on.
    """
    progress(f"threshold: challenger answers {_count(training, 'validation')} validation questions")
    threshold = fit_threshold(contestants.challenger, training, task=task)
    challenger = replace(contestants.challenger, threshold=threshold.value)
    answers = _ask_all(rows, training, contestants=contestants, challenger=challenger, progress=progress)
    scores = _score(rows, answers, task=task)
    progress(f"load reduction: challenger answers {len(incoming)} incoming tickets")
    incoming_answers, incoming_scores = _ask_incoming(incoming, challenger, task=task)
    shares = {arm: _shares(arm, rows, answers, scores) for arm in dict.fromkeys(item.arm for item in answers)}
    in_scope = _judged(rows)
    verdicts = {arm: _verdicts(arm, in_scope, scores) for arm in shares}
    comparisons: dict[str, PairedTest] = {
        arm: mcnemar(verdicts["challenger"], verdicts[arm])
        for arm in ("base", "retrieval", "champion")
        if arm in verdicts
    }
    load_reduction = _load_reduction(incoming, incoming_answers, incoming_scores, task=task)
    seconds = {arm: _seconds(arm, answers, timings) for arm in shares}
    figures = promotion.Figures(
        kpis=task.kpis,
        correct=shares["challenger"]["correct"],
        answered=shares["challenger"]["answered"],
        correct_of_answered=shares["challenger"]["correct_of_answered"],
        answer_p95_s=seconds["challenger"]["p95"],
        load_reduction=load_reduction,
        against_base=comparisons["base"],
        against_champion=comparisons.get("champion"),
        intents_against_champion=_by_intent(in_scope, verdicts) if "champion" in verdicts else {},
        has_champion=contestants.champion is not None,
        is_champion=contestants.is_champion,
        signature_required=signature_required,
    )
    return Evaluation(
        threshold=threshold,
        answers=answers,
        scores=scores,
        incoming_answers=incoming_answers,
        incoming_scores=incoming_scores,
        shares=shares,
        seconds=seconds,
        load_reduction=load_reduction,
        out_of_scope_handed_over=_out_of_scope(rows, answers),
        curve=_curve(in_scope, answers, scores),
        comparisons=comparisons,
        decision=promotion.decide(figures),
        rows_needed=_rows_needed(shares["challenger"], task=task),
    )


def fit_threshold(challenger: Answerer, training: Sequence[TrainingRow], *, task: Task) -> Threshold:
    """The confidence from which on the challenger answers alone, chosen on the validation side."""
    validation = [row for row in training if row.split == "validation"]
    replies = challenger.answer([row.question for row in validation])
    settings = task.evaluation
    correct = [
        score_answer(reply.generated, row.answer, scorer=settings.scorer, min_chrf=settings.min_chrf).correct
        for row, reply in zip(validation, replies, strict=True)
    ]
    confidences = [reply.confidence for reply in replies]
    return choose_threshold(confidences, correct, target=task.kpis.correct_share, rule=task.kpis.rule)


def as_json(evaluation: Evaluation, *, task: Task, release: str, as_of: str) -> dict[str, Any]:
    """The evaluation in the shape of `ft-pipeline report --json`; shares 0–1, seconds as served."""
    arms: dict[str, Any] = {}
    for arm in ("base", "retrieval", "champion", "challenger"):
        if arm not in evaluation.shares:
            arms[arm] = None
            continue
        arms[arm] = {name: share.as_dict() for name, share in evaluation.shares[arm].items()}
        arms[arm]["answer_s"] = evaluation.seconds[arm]
    return {
        "task": task.name,
        "release": release,
        "as_of": as_of,
        "decision": promotion.as_json(evaluation.decision),
        "arms": arms,
        "load_reduction": evaluation.load_reduction.as_dict() | {"kind": "estimated"},
        "out_of_scope_handed_over": evaluation.out_of_scope_handed_over.as_dict(),
        "threshold": {name: getattr(evaluation.threshold, name) for name in evaluation.threshold.__slots__},
        "comparisons": {
            name: {field: getattr(test, field) for field in test.__slots__}
            for name, test in evaluation.comparisons.items()
        },
        "rows_needed": evaluation.rows_needed,
        "targets": task.kpis.model_dump(),
    }


def _count(training: Sequence[TrainingRow], split: str) -> int:
    return sum(row.split == split for row in training)


def _ask_all(
    rows: Sequence[EvalRow],
    training: Sequence[TrainingRow],
    *,
    contestants: Contestants,
    challenger: Answerer,
    progress: Progress,
) -> list[Answer]:
    models = {"base": contestants.base, "champion": contestants.champion, "challenger": challenger}
    answers: dict[str, list[Answer]] = {}
    for arm, answerer in models.items():
        if answerer is not None:
            progress(f"{arm}: {len(rows)} evaluation questions")
            answers[arm] = ask(arm, answerer, rows)
    in_scope = frozenset(row.eval_id for row in _judged(rows))
    known = [row for row in training if row.split == "train"]
    answers["retrieval"] = ask_retrieval(known, rows, like=answers["challenger"], in_scope=in_scope)
    return [answer for arm in answers.values() for answer in arm]


def _score(rows: Sequence[EvalRow], answers: Sequence[Answer], *, task: Task) -> list[Score]:
    references = {row.eval_id: row for row in rows}
    settings = task.evaluation
    scores = []
    for answer in answers:
        row = references[answer.eval_id]
        value: float | None
        if row.kind == "out_of_scope":
            value, reason = float(not answer.answered), "answered_out_of_scope" if answer.answered else "handed_over"
        else:
            value, reason = _verdict(answer.text, row.reference, task=task)
        scores.append(Score(answer.eval_id, answer.arm, settings.scorer, value, reason))
    return scores


def _verdict(answer: str, reference: str, *, task: Task) -> tuple[float | None, str]:
    """Right (1.0), wrong (0.0) or, without a reference, neither (None), and why."""
    if not reference.strip():
        return None, "no_reference"
    settings = task.evaluation
    scored = score_answer(answer, reference, scorer=settings.scorer, min_chrf=settings.min_chrf)
    return float(scored.correct), scored.reason


def _judged(rows: Sequence[EvalRow]) -> list[EvalRow]:
    """The rows whose answers can be right or wrong: in scope, with a reference."""
    return [row for row in rows if row.kind != "out_of_scope" and row.reference.strip()]


def _ask_incoming(
    incoming: Sequence[IncomingRow], challenger: Answerer, *, task: Task
) -> tuple[list[Answer], list[Score]]:
    settings = task.evaluation
    replies = challenger.answer([row.question for row in incoming])
    answers, scores = [], []
    for row, reply in zip(incoming, replies, strict=True):
        answers.append(
            Answer(
                row.ticket_id, "challenger", reply.generated, reply.confidence, not reply.handed_over, reply.tokens, 0.0
            )
        )
        value, reason = _verdict(reply.generated, row.reference, task=task)
        scores.append(Score(row.ticket_id, "challenger", settings.scorer, value, reason))
    return answers, scores


def _load_reduction(
    incoming: Sequence[IncomingRow], answers: Sequence[Answer], scores: Sequence[Score], *, task: Task
) -> Share:
    """Tickets answered alone and right, of all raw tickets; a look-up question counts only where one is configured."""
    handled = sum(
        answer.answered and bool(score.value) and (row.kind != "needs_lookup" or task.evaluation.lookup_configured)
        for row, answer, score in zip(incoming, answers, scores, strict=True)
    )
    return wilson(handled, len(incoming))


def _verdicts(arm: str, rows: Sequence[EvalRow], scores: Sequence[Score]) -> list[bool]:
    values = {score.eval_id: bool(score.value) for score in scores if score.arm == arm}
    return [values[row.eval_id] for row in rows]


def _shares(arm: str, rows: Sequence[EvalRow], answers: Sequence[Answer], scores: Sequence[Score]) -> dict[str, Share]:
    """`correct` and `answered` of the in-scope rows; `correct_of_answered` of every delivered answer.

    An out-of-scope question that was answered counts as a wrong answer given; one without a reference counts nowhere.
    """
    in_scope = _judged(rows)
    counted = {row.eval_id for row in in_scope} | {row.eval_id for row in rows if row.kind == "out_of_scope"}
    is_right = dict(zip([row.eval_id for row in in_scope], _verdicts(arm, in_scope, scores), strict=True))
    answered = {answer.eval_id for answer in answers if answer.arm == arm and answer.answered} & counted
    shares = {
        "correct": wilson(sum(is_right.values()), len(in_scope)),
        "answered": wilson(sum(row.eval_id in answered for row in in_scope), len(in_scope)),
        "correct_of_answered": wilson(sum(is_right.get(name, False) for name in answered), len(answered)),
    }
    for stratum in STRATA:
        ids = [row.eval_id for row in in_scope if row.stratum == stratum]
        shares[stratum] = wilson(sum(is_right[name] for name in ids), len(ids))
    return shares


def _by_intent(rows: Sequence[EvalRow], verdicts: Mapping[str, list[bool]]) -> dict[str, PairedTest]:
    places: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault(row.intent, []).append(place)
    return {
        intent: mcnemar(
            [verdicts["challenger"][place] for place in where], [verdicts["champion"][place] for place in where]
        )
        for intent, where in sorted(places.items())
    }


def _seconds(arm: str, answers: Sequence[Answer], timings: Mapping[str, Sequence[float]]) -> dict[str, float | None]:
    values = list(timings.get(arm, ()))
    if arm == "retrieval":
        values = [answer.seconds for answer in answers if answer.arm == arm]
    rounded = [
        None if value is None else round(value, 4) for value in (percentile(values, 0.5), percentile(values, 0.95))
    ]
    return {"p50": rounded[0], "p95": rounded[1]}


def _out_of_scope(rows: Sequence[EvalRow], answers: Sequence[Answer]) -> Share:
    ids = {row.eval_id for row in rows if row.kind == "out_of_scope"}
    handed = sum(answer.arm == "challenger" and answer.eval_id in ids and not answer.answered for answer in answers)
    return wilson(handed, len(ids))


def _curve(rows: Sequence[EvalRow], answers: Sequence[Answer], scores: Sequence[Score]) -> list[CurvePoint]:
    confidences = {answer.eval_id: answer.confidence for answer in answers if answer.arm == "challenger"}
    return curve([confidences[row.eval_id] for row in rows], _verdicts("challenger", rows, scores))


def _rows_needed(shares: Mapping[str, Share], *, task: Task) -> int | None:
    name = "correct_of_answered" if task.kpis.correct_of == "answers_given" else "correct"
    observed = shares[name].share
    return None if observed is None else rows_needed(observed, task.kpis.correct_share)
