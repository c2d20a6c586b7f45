"""The normal forms under which two texts count as the same: the basis of grouping, deduplication and the split.

Here: normal form, masked form, facts, fingerprints. Not here: comparing forms (similar),
deciding (answers, duplicates).
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from ft_pipeline.reading.letters import as_if_typed_in_russian, is_wrong_layout
from ft_pipeline.redact import ANY_PLACEHOLDER

_THOUSANDS = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_ADDRESS = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://[^\s)»]+|\b(?:[\w-]+\.)+(?:example|com|org|net|ru|рф)\b\S*"
)
_HAS_ADDRESS = re.compile(r"[@/]|\.[econrр]")  # narrower searches that cost little
_HAS_THOUSANDS = re.compile(r"[ \u00a0\u202f]\d")
_RUN = re.compile(r"\b0(?: 0)+\b")
_NOT_WORD = re.compile(r"[^\w□]+|_+")


@lru_cache(maxsize=200_000)
def normal_form(text: str) -> str:
    """Lower case, «ё» as «е», no punctuation, numbers with their digits joined; placeholders become one sign."""
    if "[" in text:
        text = ANY_PLACEHOLDER.sub("□", text)
    text = text.lower().replace("ё", "е")
    if _DIGIT.search(text):
        text = joined_thousands(text)
    return _NOT_WORD.sub(" ", text).strip()


def joined_thousands(text: str) -> str:
    """ "1 200" as "1200"."""
    return _THOUSANDS.sub("", text)


def normal_sign(char: str) -> str:
    """What a lower-case character becomes in a normal form; a blank where it is no part of a word."""
    return "е" if char == "ё" else _NOT_WORD.sub(" ", char)


@lru_cache(maxsize=200_000)
def question_form(text: str) -> str:
    """The normal form of a question with its numbers masked; a wrong keyboard layout is read as Russian."""
    text = as_typed(text)
    if "[" not in text and not _DIGIT.search(text):
        return normal_form(text)
    return without_runs(normal_form(masked_question(text)))


def as_typed(text: str) -> str:
    """The text that was meant, where it was typed with the wrong keyboard layout."""
    return as_if_typed_in_russian(text) if is_wrong_layout(text) else text


def masked_question(text: str) -> str:
    """Placeholders and numbers as one sign."""
    return _NUMBER.sub("0", _THOUSANDS.sub("", ANY_PLACEHOLDER.sub("0", text)))


@lru_cache(maxsize=200_000)
def masked_form(text: str) -> str:
    """The normal form of an answer with every number and address masked: equal where only facts differ."""
    return without_runs(normal_form(masked_answer(text)))


def masked_answer(text: str) -> str:
    """Addresses and numbers as one sign."""
    return _NUMBER.sub("0", _THOUSANDS.sub("", _ADDRESS.sub(" 0 ", text)))


def without_runs(form: str) -> str:
    """A run of masked numbers counts as one."""
    return _RUN.sub("0", form)


@lru_cache(maxsize=200_000)
def facts(text: str) -> tuple[str, ...]:
    """The numbers and addresses that an answer states, sorted."""
    addresses: list[str] = []
    if _HAS_ADDRESS.search(text):
        addresses = [found.lower().rstrip(".,;") for found in _ADDRESS.findall(text)]
        text = _ADDRESS.sub(" ", text)
    numbers = _NUMBER.findall(_THOUSANDS.sub("", text) if _HAS_THOUSANDS.search(text) else text)
    return tuple(sorted(addresses + numbers))


def fingerprint(form: str) -> str:
    """What is remembered of an eval question, by its form, from one refresh to the next: 16 hex digits, no text."""
    return short_hash("question", form)


def short_hash(*parts: str) -> str:
    """16 hex digits over texts; the same on every machine and in every process."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8")).hexdigest()[:16]


def unit_draw(*parts: str) -> float:
    """A number in [0, 1) that depends on the texts alone: the draw behind every split and sample."""
    return int(hashlib.sha256("\x1f".join(parts).encode("utf-8")).hexdigest()[:13], 16) / 16**13
