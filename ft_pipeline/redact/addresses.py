"""Postal addresses: a street and a house, in the order and with the abbreviations in which people write them.

Here: recognisers by street and house words. A city alone is no address and stays, as delivery questions need it; so
does a street without a house. Not here: e-mail and handles (contacts.py), the company's own address (masking).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ft_pipeline.redact.findings import ADDRESS, Finding

_SHORT = r"(?:ул|пр-?к?т|просп|пр|пер|б-?р|бул|наб|мкр|мкрн|мк-н|пр-?д|туп|ш|пл|кв-л)\b\.?"
_LONG = (
    r"(?:улиц[аеуы]|проспект[еау]?|переул(?:ок|ке|ка)|шоссе|бульвар[еау]?|набережн(?:ая|ой|ую)|микрорайон[еа]?|"
    r"площад[ьи]|проезд[еа]?|тупик[еа]?|аллея|аллее|квартал[еа]?)"
)
_STREET = rf"(?i:{_SHORT} ?|{_LONG} )"
_STREET_BEHIND = rf"(?i:{_SHORT}|{_LONG})"
_SURE_STREET_BEHIND = rf"(?i:(?:ул|пр-?к?т|просп|пер|б-?р|наб)\b\.?|{_LONG})"
_ORDINAL = r"(?:\d{1,3}(?:-?(?:[йяе]|го|лет|летия))? )?"
_SMALL_PART = r"(?:(?i:реки|канала|имени|академика|генерала|маршала|братьев|героев) |(?i:им)\. ?)?"
_TITLE = (
    rf"(?:{_ORDINAL}{_SMALL_PART}[А-ЯЁ][а-яё]+(?:[ -](?:[А-ЯЁ]\.? ?)?[А-ЯЁ]?[а-яё]+){{0,2}}|8 Марта|"
    r"[А-ЯЁ]\.? ?[А-ЯЁ][а-яё]+)"
)
_ANY_TITLE = rf"{_ORDINAL}[А-ЯЁа-яё]{{3,}}(?:[ -][А-ЯЁа-яё]{{2,}}){{0,2}}?"
_SEP = r"[ ,;\u00a0]{1,3}"
_HOUSE = r"\d{1,4}(?:[кКсС]\d{1,3}| ?[а-яА-Я](?![а-яё\d]))?(?:[/-]\d{1,4}[а-яА-Я]?)?"
_HOUSE_WORD = r"(?:д\.?|дом\w?|влд?\.?|владение|зд\.?|здание|уч\.?|участок)"
_PART_WORD = (
    r"(?:к|корп|корпус\w?|стр|строение|лит|литера|под|подъезд\w?|п|эт|этаж\w?|кв|квартир[аеуы]|оф|офис\w?|пом|помещ\w*|"
    r"ком|комнат[аеы]|домофон)"
)
_PARTS = (
    rf"(?:{_SEP}{_PART_WORD}\.?\s?№?\s?\d{{1,4}}[а-яА-Я]?(?![\w²³%])|"
    rf"{_SEP}(?:лит|литера|стр|к|корп)\.? ?[А-Яа-я](?![а-яё])|"
    rf"{_SEP}\d{{1,2}}[ -]?(?:й )?(?:этаж|подъезд)|(?<=\d) ?- ?\d{{1,4}}(?!\d))*"
)
_NUMBERED = rf"{_SEP}(?:(?i:{_HOUSE_WORD}) ?)?{_HOUSE}(?i:{_PARTS})(?![\w²³%:])"
_FLAT = rf"{_HOUSE}(?:{_SEP}(?:кв|квартира|корп|корпус|к|стр)\.? ?\d{{1,4}})+"
_MONTH = r"(?:январ|феврал|март|апрел|ма[йя]|июн|июл|август|сентябр|октябр|ноябр|декабр)"
_BY_STREET = (
    # ул. Ленина, д. 5, кв. 12 · проспект Мира 10/2 · мкр. 3, дом 7
    re.compile(rf"(?<![А-Яа-яЁё-]){_STREET}{_TITLE}{_NUMBERED}"),
    re.compile(
        r"(?<![А-Яа-яЁё-])(?i:мкрн?|микрорайон|кв-л|квартал)\b\.? ?\d{1,2}[а-яА-Я]?"
        rf"{_SEP}(?i:{_HOUSE_WORD}) ?{_HOUSE}(?i:{_PARTS})"
    ),
    # Невский пр., 20 · Кирова ул., 12-3
    re.compile(rf"(?<![А-Яа-яЁё-])[А-ЯЁ][а-яё]+(?:[ая]я|ий|ый|ой|ом) {_STREET_BEHIND}{_NUMBERED}"),
    re.compile(rf"(?<![А-Яа-яЁё\d-]){_TITLE} {_SURE_STREET_BEHIND}{_NUMBERED}"),
    # ул ленина 5 кв 3 · улица ленина дом 5: in small letters a flat, the word for a house or an end must follow
    re.compile(
        rf"(?<![а-яё-])(?:(?:ул\.?|пр-?к?т|пр\.|просп\.?|пер\.?|б-р|наб\.?|мкр\.?)(?: |(?<=\.))|(?:{_LONG}) )"
        rf"{_ANY_TITLE}(?:{_SEP}(?:{_HOUSE_WORD} ?{_HOUSE}{_PARTS}|{_FLAT}|\d{{1,4}}[а-я]?-\d{{1,4}}(?![\w-])|"
        rf"{_HOUSE}(?=\s*(?:[,.;!?\n]|$)))|, ?{_HOUSE}{_PARTS}(?![\w²³%:-]))",
        re.IGNORECASE,
    ),
)
_FLAT_WORD = r"(?:кв\.? ?|квартира |оф\.? ?|офис )\d{1,4}(?![\d²³%]| ?м)"
_BEFORE_HOUSE = (  # Садовая, дом 3, кв 4: a title without the word for a street; but "в Казани, дом 3, кв 4"
    r"(?:(?<!\b[вг] )(?<!\bво )(?<!\bиз )(?<!\bг\. )(?<!\bг\.)"
    r"\b(?:\d-я )?[а-яё]{2,}(?:ская|цкая|ная|вая|тая|лая|рая|ова|ева|ёва|ина|ына|ого),? )?"
)
_BY_HOUSE = (
    # д. 5, кв. 12
    re.compile(
        rf"(?<![а-яё-]){_BEFORE_HOUSE}(?:дом\w? |д\. ?|д )№?{_HOUSE}{_SEP}"
        rf"(?:(?:к|корп|корпус|стр|под|подъезд)\.? ?\d{{1,3}}[а-я]?{_SEP})?{_FLAT_WORD}",
        re.IGNORECASE,
    ),
    # чкалова 3 кв 4
    re.compile(
        r"(?<![а-яё-])(?:[а-яё]{3,}(?:ская|цкая|ная|вая|ова|ева|ёва|ина)|[А-ЯЁ][а-яё]{3,}),? "
        rf"{_HOUSE},? (?i:{_FLAT_WORD})"
    ),
)
# деревня Ольховка, дом 14
_VILLAGE = re.compile(
    r"(?<![а-яё-])(?:д|дер|деревня|с|село|пос|пос[её]лок|пгт|станица|хутор|снт|днп|тсн)\b\.? ?«?"
    rf"[а-яё]+(?:[ -][а-яё]+)?»?,? (?:{_HOUSE_WORD}) ?{_HOUSE}{_PARTS}(?![\w²³%:])",
    re.IGNORECASE,
)
# адрес: Ленина 5-12
_BY_CUE = re.compile(
    r"(?i:адрес\w*|живу|проживаю|прописан\w?|зарегистрирован\w?|доставить|привезти|привезите)"
    r"(?: доставки| на| по)?(?: адресу)?(?: ?[:—-])? (?:(?:г\. ?)?[А-ЯЁ][а-яё-]+, |г\. ?[А-ЯЁ][а-яё-]+ )?"
    rf"(?P<place>[А-ЯЁ][а-яё]{{3,}}(?: [А-ЯЁ][а-яё]+)?,? (?:{_HOUSE_WORD} ?)?{_HOUSE}{_PARTS})"
    rf"(?![\w²³%:.]|\s?{_MONTH})"
)
_BARE_TOWN = re.compile(r"(?<![А-Яа-яЁё])(?:г|гор)\. ?$")  # its town was taken for the street
_STREET_WORD = re.compile(
    r"(?<![а-яё])(?:(?:ул|пр|пр-?к?т|просп|пер|б-?р|бул|наб|мкрн?|мк-н|пр-?д|туп|ш|пл|кв-л)(?![а-яё])|"
    r"улиц[аеуы](?![а-яё])|проспект|переул|шоссе|бульвар|набереж|микрорайон|площад[ьи](?![а-яё])|проезд[еа]?(?![а-яё])|тупик|"
    r"алле[яе](?![а-яё])|квартал[еа]?(?![а-яё]))"
)
_HOUSES = re.compile(r"(?:д\.?|дом[а-яё]?|вл\.?|влд\.?|владение|зд\.?|здание|уч\.?|участок) ?\d")
_FLATS = re.compile(r"(?:кв\.?|квартира|оф\.?|офис) ?\d")
_CUES = ("адрес", "живу", "прожива", "прописан", "зарегистрирован", "доставить", "привез")


def find_addresses(text: str, lowered: str) -> Iterator[Finding]:
    """All findings of this module; overlapping ones are left to the caller.

    Args:
        text: any text with a digit in it.
        lowered: the same in small letters.
    """
    patterns: list[re.Pattern[str]] = []
    if _STREET_WORD.search(lowered):
        patterns += _BY_STREET
    if _FLATS.search(lowered):
        patterns += _BY_HOUSE
    if _HOUSES.search(lowered):
        patterns.append(_VILLAGE)
    for pattern in patterns:
        for match in pattern.finditer(text):
            town = _BARE_TOWN.search(text, max(0, match.start() - 6), match.start())
            yield Finding(town.start() if town else match.start(), match.end(), ADDRESS, 0.9)
    if any(word in lowered for word in _CUES):
        for match in _BY_CUE.finditer(text):
            yield Finding(*match.span("place"), ADDRESS, 0.9)
