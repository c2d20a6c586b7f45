"""What pymorphy3's dictionary says about a Russian word: can it be a name, a place, a word of every day?

Here: one word at a time, cached. Not here: what a word is at its place in a text (names.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ft_pipeline.redact.findings import RedactionError

_NOT_PEOPLE_WORDS = (
    "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь понедельник вторник среда четверг "
    "пятница суббота воскресенье рутуб ютуб яндекс сбер авито озон самсунг айфон андроид телеграм телеграмм вотсап "
    "вайбер виндовс гугл мегафон билайн ростелеком газпром почта деловые линии пэк сдэк мария-ра магнит лента деловой "
    "маркет экспресс стандарт донат донаты бог господь христос аллах марс венера"
)
_NOT_PEOPLE = frozenset(_NOT_PEOPLE_WORDS.split())
_MONTH_FORMS = frozenset({"мая", "августа", "марта", "мае", "августе", "марте", "маем"})
_NOT_NAMES_HEAD = frozenset({"CONJ", "PREP", "PRCL", "INTJ", "NPRO", "ADVB", "PRED", "NUMR", "COMP", "VERB", "INFN"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What the dictionary says about a word: shares of its readings."""

    given: float
    patronymic: float
    surname: float
    place: float
    is_known: bool
    is_function_word: bool
    lemma: str

    @property
    def name(self) -> float:
        return self.given + self.patronymic + self.surname


@lru_cache(maxsize=1)
def dictionary() -> Any:
    """pymorphy3's analyser, loaded once for everybody; raises RedactionError where it is not installed."""
    try:
        import pymorphy3
    except ImportError as error:
        raise RedactionError(
            "pymorphy3 is not installed, so names cannot be found; install ft-pipeline with its dependencies"
        ) from error
    return pymorphy3.MorphAnalyzer()


@lru_cache(maxsize=100_000)
def read_word(word: str) -> Reading:
    """The dictionary's view of a word, whatever its case."""
    lower = word.lower()
    words = dictionary()
    parses = words.parse(lower)
    total = sum(parse.score for parse in parses) or 1.0
    shares = dict.fromkeys(("Name", "Patr", "Surn", "Geox"), 0.0)
    best, lemma = 0.0, lower
    for parse in parses:
        kind = next((name for name in shares if name in parse.tag), "")
        if kind:
            shares[kind] += parse.score / total
        if kind in {"Name", "Patr", "Surn"} and parse.score > best:
            best, lemma = parse.score, parse.normal_form
    head = str(parses[0].tag.POS) if parses else ""
    is_barred = (
        lower in _MONTH_FORMS or lower in _NOT_PEOPLE or any(parse.normal_form in _NOT_PEOPLE for parse in parses[:2])
    )
    if is_barred:
        shares = dict.fromkeys(shares, 0.0)
    return Reading(
        given=shares["Name"],
        patronymic=shares["Patr"],
        surname=shares["Surn"],
        place=shares["Geox"],
        is_known=is_barred or all(words.word_is_known(part) for part in lower.split("-")),
        is_function_word=head in _NOT_NAMES_HEAD and best < 0.3,
        lemma=lemma.replace("ё", "е"),
    )
