"""Makes more training rows out of few: noisy children of training pairs, and questions from documents.

Reads: pairs (children of the side train only), documents. Writes: synthetic rows, refused children with their reason,
counts by method.

Here: how many children, which are kept, the training set. Each method is a pure function in `noise` or
`from_documents`. Not here: paraphrases by a language model (an endpoint of the company's choice), the split (curate).
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ft_pipeline.augment import noise
from ft_pipeline.augment.from_documents import from_documents
from ft_pipeline.records import Document, QAPair, Rejected, TrainingRow, asked_in_all
from ft_pipeline.task import Augmentation

__all__ = ["Augmented", "augment", "build_training_set"]

_WEIGHTS = {"typo": 5, "wrapper": 4, "case": 3, "layout": 1}  # how often a method is drawn
_MOST_DOCUMENT_SHARE = 0.25  # of target_rows
_ATTEMPTS = 3  # draws for one child before the pair goes without


@dataclass(frozen=True)
class Augmented:
    """Synthetic rows sorted by id, what was refused, and the number of rows by method."""

    rows: list[TrainingRow]
    rejected: list[Rejected]
    counts: dict[str, int] = field(default_factory=dict)


def augment(
    pairs: Sequence[QAPair],
    documents: Sequence[Document],
    *,
    config: Augmentation,
    seed: int,
    is_held_out: Callable[[str], bool] = lambda _: False,
) -> Augmented:
    """Synthetic rows for the side train.

    Args:
        pairs: all pairs; only those of the side train become parents.
        documents: the knowledge base.
        config: caps and methods.
        seed: same seed and inputs, same rows.
        is_held_out: says of a new question whether it is too near to eval; such a child is refused.
    """
    if not config.enabled or config.target_rows == 0:
        return Augmented(rows=[], rejected=[])
    sieve = _Sieve(pairs, is_held_out)
    rows: list[TrainingRow] = []
    if "document" in config.methods:
        most = int(config.target_rows * _MOST_DOCUMENT_SHARE)
        for row, source in _document_rows(documents):
            if len(rows) < most and sieve.lets_pass(row, source):
                rows.append(row)
    parents = sorted((pair for pair in pairs if pair.split == "train"), key=lambda pair: _number(seed, pair.pair_id))
    methods = [method for method in config.methods if method in _WEIGHTS]
    for generation in range(config.per_pair if methods else 0):
        for parent in parents:
            if len(rows) >= config.target_rows:
                break
            child = _child(parent, methods, random.Random(_number(seed, f"{parent.pair_id} {generation}")), sieve)
            if child is not None:
                rows.append(child)
    return Augmented(
        rows=sorted(rows, key=lambda row: row.row_id),
        rejected=sieve.rejected,
        counts=dict(sorted(Counter(row.method for row in rows).items())),
    )


def build_training_set(
    pairs: Sequence[QAPair], synthetic: Sequence[TrainingRow], *, read: Callable[[str], str] = str
) -> list[TrainingRow]:
    """All rows of train and validation, sorted by id; synthetic rows belong to train.

    Args:
        pairs: the cleaned pairs of all splits.
        synthetic: children of pairs in train; their noise stays, it is what they are for.
        read: how a question is read before the model sees it; questions of tickets are read so here.

    Raises:
        ValueError: a synthetic row stands on another side, or descends from a pair that is not in train.
    """
    sides = {pair.pair_id: pair.split for pair in pairs}
    for row in synthetic:
        if row.split != "train" or (row.parent_id and sides.get(row.parent_id) != "train"):
            raise ValueError(
                f"synthetic row {row.row_id}: split {row.split}, parent {row.parent_id} in "
                f"{sides.get(row.parent_id, 'no side')}; expected train for both; augment these pairs again"
            )
    rows = [
        replace(_from_pair(pair), question=read(pair.question))
        for pair in pairs
        if pair.split in {"train", "validation"}
    ]
    return sorted([*rows, *synthetic], key=lambda row: row.row_id)


class _Sieve:
    """Keeps what may become a row: new, not near eval, not contradicting what is known."""

    def __init__(self, pairs: Sequence[QAPair], is_held_out: Callable[[str], bool]) -> None:
        self.is_held_out = is_held_out
        self.texts = {(pair.question, pair.context) for pair in pairs}
        self.answers = {_plain(pair.question) + pair.context: pair.answer_id for pair in pairs}
        self.rejected: list[Rejected] = []

    def lets_pass(self, row: TrainingRow, source: str) -> bool:
        """True where the row is new and clean; else its reason is noted."""
        reason = self._reason(row)
        if reason:
            key = row.parent_id or row.row_id
            self.rejected.append(Rejected(f"augment.{row.method}", reason, key, "", source))
            return False
        self.texts.add((row.question, row.context))
        self.answers.setdefault(_plain(row.question) + row.context, row.answer_id)
        return True

    def _reason(self, row: TrainingRow) -> str:
        if (row.question, row.context) in self.texts:
            return "not_new"
        if self.answers.get(_plain(row.question) + row.context, row.answer_id) != row.answer_id:
            return "contradicts_another_row"
        return "held_out_with_eval" if self.is_held_out(asked_in_all(row.question, row.context)) else ""


def _child(parent: QAPair, methods: Sequence[str], rng: random.Random, sieve: _Sieve) -> TrainingRow | None:
    """The first draw that passes; a method that does not apply to this question is drawn over."""
    weights = [_WEIGHTS[method] for method in methods]
    for _ in range(_ATTEMPTS):
        method = rng.choices(methods, weights)[0]
        question = _METHODS[method](parent.question, rng)
        if question == parent.question:
            continue
        row = TrainingRow(
            row_id=_id("child", parent.pair_id, question),
            question=question,
            answer=parent.answer,
            answer_id=parent.answer_id,
            intent=parent.intent,
            kind=parent.kind,
            split="train",
            origin="synthetic",
            parent_id=parent.pair_id,
            method=method,
            context=parent.context,
        )
        if sieve.lets_pass(row, parent.source):
            return row
    return None


_METHODS: dict[str, Callable[[str, random.Random], str]] = {
    "typo": noise.typo,
    "layout": noise.layout,
    "wrapper": noise.wrapper,
    "case": noise.case,
}


def _document_rows(documents: Sequence[Document]) -> Iterator[tuple[TrainingRow, str]]:
    for item in from_documents(documents):
        row = TrainingRow(
            row_id=_id("document", item.document_id, item.question, item.answer),
            question=item.question,
            answer=item.answer,
            answer_id=_id("document answer", item.answer),
            intent=f"документ: {item.heading.strip(' ?.:')}",
            kind="standard",
            split="train",
            origin="document",
            parent_id="",
            method="document",
        )
        yield row, item.source


def _from_pair(pair: QAPair) -> TrainingRow:
    return TrainingRow(
        row_id=pair.pair_id,
        question=pair.question,
        answer=pair.answer,
        answer_id=pair.answer_id,
        intent=pair.intent,
        kind=pair.kind,
        split=pair.split,
        origin="ticket",
        parent_id="",
        method="",
        context=pair.context,
    )


def _plain(question: str) -> str:
    return " ".join("".join(char if char.isalnum() else " " for char in question.lower().replace("ё", "е")).split())


def _id(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8")).hexdigest()[:16]


def _number(seed: int, text: str) -> int:
    return int(_id(str(seed), text), 16)
