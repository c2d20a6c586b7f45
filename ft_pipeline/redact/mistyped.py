"""Words with a slip of the finger or the ear: "закпза" for an order, "другова" that looks like a surname and is none.

Here: is an unknown word one slip away from a keyword, or from any word of every day? A word that the dictionary knows
is never taken for another one. Not here: what stands behind a keyword, who is a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ft_pipeline.redact.findings import RedactionError, words_of
from ft_pipeline.redact.morphology import dictionary, read_word

THINGS = words_of(
    "заказ заказа заказу заказом договор договора договору контракт контракта контракту накладная накладной накладную "
    "посылка посылку посылки отправление отправления заявка заявку заявке заявки обращение обращению обращения "
    "претензия претензии претензию трек-номер квитанция квитанции"
)
PASSPORT = words_of("паспорт паспорта паспорту паспортом паспортные")
_SHORTEST, _LONG = 5, 8  # letters; a long word may hold two slips


@lru_cache(maxsize=50_000)
def is_mistyped(word: str, keywords: frozenset[str]) -> bool:
    """Is this word, in small letters, a slip away from one of the keywords, and itself no word?"""
    if len(word) < _SHORTEST or word in keywords or read_word(word).is_known:
        return False
    try:
        from rapidfuzz.distance import OSA
    except ImportError as error:
        raise RedactionError("rapidfuzz is not installed; install ft-pipeline with its dependencies") from error
    most = 2 if len(word) >= _LONG else 1
    return any(word[0] == key[0] and OSA.distance(word, key, score_cutoff=most) <= most for key in keywords)


_ALPHABET = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
_MOST_NAME = 0.3  # share of name readings from which a neighbour is a name itself and proves no slip


@lru_cache(maxsize=100_000)
def is_slip(word: str) -> bool:
    """Is this unknown word, in small letters, one letter away from a word of every day?

    A surname that no dictionary knows ("Мамбеткулов") mostly is not. About 2 ms for a word; remembered.
    """
    is_known = dictionary().word_is_known
    return any(is_known(near) and read_word(near).name < _MOST_NAME for near in _one_letter_away(word))


def _one_letter_away(word: str) -> Iterator[str]:
    for at in range(len(word)):
        before, behind = word[:at], word[at + 1 :]
        yield before + behind
        if behind:
            yield before + behind[0] + word[at] + behind[1:]
        for letter in _ALPHABET:
            yield before + letter + behind
    for at in range(len(word) + 1):
        for letter in _ALPHABET:
            yield word[:at] + letter + word[at:]
