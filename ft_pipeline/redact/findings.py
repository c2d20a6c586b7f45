"""What a recogniser returns, and the placeholders that stand for it.

Here: the shared shapes of this room. Not here: any rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NAME, PHONE, EMAIL, ADDRESS, CARD = "ИМЯ", "ТЕЛЕФОН", "ПОЧТА", "АДРЕС", "КАРТА"
PASSPORT, SNILS, INN, ACCOUNT, NUMBER, PLATE, HANDLE = "ПАСПОРТ", "СНИЛС", "ИНН", "СЧЁТ", "НОМЕР", "АВТО", "НИК"
TYPES = (NAME, PHONE, EMAIL, ADDRESS, CARD, PASSPORT, SNILS, INN, ACCOUNT, NUMBER, PLATE, HANDLE)
PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(TYPES)})(?:_\d+)?\]")
ANY_PLACEHOLDER = re.compile(r"\[[А-ЯЁ]+(?:_\d+)?\]")  # also one that a model made up or an earlier version wrote
MARK = "■"  # stands for one placeholder while rules look at a text; no rule matches across it


class RedactionError(RuntimeError):
    """Redaction cannot work as it should, so nothing was redacted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Personal data at [start, end) of a text; where findings overlap the higher score wins, then the longer."""

    start: int
    end: int
    type: str
    score: float
    person: frozenset[str] = frozenset()  # lemmas and initials of a name; the same person shares one


def digits_of(text: str) -> str:
    """Only the ASCII digits of a text."""
    return re.sub(r"[^0-9]", "", text)


def words_of(text: str) -> frozenset[str]:
    """The words of a list that is written as one text."""
    return frozenset(text.split())
