"""Postal addresses in Latin letters: Russian ones written back, and those of other countries.

Here: a street word beside a title and a house, with the flat, the town and the code behind. Not here: Cyrillic
addresses (addresses.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_SIGN = re.compile(
    r"(?<![a-z])(?:road|rd|street|st|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|terrace|crescent|square|ul|"
    r"ulitsa|ulica|prospekt|pr-t|pereulok)(?![a-z])"
)
_WORD = r"[A-Za-z][A-Za-z'’-]+"
_HOUSE = r"(?:(?:d|dom|bld|house)\.? ?)?\d{1,4}[a-z]?(?:[/-]\d{1,4}[a-z]?)?(?![\w%])"
_FLAT = r"(?:, ?(?:(?:kv|apt|flat|unit|suite|apartment|room|of|korp|k)\.? ?|#)\d{1,4}[a-z]?){0,2}"
_CODE = r"(?:[A-Z]{2} \d{5}(?:-\d{4})?|[A-Z]{1,2}\d{1,2}[A-Z]? \d[A-Z]{2}|\d{5,6})(?!\w)"
_TOWN = rf"(?:, ?{_WORD}(?: {_WORD})?(?=[,.;!?\n)]| \d| [A-Z]{{1,2}}\d|$|[ ]and\b))?(?:,? {_CODE})?"
_CUE = re.compile(r"(?:live|living|located|address|ship|deliver\w*|send|moved?|at|to|records|:)\W{0,3}$", re.IGNORECASE)
_PATTERNS = (
    # ul. Sadovaya 37, kv. 25, Perm, 614400
    rf"(?<![\w@.-])(?:ul|ulitsa|ulica|prospekt|pr-t|pereulok|per)\b\.? ?{_WORD}(?: {_WORD})?,? {_HOUSE}{_FLAT}{_TOWN}",
    # Lenina st. 222-68, Omsk
    rf"(?<![\w@.-]){_WORD} (?:st|str|street|ul|ulitsa|prospekt|ave)\b\.?,? {_HOUSE}{_FLAT}{_TOWN}",
    # 64 Kingsway Road, London SE18 9QT
    rf"(?<![\w@.-])\d{{1,5}}[a-z]? (?:{_WORD} ){{1,3}}?(?:road|rd|street|st|avenue|ave|lane|ln|drive|dr|boulevard|blvd|"
    rf"court|terrace|crescent|square)\b\.?{_FLAT}{_TOWN}",
)
_ADDRESSES = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _PATTERNS)


def find_latin_addresses(text: str, lowered: str) -> Iterator[tuple[int, int]]:
    """Spans of addresses.

    Args:
        text: any text with a digit in it.
        lowered: the same in small letters.
    """
    if _SIGN.search(lowered) is None:
        return
    for pattern in _ADDRESSES:
        for match in pattern.finditer(text):
            has_more = "," in match[0] or _CUE.search(text, max(0, match.start() - 20), match.start())
            if has_more:
                yield match.span()
