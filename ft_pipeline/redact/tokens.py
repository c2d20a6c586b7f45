"""The words of a text with what they can be and where they stand: what names.py decides upon.

Here: a token, its weight as a name by the dictionary alone, and places that bar a name (a street, a brand, a town).
Not here: the words beside it that speak for a person (witnesses.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ft_pipeline.redact import frames
from ft_pipeline.redact.morphology import Reading, read_word

WORD = re.compile(r"[А-ЯЁа-яё]+(?:-[А-ЯЁа-яё]+)*")
_NUMBER_BEHIND = re.compile(r"-?\d")
_SMALL_WORD_BEHIND = re.compile(r" ([а-яё]{4,})")
_ABBREVIATED = re.compile(r"\. [а-яё]")
NONE, WEAK, MEDIUM, STRONG = range(4)
LEAST_STRONG = 0.8  # share of name readings from which a word is a name wherever it stands
LEAST_GIVEN = 0.04  # the same for a given name: who writes "Надежду" with a capital means a person
LEAST_MEDIUM = 0.28  # share from which a capital inside a sentence is enough


@dataclass(slots=True)
class Token:
    start: int
    end: int
    text: str
    reading: Reading
    is_first: bool = False  # of its sentence
    weight: int = NONE
    is_barred: bool = False  # stands for a place or a brand here

    @property
    def is_capital(self) -> bool:
        return self.text[0].isupper() and not self.is_upper

    @property
    def is_upper(self) -> bool:
        return len(self.text) > 1 and self.text.isupper()


def weight_of(reading: Reading) -> int:
    share = reading.name
    if reading.is_function_word and share < LEAST_STRONG:
        return NONE
    if not reading.is_known:
        if reading.patronymic >= 1:
            return STRONG
        return MEDIUM if reading.has_surname_form and share > 0 else (WEAK if share > 0 else NONE)
    if share >= LEAST_STRONG or (share >= 0.5 and share + reading.place >= 0.95):
        return STRONG
    return MEDIUM if share >= LEAST_MEDIUM else (WEAK if share > 0 else NONE)


def tokens_of(text: str) -> list[Token]:
    quoted = _quoted_words(text)
    tokens: list[Token] = []
    for match in WORD.finditer(text):
        token = Token(*match.span(), match[0], read_word(match[0]))
        token.weight = weight_of(token.reading)
        if token.weight or not token.reading.is_known or not token.text.islower():
            token.is_first = _is_sentence_start(text, token.start)
            previous = tokens[-1] if tokens else None
            token.is_barred = token.text.lower() in quoted or _stands_for_place(text, token, previous)
        tokens.append(token)
    return tokens


def _is_sentence_start(text: str, start: int) -> bool:
    position = start - 1
    while position >= 0 and text[position] in " \t\u00a0":
        position -= 1
    if position < 0 or text[position] in frames.SENTENCE_ENDS:
        return True
    return text[position] in "-»)" and (position == 0 or text[position - 1] in "\n.!?")


def _quoted_words(text: str) -> frozenset[str]:
    """Words of short quotations are titles and brands, in and outside the quotation marks."""
    if not any(mark in text for mark in '«"„“'):
        return frozenset()
    short = [match[1] for match in frames.QUOTED.finditer(text) if match[1].count(" ") < 3]
    return frozenset(word.lower() for quotation in short for word in WORD.findall(quotation))


def _stands_for_place(text: str, token: Token, previous: Token | None) -> bool:
    """ "ул. Гагарина", "в Киров": a street, an institution, a product or a town that bears a person's name."""
    if _ABBREVIATED.match(text, token.end) and len(token.text) < 6:
        return True  # "Макс. вес"
    if previous is not None and _is_after_place(text, previous.text, previous.reading, previous.end, token.start):
        return True
    if _describes(text, token) or _NUMBER_BEHIND.match(text, token.end):
        return True
    reading = token.reading
    before = text[max(0, token.start - 24) : token.start]
    is_author = token.text.endswith(("ого", "ова", "ева", "ина", "ой"))
    if is_author and not reading.given and frames.WORK_BEFORE.search(before):
        return True  # "роман Толстого"
    if reading.surname > reading.given and frames.HOUSE_BEHIND.match(text, token.end):
        return True
    return reading.place > 0 and (
        frames.TOWARDS.search(before) is not None or bool(re.match(r"\s?[—–→-]", text[token.end : token.end + 2]))
    )


def _is_after_place(text: str, word: str, reading: Reading, end: int, start: int) -> bool:
    """Is the word that ends at `end` one that a place, a product or a brand follows, with nothing else between?"""
    return (
        start - end < 4
        and not text[end:start].strip(' .«"\u00a0')
        and (reading.base in frames.NO_PERSON_BEFORE or word.lower() in frames.NO_PERSON_BEFORE)
    )


def _describes(text: str, token: Token) -> bool:
    """ "Павловская курочка": an adjective-like word right before a common noun."""
    if not token.text.endswith(("ий", "ая", "ой", "ого", "скую", "ым", "ый")) or token.reading.given > 0.5:
        return False
    following = _SMALL_WORD_BEHIND.match(text, token.end)
    if following is None:
        return False
    noun = read_word(following[1])
    is_noun = noun.is_known and noun.case != "" and not noun.is_verb and not noun.is_function_word and not noun.name
    return is_noun and noun.base not in frames.ROLES and noun.case in {"nomn", "gent", "accs", "ablt", "loct", "datv"}
