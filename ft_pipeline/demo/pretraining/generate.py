"""The pre-training text: an endless, seeded stream of conversations with many invented companies.

Here: reading the hand-written topics, inventing a company's facts, wrapping and mistyping what customers write, and the
kinds of exercise the base model learns from. Not here: the demo company (contamination keeps it out), tokens, training.
Reads corpus/*.yaml: a list of {topic, answers, wordings} with {slots}. Yields `Conversation`.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import yaml

from ft_pipeline.demo.pretraining import noise
from ft_pipeline.demo.pretraining.meanings import Meanings
from ft_pipeline.demo.pretraining.wrapping import FIRST, fill, phrases, synonyms, wrap

CORPUS = Path(__file__).parent / "corpus"
Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Topic:
    """One kind of question: templates of the answer, and how people ask."""

    name: str
    answers: tuple[str, ...]
    wordings: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """One turn. `words` are (start, end, meant word); `unlearnable` are spans whose content nobody could predict."""

    role: Role
    text: str
    words: tuple[tuple[int, int, str], ...] = ()
    unlearnable: tuple[tuple[int, int], ...] = ()
    is_learned: bool = False  # whether the next-token loss counts here
    topic: str = ""  # of an assistant's turn: what the turn before asked about


@dataclass(frozen=True)
class Conversation:
    """One document of the pre-training text."""

    kind: str
    parts: tuple[Part, ...] = field(default=())


def load_topics(folder: Path = CORPUS) -> list[Topic]:
    """All topics, in the order of file names; a family's files (freight_1, freight_2) may add to the same topic."""
    topics: dict[str, Topic] = {}
    for path in sorted(folder.glob("*.yaml")):
        family = path.stem.rsplit("_", 1)[0]
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
            name = f"{family}/{entry['topic']}"
            known = topics.get(name, Topic(name, (), ()))
            answers = dict.fromkeys((*known.answers, *entry["answers"]))
            wordings = dict.fromkeys((*known.wordings, *entry["wordings"]))
            topics[name] = Topic(name, tuple(answers), tuple(wordings))
    if not topics:
        raise FileNotFoundError(f"no topics found in {folder}: expected YAML files with topic, answers, wordings")
    return list(topics.values())


def corpus_hash(topics: Sequence[Topic]) -> str:
    """sha256 over everything hand-written that the stream draws from."""
    digest = hashlib.sha256()
    for topic in topics:
        digest.update("\x1f".join([topic.name, *topic.answers, *topic.wordings]).encode() + b"\x1e")
    return digest.hexdigest()


def hold_out(topics: Sequence[Topic], *, every: int = 20) -> tuple[list[Topic], list[tuple[str, str]]]:
    """Keep every n-th wording out, to measure on; returns the topics without them and the (topic, wording) pairs."""
    kept, held = [], []
    for topic in topics:
        held += [(topic.name, text) for text in topic.wordings[every - 1 :: every]]
        rest = tuple(text for i, text in enumerate(topic.wordings) if i % every != every - 1)
        kept.append(Topic(topic.name, topic.answers, rest))
    return kept, held


