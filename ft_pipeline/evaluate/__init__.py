"""Is the fine-tuned model really better? All arms on the same unseen rows, in one run, through the path that is served.

Reads the evaluation set, the incoming sample, the training set (validation side for the threshold, train side for the
retrieval arm and the few-shot examples) and one `Answerer` per model arm. Writes nothing: `evaluate` returns an
`Evaluation`; its tables and figures are published by the caller. Not here: training, HTTP, pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ft_pipeline.answering import Answerer
from ft_pipeline.evaluate import decision as promotion
from ft_pipeline.evaluate import figures
from ft_pipeline.evaluate.arms import (
    ask,
    ask_few_shot,
    ask_follow_ups,
    ask_retrieval,
    conversation_of,
    reply_as_served,
)
from ft_pipeline.evaluate.decision import Decision
from ft_pipeline.evaluate.judgement import judge_answers
from ft_pipeline.evaluate.results import Comparison, Contestants, Evaluation, Judgement, Trials
from ft_pipeline.evaluate.safety import Safety, probe
from ft_pipeline.evaluate.scorers import (
    score_form,
    score_hand_off,
    score_language,
    score_likeness,
    score_refusal,
    score_sameness,
)
from ft_pipeline.evaluate.statistics import NO_ROWS, PairedTest, Share, rows_for_difference, rows_needed, wilson
from ft_pipeline.evaluate.summary import as_json
from ft_pipeline.evaluate.threshold import Threshold, choose_threshold, curve
from ft_pipeline.records import Answer, EvalRow, IncomingRow, Score, TrainingRow
from ft_pipeline.scoring import score_answer
from ft_pipeline.task import Task

__all__ = ["Contestants", "Decision", "Evaluation", "Share", "Threshold", "Trials", "as_json", "evaluate"]

OPPONENTS = ("base", "base_few_shot", "retrieval", "champion")
Progress = Callable[[str], None]


@dataclass(frozen=True)
class _Asked:
    """What all arms answered, with verdicts."""

    answers: list[Answer]
    scores: list[Score]
    verdicts: dict[str, dict[str, bool]]  # arm -> eval_id -> right; in-scope rows only


@dataclass(frozen=True)
class _FollowUps:
    """The same rows as the second question of a conversation and alone."""

    in_conversation: Share
    alone: Share
    needing: Share  # rows that need the turns before them, asked with these; the same rows asked alone:
    needing_alone: Share


def evaluate(
    rows: Sequence[EvalRow],
    incoming: Sequence[IncomingRow],
    training: Sequence[TrainingRow],
    *,
    contestants: Contestants,
    task: Task,
    timings: Mapping[str, Sequence[float]],
    trials: Trials | None = None,
    signature_required: bool = False,
    progress: Progress = lambda _: None,
) -> Evaluation:
    """Asks every arm, judges every answer, compares, decides.

    Args:
        rows: unseen questions with references.
        incoming: raw tickets drawn before any filtering, for load reduction.
        training: train and validation rows.
        contestants: the model arms.
        task: KPIs, evaluation and promotion settings.
        timings: per arm, seconds of single answers as served over HTTP to one client.
        trials: canaries, a judge, human verdicts.
        signature_required: a human must sign before deployment.
        progress: told in words what is going on.
    """
    trials = trials or Trials()
    if trials.judge is not None:
        trials.judge.check()
    progress(f"threshold: challenger answers {_count(training, 'validation')} validation questions")
    on_validation = judge_validation(contestants.challenger, training, task=task)
    threshold = _threshold(on_validation, task=task)
    if threshold.reason == "never":
        target = f"{task.kpis.correct_share:.0%}"
        progress(f"threshold: no point of the validation curve reaches {target}, so everything is handed over")
    challenger = replace(contestants.challenger, threshold=threshold.value)
    in_scope = figures.judged_rows(rows)
    found = _ask_arms(rows, training, contestants=contestants, challenger=challenger, task=task, progress=progress)
    progress(f"load reduction: challenger answers {len(incoming)} incoming tickets")
    incoming_answers, incoming_scores = _ask_incoming(incoming, challenger, task=task)
    load = figures.load_reduction(
        incoming, incoming_answers, incoming_scores, lookup_configured=task.evaluation.lookup_configured
    )
    progress("safety: probes, canaries, form")
    safety = _probe(rows, found, challenger=challenger, task=task, trials=trials)
    follow_ups = _follow_ups(in_scope, found, challenger=challenger, task=task)
    judgement = judge_answers(in_scope, found.answers, found.verdicts["challenger"], task=task, trials=trials)
    shares = {arm: figures.shares_of(arm, rows, found.answers, found.scores) for arm in found.verdicts}
    seconds = {arm: figures.seconds_of(arm, found.answers, timings) for arm in shares}
    comparisons = _comparisons(in_scope, found)
    decision = promotion.decide(
        promotion.Figures(
            kpis=task.kpis,
            correct=shares["challenger"]["correct"],
            answered=shares["challenger"]["answered"],
            correct_of_answered=shares["challenger"]["correct_of_answered"],
            answer_p95_s=seconds["challenger"]["p95"],
            load_reduction=load,
            against_base=comparisons["base"],
            against_champion=comparisons.get("champion"),
            intents_against_champion=_by_intent(in_scope, found),
            has_champion=contestants.champion is not None,
            is_champion=contestants.is_champion,
            signature_required=signature_required,
            promotion=task.promotion,
            conduct=_conduct(rows, found, safety=safety, judgement=judgement),
        )
    )
    confidences = {item.eval_id: item.confidence for item in found.answers if item.arm == "challenger"}
    return Evaluation(
        threshold=threshold,
        answers=found.answers,
        scores=found.scores,
        side_scores=[*_look_aside(rows, found.answers, task=task), *(judgement.scores if judgement else ())],
        incoming_answers=incoming_answers,
        incoming_scores=incoming_scores,
        shares=shares,
        by_intent={arm: figures.grouped(in_scope, found.verdicts[arm], by="intent") for arm in shares},
        by_stratum={arm: figures.grouped(in_scope, found.verdicts[arm], by="stratum") for arm in shares},
        seconds=seconds,
        tokens={arm: figures.mean_tokens(arm, found.answers) for arm in shares},
        cost_per_1000={arm: figures.cost_per_1000(arm, seconds[arm], task.economics) for arm in shares},
        load_reduction=load,
        out_of_scope_handed_over=figures.out_of_scope_handed_over(rows, found.answers),
        follow_ups=follow_ups.in_conversation,
        follow_ups_alone=follow_ups.alone,
        needing_context=follow_ups.needing,
        needing_context_alone=follow_ups.needing_alone,
        safety=safety,
        judgement=judgement,
        curve=curve(
            [confidences[row.eval_id] for row in in_scope],
            [found.verdicts["challenger"][row.eval_id] for row in in_scope],
        ),
        validation_curve=curve(*on_validation) if on_validation[0] else [],
        comparisons=comparisons,
        details=_details(in_scope, found, comparisons, seed=task.training.seed),
        decision=decision,
        rows_needed=_rows_needed(shares["challenger"], task=task),
    )


def judge_validation(
    challenger: Answerer, training: Sequence[TrainingRow], *, task: Task
) -> tuple[list[float], list[bool]]:
    """Confidence and verdict of the challenger on every validation row."""
    validation = [row for row in training if row.split == "validation"]
    replies = reply_as_served(challenger, [conversation_of(row) for row in validation])
    correct = [
        bool(_verdict(reply.generated, row.answer, task=task)[0])
        for row, reply in zip(validation, replies, strict=True)
    ]
    return [reply.confidence for reply in replies], correct


def fit_threshold(challenger: Answerer, training: Sequence[TrainingRow], *, task: Task) -> Threshold:
    """The confidence from which on the challenger answers alone, chosen on the validation side."""
    return _threshold(judge_validation(challenger, training, task=task), task=task)


def _threshold(on_validation: tuple[list[float], list[bool]], *, task: Task) -> Threshold:
    confidences, correct = on_validation
    return choose_threshold(confidences, correct, target=task.kpis.correct_share, rule=task.kpis.rule)


def _count(training: Sequence[TrainingRow], split: str) -> int:
    return sum(row.split == split for row in training)


def _ask_arms(
    rows: Sequence[EvalRow],
    training: Sequence[TrainingRow],
    *,
    contestants: Contestants,
    challenger: Answerer,
    task: Task,
    progress: Progress,
) -> _Asked:
    models = {"base": contestants.base, "champion": contestants.champion, "challenger": challenger}
    answers: dict[str, list[Answer]] = {}
    for arm, answerer in models.items():
        if answerer is not None:
            progress(f"{arm}: {len(rows)} evaluation questions")
            answers[arm] = ask(arm, answerer, rows)
    in_scope = figures.judged_rows(rows)
    known = [row for row in training if row.split == "train"]
    answers["retrieval"] = ask_retrieval(
        known,
        rows,
        prepare=contestants.challenger.prepare,
        like=answers["challenger"],
        in_scope=frozenset(row.eval_id for row in in_scope),
    )
    settings = task.evaluation
    if settings.few_shot_rows and settings.few_shot_examples:
        progress(f"base_few_shot: {min(settings.few_shot_rows, len(in_scope))} evaluation questions")
        few = ask_few_shot(
            contestants.base, in_scope, known, examples=settings.few_shot_examples, number=settings.few_shot_rows
        )
        answers |= {"base_few_shot": few.answers} if few.answers else {}
    said = [answer for arm in answers.values() for answer in arm]
    scores = _score(rows, said, task=task)
    asked = {row.eval_id for row in in_scope}
    verdicts = {
        arm: {name: right for name, right in figures.verdicts_of(arm, scores).items() if name in asked}
        for arm in answers
    }
    return _Asked(said, scores, verdicts)


def _score(rows: Sequence[EvalRow], answers: Sequence[Answer], *, task: Task) -> list[Score]:
    references = {row.eval_id: row for row in rows}
    scores = []
    for answer in answers:
        row = references[answer.eval_id]
        value: float | None
        if row.kind == "out_of_scope":
            value, reason = float(not answer.answered), "answered_out_of_scope" if answer.answered else "handed_over"
        else:
            value, reason = _verdict(answer.text, row.reference, task=task)
        scores.append(Score(answer.eval_id, answer.arm, task.evaluation.scorer, value, reason))
    return scores


def _look_aside(rows: Sequence[EvalRow], answers: Sequence[Answer], *, task: Task) -> list[Score]:
    """What the scorers say that do not define "correct": for the eyes, and for another choice in task.yaml."""
    references = {row.eval_id: row.reference for row in rows}
    scores = []
    for answer in answers:
        looks = {
            "form": score_form(answer.text, tokens=answer.tokens, most_tokens=task.evaluation.max_answer_tokens),
            "language": score_language(answer.text, language=task.language),
            "refusal": score_refusal(answer.text),
            "hand_off": score_hand_off(answer.text, handover_text=task.deployment.handover_text),
            "chrf": score_likeness(answer.text, references[answer.eval_id]),
            "exact": score_sameness(answer.text, references[answer.eval_id]),
        }
        scores += [
            Score(answer.eval_id, answer.arm, name, look.value, look.reason)
            for name, look in looks.items()
            if name != task.evaluation.scorer
        ]
    return scores


def _verdict(answer: str, reference: str, *, task: Task) -> tuple[float | None, str]:
    """Right (1.0), wrong (0.0) or, without a reference, neither (None), and why."""
    if not reference.strip():
        return None, "no_reference"
    settings = task.evaluation
    scored = score_answer(answer, reference, scorer=settings.scorer, min_chrf=settings.min_chrf)
    return float(scored.correct), scored.reason


def _ask_incoming(
    incoming: Sequence[IncomingRow], challenger: Answerer, *, task: Task
) -> tuple[list[Answer], list[Score]]:
    replies = challenger.answer([row.question for row in incoming])
    answers, scores = [], []
    for row, reply in zip(incoming, replies, strict=True):
        given = not reply.handed_over
        answers.append(Answer(row.ticket_id, "challenger", reply.generated, reply.confidence, given, reply.tokens, 0.0))
        value, reason = _verdict(reply.generated, row.reference, task=task)
        scores.append(Score(row.ticket_id, "challenger", task.evaluation.scorer, value, reason))
    return answers, scores


def _probe(rows: Sequence[EvalRow], found: _Asked, *, challenger: Answerer, task: Task, trials: Trials) -> Safety:
    return probe(
        challenger,
        [answer for answer in found.answers if answer.arm == "challenger"],
        rows,
        language=task.language,
        own_contacts=task.data.own_contacts,
        canaries=trials.canaries,
    )


def _follow_ups(in_scope: Sequence[EvalRow], found: _Asked, *, challenger: Answerer, task: Task) -> _FollowUps:
    """Another matter after an answered one, and questions that nobody understands without what was said before."""
    mine = found.verdicts["challenger"]
    whole = [row for row in in_scope if not row.context]
    asked = ask_follow_ups(challenger, whole, number=task.evaluation.follow_up_rows)
    needing = [row for row in in_scope if row.context]
    bare = ask("alone", challenger, [replace(row, context="") for row in needing]) if needing else []
    return _FollowUps(
        in_conversation=_right(asked.answers, asked.rows, task=task),
        alone=_share(mine[row.eval_id] for row in asked.rows),
        needing=_share(mine[row.eval_id] for row in needing),
        needing_alone=_right(bare, needing, task=task),
    )


def _right(answers: Sequence[Answer], rows: Sequence[EvalRow], *, task: Task) -> Share:
    pairs = zip(answers, rows, strict=True)
    return _share(bool(_verdict(answer.text, row.reference, task=task)[0]) for answer, row in pairs)


def _share(verdicts: Iterable[bool]) -> Share:
    found = list(verdicts)
    return wilson(sum(found), len(found))


def _comparisons(in_scope: Sequence[EvalRow], found: _Asked) -> dict[str, PairedTest]:
    mine = found.verdicts["challenger"]
    return {arm: figures.paired(in_scope, mine, found.verdicts[arm]) for arm in OPPONENTS if arm in found.verdicts}


def _details(
    in_scope: Sequence[EvalRow], found: _Asked, comparisons: Mapping[str, PairedTest], *, seed: int
) -> dict[str, Comparison]:
    details = {}
    for arm, test in comparisons.items():
        low, high = figures.paired_interval(in_scope, found.verdicts["challenger"], found.verdicts[arm], seed=seed)
        apart = (test.only_first + test.only_second) / test.n if test.n else 0.0
        details[arm] = Comparison(test, low, high, rows_for_difference(test.difference, apart))
    return details


def _by_intent(in_scope: Sequence[EvalRow], found: _Asked) -> dict[str, PairedTest]:
    if "champion" not in found.verdicts:
        return {}
    return figures.paired_by_intent(in_scope, found.verdicts["challenger"], found.verdicts["champion"])


def _conduct(
    rows: Sequence[EvalRow], found: _Asked, *, safety: Safety, judgement: Judgement | None
) -> promotion.Conduct:
    of_rows, strangers = figures.out_of_scope_handed_over(rows, found.answers), safety.strangers
    return promotion.Conduct(
        out_of_scope=_pooled(of_rows, strangers),
        injections=safety.injections,
        in_form=safety.in_form,
        personal_data=safety.personal_data,
        answers_searched=safety.answers_searched,
        canaries_planted=safety.canaries_planted,
        canaries_extracted=safety.canaries_extracted,
        golden=figures.golden_kept(rows, found.answers, found.verdicts) if "champion" in found.verdicts else NO_ROWS,
        judge=judgement.right if judgement else NO_ROWS,
        judge_may_gate=bool(judgement and judgement.may_gate),
    )


def _pooled(one: Share, two: Share) -> Share:
    return wilson(round((one.share or 0) * one.n) + round((two.share or 0) * two.n), one.n + two.n)


def _rows_needed(shares: Mapping[str, Share], *, task: Task) -> int | None:
    name = "correct_of_answered" if task.kpis.correct_of == "answers_given" else "correct"
    observed = shares[name].share
    return None if observed is None else rows_needed(observed, task.kpis.correct_share)
