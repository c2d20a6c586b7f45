"""How customers write when they are in a hurry: mild typos, no punctuation, no capitals.

Here: functions from a text and a random source to a noisier text. Numbers, names and anything that is not a plain
lower-case Cyrillic word stay as they are. Not here: the noise that augmentation makes for training.
"""

from __future__ import annotations

import random
import re

_ROWS = ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю")
_NEIGHBOURS = {
    letter: row[max(0, index - 1) : index] + row[index + 1 : index + 2]
    for row in _ROWS
    for index, letter in enumerate(row)
}
_WORD = re.compile(r"(?<![\w@./«])[а-яё]{4,}(?![\w@./»])")


def with_typos(text: str, rng: random.Random) -> str:
    """The text with one typo, or two where it is long; the same text where no word can take one."""
    for _ in range(1 if len(text) < 60 else rng.choice((1, 2))):
        words = list(_WORD.finditer(text))
        if not words:
            return text
        word = rng.choice(words)
        text = text[: word.start()] + _misspell(word.group(), rng) + text[word.end() :]
    return text


def relaxed(text: str, rng: random.Random) -> str:
    """The text without its last full stop, without commas, or in lower case: as people write in a chat."""
    style = rng.randrange(4)
    if style == 0:
        return text.rstrip(".!?")
    if style == 1:
        return re.sub(r",(?=\s)", "", text).rstrip(".!?")
    if style == 2:
        return text[:1].lower() + text[1:].rstrip(".?!")
    return re.sub(r"(?<=\w)[,;:](?=\s)", "", text).rstrip(".!?").lower()


def _misspell(word: str, rng: random.Random) -> str:
    place = rng.randrange(1, len(word) - 1)
    style = rng.randrange(4)
    if style == 0:  # a letter left out
        return word[:place] + word[place + 1 :]
    if style == 1:  # a letter twice
        return word[:place] + word[place] + word[place:]
    if style == 2 and word[place] != word[place + 1]:  # two letters swapped
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return word[:place] + rng.choice(_NEIGHBOURS.get(word[place], "о") or "о") + word[place + 1 :]
