"""Personal data made of digits: phones, cards, documents, accounts, order and claim numbers.

Here: one small recogniser per kind; a shape, a checksum where there is one, a keyword where the shape alone says too
little. Prices, times, dates, percents, weights and numbers without context are nobody's business and stay.
Not here: names, addresses, e-mail (their own modules), what belongs to the company itself (masking).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ft_pipeline.redact.findings import (
    ACCOUNT,
    CARD,
    INN,
    NUMBER,
    PASSPORT,
    PHONE,
    PLATE,
    SNILS,
    Finding,
    RedactionError,
    digits_of,
    words_of,
)

_GAP = r"[ \t\u00a0\u2009\u202f().\-\u2010-\u2015]"
_LEFT, _RIGHT = r"(?<![0-9A-Za-zА-Яа-яЁё_])", r"(?![0-9A-Za-zА-Яа-яЁё_])"
_MONEY_OR_UNIT = re.compile(
    r"\s{0,2}(?:₽|\$|€|%|(?:тыс|млн|руб|рубл\w+|р|коп\w*|долл\w*|евро|кг|гр?|тонн\w*|т|шт\w*|см|мм|м|м2|м3|м²|м³|куб\w*|км|мин\w*|"
    r"час\w*|дн\w*|суток|лет|год\w*|месяц\w*|процент\w*|просмотр\w*|подписчик\w*|байт\w*|[мгкт]б)(?![а-яёa-z]))",
    re.IGNORECASE,
)
_DATE = re.compile(  # 31.12.2026; but 12-34-56 is the end of a phone
    r"(?<!\d)(?:(?:0?[1-9]|[12]\d|3[01])[./-](?:0?[1-9]|1[0-2])[./-](?:\d{4}|\d{2})|\d{4}[./-]\d{2}[./-]\d{2})(?!\d)"
)


def find_numbers(text: str) -> Iterator[Finding]:
    """All findings of this module; overlapping ones are left to the caller."""
    yield from _phones(text)
    yield from _cards(text)
    yield from _tax_ids(text)
    yield from _snils(text)
    yield from _passports(text)
    yield from _accounts(text)
    yield from _reference_numbers(text)
    yield from _plates(text)


def _before(text: str, start: int, words: re.Pattern[str], *, reach: int = 40) -> bool:
    """Does a keyword stand within `reach` characters before a position, on the same line?"""
    window = text[max(0, start - reach) : start].rsplit("\n", 1)[-1]
    return words.search(window) is not None


# -- phones ------------------------------------------------------------------------------------------------------

_RU_PHONE = re.compile(rf"(?<![0-9A-Za-zА-Яа-яЁё_+])(?<![0-9]-)(?:\+ ?7|7|8)(?:{_GAP}{{0,3}}\d){{10}}(?![0-9A-Za-z_])")
_GLUED_PHONE = re.compile(r"(?<=[а-яёА-ЯЁ:])(?:\+7|8)[ -]?\(?9\d{2}\)?[ -]?\d{3}[ -]?\d{2}[ -]?\d{2}(?!\d)")
_FOREIGN_PHONE = re.compile(rf"\+ ?\d(?:{_GAP}{{0,2}}\d){{7,14}}(?!\d)")
_SHORT_PHONE = re.compile(rf"{_LEFT}\(?\d{{3,5}}\)?{_GAP}{{0,2}}\d{{1,3}}{_GAP}?\d{{2}}{_GAP}?\d{{2}}{_RIGHT}")
_LOCAL_PHONE = re.compile(rf"{_LEFT}\d{{3}}[ -]\d{{2}}[ -]\d{{2}}{_RIGHT}|{_LEFT}\d{{2}}[ -]\d{{2}}[ -]\d{{2}}{_RIGHT}")
_LONG_PHONE = re.compile(rf"{_LEFT}\d(?:{_GAP}{{0,2}}\d){{10,12}}{_RIGHT}")
_PHONE_WORDS = re.compile(
    r"тел(?:ефон\w*)?\b|тлф|моб(?:ильн\w+)?\b|сотов\w+|звони\w*|позвони\w*|набери\w*|перезвони\w*|дозвон\w*|whats ?app|"
    r"ва[тц]с?апп?\w*|вайбер\w*|viber|phone|call me|контактн\w+ номер|мой номер|номер для связи|смс на",
    re.IGNORECASE,
)


_DIALLED = re.compile(r"(?:\+ ?7|[78]) ?\(\d{3,5}\)")


def _phones(text: str) -> Iterator[Finding]:
    for pattern in (_RU_PHONE, _GLUED_PHONE):
        for match in pattern.finditer(text):
            has_word = _before(text, match.start(), _PHONE_WORDS)
            is_dialled = (
                _DIALLED.match(match[0]) is not None
            )  # its form says enough, whether the code is given out or not
            is_phone = has_word or is_dialled or _is_phone("+7" + digits_of(match[0])[1:])
            if is_phone and (is_dialled or match[0].startswith("+") or _DATE.search(match[0]) is None):
                yield Finding(*match.span(), PHONE, 0.9)
    for match in _FOREIGN_PHONE.finditer(text):
        if 10 <= len(digits_of(match[0])) <= 14 or _is_phone("+" + digits_of(match[0])):
            yield Finding(*match.span(), PHONE, 0.85)
    for match in _SHORT_PHONE.finditer(text):
        found = digits_of(match[0])
        has_form = re.search(r"\D", match[0]) is not None and found[0] in "3489"
        if len(found) != 10 or _DATE.search(match[0]) or _MONEY_OR_UNIT.match(text, match.end()):
            continue
        if (has_form or _before(text, match.start(), _PHONE_WORDS)) and _is_phone("+7" + found):
            yield Finding(*match.span(), PHONE, 0.8)
    for match in [*_LOCAL_PHONE.finditer(text), *_LONG_PHONE.finditer(text)]:
        is_free = _DATE.search(match[0]) is None and not _MONEY_OR_UNIT.match(text, match.end())
        if is_free and _before(text, match.start(), _PHONE_WORDS, reach=25):
            yield Finding(*match.span(), PHONE, 0.6)


def _is_phone(number: str) -> bool:
    try:
        import phonenumbers
    except ImportError as error:
        raise RedactionError("phonenumbers is not installed; install ft-pipeline with its dependencies") from error
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, "RU"))
    except phonenumbers.NumberParseException:
        return False


# -- cards, tax and insurance numbers ----------------------------------------------------------------------------

_CARD = re.compile(rf"{_LEFT}\d(?:[ \u00a0-]?\d){{12,18}}{_RIGHT}")
_CARD_WORDS = re.compile(r"карт[аеуыо]|visa|master ?card|виза|мастеркард|\bмир\b|маэстро|card|оплат", re.IGNORECASE)
_INN = re.compile(rf"{_LEFT}(?:\d[ \u00a0-]?){{9}}(?:\d[ \u00a0-]?\d)?\d{_RIGHT}|{_LEFT}\d{{10}}(?:\d\d)?{_RIGHT}")
_INN_WORDS = re.compile(r"(?:(?<![а-яё])инн|(?<![a-z])inn)[^0-9\n]{0,15}$", re.IGNORECASE)
_OGRN = re.compile(rf"{_LEFT}\d{{13}}(?:\d\d)?{_RIGHT}")
_OGRN_WORDS = re.compile(r"огрн(?:ип)?[^0-9\n]{0,15}$", re.IGNORECASE)
_KPP = re.compile(r"(?i:кпп)[^0-9\n]{0,5}(\d{9})(?!\d)|(?<=\d/)(\d{9})(?!\d)|(?<=■/)(\d{9})(?!\d)")
_SNILS = re.compile(rf"{_LEFT}\d{{3}}[ -]?\d{{3}}[ -]?\d{{3}}[ -]?\d{{2}}{_RIGHT}")
_SNILS_FORM = re.compile(r"\d{3}-\d{3}-\d{3}[ -]\d{2}")
_SNILS_WORDS = re.compile(r"снилс[^0-9\n]{0,20}$|страхово\w+ (?:номер|свидетельств)\w*[^0-9\n]{0,20}$", re.IGNORECASE)


def passes_luhn(digits: str) -> bool:
    """The checksum of payment cards (ISO/IEC 7812-1)."""
    doubled = (2 * int(digit) if index % 2 else int(digit) for index, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def passes_snils(digits: str) -> bool:
    """The checksum of a СНИЛС: nine digits weighted 9..1, modulo 101, 100 counts as 00."""
    total = sum(int(digit) * weight for digit, weight in zip(digits[:9], range(9, 0, -1), strict=True)) % 101
    return total % 100 == int(digits[9:])


def _cards(text: str) -> Iterator[Finding]:
    for match in _CARD.finditer(text):
        found = digits_of(match[0])
        if _MONEY_OR_UNIT.match(text, match.end()) or found[0] not in "23456":
            continue
        has_word = _before(text, match.start(), _CARD_WORDS)
        is_sound = passes_luhn(found) and len(set(found)) > 1
        if is_sound and (len(found) == 16 or has_word):
            yield Finding(*match.span(), CARD, 0.95)
        elif has_word and len(found) in (16, 18, 19):
            yield Finding(*match.span(), CARD, 0.6)


def _tax_ids(text: str) -> Iterator[Finding]:
    try:
        from stdnum.ru import inn
    except ImportError as error:
        raise RedactionError("python-stdnum is not installed; install ft-pipeline with its dependencies") from error
    for match in _INN.finditer(text):
        if _before(text, match.start(), _INN_WORDS, reach=20):
            yield Finding(*match.span(), INN, 0.9)
        elif len(match[0]) == 12 and match[0].isdigit() and inn.is_valid(match[0]):
            yield Finding(*match.span(), INN, 0.8)
    for match in _OGRN.finditer(text):
        if _before(text, match.start(), _OGRN_WORDS, reach=22):
            yield Finding(*match.span(), INN, 0.9)
    if re.search(r"кпп", text, re.IGNORECASE):
        for match in _KPP.finditer(text):
            group = next(index for index in (1, 2, 3) if match[index])
            yield Finding(*match.span(group), INN, 0.9)


def _snils(text: str) -> Iterator[Finding]:
    for match in _SNILS.finditer(text):
        found = digits_of(match[0])
        if _before(text, match.start(), _SNILS_WORDS, reach=40):
            yield Finding(*match.span(), SNILS, 0.95)
        elif _SNILS_FORM.fullmatch(match[0]):
            yield Finding(*match.span(), SNILS, 0.88)
        elif passes_snils(found) and not _MONEY_OR_UNIT.match(text, match.end()) and len(set(found)) > 1:
            yield Finding(*match.span(), SNILS, 0.7)


# -- passports and accounts --------------------------------------------------------------------------------------

_PASSPORT = re.compile(
    rf"{_LEFT}\d{{2}}[ \u00a0]?\d{{2}}(?:[ \u00a0]*|-)(?:(?:,? ?(?i:номер)|№|N|n|no\.?)[ \u00a0:]*)?\d{{6}}{_RIGHT}"
)
_PASSPORT_FORM = re.compile(r"\d{2} \d{2} (?:№ ?)?\d{6}|\d{4} \d{6}|\d{4} ?№ ?\d{6}")
_ISSUED = re.compile(r"[ ,]{1,3}выдан", re.IGNORECASE)
_PASSPORT_WORDS = re.compile(r"пасп?орт|пас-т|сери[яиюей]|passport|документ\w* удостовер|доверенн", re.IGNORECASE)
_FOREIGN_PASSPORT = re.compile(r"(?i:загран\w*)[^0-9\n]{0,30}(\d{2}[ ]?(?:№ ?)?\d{7})(?!\d)")
_ISSUER_CODE = re.compile(r"(?i:код подр\w*|к/п)[^0-9\n]{0,5}(\d{3}[ ]?-[ ]?\d{3})(?!\d)")
_ACCOUNT = re.compile(rf"{_LEFT}\d(?:[ \u00a0.-]?\d){{19}}{_RIGHT}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")


def _passports(text: str) -> Iterator[Finding]:
    for match in _PASSPORT.finditer(text):
        if _before(text, match.start(), _PASSPORT_WORDS, reach=60) or _ISSUED.match(text, match.end()):
            yield Finding(*match.span(), PASSPORT, 0.92)
        elif _PASSPORT_FORM.fullmatch(match[0]) and not _MONEY_OR_UNIT.match(text, match.end()):
            yield Finding(*match.span(), PASSPORT, 0.66)
    for pattern in (_FOREIGN_PASSPORT, _ISSUER_CODE):
        for match in pattern.finditer(text):
            yield Finding(*match.span(1), PASSPORT, 0.9)


def _accounts(text: str) -> Iterator[Finding]:
    for match in _ACCOUNT.finditer(text):
        yield Finding(*match.span(), ACCOUNT, 0.96)
    for match in _IBAN.finditer(text):
        from stdnum import iban

        if iban.is_valid(match[0]):
            yield Finding(*match.span(), ACCOUNT, 0.9)


# -- numbers of orders, contracts, shipments, claims -------------------------------------------------------------

_ID = r"(?=[\w/-]*\d{2})(?:[A-ZА-Я]{1,6}[-/]?)?\d[\w]*(?:[-/_][\w]+)*"
_ID_TOKEN = re.compile(_ID)
_NUMBER_WORDS = (
    r"(?:заказ|договор|контракт|накладн|экспедиторск|претензи|заявк|обращени|тикет|трек|отправлени|отправк|посылк|квитанци|чек|"
    r"лицев\w+ сч[её]т|абонент|полис|рекламаци|перевозк|груз|сч[её]т|ттн|тн|упд|"
    r"order|tracking|invoice|ticket|waybill|contract|claim)"
)
_NUMBER_STEMS = words_of(  # every alternative above holds one of these: the cheap test before the dear pattern
    "заказ договор контракт накладн экспедиторск претензи заявк обращени тикет трек отправ посылк квитанци чек "
    "лицев абонент полис рекламаци перевозк груз счёт счет ттн тн упд order tracking invoice ticket waybill "
    "contract claim "
)
_BRIDGE = (
    r"(?:[ \u00a0]?(?:с|под|за|по|его|мой|вот|такой|клиента|заказа|трек-?)?"
    r"[ \u00a0]?(?:номер\w*|код\w*|№|#|n|no|number|id))?"
)
_REFERENCE = re.compile(
    rf"(?<![а-яёa-z/.]){_NUMBER_WORDS}[а-яёa-z-]{{0,8}}{_BRIDGE}[ \u00a0]?[№#:—–-]{{0,2}}[ \u00a0]?[№#]?[ \u00a0]?"
    rf"(?P<id>{_ID})(?P<more>(?:(?:, ?| и | или |; ?){_ID})*)",
    re.IGNORECASE,
)
_NUMERO = re.compile(rf"(?<![а-яё])(?P<word>[а-яё]*)[ \u00a0]?№[ \u00a0]?(?P<id>{_ID})", re.IGNORECASE)
_SPACED = re.compile(
    rf"{_NUMBER_WORDS}\w{{0,8}}[ \u00a0]?(?:номер|№|#)[ \u00a0:]{{0,2}}(?P<id>\d{{2,5}}(?:[ -]\d{{2,5}}){{1,4}})(?!\d)",
    re.I,
)
_BEHIND = re.compile(
    rf"(?<![\w-])(?P<id>{_ID})(?: ?[-–—(:,]? ?)(?:это )?(?:мой |наш )?(?:номер|№|код) {_NUMBER_WORDS}", re.IGNORECASE
)
_NAMED_NUMBER = re.compile(rf"(?<![а-яё])номер\w{{0,2}}[ \u00a0]?[:—–-]?[ \u00a0](?P<id>{_ID})", re.IGNORECASE)
_LETTERED = re.compile(r"(?<![\w-])(?!ГОСТ|ISBN|ISO|ТУ)[A-ZА-Я]{1,4}-\d{6,10}(?![\w-])")  # ВР-1883018
_POSTAL = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{9}[A-Z]{2}(?![A-Za-z0-9])")  # UPU S10
_PUBLIC_NUMBERS = re.compile(
    r"закон|фз|постановл|приказ|стат|тариф|пункт|гост|форм|школ|пп|дом|лет|кабинет|прилож", re.IGNORECASE
)


def _reference_numbers(text: str) -> Iterator[Finding]:
    lowered = text.lower()
    has_word = any(stem in lowered for stem in _NUMBER_STEMS)
    for match in _REFERENCE.finditer(text) if has_word else ():
        yield from _reference(text, match.start("id"), match.end("id"), 0.75)
        for token in _ID_TOKEN.finditer(text, match.start("more"), match.end("more")):
            yield from _reference(text, *token.span(), 0.7)
    for match in _SPACED.finditer(text) if has_word else ():
        if _DATE.search(match["id"]) is None and not _MONEY_OR_UNIT.match(text, match.end("id")):
            yield Finding(*match.span("id"), NUMBER, 0.76)
    for match in _NUMERO.finditer(text) if "№" in text else ():
        if not _PUBLIC_NUMBERS.match(match["word"]):
            yield from _reference(text, match.start("id"), match.end("id"), 0.65)
    for match in _BEHIND.finditer(text) if has_word else ():
        yield from _reference(text, match.start("id"), match.end("id"), 0.65)
    for match in _NAMED_NUMBER.finditer(text) if "номер" in lowered else ():
        if len(digits_of(match["id"])) >= 6:
            yield from _reference(text, match.start("id"), match.end("id"), 0.55)
    for match in [*_POSTAL.finditer(text), *_LETTERED.finditer(text)]:
        yield Finding(*match.span(), NUMBER, 0.66)


def _reference(text: str, start: int, end: int, score: float) -> Iterator[Finding]:
    """A token beside a word for an order is its number when it is long enough and no price, date or amount."""
    token = text[start:end]
    numeral = digits_of(token)
    is_year = len(numeral) == 4 and numeral[:2] in {"19", "20"}
    starts_marked = text[max(0, start - 2) : start].rstrip().endswith(("№", "#"))
    least = 4 if starts_marked or re.search(r"[A-Za-zА-Яа-я]", token) else 5
    dated = _DATE.match(text, start)
    if len(numeral) < least or (is_year and len(token) == 4) or (dated and dated.end() >= end):
        return
    if _MONEY_OR_UNIT.match(text, end) or re.match(r"[.,]\d", text[end : end + 2]):
        return
    yield Finding(start, end, NUMBER, score)


# -- number plates -----------------------------------------------------------------------------------------------

_PLATE_LETTERS = "АВЕКМНОРСТУХABEKMHOPCTYX"
_PLATE = re.compile(
    rf"{_LEFT}[{_PLATE_LETTERS}] ?\d{{3}} ?[{_PLATE_LETTERS}]{{2}}[ /|]?(?:[1279]\d\d|\d\d)(?: ?(?:RUS|РУС))?{_RIGHT}"
)
_SMALL_PLATE = re.compile(
    rf"{_LEFT}[{_PLATE_LETTERS.lower()}]\d{{3}}[{_PLATE_LETTERS.lower()}]{{2}} ?(?:[1279]\d\d|\d\d){_RIGHT}"
)
_NAMED_PLATE = re.compile(
    rf"(?i:гос\.? ?номер\w*|госзнак|номер\w* (?:машин|авто|прицеп|тс)\w*|прицеп\w*|машин\w|авто|г/н)[ :№-]{{0,3}}"
    rf"((?:[{_PLATE_LETTERS}{_PLATE_LETTERS.lower()}] ?\d{{3}} ?[{_PLATE_LETTERS}{_PLATE_LETTERS.lower()}]{{2}}|"
    rf"[{_PLATE_LETTERS}{_PLATE_LETTERS.lower()}]{{2}} ?\d{{3,4}})(?: ?\d{{2,3}})?){_RIGHT}"
)


def _plates(text: str) -> Iterator[Finding]:
    for pattern in (_PLATE, _SMALL_PLATE):
        for match in pattern.finditer(text):
            yield Finding(*match.span(), PLATE, 0.85)
    for match in _NAMED_PLATE.finditer(text):
        yield Finding(*match.span(1), PLATE, 0.86)
