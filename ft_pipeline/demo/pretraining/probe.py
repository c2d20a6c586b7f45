"""How far the unfinished base model understands questions it has never seen. Not here: anything after fine-tuning."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from ft_pipeline.demo.pretraining import noise
from ft_pipeline.demo.pretraining.encode import Encoder
from ft_pipeline.demo.pretraining.generate import Conversation, Part
from ft_pipeline.demo.pretraining.pretrain import Trainer
from ft_pipeline.demo.pretraining.wrapping import FIRST, fill


def topic_accuracy(
    trainer: Trainer, questions: Sequence[tuple[str, str]], *, typed_badly: bool, seed: int = 7
) -> float:
    """Share of held-out wordings whose topic the topic head names; a proxy for how far the base model understands."""
    import torch

    rng = random.Random(seed)
    encoder = Encoder(trainer.tokenizer, seed="plain", torn_share=0.0)
    examples = []
    for name, text in questions:
        clean = fill(text, rng)[0]
        asked = noise.bare(noise.misspell(clean, rng, share=0.4), rng).text if typed_badly else clean
        parts = (Part("system", FIRST), Part("user", asked), Part("assistant", "", topic=name))
        examples.append(encoder(Conversation("probe", parts)))
    right = 0
    model: Any = trainer.model
    model.eval()
    with torch.no_grad():
        for start in range(0, len(examples), 64):
            batch = examples[start : start + 64]
            width = max(len(example.ids) for example in batch)
            ids = torch.tensor([example.ids + [0] * (width - len(example.ids)) for example in batch])
            last = model.model(input_ids=ids, use_cache=False).last_hidden_state
            rows, _, places, labels = trainer.topics_of(batch)
            guess = trainer.guess(last, rows, places)[:, : len(trainer.topic_ids)].argmax(-1)
            right += int((guess == labels).sum())
    model.train()
    return right / max(1, len(examples))
