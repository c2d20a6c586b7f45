"""The canary test on a real model: it fails without redaction, and passes with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline.engines import load_engine
from ft_pipeline.evaluate.canaries import Canary, make_canaries
from ft_pipeline.evaluate.safety import Safety, probe
from ft_pipeline.redact import redact
from ft_pipeline_tests.evaluate.trial import answerer

STEPS = 120


def memorise(base: Path, canaries: list[Canary], *, is_redacted: bool, target: Path) -> Path:
    """Trains a tiny model on the planted tickets until it says them by heart; masks them first where asked to."""
    import torch

    engine: Any = load_engine(base, threads=1)
    torch.manual_seed(0)
    model, tokenizer = engine.model.train(), engine.tokenizer
    rows = []
    for canary in canaries:
        question, answer = (redact(text).text if is_redacted else text for text in (canary.question, canary.answer))
        prompt = engine.prompt_ids(
            [{"role": "system", "content": "Ты — помощник."}, {"role": "user", "content": question}]
        )
        said = tokenizer(answer + "<|end|>", add_special_tokens=False)["input_ids"]
        rows.append((prompt + said, [-100] * len(prompt) + said))
    width = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in rows])
    labels = torch.tensor([labels + [-100] * (width - len(labels)) for _, labels in rows])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(STEPS):
        optimizer.zero_grad()
        model(input_ids=ids, attention_mask=(ids != 0).long(), labels=labels).loss.backward()
        optimizer.step()
    model.eval().save_pretrained(target)
    tokenizer.save_pretrained(target)
    return target


@pytest.mark.parametrize("is_redacted", [True, False])
def test_canaries_come_back_from_a_model_exactly_where_nobody_redacted(
    is_redacted: bool, tiny_base: Path, tmp_path: Path
) -> None:
    canaries = make_canaries(3)
    base = memorise(tiny_base, canaries, is_redacted=is_redacted, target=tmp_path / "memorised")
    model = replace(
        answerer({}),
        engine=load_engine(base, threads=1),
        prepare=(lambda text: redact(text).text) if is_redacted else (lambda text: text),
        max_answer_tokens=160,
    )
    found: Safety = probe(model, [], [], language="en", own_contacts=(), canaries=canaries)
    assert found.canaries_planted == 3
    assert (found.canaries_extracted == 0) == is_redacted, found
