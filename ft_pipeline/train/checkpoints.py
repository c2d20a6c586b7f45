"""Checkpoints that are whole or not there, and the state that a training needs to go on as if nothing had happened.

Here: writing one atomically, finding the newest that is what its manifest says, forgetting older ones and those of
other inputs. Reads and writes `work/checkpoints/` and `work/inputs.json`. Not here: when a checkpoint is due
(progress), the adapters of the epochs (adaptation).

Transformers writes its checkpoints in place: a process that is killed while writing leaves a torn one, and the Trainer
goes on from that without a word, to another result. Here all files are written beside, hashed, flushed and renamed.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from ft_pipeline.store import hash_file

_KEEP = 2  # the newest, and one more for the case that the newest is damaged on disk
_MANIFEST = "checkpoint.json"
_WEIGHTS, _PROGRESS = "trainable.safetensors", "progress.json"


def folder(work: Path) -> Path:
    """Where a work folder's checkpoints stand."""
    return work / "checkpoints"


def start_anew_where_inputs_changed(work: Path, *, inputs: str, output: Path) -> bool:
    """Empties work and output folder of what other inputs left there; returns whether this is a continuation."""
    note = work / "inputs.json"
    known = json.loads(note.read_text(encoding="utf-8"))["inputs"] if note.is_file() else ""
    if known == inputs:
        return True
    clear(work)
    shutil.rmtree(output, ignore_errors=True)
    for each in (work, output):
        each.mkdir(parents=True, exist_ok=True)
    fresh = note.with_suffix(".new")
    fresh.write_text(json.dumps({"inputs": inputs}) + "\n", encoding="utf-8")
    fresh.replace(note)
    return False


def clear(work: Path) -> None:
    """Forgets everything that a training could go on from."""
    (work / "inputs.json").unlink(missing_ok=True)
    for name in ("checkpoints", "epochs", "trainer", "tensorboard"):
        shutil.rmtree(work / name, ignore_errors=True)


def save(trainer: Any, work: Path, *, progress: Mapping[str, Any], epoch_rng: Any) -> None:
    """Writes a checkpoint of the trainer's present state; every process of a training calls it.

    Args:
        trainer: between two optimizer steps, or at an epoch's end.
        work: the job's work folder.
        progress: JSON values that the caller wants back.
        epoch_rng: the random states at the epoch's begin, which give the order of its rows.
    """
    import torch
    from safetensors.torch import save_file

    step = int(trainer.state.global_step)
    beside = folder(work) / ".writing"
    if trainer.args.process_index == 0:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
    _wait(trainer)
    rank = trainer.args.process_index
    torch.save({"now": random_states(), "epoch": epoch_rng}, beside / f"random_{rank}.pt")
    if rank == 0:
        save_file(
            {name: value.detach().cpu().contiguous() for name, value in _trainable(trainer.model)}, beside / _WEIGHTS
        )
        torch.save(trainer.optimizer.state_dict(), beside / "optimizer.pt")
        torch.save(trainer.lr_scheduler.state_dict(), beside / "scheduler.pt")
        trainer.state.save_to_json(str(beside / "trainer_state.json"))
        (beside / _PROGRESS).write_text(json.dumps(dict(progress)), encoding="utf-8")
    _wait(trainer)
    if rank == 0:
        _seal(beside, folder(work) / f"{step:09d}", work=work)
    _wait(trainer)


def newest(work: Path) -> Path | None:
    """The newest checkpoint whose files are what its manifest says."""
    candidates = sorted(folder(work).glob("[0-9]*"), reverse=True)
    return next((path for path in candidates if _is_whole(path, work)), None)


def read_progress(checkpoint: Path) -> dict[str, Any]:
    """What was given to `save` as `progress`."""
    found: dict[str, Any] = json.loads((checkpoint / _PROGRESS).read_text(encoding="utf-8"))
    return found


def load_weights(model: Any, checkpoint: Path) -> None:
    """Puts the trainable weights of a checkpoint into the adapted model, bit for bit."""
    import torch
    from safetensors.torch import load_file

    stored = load_file(checkpoint / _WEIGHTS)
    with torch.no_grad():
        for name, value in _trainable(model):
            value.copy_(stored.pop(name))
    if stored:
        raise RuntimeError(f"{checkpoint}: found weights {sorted(stored)[:3]} that this adapter does not have")


def read_random(checkpoint: Path, rank: int) -> dict[str, Any]:
    """The random states of one process: `now`, and `epoch` from the epoch's begin."""
    import torch

    found: dict[str, Any] = torch.load(checkpoint / f"random_{rank}.pt", weights_only=True)
    return found


def random_states() -> dict[str, Any]:
    """Every generator that a training draws from."""
    import numpy as np
    import torch

    name, keys, *rest = cast("tuple[Any, ...]", np.random.get_state())
    numpy_state = (name, keys.tolist(), *rest)  # plain values: the file is read without running code from it
    states: dict[str, Any] = {"python": random.getstate(), "numpy": numpy_state, "cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state_all()
    return states


def set_random_states(states: Mapping[str, Any]) -> None:
    """The counterpart of `random_states`."""
    import numpy as np
    import torch

    random.setstate(states["python"])
    np.random.set_state(tuple(states["numpy"]))
    torch.set_rng_state(states["cpu"])
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(states["cuda"])


def _trainable(model: Any) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in model.named_parameters() if value.requires_grad]


def _seal(beside: Path, target: Path, *, work: Path) -> None:
    """Hashes and flushes the files, then makes them a checkpoint by one rename."""
    hashes = {path.name: hash_file(path) for path in sorted(beside.iterdir())}
    epochs = {
        path.relative_to(work).as_posix(): hash_file(path) for path in sorted(work.glob("epochs/*/*.safetensors"))
    }
    (beside / _MANIFEST).write_text(json.dumps({"files": hashes, "epochs": epochs}), encoding="utf-8")
    for path in [*beside.iterdir(), beside, *(work / name for name in epochs)]:
        _flush(path)
    shutil.rmtree(target, ignore_errors=True)
    beside.rename(target)
    _flush(target.parent)
    for old in sorted(target.parent.glob("[0-9]*"), reverse=True)[_KEEP:]:
        shutil.rmtree(old, ignore_errors=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_whole(checkpoint: Path, work: Path) -> bool:
    try:
        noted = json.loads((checkpoint / _MANIFEST).read_text(encoding="utf-8"))
        files = {checkpoint / name: found for name, found in noted["files"].items()}
        files |= {work / name: found for name, found in noted["epochs"].items()}
        return all(hash_file(path) == found for path, found in files.items())
    except (OSError, ValueError, KeyError):
        return False


def _wait(trainer: Any) -> None:
    if trainer.args.world_size > 1:
        trainer.accelerator.wait_for_everyone()
