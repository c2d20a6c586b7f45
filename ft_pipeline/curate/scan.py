"""Looks at many texts in one pass over their code points: which need no repair, which are plainly Russian.

Here: verdicts and grades that numpy reaches for a hundred texts in the time that patterns need for one. Not here: what
is done with a text that is not plain (repair, language): each verdict here is a shortcut that those modules would
confirm, and a test compares them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

from ft_pipeline.reading.letters import grades

LETTERS = 33  # of the table of grades, the edge of a word included
_CHUNK = 1_500  # texts at once, so that the arrays stay in the processor's cache
_ODD, _LATIN, _MARKED, _WIDE, _FOREIGN, _DOUBT = 1, 2, 4, 8, 16, 32  # what a text holds, as bits
_PLAIN_SIGNS = "«»„“”‘’—–−…№₽€°²³·•×±§©®™"
_NEWLINE = 10
_BITS = 20  # of a field in a packed sum: pairs, then Russian letters; the sum of the grades stands above them
_FIELD = (1 << _BITS) - 1
_MOST_COUNTED = 500_000  # characters whose sums fit; no message is so long
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
    codes = np.minimum(codes, 0xFFFF).astype(np.intp)  # `take` is fast with these, twice as fast as brackets
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    starts = np.fromiter(accumulate((len(text) + 1 for text in texts), initial=1), dtype=np.int64)[:-1]
    flags = flags_of.take(codes)
    flags[:-3] |= _joints(kind_of.take(codes))
    letters = letter_of.take(codes)
    # A text's pairs begin at the break before it and end at the break behind it: both are edges of words.
    first, last = starts - 1, starts + lengths
    score, cyrillic = _graded(letters, first, grade_of)
    seen = np.bitwise_or.reduceat(flags, first)
    is_counted = lengths < _MOST_COUNTED
    ends_bare = (codes[starts] != _NEWLINE) & (codes[last - 1] != _NEWLINE)
    is_read_right = (seen & _FOREIGN == 0) | (lengths < _LEAST_REPAIRED) | (cyrillic == 0) | (score >= _LEAST_GRADE)
    clean = is_counted & (lengths > 0) & ends_bare & (seen & (_ODD | _WIDE) == 0) & is_read_right
    is_sure = (score >= _SURE_RUSSIAN) | ((cyrillic >= LONG) & (score >= LONG_AND_RUSSIAN) & (seen & _DOUBT == 0))
    russian = is_counted & (seen & (_ODD | _LATIN | _MARKED) == 0) & (cyrillic >= _LEAST_LETTERS) & is_sure
    yield clean.tolist(), russian.tolist()


def _graded(letters: Any, first: Any, grade_of: Any) -> tuple[Any, Any]:
    """For each text, by where its letters begin: the mean grade of its pairs, and how many Russian letters it has.

    One sum of packed numbers instead of three: such sums are what a scan spends its time on.
    """
    import numpy as np

    pairs = letters[:-1].astype(np.uint16) * LETTERS + letters[1:]
    sums = np.add.reduceat(grade_of.take(pairs), first)
    return (sums >> 2 * _BITS) / np.maximum(sums & _FIELD, 1), sums >> _BITS & _FIELD


def letter_grades(texts: Sequence[str]) -> list[tuple[float, int, int]]:
    """For each text: the mean grade of its letter pairs, its Russian letters, those that stand where none can.

    The grade is `russian_score`; a letter stands wrong as a capital inside a word, or beside a small Latin one.
    """
    import numpy as np

    if not texts:
        return []
    texts = [text[:_MOST_COUNTED] for text in texts]
    _, letter_of, kind_of, grade_of = _tables()
    codes = np.frombuffer(("\n" + "\n".join(texts) + "\n").encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    codes = np.minimum(codes, 0xFFFF).astype(np.intp)
    first = np.fromiter(accumulate((len(text) + 1 for text in texts), initial=0), dtype=np.int64)[:-1]
    letters, kind = letter_of.take(codes), kind_of.take(codes)
    score, cyrillic = _graded(letters, first, grade_of)
    is_letter, is_latin = letters > 0, kind == _SMALL_LATIN
    swapped = np.zeros(len(codes), dtype=bool)
    swapped[1:] = ((kind[:-1] == _SMALL) & (kind[1:] == _LARGE)) | (is_latin[:-1] & is_letter[1:])
    swapped[:-1] |= is_letter[:-1] & is_latin[1:]
    wrong = np.add.reduceat(swapped, first, dtype=np.int64)
    return list(zip(score.tolist(), cyrillic.tolist(), wrong.tolist(), strict=True))


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
    for sign in "ъЪ":
        flags[ord(sign)] |= _DOUBT
    for char, what in (("ё", _SMALL), ("Ё", _LARGE)):
        flags[ord(char)], letter[ord(char)], kind[ord(char)] = _FOREIGN, letter[ord("е")], what
    for signs, what in ((",", _COMMA), (".!?…", _STOP), (":", _COLON), ("/", _SLASH), (" ", _BLANK), ("\n", _BREAK)):
        for sign in signs:
            kind[ord(sign)] = what
    grade = np.array([int(grade) for grade in grades()], dtype=np.int64)
    is_pair = np.arange(LETTERS**2, dtype=np.int64) > 0
    is_letter = np.arange(LETTERS**2, dtype=np.int64) >= LETTERS  # the first one of a pair
    return flags, letter, kind, is_pair + (is_letter.astype(np.int64) << _BITS) + (grade << 2 * _BITS)