class Generator:
    """Draws conversations; the same topics and seed give the same stream."""

    def __init__(
        self, topics: Sequence[Topic], *, seed: int | str, meanings: Meanings | None = None, tidy: float = 0.0
    ) -> None:
        self._topics = [topic for topic in topics if topic.wordings]
        self._random = random.Random(seed)
        self._meanings = meanings
        self._tidy = tidy  # share of questions left as they are before any manner of typing is drawn

    def __iter__(self) -> Iterator[Conversation]:
        while True:
            draw = self._random.random()
            if draw < 0.27:
                yield self._dialogue()
            elif draw < 0.74:
                yield self._asked()
            elif draw < 0.82:
                yield self._repair()
            elif draw < 0.91:
                yield self._other_words()
            elif draw < 0.94 or self._meanings is None:
                yield self._same_or_not()
            else:
                yield self._near_words(self._meanings)

    def _wording(self, topic: Topic) -> str:
        text = fill(self._random.choice(topic.wordings), self._random)[0]
        return synonyms(text, self._random)

    def question(self, topic: Topic) -> Part:
        """How somebody asks about a topic: one of its wordings, wrapped and typed in some manner."""
        text = wrap(self._wording(topic), self._random)
        is_tidy = self._random.random() < self._tidy
        typed = noise.as_is(text) if is_tidy else noise.type_badly(text, self._random)
        return Part("user", typed.text, typed.words, is_learned=typed.text == text)

    def _answer(self, topic: Topic) -> Part:
        text, spans = fill(self._random.choice(topic.answers), self._random)
        return Part("assistant", text, noise.as_is(text).words, spans, is_learned=True, topic=topic.name)

    def _system(self) -> Part:
        text = (
            FIRST
            if self._random.random() < 0.5
            else fill(self._random.choice(phrases()["system_prompts"]), self._random)[0]
        )
        return Part("system", text)

    def _dialogue(self) -> Conversation:
        parts = [self._system()]
        for _ in range(1 if self._random.random() < 0.8 else 2):
            topic = self._random.choice(self._topics)
            parts += [self.question(topic), self._answer(topic)]
        return Conversation("dialogue", tuple(parts))

    def _asked(self) -> Conversation:
        """Only a question, to be understood (its topic and its words); cheaper than writing an answer out."""
        topic = self._random.choice(self._topics)
        start = (self._system(),) if self._random.random() < 0.3 else ()
        return Conversation("asked", (*start, self.question(topic), Part("assistant", "", topic=topic.name)))

    def _repair(self) -> Conversation:
        clean = self._wording(self._random.choice(self._topics))
        typed = noise.type_badly(clean, self._random)
        while typed.text == clean:
            typed = noise.type_badly(clean, self._random)
        answer = Part("assistant", clean, noise.as_is(clean).words, is_learned=True)
        system = Part("system", "Перепиши без ошибок.")
        return Conversation("repair", (system, Part("user", typed.text, typed.words), answer))

    def _other_words(self) -> Conversation:
        topic = self._random.choice(self._topics)
        question = self.question(topic)
        other = self._wording(topic)
        answer = Part("assistant", other, noise.as_is(other).words, is_learned=True, topic=topic.name)
        return Conversation("other_words", (Part("system", "Спроси о том же другими словами."), question, answer))

    def _same_or_not(self) -> Conversation:
        one = self._random.choice(self._topics)
        two = one if self._random.random() < 0.5 else self._random.choice(self._topics)
        first = noise.as_is(self._wording(one))
        second = noise.type_badly(self._wording(two), self._random)
        text = f"{first.text}\n{second.text}"
        shift = len(first.text) + 1
        words = first.words + tuple((a + shift, b + shift, word) for a, b, word in second.words)
        answer = Part("assistant", "Да." if one is two else "Нет.", is_learned=True)
        return Conversation(
            "same_or_not", (Part("system", "Об одном ли спрашивают?"), Part("user", text, words), answer)
        )

    def _near_words(self, meanings: Meanings) -> Conversation:
        """A few words, and for each its neighbours in meaning."""
        words: list[str] = []
        lines: list[str] = []
        own = re.findall(r"[а-яё]{4,}", self._wording(self._random.choice(self._topics)).lower())
        for word in self._random.sample(own, min(3, len(own))) + [
            meanings.common[int(len(meanings.common) * self._random.random() ** 2)] for _ in range(3)
        ]:
            near = meanings.neighbours(word)[:5]
            if near:
                words.append(word)
                lines.append(", ".join(self._random.sample(near, min(3, len(near)))))
        if not words:
            return self._repair()
        typed = noise.misspell("\n".join(words), self._random, share=0.15)
        answer = "\n".join(lines)
        return Conversation(
            "near_words",
            (
                Part("system", "Назови похожие слова."),
                Part("user", typed.text, typed.words),
                Part("assistant", answer, noise.as_is(answer).words, is_learned=True),
            ),
        )
