"""Cyrillic names at places where nothing but a person stands, whatever the dictionary says of the word.

Here: the header of a letter, a signature, "я, … паспорт", "по словам …", a surname that was changed. Each word of it
has a capital letter and is neither a verb nor a small word. Not here: names that say so by themselves (names.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ft_pipeline.redact import frames
from ft_pipeline.redact.morphology import read_word

_NAME = r"[А-ЯЁ](?:[а-яё]+|[А-ЯЁ]+)(?:-[А-ЯЁ][А-ЯЁа-яё]+)?(?![А-ЯЁа-яё])"
_WHOLE = rf"(?P<name>{_NAME}(?: {_NAME}){{1,2}})"
_PLACES = (  # each behind what its texts hold: the cheap test before the dear pattern
    ("@", re.compile(rf"^(?i:от|кому|копия|from|to|cc): ?{_WHOLE}(?= ?<[^<>\s]+@)", re.MULTILINE)),
    ("--", re.compile(rf"^-- ?\n{_WHOLE}$", re.MULTILINE)),
    ("@", re.compile(rf"^{_WHOLE}(?=\n(?:@\w|[\w.+-]+@[\w-]+\.))", re.MULTILINE)),
    ("Я, ", re.compile(rf"(?:^|\n)Я, {_WHOLE},")),
    (" словам ", re.compile(rf"(?i:по словам) (?P<name>{_NAME})(?=[,.!? \n]|$)")),
    (" фамилией ", re.compile(rf"(?i:(?:с|под) фамилией) (?P<name>{_NAME})(?=[,.!? \n]|$)")),
    (" опять ", re.compile(rf"(?i:это опять) (?P<name>{_NAME})(?=[,.!?\n]| по |$)")),
    (" стал", re.compile(rf"(?i:был[аи]? )(?P<name>{_NAME}),? (?i:а )?(?i:стал[аи]?(?: теперь)?) {_NAME}")),
    (" стал", re.compile(rf"(?i:был[аи]?) {_NAME},? (?i:а )?(?i:стал[аи]?(?: теперь)?) (?P<name>{_NAME})")),
)
_LEAST_LETTERS = 3


def find_presented(text: str) -> Iterator[tuple[int, int]]:
    """Spans of names."""
    for sign, pattern in _PLACES:
        if sign not in text and sign.upper() not in text:
            continue
        for match in pattern.finditer(text):
            if all(_may_be_name(word) for word in match["name"].split()):
                yield match.span("name")


def _may_be_name(word: str) -> bool:
    lower = word.lower()
    reading = read_word(lower)
    if lower in frames.NO_NAME_WORDS or reading.base in frames.ROLES | frames.DOCUMENTS | frames.COURTESIES:
        return False
    is_small = len(lower) < _LEAST_LETTERS or reading.is_verb or reading.is_function_word
    return not is_small or bool(reading.name)
