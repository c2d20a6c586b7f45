"""The facts of an answer: numbers with their units, money, times, dates, phones, addresses, codes, names, yes and no.

Here: text -> facts, each with every reading that it allows ("7.30" is a number, a time and a date), in Russian and
English. Not here: what a difference means (scoring). Pure functions, no dictionary to load.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_SPACE = r"[ \u00a0\u202f]"
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"(?<![\w.])@\w{3,}")
_LINK = re.compile(r"(?:https?://)?(?:[\w-]+\.)+(?:[a-zа-я]{2,12})(?:/[\w./?=&%-]*)?", re.IGNORECASE)
_PHONE = re.compile(r"(?:\+7|\b8)[\s(\-]*\d{3}[\s)\-]*\d{3}[\s\-]*\d{2}[\s\-]*\d{2}(?!\d)|\+\d[\d\s()\-]{8,14}\d")
_ALWAYS = re.compile(r"\b24\s*/\s*7\b|круглосуточн\w*|around the clock|24 часа в сутки", re.IGNORECASE)
_CODE = re.compile(r"\b([^\W\d_]{1,5})-?(\d+)\b|№\s*(\d+)")
_CODE_LETTERS_ONLY_UPPER = re.compile(r"^(?:[a-z]|[A-ZА-ЯЁ]+|[а-яё]{1,5})$")
_WEEKDAYS = {
    "mon": r"понедельник\w*|monday\w*|\bпн\b",
    "tue": r"вторник\w*|tuesday\w*|\bвт\b",
    "wed": r"сред[аыуе]м?и?\b|средой|wednesday\w*|\bср\b",
    "thu": r"четверг\w*|thursday\w*|\bчт\b",
    "fri": r"пятниц\w*|friday\w*|\bпт\b",
    "sat": r"суббот\w*|saturday\w*|\bсб\b",
    "sun": r"воскресен\w*|sunday\w*|\bвс\b",
    "workdays": r"(?:по\s+)?будн\w*|по рабочим дням|weekdays",
    "weekend": r"(?<!без )выходны[еxм]\w*|weekends?\b",
}
_WEEKDAY = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _WEEKDAYS.items()}
_FREE = re.compile(
    r"бесплат\w*|без\s+(?:оплаты|доплат\w*)|платить не нужно|не оплачива\w+|free of charge|for free|\bfree\b", re.I
)
_PAID = re.compile(r"(?<!\w)(?<!бес)платн\w*", re.IGNORECASE)
_MONTHS = (
    *("январ|january", "феврал|february", "март|march", "апрел|april", r"ма[йяе]\b|may\b", "июн|june"),
    *("июл|july", "август|august", "сентябр|september", "октябр|october", "ноябр|november", "декабр|december"),
)
_MONTH = "|".join(f"(?P<month_{number}>(?:{stem})\\w*)" for number, stem in enumerate(_MONTHS, 1))

_WORDS: dict[str, float] = {}
for _value, _forms in {
    0.5: "полтина",
    1: "один одна одно одного одной одну одним one",
    1.5: "полтора полторы полутора",
    2: "два две двух двум двумя two",
    3: "три трех трем тремя three",
    4: "четыре четырех четырем four",
    5: "пять пяти пятью five",
    6: "шесть шести шестью six",
    7: "семь семи семью seven",
    8: "восемь восьми восемью eight",
    9: "девять девяти девятью nine",
    10: "десять десяти десятью ten",
    11: "одиннадцать одиннадцати eleven",
    12: "двенадцать двенадцати twelve",
    13: "тринадцать тринадцати thirteen",
    14: "четырнадцать четырнадцати fourteen",
    15: "пятнадцать пятнадцати fifteen",
    16: "шестнадцать шестнадцати sixteen",
    17: "семнадцать семнадцати seventeen",
    18: "восемнадцать восемнадцати eighteen",
    19: "девятнадцать девятнадцати nineteen",
    20: "двадцать двадцати twenty",
    30: "тридцать тридцати thirty",
    40: "сорок сорока forty",
    50: "пятьдесят пятидесяти fifty",
    60: "шестьдесят шестидесяти sixty",
    70: "семьдесят семидесяти seventy",
    80: "восемьдесят восьмидесяти eighty",
    90: "девяносто девяноста ninety",
    100: "сто ста",
    200: "двести двухсот",
    300: "триста трехсот",
    400: "четыреста",
    500: "пятьсот пятисот",
    600: "шестьсот шестисот",
    700: "семьсот семисот",
    800: "восемьсот восьмисот",
    900: "девятьсот девятисот",
}.items():
    _WORDS.update(dict.fromkeys(_forms.split(), _value))
_NUMERAL = re.compile(rf"\b(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b")

# unit -> pattern; a duration also has its size in its own base unit
_UNITS: dict[str, tuple[str, str, float]] = {
    "second": (r"сек(?:унд\w*)?\b\.?|sec(?:ond)?s?\b", "time", 1),
    "minute": (r"мин(?:ут\w*)?\b\.?|min(?:ute)?s?\b", "time", 60),
    "hour": (r"час(?:а|ов|у|ам|ами|ах|ик\w*)?\b|ч\b\.?|h\b|hours?\b", "time", 3600),
    "workday": (
        r"(?:рабоч|банковск)\w+\s+д(?:ень|ня|ней|ню|нём|нем|ням|нях|нями)\b|(?:business|working)\s+days?\b",
        "",
        1,
    ),
    "day": (r"д(?:ень|ня|ней|ню|нём|нем|ням|нях|нями)\b|дн\b\.?|сут(?:ки|ок|кам|ках)\b|days?\b", "time", 86400),
    "week": (r"недел\w+|weeks?\b", "time", 604800),
    "month": (r"месяц\w*|мес\b\.?|months?\b", "month", 1),
    "year": (r"год(?:а|у|ом|ах|ов\w*)?\b|лет\b|years?\b", "month", 12),
    "rub": (r"₽|руб(?:л\w*)?\b\.?|р\.(?=\s|$)|rub\b", "", 1),
    "usd": (r"\$|доллар\w*|dollars?\b|usd\b", "", 1),
    "eur": (r"€|евро\b|euros?\b|eur\b", "", 1),
    "gbp": (r"£|фунт\w*|pounds?\b|gbp\b", "", 1),
    "kzt": (r"₸|тенге\b", "", 1),
    "percent": (r"%|процент\w*|per\s?cent\b", "", 1),
    "celsius": (r"°\s?[CС]?|градус\w*", "", 1),
    "mbit_s": (r"мбит/с\w*|мегабит\w*(?:\s+в\s+секунду)?|mbps\b|mbit/s", "", 1),
    "gbit_s": (r"гбит/с\w*|гигабит\w*(?:\s+в\s+секунду)?|gbps\b", "", 1),
    "kb": (r"кб\b|килобайт\w*|kb\b", "", 1),
    "mb": (r"мб\b|мегабайт\w*|mb\b", "", 1),
    "gb": (r"гб\b|гигабайт\w*|gb\b", "", 1),
    "tb": (r"тб\b|терабайт\w*|tb\b", "", 1),
    "kg": (r"кг\b|килограмм\w*|кило\b|kgs?\b|kilos?\b", "", 1),
    "tonne": (r"т\b\.?|тонн\w*|tons?\b|tonnes?\b", "", 1),
    "gram": (r"г\b|грамм\w*", "", 1),
    "m3": (r"м³|м3\b|куб\w*(?:\s+метр\w*)?", "", 1),
    "m2": (r"м²|м2\b|кв\.?\s?м\b", "", 1),
    "km": (r"км\b|километр\w*|km\b|kilomet\w+", "", 1),
    "cm": (r"см\b|сантиметр\w*|cm\b", "", 1),
    "mm": (r"мм\b|миллиметр\w*|mm\b", "", 1),
    "metre": (r"м\b|метр\w*|met(?:er|re)s?\b", "", 1),
    "ml": (r"мл\b|миллилитр\w*|ml\b", "", 1),
    "litre": (r"л\b|литр\w*|lit(?:er|re)s?\b", "", 1),
    "morning": (r"утра\b|ночи\b|a\.?m\.?(?!\w)", "", 1),
    "evening": (r"вечера\b|p\.?m\.?(?!\w)", "", 1),
}
_UNIT = "|".join(f"(?P<{name}>{pattern})" for name, (pattern, _, _) in _UNITS.items())
_CURRENCY = {"$": "usd", "€": "eur", "£": "gbp", "₽": "rub"}
_DIGITS = rf"\d+(?:{_SPACE}\d{{3}}(?!\d))*(?:[.,]\d+)?"
_NUMBER = re.compile(
    rf"(?P<sign>(?<![\w.)])[-−+](?=\d))?(?P<currency>[$€£₽]{_SPACE}?)?(?<![\w.])(?P<digits>{_DIGITS})(?P<colon>:[0-5]\d)?"
    rf"(?:-?(?:го|е|й|м|х|ти|и|ого|ому)\b)?"
    rf"(?:{_SPACE}*(?P<scale>тыс(?:яч\w*|\.)?|млн\.?|миллион\w*|thousand|million|k\b))?"
    rf"(?:\s*(?:(?P<named_month>{_MONTH})|(?P<unit>{_UNIT})))?",
    re.IGNORECASE,
)
_BRIDGE = re.compile(r"^\s*(?:[-–—…]|до|по|и|или|to|or|and|until|till|числ\w*)\s*$", re.IGNORECASE)
_LONE_PERIOD = re.compile(
    r"\b(?P<half>полгода|полугод\w*)|\bполчаса\b"
    r"|\b(?P<hour>час(?:а|у)?|hour)\b|\b(?P<sutki>сутки|суток)\b"
    r"|\b(?P<day>(?<=за )день|(?<=через )день|(?<=в )день|(?<=a )day)\b"
    r"|\b(?P<week>недел[юяеи]\w*|week)\b|\b(?P<month>(?:еже)?месяч?ц?\w*|month(?:ly)?)\b"
    r"|\b(?P<year>год(?:а|у)?|годов\w+|ежегодн\w*|year(?:ly)?)\b",
    re.IGNORECASE,
)
_LONE = {"hour": "hour", "sutki": "day", "day": "day", "week": "week", "month": "month", "year": "year"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact and where it stands."""

    readings: frozenset[str]  # every normal form that it allows; two facts are the same where they share one
    bare: str  # the number without its unit; "" where the fact is no number
    has_unit: bool
    start: int
    end: int
    is_weak: bool = False  # "за сутки" implies one day, "a man" one: counts only against another such fact
    dimension: str = ""  # of a weak fact: what it may contradict

    def matches(self, other: Fact) -> bool:
        """Whether both say the same; a number without a unit is the same as that number with one."""
        if self.readings & other.readings:
            return True
        return bool(self.bare) and self.bare == other.bare and not (self.has_unit and other.has_unit)


