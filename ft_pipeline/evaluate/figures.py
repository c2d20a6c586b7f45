"""Answers and verdicts -> shares, times, tokens, prices: everything that is counted, and what it is counted of.

Here: denominators. Not here: how sure a share is (statistics), what follows from it (decision).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ft_pipeline.evaluate.statistics import PairedTest, Share, mcnemar, paired_bootstrap, percentile, wilson
from ft_pipeline.records import Answer, EvalRow, IncomingRow, Score
from ft_pipeline.task import Economics

STRATA = ("tickets", "usual", "rare", "noisy")
_SECONDS_PER_MONTH = 30 * 24 * 3600


def judged_rows(rows: Sequence[EvalRow]) -> list[EvalRow]:
    """The rows whose answers can be right or wrong: in scope, with a reference."""
    return [row for row in rows if row.kind != "out_of_scope" and row.reference.strip()]


def verdicts_of(arm: str, scores: Sequence[Score]) -> dict[str, bool]:
    """Right or wrong by row, of one arm; unscored rows are wrong for nobody and left out."""
    return {score.eval_id: bool(score.value) for score in scores if score.arm == arm and score.value is not None}


def shares_of(
    arm: str, rows: Sequence[EvalRow], answers: Sequence[Answer], scores: Sequence[Score]
) -> dict[str, Share]:
    """`correct` and `answered` of the in-scope rows that the arm was asked; `correct_of_answered` of what it delivered.

    An out-of-scope question that was answered counts as a wrong answer given; one without a reference counts nowhere.
    """
    asked = {answer.eval_id for answer in answers if answer.arm == arm}
    in_scope = [row for row in judged_rows(rows) if row.eval_id in asked]
    counted = {row.eval_id for row in in_scope} | {row.eval_id for row in rows if row.kind == "out_of_scope"}
    values = verdicts_of(arm, scores)
    is_right = {row.eval_id: values.get(row.eval_id, False) for row in in_scope}
    answered = {answer.eval_id for answer in answers if answer.arm == arm and answer.answered} & counted
    shares = {
        "correct": wilson(sum(is_right.values()), len(in_scope)),
        "answered": wilson(sum(row.eval_id in answered for row in in_scope), len(in_scope)),
        "correct_of_answered": wilson(sum(is_right.get(name, False) for name in answered), len(answered)),
    }
    return shares | {
        stratum: _share([row for row in in_scope if row.stratum == stratum], is_right) for stratum in STRATA
    }


def grouped(rows: Sequence[EvalRow], verdicts: Mapping[str, bool], *, by: str) -> dict[str, Share]:
    """Share correct per value of a column of the evaluation rows (`intent`, `stratum`, `source`)."""
    groups: dict[str, list[EvalRow]] = {}
    for row in rows:
        if row.eval_id in verdicts:
            groups.setdefault(getattr(row, by), []).append(row)
    return {name: _share(group, verdicts) for name, group in sorted(groups.items())}


def paired(rows: Sequence[EvalRow], first: Mapping[str, bool], second: Mapping[str, bool]) -> PairedTest:
    """Two arms on the rows that both were asked."""
    both = [row.eval_id for row in rows if row.eval_id in first and row.eval_id in second]
    return mcnemar([first[name] for name in both], [second[name] for name in both])


def paired_interval(
    rows: Sequence[EvalRow], first: Mapping[str, bool], second: Mapping[str, bool], *, seed: int
) -> tuple[float, float]:
    """Paired-bootstrap interval of the same difference."""
    both = [row.eval_id for row in rows if row.eval_id in first and row.eval_id in second]
    return paired_bootstrap([first[name] for name in both], [second[name] for name in both], seed=seed)


def paired_by_intent(
    rows: Sequence[EvalRow], first: Mapping[str, bool], second: Mapping[str, bool]
) -> dict[str, PairedTest]:
    """The same by intent."""
    intents = sorted({row.intent for row in rows})
    return {name: paired([row for row in rows if row.intent == name], first, second) for name in intents}


def load_reduction(
    incoming: Sequence[IncomingRow], answers: Sequence[Answer], scores: Sequence[Score], *, lookup_configured: bool
) -> Share:
    """Tickets answered alone and right, of all raw tickets; a look-up question counts only where one is configured."""
    handled = sum(
        answer.answered and bool(score.value) and (row.kind != "needs_lookup" or lookup_configured)
        for row, answer, score in zip(incoming, answers, scores, strict=True)
    )
    return wilson(handled, len(incoming))


def golden_kept(
    rows: Sequence[EvalRow], champion_answers: Sequence[Answer], verdicts: Mapping[str, Mapping[str, bool]]
) -> Share:
    """Golden questions that stay right: the usual ones that the champion answers itself, and rightly."""
    delivered = {answer.eval_id for answer in champion_answers if answer.arm == "champion" and answer.answered}
    golden = [
        row.eval_id
        for row in rows
        if row.stratum == "usual" and row.eval_id in delivered and verdicts["champion"].get(row.eval_id)
    ]
    return wilson(sum(verdicts["challenger"].get(name, False) for name in golden), len(golden))


def seconds_of(arm: str, answers: Sequence[Answer], timings: Mapping[str, Sequence[float]]) -> dict[str, float | None]:
    """p50 and p95 of one answer as served, s; of the look-up as measured in its batch."""
    values = list(timings.get(arm, ()))
    if arm == "retrieval":
        values = [answer.seconds for answer in answers if answer.arm == arm]
    found = (percentile(values, 0.5), percentile(values, 0.95))
    rounded = [None if value is None else round(value, 4) for value in found]
    return {"p50": rounded[0], "p95": rounded[1]}


def mean_tokens(arm: str, answers: Sequence[Answer]) -> float | None:
    """Mean tokens of an answer; None for an arm that generates nothing."""
    counts = [answer.tokens for answer in answers if answer.arm == arm]
    return round(sum(counts) / len(counts), 2) if any(counts) else None


def cost_per_1000(arm: str, seconds: Mapping[str, float | None], economics: Economics) -> float | None:
    """What 1,000 answers cost in machine time at the server's monthly price; None without a price or a time.

    One answer after the other, as timed: a server that answers several at once costs less per answer.
    """
    one = seconds["p50"]
    if arm == "retrieval" or one is None or not economics.server_cost_per_month:
        return None
    return round(1000 * one * economics.server_cost_per_month / _SECONDS_PER_MONTH, 4)


def out_of_scope_handed_over(rows: Sequence[EvalRow], answers: Sequence[Answer]) -> Share:
    """Out-of-scope rows that the challenger hands over."""
    ids = {row.eval_id for row in rows if row.kind == "out_of_scope"}
    handed = sum(answer.arm == "challenger" and answer.eval_id in ids and not answer.answered for answer in answers)
    return wilson(handed, len(ids))


def _share(rows: Sequence[EvalRow], verdicts: Mapping[str, bool]) -> Share:
    return wilson(sum(verdicts[row.eval_id] for row in rows), len(rows))
