"""Names each answer group, so that a person can read what it is about.

Here: intents and their names. Not here: which answers belong together (answers).

An intent is an answer group. Its name is the source's category where one category dominates the group, else the
lemmas that are typical of its questions. Names are unique inside one run.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from heapq import nsmallest
from itertools import chain

from ft_pipeline.curate.forms import normal_forms
from ft_pipeline.curate.rows import Candidate
from ft_pipeline.curate.wording import normal_form
from ft_pipeline.redact.morphology import dictionary

_DOMINANT = 0.6  # share of a group's tickets that must carry its category
_NAMELESS = {"", "отсутствует", "прочее", "другое", "иное", "other", "none", "без категории", "нет"}
_TELLING = {"NOUN", "VERB", "INFN", "ADJF", "LATN"}
_STOP = {
    "подсказать",
    "мочь",
    "сказать",
    "хотеть",
    "быть",
    "нужно",
    "надо",
    "какой",
    "который",
    "весь",
    "мой",
    "ваш",
    "свой",
}
_STOP |= {
    "этот",
    "такой",
    "пожалуйста",
    "узнать",
    "добрый",
    "день",
    "вопрос",
    "наш",
    "сам",
    "один",
    "можно",
    "помочь",
    "делать",
}
_LEAST_LETTERS = 3  # of a word that tells something
_WORD = re.compile(rf"[^\W\d_]{{{_LEAST_LETTERS},}}")
_LOOKED_UP = 10  # words of a group that are looked up for its name
_MOST_QUESTIONS = 200  # of a group; its name does not need more


def name_intents(candidates: Sequence[Candidate]) -> None:
    """Writes a readable, unique name into each candidate."""
    groups: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        groups[candidate.answer_id].append(candidate)
    words = _word_counts(groups)
    spread = Counter(word for counts in words.values() for word in counts)
    taken: set[str] = set()
    for answer in sorted(groups, key=lambda answer: (-len(groups[answer]), answer)):
        category = _category(groups[answer])
        is_free = category and category.lower() not in taken
        name = category if is_free else _unique(category, _typical(words[answer], spread, len(groups)), taken)
        taken.add(name.lower())
        for candidate in groups[answer]:
            candidate.intent = name


def _category(group: Sequence[Candidate]) -> str:
    counts = Counter(item.ticket.category.strip() for item in group)
    name, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    return name if count >= _DOMINANT * len(group) and name.lower() not in _NAMELESS else ""


def _unique(category: str, typical: Sequence[str], taken: set[str]) -> str:
    if category and category.lower() not in taken:
        return category
    for size in (2, 3, 4, 5):
        words = " ".join(typical[:size])
        name = f"{category}: {words}" if category else words
        if words and name.lower() not in taken:
            return name
    base = category or " ".join(typical[:2]) or "без названия"
    number = 2
    while f"{base} {number}".lower() in taken:
        number += 1
    return f"{base} {number}"


def _typical(counts: Counter[str], spread: Counter[str], groups: int) -> list[str]:
    """Lemmas of the words that are frequent here and rare elsewhere (class-based tf-idf), best first.

    Only the best words are looked up in the dictionary: that is the expensive part.
    """
    weight = {word: count * math.log(1 + groups / spread[word]) for word, count in counts.items()}
    by_lemma: dict[str, float] = defaultdict(float)
    for word in nsmallest(_LOOKED_UP, weight, key=lambda word: (-weight[word], word)):
        lemma = _lemma(word)
        if lemma:
            by_lemma[lemma] += weight[word]
    return sorted(by_lemma, key=lambda lemma: (-by_lemma[lemma], lemma))[:6]


def _word_counts(groups: Mapping[str, Sequence[Candidate]]) -> dict[str, Counter[str]]:
    """In how many questions of each group each word stands, of the newest questions where there are very many."""
    newest = {answer: _newest(group) for answer, group in groups.items()}
    forms = iter(normal_forms([item.question for group in newest.values() for item in group]))
    words: dict[str, Counter[str]] = {}
    for answer, group in newest.items():
        counts = _count_words([next(forms) for _ in group])
        if not counts:
            counts.update(_WORD.findall(normal_form(groups[answer][0].canonical)))
        words[answer] = counts
    return words


def _count_words(forms: Sequence[str]) -> Counter[str]:
    """In how many normal forms each `_WORD` stands."""
    counts = Counter(chain.from_iterable(set(form.split()) for form in forms))
    if any(not word.isalpha() and _WORD.search(word) for word in counts):  # a word inside "24ч" or "wi2fi"
        return Counter(chain.from_iterable(set(_WORD.findall(form)) for form in forms))
    return Counter({word: n for word, n in counts.items() if len(word) >= _LEAST_LETTERS and word.isalpha()})


def _newest(group: Sequence[Candidate]) -> Sequence[Candidate]:
    if len(group) <= _MOST_QUESTIONS:
        return group
    return sorted(group, key=lambda item: (item.created_at, item.ticket.key))[-_MOST_QUESTIONS:]


@lru_cache(maxsize=100_000)
def _lemma(word: str) -> str:
    parse = dictionary().parse(word)[0]
    if parse.normal_form in _STOP:
        return ""
    is_telling = parse.tag.POS in _TELLING or "LATN" in parse.tag
    return str(parse.normal_form) if is_telling else ""
