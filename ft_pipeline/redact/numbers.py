"""Personal data made of digits: phones, cards, documents, accounts.

Here: one small recogniser per kind; a shape, a checksum where there is one, a keyword where the shape alone says too
little. Prices, times, dates, percents, weights and numbers without context are nobody's business and stay.
Not here: numbers of orders and contracts, plates (references.py), names, addresses, e-mail (their own modules), what
belongs to the company itself (masking).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ft_pipeline.redact.documents import find_documents
from ft_pipeline.redact.findings import (
    ACCOUNT,
    CARD,
    INN,
    PASSPORT,
    PHONE,
    SNILS,
    Finding,
    RedactionError,
    digits_of,
)
from ft_pipeline.redact.mistyped import PASSPORT as MISTYPED_PASSPORT
from ft_pipeline.redact.mistyped import is_mistyped

GAP = r"[ \t\u00a0\u2009\u202f().\-\u2010-\u2015]"
LEFT, RIGHT = r"(?<![0-9A-Za-zА-Яа-яЁё_])", r"(?![0-9A-Za-zА-Яа-яЁё_])"
_MARK = r"[ \u00a0\u2009\u202f.\-\u2010-\u2015]{0,2}"  # between the groups of a document's number
MONEY_OR_UNIT = re.compile(
    r"\s{0,2}(?:₽|\$|€|%|(?:тыс|млн|руб|рубл\w+|р|коп\w*|долл\w*|евро|кг|гр(?:амм\w{0,2})?|г|тонн\w{0,2}|т|шт|"
    r"штук\w{0,2}|см|мм|м|м2|м3|м²|м³|куб\w*|"
    r"км|мл|л|литр\w{0,2}|мин(?:ут\w?)?|час(?:а|ов|у|ам)?|сек(?:унд\w?)?|дн(?:ей|я|ю|ям)|день|суток|сутки|лет|"
    r"год(?:а|у|ов|ам)?|"
    r"месяц\w{0,3}|недел\w{1,2}|процент\w{0,3}|просмотр\w{0,3}|подписчик\w{0,3}|человек\w?|раза?|квт\w{0,2}|ватт?|"
    r"мах|балл\w{0,2}|бонус\w{0,3}|"
    r"байт\w?|[мгкт]б|мбит\w*|мегабит\w*|пикс\w*|домов|экз\w*)(?![а-яёa-z]))",
    re.IGNORECASE,
)
DATE = re.compile(  # 31.12.2026; but 12-34-56 is the end of a phone
    r"(?<!\d)(?:(?:0?[1-9]|[12]\d|3[01])[./-](?:0?[1-9]|1[0-2])[./-](?:\d{4}|\d{2})|\d{4}[./-]\d{2}[./-]\d{2})(?!\d)"
)
_RUN = re.compile(rf"\d(?:{GAP}{{0,3}}\d){{4,}}")


def longest_run(text: str) -> int:
    """Digits of the longest run of five or more, whatever separates them; 0 where there is none.

    It says which kinds of numbers can be there at all: most texts hold prices, dates and days, and pay for this only.
    """
    return max((len(digits_of(run)) for run in _RUN.findall(text)), default=0)


def find_numbers(text: str, lowered: str, *, longest: int) -> Iterator[Finding]:
    """All findings of this module; overlapping ones are left to the caller.

    Args:
        text: any text with a run of digits.
        lowered: the same in small letters.
        longest: its `longest_run`.
    """
    yield from _phones(text, longest)
    if longest >= 13 or "iban" in lowered or "ибан" in lowered:
        yield from _ibans(text)
    if longest >= 13:
        yield from _cards(text)
        yield from _accounts(text, longest)
    if longest >= 8:
        yield from _tax_ids(text, lowered, longest)
        if "бик" in lowered:
            for match in _BANK_CODE.finditer(lowered):
                yield Finding(*match.span(1), ACCOUNT, 0.93)
    if longest >= 11:
        yield from _snils(text)
    if longest >= 6:
        yield from _passports(text, lowered, longest)
        yield from find_documents(text, lowered)


def _before(text: str, start: int, words: re.Pattern[str], *, reach: int = 40) -> bool:
    """Does a keyword stand within `reach` characters before a position, on the same line?"""
    window = text[max(0, start - reach) : start].rsplit("\n", 1)[-1]
    return words.search(window) is not None


# -- phones ------------------------------------------------------------------------------------------------------

_RU_PHONE = re.compile(
    rf"(?<![0-9A-Za-zА-Яа-яЁё_+])(?<![0-9]-)(?:\+ ?7|7|8)(?:{GAP}{{0,3}}\d){{10}}(?![0-9A-Za-z_]|/\d{{1,4}}(?!\d))"
)
_GLUED_PHONE = re.compile(r"(?<=[а-яёА-ЯЁ:])(?:\+7|8)[ -]?\(?9\d{2}\)?[ -]?\d{3}[ -]?\d{2}[ -]?\d{2}(?!\d)")
_FOREIGN_PHONE = re.compile(rf"\+ ?\d(?:{GAP}{{0,2}}\d){{7,14}}(?!\d)")
_SHORT_PHONE = re.compile(rf"{LEFT}\(?\d{{3,5}}\)?{GAP}{{0,2}}\d{{1,3}}{GAP}?\d{{2}}{GAP}?\d{{2}}{RIGHT}")
_LOCAL_PHONE = re.compile(
    rf"{LEFT}\d{{1,3}}[ \u2010-\u2015-]\d{{2}}[ \u2010-\u2015-]\d{{2}}{RIGHT}|{LEFT}\d{{6,7}}{RIGHT}"
)
_LONG_PHONE = re.compile(rf"{LEFT}\d(?:{GAP}{{0,2}}\d){{10,12}}{RIGHT}")
_SPREAD_PHONE = re.compile(rf"{LEFT}(?:[78] )?9(?: \d){{9}}{RIGHT}")  # 9 1 6 1 2 3 4 5 6 7
_BARE_MOBILE = re.compile(rf"{LEFT}9\d{{9}}{RIGHT}")
_NO_PHONE_BEFORE = re.compile(
    r"(?:арт\w*\.?|штрих-?код\w*|код\w*|модел\w+|ошибк\w+|верси\w+|sku|ean|isbn|товар\w*|окпо|октмо|лиценз\w+|инн|"
    r"id|билд\w*|build|версия|серийн\w+|s/n|№|#|=|/)[^\n\d]{0,6}$"
)
_DIRECTLY_CALLED = re.compile(r"(?:факс|тел(?:ефон)?|моб)\.?[ :№]{1,3}$", re.IGNORECASE)
_EXTENSION = re.compile(
    r"[ ,;(]{0,3}(?:доб(?:авочн\w+)?|внутр?(?:енн\w+)?|вн|ext)\.?[ :№]{0,2}\d{1,6}(?!\d)\)?", re.IGNORECASE
)
_PHONE_WORDS = re.compile(
    r"тел(?:ефон\w*)?\b|тлф|\bт\.|моб(?:ильн\w+|ил\w*)?\b|сот(?:ов\w+)?\b|звон\w*|набери\w*|набир\w+|дозвон\w*|whats "
    r"?app|"
    r"во?[тц]с?ап\w*|вайбер\w*|viber|phone|call me|контактн\w+|контакт\b|мой номер|номер для связи|смс\w*(?: на)?|"
    r"городск\w+|факс\w*|номер (?:клиента|абонента|получателя|отправителя|водителя|мужа|жены|мамы|сына|дочери|курьера)|"
    r"трубк\w+|симк\w+|сим-карт\w+|пишите|связ[иь]\w*|тилефон\w*|телефо\w*|тлеф\w*|телеф\w*|ном\. тел",
    re.IGNORECASE,
)
_PHONE_WORDS_BEHIND = re.compile(
    r"[ ,.—–-]{1,4}(?:это )?(?:мой |его |её |ее )?(?:тел|моб|номер|перезвон|позвон|звон|набер|вайбер|ват?сап|whats|"
    r"viber|жд|связ)",
    re.IGNORECASE,
)
_DIALLED = re.compile(r"(?:\+ ?7|[78]) ?\(\d{3,5}\)")


def _phones(text: str, longest: int) -> Iterator[Finding]:
    """Phones with the extension that is written behind them."""
    for finding in _bare_phones(text, longest):
        extension = _EXTENSION.match(text, finding.end)
        yield replace(finding, end=extension.end()) if extension else finding


def _bare_phones(text: str, longest: int) -> Iterator[Finding]:
    if longest >= 11:
        yield from _russian_phones(text)
    if longest >= 10:
        yield from _bare_mobiles(text)
    if "+" in text:
        for match in _FOREIGN_PHONE.finditer(text):
            if 10 <= len(digits_of(match[0])) <= 14 or _is_phone("+" + digits_of(match[0])):
                yield Finding(*match.span(), PHONE, 0.85)
    has_word = _PHONE_WORDS.search(text) is not None
    for match in _SHORT_PHONE.finditer(text) if longest >= 10 else ():
        found = digits_of(match[0])
        has_form = re.search(r"\D", match[0]) is not None and found[0] in "3489"
        if len(found) != 10 or DATE.search(match[0]) or MONEY_OR_UNIT.match(text, match.end()):
            continue
        has_cue = (has_word and _before(text, match.start(), _PHONE_WORDS)) or (
            found[0] == "9" and _PHONE_WORDS_BEHIND.match(text, match.end()) is not None
        )
        if (has_form or has_cue) and _is_phone("+7" + found):
            yield Finding(*match.span(), PHONE, 0.8)
    for match in _SPREAD_PHONE.finditer(text) if has_word else ():
        yield Finding(*match.span(), PHONE, 0.8)
    for match in [*_LOCAL_PHONE.finditer(text), *_LONG_PHONE.finditer(text)] if has_word else ():
        is_dated = DATE.search(match[0]) is not None and not _before(text, match.start(), _DIRECTLY_CALLED, reach=12)
        is_free = not is_dated and not MONEY_OR_UNIT.match(text, match.end())
        if is_free and _before(text, match.start(), _PHONE_WORDS, reach=25):
            yield Finding(*match.span(), PHONE, 0.6)


def _bare_mobiles(text: str) -> Iterator[Finding]:
    """Ten digits in one piece with the code of a mobile network need no word, where none denies it."""
    for match in _BARE_MOBILE.finditer(text):
        before = text[max(0, match.start() - 24) : match.start()].lower()
        if MONEY_OR_UNIT.match(text, match.end()) or _NO_PHONE_BEFORE.search(before):
            continue
        if _is_phone("+7" + match[0]):
            yield Finding(*match.span(), PHONE, 0.5)


def _russian_phones(text: str) -> Iterator[Finding]:
    for pattern in (_RU_PHONE, _GLUED_PHONE):
        for match in pattern.finditer(text):
            # its form says enough, whether the code is given out or not
            is_dialled = _DIALLED.match(match[0]) is not None
            has_word = _before(text, match.start(), _PHONE_WORDS)
            is_phone = has_word or is_dialled or _is_phone("+7" + digits_of(match[0])[1:])
            if is_phone and (is_dialled or match[0].startswith("+") or DATE.search(match[0]) is None):
                yield Finding(*match.span(), PHONE, 0.9)


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

_CARD = re.compile(rf"{LEFT}\d(?:{_MARK}\d){{12,18}}{RIGHT}")
_GROUPED_CARD = re.compile(r"\d{4}(?:[ -]\d{4}){3}(?=[ -])")
_NUMBER_GOES_ON = re.compile(r"[ -]\d{2,}")
_CARD_WORDS = re.compile(
    r"карт[аеуыо]|карточ|visa|master ?card|виза|мастеркард|\bмир\b|маэстро|card|оплат|перевед|перевод|спис[аы]|зачисл|"
    r"пополн|привяз|кинуть|скинь|верните на",
    re.IGNORECASE,
)
_CARD_BESIDE = re.compile(r"(?:карт\w*|карточ\w*|\bмир|visa|mastercard)[ :№#]{0,3}$", re.IGNORECASE)
# what a receipt prints of a card: **** 1234, 427638******1234, 4276 **** **** 1234
_STARRED_CARD = re.compile(
    r"(?<![\w*])(?:\d{4,6}[ -]?|\d{4} \d{2})?(?:[*•·xXхХ]{2,4}[ -]?){1,3}[*•·xXхХ]{0,4}\d{4}(?!\w)|(?<![\w*])"
    r"[*•]{1,4} ?\d{4}(?!\w)"
)
_LAST_FOUR = re.compile(
    r"(?:(?:последн\w+|крайни\w*|конечн\w+) (?:4 |четыре )?цифр\w*(?: карт\w+)?(?: номера)?|"
    r"карт\w*(?: \w+)? (?:оканчива\w+|заканчива\w+|кончает\w+) на|карт\w* (?:с )?(?:окончани\w+|концовк\w+)|"
    r"карт\w* на конце)"
    r"[ :—–-]{1,3}(\d{4})(?!\w)",
    re.IGNORECASE,
)
_INN = re.compile(rf"{LEFT}(?:\d{_MARK}){{9}}(?:\d{_MARK}\d)?\d{RIGHT}|{LEFT}\d{{10}}(?:\d\d)?{RIGHT}")
_GLUED_INN = re.compile(rf"(?i:(?<![а-яё])инн|(?<![a-z])inn)(\d{{10}}(?:\d\d)?){RIGHT}")
_INN_WORDS = re.compile(r"(?:(?<![а-яё])инн|(?<![a-z])inn)[^0-9\n]{0,15}$", re.IGNORECASE)
_INN_NEAR = re.compile(r"(?<![а-яё])инн(?![а-яё])", re.IGNORECASE)
_OGRN = re.compile(
    rf"{LEFT}\d(?:{_MARK}\d){{12}}(?:{_MARK}\d{_MARK}\d)?{RIGHT}|(?<=[нп])\d{{13}}(?:\d\d)?{RIGHT}", re.IGNORECASE
)
_OGRN_WORDS = re.compile(r"огрн(?:ип)?[^0-9\n]{0,15}$", re.IGNORECASE)
_OTHER_TAX_ID = re.compile(  # of companies and of neighbouring countries
    r"(?<![а-яё])(?:унп|бин|иин|пинфл|окпо|инпс|жшшир|стир|рнокпп|еик|рнн)\b[^0-9\n]{0,12}(\d(?:[ -]?\d){7,13})(?![\w])"
)
_KPP = re.compile(r"(?i:кпп)[^0-9\n]{0,5}(\d{9})(?!\d)|(?<=\d/)(\d{9})(?!\d)|(?<=■/)(\d{9})(?!\d)")
_SNILS = re.compile(rf"{LEFT}\d{{3}}{_MARK}\d{{3}}{_MARK}\d{{3}}{_MARK}\d{{2}}{RIGHT}")
_SNILS_FORM = re.compile(r"\d{3}-\d{3}-\d{3}[ -]\d{2}")
_SNILS_WORDS = re.compile(
    r"(?:снилс|с[нт]илс|снлис|страх\w*\.? (?:н[оа]м\w*|свид\w*)|пенсионн\w+(?: \w+)?)[^0-9\n]{0,20}$", re.IGNORECASE
)


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
        if MONEY_OR_UNIT.match(text, match.end()) or found[0] not in "23456":
            continue
        grouped = _GROUPED_CARD.match(match[0])
        if grouped and len(found) > 16 and _NUMBER_GOES_ON.match(text, match.end()):  # a phone behind a card
            yield Finding(match.start(), match.start() + grouped.end(), CARD, 0.97)
            continue
        has_word = _before(text, match.start(), _CARD_WORDS)
        is_sound = passes_luhn(found) and len(set(found)) > 1
        if is_sound and (len(found) == 16 or has_word):
            yield Finding(*match.span(), CARD, 0.95)
        elif has_word and len(found) in (16, 18, 19):
            is_beside = _before(text, match.start(), _CARD_BESIDE)
            yield Finding(*match.span(), CARD, 0.92 if is_beside else 0.6)


def find_shown_cards(text: str, lowered: str) -> Iterator[Finding]:
    """The four digits that a receipt shows of a card, beside a word for it."""
    if "*" in text or "•" in text or "xxx" in lowered or "ххх" in lowered:
        for match in _STARRED_CARD.finditer(text):
            is_long = len(digits_of(match[0])) > 4
            if is_long or _before(text, match.start(), _CARD_WORDS):
                yield Finding(*match.span(), CARD, 0.65)
    if "карт" in lowered or "цифр" in lowered:
        for match in _LAST_FOUR.finditer(text):
            if "карт" in lowered[max(0, match.start() - 40) : match.end() + 20]:
                yield Finding(*match.span(1), CARD, 0.65)


def _tax_ids(text: str, lowered: str, longest: int) -> Iterator[Finding]:
    if longest >= 10 and ("инн" in lowered or "inn" in lowered):
        for match in _INN.finditer(text):
            if _before(text, match.start(), _INN_WORDS, reach=20):
                yield Finding(*match.span(), INN, 0.9)
            elif len(match[0]) == 10 and _before(text, match.start(), _INN_NEAR, reach=60) and _is_inn(match[0]):
                yield Finding(*match.span(), INN, 0.6)
        for match in _GLUED_INN.finditer(text):
            yield Finding(*match.span(1), INN, 0.9)
    if longest >= 8:
        for match in _OTHER_TAX_ID.finditer(lowered) if len(lowered) == len(text) else ():
            yield Finding(*match.span(1), INN, 0.91)
    if longest >= 12:
        yield from _bare_inn(text)
    if "огрн" in lowered:
        for match in _OGRN.finditer(text):
            if _before(text, match.start(), _OGRN_WORDS, reach=22):
                yield Finding(*match.span(), INN, 0.9)
    if "кпп" in lowered:
        for match in _KPP.finditer(text):
            group = next(index for index in (1, 2, 3) if match[index])
            yield Finding(*match.span(group), INN, 0.9)


def _bare_inn(text: str) -> Iterator[Finding]:
    """A person's ИНН whose check digits are right needs no word."""
    for match in _INN.finditer(text):
        if len(match[0]) == 12 and match[0].isdigit() and _is_inn(match[0]):
            yield Finding(*match.span(), INN, 0.8)


