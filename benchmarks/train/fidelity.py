"""Whether the fast training is the same training: what `python -m benchmarks.train` says beside its speed.

Here: rows laid end to end in fp32 against the model's own forward pass over padded rows in fp32, in the same order of
tokens; bf16 against fp32 over three seeds, by the loss on held-out rows and by generated answers. Not here: speed.

The embedded base model, the embedded company's wordings: some to learn, others to be asked. "Equal answer score" is an
exact McNemar test on the same questions that sees no difference at 5 %; "within the spread" means that bf16 lies no
further from fp32 of its own seed than the furthest two seeds of fp32 from each other.
"""

from __future__ import annotations

import tempfile
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

FOLLOWS, LEAST_P = 1e-3, 0.05
_SEEDS = (7, 8, 9)
_STEPS_FOLLOWED = 40
_ROWS, _ASKED, _EPOCHS = 480, 160, 3
_MAX_NEW_TOKENS = 80


@dataclass(frozen=True)
class Run:
    """One training: the loss of every step, the mean loss on held-out rows, which answers were right."""

    losses: list[float]
    held_out: float
    right: list[bool]

    @property
    def share(self) -> float:
        return sum(self.right) / max(len(self.right), 1)


def measure() -> dict[str, Any]:
    """Gates and what they rest on."""
    from ft_pipeline.train import adaptation

    fp32 = adaptation.Precision("cpu", False, "fp32")
    bf16 = adaptation.pick_precision()
    with tempfile.TemporaryDirectory(prefix="ft-fidelity-") as folder:
        root = Path(folder)
        padded = train(root / "padded", fp32, seed=_SEEDS[0], is_padded=True, steps=_STEPS_FOLLOWED)
        laid = train(root / "laid", fp32, seed=_SEEDS[0], steps=_STEPS_FOLLOWED)
        apart = max(abs(ours - other) / other for ours, other in zip(laid.losses, padded.losses, strict=True))
        gates: dict[str, Any] = {"fp32_follows": _gate(apart, FOLLOWS, at_most=True)}
        facts: dict[str, Any] = {"padded": padded.losses[-1], "laid": laid.losses[-1], "steps": len(laid.losses)}
        if bf16.autocast:
            by_seed = {seed: train(root / f"fp32-{seed}", fp32, seed=seed) for seed in _SEEDS}
            low = train(root / "bf16", bf16, seed=_SEEDS[0])
            gates |= compare(by_seed, low)
            facts |= {f"fp32_{seed}": {"held_out": run.held_out, "right": run.share} for seed, run in by_seed.items()}
            facts |= {"bf16_7": {"held_out": low.held_out, "right": low.share}, "asked": len(low.right)}
    return {"gates": gates, "facts": facts}


def compare(by_seed: dict[int, Run], low: Run) -> dict[str, Any]:
    """bf16 against fp32 of the same seed, measured by what seeds alone bring about."""
    from ft_pipeline.evaluate.statistics import mcnemar

    losses = [run.held_out for run in by_seed.values()]
    same = by_seed[_SEEDS[0]]
    distance, spread = abs(low.held_out - same.held_out), max(losses) - min(losses)
    return {
        "bf16_within_spread": _gate(distance, spread, at_most=True),
        "bf16_answers_equal": _gate(mcnemar(low.right, same.right).p_value, LEAST_P, at_most=False),
        "answers_are_right_at_all": _gate(same.share, 0.02, at_most=False),  # else equality says nothing
    }


def train(folder: Path, precision: Any, *, seed: int, is_padded: bool = False, steps: int = 0) -> Run:
    """One training as the training process builds it; cut after `steps`, and then asked nothing."""
    from transformers import TrainerCallback

    from benchmarks.train import tiny
    from ft_pipeline.train import adaptation, answer_trainer, rows
    from ft_pipeline.train.answer_loss import PLAIN

    learned, asked = tables()
    settings: dict[str, Any] = {"lora_alpha": 32, "lora_dropout": 0.0, "seed": seed}
    job = tiny.job(folder, tiny.EMBEDDED, learned, max_epochs=_EPOCHS, min_epochs=1, **settings)
    model, tokenizer = adaptation.load_base(tiny.EMBEDDED, method="lora", precision=precision)
    made = [
        rows.tokenise(table, tokenizer, system_prompt=tiny.SYSTEM, max_length=512).rows for table in (learned, asked)
    ]
    model = adaptation.add_adapter(model, job.settings)
    as_it_is = mock.patch.object(answer_trainer, "make_plan", return_value=PLAIN)
    with as_it_is if is_padded else nullcontext():
        trainer = answer_trainer.build_trainer(
            model, tokenizer, made[0], job=job, precision=precision, padding_free=False
        )
    if is_padded == trainer.plan.is_laid_out:
        raise SystemExit(f"found rows laid out: {trainer.plan.is_laid_out}; expected {not is_padded} of this arm")
    losses: list[float] = []
    before = [0.0, 0]

    class Losses(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002 - Transformers' signature
            losses.append((trainer.loss_sum - before[0]) / (trainer.loss_tokens - before[1]))
            before[:] = trainer.loss_sum, trainer.loss_tokens
            control.should_training_stop = control.should_training_stop or state.global_step == steps

    trainer.add_callback(Losses())
    trainer.train()
    if steps:
        return Run(losses, 0.0, [])
    held_out = answer_trainer.validation_loss(trainer, made[1], batch_size=32)
    return Run(losses, round(held_out, 5), answers(trainer.model, asked, folder))


def answers(model: Any, asked: list[Any], folder: Path) -> list[bool]:
    """Which questions the adapter, merged as it is served, answers rightly."""
    from benchmarks.train import tiny
    from ft_pipeline.engines import load_engine
    from ft_pipeline.scoring import score_answer
    from ft_pipeline.train import adaptation
    from ft_pipeline.train.rows import prompt_messages

    adaptation.save_adapter(model, folder / "adapter", base_name="base")
    found = load_engine(tiny.EMBEDDED, adapter=folder / "adapter", threads=1).generate(
        [prompt_messages(row, system_prompt=tiny.SYSTEM) for row in asked],
        max_new_tokens=_MAX_NEW_TOKENS,
        batch_size=64,
    )
    return [
        score_answer(answer.text, row.answer, scorer="key_facts", min_chrf=0.6).correct
        for answer, row in zip(found, asked, strict=True)
    ]


def tables() -> tuple[list[Any], list[Any]]:
    """Wordings to learn and others to be asked, drawn by a seed; no wording is in both."""
    import random

    from benchmarks.train import tiny

    unique = list({row.question: row for row in tiny.company_rows(20 * _ROWS)}.values())
    random.Random(1).shuffle(unique)
    learned, asked = unique[:_ROWS], unique[_ROWS : _ROWS + _ASKED]
    return learned, [replace(row, split="validation") for row in asked]


def _gate(value: float, limit: float, *, at_most: bool) -> dict[str, Any]:
    return {"value": round(value, 9), "limit": round(limit, 6), "ok": value <= limit if at_most else value >= limit}
