"""Says in which language a text is: ru, en, mixed or other.

Here: the script rule, and lingua for what the script rule cannot decide. Not here: which languages a task wants.

The script rule comes first because it is right on short lines and costs nothing; words and letters that only one
language has come next. lingua runs on the ambiguous rest only: reading its models costs two CPU-seconds a script.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from ft_pipeline.curate.scan import LONG, LONG_AND_RUSSIAN, clean_and_russian
from ft_pipeline.reading.letters import is_wrong_layout, russian_score
from ft_pipeline.redact import ANY_PLACEHOLDER

_CYRILLIC, _LATIN = re.compile("[\u0400-\u04ff]+"), re.compile("[A-Za-zªµºÀ-ÖØ-öø-ɏ]+")
_IGNORED = re.compile(rf"\S{{0,100}}(?:@|://|www\.)\S*|{ANY_PLACEHOLDER.pattern}|\b[\w-]{{1,60}}\.[a-z]{{2,8}}\b\S*")
_BETWEEN_TOKENS, _MARK = re.compile(r"(\s+)"), re.compile(r"[@:.\[]")  # one of them is in all that is ignored
_NO_MARKS = str.maketrans("@:[", "   ")
_WORD = re.compile(r"[^\W\d_]+")
_NOT_RUSSIAN = re.compile(r"[іїєґўқәғұһөңјљњћђџѓќѕ]", re.IGNORECASE)
_ENGLISH = re.compile(
    r"\b(?:the|is|are|do|does|can|how|what|where|when|why|who|my|your|you|i|it|to|of|for|in|on|and|we|please|with|have"
    r"|has|was|will|would|not|hello|hi|thanks|from|this|that|by|at|a|an|need|help)\b",
    re.IGNORECASE,
)
_MOSTLY = 0.75  # share of letters of one script above which the text is in that script
_LEAST_LETTERS = 3
_SURE_RUSSIAN = 6.6  # grade of letter pairs, see letters.russian_score
_BULGARIAN = re.compile(r"ъ(?![еёюя])", re.IGNORECASE)
_SURELY_FOREIGN, _FOREIGN_SHARE = 2, 0.05  # letters that Russian does not have: so many different ones, or such a share
_ONLY_RUSSIAN = re.compile(  # words that no other Cyrillic language of lingua's list writes so
    r"\b(?:что|чтобы|это|если|когда|почему|сколько|пожалуйста|подскажите|скажите|здравствуйте|меня"
    r"|можно|нужно|есть|ещё|сейчас|только)\b",
    re.IGNORECASE,
)
_STRAY_LETTER, _LEAST_RUSSIAN = 60, 2  # one foreign letter in so many, beside so many such words, is a slip
_MISREAD = re.compile("[РС][°±²µ¶·¬®©ЃѓЊЌЋЏђљњќћџЎўЈ¤ҐґЄєЇїІі§]")  # UTF-8 read as cp1251, which repair did not mend
_LEAST_MISREAD, _MISREAD_SHARE = 3, 0.3
_OTHER_LETTER = re.compile("[^\\W\\d_A-Za-z\u0400-\u04ff]")
_SURELY_ENGLISH, _ENGLISH_SHARE = 3, 0.35  # so many, and of its words, in a Latin text that may hold Cyrillic names
_WORDS_WITHOUT_ENGLISH, _LEAST_ENGLISH = 7, 0.15  # so many words with so few English function words are not English


def language_of(text: str) -> str:
    """ru | en | mixed | other; a text with hardly any letter is "other"."""
    bare = _without_addresses(text)
    letters = sum(map(str.isalpha, bare))
    cyrillic, latin = (sum(map(len, pattern.findall(bare))) for pattern in (_CYRILLIC, _LATIN))
    if letters < _LEAST_LETTERS:
        return "other"
    is_latin = latin >= _MOSTLY * letters
    if is_latin and _is_surely_english(bare):
        return "en"
    if is_wrong_layout(text):
        return "ru"
    if cyrillic + latin < 0.5 * letters:
        return "other"
    if cyrillic >= _MOSTLY * letters:
        return _cyrillic_language(bare)
    if is_latin:
        return _latin_language(bare)
    return _of_both_scripts(bare, cyrillic / (cyrillic + latin))


def languages_of(texts: Sequence[str]) -> list[str]:
    """`language_of` of each text; what is Russian beyond doubt is found in one pass over all of them."""
    # A mark that is part of no address says nothing of the language; the pass would take it for one that is.
    bare = [
        _without_addresses(text).translate(_NO_MARKS) if "@" in text or ":" in text or "[" in text else text
        for text in texts
    ]
    _, russian = clean_and_russian(bare)
    return ["ru" if is_sure else language_of(text) for text, is_sure in zip(texts, russian, strict=True)]


def _without_addresses(text: str) -> str:
    """A text without addresses and placeholders, token by token: the pattern is slow on a whole text."""
    if not _MARK.search(text):
        return text
    parts = _BETWEEN_TOKENS.split(text)
    return "".join([_IGNORED.sub(" ", part) if _MARK.search(part) else part for part in parts])


def _cyrillic_language(text: str) -> str:
    foreign = _NOT_RUSSIAN.findall(text.lower())
    if not foreign:
        letters, score = sum(map(str.isalpha, text)), russian_score(text)
        if score >= _SURE_RUSSIAN or (letters >= LONG and score >= LONG_AND_RUSSIAN and not _BULGARIAN.search(text)):
            return "ru"
    elif len(set(foreign)) >= _SURELY_FOREIGN or len(foreign) >= _FOREIGN_SHARE * len(text):
        return "other"
    if _is_misread(text):
        return "other"
    if not foreign and sum(any(map(str.isalpha, word)) for word in text.split()) <= 2:
        return "ru"
    if len(foreign) == 1 and _is_long_russian(text):
        return "ru"
    return "ru" if _lingua(text) == "RUSSIAN" else "other"


def _is_long_russian(text: str) -> bool:
    """True where so much of a text is surely Russian that one foreign letter in it is a slip or a name."""
    return sum(map(str.isalpha, text)) >= _STRAY_LETTER and len(_ONLY_RUSSIAN.findall(text)) >= _LEAST_RUSSIAN


def _is_misread(text: str) -> bool:
    """True where a wrong decoding is left that could not be repaired: no language, whatever lingua would make of it."""
    found = len(_MISREAD.findall(text))
    return found >= _LEAST_MISREAD and found >= _MISREAD_SHARE * sum(map(len, _CYRILLIC.findall(text)))


def _is_surely_english(text: str) -> bool:
    """True for a Latin text of English function words that has no letters but Latin and Cyrillic ones (of a name)."""
    known = len(_ENGLISH.findall(text))
    return (
        known >= _SURELY_ENGLISH
        and known >= _ENGLISH_SHARE * len(_WORD.findall(text))
        and not _OTHER_LETTER.search(text)
    )


def _latin_language(text: str) -> str:
    words = _WORD.findall(text)
    known = len(_ENGLISH.findall(text))
    if text.isascii() and (known >= 0.25 * len(words) or (known and len(words) <= 4)):
        return "en"
    if len(words) <= 2:
        return "en" if text.isascii() else "other"
    if len(words) >= _WORDS_WITHOUT_ENGLISH and known < _LEAST_ENGLISH * len(words):
        return "other"
    return "en" if _lingua(text) == "ENGLISH" else "other"


def _of_both_scripts(text: str, share: float) -> str:
    """A Russian sentence with product names is Russian; one with an English clause is mixed."""
    english = len(_ENGLISH.findall(text))
    if english == 0 or (share >= 0.5 and english == 1):
        return "ru"
    return "mixed"


@lru_cache(maxsize=20_000)
def _lingua(text: str) -> str:
    language = _detector().detect_language_of(text[:256])
    return language.name if language is not None else ""


@lru_cache(maxsize=1)
def _detector() -> Any:
    from lingua import Language, LanguageDetectorBuilder

    cyrillic = ["RUSSIAN", "UKRAINIAN", "BELARUSIAN", "KAZAKH", "BULGARIAN", "SERBIAN"]
    latin = ["ENGLISH", "GERMAN", "FRENCH", "SPANISH", "ITALIAN", "POLISH", "TURKISH"]
    languages = [getattr(Language, name) for name in cyrillic + latin]
    return LanguageDetectorBuilder.from_languages(*languages).build()