def _is_inn(digits: str) -> bool:
    try:
        from stdnum.ru import inn
    except ImportError as error:
        raise RedactionError("python-stdnum is not installed; install ft-pipeline with its dependencies") from error
    return bool(inn.is_valid(digits))


def _snils(text: str) -> Iterator[Finding]:
    for match in _SNILS.finditer(text):
        found = digits_of(match[0])
        if _before(text, match.start(), _SNILS_WORDS, reach=40):
            yield Finding(*match.span(), SNILS, 0.95)
        elif _SNILS_FORM.fullmatch(match[0]):
            yield Finding(*match.span(), SNILS, 0.88)
        elif passes_snils(found) and not MONEY_OR_UNIT.match(text, match.end()) and len(set(found)) > 1:
            yield Finding(*match.span(), SNILS, 0.7)


# -- passports and accounts --------------------------------------------------------------------------------------

_PASSPORT = re.compile(
    rf"{LEFT}\d{{2}}[ \u00a0-]?\d{{2}}(?:[ \u00a0]*|-|/|, ?)"
    rf"(?:(?:[,;]? ?(?i:ном(?:ер|\.))|№|N|n|no\.?)[ \u00a0:]*)?"
    r"\d{3}[ \u00a0]?\d{3}(?!\d)"  # the next sentence may be glued to it
)
_PASSPORT_FORM = re.compile(
    r"\d{2} \d{2} (?:№ ?)?\d{6}|\d{4} \d{6}|\d{4} ?№ ?\d{6}|\d{2} ?\d{2} номер \d{6}", re.IGNORECASE
)
_WORD_BEFORE = re.compile(r"([а-яё]{5,})[ :]{1,2}$")
_ISSUED = re.compile(r"[ ,]{1,3}выдан", re.IGNORECASE)
_PASSPORT_WORDS = re.compile(
    r"п[ао]с+п+[оа]рт|пасп\b|пас-т|п-т\b|(?<![а-яё])п/п|сери[яиюей]|\bсер\.|passport|документ\w*|доверенн|удостов|"
    r"личность",
    re.IGNORECASE,
)
_FOREIGN_PASSPORT = re.compile(
    r"(?i:загран\w*|заграничн\w+|п[ао]спп?[оа]рт\w*)[^0-9\n]{0,30}(\d{2}[ -]?(?:(?:№|n|номер) ?)?\d{3}[ ]?\d{4})(?!\d)",
    re.IGNORECASE,
)
_ISSUER_CODE = re.compile(r"(?i:код подр\w*|к/п)[^0-9\n]{0,5}(\d{3}[ ]?-[ ]?\d{3})(?!\d)")
_ACCOUNT = re.compile(rf"{LEFT}\d(?:{_MARK}\d){{19}}{RIGHT}")
_BUDGET_CODE = re.compile(r"кбк", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){3,7}(?: ?[A-Za-z0-9]{1,3})?\b")
_IBAN_WORD = re.compile(r"iban|ибан|сч[её]т", re.IGNORECASE)
_BANK_CODE = re.compile(r"(?<![а-яё])бик\b[^0-9\n]{0,12}(\d{2}[ -]?\d{2}[ -]?\d{2}[ -]?\d{3})(?!\d)")


