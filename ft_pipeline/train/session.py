"""One training from the job to the finished output folder; runs inside the training process.

Here: the order of things, what happens after each epoch, early stop, restoring the best epoch. Reads the job's base
model and rows. Writes `work/epochs/N/` after each epoch and the output folder at the end. Not here: the process
(__main__), the pictures and texts (writing).
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ft_pipeline.records import Rejected, TrainingRow, count_reasons, read_table
from ft_pipeline.store import hash_file, write_json
from ft_pipeline.train import adaptation, answer_trainer, answers, epochs, rows, writing
from ft_pipeline.train.job import ADAPTER, TrainError, TrainJob

_STEP_EVENT_S = 0.5  # at most one step event in this time

Emit = Callable[[dict[str, Any]], None]


def run(job: TrainJob, emit: Emit) -> None:
    """Trains, restores the best epoch, writes the output folder.

    Raises:
        TrainError: the rows, the base model or the mask cannot be used.
    """
    started = time.monotonic()
    _quiet(job)
    precision = adaptation.pick_precision()
    model, tokenizer = adaptation.load_base(job.base, method=job.method, precision=precision)
    tables = _rows(job, model, tokenizer)
    proof = rows.prove_mask([*tables["train"], *tables["validation"]], tokenizer)
    model = adaptation.add_adapter(model, job.settings)
    # Without padding, attention grows with the square of the whole step: only a GPU gains by it.
    padding_free = precision.device == "cuda" and adaptation.keeps_documents_apart(model, precision)
    trainer = answer_trainer.build_trainer(
        model, tokenizer, tables["train"], job=job, precision=precision, padding_free=padding_free
    )
    counts = writing.count_parameters(model)
    after = _Progress(job, emit, trainer, tokenizer, tables)
    trainer.add_callback(_callback(after))
    emit(
        {
            "event": "started",
            "rows": len(tables["train"]),
            "validation_rows": len(tables["validation"]),
            "rejected": len(tables["rejected"]),
            "trainable_parameters": counts["trainable"],
            "precision": precision.name,
            "batches": "padding_free" if padding_free else "grouped_by_length",
        }
    )
    trainer.train()
    choice = epochs.choose(after.done, max_epochs=job.settings.max_epochs)
    if after.done[-1].epoch < job.settings.max_epochs:
        emit({"event": "stopped", "epoch": after.done[-1].epoch, "reason": choice.reason_ru})
    shutil.copytree(answer_trainer.work_folder(job) / str(choice.epoch), job.output / ADAPTER, dirs_exist_ok=True)
    emit({"event": "restored", "epoch": choice.epoch, "reason": choice.reason_ru})
    facts = {
        "best_epoch": choice.epoch,
        "stopped_after": after.done[-1].epoch,
        "reason_ru": choice.reason_ru,
        "reason_en": choice.reason_en,
        "method": job.method,
        "precision": precision.name,
        "batches": "padding_free" if padding_free else "grouped_by_length",
        "parameters": counts,
        "tokens": after.done[-1].tokens,
        "rows": {"train": len(tables["train"]), "validation": len(tables["validation"])},
        "rejected": count_reasons(tables["rejected"]),
        "adapter_sha256": hash_file(job.output / ADAPTER / "adapter_model.safetensors"),
        "learned": proof,
        "seed": job.settings.seed,
        "settings": job.settings.model_dump(mode="json"),
        "libraries": writing.library_versions(),
    }
    writing.write_output(job.output, facts, after.done, tables["rejected"])
    timing = after.timing() | {"seconds": round(time.monotonic() - started, 3)} | writing.hardware(job.settings.threads)
    writing.write_timing(job.output, timing)
    emit({"event": "finished", "best_epoch": choice.epoch, "seconds": timing["seconds"]})


def _quiet(job: TrainJob) -> None:
    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.set_num_threads(job.settings.threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    shutil.rmtree(answer_trainer.work_folder(job), ignore_errors=True)


def _rows(job: TrainJob, model: Any, tokenizer: Any) -> dict[str, list[Any]]:
    """Token rows by split, and the rejected ones."""
    table = read_table(job.rows, TrainingRow)
    context = int(getattr(model.config.get_text_config(), "max_position_embeddings", job.settings.max_length))
    made: dict[str, list[Any]] = {"rejected": []}
    for split in ("train", "validation"):
        chosen = [row for row in table if row.split == split]
        result = rows.tokenise(
            chosen, tokenizer, system_prompt=job.system_prompt, max_length=min(job.settings.max_length, context)
        )
        made[split] = result.rows
        made["rejected"] += result.rejected
        if not result.rows:
            raise TrainError(
                f"{job.rows}: found no usable row with split={split} ({len(chosen)} rows, rejected: "
                f"{count_reasons(result.rejected)}); expected at least one; look at the training set, or raise "
                "training.max_length where the rows are too long"
            )
    askable = []
    for item in made["validation"]:
        prompt_tokens = len(item.input_ids) - item.answer_tokens
        if prompt_tokens + job.max_answer_tokens <= context:
            askable.append(item)
        else:
            detail = f"{prompt_tokens} prompt tokens and {job.max_answer_tokens} for the answer, at most {context} fit"
            made["rejected"].append(
                Rejected("train.rows", "too_long_for_model", item.row.row_id, detail, item.row.origin)
            )
    if not askable:
        raise TrainError(
            f"{job.base}: no validation question and an answer of {job.max_answer_tokens} tokens fit into the model's "
            f"context of {context} tokens; lower evaluation.max_answer_tokens or choose a base model with more context"
        )
    made["validation"] = askable
    return made


class _Progress:
    """Counts steps, and after each epoch saves, measures and decides whether to go on."""

    def __init__(self, job: TrainJob, emit: Emit, trainer: Any, tokenizer: Any, tables: dict[str, list[Any]]) -> None:
        self.job, self.emit, self.trainer, self.tokenizer, self.tables = job, emit, trainer, tokenizer, tables
        self.questions = answers.draw_questions(
            [item.row for item in tables["validation"]], most=job.settings.validation_questions, seed=job.settings.seed
        )
        self.done: list[epochs.Epoch] = []
        self.train_s = self.validation_s = 0.0
        self.peak_rss_mib = 0.0
        self._mark = time.monotonic()
        self._said = 0.0

    def step(self, state: Any) -> None:
        """Tells where the training stands, not too often."""
        now = time.monotonic()
        if now - self._said < _STEP_EVENT_S and state.global_step < state.max_steps:
            return
        self._said = now
        train_s = self.train_s + now - self._mark
        rss_mib = writing.rss_mib()
        self.peak_rss_mib = max(self.peak_rss_mib, rss_mib)
        loss = self.trainer.loss_sum / max(self.trainer.loss_tokens, 1)
        pace_s = (train_s + self.validation_s) / state.global_step
        self.emit(
            {
                "event": "step",
                "step": state.global_step,
                "total": state.max_steps,
                "epoch": round(float(state.epoch or 0), 3),
                "loss": round(loss, 4),
                "tokens_per_s": round(self.trainer.seen_tokens / max(train_s, 1e-9), 1),
                "rss_mib": rss_mib,
                "seconds_left": round(pace_s * (state.max_steps - state.global_step), 1),
            }
        )

    def epoch(self, state: Any) -> bool:
        """Saves and measures the epoch that has ended; returns whether training should stop."""
        ended = time.monotonic()
        self.train_s += ended - self._mark
        number = len(self.done) + 1
        folder = answer_trainer.work_folder(self.job) / str(number)
        model = self.trainer.model
        adaptation.save_adapter(model, folder, base_name=self.job.base.name)
        loss = answer_trainer.validation_loss(
            self.trainer, self.tables["validation"], batch_size=4 * self.job.settings.batch_size
        )
        score = answers.score_answers(model, self.tokenizer, self.questions, job=self.job, adapter=folder)
        found = epochs.Epoch(
            epoch=number,
            train_loss=round(self.trainer.loss_sum / max(self.trainer.loss_tokens, 1), 6),
            validation_loss=round(loss, 6),
            answer_score=round(score.share, 6),
            answers=score.asked,
            learning_rate=float(f"{self.trainer.optimizer.param_groups[0]['lr']:.6g}"),
            tokens=self.trainer.seen_tokens,
        )
        self.trainer.loss_sum, self.trainer.loss_tokens = 0.0, 0
        self.done.append(found)
        write_json(folder.parent / f"{number}.json", asdict(found))
        self.peak_rss_mib = max(self.peak_rss_mib, writing.rss_mib())
        self._mark = time.monotonic()
        self.validation_s += self._mark - ended
        self.emit({"event": "epoch", "of": self.job.settings.max_epochs, "step": state.global_step, **asdict(found)})
        settings = self.job.settings
        return epochs.should_stop(self.done, min_epochs=settings.min_epochs, patience=settings.patience)

    def timing(self) -> dict[str, float]:
        """What differs from run to run."""
        return {
            "train_s": round(self.train_s, 3),
            "validation_s": round(self.validation_s, 3),
            "tokens_per_s": round(self.trainer.seen_tokens / max(self.train_s, 1e-9), 1),
            "peak_rss_mib": self.peak_rss_mib,
        }


def _callback(progress: _Progress) -> Any:
    from transformers import TrainerCallback

    class Events(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
            progress.step(state)

        def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
            control.should_training_stop = progress.epoch(state) or control.should_training_stop

    return Events()


def read_epochs(job: TrainJob) -> list[epochs.Epoch]:
    """The epochs that a work folder holds, in order (also those of an attempt that was killed)."""
    files = sorted(answer_trainer.work_folder(job).glob("*.json"), key=lambda path: int(path.stem))
    return [epochs.Epoch(**json.loads(path.read_text(encoding="utf-8"))) for path in files]
