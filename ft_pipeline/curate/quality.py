"""Judges a pair by itself: lengths, words, and whether question and answer are what they should be.

Here: limits that look at one pair. Not here: limits that compare pairs (answers, duplicates).
"""

from __future__ import annotations

import re

from ft_pipeline.curate.rows import Refused
from ft_pipeline.curate.wording import normal_form
from ft_pipeline.redact import ANY_PLACEHOLDER
from ft_pipeline.task import Data

_STAGE = "curate.filter"
_WORD = re.compile(r"[^\W\d_]{2,}")
_PLAIN_WORD = re.compile(r"(?<!\S)[^\W\d_]{2,}[.,!?]*(?!\S)")  # stands in no address and in no placeholder
_ADDRESS = re.compile(rf"\S{{0,100}}(?:@|://)\S*|{ANY_PLACEHOLDER.pattern}")


def judge(question: str, answer: str, *, data: Data) -> Refused | None:
    """None where the pair is good enough, else the first thing that is wrong with it."""
    if len(question) < data.min_question_chars:
        return Refused(_STAGE, "question_too_short", f"{len(question)} characters, least {data.min_question_chars}")
    if len(question) > data.max_question_chars:
        return Refused(_STAGE, "question_too_long", f"{len(question)} characters, most {data.max_question_chars}")
    if not _has_words(question):
        return Refused(_STAGE, "question_without_words")
    if len(answer) < data.min_answer_chars:
        return Refused(_STAGE, "answer_too_short", f"{len(answer)} characters, least {data.min_answer_chars}")
    if len(answer) > data.max_answer_chars:
        return Refused(_STAGE, "answer_too_long", f"{len(answer)} characters, most {data.max_answer_chars}")
    if not _has_words(answer):
        return Refused(_STAGE, "answer_without_words")
    if _may_be_same(question, answer) and normal_form(question) == normal_form(answer):
        return Refused(_STAGE, "answer_repeats_question")
    return None


def _has_words(text: str) -> bool:
    """True where words stand beside addresses and placeholders."""
    if _PLAIN_WORD.search(text):
        return True
    if "@" in text or "://" in text or "[" in text:
        text = _ADDRESS.sub(" ", text)
    return _WORD.search(text) is not None


def _may_be_same(one: str, other: str) -> bool:
    """False where the first letters show that the normal forms differ."""
    first, second = one[0].lower(), other[0].lower()
    return first == second or not (first.isalpha() and second.isalpha()) or {first, second} == {"е", "ё"}
