"""Conversations to tokens and batches: what the training loop eats.

Here: the tokens of a conversation as the chat template writes them, which of them are learned, where its words and
questions stand; batches by length. Not here: losses (pretrain), the tokenizer itself.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ft_pipeline.demo.pretraining.generate import Conversation, Part
from ft_pipeline.demo.pretraining.tokenizer import BOS, END, MAX_POSITIONS, PAD, ROLES

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class Example:
    """One conversation in tokens."""

    ids: list[int]
    weights: list[float]  # of predicting the token at this place
    words: list[tuple[int, str]]  # (place of the word's last token, the word that was meant)
    topics: list[tuple[int, int, str]]  # (start of the question, place of <|assistant|>, topic)


class Encoder:
    """Conversations to tokens as the chat template writes them; some of the customers' turns with BPE dropout."""

    def __init__(self, tokenizer: Tokenizer, *, seed: str, torn_share: float = 0.3) -> None:
        from tokenizers import Tokenizer as Tok

        self._plain = tokenizer
        self._torn = Tok.from_str(tokenizer.to_str())
        self._torn.model.dropout = 0.12
        self._random = random.Random(seed)
        number: Callable[[str], int] = tokenizer.token_to_id  # type: ignore[assignment]
        self._torn_share = (
            torn_share  # of customers' turns; which merges are dropped is the library's own, unseeded draw
        )
        self._asked_at = 0
        self._id = {text: number(text) for text in (PAD, BOS, END, *ROLES.values())}

    def __call__(self, conversation: Conversation) -> Example:
        example = Example([self._id[BOS]], [0.0], [], [])
        for part in conversation.parts:
            self._add(part, example)
        return example

    def _add(self, part: Part, example: Example) -> None:
        example.ids.append(self._id[ROLES[part.role]])
        example.weights.append(0.0)
        if part.role == "user":
            self._asked_at = len(example.ids)
        if part.topic:
            example.topics.append((self._asked_at, len(example.ids) - 1, part.topic))
        is_torn = part.role == "user" and self._random.random() < self._torn_share
        encoding = (self._torn if is_torn else self._plain).encode(part.text, add_special_tokens=False)
        start = len(example.ids)
        weight = {"assistant": 1.0, "user": -1.0}.get(part.role, 0.0) if part.is_learned and not is_torn else 0.0
        last_token = {end: place for place, (_, end) in enumerate(encoding.offsets)}
        example.ids.extend(encoding.ids)
        hidden = [any(a < end and begin < b for a, b in part.unlearnable) for begin, end in encoding.offsets]
        example.weights.extend(0.0 if is_hidden else weight for is_hidden in hidden)
        example.words.extend((start + last_token[end], word) for _, end, word in part.words if end in last_token)
        if part.text:
            example.ids.append(self._id[END])
            example.weights.append(abs(weight))


def batches(examples: Iterator[Example], *, batch_tokens: int, rng: random.Random) -> Iterator[list[Example]]:
    """Examples of like length together; an endless stream of batches of at most `batch_tokens` with padding."""
    while True:
        pool = sorted((next(examples) for _ in range(768)), key=lambda example: len(example.ids))
        cut: list[list[Example]] = [[]]
        for example in pool:
            if len(example.ids) > MAX_POSITIONS:
                continue
            if (len(cut[-1]) + 1) * len(example.ids) > batch_tokens:
                cut.append([])
            cut[-1].append(example)
        rng.shuffle(cut)
        yield from cut
