"""Is an answer correct? Pure functions, shared by training, the bake-off and evaluation.

Here: key facts (numbers, phones, addresses of mail and web), text similarity, the verdict. Not here: which arm
answered, intervals and decisions (evaluate).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_LINK = re.compile(r"(?:https?://)?(?:[\w-]+\.)+(?:[a-zа-я]{2,12})(?:/[\w./?=&%-]*)?", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CODE = re.compile(r"\b([^\W\d_]{1,5})-?(\d+)\b")
_AMOUNT = r"\d+(?:[ \u00a0\u202f]\d{3}(?!\d))*(?:[.,]\d+)?"
_NUMBER = re.compile(rf"(?<![\w])[-−+]?{_AMOUNT}(?:[:\-–]{_AMOUNT})*")
_PHONE = re.compile(r"(?:\+7|\b8)[\s(\-]*\d{3}[\s)\-]*\d{3}[\s\-]*\d{2}[\s\-]*\d{2}")
_SPACES = re.compile(r"[ \u00a0\u202f]")


@dataclass(frozen=True, slots=True)
class ScoredAnswer:
    """The verdict on one answer."""

    correct: bool
    reason: str  # exact | same_facts | missing_facts: … | contradicting_facts: … | other_words | empty | no_reference
    chrf: float  # 0..1, similarity to the reference


@lru_cache(maxsize=65536)
def normalise(text: str) -> str:
    """Lower case, ё as е, punctuation and spaces folded: for comparing answers word by word."""
    folded = text.lower().replace("ё", "е")
    return " ".join(re.findall(r"\w+", folded))


@lru_cache(maxsize=65536)
def key_facts(text: str) -> frozenset[str]:
    """Numbers, phones, mail and web addresses of a text, each in one normal form.

    Thousands are joined ("1 200" and "1200" are one fact), a decimal comma is a point, "−18" keeps its sign, and the
    parts of a range or a time ("8:00–20:00") are facts of their own. Digits of one phone number are one fact, and so is
    the name of a form or a product ("СТ-1" and "СТ1" are the same one).
    """
    facts = {match.group().lower() for match in _MAIL.finditer(text)}
    rest = _MAIL.sub(" ", text)
    facts |= {re.sub(r"^https?://|[./]+$", "", match.group().lower()) for match in _LINK.finditer(rest)}
    rest = _LINK.sub(" ", rest)
    facts |= {"tel:" + re.sub(r"\D", "", match.group())[-10:] for match in _PHONE.finditer(rest)}
    rest = _PHONE.sub(" ", rest)
    facts |= {"".join(match.groups()).lower() for match in _CODE.finditer(rest)}
    rest = _CODE.sub(" ", rest)
    for match in _NUMBER.finditer(rest):
        for part in re.split(r"[–:]|(?<=\d)-", match.group()):
            digits = _SPACES.sub("", part).replace(",", ".").replace("−", "-").lstrip("+")
            if digits.strip("-"):
                facts.add(digits)
    return frozenset(facts)


@lru_cache(maxsize=65536)
def similarity(answer: str, reference: str) -> float:
    """chrF of an answer against its reference, 0..1 (sacrebleu, Popović 2015)."""
    if not answer or not reference:
        return 0.0
    from sacrebleu.metrics.chrf import CHRF

    return float(CHRF().sentence_score(answer, [reference]).score) / 100


def score_answer(answer: str, reference: str, *, scorer: str, min_chrf: float) -> ScoredAnswer:
    """Judges one answer.

    Args:
        answer: what was answered.
        reference: what a human expects; "" cannot be scored as an answer.
        scorer: "exact" (same words) or "key_facts" (all facts of the reference, no other fact, similar words).
        min_chrf: with key_facts, the least similarity.
    """
    if not answer.strip():
        return ScoredAnswer(False, "empty", 0.0)
    if not reference.strip():
        return ScoredAnswer(False, "no_reference", 0.0)
    found, expected = key_facts(answer), key_facts(reference)
    if normalise(answer) == normalise(reference) and found == expected:  # the words alone would lose the minus of −18
        return ScoredAnswer(True, "exact", 1.0)
    likeness = similarity(answer, reference)
    if scorer == "exact":
        return ScoredAnswer(False, "other_words", likeness)
    if expected - found:
        return ScoredAnswer(False, "missing_facts: " + ", ".join(sorted(expected - found)), likeness)
    if found - expected:
        return ScoredAnswer(False, "contradicting_facts: " + ", ".join(sorted(found - expected)), likeness)
    if likeness < min_chrf:
        return ScoredAnswer(False, "other_words", likeness)
    return ScoredAnswer(True, "same_facts", likeness)
