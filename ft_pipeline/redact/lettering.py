"""A text as the rules look at it: in usual spaces, hyphens and letters, without invisible characters.

Here: non-breaking spaces, typographic hyphens, zero-width characters, Latin letters inside Russian words ("Ивaнов").
Each character that stays knows its place in the original. Not here: the text that is handed out, which keeps them.
"""

from __future__ import annotations

import re

_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f"
_SPACES = "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000"
_HYPHENS = "\u2010\u2011\u2012\u2212"
_ODD = re.compile(f"[{_INVISIBLE}{_SPACES}{_HYPHENS}\u0306\u0308]")
_USUAL = str.maketrans({**dict.fromkeys(_SPACES, " "), **dict.fromkeys(_HYPHENS, "-")})
_COMPOSED = {"и\u0306": "й", "И\u0306": "Й", "е\u0308": "ё", "Е\u0308": "Ё"}
_ALIKE = str.maketrans("aceopxyABCEHKMOPTXYkmu", "асеорхуАВСЕНКМОРТХУкми")
_MIXED = re.compile(r"[А-Яа-яЁё][A-Za-z]|[A-Za-z][А-Яа-яЁё]")
_LATIN = re.compile(r"[A-Za-z]")
_MIXED_WORD = re.compile(
    r"(?<![\w@.-])(?=[A-Za-z-]*[А-Яа-яЁё])(?=[А-Яа-яЁё-]*[A-Za-z])[A-Za-zА-Яа-яЁё-]+(?![\w@]|\.\w)"
)
_NOT_ALIKE = re.compile(r"[bdf-jlnq-tvwzDFGIJLNQRSUVWZ]")


def plain(text: str) -> tuple[str, list[int] | None]:
    """The text in usual letters and, where its length changed, the place of each character in the original."""
    places: list[int] | None = None
    if _ODD.search(text):
        text = text.translate(_USUAL)
        if any(character in text for character in _INVISIBLE + "\u0306\u0308"):
            text, places = _without_invisible(text)
    if _LATIN.search(text) and _MIXED.search(text):
        text = _MIXED_WORD.sub(_in_cyrillic, text)
    return text, places


def _without_invisible(text: str) -> tuple[str, list[int]]:
    kept: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if character in _INVISIBLE:
            before, behind = text[place - 1 : place], text[place + 1 : place + 2]
            if not ((before.isalpha() and behind.isalpha()) or (before.isdigit() and behind.isdigit())):
                kept.append(" ")  # between a number and a word it parts them
                places.append(place)
            continue
        if character in "\u0306\u0308" and kept:
            composed = _COMPOSED.get(kept[-1] + character)
            if composed is not None:
                kept[-1] = composed
                continue
        kept.append(character)
        places.append(place)
    return "".join(kept), places


def _in_cyrillic(match: re.Match[str]) -> str:
    """A word in two alphabets, written in one where each of its Latin letters looks like a Russian one."""
    return match[0] if _NOT_ALIKE.search(match[0]) else match[0].translate(_ALIKE)
