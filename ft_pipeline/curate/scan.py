"""Looks at many texts in one pass over their code points: which need no repair, which are plainly Russian.

Here: verdicts that numpy reaches for a hundred texts in the time that patterns need for one. Not here: what is done
with a text that is not plain (repair, language): each verdict here is a shortcut that those modules would confirm, and
a test compares them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

from ft_pipeline.reading.letters import grades

LETTERS = 33  # of the table of grades, the edge of a word included
_CHUNK = 8_000  # texts at once, so that the arrays stay in the processor's cache
_ODD, _LATIN, _MARKED, _WIDE, _FOREIGN = 1, 2, 4, 8, 16  # what a text holds, as bits
_PLAIN_SIGNS = "«»„“”‘’—–−…№₽€°²³·•×±§©®™"
_NEWLINE = 10
_HARD_SIGN = 27  # the place of «ъ» in the alphabet without «ё»
_LEAST_LETTERS = 3  # as in language
_SURE_RUSSIAN = 6.6  # as in language
LONG, LONG_AND_RUSSIAN = (
    30,
    5.5,
)  # letters, and the grade from which a text so long is Russian without a «ъ» to doubt it
_LEAST_REPAIRED, _LEAST_GRADE = 6, 6.0  # as in repair


def clean_and_russian(texts: Sequence[str]) -> tuple[list[bool], list[bool]]:
    """For each text: repair would not change it · it is Russian beyond doubt (False = look closer)."""
    clean: list[bool] = []
    russian: list[bool] = []
    for start in range(0, len(texts), _CHUNK):
        for one, other in _scan(texts[start : start + _CHUNK]):
            clean += one
            russian += other
    return clean, russian


def _scan(texts: Sequence[str]) -> Iterator[tuple[list[bool], list[bool]]]:
    import numpy as np

    if not texts:
        return
    flags_of, letter_of, kind_of, grade_of = _tables()
    codes = np.frombuffer(("\n" + "\n".join(texts) + "\n").encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    codes = np.minimum(codes, 0xFFFF)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    starts = np.fromiter(accumulate((len(text) + 1 for text in texts), initial=1), dtype=np.int64)[:-1]
    flags = flags_of[codes]
    flags[:-3] |= _joints(kind_of[codes])
    letters = letter_of[codes]
    pairs = letters[:-1].astype(np.uint16) * LETTERS + letters[1:]
    # A text's pairs begin at the break before it and end at the break behind it: both are edges of words.
    first, last = starts - 1, starts + lengths
    counted = np.add.reduceat(pairs > 0, first, dtype=np.int64)
    score = np.add.reduceat(grade_of[pairs], first, dtype=np.int64) / np.maximum(counted, 1)
    cyrillic = np.add.reduceat(letters > 0, first, dtype=np.int64)
    seen = np.bitwise_or.reduceat(flags, first)
    ends_bare = (codes[starts] != _NEWLINE) & (codes[last - 1] != _NEWLINE)
    is_read_right = (seen & _FOREIGN == 0) | (lengths < _LEAST_REPAIRED) | (cyrillic == 0) | (score >= _LEAST_GRADE)
    clean = (lengths > 0) & ends_bare & (seen & (_ODD | _WIDE) == 0) & is_read_right
    doubt = np.bitwise_or.reduceat(letters == _HARD_SIGN, first)
    is_sure = (score >= _SURE_RUSSIAN) | ((cyrillic >= LONG) & (score >= LONG_AND_RUSSIAN) & ~doubt)
    russian = (seen & (_ODD | _LATIN | _MARKED) == 0) & (cyrillic >= _LEAST_LETTERS) & is_sure
    yield clean.tolist(), russian.tolist()


def _joints(kind: Any) -> Any:
    """Bits for characters that must not stand side by side in a clean text; the last three places have none."""
    import numpy as np

    one, two, three, four = kind[:-3], kind[1:-2], kind[2:-1], kind[3:]
    small, large, latin = (one == _SMALL), (two == _LARGE), (two == _SMALL_LATIN)
    two_is_cyrillic = (two == _SMALL) | large
    found = small & large  # a capital inside a word
    found |= (one == _SMALL_LATIN) & two_is_cyrillic
    found |= (small | (one == _LARGE)) & latin
    found |= small & (two == _COMMA) & ((three == _SMALL) | (three == _LARGE))
    found |= small & (two == _STOP) & (three == _LARGE) & (four == _SMALL)
    found |= (one == _COLON) & (two == _SLASH)
    blank, is_break = (one == _BLANK), (one == _BREAK)
    found |= blank & ((two == _BLANK) | (two == _BREAK))
    found |= is_break & ((two == _BLANK) | ((two == _BREAK) & (three == _BREAK)))
    return np.where(found, np.uint8(_WIDE), np.uint8(0))


_SMALL, _LARGE, _SMALL_LATIN, _COMMA, _STOP, _COLON, _SLASH, _BLANK, _BREAK = range(1, 10)


@lru_cache(maxsize=1)
def _tables() -> tuple[Any, Any, Any, Any]:
    """By code point: what it tells of its text, its letter, its kind; by pair of letters: the grade."""
    import numpy as np

    flags = np.full(0x10000, _ODD | _FOREIGN, dtype=np.uint8)
    letter = np.zeros(0x10000, dtype=np.uint8)
    kind = np.zeros(0x10000, dtype=np.uint8)
    flags[0x20:0x7F] = 0
    flags[ord("\n")] = 0
    for sign in "&<":
        flags[ord(sign)] = _ODD
    for sign in "@[:":
        flags[ord(sign)] |= _MARKED
    for sign in _PLAIN_SIGNS:
        flags[ord(sign)] = _FOREIGN
    for code in (*range(ord("a"), ord("z") + 1), *range(ord("A"), ord("Z") + 1)):
        flags[code] = _LATIN
    kind[ord("a") : ord("z") + 1] = _SMALL_LATIN
    for number, small in enumerate("абвгдежзийклмнопрстуфхцчшщъыьэюя", start=1):
        for char, what in ((small, _SMALL), (small.upper(), _LARGE)):
            flags[ord(char)], letter[ord(char)], kind[ord(char)] = _FOREIGN, number, what
    for char, what in (("ё", _SMALL), ("Ё", _LARGE)):
        flags[ord(char)], letter[ord(char)], kind[ord(char)] = _FOREIGN, letter[ord("е")], what
    for signs, what in ((",", _COMMA), (".!?…", _STOP), (":", _COLON), ("/", _SLASH), (" ", _BLANK), ("\n", _BREAK)):
        for sign in signs:
            kind[ord(sign)] = what
    table = np.array([int(grade) for grade in grades()], dtype=np.uint8)
    return flags, letter, kind, table
