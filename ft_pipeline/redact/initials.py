"""People who are written with initials: "Петров А. С.", "а.с.петров", "Н. Гатин", "Мария К."

Here: a surname and its initials, and initials behind a name. Not here: names in full (names.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ft_pipeline.redact import frames
from ft_pipeline.redact.morphology import read_word
from ft_pipeline.redact.tokens import ADJECTIVE_SURNAME, LEAST_MEDIUM

_LAST_WORD = re.compile(r"([А-ЯЁа-яё-]+)[ .«\"\u00a0]{1,3}$")
_SINGLE_INITIALS = re.compile(
    r"[ \u00a0][А-ЯЁ]\.(?: ?[А-ЯЁ]\.)?(?![а-яё])|[ \u00a0][А-ЯЁ] [А-ЯЁ](?![\w.])|[ \u00a0][а-яё] "
    r"[а-яё](?=\s*(?:[,;:!?\n]|$))|"
    r"[ \u00a0][а-яё]\.(?=\s*(?:[,;)\n]|$))"
)
_INITIAL_BEFORE = re.compile(r"(?<![\w.])[А-ЯЁ]\. ?([А-ЯЁ][а-яё]{2,}(?:-[А-ЯЁ][а-яё]+)?)(?!\w)")  # "Н. Гатин"


def find_initialled(text: str) -> Iterator[tuple[int, int]]:
    """Петров А. С., а.с.петров."""
    behind = list(frames.INITIALS[0].finditer(text))  # "Бойко В. В." is no "В. В. Промокод"
    before_it = [
        match
        for match in frames.INITIALS[1].finditer(text)
        if not any(
            other.start() <= match.start() < other.end() and _may_be_surname(other["surname"]) for other in behind
        )
    ]
    for match in _INITIAL_BEFORE.finditer(text):
        reading = read_word(match[1])
        is_surname = reading.surname >= LEAST_MEDIUM or (not reading.is_known and reading.has_surname_form)
        if is_surname and not _is_behind_a_thing(text, match.start()):
            yield match.span()
    for match in behind + before_it:
        reading = read_word(match["surname"])
        is_name = _may_be_surname(match["surname"])
        is_capital = match["surname"][0].isupper() and any(part.isupper() for part in re.findall(r"\w(?=\.)", match[0]))
        if (reading.is_function_word and not reading.surname) or _is_behind_a_thing(text, match.start()):
            continue
        is_role = reading.base in frames.ROLES | frames.NO_NAME_WORDS
        if is_name or (is_capital and not reading.is_verb and not is_role):
            yield match.span()


def _is_behind_a_thing(text: str, start: int) -> bool:
    """Does a word stand before this place that is followed by no person: a street, a brand?"""
    before = _LAST_WORD.search(text[max(0, start - 24) : start])
    return before is not None and bool({before[1].lower(), read_word(before[1]).base} & frames.NO_PERSON_BEFORE)


def _may_be_surname(word: str) -> bool:
    reading = read_word(word)
    if reading.base in frames.ROLES | frames.NO_NAME_WORDS or (reading.is_function_word and not reading.surname):
        return False
    is_likely = reading.name > 0 or not reading.is_known or reading.has_surname_form
    return is_likely or reading.is_animate or ADJECTIVE_SURNAME.search(word.lower()) is not None


def initials_behind(text: str, end: int) -> int:
    """The length of single initials after a name: "Иван П."."""
    match = _SINGLE_INITIALS.match(text, end)
    return len(match[0]) if match else 0
