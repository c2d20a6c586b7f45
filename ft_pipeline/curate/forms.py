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
_END, _BLANK = ord(_SEPARATOR), ord(" ")
_DIGIT, _BRACKET, _LATIN, _DEPENDS_ON_PLACE = 1, 2, 4, 8  # what a text holds, as bits
_DEPENDS = frozenset({0, ord("_"), ord("Σ")})  # on what stands beside it
_THOUSANDS = r"\pN[ \x{a0}\x{202f}]\pN\pN\pN"
# In RE2's syntax, the same as or wider than the pattern of `wording`.
_CAN_HOLD_NUMBER = r"\pN"
_CAN_HOLD_ADDRESS = r"@|http|\.(?:example|com|org|net|ru|рф)"
_NUMBER = r"\p{Nd}+(?:[.,:]\p{Nd}+)*"


def normal_forms(texts: Sequence[str]) -> list[str]:
    """`normal_form` of each text."""
    if len(texts) < _MANY:
        return [wording.normal_form(text) for text in texts]
    forms, seen = _normal(texts)
    special = seen & (_DIGIT | _BRACKET)
    numbers = special.nonzero()[0].tolist()
    given = [texts[number] for number in numbers]
    plain = [ANY_PLACEHOLDER.sub("□", text) if "[" in text else text for text in given]
    plain = _with_thousands_joined(plain)
    again = [place for place, text in enumerate(plain) if text is not given[place]]
    for place, form in zip(again, _normal([plain[place] for place in again])[0], strict=True):
        forms[numbers[place]] = form
    return forms


def question_forms(texts: Sequence[str]) -> list[str]:
    """`question_form` of each text."""
    if len(texts) < _MANY:
        return [wording.question_form(text) for text in texts]
    forms, seen = _normal(texts)
    typed: dict[int, str] = {}
    for number in (seen & _LATIN).nonzero()[0].tolist():
        if not _mostly_cyrillic(texts[number]):
            text = wording.as_typed(texts[number])
            if text is not texts[number]:
                typed[number] = text
    numbers = sorted({*(seen & (_DIGIT | _BRACKET)).nonzero()[0].tolist(), *typed})
    found = [typed.get(number, texts[number]) for number in numbers]
    found = [ANY_PLACEHOLDER.sub("0", text) if "[" in text else text for text in found]
    for number, form in zip(numbers, _numbers_masked(found, mask=wording.masked_question), strict=True):
        forms[number] = form
    return forms


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
    forms, seen = _normal(masked)
    for number in (seen & _BRACKET).nonzero()[0].tolist():
        forms[number] = wording.normal_form(masked[number])
    return [wording.without_runs(form) if "0 0" in form else form for form in forms]


def _with_thousands_joined(texts: Sequence[str]) -> list[str]:
    found = list(texts)
    for number in Column(texts).hits(_THOUSANDS):
        found[number] = wording.joined_thousands(texts[number])
    return found


def _normal(texts: Sequence[str]) -> tuple[list[str], Any]:
    """The normal form of each text that holds neither a placeholder nor a number with gaps; and what each holds."""
    import numpy as np

    forms: list[str] = []
    seen = []
    for start in range(0, len(texts), _CHUNK):
        some, held = _of_chunk(texts[start : start + _CHUNK])
        forms += some
        seen.append(held)
    return forms, np.concatenate(seen) if seen else np.empty(0, dtype=np.uint8)


def _of_chunk(texts: Sequence[str]) -> tuple[list[str], Any]:
    import numpy as np

    joined = _SEPARATOR.join(texts) + _SEPARATOR
    codes = np.frombuffer(joined.encode("utf-16-le", "surrogatepass"), dtype=np.uint16)
    signs_of, held_of = _tables()
    ends = (codes == _END).nonzero()[0]
    if len(ends) != len(texts):  # a text holds the separator
        every = np.full(len(texts), _DIGIT | _BRACKET | _LATIN, dtype=np.uint8)
        return [wording.normal_form(text) for text in texts], every
    seen = np.bitwise_or.reduceat(held_of[codes], np.concatenate(([0], ends[:-1] + 1)))
    signs = signs_of[codes]
    forms = _without_gaps(signs).tobytes().decode("utf-16-le").split(_SEPARATOR)[:-1]
    for number in (seen & _DEPENDS_ON_PLACE).nonzero()[0].tolist():
        forms[number] = wording.normal_form(texts[number])
    return forms, seen


def _without_gaps(signs: Any) -> Any:
    """One blank between words and none at the edges of a text."""
    import numpy as np

    is_word = (signs != _BLANK) & (signs != _END)
    kept = signs != _BLANK
    kept[1:] |= is_word[:-1]
    short = signs[kept]
    kept = np.ones(len(short), dtype=bool)
    kept[:-1] = (short[:-1] != _BLANK) | (short[1:] != _END)
    return short[kept]


@lru_cache(maxsize=1)
def _tables() -> tuple[Any, Any]:
    """By UTF-16 code unit: its sign in a normal form; what it tells of its text, as bits."""
    import numpy as np

    signs = np.zeros(0x10000, dtype=np.uint16)
    held = np.full(0x10000, _DEPENDS_ON_PLACE | _DIGIT, dtype=np.uint8)
    for code in (*range(0xD800), *range(0xE000, 0x10000)):
        char = chr(code)
        lower = char.lower()
        if len(lower) == 1 and code not in _DEPENDS:
            signs[code], held[code] = ord(wording.normal_sign(lower)), _DIGIT if char.isdecimal() else 0
    for code in (*range(ord("a"), ord("z") + 1), *range(ord("A"), ord("Z") + 1)):
        held[code] |= _LATIN
    held[ord("[")] |= _BRACKET
    signs[_END], held[_END] = _END, 0
    return signs, held
