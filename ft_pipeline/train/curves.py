"""A training's curves as TensorBoard files, beside the adapter.

Here: scalars by step and by epoch. Writes `measured/tensorboard/` of the output folder: times are in it, so it is never
part of a data hash. Not here: the picture in the UI (writing), live events (progress).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ft_pipeline.store import MEASURED

_STEP = {"loss": "train/loss", "tokens_per_s": "speed/tokens_per_s", "rss_mib": "memory/rss_mib"}
_STEP |= {"gpu_mib": "memory/gpu_mib", "seconds_left": "speed/seconds_left"}
_EPOCH = {"train_loss": "epoch/train_loss", "validation_loss": "epoch/validation_loss"}
_EPOCH |= {"answer_score": "epoch/answer_score"}


class Curves:
    """An open TensorBoard event file."""

    def __init__(self, output: Path, *, step: int) -> None:
        """Opens a file; what an earlier attempt wrote beyond `step`, where it is taken up, is struck out."""
        from torch.utils.tensorboard import SummaryWriter

        folder = output / MEASURED / "tensorboard"
        self._writer = SummaryWriter(str(folder), purge_step=step + 1 if step else None, flush_secs=10)

    def step(self, event: Mapping[str, Any], *, learning_rate: float) -> None:
        """One step's figures."""
        self._write(_STEP, event, step=event["step"])
        self._writer.add_scalar("train/learning_rate", learning_rate, event["step"])

    def epoch(self, figures: Mapping[str, Any], *, step: int) -> None:
        """One epoch's figures."""
        self._write(_EPOCH, figures, step=step)
        self._writer.flush()

    def close(self) -> None:
        """Writes what is still in memory."""
        self._writer.close()

    def _write(self, names: Mapping[str, str], figures: Mapping[str, Any], *, step: int) -> None:
        for name, tag in names.items():
            if name in figures:
                self._writer.add_scalar(tag, figures[name], step)
