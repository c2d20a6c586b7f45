"""The normal forms under which two texts count as the same: the basis of grouping, deduplication and the split.

Here: normal form, masked form, facts, fingerprints. Not here: comparing forms (similar),
deciding (answers, duplicates).
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from ft_pipeline.curate.bigrams import as_if_typed_in_russian, is_wrong_layout

_PLACEHOLDER = re.compile(r"\[[А-ЯЁ]+(?:_\d+)?\]")
_THOUSANDS = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_ADDRESS = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://[^\s)»]+|\b(?:[\w-]+\.)+(?:example|com|org|net|ru|рф)\b\S*"
)
_NOT_WORD = re.compile(r"[^\w□]+|_+")


@lru_cache(maxsize=200_000)
def normal_form(text: str) -> str:
    """Lower case, «ё» as «е», no punctuation, numbers with their digits joined; placeholders become one sign."""
    if "[" in text:
        text = _PLACEHOLDER.sub("□", text)
    text = text.lower().replace("ё", "е")
    if _DIGIT.search(text):
        text = _THOUSANDS.sub("", text)
    return _NOT_WORD.sub(" ", text).strip()


@lru_cache(maxsize=200_000)
def question_form(text: str) -> str:
    """The normal form of a question with its numbers masked; a wrong keyboard layout is read as Russian."""
    if is_wrong_layout(text):
        text = as_if_typed_in_russian(text)
    if "[" not in text and not _DIGIT.search(text):
        return normal_form(text)
    form = _NUMBER.sub("0", _THOUSANDS.sub("", _PLACEHOLDER.sub("0", text)))
    return re.sub(r"\b0(?: 0)+\b", "0", normal_form(form))


@lru_cache(maxsize=200_000)
def masked_form(text: str) -> str:
    """The normal form of an answer with every number and address masked: equal where only facts differ."""
    text = _NUMBER.sub("0", _THOUSANDS.sub("", _ADDRESS.sub(" 0 ", text)))
    return re.sub(r"\b0(?: 0)+\b", "0", normal_form(text))


@lru_cache(maxsize=200_000)
def facts(text: str) -> tuple[str, ...]:
    """The numbers and addresses that an answer states, sorted."""
    addresses = [found.lower().rstrip(".,;") for found in _ADDRESS.findall(text)]
    numbers = _NUMBER.findall(_THOUSANDS.sub("", _ADDRESS.sub(" ", text)))
    return tuple(sorted(addresses + numbers))


def fingerprint(question: str) -> str:
    """What is remembered of an eval question from one refresh to the next: 16 hex digits, no text."""
    return short_hash("question", question_form(question))


def short_hash(*parts: str) -> str:
    """16 hex digits over texts; the same on every machine and in every process."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8")).hexdigest()[:16]


def unit_draw(*parts: str) -> float:
    """A number in [0, 1) that depends on the texts alone: the draw behind every split and sample."""
    return int(hashlib.sha256("\x1f".join(parts).encode("utf-8")).hexdigest()[:13], 16) / 16**13
