"""Where a person can be reached: e-mail, messenger handles and profiles, postal addresses.

Here: recognisers by shape and street words. A city alone is not an address and stays: delivery questions need it.
Not here: phones (numbers.py), what belongs to the company itself (masking).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ft_pipeline.redact.findings import ADDRESS, EMAIL, HANDLE, Finding

_ZONES = r"(?:ru|com|net|org|su|by|kz|ua|info|pro|me|io|de|рф|рус|gmail)"
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]*\w[+%-]?@(?:[\w-]+\.)+[^\W\d_]{2,24}")
_AT = r"(?: @ ?| ?@ |\s?[\[(]\s?(?:at|собака|собачка)\s?[\])]\s?| собак[аой] | собачка )"
_DOT = r"(?:\.|,| точка | dot )"
_LOOSE_EMAIL = re.compile(
    rf"(?<![\w.+-])[A-Za-z0-9][\w.+-]{{1,63}}{_AT}[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{0,3}}?{_DOT}{_ZONES}\b",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w@./+-])@[A-Za-z]\w{3,31}\b(?!\.\w)")
_PROFILE_HOST = r"(?:t\.me|telegram\.me|vk\.com|vk\.ru|ok\.ru/profile|instagram\.com|facebook\.com|wa\.me)"
_PROFILE = re.compile(
    rf"(?:https?://)?(?:www\.|m\.)?{_PROFILE_HOST}"
    r"/@?(?!(?:share|joinchat|video|wall|feed|help|support)\b)[\w.+-]*[\w]",
    re.IGNORECASE,
)
_NAMED_HANDLE = re.compile(
    r"(?i:телегра?мм?\w?|telegram|тг|tg|скайп\w?|skype|инстаграм\w*|instagram|ник(?:нейм)?\w?|вконтакте|вк)"
    r"\s?(?:ник|логин|аккаунт)?\s?[:—–-]?\s?(@?[A-Za-z][A-Za-z0-9_.]*[A-Za-z0-9_])(?![\w/])"
)
_STREET_SHORT = r"(?:ул|пр-?к?т|просп|пр|пер|б-?р|бул|наб|мкр|мкрн|мк-н|пр-?д|туп|ш|пл|кв-л)\b\.?"
_STREET_LONG = (
    r"(?:улиц[аеуы]|проспект[еау]?|переул(?:ок|ке|ка)|шоссе|бульвар[еау]?|набережн(?:ая|ой|ую)|микрорайон[еа]?|"
    r"площад[ьи]|проезд[еа]?|тупик[еа]?|аллея|аллее)"
)
_STREET = rf"(?i:{_STREET_SHORT} ?|{_STREET_LONG} )"
_STREET_AFTER = rf"(?i:{_STREET_SHORT}|{_STREET_LONG})"
_ORDINAL = r"(?:\d{1,3}(?:-?(?:[йяе]|го|лет|летия))? )?"
_TITLE = rf"(?:{_ORDINAL}[А-ЯЁ][а-яё]+(?:[ -](?:[А-ЯЁ]\.? ?)?[А-ЯЁ]?[а-яё]+){{0,2}}|8 Марта|[А-ЯЁ]\.? ?[А-ЯЁ][а-яё]+)"
_ANY_TITLE = rf"{_ORDINAL}[А-ЯЁа-яё]{{3,}}(?:[ -][А-ЯЁа-яё]{{2,}}){{0,2}}?"
_SEP = r"[ ,;\u00a0]{1,3}"
_HOUSE = r"\d{1,4}(?: ?[а-яА-Я](?![а-яё]))?(?:[/-]\d{1,4}[а-яА-Я]?)?"
_HOUSE_WORD = r"(?:д\.?|дом\w?|вл\.?|зд\.?)"
_PART_WORD = (
    r"(?:к|корп|корпус\w?|стр|строение|лит|литера|под|подъезд\w?|п|эт|этаж\w?|кв|квартир[аеуы]|оф|офис\w?|помещ\w*|"
    r"ком|комнат[аеы]|домофон)"
)
_PARTS = (
    rf"(?:{_SEP}{_PART_WORD}(?:\.\s?|\s)?№?\s?\d{{1,4}}[а-яА-Я]?(?![\w²³%])|"
    rf"{_SEP}(?:лит|литера|стр|к|корп)\.? ?[А-Яа-я](?![а-яё])|"
    rf"{_SEP}\d{{1,2}}[ -]?(?:й )?(?:этаж|подъезд)|(?<=\d) ?- ?\d{{1,4}}(?!\d))*"
)
_NUMBERED = rf"{_SEP}(?:{_HOUSE_WORD} ?)?{_HOUSE}{_PARTS}(?![\w²³%:])"
_FLAT = rf"{_HOUSE}(?:{_SEP}(?:кв|квартира|корп|корпус|к|стр)\.? ?\d{{1,4}})+"
_MONTH = r"(?:январ|феврал|март|апрел|ма[йя]|июн|июл|август|сентябр|октябр|ноябр|декабр)"
_ADDRESSES = (
    # ул. Ленина, д. 5, кв. 12 · проспект Мира 10/2
    re.compile(rf"(?<![А-Яа-яЁё-]){_STREET}{_TITLE}{_NUMBERED}"),
    # Невский пр., 20
    re.compile(rf"(?<![А-Яа-яЁё-])[А-ЯЁ][а-яё]+(?:[ая]я|ий|ый|ой|ом) {_STREET_AFTER}{_NUMBERED}"),
    # ул ленина 5 кв 3 · улица ленина дом 5: in small letters a flat, the word for a house or an end must follow
    re.compile(
        r"(?<![а-яё-])(?:ул\.?|улиц[аеуы]|пр-?к?т|пр\.|проспект[ае]?|пер\.?|переул(?:ок|ке)|шоссе|бульвар[ае]?) "
        rf"{_ANY_TITLE}(?:{_SEP}(?:{_HOUSE_WORD} ?{_HOUSE}{_PARTS}|{_FLAT}|\d{{1,4}}[а-я]?-\d{{1,4}}(?![\w-])|"
        rf"{_HOUSE}(?=\s*(?:[,.;!?\n]|$)))|, ?{_HOUSE}{_PARTS}(?![\w²³%:-]))",
        re.IGNORECASE,
    ),
    # д. 5, кв. 12
    re.compile(
        rf"(?<![а-яё-])(?:дом\w? |д\. ?|д )№?{_HOUSE}{_SEP}"
        rf"(?:(?:к|корп|корпус|стр|под|подъезд)\.? ?\d{{1,3}}[а-я]?{_SEP})?"
        r"(?:кв\.? ?|квартира |оф\.? ?|офис )\d{1,4}(?![\d²³%]| ?м)",
        re.IGNORECASE,
    ),
    # адрес: Ленина 5-12
    re.compile(
        r"(?i:адрес\w*|живу|проживаю|прописан\w?|зарегистрирован\w?|доставить|привезти|привезите)"
        r"(?: доставки| на| по)?(?: адресу)?(?: ?[:—-])? (?:(?:г\. ?)?[А-ЯЁ][а-яё-]+, )?"
        rf"(?P<place>[А-ЯЁ][а-яё]{{3,}}(?: [А-ЯЁ][а-яё]+)?,? (?:{_HOUSE_WORD} ?)?{_HOUSE}{_PARTS})"
        rf"(?![\w²³%:.]|\s?{_MONTH})"
    ),
)


_DIGIT, _LATIN = re.compile(r"\d"), re.compile(r"[a-z]")
_ADDRESS_WORDS = re.compile(
    r"(?<![а-яё-])(?:ул|пр|пер|б-?р|бул|наб|мкр|мк-н|туп|ш\b|шоссе|пл|кв|д\b|дом|адрес|жив|прож|проп|зарег|дост|прив|ал)"
    r"|(?:улиц|проспект|переул|микрорайон|проезд|аллея) ?,? ?\d|(?:ая|ий|ый|ой) (?:ш|к)"
)


def find_contacts(text: str) -> Iterator[Finding]:
    """All findings of this module; overlapping ones are left to the caller."""
    lowered = text.lower()
    has_digit = _DIGIT.search(text) is not None
    if "@" in text or "собак" in lowered or "собач" in lowered or "at)" in lowered or "at]" in lowered:
        for pattern, score in ((_EMAIL, 0.97), (_LOOSE_EMAIL, 0.8)):
            for match in pattern.finditer(text):
                yield Finding(*match.span(), EMAIL, score)
        for match in _HANDLE.finditer(text):
            yield Finding(*match.span(), HANDLE, 0.8)
    if _LATIN.search(lowered):
        for match in _PROFILE.finditer(text):
            yield Finding(*match.span(), HANDLE, 0.8)
        for match in _NAMED_HANDLE.finditer(text):
            word = match[1]
            is_word = word.isalpha() and not text[match.start() : match.start(1)].rstrip().endswith((":", "—", "–"))
            if len(word.lstrip("@")) >= 4 and not is_word and not re.fullmatch(r"(?i)(?:www|https?)\b.*", word):
                yield Finding(*match.span(1), HANDLE, 0.7)
    if has_digit and _ADDRESS_WORDS.search(lowered):
        for pattern in _ADDRESSES:
            for match in pattern.finditer(text):
                group = "place" if "place" in pattern.groupindex else 0
                yield Finding(*match.span(group), ADDRESS, 0.9)
