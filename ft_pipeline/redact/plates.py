"""Number plates of cars, trailers, motorcycles and taxis, with and without spaces, region and country.

Here: Russian plates by their twelve letters, a word for a vehicle where the shape alone says too little. Not here:
other numbers (references.py, numbers.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ft_pipeline.redact.findings import PLATE, Finding, words_of
from ft_pipeline.redact.numbers import LEFT, MONEY_OR_UNIT, RIGHT

_LETTERS = "АВЕКМНОРСТУХABEKMHOPCTYX"
_SMALL = _LETTERS.lower()
_ANY = f"[{_LETTERS}{_SMALL}]"
_REGION = r"(?:[1279]\d\d|\d\d)(?:[ -]?(?i:rus|рус)(?![а-яёa-z]))?"
# Pairs of these letters that are words or units: "с 100 км 50", "в 220 от 30"
_NO_PAIRS = words_of("км мм см кв ру от во на не но ко со ас ах ом ео уе ну он то ту та ни км kb mb km mm cm")
_CORE = re.compile(  # of small letters: 123вс, 123 вс, вс1234, вс 1234
    rf"\d{{3}} ?[{_SMALL}]{{2}}(?![a-zа-яё])|(?<![a-zа-яё])[{_SMALL}]{{2}} ?\d{{3}}|\d{{4}} "
    rf"?[{_SMALL}]{{2}}(?![a-zа-яё])|"
    r"\d{3}[a-z]{3}\d\d"
)
_PLATE = re.compile(rf"{LEFT}[{_LETTERS}] ?\d{{3}} ?[{_LETTERS}]{{2}}[ /|-]{{0,2}}{_REGION}{RIGHT}")
_SMALL_PLATE = re.compile(rf"{LEFT}{_ANY} ?\d{{3}} ?(?P<pair>{_ANY}{{2}})[ /|-]{{0,2}}{_REGION}{RIGHT}")
_BARE_PLATE = re.compile(rf"{LEFT}[{_LETTERS}]\d{{3}}[{_LETTERS}]{{2}}{RIGHT}")
_VEHICLE = (
    r"(?i:гос\.? ?номер\w*|г\. ?н\.|гн|госзнак|рег\w*\.? ?(?:номер|знак)\w*|номер\w*(?: (?:машин|авто|прицеп|тс|мото|"
    r"такси)\w*)?|"
    r"пр[ие]ц[еи]п\w*|полуприцеп\w*|машин\w{1,2}|м[оа]тоцикл\w*|мото|мопед\w*|скутер\w*|такси|авто\w*|тачк\w|"
    r"тягач\w*|фур\w|"
    r"газел\w|грузовик\w*|каршеринг\w*|г/н|т/с|тс|гос\.?|автобус\w*|трактор\w*|пропуск\w* на|въезд\w*)"
)
_BETWEEN = (
    r"(?: (?i:лада|ваз|киа|kia|газель|рено|renault|хендай|hyundai|toyota|тойота|bmw|бмв|мерседес|черн\w+|бел\w+|"
    r"сер\w+|мой|моя))?"
)
_NAMED_PLATE = re.compile(
    rf"{_VEHICLE}{_BETWEEN}[ :№—–-]{{0,3}}((?:{_ANY} ?\d{{3}} ?{_ANY}{{2}}|{_ANY}{{2}} ?\d{{3,4}}|\d{{4}} ?{_ANY}{{2}}|"
    rf"\d{{3}} ?[A-Za-z]{{3}})(?:[ /|-]{{0,2}}{_REGION})?){RIGHT}"
)
_FOREIGN = re.compile(  # 123ABC01 (KZ), 1234 AB-7 (BY), 01 A 123 BC (UZ)
    rf"{LEFT}(?:\d{{3}} ?[A-Z]{{3}} ?(?:0[1-9]|1\d|20)|\d{{4}} ?[A-Z]{{2}}-[1-8]|\d{{2}} ?[A-Z] ?\d{{3}} ?[A-Z]{{2}}|"
    rf"[A-Z]{{2}} ?\d{{4}} ?[A-Z]{{2}}){RIGHT}"
)


def find_plates(text: str, lowered: str) -> Iterator[Finding]:
    """All findings of this module; overlapping ones are left to the caller.

    Args:
        text: any text with a digit in it.
        lowered: the same in small letters.
    """
    if not _CORE.search(lowered):
        return
    for match in _PLATE.finditer(text):
        yield Finding(*match.span(), PLATE, 0.85)
    for match in _SMALL_PLATE.finditer(text):
        is_spaced = " " in match[0].strip()
        if match["pair"].lower() not in _NO_PAIRS or not (is_spaced and match[0].islower()):
            yield Finding(*match.span(), PLATE, 0.84)
    for pattern in (_NAMED_PLATE, _BARE_PLATE, _FOREIGN):
        group = 1 if pattern is _NAMED_PLATE else 0
        for match in pattern.finditer(text):
            if not MONEY_OR_UNIT.match(text, match.end()) and not _is_amount(match[group]):
                yield Finding(*match.span(group), PLATE, 0.86 if group else 0.62)


def _is_amount(plate: str) -> bool:
    """ "авто 1000 км", "машина на 500 т" """
    letters = "".join(character for character in plate.lower() if character.isalpha())
    return letters in _NO_PAIRS and plate.islower()
