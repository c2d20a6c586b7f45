"""Numbers that name a thing of one customer: orders, contracts, shipments, claims, number plates.

Here: a number beside a word that says what it is the number of; postal and lettered codes by their shape; plates.
Numbers of laws, forms and articles stay, and so do years, prices and dates. Not here: what a person is known by
(numbers.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ft_pipeline.redact.findings import NUMBER, PLATE, Finding, digits_of
from ft_pipeline.redact.mistyped import THINGS, is_mistyped
from ft_pipeline.redact.numbers import DATE, LEFT, MONEY_OR_UNIT, RIGHT

_ID = r"(?=[\w/-]{0,40}\d{2})(?:[A-ZА-Я]{1,6}[-/_]?)?\d[\w]*(?:[-/_][\w]+)*"
_TOKEN = re.compile(rf"(?<![\w/-]){_ID}|(?<=[А-Яа-яЁё:№#]){_ID}", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_PREFIX = 8  # letters and a mark that may stand before the first digit of a token
_THING = (
    r"(?:заказ|договор|контракт|накладн|экспедиторск|претензи|заявк|обращени|тикет|трек|отправлени|отправк|посылк|квитанци|чек|"
    r"лицев\w+ сч[её]т|абонент|полис|рекламаци|перевозк|груз|сч[её]т|ттн|тн|упд|л/с|"
    r"order|tracking|invoice|ticket|waybill|contract|claim)"
)
_THINGS = (  # every alternative above holds one of these: the cheap test before the dear pattern
    *(
        "заказ",
        "договор",
        "контракт",
        "накладн",
        "экспедит",
        "претензи",
        "заявк",
        "обращени",
        "тикет",
        "трек",
        "отправ",
    ),
    *(
        "посылк",
        "квитанци",
        "чек",
        "счёт",
        "счет",
        "абонент",
        "полис",
        "рекламаци",
        "перевозк",
        "груз",
        "ттн",
        "тн",
        "упд",
    ),
    *("л/с", "order", "tracking", "invoice", "ticket", "waybill", "contract", "claim"),
)
_BRIDGE = (
    r"(?:[ \u00a0]?(?:с|под|за|по|его|мой|вот|такой|клиента|заказа|ттн|тн|трек-?))?"
    r"(?:[ \u00a0]?(?:номер\w*|код\w*|№|#|n|no|number|id))?"
)
_ANNOUNCED = re.compile(
    rf"(?<![а-яёa-z/.]){_THING}[а-яёa-z-]{{0,8}}{_BRIDGE}[ \u00a0]?[№#:—–-]{{0,2}}[ \u00a0]?[№#]?[ \u00a0]?$"
)
_REACH = 64
_FEWEST_DIGITS = 4
_BARE = 0.55  # the word "номер" alone: a long number only
_LISTED = re.compile(r"(?:, ?| и | или |; ?)")
_NUMERO = re.compile(r"(?<![а-яё])(?P<word>[а-яё]*)[ \u00a0]?№[ \u00a0]?$")
_SPACED = re.compile(r"(?<![\d.,-])\d{2,5}(?:[ -]\d{2,5}){1,4}(?!\d)")
_MARKED = re.compile(rf"{_THING}\w{{0,8}}[ \u00a0]?(?:(?:номер|№|#)[ \u00a0:]{{0,2}}|: ?)$")
_BEHIND = re.compile(r"(?: ?(?:[-–—(:,]? ?))(?:это )?(?:мой |наш )?(?:номер|№|код) " + _THING)
_NAMED = re.compile(r"(?<![а-яё])номер\w{0,2}[ \u00a0]?[:—–-]?[ \u00a0]$")
_WORD_BEFORE = re.compile(r"([а-яё-]{5,})[ \u00a0]?[№#:]?[ \u00a0]?$")
_LETTERED = re.compile(r"(?<![\w-])(?!ГОСТ|ISBN|ISO|ТУ)[A-ZА-Я]{1,4}-\d{6,10}(?![\w-])")  # ВР-1883018
_POSTAL = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2} ?\d{3} ?\d{3} ?\d{3} ?[A-Z]{2}(?![A-Za-z0-9])")  # UPU S10
_PUBLIC_NUMBERS = re.compile(r"закон|фз|постановл|приказ|стат|тариф|пункт|гост|форм|школ|пп|дом|лет|кабинет|прилож")
_FOUR_DIGITS = re.compile(r"\d\D{0,3}\d\D{0,3}\d\D{0,3}\d")


def find_references(text: str, lowered: str, *, longest_run: int) -> Iterator[Finding]:
    """All findings of this module; overlapping ones are left to the caller.

    Args:
        text: any text with a digit in it.
        lowered: the same in small letters.
        longest_run: digits of its longest run, as `numbers.longest_run` counts them.
    """
    if _PLATE_CORE.search(lowered):
        yield from _plates(text)
    if longest_run or _FOUR_DIGITS.search(text):
        yield from _announced(text, lowered)
    if longest_run >= 6:
        for pattern in (_POSTAL, _LETTERED):
            for match in pattern.finditer(text):
                yield Finding(*match.span(), NUMBER, 0.66)


def _announced(text: str, lowered: str) -> Iterator[Finding]:
    has_thing = any(thing in lowered for thing in _THINGS)
    end_of_last = -1
    for token in _tokens(text):
        if len(digits_of(token[0])) < _FEWEST_DIGITS and not _LISTED.match(text, token.end()):
            end_of_last = -1  # too short to be a number itself, and nothing is listed behind it
            continue
        score = _score_of(lowered, *token.span(), has_thing=has_thing)
        if not score and end_of_last >= 0 and _LISTED.fullmatch(text, end_of_last, token.start()):
            score = 0.7
        end_of_last = token.end() if score and score != _BARE else -1
        if score != _BARE or len(digits_of(token[0])) >= 6:
            yield from _reference(text, *token.span(), score)
    for match in _SPACED.finditer(text) if has_thing else ():
        before = lowered[max(0, match.start() - _REACH) : match.start()]
        is_free = DATE.search(match[0]) is None and not MONEY_OR_UNIT.match(text, match.end())
        if is_free and _MARKED.search(before):
            yield Finding(*match.span(), NUMBER, 0.76)


def _tokens(text: str) -> Iterator[re.Match[str]]:
    """Words that may be a number of something, looked for around the digits only."""
    end = 0
    for digits in _DIGITS.finditer(text):
        if digits.end() <= end:
            continue
        first = max(end, digits.start() - _PREFIX)
        token = next(filter(None, (_TOKEN.match(text, at) for at in range(first, digits.start() + 1))), None)
        if token is not None:
            end = token.end()
            yield token


def _score_of(lowered: str, start: int, end: int, *, has_thing: bool) -> float:
    """How surely the words beside a token call it the number of something; 0 where they do not."""
    before = lowered[max(0, start - _REACH) : start]
    if has_thing and _ANNOUNCED.search(before):
        return 0.75
    numero = _NUMERO.search(before) if "№" in before else None
    if numero and not _PUBLIC_NUMBERS.match(numero["word"]):
        return 0.65
    if has_thing and _BEHIND.match(lowered, end):
        return 0.65
    if "номер" in before and _NAMED.search(before):
        return _BARE
    word = _WORD_BEFORE.search(before)
    return _BARE if word and is_mistyped(word[1], THINGS) else 0.0


def _reference(text: str, start: int, end: int, score: float) -> Iterator[Finding]:
    """A token beside a word for an order is its number when it is long enough and no price, date or amount."""
    token = text[start:end]
    numeral = digits_of(token)
    is_year = len(numeral) == 4 and numeral[:2] in {"19", "20"}
    starts_marked = text[max(0, start - 2) : start].rstrip().endswith(("№", "#"))
    least = _FEWEST_DIGITS if starts_marked or re.search(r"[A-Za-zА-Яа-я]", token) else 5
    dated = DATE.match(text, start)
    if not score or len(numeral) < least or (is_year and len(token) == 4) or (dated and dated.end() >= end):
        return
    if MONEY_OR_UNIT.match(text, end) or re.match(r"[.,]\d", text[end : end + 2]):
        return
    yield Finding(start, end, NUMBER, score)


# -- number plates -----------------------------------------------------------------------------------------------

_PLATE_LETTERS = "АВЕКМНОРСТУХABEKMHOPCTYX"
_SMALL = _PLATE_LETTERS.lower()
_ANY = f"[{_PLATE_LETTERS}{_SMALL}]"
_REGION = r"(?:[1279]\d\d|\d\d)(?: ?(?i:rus|рус))?"
_PLATE_CORE = re.compile(  # of small letters: 123вс, вс1234
    rf"\d{{3}}(?: ?[{_SMALL}]{{2}}(?![a-zа-яё])|"
    rf"(?<=[^a-zа-яё][{_SMALL}]{{2}}\d{{3}})|(?<=[^a-zа-яё][{_SMALL}]{{2}} \d{{3}}))"
)
_PLATE = re.compile(rf"{LEFT}[{_PLATE_LETTERS}] ?\d{{3}} ?[{_PLATE_LETTERS}]{{2}}[ /|-]?{_REGION}{RIGHT}")
_SMALL_PLATE = re.compile(rf"{LEFT}[{_SMALL}]\d{{3}}[{_SMALL}]{{2}}[ -]?{_REGION}{RIGHT}")
_NAMED_PLATE = re.compile(
    r"(?i:гос\.? ?номер\w*|госзнак|номер\w* (?:машин|авто|прицеп|тс)\w*|прицеп\w*|машин\w|авто|тягач\w*|фур\w|газел\w|"
    rf"г/н|т/с)[ :№-]{{0,3}}((?:{_ANY} ?\d{{3}} ?{_ANY}{{2}}|{_ANY}{{2}} ?\d{{3,4}})(?:[ -]?\d{{2,3}})?){RIGHT}"
)


def _plates(text: str) -> Iterator[Finding]:
    for pattern in (_PLATE, _SMALL_PLATE):
        for match in pattern.finditer(text):
            yield Finding(*match.span(), PLATE, 0.85)
    for match in _NAMED_PLATE.finditer(text):
        yield Finding(*match.span(1), PLATE, 0.86)
