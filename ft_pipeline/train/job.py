"""What a training is asked for and what it gives back: `TrainJob`, `TrainResult`, `TrainError`.

Here: the two records and the error, all of them free of heavy imports. Not here: starting the process (process), the
training itself (session).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ft_pipeline.task import Share, Training

# Files of a finished training, in the output folder. All but TIMING depend on the job's inputs alone.
ADAPTER, HISTORY, FACTS, PANEL, CARD = "adapter", "history.json", "training.json", "overfit_panel.png", "README.md"
REJECTED = "rejected.parquet"
TIMING = "timing.json"  # written last: where it stands, the training has finished


class TrainError(RuntimeError):
    """The training cannot start or did not finish; the message names what was found and what to do."""


class TrainJob(BaseModel):
    """Everything that the training process needs to know; JSON in, JSON out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: Path  # folder of the base model
    rows: Path  # Parquet of records.TrainingRow, train and validation
    output: Path  # folder for the results; the process fills it
    work: Path  # folder for checkpoints, the log and the lock; kept between attempts
    system_prompt: str
    settings: Training = Training()
    method: Literal["lora", "qlora"] = "lora"
    scorer: Literal["key_facts", "exact", "chrf"] = "key_facts"
    min_chrf: Share = 0.6
    max_answer_tokens: int = Field(default=160, ge=1)
    split: int = Field(default=1, ge=1)  # parts that a step's rows are computed in, one after the other: saves memory
    price_per_hour: float = Field(default=0.0, ge=0)  # of this machine, for the manifest's cost; 0 = unknown
    currency: str = ""


@dataclass(frozen=True)
class TrainResult:
    """A finished training, as its output folder holds it."""

    output: Path
    adapter: Path
    best_epoch: int
    stopped_after: int
    reason_ru: str
    reason_en: str
    history: tuple[Mapping[str, Any], ...]  # one entry per epoch
    rejected: Mapping[str, int]  # reason -> rows
    facts: Mapping[str, Any] = field(default_factory=dict)  # training.json
    timing: Mapping[str, Any] = field(default_factory=dict)  # timing.json
