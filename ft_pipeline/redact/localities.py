"""What belongs to an address beside its street and house: index, country, region, district, town, on either side.

Here: how far an address reaches to the left and to the right in the same run of commas, and the town in front of a bare
street ("Казань, Баумана 5"). A town alone is no address and never gets here. Not here: streets and houses
(addresses.py), addresses in Latin letters (addresses_latin.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ft_pipeline.redact.morphology import read_word

_WORD = r"[а-яё]{2,}(?:-[а-яё]+){0,3}"
_KIND = r"(?:г|гор|город|пос|пгт|п|рп|с|д|дер|ст-ца|х|город[ае]|пос[её]лок|село|деревня|станица|хутор|аул)(?:\. ?| )"
_REGION = (
    rf"(?:(?:{_WORD} )?{_WORD} (?:обл(?:асть)?|край|р-н|район|респ(?:ублика)?|ао|автономный округ)(?![а-яё])\.?|"
    rf"(?:респ\.? ?|республика ){_WORD}|россия|рф|российская федерация)"
)
_INDEX = r"(?<![\d-])[1-6]\d{5}"
_SEP = r"(?:, ?| )"
_LEFT = re.compile(
    rf"(?:(?P<index>{_INDEX}){_SEP})?(?P<regions>(?:{_REGION}{_SEP})*)"
    rf"(?:(?P<kind>(?<![а-яё-]){_KIND})?(?P<town>(?<![а-яё-]){_WORD}(?: {_WORD})?)(?P<comma>,)? ?)?$",
    re.IGNORECASE,
)
_OPENED = re.compile(r"(?:^|[\n:;(|«—–]|адрес\w{0,2}|прожива\w+|живу)[ \t]*$", re.IGNORECASE)
_RIGHT = re.compile(
    rf"(?:, ?(?P<kind>{_KIND})?(?P<town>{_WORD})(?![а-яё-]))?(?:, ?(?:{_REGION}))?(?:, ?{_INDEX}(?!\d))?", re.IGNORECASE
)
_BARE_STREET = re.compile(  # Казань, Баумана 5 · г. Казань, Баумана, 5-12
    rf"(?<![а-яёА-ЯЁ-])(?:(?:г|гор)\. ?|город )?(?P<town>[А-ЯЁ]{_WORD}(?: [А-ЯЁ]{_WORD})?), ?"
    r"(?P<title>(?:\d{1,3} )?[А-ЯЁ][а-яё-]{3,}(?: [А-ЯЁ][а-яё-]{3,})?),? (?:д\. ?|дом )?"
    r"\d{1,3}(?:[а-я](?![а-яё]))?(?:[/-]\d{1,4})?(?:,? (?:к|корп|стр)\.? ?\d{1,3})?(?:,? (?:кв|оф)\.? ?\d{1,4})?"
    r"(?=[,;!?\n)]|\.(?!\d)|$)"
)
_STREET_ENDING = re.compile(r"(?:[ая]я|[иы]й|[оеё]й|[ое]го|[ыи]х|[ая]|[ыи])$")
_LEAST_PLACE = 0.3
_REACH = 90


def widened(text: str, start: int, end: int) -> tuple[int, int]:
    """The span of a street and its house with the index, the region and the town that stand beside it."""
    return _left_of(text, start), _right_of(text, end)


def _left_of(text: str, start: int) -> int:
    window = max(0, start - _REACH, text.rfind("\n", 0, start) + 1)
    for match in _LEFT.finditer(text[window:start]):
        at = _first(text, window, match)
        if at is not None:
            return window + at
    return start


def _first(text: str, window: int, match: re.Match[str]) -> int | None:
    """Where the locality in a match begins, None where its words are no locality."""
    town = match["town"]
    if town is None:
        return match.start() if match["index"] or match["regions"] else None
    if match["kind"] or match["index"] or match["regions"]:
        is_named = match["kind"] or match["comma"] or _is_town(town)
        return match.start() if is_named else None
    if _is_town(town):
        return match.start()
    last = town.rsplit(" ", 1)[-1]
    if last != town:
        return match.end("town") - len(last) if _is_town(last) else None
    is_open = match["comma"] and _OPENED.search(text, 0, window + match.start())
    return match.start() if is_open and not read_word(town.lower()).is_verb else None


def _right_of(text: str, end: int) -> int:
    match = _RIGHT.match(text, end)
    if match is None or (match["town"] and not match["kind"] and not _is_town(match["town"])):
        return end
    return match.end()


def _is_town(words: str) -> bool:
    whole = read_word(words.lower())
    parts = [read_word(word.lower()) for word in re.split("[ -]", words)]
    return whole.place >= _LEAST_PLACE or all(part.place >= _LEAST_PLACE for part in parts)


def find_bare_streets(text: str) -> Iterator[tuple[int, int]]:
    """A town, a street without the word for one, and a house, in capital letters and commas."""
    for match in _BARE_STREET.finditer(text):
        title = match["title"].lower()
        reading = read_word(title.rsplit(" ", 1)[-1])
        is_street = _STREET_ENDING.search(title) and not reading.is_verb and reading.place < _LEAST_PLACE
        if is_street and _is_town(match["town"]):
            yield match.span()
