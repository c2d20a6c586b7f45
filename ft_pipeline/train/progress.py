"""What happens between the steps of a training: telling how it goes, checkpoints, the end of an epoch.

Here: events, the figures of an epoch, when a checkpoint is due, what a checkpoint has to remember of it. Not here:
how one is written (checkpoints), which epoch is best (epochs), the order of the whole training (session).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ft_pipeline.train import adaptation, answer_trainer, answers, checkpoints, curves, epochs, writing
from ft_pipeline.train.job import TrainJob

_STEP_EVENT_S = 0.5  # at most one step event in this time

Emit = Callable[[dict[str, Any]], None]


class Progress:
    """Counts steps, and after each epoch saves, measures and decides whether to go on."""

    def __init__(self, job: TrainJob, emit: Emit, trainer: Any, tokenizer: Any, tables: dict[str, list[Any]]) -> None:
        self.job, self.emit, self.trainer, self.tokenizer, self.tables = job, emit, trainer, tokenizer, tables
        self.questions = answers.draw_questions(
            [item.row for item in tables["validation"]], most=job.settings.validation_questions, seed=job.settings.seed
        )
        self.done: list[epochs.Epoch] = []
        self.train_s = self.validation_s = 0.0
        self.attempts = 1
        self.peak_rss_mib = 0.0
        self._resumed: dict[str, Any] | None = None
        self._epoch_rng: dict[str, Any] = {}
        self._mark = self._saved = time.monotonic()
        self._said = 0.0
        self._curves: curves.Curves | None = None

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that writes and speaks."""
        return bool(self.trainer.args.process_index == 0)

    @property
    def is_over(self) -> bool:
        """Whether the epochs that are done are all that there will be."""
        settings = self.job.settings
        return len(self.done) >= settings.max_epochs or epochs.should_stop(
            self.done, min_epochs=settings.min_epochs, patience=settings.patience
        )

    def resume(self, checkpoint: Path) -> None:
        """Takes up what a checkpoint remembers."""
        known = checkpoints.read_progress(checkpoint)
        self.done = [epochs.Epoch(**item) for item in known["done"]]
        self.train_s, self.validation_s = known["train_s"], known["validation_s"]
        self.peak_rss_mib, self.attempts = known["peak_rss_mib"], known["attempts"] + 1
        for name in ("loss_sum", "loss_tokens", "seen_tokens"):
            setattr(self.trainer, name, known[name] if self.is_first or name == "seen_tokens" else 0)
        states = checkpoints.read_random(checkpoint, self.trainer.args.process_index)
        self._resumed = states["epoch"] if known["is_mid_epoch"] else states["now"]

    def begin_epoch(self, state: Any) -> None:
        """Notes the random states, from which the order of the epoch's rows follows."""
        if self._resumed is not None:
            checkpoints.set_random_states(self._resumed)
            self._resumed = None
        self._epoch_rng = checkpoints.random_states()
        if self._curves is None and self.is_first:
            self._curves = curves.Curves(self.job.output, step=state.global_step)

    def step(self, state: Any) -> None:
        """Tells where the training stands, not too often, and saves a checkpoint where one is due."""
        now = time.monotonic()
        is_epochs_last = state.global_step % (state.max_steps // state.num_train_epochs) == 0
        if not is_epochs_last and _agreed(self.trainer, now - self._saved >= self.job.settings.checkpoint_s):
            self._save(is_mid_epoch=True)
        if now - self._said < _STEP_EVENT_S and state.global_step < state.max_steps:
            return
        self._said = now
        train_s = self.train_s + now - self._mark
        memory = writing.memory_mib()
        self.peak_rss_mib = max(self.peak_rss_mib, memory["rss_mib"])
        pace_s = (train_s + self.validation_s) / state.global_step
        event = {
            "event": "step",
            "step": state.global_step,
            "total": state.max_steps,
            "epoch": round(float(state.epoch or 0), 3),
            "loss": round(self.trainer.loss_sum / max(self.trainer.loss_tokens, 1), 4),
            "tokens_per_s": round(self.trainer.seen_tokens * self.trainer.args.world_size / max(train_s, 1e-9), 1),
            **memory,
            "seconds_left": round(pace_s * (state.max_steps - state.global_step), 1),
        }
        self.emit(event)
        if self._curves is not None:
            self._curves.step(event, learning_rate=self.trainer.optimizer.param_groups[0]["lr"])

    def epoch(self, state: Any) -> bool:
        """Saves and measures the epoch that has ended; returns whether training should stop."""
        ended = time.monotonic()
        self.train_s += ended - self._mark
        trainer, settings = self.trainer, self.job.settings
        loss_sum, loss_tokens, seen = _summed(trainer, trainer.loss_sum, trainer.loss_tokens, trainer.seen_tokens)
        number = len(self.done) + 1
        folder = answer_trainer.work_folder(self.job) / str(number)
        found = {"validation_loss": 0.0, "answer_score": 0.0}
        if self.is_first:
            adaptation.save_adapter(trainer.model, folder, base_name=self.job.base.name)
            found["validation_loss"] = round(
                answer_trainer.validation_loss(trainer, self.tables["validation"], batch_size=4 * settings.batch_size),
                6,
            )
            score = answers.score_answers(trainer.model, self.tokenizer, self.questions, job=self.job, adapter=folder)
            found["answer_score"] = round(score.share, 6)
        found = _same_everywhere(trainer, found)
        self.done.append(
            epochs.Epoch(
                epoch=number,
                train_loss=round(loss_sum / max(loss_tokens, 1), 6),
                answers=len(self.questions),
                learning_rate=float(f"{trainer.optimizer.param_groups[0]['lr']:.6g}"),
                tokens=int(seen),
                **found,
            )
        )
        trainer.loss_sum, trainer.loss_tokens = 0.0, 0
        self.peak_rss_mib = max(self.peak_rss_mib, writing.memory_mib()["rss_mib"])
        self._mark = time.monotonic()
        self.validation_s += self._mark - ended
        self._save(is_mid_epoch=False)
        figures = asdict(self.done[-1])
        self.emit({"event": "epoch", "of": settings.max_epochs, "step": state.global_step, **figures})
        if self._curves is not None:
            self._curves.epoch(figures, step=state.global_step)
        return self.is_over

    def close(self) -> None:
        """Closes the files that are still open."""
        if self._curves is not None:
            self._curves.close()

    def timing(self) -> dict[str, float]:
        """What differs from run to run."""
        seen = self.done[-1].tokens if self.done else 0
        return {
            "train_s": round(self.train_s, 3),
            "validation_s": round(self.validation_s, 3),
            "tokens_per_s": round(seen / max(self.train_s, 1e-9), 1),
            "peak_rss_mib": self.peak_rss_mib,
            "attempts": self.attempts,
        }

    def _save(self, *, is_mid_epoch: bool) -> None:
        now = time.monotonic()
        remembered: dict[str, Any] = {
            "done": [asdict(item) for item in self.done],
            "train_s": self.train_s + (now - self._mark if is_mid_epoch else 0.0),
            "validation_s": self.validation_s,
            "peak_rss_mib": self.peak_rss_mib,
            "attempts": self.attempts,
            "is_mid_epoch": is_mid_epoch,
        } | self._sums(is_mid_epoch)
        checkpoints.save(self.trainer, self.job.work, progress=remembered, epoch_rng=self._epoch_rng)
        self._saved = time.monotonic()

    def _sums(self, is_mid_epoch: bool) -> dict[str, float]:
        """The running sums; those of a mean are taken together, and the first process goes on with them."""
        trainer = self.trainer
        if trainer.args.world_size == 1:
            return {name: getattr(trainer, name) for name in ("loss_sum", "loss_tokens", "seen_tokens")}
        loss_sum, loss_tokens, _ = _summed(trainer, trainer.loss_sum, trainer.loss_tokens, 0)
        if not is_mid_epoch:
            loss_sum = loss_tokens = 0
        return {"loss_sum": loss_sum, "loss_tokens": int(loss_tokens), "seen_tokens": trainer.seen_tokens}


def callback(progress: Progress) -> Any:
    """The progress as a callback of the Trainer."""
    from transformers import TrainerCallback

    class Events(TrainerCallback):
        def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002 - Transformers' signature
            progress.begin_epoch(state)

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002 - Transformers' signature
            progress.step(state)

        def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002 - Transformers' signature
            control.should_training_stop = progress.epoch(state) or control.should_training_stop

    return Events()


def _agreed(trainer: Any, value: bool) -> bool:
    """The first process's answer, in every process."""
    if trainer.args.world_size == 1:
        return value
    return bool(_same_everywhere(trainer, {"value": float(value)})["value"])


def _same_everywhere(trainer: Any, values: dict[str, float]) -> dict[str, float]:
    """The first process's values, in every process."""
    if trainer.args.world_size == 1:
        return values
    from accelerate.utils import broadcast_object_list

    found: list[Any] = broadcast_object_list([values])
    return dict(found[0])


def _summed(trainer: Any, *values: float) -> list[float]:
    """Each value's sum over all processes."""
    if trainer.args.world_size == 1:
        return list(values)
    import torch

    own = torch.tensor(values, dtype=torch.float64, device=trainer.args.device)
    return [float(value) for value in trainer.accelerator.reduce(own, reduction="sum")]