def _passports(text: str, lowered: str, longest: int) -> Iterator[Finding]:
    has_word = _PASSPORT_WORDS.search(lowered) is not None
    if longest >= 10 or has_word or "№" in text or "выдан" in lowered or "номер" in lowered:
        for match in _PASSPORT.finditer(text):
            if (has_word and _before(text, match.start(), _PASSPORT_WORDS, reach=60)) or _ISSUED.match(
                text, match.end()
            ):
                yield Finding(*match.span(), PASSPORT, 0.92)
            elif _PASSPORT_FORM.fullmatch(match[0]) and not MONEY_OR_UNIT.match(text, match.end()):
                yield Finding(*match.span(), PASSPORT, 0.66)
            else:
                word = _WORD_BEFORE.search(lowered[max(0, match.start() - 20) : match.start()])
                if word and is_mistyped(word[1], MISTYPED_PASSPORT):
                    yield Finding(*match.span(), PASSPORT, 0.66)
    for pattern in (_FOREIGN_PASSPORT, _ISSUER_CODE) if has_word or "код" in lowered or "к/п" in lowered else ():
        for match in pattern.finditer(text):
            yield Finding(*match.span(1), PASSPORT, 0.9)


def _accounts(text: str, longest: int) -> Iterator[Finding]:
    for match in _ACCOUNT.finditer(text) if longest >= 20 else ():
        if not _before(text, match.start(), _BUDGET_CODE, reach=16):
            yield Finding(*match.span(), ACCOUNT, 0.96)


def _ibans(text: str) -> Iterator[Finding]:
    for match in _IBAN.finditer(text):
        from stdnum import iban

        if iban.is_valid(match[0]) or _before(text, match.start(), _IBAN_WORD, reach=16):
            yield Finding(*match.span(), ACCOUNT, 0.96)
