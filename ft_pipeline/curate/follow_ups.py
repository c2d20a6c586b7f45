"""Does a customer's further question stand alone, or does it need the turns before it?

Here: the rule, over one message. Not here: which messages of a ticket are asked and answered (pair), what becomes of a
follow-up (conversations). "А если он тяжелее?" needs them; "А до скольки работает терминал?" does not.

Written by hand: there is no maintained coreference model for Russian that runs in microseconds, and the rule has to be
the same on every machine. It errs towards "stands alone": such a message is left out, as it always was.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ft_pipeline.letter import sentences
from ft_pipeline.redact.morphology import dictionary

_POLITE = re.compile(
    r"^\W*(?:спасибо|благодар|спс|поня(?:л|тно)|ясно|хорошо|отлично|ок(?:ей)?\b|супер|принял|thank|thanks|ok\b|great\b)[^?]*$",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\?|^\W*(?:(?:а|и|но|ну|тогда|and|but|so) )?(?:если|сколько|как|где|куда|откуда|когда|како[йе]|какая|какие|можно"
    r"|нужн[оаы]?|надо|почему|зачем|кто|чем|чей|what|how|where|when|why|who|which|can|do|does|is|are)\b",
    re.IGNORECASE,
)
_CALLS = re.compile(
    r"^\W*(?:вы (?:тут|здесь|ещё здесь)|есть кто|кто-нибудь|ау|алло|ну что|когда ответите|долго ещё|долго ждать"
    r"|are you there|anybody)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"^\W*(?:(?:а|и|но|ну|and|but) )?(?:тогда|в таком случае|в этом случае|в противном случае|то есть|получается"
    r"|then|in that case|what about|how about)\b",
    re.IGNORECASE,
)
_BARE_CONDITION = re.compile(
    r"^\W*(?:(?:а|и|но|ну|and|but) )?(?:что )?(?:если|when|if|what if)\b[^,;:—]*$", re.IGNORECASE
)
_PRONOUN = re.compile(
    r"он|она|оно|они|его|е[её]|их|ему|ей|им|ними?|ней|них|него|не[её]|нему|ими|нём|it|they|them|its|their"
)
_POINTER = re.compile(r"это|этого|этому|этим|этом|туда|там|оттуда|такое|такого|таким|that|there")
_THIS = re.compile(
    r"этот|эта|эту|этой|этого|этим|этом|этими|эти|этих|такой|такая|такую|такие|таких|тот|та|те|тех|this|these|those"
)
_OF_TIME = re.compile(r"год|месяц|неделя|день|раз|момент|время|квартал|сезон|выходной|вечер|утро|week|month|year")
_SHORT_WORDS = 4
_PREDICATES = frozenset({"VERB", "INFN", "ADJS", "PRTS", "PRED"})
_OF_THE_COMPANY = frozenset({"вас", "вами", "ваш", "ваша", "ваше", "ваши", "вы", "you", "your"})
_PARTICLES = frozenset({"а", "и", "но", "ну", "ли", "же", "and", "but"})
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def needs_context(text: str) -> bool:
    """True where a message asks something that nobody understands without the turns before it."""
    known: list[str] = []  # words said before in the same message: what a pronoun may point to
    for sentence in sentences(text):
        if _POLITE.match(sentence):
            continue
        if _ASKS.search(sentence) and not _CALLS.match(sentence):
            return _depends(sentence, known)
        known += _words(sentence)
    return False


def _depends(sentence: str, known: list[str]) -> bool:
    words = _words(sentence)
    if _GOES_ON.match(sentence) or _BARE_CONDITION.match(sentence):
        return True
    return _is_clipped(words, known) or _points_back(words, known)


def _is_clipped(words: list[str], known: list[str]) -> bool:
    """ "А зимой?", "Сколько стоит?": too few words to say both what is asked and about what."""
    said = [word for word in words if word not in _PARTICLES]
    is_russian = any("а" <= word[0] <= "я" or word[0] == "ё" for word in said)
    if known or not said or len(said) > (_SHORT_WORDS if is_russian else 2) or _OF_THE_COMPANY & set(said):
        return False
    kinds = {_kind(word) for word in said}
    return not ("NOUN" in kinds and kinds & _PREDICATES)


def _points_back(words: list[str], known: list[str]) -> bool:
    """A pronoun before which the message names nothing that it could stand for."""
    names = any(_kind(word) == "NOUN" for word in known)
    for place, word in enumerate(words):
        is_last = place + 1 == len(words)
        points = _PRONOUN.fullmatch(word) or _POINTER.fullmatch(word) or (_THIS.fullmatch(word) and not is_last)
        if points and not names and not _is_of_time(words, place):
            return True
        names = names or (_kind(word) == "NOUN" and not points)
    return False


def _is_of_time(words: list[str], place: int) -> bool:
    """ "В этом году", "на этой неделе": the calendar, and nothing that was said."""
    return place + 1 < len(words) and _OF_TIME.fullmatch(_lemma(words[place + 1])) is not None


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


@lru_cache(maxsize=20_000)
def _kind(word: str) -> str:
    """The part of speech; a name is none, since people sign with it."""
    tag = dictionary().parse(word)[0].tag
    return "" if {"Name", "Surn", "Patr"} & tag.grammemes else str(tag.POS or "")


@lru_cache(maxsize=20_000)
def _lemma(word: str) -> str:
    return str(dictionary().parse(word)[0].normal_form)
