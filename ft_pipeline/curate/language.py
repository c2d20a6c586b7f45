"""Says in which language a text is: ru, en, mixed or other.

Here: the script rule, and lingua for what the script rule cannot decide. Not here: which languages a task wants.

The script rule comes first because it is right on short lines and costs nothing; lingua is slow and runs on the
ambiguous rest only.
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
_WORDS_WITHOUT_ENGLISH, _LEAST_ENGLISH = 7, 0.15  # so many words with so few English function words are not English


def language_of(text: str) -> str:
    """ru | en | mixed | other; a text with hardly any letter is "other"."""
    bare = _IGNORED.sub(" ", text)
    letters = sum(map(str.isalpha, bare))
    cyrillic, latin = (sum(map(len, pattern.findall(bare))) for pattern in (_CYRILLIC, _LATIN))
    if letters < _LEAST_LETTERS:
        return "other"
    if is_wrong_layout(text):
        return "ru"
    if cyrillic + latin < 0.5 * letters:
        return "other"
    if cyrillic >= _MOSTLY * letters:
        return _cyrillic_language(bare)
    if latin >= _MOSTLY * letters:
        return _latin_language(bare)
    return _of_both_scripts(bare, cyrillic / (cyrillic + latin))


def languages_of(texts: Sequence[str]) -> list[str]:
    """`language_of` of each text; what is Russian beyond doubt is found in one pass over all of them."""
    bare = [_IGNORED.sub(" ", text) if "@" in text or ":" in text or "[" in text else text for text in texts]
    _, russian = clean_and_russian(bare)
    return ["ru" if is_sure else language_of(text) for text, is_sure in zip(texts, russian, strict=True)]


def _cyrillic_language(text: str) -> str:
    foreign = _NOT_RUSSIAN.findall(text.lower())
    if not foreign:
        letters, score = sum(map(str.isalpha, text)), russian_score(text)
        if score >= _SURE_RUSSIAN or (letters >= LONG and score >= LONG_AND_RUSSIAN and not _BULGARIAN.search(text)):
            return "ru"
    elif len(set(foreign)) >= _SURELY_FOREIGN or len(foreign) >= _FOREIGN_SHARE * len(text):
        return "other"
    if len(text.split()) <= 2 and not _NOT_RUSSIAN.search(text):
        return "ru"
    return "ru" if _lingua(text) == "RUSSIAN" else "other"


def _latin_language(text: str) -> str:
    words = re.findall(r"[^\W\d_]+", text)
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
