"""A sample of the challenger's answers before the judge, and how far its word goes.

Here: which answers it sees, its verdicts beside the scorer's and the humans'. Not here: asking it (judge).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ft_pipeline.evaluate.arms import spread
from ft_pipeline.evaluate.judge import Case, calibrate
from ft_pipeline.evaluate.results import Judgement, Trials
from ft_pipeline.evaluate.statistics import wilson
from ft_pipeline.records import Answer, EvalRow, Score, shown_question
from ft_pipeline.task import Task


def judge_answers(
    rows: Sequence[EvalRow],
    answers: Sequence[Answer],
    verdicts: Mapping[str, bool],
    *,
    task: Task,
    trials: Trials,
) -> Judgement | None:
    """What the judge says of a sample of the challenger's answers, shown beside the base's without names.

    Args:
        rows: in scope.
        answers: of all arms.
        verdicts: of the scorer that defines "correct", on the challenger's answers.
        task: how many answers it judges, what makes it trusted, and of which answers the KPI speaks.
        trials: the judge, and what humans said of the same answers and on earlier sheets.
    """
    if trials.judge is None:
        return None
    settings = task.evaluation.judge
    said = {(answer.arm, answer.eval_id): answer.text for answer in answers}
    given = {answer.eval_id for answer in answers if answer.arm == "challenger" and answer.answered}
    wanted = [row for row in rows if row.eval_id in trials.human_verdicts]
    others = [row for row in rows if row.eval_id not in trials.human_verdicts]
    sample = [*wanted, *spread(others, settings.rows - len(wanted))]
    cases = [
        Case(
            shown_question(row.question, row.context),
            row.reference,
            said["challenger", row.eval_id],
            said["base", row.eval_id],
        )
        for row in sample
    ]
    looks = trials.judge.judge(cases)
    judged = [None if item.value is None else bool(item.value) for item in looks]
    scored = [(mine, verdicts[row.eval_id]) for mine, row in zip(judged, sample, strict=True)]
    counted = [
        mine
        for mine, row in zip(judged, sample, strict=True)
        if mine is not None and (row.eval_id in given or task.kpis.correct_of == "all_questions")
    ]
    agreed = [mine == theirs for mine, theirs in scored if mine is not None]
    earlier = trials.judge_verdicts
    trust = calibrate(
        [*judged, *(mine for mine, _ in earlier)],
        [*(trials.human_verdicts.get(row.eval_id) for row in sample), *(theirs for _, theirs in earlier)],
        least_verdicts=settings.least_verdicts,
        least_kappa=settings.least_kappa,
    )
    return Judgement(
        judged=len(sample),
        unscored=sum(item is None for item in judged),
        right=wilson(sum(counted), len(counted)),
        agrees_with_scorer=sum(agreed) / len(agreed) if agreed else None,
        kappa_with_humans=trust.agreement.kappa,
        human_verdicts=trust.agreement.n,
        may_gate=trust.may_gate,
        reason=trust.reason,
        model=trials.judge.model,
        prompt_version=trials.judge.prompt_version,
        scores=tuple(
            Score(row.eval_id, "challenger", "judge", look.value, look.reason)
            for row, look in zip(sample, looks, strict=True)
        ),
    )
