"""How many validation questions the model answers right with its present weights.

Here: which questions are asked, generating, counting. Not here: what "right" means (scoring), the final evaluation on
unseen questions (evaluate).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ft_pipeline.engines import load_engine
from ft_pipeline.records import TrainingRow
from ft_pipeline.scoring import score_answer
from ft_pipeline.train.job import TrainJob
from ft_pipeline.train.rows import prompt_messages

if TYPE_CHECKING:
    from ft_pipeline.engines import Engine

_BATCH = 64


@dataclass(frozen=True, slots=True)
class AnswerScore:
    """Right answers among those asked."""

    right: int
    asked: int

    @property
    def share(self) -> float:
        return self.right / self.asked if self.asked else 0.0


def draw_questions(rows: Sequence[TrainingRow], *, most: int, seed: int) -> list[TrainingRow]:
    """At most `most` validation rows: the customers' own first, then synthetic ones, drawn by a hash of their id."""

    def place(row: TrainingRow) -> tuple[bool, str]:
        return row.origin != "ticket", hashlib.sha256(f"{seed}:{row.row_id}".encode()).hexdigest()

    return sorted(rows, key=place)[:most]


def score_answers(
    model: Any, tokenizer: Any, questions: Sequence[TrainingRow], *, job: TrainJob, adapter: Path
) -> AnswerScore:
    """Asks the model and counts the right answers.

    On a CPU the saved adapter is loaded as it will be served (merged, fp32), which is also the fastest way. On a GPU a
    second copy of the base may not fit, so the model in memory answers.
    """
    import torch

    with torch.random.fork_rng():
        engine: Engine
        if torch.cuda.is_available():
            from ft_pipeline.engines.transformers_engine import TransformersEngine

            model.eval()
            engine = TransformersEngine(model=model, tokenizer=tokenizer, name="in training", model_hash="")
        else:
            engine = load_engine(job.base, adapter=adapter, threads=job.settings.threads)
        prompts = [prompt_messages(row, system_prompt=job.system_prompt) for row in questions]
        generations = engine.generate(prompts, max_new_tokens=job.max_answer_tokens, batch_size=_BATCH)
        model.train()
    right = sum(
        score_answer(generation.text, row.answer, scorer=job.scorer, min_chrf=job.min_chrf).correct
        for generation, row in zip(generations, questions, strict=True)
    )
    return AnswerScore(right, len(questions))
