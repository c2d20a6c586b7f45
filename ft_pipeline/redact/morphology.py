"""What pymorphy3's dictionary says about a Russian word: can it be a name, a place, a word of every day?

Here: one word at a time, cached by its form. Not here: what a word is at its place in a text (names.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ft_pipeline.redact.findings import RedactionError

_NOT_PEOPLE_WORDS = (
    "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь понедельник вторник среда четверг "
    "пятница суббота воскресенье рутуб ютуб яндекс сбер авито озон самсунг айфон андроид телеграм телеграмм вотсап "
    "вайбер виндовс гугл мегафон билайн ростелеком газпром почта деловые линии пэк сдэк мария-ра магнит лента деловой "
    "маркет экспресс стандарт донат донаты бог господь христос аллах марс венера рубль доллар евро клиент груз"
)
_NOT_PEOPLE = frozenset(_NOT_PEOPLE_WORDS.split())
_MONTH_FORMS = frozenset({"мая", "августа", "марта", "мае", "августе", "марте", "маем"})
_NOT_NAMES_HEAD = frozenset({"CONJ", "PREP", "PRCL", "INTJ", "NPRO", "ADVB", "PRED", "NUMR", "COMP", "VERB", "INFN"})
_ARTEFACTS = frozenset({"GRND"})  # "юля" as a gerund, "попова" as a possessive: readings that nobody writes
_KINDS = {"Name": "given", "Patr": "patronymic", "Surn": "surname", "Geox": "place"}
_PATRONYMIC_FORM = re.compile(
    r"[а-яё]{2,}(?:[ое]вич(?:а|у|ем|е)?|[ое]вн(?:а|ы|е|у|ой|ою)|иничн(?:а|ы|е|у|ой)|ьич(?:а|у|ом|ем|е)?)"
)
_SURNAME_FORM = re.compile(
    r"[а-яё]{2,}(?:енк[оау]|чук(?:а|у|ом|е)?|швили|дзе|[иь]янц?(?:а|у|ом|е)?|[ктрнмдсзгвл]ян(?:а|у|ом|е)?|"
    r"(?:[оеё]в|[иы]н)(?:а|у|ым|е|ой)?|(?:[цс]к)(?:ий|ая|ого|ому|ой|им|ую))"
)
_CRUDE_ENDING = re.compile(r"(?:ого|ому|ами|ями|ым|им|ом|ем|ой|ей|ою|ая|ую|ий|ый|ых|их|[аеиоуыюяьй])$")


@dataclass(frozen=True, slots=True)
class Reading:
    """What the dictionary says about a word: shares of its readings, and its likeliest one."""

    given: float
    patronymic: float
    surname: float
    place: float
    is_known: bool
    is_function_word: bool
    has_surname_form: bool  # the ending of a surname; says little about a known word
    is_verb: bool
    is_animate: bool
    case: str  # of the likeliest reading: nomn, gent, …
    base: str  # normal form of the likeliest reading
    lemma: str  # normal form as a name

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


@lru_cache(maxsize=300_000)
def read_word(word: str) -> Reading:
    """The dictionary's view of a word, whatever its case."""
    lower = word.lower()
    words = dictionary()
    parses = words.parse(lower)
    is_known = all(words.word_is_known(part) for part in lower.split("-"))
    counted = [parse for parse in parses if parse.tag.POS not in _ARTEFACTS and "Poss" not in parse.tag] or parses
    total = sum(parse.score for parse in counted) or 1.0
    shares = dict.fromkeys(_KINDS.values(), 0.0)
    best, lemma = 0.0, ""
    for parse in counted:
        kind = next((_KINDS[tag] for tag in _KINDS if tag in parse.tag), "")
        if kind:
            shares[kind] += parse.score / total
        if kind not in {"", "place"} and parse.score > best:
            best, lemma = parse.score, parse.normal_form
    is_barred = (
        lower in _MONTH_FORMS or lower in _NOT_PEOPLE or any(parse.normal_form in _NOT_PEOPLE for parse in parses[:2])
    )
    if is_barred:
        shares = dict.fromkeys(shares, 0.0)
    elif not is_known:  # the dictionary's guess of a patronymic ("твиче") is worth nothing, the ending's is
        is_patronymic = _PATRONYMIC_FORM.fullmatch(lower) is not None
        shares = {**(dict.fromkeys(shares, 0.0) if is_patronymic else shares), "patronymic": float(is_patronymic)}
    if "-" in lower and not is_barred:
        shares = _of_parts(lower, shares)
    head: Any = counted[0].tag if counted else ""
    return Reading(
        **shares,
        is_known=is_barred or is_known,
        is_function_word=is_known
        and bool(head)
        and (str(head.POS) in _NOT_NAMES_HEAD or "Apro" in head)
        and best < 0.3,
        has_surname_form=not is_barred and any(map(_SURNAME_FORM.fullmatch, lower.split("-"))),
        is_verb=bool(head) and str(head.POS) in {"VERB", "INFN", "PRTS", "GRND"},
        is_animate=bool(head) and "anim" in head,
        case=str(head.case or "") if head else "",
        base=(counted[0].normal_form if counted else lower).replace("ё", "е"),
        lemma=(lemma or _CRUDE_ENDING.sub("", lower) or lower).replace("ё", "е"),
    )


def _of_parts(word: str, shares: dict[str, float]) -> dict[str, float]:
    """ "Иванова-Сухая" is a surname where both parts can be, "Марья-краса" and "Иван-чай" are no names."""
    parts = [read_word(part) for part in word.split("-") if part]
    if len(parts) < 2:
        return shares
    if shares["place"] >= 0.5:
        return shares
    is_name = all(part.name > 0 or not part.is_known for part in parts)
    has_surname = any(part.surname >= 0.3 or (part.has_surname_form and not part.is_known) for part in parts)
    if not is_name and not has_surname:
        return dict.fromkeys(shares, 0.0)
    return {**dict.fromkeys(shares, 0.0), "surname": max(0.3, *(part.name for part in parts))}
