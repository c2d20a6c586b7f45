"""The blind sheet: questions with answers in a shuffled order, and the key that says whose they are.

Here: drawing the order, codes, the key. Not here: files (workbook, form). The order depends on a secret that is kept
apart from the sheet; without it neither a code nor a place tells who answered.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ft_pipeline.store import hash_json


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what each arm answered; the arm `human` is the reference."""

    eval_id: str
    question: str
    answers: Mapping[str, str]  # arm -> text


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One answer to judge; arms that said the same share one row."""

    code: str  # says nothing about who answered
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class BlindSheet:
    """What the reviewer gets."""

    sheet_id: str
    task: str
    release_id: str
    adapter_hash: str
    language: str  # ru | en
    rows: tuple[SheetRow, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> BlindSheet:
        """From `as_dict`."""
        return cls(**{**data, "rows": tuple(SheetRow(**row) for row in data["rows"])})


@dataclass(frozen=True, slots=True)
class KeyRow:
    """Who gave an answer."""

    code: str
    eval_id: str
    arms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """What unblinds a sheet; kept apart from it."""

    sheet_id: str
    release_id: str
    adapter_hash: str
    rows: tuple[KeyRow, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Key:
        """From `as_dict`."""
        rows = tuple(KeyRow(row["code"], row["eval_id"], tuple(row["arms"])) for row in data["rows"])
        return cls(data["sheet_id"], data["release_id"], data["adapter_hash"], rows)


def make_sheet(
    questions: Sequence[Question], *, task: str, release_id: str, adapter_hash: str, language: str, secret: str
) -> tuple[BlindSheet, Key]:
    """Shuffles the answers of every question; the same secret gives the same sheet again.

    Args:
        questions: with the answers of all arms.
        task: the task's name.
        release_id: the release that the sheet is about.
        adapter_hash: content hash of its adapter.
        language: of the sheet.
        secret: of this store, kept apart from every sheet.
    """
    rows: list[SheetRow] = []
    key: list[KeyRow] = []
    for number, question in enumerate(questions, 1):
        by_text: dict[str, tuple[str, list[str]]] = {}
        for arm, text in sorted(question.answers.items()):
            by_text.setdefault(folded(text), (text, []))[1].append(arm)
        seed = hash_json([secret, adapter_hash, question.eval_id])
        order = sorted(by_text)
        random.Random(seed).shuffle(order)
        for place, name in enumerate(order):
            text, arms = by_text[name]
            code = f"{number:03}-{chr(ord('A') + place)}-{hash_json([seed, place])[:4]}"
            rows.append(SheetRow(code, question.question, text))
            key.append(KeyRow(code, question.eval_id, tuple(arms)))
    sheet_id = hash_json([task, release_id, adapter_hash, [asdict(row) for row in rows]])[:12]
    sheet = BlindSheet(sheet_id, task, release_id, adapter_hash, language, tuple(rows))
    return sheet, Key(sheet_id, release_id, adapter_hash, tuple(key))


def folded(text: str) -> str:
    """A text as people compare it: spaces and line ends folded; what a spreadsheet program may change."""
    return re.sub(r"\s+", " ", text.replace("_x000D_", " ")).strip()
