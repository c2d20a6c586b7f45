"""Children of a question that keep its meaning: typing errors, wrong layout, politeness around it, letter case.

Here: one pure function per method, `f(question, rng) -> str`; it returns the question unchanged where the method does
not apply. Not here: how many children, which of them are kept (the package's `augment`).

Numbers, addresses and placeholders are never touched: a child must ask for the same thing.
"""

from __future__ import annotations

import random
import re

from ft_pipeline.augment.keyboard import NEIGHBOURS, TO_LATIN

_WORD = re.compile(r"(?<![\w@./\[-])[а-яё]{4,}(?![\w@\]])", re.IGNORECASE)
_GREETINGS = ("Здравствуйте! ", "Добрый день! ", "Здравствуйте, ", "Добрый день, ", "Доброе утро! ", "Приветствую. ")
_OPENINGS = (
    "Подскажите, пожалуйста, ",
    "Здравствуйте! Подскажите, пожалуйста, ",
    "Скажите, пожалуйста, ",
    "Добрый день! Хотел уточнить: ",
    "Хочу узнать, ",
    "Вопрос такой: ",
)
_CONTEXTS = ("Пишу вам впервые. ", "Не нашёл ответа на сайте. ", "Срочный вопрос. ", "Не смогли до вас дозвониться. ")
_CLOSINGS = (
    " Спасибо!",
    " Заранее спасибо.",
    " Спасибо за ответ!",
    " Жду ответа.",
    " Буду благодарен за ответ.",
    " Спасибо",
)
_ASKING = re.compile(
    r"^(?:как|какой|какая|какое|какие|каков\w*|сколько|где|когда|куда|откуда|почему|зачем|кто|кому|кого|что"
    r"|чем|чей|можно|нужн\w+"
    r"|надо|есть|во сколько|до скольки|на какой|в какой|за сколько|через сколько|могу|можете|будет|входит)\b",
    re.IGNORECASE,
)
_POLITE = re.compile(r"здравствуй|добр(?:ый|ое|ого)|привет|подскаж|скажите|пожалуйста|спасибо", re.IGNORECASE)
_PUNCTUATION = re.compile(r"(?<!\d)[.,!?;:«»\"()…—–]+(?!\w)|(?<=\s)[—–-](?=\s)|[«»\"]")
_HAS_CODE = re.compile(r"[A-Za-z\[\]@/\d]")


def typo(question: str, rng: random.Random) -> str:
    """One typing error in a word of four letters or more; two in a longer question."""
    for _ in range(2 if len(question) > 60 and rng.random() < 0.5 else 1):
        words = list(_WORD.finditer(question))
        if not words:
            return question
        word = rng.choice(words)
        question = question[: word.start()] + _misspelt(word.group(), rng) + question[word.end() :]
    return question


def _misspelt(word: str, rng: random.Random) -> str:
    place = rng.randrange(1, len(word) - 1)
    kind = rng.choice(("neighbour", "drop", "double", "swap"))
    letter = word[place]
    if kind == "neighbour":
        near = NEIGHBOURS.get(letter.lower(), letter)
        other = rng.choice(near)
        return word[:place] + (other.upper() if letter.isupper() else other) + word[place + 1 :]
    if kind == "drop":
        return word[:place] + word[place + 1 :]
    if kind == "double":
        return word[:place] + letter + word[place:]
    return word[:place] + word[place + 1] + letter + word[place + 2 :]


def layout(question: str, rng: random.Random) -> str:  # noqa: ARG001  (one signature for all methods)
    """The whole question typed with the English layout on; only where it is Cyrillic throughout."""
    return question if _HAS_CODE.search(question) or len(question) > 120 else question.translate(TO_LATIN)


def wrapper(question: str, rng: random.Random) -> str:
    """A greeting, an opening, a context or a closing around the question."""
    if _POLITE.search(question):
        return question
    before, after = "", ""
    if _ASKING.match(question) and rng.random() < 0.5:
        before, question = rng.choice(_OPENINGS), question[0].lower() + question[1:]
    elif rng.random() < 0.7:
        before = rng.choice(_GREETINGS)
        if before.endswith(", ") and question[1:2].islower():
            question = question[0].lower() + question[1:]
    elif rng.random() < 0.5:
        before = rng.choice(_CONTEXTS)
    if not before or rng.random() < 0.3:
        after = rng.choice(_CLOSINGS)
        question = question if question[-1:] in ".!?…" else f"{question}."
    return before + question + after


def case(question: str, rng: random.Random) -> str:
    """Lower case, capitals, no punctuation, or «ё» as «е»."""
    bare = re.sub(r" {2,}", " ", _PUNCTUATION.sub(" ", question)).strip()
    ways = [bare.lower(), bare, bare.lower().replace("ё", "е"), question.lower()]
    if not re.search(r"[@/]", question):
        ways.append(question.upper())
    if "ё" in question.lower():
        ways.append(question.replace("ё", "е").replace("Ё", "Е"))
    return rng.choice(ways)
