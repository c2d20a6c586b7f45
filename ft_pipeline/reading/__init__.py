"""What the customer meant to type: the other keyboard layout, Latin letters for Russian words, misspelt words.

Here: `Reader`, which reads a question for the model; `read_keyboard`, the part that needs no lexicon and stands before
redaction, since a name typed with the wrong layout is a name; the lexicon's file. Not here: personal data (redact),
what stands around the question (letter).

Placeholders, numbers, addresses and codes are left alone, so are names in the middle of a sentence. A tiny model meets
few misspellings in 500-3,000 pairs; a reader spares it the learning of what a dictionary knows. Russian only: other
languages pass through unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from ft_pipeline.reading.letters import as_if_typed_in_russian, is_wrong_layout, russian_score
from ft_pipeline.reading.lexicon import (
    LEXICON_FILE,
    WORD,
    LexiconError,
    count_words,
    plain,
    read_lexicon,
    write_lexicon,
)
from ft_pipeline.reading.romanised import LATIN_WORD, as_cyrillic
from ft_pipeline.reading.spelling import Speller, is_in_dictionary

__all__ = [
    "LEXICON_FILE",
    "LexiconError",
    "Reader",
    "count_words",
    "open_reader",
    "read_keyboard",
    "read_lexicon",
    "write_lexicon",
]

_ADDRESS = re.compile(r"\S*(?:@|://|www\.)\S*|(?<!\w)\[[А-ЯЁ]+(?:_\d+)?\]")
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
_RUSSIAN = 6.0  # grade of letter pairs from which transliterated words may be Russian
_SENTENCE_START = re.compile(r"(?:^|[.!?…\n])[\s«\"(]*$")


def read_keyboard(text: str) -> str:
    """The text in Cyrillic, where it is Russian typed with the English layout on or with Latin letters."""
    if is_wrong_layout(text):
        return _outside_addresses(text, as_if_typed_in_russian)
    if _is_romanised(text):
        return _outside_addresses(
            text, lambda part: LATIN_WORD.sub(lambda found: _like(found.group(), as_cyrillic(found.group())), part)
        )
    return text


class Reader:
    """Reads questions for the model.

    Args:
        words: the company's words with their counts, as `count_words` returns them; empty = only the dictionary.
    """

    def __init__(self, words: Mapping[str, int]) -> None:
        self._speller = Speller(words)

    def read(self, text: str) -> str:
        """The question with keyboard, letter case and misspelt words put right; reading twice changes nothing."""
        text = read_keyboard(text)
        if _is_shouted(text):
            text = _outside_addresses(text, str.lower)
            text = text[:1].upper() + text[1:]
        return WORD.sub(self._word, text)

    def _word(self, found: re.Match[str]) -> str:
        word = found.group()
        if word[:1].isupper() and not _SENTENCE_START.search(found.string, 0, found.start()):
            return word  # a name, an abbreviation
        meant = self._speller.meant(plain(word))
        return word if meant == plain(word) else _like(word, meant)


@lru_cache(maxsize=4)
def open_reader(path: Path) -> Reader:
    """The reader with a release's lexicon; kept, since a gateway reads with it at every question.

    Raises:
        LexiconError: the file is missing or not a lexicon.
    """
    return Reader(read_lexicon(path))


def _is_romanised(text: str) -> bool:
    """True where Latin words read as Russian ones: three or more, most of them known or known by their sound."""
    if _CYRILLIC.search(_ADDRESS.sub(" ", text)):
        return False
    words = [as_cyrillic(word) for word in LATIN_WORD.findall(text)]
    long = [word for word in words if len(word) > 2]
    if len(words) < 3 or not long or russian_score(" ".join(words)) < _RUSSIAN:
        return False
    return sum(is_in_dictionary(word) for word in long) >= 0.6 * len(long)


def _is_shouted(text: str) -> bool:
    letters = [char for char in _ADDRESS.sub("", text) if char.isalpha()]
    return len(letters) >= 12 and sum(char.isupper() for char in letters) > 0.7 * len(letters)


def _outside_addresses(text: str, change: Callable[[str], str]) -> str:
    parts, done = [], 0
    for kept in _ADDRESS.finditer(text):
        parts += [change(text[done : kept.start()]), kept.group()]
        done = kept.end()
    return "".join([*parts, change(text[done:])])


def _like(word: str, other: str) -> str:
    return other.capitalize() if word[:1].isupper() else other
