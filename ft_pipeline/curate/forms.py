"""The normal forms of many texts at once: `wording`'s functions over columns.

Here: one pass of numpy over the code points of all texts, in place of patterns over each. Not here: what the forms are
(wording); a test compares both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from ft_pipeline.curate import wording
from ft_pipeline.redact import ANY_PLACEHOLDER
from ft_pipeline.screen import Column

_CHUNK = 8_000  # texts at once, so that the arrays stay in the processor's cache
_MANY = 32  # fewer texts are faster one by one
_FEW = 0.5  # of the Latin letters; a wrong layout has at least 0.7 of all
_LATIN_LETTERS, _CYRILLIC_LETTERS = re.compile("[a-z]+", re.IGNORECASE), re.compile("[а-яё]+", re.IGNORECASE)
_ADDRESS = re.compile(r"@|://|www\.|\.(?:ru|com|org|net|example)", re.IGNORECASE)
_SEPARATOR = "\x1f"
_DEPENDS = frozenset({0, ord("_"), ord("Σ")})  # on what stands beside it
_THOUSANDS = r"\pN[ \x{a0}\x{202f}]\pN\pN\pN"
# In RE2's syntax, the same as or wider than the pattern of `wording`.
_CAN_HOLD_NUMBER = r"\pN"
_CAN_HOLD_ADDRESS = r"@|http|\.(?:example|com|org|net|ru|рф)"
_PLACEHOLDER, _NUMBER = ANY_PLACEHOLDER.pattern.replace(r"\d", r"\p{Nd}"), r"\p{Nd}+(?:[.,:]\p{Nd}+)*"


def normal_forms(texts: Sequence[str]) -> list[str]:
    """`normal_form` of each text."""
    if len(texts) < _MANY:
        return [wording.normal_form(text) for text in texts]
    plain = [ANY_PLACEHOLDER.sub("□", text) if "[" in text else text for text in texts]
    plain = _with_thousands_joined(plain)
    forms: list[str] = []
    for start in range(0, len(plain), _CHUNK):
        forms += _normal(plain[start : start + _CHUNK])
    return forms


def question_forms(texts: Sequence[str]) -> list[str]:
    """`question_form` of each text."""
    if len(texts) < _MANY:
        return [wording.question_form(text) for text in texts]
    found = list(texts)
    for number in Column(found).hits("[a-z]{2}"):
        if not _mostly_cyrillic(texts[number]):
            found[number] = wording.as_typed(texts[number])
    return _numbers_masked(Column(found).replaced(_PLACEHOLDER, "0"), mask=wording.masked_question)


def _mostly_cyrillic(text: str) -> bool:
    """True where so many letters are Cyrillic that the layout cannot be wrong; an address does not count there."""
    latin, cyrillic = (sum(map(len, pattern.findall(text))) for pattern in (_LATIN_LETTERS, _CYRILLIC_LETTERS))
    return cyrillic > _FEW * latin and not _ADDRESS.search(text)


def masked_forms(texts: Sequence[str]) -> list[str]:
    """`masked_form` of each text."""
    if len(texts) < _MANY:
        return [wording.masked_form(text) for text in texts]
    found = list(texts)
    for number in Column(texts).hits(_CAN_HOLD_ADDRESS):
        found[number] = wording.masked_answer(texts[number])
    return _numbers_masked(found, mask=wording.masked_answer)


def all_facts(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """`facts` of each text."""
    found: list[tuple[str, ...]] = [()] * len(texts)
    for number in Column(texts).hits(f"{_CAN_HOLD_ADDRESS}|{_CAN_HOLD_NUMBER}"):
        found[number] = wording.facts(texts[number])
    return found


def _numbers_masked(texts: Sequence[str], *, mask: Callable[[str], str]) -> list[str]:
    column = Column(_with_thousands_joined(texts))
    masked = column.replaced(_NUMBER, "0")
    for number in column.odd:
        masked[number] = mask(texts[number])
    return [wording.without_runs(form) if "0 0" in form else form for form in normal_forms(masked)]


def _with_thousands_joined(texts: Sequence[str]) -> list[str]:
    found = list(texts)
    for number in Column(texts).hits(_THOUSANDS):
        found[number] = wording.joined_thousands(texts[number])
    return found


def _normal(texts: Sequence[str]) -> list[str]:
    import numpy as np

    codes = np.frombuffer(_SEPARATOR.join(texts).encode("utf-16-le", "surrogatepass"), dtype=np.uint16)
    signs = _signs()[codes]
    parts = signs.tobytes().decode("utf-16-le").split(_SEPARATOR)
    if len(parts) != len(texts):  # a text holds the separator
        return [wording.normal_form(text) for text in texts]
    forms = [" ".join(part.split()) for part in parts]
    if not signs.all():
        for number, part in enumerate(parts):
            if "\0" in part:
                forms[number] = wording.normal_form(texts[number])
    return forms


@lru_cache(maxsize=1)
def _signs() -> Any:
    """By UTF-16 code unit: its sign in a normal form; 0 = it depends on what stands beside it."""
    import numpy as np

    signs = np.zeros(0x10000, dtype=np.uint16)
    for code in (*range(0xD800), *range(0xE000, 0x10000)):
        lower = chr(code).lower()
        if len(lower) == 1 and code not in _DEPENDS:
            signs[code] = ord(wording.normal_sign(lower))
    signs[ord(_SEPARATOR)] = ord(_SEPARATOR)
    return signs