@lru_cache(maxsize=65536)
def find_facts(text: str) -> tuple[Fact, ...]:
    """All facts of a text in the order in which they stand."""
    return tuple(sorted(_find(text), key=lambda fact: (fact.start, fact.end)))


@lru_cache(maxsize=65536)
def key_facts(text: str) -> frozenset[str]:
    """The strong facts of a text, each in its first reading: for showing and for counting."""
    return frozenset(show(fact) for fact in find_facts(text) if not fact.is_weak)


def show(fact: Fact) -> str:
    """A fact in words for a reason."""
    return min(fact.readings, key=lambda reading: (":" not in reading, reading))


def _find(text: str) -> Iterator[Fact]:
    rest = text
    for pattern, kind in (
        (_MAIL, "mail"),
        (_HANDLE, "handle"),
        (_LINK, "link"),
        (_PHONE, "phone"),
        (_ALWAYS, "always"),
    ):
        for match in list(pattern.finditer(rest)):
            if kind == "link" and not re.search(r"[a-zа-яё]", match.group(), re.IGNORECASE):
                continue
            yield _plain(f"{kind}:{_address(kind, match.group())}", match)
            rest = rest[: match.start()] + " " * (match.end() - match.start()) + rest[match.end() :]
    for name, pattern in _WEEKDAY.items():
        for match in pattern.finditer(rest):
            yield _plain(f"weekday:{name}", match)
    for match in _FREE.finditer(rest):
        yield _plain("price:free", match)
    for match in _PAID.finditer(rest):
        yield _plain("price:paid", match)
    rest, spelt = _words_as_digits(rest)
    for match in list(_CODE.finditer(rest)):
        letters, digits, number = match.groups()
        if number is None and (not _is_code(match.group(), letters) or match.start() in spelt):
            continue
        if number is not None:
            yield Fact(frozenset({f"no:{number}"}), number, False, match.start(), match.end())
        else:
            yield _plain(f"code:{letters}{digits}".lower(), match)
        rest = rest[: match.start()] + " " * (match.end() - match.start()) + rest[match.end() :]
    yield from _numbers(rest, spelt)


