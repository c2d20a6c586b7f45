"""What the dictionaries say about a Russian word: can it be a name, a place, a word of every day?

Here: one word at a time, cached by its form: pymorphy3 for all words, natasha's list of given names for those that
pymorphy3 has never heard of ("Ержан", "Гаянэ"). Not here: what a word is at its place in a text (names.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ft_pipeline.redact import given, surnames
from ft_pipeline.redact.findings import RedactionError

_NOT_PEOPLE_WORDS = (
    "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь понедельник вторник среда четверг "
    "пятница суббота воскресенье рутуб ютуб яндекс сбер авито озон самсунг айфон андроид телеграм телеграмм вотсап "
    "вайбер виндовс гугл мегафон билайн ростелеком газпром почта деловые линии пэк сдэк мария-ра магнит лента деловой "
    "маркет экспресс стандарт донат донаты бог господь христос аллах марс рубль доллар евро клиент груз тинькофф леруа "
    "мерлен мосигра винчи гог диор прада гуччи шанель лор промокод леман лемана касторама боксберри вайлдберриз озон "
    "мини макси про леонардо алибаба"
)
_NOT_PEOPLE = frozenset(_NOT_PEOPLE_WORDS.split())
_NEVER = frozenset(
    {"ник", "машина", "машины", "машину", "машине", "мая", "августа", "мае", "августе", "маем", "инн", "фио"}
)
_MARTHA = frozenset({"марта", "марту", "марте", "мартой", "марты"})  # March or a woman: her neighbours say which
_MARTHA_SHARE = 0.03
_NOT_NAMES_HEAD = frozenset({"CONJ", "PREP", "PRCL", "INTJ", "NPRO", "ADVB", "PRED", "NUMR", "COMP", "VERB", "INFN"})
_MOST_EVERYDAY = 0.25  # share of a surname that is a word of every day in the same form: "мороз", "гроза"
_LISTED, _LISTED_OBLIQUE, _LISTED_SHORT, _LISTED_KNOWN = (
    0.9,
    0.5,
    0.3,
    0.02,
)  # shares of a given name that only the list knows
_ARTEFACTS = frozenset({"GRND"})  # "юля" as a gerund, "попова" as a possessive: readings that nobody writes
_KINDS = {"Name": "given", "Patr": "patronymic", "Surn": "surname", "Geox": "place"}
_PATRONYMIC_FORM = re.compile(
    r"[а-яё]{2,}(?:[ое]вич(?:а|у|ем|е)?|[ое]вн(?:а|ы|е|у|ой|ою)|иничн(?:а|ы|е|у|ой)|ьич(?:а|у|ом|ем|е)?)"
)
_SURNAME_FORM = re.compile(
    r"[а-яё]{2,}(?:енк[оау]|чук(?:а|у|ом|е)?|швили|дзе|[иь]янц?(?:а|у|ом|е)?|[ктрнмдсзгвл]ян(?:а|у|ом|е)?|"
    r"(?:[оеё]в|[иы]н)(?:а|у|ым|е|ой)?|(?:[цс]к)(?:ий|ая|ого|ому|ой|им|ую))"
)
_SURE_SURNAME = re.compile(  # endings that no other word has: "пархоменко", "ямалетдинов", "алимбекова"
    r"[а-яё]{3,}(?:(?:ен|ч)ко|швили|[аи]дзе|заде|янц(?:а|у|ем)?|(?:щ|ч|нд|рч)ук(?:а|у|ом)?|"
    r"(?:уллин|[тд]динов|баев|беков|ханов|кулов|гулов|муратов|нияз?ов|магомедов|жанов)(?:а|у|ым|е|ой)?)"
)
_SURE_ENDING = 0.6
_GIVEN_ENDING = re.compile(  # how Central Asian given names are built: "Каримжон", "Гулбаҳор"
    r"[а-яё]{3,}(?:д?жон|д?жан|бек|бой|хон|гуль|улл[ао]|уддин|иддин|мурод|мурат|султан|берди|гельды|шох|зод)(?:а|у|"
    r"ом|е)?|"
    r"(?:гул|гуль|нур|мухаммад|абду|абд)[а-яё]{4,}"
)
_LENGTHENED = re.compile(r"([а-яё])\1{2,}")  # "приветиии"
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
    has_sure_form: bool  # an ending that only surnames have
    is_verb: bool
    is_animate: bool
    is_noun: bool  # in any reading that is no name
    case: str  # of the likeliest reading: nomn, gent, …
    cases: frozenset[str]  # of all readings
    given_cases: frozenset[str]  # of those as a given name
    surname_cases: frozenset[str]
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


@lru_cache(maxsize=1)
def given_names() -> frozenset[str]:
    """natasha's list of given names in small letters, in the nominative; its package is not imported."""
    found = find_spec("natasha")
    path = Path(found.origin).parent / "data" / "dict" / "first.txt" if found and found.origin else None
    if path is None or not path.is_file():
        raise RedactionError("natasha's list of given names is missing; install ft-pipeline with its dependencies")
    return frozenset(line.strip() for line in path.read_text(encoding="utf-8").splitlines())


_CASE_ENDINGS = (  # an ending and what stands in the nominative instead
    *(("а", ""), ("у", ""), ("ом", ""), ("е", ""), ("ы", "а"), ("и", "а"), ("е", "а"), ("у", "а"), ("ой", "а")),
    *(("я", "й"), ("ю", "й"), ("ем", "й"), ("я", "ь"), ("ю", "ь"), ("ем", "ь"), ("и", "ь"), ("ью", "ь")),
    *(("и", "я"), ("е", "я"), ("ю", "я"), ("ей", "я"), ("и", "й")),
)


