"""One training from the job to the finished output folder; runs inside the training process.

Here: the order of things, what belongs to the inputs, going on from a checkpoint, restoring the best epoch. Reads the
job's base model and rows. Writes the output folder at the end. Not here: the process (__main__), what happens after
each step and epoch (progress), the pictures and texts (writing).
"""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from ft_pipeline.engines import model_hash
from ft_pipeline.records import Rejected, TrainingRow, count_reasons, read_table
from ft_pipeline.store import hash_file, hash_json
from ft_pipeline.train import adaptation, advice, answer_trainer, checkpoints, epochs, rows, writing
from ft_pipeline.train.job import ADAPTER, FACTS, TIMING, TrainError, TrainJob
from ft_pipeline.train.progress import Emit, Progress, callback

_NOT_INPUTS = {"checkpoint_s", "max_seconds"}  # settings that change when a training ends, not what it gives


def run(job: TrainJob, emit: Emit) -> None:
    """Trains, restores the best epoch, writes the output folder; goes on where an earlier attempt was ended.

    Raises:
        TrainError: the rows, the base model or the mask cannot be used.
    """
    started = time.monotonic()
    _quiet(job)
    precision = adaptation.pick_precision()
    hashes = _hashes(job)
    inputs = hash_json([hashes, precision.name])
    is_first = os.environ.get("RANK", "0") == "0"
    if _has_finished(job, inputs):
        if is_first:
            _finish(job, emit)
        return
    if is_first:
        checkpoints.start_anew_where_inputs_changed(job.work, inputs=inputs, output=job.output)
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
    after = Progress(job, emit, trainer, tokenizer, tables)
    trainer.add_callback(callback(after))
    trainer.accelerator.wait_for_everyone()
    checkpoint = checkpoints.newest(job.work)
    if checkpoint is not None:
        after.resume(checkpoint)
    batches = "padding_free" if padding_free else trainer.plan.batches
    emit(
        {
            "event": "started",
            "rows": len(tables["train"]),
            "validation_rows": len(tables["validation"]),
            "rejected": len(tables["rejected"]),
            "trainable_parameters": counts["trainable"],
            "precision": precision.name,
            "batches": batches,
            "method": job.method,
            "rows_at_once": trainer.args.per_device_train_batch_size,
            "resumed_from_step": int(checkpoint.name) if checkpoint is not None else 0,
        }
    )
    if not after.is_over:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint is not None else None)
    after.close()
    if not is_first:
        return
    choice = epochs.choose(after.done, max_epochs=job.settings.max_epochs)
    hint = advice.advise(after.done, best_epoch=choice.epoch, max_epochs=job.settings.max_epochs)
    if after.done[-1].epoch < job.settings.max_epochs:
        emit({"event": "stopped", "epoch": after.done[-1].epoch, "reason": choice.reason_ru})
    shutil.copytree(answer_trainer.work_folder(job) / str(choice.epoch), job.output / ADAPTER, dirs_exist_ok=True)
    emit({"event": "restored", "epoch": choice.epoch, "reason": choice.reason_ru})
    facts = {
        "best_epoch": choice.epoch,
        "stopped_after": after.done[-1].epoch,
        "reason_ru": choice.reason_ru,
        "reason_en": choice.reason_en,
        "advice": hint.kind,
        "advice_ru": hint.ru,
        "advice_en": hint.en,
        "words_ru": _sentences(choice.reason_ru, hint.ru),
        "words_en": _sentences(choice.reason_en, hint.en),
        "method": job.method,
        "precision": precision.name,
        "batches": batches,
        "base_model": job.base.name,
        "base_revision": adaptation.base_revision(job.base),
        "parameters": counts,
        "trainable_share": counts["share"],
        "tokens": after.done[-1].tokens,
        "rows": {"train": len(tables["train"]), "validation": len(tables["validation"])},
        "rejected": count_reasons(tables["rejected"]),
        "adapter_sha256": hash_file(job.output / ADAPTER / "adapter_model.safetensors"),
        "learned": proof,
        "seed": job.settings.seed,
        "settings": job.settings.model_dump(mode="json", exclude=_NOT_INPUTS),
        "hashes": hashes,
        "libraries": writing.library_versions(),
    }
    timing: dict[str, Any] = {**after.timing()} | {"seconds": round(time.monotonic() - started, 3)}
    timing |= {"rows_at_once": trainer.args.per_device_train_batch_size, "inputs": inputs}
    timing |= writing.hardware(job.settings.threads, job.settings.processes)
    timing |= writing.cost(timing["train_s"] + timing["validation_s"], job.price_per_hour, job.currency)
    writing.write_output(job.output, facts, after.done, tables["rejected"])
    writing.write_measured(job.output, facts, timing)
    _finish(job, emit)


def _finish(job: TrainJob, emit: Emit) -> None:
    """Prunes what only an unfinished training needs."""
    timing = json.loads((job.output / TIMING).read_text(encoding="utf-8"))
    facts = json.loads((job.output / FACTS).read_text(encoding="utf-8"))
    for name in ("checkpoints", "epochs", "trainer"):
        shutil.rmtree(job.work / name, ignore_errors=True)
    emit({"event": "finished", "best_epoch": facts["best_epoch"], "seconds": timing["seconds"]})


def _has_finished(job: TrainJob, inputs: str) -> bool:
    """Whether an earlier attempt at exactly this has written everything and only its parent was gone."""
    timing = job.output / TIMING
    return timing.is_file() and json.loads(timing.read_text(encoding="utf-8")).get("inputs") == inputs


def _hashes(job: TrainJob) -> dict[str, str]:
    """What the result depends on; a change of any of it starts the training anew."""
    config = job.model_dump(
        mode="json", exclude={"base", "rows", "output", "work", "split", "price_per_hour", "currency"}
    )
    config["settings"] = {name: value for name, value in config["settings"].items() if name not in _NOT_INPUTS}
    return {
        "data": hash_file(job.rows),
        "config": hash_json(config),
        "base": model_hash(job.base),
        "code": hash_json([hash_file(path) for path in sorted(Path(__file__).parent.glob("*.py"))]),
        "libraries": hash_json(writing.library_versions()),
    }


def _sentences(*texts: str) -> str:
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in texts if text)


def _quiet(job: TrainJob) -> None:
    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.set_num_threads(job.settings.threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))


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