def _plain(reading: str, match: re.Match[str]) -> Fact:
    return Fact(frozenset({reading}), "", True, match.start(), match.end())


def _address(kind: str, text: str) -> str:
    if kind == "phone":
        return re.sub(r"\D", "", text)[-10:]
    if kind == "always":
        return "24/7"
    return re.sub(r"^https?://|[./]+$", "", text.lower())


def _is_code(text: str, letters: str) -> bool:
    """СТ-1, М2, E-24, ЛЕТО25; not a word that merely stands before a number."""
    return "-" in text or letters.isupper() or len(letters) <= 5


def _words_as_digits(text: str) -> tuple[str, dict[int, bool]]:
    """Numerals in words as digits of the same width, and where they stood (True: a lone "one": maybe no number)."""
    folded = text.lower().replace("ё", "е")
    found: dict[int, bool] = {}
    matches = list(_NUMERAL.finditer(folded))
    index = 0
    while index < len(matches):
        first = matches[index]
        total, end = _WORDS[first.group()], first.end()
        while index + 1 < len(matches) and folded[end : matches[index + 1].start()] in {" ", "-"}:
            following = _WORDS[matches[index + 1].group()]
            if following >= total or following >= 100 or total < 20 or (total < 100 and following >= 10):
                break
            index += 1
            total, end = total + following, matches[index].end()
        digits = f"{total:g}"
        width = end - first.start()
        if len(digits) <= width:
            text = text[: first.start()] + digits.rjust(width) + text[end:]
            found[end - len(digits)] = total == 1
        index += 1
    return text, found