def _listed_share(lower: str, *, is_known: bool) -> float:
    """The share of a given name for a word that only the list knows, in this or in an oblique form."""
    names = given_names()
    if lower in names and len(lower) > 2:
        if is_known:
            return _LISTED_KNOWN if len(lower) > 3 else 0.0
        return _LISTED if len(lower) > 4 else _LISTED_SHORT
    is_oblique = not is_known and any(
        lower.endswith(ending) and len(lower) - len(ending) > 3 and lower[: -len(ending)] + base in names
        for ending, base in _CASE_ENDINGS
    )
    return _LISTED_OBLIQUE if is_oblique else 0.0


@lru_cache(maxsize=300_000)
def read_word(word: str) -> Reading:
    """The dictionary's view of a word, whatever its case."""
    lower = _LENGTHENED.sub(r"\1", word.lower())
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
    plain = [parse for parse in counted if parse.tag.POS == "NOUN" and not any(tag in parse.tag for tag in _KINDS)]
    if shares["surname"] > _MOST_EVERYDAY and lemma in {parse.normal_form for parse in plain}:
        shares["surname"] = _MOST_EVERYDAY
    is_martha = lower in _MARTHA
    is_barred = not is_martha and (
        lower in _NEVER or lower in _NOT_PEOPLE or any(parse.normal_form in _NOT_PEOPLE for parse in parses[:2])
    )
    if is_barred:
        shares = dict.fromkeys(shares, 0.0)
    elif is_martha:
        shares = {**dict.fromkeys(shares, 0.0), "given": _MARTHA_SHARE}
    elif _is_misheard(lower, is_known=is_known):
        shares = dict.fromkeys(shares, 0.0)
    elif not is_known:  # the dictionary's guess of a patronymic ("твиче") or a given name is worth nothing
        is_patronymic = _PATRONYMIC_FORM.fullmatch(lower) is not None
        guessed = dict.fromkeys(shares, 0.0) if is_patronymic else shares
        listed = 0.0 if is_patronymic else _listed_share(lower, is_known=False)
        listed = 0.0 if is_patronymic else given.share_of(lower, is_known=False) or listed
        is_sure = _has_sure_ending(lower) or lower in surnames.forms()
        surname = max(guessed["surname"], _SURE_ENDING if is_sure else 0.0)
        if not listed and _GIVEN_ENDING.fullmatch(lower):
            listed = _LISTED_OBLIQUE
        place = 0.0 if listed or _SURNAME_FORM.fullmatch(lower) else guessed["place"]
        shares = {"given": listed, "patronymic": float(is_patronymic), "surname": surname, "place": place}
    elif not any((shares["given"], shares["patronymic"], shares["surname"])):
        own = given.share_of(lower, is_known=True)
        if own:
            shares = {**shares, "given": own, "place": min(shares["place"], 0.3)}
        elif not shares["place"]:
            shares["given"] = _listed_share(lower, is_known=True)
            shares["surname"] = surnames.share_of(lower)
    elif shares["given"] < _SURE_ENDING and not shares["surname"]:
        own = given.share_of(lower, is_known=True)
        if own > shares["given"]:
            shares = {**shares, "given": own, "place": min(shares["place"], 0.3)}
    if "-" in lower and not is_barred:
        shares = _of_parts(lower, shares)
    listed_as = given.forms().get(lower)
    if listed_as and shares["given"] >= shares["surname"] and (not is_known or not lemma):
        lemma = listed_as[0]
    listed_cases = listed_as[1] if listed_as else frozenset()
    head: Any = counted[0].tag if counted else ""
    return Reading(
        **shares,
        is_known=is_barred or is_known,
        is_function_word=is_known
        and bool(head)
        and (str(head.POS) in _NOT_NAMES_HEAD or "Apro" in head)
        and best < 0.3,
        has_surname_form=not is_barred
        and not _is_misheard(lower, is_known=is_known)
        and (any(map(_SURNAME_FORM.fullmatch, lower.split("-"))) or (not is_known and lower in surnames.forms())),
        has_sure_form=not is_barred and (_has_sure_ending(lower) or (not is_known and lower in surnames.forms())),
        is_verb=bool(head) and (is_known or not listed_as) and str(head.POS) in {"VERB", "INFN", "PRTS", "GRND"},
        is_animate=bool(head) and "anim" in head,
        is_noun=bool(plain),
        cases=_cases(counted) | listed_cases,
        given_cases=listed_cases or _cases(parse for parse in counted if "Name" in parse.tag or not is_known),
        surname_cases=_cases(parse for parse in counted if "Surn" in parse.tag or not is_known),
        case=str(head.case or "") if head else "",
        base=(counted[0].normal_form if counted else lower).replace("ё", "е"),
        lemma=(lemma or _CRUDE_ENDING.sub("", lower) or lower).replace("ё", "е"),
    )


def _has_sure_ending(lower: str) -> bool:
    return _SURE_SURNAME.fullmatch(lower) is not None or surnames.has_sure_ending(lower)


def _is_misheard(lower: str, *, is_known: bool) -> bool:
    """ "другова" is "другого", written as it sounds."""
    return (
        not is_known and lower.endswith(("ова", "ево", "ово", "ева")) and dictionary().word_is_known(lower[:-2] + "го")
    )


def _cases(parses: Iterable[Any]) -> frozenset[str]:
    return frozenset(str(parse.tag.case) for parse in parses if parse.tag.case)


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
