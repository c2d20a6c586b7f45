"""Puts the eval set together: pairs of the side eval, and the questions that were written for evaluation only.

Here: which rows are valid at the time of the run, and which answer each one expects. Not here: the draw (split),
counting leaks (leaks).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ft_pipeline.curate.repair import repair
from ft_pipeline.curate.similar import jaccard
from ft_pipeline.curate.times import iso
from ft_pipeline.curate.wording import facts, masked_form, normal_form, short_hash
from ft_pipeline.records import EvalRow, HeldOutQuestion, QAPair, Rejected
from ft_pipeline.task import Data

_STAGE = "curate.eval_set"


@dataclass(frozen=True)
class EvalSet:
    """The rows to ask, and the held-out questions that cannot be asked at this time."""

    rows: list[EvalRow]
    rejected: list[Rejected]


def build_eval_set(
    pairs: Sequence[QAPair], held_out: Sequence[HeldOutQuestion], *, as_of: datetime | None, data: Data
) -> EvalSet:
    """Eval rows sorted by id.

    Args:
        pairs: the result of `curate`, all sides.
        held_out: questions written for evaluation; those not valid at `as_of` are rejected.
        as_of: the moment of the run; None = everything that has no end is valid.
        data: the threshold from which two answers are the same.
    """
    rows = [_from_pair(pair) for pair in pairs if pair.split == "eval"]
    rejected: list[Rejected] = []
    answers = _Answers(pairs, data.same_answer_jaccard)
    seen: set[str] = set()
    moment = iso(as_of) if as_of is not None else ""
    for item in sorted(held_out, key=lambda item: item.question_id):
        reason = _not_askable(item, moment, seen)
        if reason:
            rejected.append(Rejected(_STAGE, reason, item.question_id, "", item.source))
            continue
        seen.add(normal_form(item.question))
        answer_id, intent = answers.find(item.answer, item.kind)
        rows.append(_from_held_out(item, answer_id, intent))
    return EvalSet(rows=sorted(rows, key=lambda row: row.eval_id), rejected=rejected)


class _Answers:
    """Finds the answer group of a reference text."""

    def __init__(self, pairs: Sequence[QAPair], threshold: float) -> None:
        self.threshold = threshold
        groups = {pair.answer_id: (pair.answer, pair.intent, pair.kind) for pair in pairs}
        self.groups = sorted((answer_id, *group) for answer_id, group in groups.items())
        self.exact = {normal_form(answer): (answer_id, intent) for answer_id, answer, intent, _ in self.groups}
        self.words = [frozenset(masked_form(answer).split()) for _, answer, _, _ in self.groups]

    def find(self, answer: str, kind: str) -> tuple[str, str]:
        """(answer id, intent), or two empty texts where no group gives this answer with these facts."""
        if not answer:
            return "", ""
        found = self.exact.get(normal_form(answer))
        if found is not None:
            return found
        mine, stated = frozenset(masked_form(answer).split()), facts(answer)
        best, best_value = ("", ""), self.threshold
        for (answer_id, text, intent, group_kind), words in zip(self.groups, self.words, strict=True):
            if group_kind != kind or facts(text) != stated:
                continue
            value = jaccard(mine, words)
            if value > best_value or (value == best_value and best == ("", "")):
                best, best_value = (answer_id, intent), value
        return best


def _not_askable(item: HeldOutQuestion, moment: str, seen: set[str]) -> str:
    if moment and item.valid_from and iso(item.valid_from) > moment:
        return "not_valid_yet"
    if item.valid_to and (not moment or iso(item.valid_to) <= moment):
        return "not_valid_any_more"
    if normal_form(item.question) in seen:
        return "duplicate_question"
    return "" if item.question.strip() else "question_without_words"


def _from_pair(pair: QAPair) -> EvalRow:
    return EvalRow(
        eval_id=pair.pair_id,
        question=pair.question,
        reference=pair.answer,
        answer_id=pair.answer_id,
        intent=pair.intent,
        kind=pair.kind,
        stratum="tickets",
        customer_id=pair.customer_id,
        created_at=pair.created_at,
        valid_from=pair.valid_from,
        valid_to=pair.valid_to,
        origin="ticket",
        source=pair.source,
        context=pair.context,
    )


def _from_held_out(item: HeldOutQuestion, answer_id: str, intent: str) -> EvalRow:
    return EvalRow(
        eval_id=short_hash("held_out", item.source, item.question_id),
        question=repair(item.question),
        reference=item.answer,
        answer_id=answer_id,
        intent=intent,
        kind=item.kind,
        stratum=item.stratum,
        customer_id="",
        created_at="",
        valid_from=item.valid_from,
        valid_to=item.valid_to,
        origin="held_out_question",
        source=item.source,
    )
