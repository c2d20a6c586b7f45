"""What a misspelt Russian word was meant to be: a word of the company that sounds the same or lies a slip away.

Here: the dictionary test, the sound of a word, the choice. Not here: which words are looked at (the package's
`Reader`), counting the company's words (lexicon).

Generic spellers correct towards words that are frequent in the language; a support desk needs «обрешётка» and not
«решётка». So the candidates are the company's own words, and the dictionary (pymorphy3) says what needs no correction.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA

from ft_pipeline.reading.letters import pairs

_SHORT = 4  # shorter words are left alone: too many others are near
_ONE_SLIP = 6  # letters from which one slip is forgiven
_TWO_SLIPS = 9
_STEM = 5

# Unstressed vowels, voiced and voiceless consonants, soft signs and doubled letters are what Russians misspell.
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("[ьъ]", ""),
        ("тс|дс", "ц"),
        ("[оё]", "а"),
        ("[еэяыий]", "и"),
        ("ю", "у"),
        ("сч|зч|щ|ж", "ш"),
        ("б", "п"),
        ("в", "ф"),
        ("г", "к"),
        ("д", "т"),
        ("з", "с"),
        (r"(.)\1+", r"\1"),
    )
)
_CONFUSED = pairs("""
а=о о=а е=ия и=еы я=еи ы=и э=е ю=у у=ю й=и б=п п=б в=ф ф=в г=к к=г д=т т=д з=с с=з ж=ш ш=жщ щ=ш
""")
_ENDINGS = (("тся", "ться"), ("ться", "тся"), ("цца", "ться"), ("ца", "тся"), ("ова", "ого"), ("ева", "его"))

# Spellings of chats and slang words for which no slip of the finger accounts.
_COLLOQUIAL = pairs("""
скок=сколько скока=сколько скоко=сколько почом=почем чо=что че=что шо=что што=что штоб=чтобы када=когда кагда=когда
тада=тогда тока=только токо=только ваще=вообще вапще=вообще щас=сейчас ща=сейчас счас=сейчас мона=можно нада=надо
эт=это ето=это мож=может хто=кто низя=нельзя есь=есть исчо=еще ещо=еще ишо=еще плз=пожалуйста пжл=пожалуйста
пжлст=пожалуйста пожалста=пожалуйста спс=спасибо кароч=короче норм=нормально тыщ=тысяч тыща=тысяча тыщи=тысячи
инет=интернет комп=компьютер
""")


@lru_cache(maxsize=1)
def _dictionary() -> Any:
    from ft_pipeline.redact.morphology import dictionary

    return dictionary()


@lru_cache(maxsize=100_000)
def is_in_dictionary(word: str) -> bool:
    """True where the Russian dictionary has this form of the word."""
    return bool(_dictionary().word_is_known(word))


@lru_cache(maxsize=100_000)
def sound(word: str) -> str:
    """The word with everything folded that is often misspelt; equal for words that sound alike."""
    for pattern, folded in _SOUNDS:
        word = pattern.sub(folded, word)
    return word


class Speller:
    """Corrects single words towards a company's words.

    Args:
        words: lower case, «ё» as «е», with their counts.
    """

    def __init__(self, words: Mapping[str, int]) -> None:
        self._counts = words
        self._by_sound: dict[str, list[str]] = defaultdict(list)
        for word in words:
            self._by_sound[sound(word)].append(word)
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for key in self._by_sound:
            self._by_length[len(key)].append(key)
        self._stems = {word[:-2] for word in words if len(word) >= _STEM + 2 and not is_in_dictionary(word)}
        self._known: dict[str, str] = {}

    def meant(self, word: str) -> str:
        """The word that was meant (lower case, «ё» as «е» in and out); itself where nothing is sure."""
        found = self._known.get(word)
        if found is None:
            found = self._known[word] = self._look_up(word)
        return found

    def is_word(self, word: str) -> bool:
        """True where the word needs no correction."""
        return word in self._counts or is_in_dictionary(word) or self._is_form_of_jargon(word)

    def _is_form_of_jargon(self, word: str) -> bool:
        """True for another case of a company's word that no dictionary has: «гидроборта» beside «гидроборт»."""
        return any(word[:length] in self._stems for length in range(max(_STEM, len(word) - 4), len(word) + 1))

    def _look_up(self, word: str) -> str:
        if word in _COLLOQUIAL:
            return _COLLOQUIAL[word]
        if len(word) < _SHORT or self.is_word(word):
            return word
        return (
            self._nearest(word, self._by_sound.get(sound(word), ()))
            or self._nearest(word, _misspelt_once(word))
            or (self._a_slip_away(word, 1) if len(word) >= _ONE_SLIP else "")
            or (self._a_slip_away(word, 2) if len(word) >= _TWO_SLIPS else "")
            or word
        )

    def _a_slip_away(self, word: str, slips: int) -> str:
        key = sound(word)
        near: list[str] = []
        for length in range(len(key) - slips, len(key) + slips + 1):
            matches = process.extract(
                key, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=slips, limit=None
            )
            near.extend(other for match, _, _ in matches for other in self._by_sound[match])
        return self._nearest(word, (other for other in near if OSA.distance(other, word) <= slips + 1))

    def _nearest(self, word: str, candidates: Iterable[str]) -> str:
        """The nearest candidate, the more frequent one of two; "" where there is none."""
        return min(
            candidates, key=lambda other: (OSA.distance(other, word), -self._counts.get(other, 0), other), default=""
        )


def _misspelt_once(word: str) -> list[str]:
    """Words of the dictionary that are written like this by ear: one confused, swapped or doubled letter apart."""
    forms = {
        word[:place] + other + word[place + 1 :]
        for place, letter in enumerate(word)
        for other in _CONFUSED.get(letter, "")
    }
    forms |= {word[:place] + word[place + 1 :] for place in range(1, len(word)) if word[place] == word[place - 1]}
    forms |= {word[:place] + word[place - 1] + word[place:] for place in range(1, len(word))}
    forms |= {word[:place] + word[place + 1] + word[place] + word[place + 2 :] for place in range(len(word) - 1)}
    forms |= {word[:place] + "ь" + word[place:] for place in range(2, len(word) + 1)}
    forms |= {word.removesuffix(wrong) + right for wrong, right in _ENDINGS if word.endswith(wrong)}
    return [form for form in sorted(forms) if is_in_dictionary(form)]