def _numbers(text: str, spelt: dict[int, bool]) -> Iterator[Fact]:
    matches = [match for match in _NUMBER.finditer(text) if match.group("digits")]
    units: list[str] = [_unit(match) for match in matches]
    months: list[str] = [_month(match) for match in matches]
    for place in range(len(matches) - 2, -1, -1):  # "3–5 дней", "с 9 до 18:00", "5 и 19 декабря"
        between = text[matches[place].end() : matches[place + 1].start()]
        if not units[place] and not months[place] and _BRIDGE.match(between):
            units[place], months[place] = units[place + 1], months[place + 1]
    taken: set[int] = set()
    for match, unit, month in zip(matches, units, months, strict=True):
        taken.update(range(match.start(), match.end()))
        start = match.start("digits")
        yield _number(match, unit, month, is_weak=spelt.get(start, False) and not unit)
    for lone in _LONE_PERIOD.finditer(text):
        if lone.start() not in taken:
            yield _lone_period(lone)


def _unit(match: re.Match[str]) -> str:
    if match.group("currency"):
        return _CURRENCY[match.group("currency").strip()]
    if match.group("colon"):
        return "clock"
    if not match.group("unit"):
        return ""
    return next(name for name in _UNITS if match.group(name) is not None)


def _month(match: re.Match[str]) -> str:
    if not match.group("named_month"):
        return ""
    return str(next(number for number in range(1, 13) if match.group(f"month_{number}") is not None))


def _number(match: re.Match[str], unit: str, month: str, *, is_weak: bool) -> Fact:
    raw = re.sub(_SPACE, "", match.group("digits")).replace(",", ".")
    value = float(raw) * _scale(match.group("scale") or "")
    sign = -1 if (match.group("sign") or "").strip() in {"-", "−"} else 1
    bare = f"{sign * value:.12g}"
    span = (match.start("digits"), match.end())
    if month:
        return Fact(frozenset({f"date:{bare}.{month}"}), bare, True, *span)
    readings = {f"{bare} {unit}".strip()}
    whole = value == int(value) and 0 <= value <= 24
    if unit == "clock":
        minutes = (match.group("colon") or ":00")[1:]
        readings = {f"clock:{int(value)}:{minutes}"}
        bare = f"{int(value)}" if minutes == "00" else f"{int(value)}:{minutes}"
    elif unit in {"morning", "evening"} and whole:
        hour = int(value) + (12 if unit == "evening" and value < 12 else 0)
        readings, bare = {f"clock:{hour}:00"}, str(hour)
    elif unit and _UNITS[unit][1]:
        readings = {f"{_UNITS[unit][1]}:{sign * value * _UNITS[unit][2]:.12g}"}
    elif not unit and (dotted := re.fullmatch(r"(\d{1,2})\.(\d\d)(?:\.(\d{2,4}))?", match.group("digits"))):
        first, second = int(dotted.group(1)), int(dotted.group(2))
        if second <= 12 and 1 <= first <= 31:
            readings.add(f"date:{first}.{second}")
        if second < 60 and first < 24:
            readings.add(f"clock:{first}:{dotted.group(2)}")
    return Fact(frozenset(readings), bare, bool(unit), *span, is_weak=is_weak, dimension="one" if is_weak else "")


def _scale(text: str) -> float:
    lower = text.lower()
    if lower.startswith(("тыс", "thousand", "k")):
        return 1e3
    return 1e6 if lower else 1.0


def _lone_period(match: re.Match[str]) -> Fact:
    if match.group("half"):
        readings = {"month:6"}
    elif match.group().lower() == "полчаса":
        readings = {"time:1800"}
    else:
        unit = next(_LONE[name] for name in _LONE if match.group(name) is not None)
        readings = {f"{_UNITS[unit][1]}:{_UNITS[unit][2]:.12g}"}
    return Fact(frozenset(readings), "", True, match.start(), match.end(), is_weak=True, dimension="period")
