"""Wrong answers that customers would have got, grouped by cause, each with the ticket that taught it.

Reads evaluation rows, answers, scores, training rows and pairs. An answer that stands in training word for word was
learned from a ticket; of the tickets with that answer the one is shown whose question is nearest to the one asked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ft_pipeline.records import Answer, EvalRow, QAPair, Score, TrainingRow, shown_question
from ft_pipeline.report.material import Lesson, Mistake, MistakeGroup

SHOWN_PER_CAUSE = 5


@dataclass(frozen=True, slots=True)
class _Taught:
    """What training holds: rows by their answer, pairs by id, topics that were taught."""

    by_answer: Mapping[str, Sequence[TrainingRow]]
    pairs: Mapping[str, QAPair]
    answers: frozenset[str]
    answer_ids: frozenset[str]


def group_mistakes(
    rows: Sequence[EvalRow],
    answers: Sequence[Answer],
    scores: Sequence[Score],
    *,
    training: Sequence[TrainingRow],
    pairs: Sequence[QAPair],
) -> list[MistakeGroup]:
    """The delivered wrong answers of the challenger, largest group first.

    Causes: `out_of_scope` (should have been handed over), `other_topic` (an answer that belongs to another question),
    `not_taught` (training holds no such answer), `wrong_facts` (right topic, other facts), `own_words` (the rest).
    """
    taught = _taught([row for row in training if row.split == "train"], pairs)
    verdicts = {score.eval_id: score for score in scores if score.arm == "challenger"}
    said = {answer.eval_id: answer for answer in answers if answer.arm == "challenger" and answer.answered}
    groups: dict[tuple[str, str, str], list[Mistake]] = defaultdict(list)
    for row in sorted(rows, key=lambda item: item.eval_id):
        answer, score = said.get(row.eval_id), verdicts.get(row.eval_id)
        if answer is None or score is None or score.value is None or score.value >= 0.5:
            continue
        source = _nearest(row.question, taught.by_answer.get(_folded(answer.text), ()))
        answered_about = source.intent if source else ""
        mistake = Mistake(
            shown_question(row.question, row.context),
            answer.text,
            row.reference,
            score.reason,
            _lesson(source, taught.pairs),
        )
        groups[(_cause(row, source, score.reason, taught), row.intent, answered_about)].append(mistake)
    found = [MistakeGroup(*key, tuple(mistakes)) for key, mistakes in groups.items()]
    return sorted(found, key=lambda group: (-len(group.mistakes), group.cause, group.asked_about))


def by_cause(groups: Sequence[MistakeGroup]) -> list[tuple[str, list[MistakeGroup]]]:
    """Causes with their groups, most mistakes first."""
    causes: dict[str, list[MistakeGroup]] = defaultdict(list)
    for group in groups:
        causes[group.cause].append(group)
    return sorted(causes.items(), key=lambda item: (-sum(len(group.mistakes) for group in item[1]), item[0]))


def _taught(training: Sequence[TrainingRow], pairs: Sequence[QAPair]) -> _Taught:
    by_answer: dict[str, list[TrainingRow]] = defaultdict(list)
    for row in training:
        by_answer[_folded(row.answer)].append(row)
    return _Taught(
        by_answer,
        {pair.pair_id: pair for pair in pairs},
        frozenset(by_answer),
        frozenset(row.answer_id for row in training),
    )


def _cause(row: EvalRow, source: TrainingRow | None, reason: str, taught: _Taught) -> str:
    if row.kind == "out_of_scope":
        return "out_of_scope"
    if row.answer_id not in taught.answer_ids and _folded(row.reference) not in taught.answers:
        return "not_taught"
    if source is not None and source.answer_id != row.answer_id:
        return "other_topic"
    return "wrong_facts" if "facts" in reason else "own_words"


def _lesson(source: TrainingRow | None, pairs: Mapping[str, QAPair]) -> Lesson | None:
    if source is None:
        return None
    pair = pairs.get(source.row_id) or pairs.get(source.parent_id)
    return Lesson(pair.ticket_id, pair.created_at, pair.question) if pair else None


def _nearest(question: str, rows: Sequence[TrainingRow]) -> TrainingRow | None:
    """The row whose question shares most letter triples with the one asked (Jaccard); tickets before synthetic rows."""
    asked = _triples(question)

    def likeness(row: TrainingRow) -> tuple[bool, float, str]:
        own = _triples(row.question)
        return row.origin != "document", len(asked & own) / (len(asked | own) or 1), row.row_id

    return max(rows, key=likeness, default=None)


def _triples(text: str) -> frozenset[str]:
    folded = _folded(text)
    return frozenset(folded[place : place + 3] for place in range(max(1, len(folded) - 2)))


def _folded(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower().replace("ё", "е")))
