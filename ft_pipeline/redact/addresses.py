"""Postal addresses: a street and a house, in the order and with the abbreviations in which people write them.

Here: recognisers by street and house words, in any case of letters; the morphological dictionary says whether the words
between can be a title ("улица ленина 5") or are a sentence ("на улице было 5 человек"). A city alone is no address and
stays, as delivery questions need it; so does a street without a house. Not here: how far an address reaches beside its
street (localities.py), e-mail and handles (contacts.py), the company's own address (masking).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ft_pipeline.redact.addresses_latin import find_latin_addresses
from ft_pipeline.redact.findings import ADDRESS, Finding, words_of
from ft_pipeline.redact.localities import find_bare_streets, widened
from ft_pipeline.redact.morphology import read_word
from ft_pipeline.redact.numbers import MONEY_OR_UNIT

_SHORT = (
    r"(?:ул|у-ца|улиц|пр-?к?т|просп|пр|пер|пр-?зд|б-?р|бульв|бул|наб|мкрн?|м-н|мк-?р?-?н|пр-?д|туп|ш|пл|кв-л|ал|тр-т)"
    r"\b\.?"
)
_LONG = (
    r"(?:ул[иеь]ц[аеуы]|улицей|пр[оа]спект[еау]?|пер[еи]ул(?:ок|ке|ка|ку)|шоссе|бульвар[еау]?|наб[еи]режн(?:ая|ой|ую)"
    r"|микр[оа]район[еа]?|"
    r"площад[ьи]|проезд[еа]?|тупик[еа]?|алле(?:я|е|и|ю)|квартал[еа]?|тракт[еа]?|просек[аеу]?)"
)
_STREET = rf"(?:{_SHORT} ?|{_LONG} )"
_STREET_BEHIND = rf"(?:лини[яиюе]|(?:ул|у-ца|пр-?к?т|просп|пр|пер|б-?р|наб|пр-?д|ш|пл|туп)\b\.?|{_LONG})"
_ORDINAL = r"(?:\d{1,3}(?:-?(?:[а-я]|го|ый|ий|ой|ая|лет|летия))? )?"
_SMALL_PARTS = (
    r"реки|канала|имени|академика|генерала|маршала|адмирала|космонавт\w+|л[её]тчика|геро[яе]\w*|братьев|капитана|"
    r"полковника|"
    r"лейтенанта|профессора|доктора|архитектора|художника|писателя|поэта|композитора|партизан\w*|комиссара|ивана|"
    r"карла|розы|"
    r"максима|богдана|зои|юрия|петра|александра|николая|сергея|михаила|павла|демьяна|степана|больш\w+|мал\w+|стар\w+|"
    r"нов\w+|верхн\w+|нижн\w+|средн\w+|перв\w+|втор\w+|красн\w+|1-\w|2-\w|3-\w"
)
_TITLE = (
    rf"{_ORDINAL}(?:им\.? ?)?(?:[а-яё]\. ?){{0,2}}[а-яё]{{2,}}\.?(?:[ -](?:[а-яё]\. ?)?[а-яё]{{2,}}){{0,2}}?|"
    r"\d{1,3}[- ](?:я|й|го|лет|летия)(?: [а-яё]+){1,3}?"
)
_SEP = r"[ ,;\u00a0]{1,3}"
_HOUSE = r"\d{1,4}(?:[кс]\d{1,3}| ?[а-я](?![а-яё\d]))?(?:[/-]\d{1,4}[а-я]?)?"
_HOUSE_WORD = r"(?:д\.?|дом\w?|дм|влд?\.?|владение|зд\.?|здание|уч\.?|участок|двлд\.?|домовладение|№)"
_PART_WORD = (
    r"(?:к|корп|корпус\w?|стр|строение|лит|литера|под|подъезд\w?|под-д|п|пд|эт|этаж\w?|кв|ква?р?тир[аеуы]|кв-ра|оф|"
    r"офис\w?|пом|помещ\w*|"
    r"ком|комнат[аеы]|домофон|секция|блок|апартамент\w*|апарт|ап)"
)
_PARTS = (
    rf"(?:[ ,;\u00a0]{{0,3}}{_PART_WORD}\.?\s?№?\s?\d{{1,4}}[а-я]?(?![\w²³%])|"
    rf"{_SEP}(?:лит|литера|стр|к|корп)(?:\. ?| )[а-я](?![а-яё])|"
    rf"{_SEP}\d{{1,2}}[ -]?(?:й )?(?:этаж|подъезд)|(?<=\d) ?- ?\d{{1,4}}(?!\d))*"
)
_NUMBERED = rf"(?P<house>{_SEP}(?:{_HOUSE_WORD} ?)?{_HOUSE}{_PARTS})(?![\w²³%]|:\d)"
_FLAT_WORD = r"(?:кв\.? ?|ква?р?тир[аеуы] |кв-ра ?|оф\.? ?|офис\w? |апартаменты? )№? ?\d{1,4}(?![\d²³%]| ?м)"
_BY_STREET = (
    # ул. Ленина, д. 5, кв. 12 · проспект Мира 10/2
    re.compile(rf"(?<![а-яё-]){_STREET}(?P<title>{_TITLE}){_NUMBERED}", re.IGNORECASE),
    # ул. 8 Марта 10 · мкр. 3, дом 7
    re.compile(
        rf"(?<![а-яё-])(?:мкрн?|микрорайон\w?|мк-?р?-?н|м-н|кв-л|квартал)\b\.? ?\d{{1,3}}[а-я]?{_SEP}{_HOUSE_WORD} "
        rf"?{_HOUSE}{_PARTS}",
        re.IGNORECASE,
    ),
)
_REVERSED = re.compile(  # Невский пр., 20 · Кирова ул., 12-3 · 5-я линия, 10
    rf"(?<![а-яё\d-])(?P<title>{_ORDINAL}[а-яё]{{3,}}(?:[ -][а-яё]{{3,}})??|\d{{1,2}}-[яй](?: [а-яё]{{4,}})?) "
    rf"{_STREET_BEHIND}(?: в\.? ?о\.?)?{_NUMBERED}",
    re.IGNORECASE,
)
_SQUARE_METRES = re.compile(r"\.? ?(?:кв\.? ?)?м(?![а-яё])", re.IGNORECASE)
_PREFIX = rf"(?:(?:{_SMALL_PARTS}) )?"
_BY_HOUSE = (
    # Садовая, дом 3, кв 4 · академика павлова д 48 кв 49 · д. 5, кв. 12
    re.compile(
        rf"(?<![а-яё-])(?P<before>{_PREFIX}(?:\d-я )?[а-яё]{{3,}}(?: [а-яё]{{4,}})??,? )??(?:дом\w? |д\. ?|д )"
        rf"№?{_HOUSE}{_SEP}"
        rf"(?:(?:к|корп|корпус|стр|под|подъезд)\.? ?\d{{1,3}}[а-я]?{_SEP})?{_FLAT_WORD}(?:,? (?:по )"
        rf"?{_STREET}[а-яё]{{3,}})?",
        re.IGNORECASE,
    ),
    # квартира 7 дом 5 улица Мира
    re.compile(
        rf"(?<![а-яё-])(?P<before>\b)(?:кв\.? ?|квартира )\d{{1,4}}{_SEP}(?:дом |д\. ?|д )\d{{1,4}}[а-я]?(?:,? (?:по "
        rf")?{_STREET}[а-яё]{{3,}})?",
        re.IGNORECASE,
    ),
    # чкалова 3 кв 4 · братьев кашириных 40 квартира 15 · мира 5 корп 2 кв 11
    re.compile(
        rf"(?<![а-яё-])(?P<before>{_PREFIX}[а-яё]{{3,}}),? {_HOUSE},? (?:(?:к|корп|корпус|стр)\.? ?\d{{1,3}}[а-я]?,? "
        rf")?{_FLAT_WORD}",
        re.IGNORECASE,
    ),
)
# деревня Ольховка, дом 14 · СНТ Ромашка, уч. 15 · ЖК Солнечный, корпус 3, кв. 5
_VILLAGE = re.compile(
    r"(?<![а-яё-])(?:д|дер|деревня|деревне|с|село|селе|пос|п|пос[её]л[оа]?к\w?|пгт|станица|хутор|снт|днп|днт|тсн|кп|"
    r"ст-ца|аул|"
    r"садоводств\w|жк|жилой комплекс|ж/к)\b\.? ?[«\"]?"
    rf"(?P<title>[а-яё]+(?:[ -][а-яё]+)?)[»\"]?,? (?:{_HOUSE_WORD}|корп\.?|корпус) ?{_HOUSE}{_PARTS}(?![\w²³%:])",
    re.IGNORECASE,
)
_POST_BOX = re.compile(r"(?<![а-яё])(?:а/я|абонентский ящик) ?№? ?\d{1,6}(?!\d)", re.IGNORECASE)
_MONTH = r"(?:январ|феврал|март|апрел|ма[йя]|июн|июл|август|сентябр|октябр|ноябр|декабр)"
# адрес: Ленина 5-12 · живу на ленина 5
_BY_CUE = re.compile(
    r"(?:адрес\w*|живу|жив[её]м|жив[её]т|проживаю|проживает|прожива\w+|прописан\w?|прописк\w|зарегистрирован\w?|"
    r"доставить|доставьте|"
    r"привезти|привезите|везите|подвезите|забрать с|заберите с|переезжа\w+|переехал\w?|вызов\w?(?: мастера| врача| "
    r"курьера)?|дом на|квартира на|квартир[аеу] по)"
    r"(?: доставки| регистрации| прописки| проживания| фактический| мне| нам| по| на| с| у)*(?: адресу)?(?: ?[:—-])? "
    r"(?:(?:г\. ?|гор\. |город |городе )?[а-яё][а-яё-]+, |г\. ?[а-яё][а-яё-]+ )?"
    rf"(?P<place>(?:{_PREFIX}(?P<before>[а-яё]{{3,}}(?: [а-яё]{{4,}})?)),? (?:{_HOUSE_WORD} ?)?{_HOUSE}{_PARTS})"
    rf"(?![\w²³%]|[.:]\d|\s?{_MONTH})",
    re.IGNORECASE,
)
_BARE_TOWN = re.compile(r"(?<![А-Яа-яЁё])(?:г|гор)\. ?$")  # its town was taken for the street
_STREET_WORD = re.compile(
    r"(?<![а-яё])(?:(?:ул|у-ца|пр|пр-?к?т|пр-?зд|просп|пер|б-?р|бул|бульв|наб|мкрн?|мк-?р?-?н|м-н|пр-?д|туп|ш|пл|"
    r"кв-л|ал|тр-т)(?![а-яё])|"
    r"ул[иеь]ц[аеуы]|улицей|пр[оа]спект|пер[еи]ул|шоссе|бульвар|наб[еи]реж|микр[оа]район|площад[ьи](?![а-яё])|"
    r"проезд[еа]?(?![а-яё])|тупик|"
    r"алле[яеию](?![а-яё])|квартал[еа]?(?![а-яё])|тракт|лини[яиюе](?![а-яё])|просек)"
)
_HOUSES = re.compile(r"(?:д\.?|дом[а-яё]?|вл\.?|влд\.?|владение|зд\.?|здание|уч\.?|участок|корп\.?|корпус) ?№? ?\d")
_FLATS = re.compile(r"(?:кв\.?|ква?р?тир[аеуы]|кв-ра|оф\.?|офис[а-я]?|апартаменты?) ?№? ?\d")
_CUES = (
    *(
        "адрес",
        "живу",
        "живё",
        "живе",
        "прожива",
        "пропис",
        "зарегистрирован",
        "доставить",
        "доставьте",
        "везит",
        "привез",
    ),
    *("забрать с", "заберите с", "переез", "переех", "вызов", "дом на", "квартир"),
)
_WORDS = re.compile(r"[а-яё]+(?:-[а-яё]+)*", re.IGNORECASE)
_NO_TITLE = words_of(
    "дом доме дома кв квартира квартире офис склад пункт заказ заказа номер номеру этаж подъезд корпус тариф день "
    "дня дней час часов "
    "минут время человек раз цена стоимость сумма около почти всего более менее примерно минимум максимум ещё еще "
    "наш ваш мой этот другой новый рубль срок код цифра версия размер пара шаг вход метро отделение индекс телефон "
    "линия оплата страница строка пункта офиса заявка договор счет счёт мне нам вам ему ей склада помещения комнаты "
    "участка давления поддержки горячую горячая горячей"
)
_DWELLING = re.compile(r"(?:кв|ква?р?тир|корп|под|эт|стр|лит|д\.|дом|влд|офис|оф|,)", re.IGNORECASE)


def find_addresses(text: str, lowered: str) -> Iterator[Finding]:
    """All addresses with their index, region and town; overlapping ones are left to the caller.

    Args:
        text: any text with a digit in it.
        lowered: the same in small letters.
    """
    for found in _streets(text, lowered):
        yield replace(found, start=(place := widened(text, found.start, found.end))[0], end=place[1])
    if ", " in text:
        for start, end in find_bare_streets(text):
            yield Finding(start, end, ADDRESS, 0.85)
    for start, end in find_latin_addresses(text, lowered):
        yield Finding(start, end, ADDRESS, 0.9)
    if "а/я" in lowered or "ящик" in lowered:
        for match in _POST_BOX.finditer(text):
            yield Finding(*match.span(), ADDRESS, 0.8)


def _streets(text: str, lowered: str) -> Iterator[Finding]:
    patterns: list[re.Pattern[str]] = []
    if _STREET_WORD.search(lowered):
        patterns += (*_BY_STREET, _REVERSED)
    if _HOUSES.search(lowered):
        patterns.append(_VILLAGE)
    for pattern in patterns:
        for match in pattern.finditer(text):
            start = match.start() if pattern is not _REVERSED else _trimmed(match)
            if _is_place(text, match, start):
                town = _BARE_TOWN.search(text, max(0, start - 6), start)
                yield Finding(town.start() if town else start, match.end(), ADDRESS, 0.9)
    if _FLATS.search(lowered):
        for pattern in _BY_HOUSE:
            for match in pattern.finditer(text):
                yield Finding(_title_start(text, match), match.end(), ADDRESS, 0.9)
    if any(word in lowered for word in _CUES):
        for match in _BY_CUE.finditer(text):
            if _may_be_title(match["before"]) and not MONEY_OR_UNIT.match(text, match.end()):
                yield Finding(*match.span("place"), ADDRESS, 0.9)


def _trimmed(match: re.Match[str]) -> int:
    """Where a title in front of its street word begins: "надо школьная ул., 85" begins at its second word."""
    first, _, second = match["title"].partition(" ")
    is_second = second and not _may_be_title(first)
    return match.start() + len(first) + 1 if is_second else match.start()


def _is_place(text: str, match: re.Match[str], start: int) -> bool:
    """Are the words between a street word and a number a title, and is the number a house?"""
    groups = match.groupdict()
    title, house = groups.get("title"), groups.get("house") or ""
    if title is None:
        return True
    if not _may_be_title(title[start - match.start() :] if match.start("title") == match.start() else title):
        return False
    if _SQUARE_METRES.match(text, match.end()):
        return False
    return _DWELLING.search(house) is not None or not MONEY_OR_UNIT.match(text, match.end())


def _may_be_title(title: str) -> bool:
    """No word of it is a verb, a preposition or a pronoun."""
    for word in _WORDS.findall(title):
        lower = word.lower()
        reading = read_word(lower)
        if lower in _NO_TITLE or reading.is_verb:
            return False
        if reading.is_function_word and len(lower) > 1 and not reading.surname and lower not in {"им", "лет"}:
            return False
    return True


def _title_start(text: str, match: re.Match[str]) -> int:
    """Where the street begins that stands before a house without the word for one; the house where there is none."""
    before = match["before"]
    if before is None:
        return match.start()
    words = list(_WORDS.finditer(text, *match.span("before")))
    first = match.end("before")
    for word in reversed(words):
        lower = word[0].lower()
        reading = read_word(lower)
        is_street = lower.endswith(("ая", "ой", "ую", "ий", "ый"))
        is_town = (reading.place > 0.3 and not is_street) or text[: word.start()].lower().endswith(
            (" в ", " г. ", " из ", " г ")
        )
        if lower in _NO_TITLE or reading.is_verb or (reading.is_function_word and not reading.surname) or is_town:
            break
        first = word.start()
    house = re.compile(r"[ ,\u00a0]*").match(text, first)
    return house.end() if house else first
