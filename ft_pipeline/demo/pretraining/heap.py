"""Stage 0 of the pre-training: token embeddings from questions as heaps of tokens, before any attention is learned.

Here: a mean of token embeddings that names the topic of a question and the meaning of a word. Minutes of this give the
model what would cost it hours to find through attention. Not here: the language model itself (pretrain). Reads the
topics and the teacher's word vectors; writes nothing: `learn_embeddings` returns the matrix.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ft_pipeline.demo.pretraining import noise
from ft_pipeline.demo.pretraining.generate import Conversation, Generator, Part, Topic
from ft_pipeline.demo.pretraining.meanings import DIMENSIONS, Meanings

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

_BATCH = 256  # questions, and as many words, of one step
_PEAK_RATE = 5e-3  # of AdamW; falls linearly to a twentieth
_WORD_WEIGHT = 0.5
_SPREAD = 0.06  # standard deviation of the returned matrix, near that of a trained model of this width


def learn_embeddings(
    tokenizer: Tokenizer,
    topics: Sequence[Topic],
    meanings: Meanings,
    *,
    hidden: int,
    questions: int,
    seed: int,
    is_unwanted: Callable[[Conversation], bool],
    log: Callable[[dict[str, Any]], None],
) -> torch.Tensor:
    """Token embeddings, shape (vocabulary, hidden), such that their mean over a question tells its topic.

    Args:
        tokenizer: of the model; half of the texts are cut with BPE dropout.
        topics: what is asked about.
        meanings: teacher of single words.
        hidden: width of the model.
        questions: how many generated questions to learn from.
        seed: the same seed gives the same matrix on one thread.
        is_unwanted: questions that must not be read (too near to a protected text).
        log: told the losses now and then.
    """
    import torch
    import torch.nn.functional as F

    torch.manual_seed(seed)
    draw = random.Random(f"heap:{seed}")
    generator = Generator(topics, seed=f"heap:{seed}", tidy=0.35)
    torn = type(tokenizer).from_str(tokenizer.to_str())
    torn.model.dropout = 0.1
    names = {topic.name: number for number, topic in enumerate(topics)}
    table = torch.nn.EmbeddingBag(tokenizer.get_vocab_size(), hidden, mode="mean")
    torch.nn.init.normal_(table.weight, 0, 0.1)
    topic_head, word_head = torch.nn.Linear(hidden, len(topics)), torch.nn.Linear(hidden, DIMENSIONS, bias=False)
    learned = [*table.parameters(), *topic_head.parameters(), *word_head.parameters()]
    optimiser = torch.optim.AdamW(learned, lr=_PEAK_RATE, weight_decay=1e-3)

    def heap(texts: Sequence[str]) -> torch.Tensor:
        cutters = [torn if draw.random() < 0.5 else tokenizer for _ in texts]
        cut = [by.encode(text, add_special_tokens=False).ids or [0] for by, text in zip(cutters, texts, strict=True)]
        starts = [0]
        for ids in cut[:-1]:
            starts.append(starts[-1] + len(ids))
        mean = table(torch.tensor([token for ids in cut for token in ids]), torch.tensor(starts))
        return F.rms_norm(mean, (hidden,))

    steps = questions // _BATCH
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = _PEAK_RATE * max(0.05, 1 - step / steps)
        asked = _questions(generator, topics, draw, is_unwanted=is_unwanted)
        guessed = topic_head(heap([text for text, _ in asked]))
        right = torch.tensor([names[name] for _, name in asked])
        by_topic = F.cross_entropy(guessed, right, label_smoothing=0.05)
        typed, vectors = _words(meanings, draw)
        by_word = 1 - F.cosine_similarity(word_head(heap(typed)), vectors).mean()
        (by_topic + _WORD_WEIGHT * by_word).backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        if step % 100 == 0 or step + 1 == steps:
            log({"heap": step * _BATCH, "topic": round(by_topic.item(), 3), "word": round(by_word.item(), 3)})
    weights = table.weight.detach()
    return (weights - weights.mean(0)) / weights.std() * _SPREAD


def _questions(
    generator: Generator, topics: Sequence[Topic], draw: random.Random, *, is_unwanted: Callable[[Conversation], bool]
) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    while len(found) < _BATCH:
        topic = draw.choice(topics)
        part = generator.question(topic)
        if not is_unwanted(Conversation("asked", (part, Part("assistant", "", topic=topic.name)))):
            found.append((part.text, topic.name))
    return found


def _words(meanings: Meanings, draw: random.Random) -> tuple[list[str], torch.Tensor]:
    """Common words, some mistyped, as they stand inside a text (after a space), and what they mean."""
    import numpy as np
    import torch

    words = [meanings.common[int(len(meanings.common) * draw.random() ** 2)] for _ in range(_BATCH)]
    vectors = np.stack([vector for word in words if (vector := meanings.vector(word)) is not None])
    typed = [noise.misspell(word, draw, share=0.2).text for word in words]
    return [f" {word}" for word in typed], torch.from_numpy(vectors)
