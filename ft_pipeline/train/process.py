"""Starts a training as a process of its own and passes its progress on.

Here: the child process, its lock, its events, its time limit, its last words. Not here: the training (session).

The child lives no longer than its parent (the kernel ends it), and two trainers never share a work folder (an flock,
which the kernel releases whatever happens): a Dagster pool alone lets an orphaned trainer run beside its successor.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ft_pipeline.train.job import ADAPTER, FACTS, HISTORY, TIMING, TrainError, TrainJob, TrainResult

LOG = "train.log"
_LAST_LINES = 12
_GRACE_S = 5.0

Event = dict[str, Any]


def train_adapter(job: TrainJob, *, on_event: Callable[[Event], None]) -> TrainResult:
    """Trains an adapter in a process of its own and returns when it has finished.

    Args:
        job: what to train on what; `job.output` is filled, `job.work` holds checkpoints and the log.
        on_event: is given every event: started, step, epoch, stopped, restored, finished.

    Raises:
        TrainError: the process failed, was killed or took longer than `settings.max_seconds`; its last lines are in
            the message, all of them in `work/train.log`.
    """
    job.work.mkdir(parents=True, exist_ok=True)
    job.output.mkdir(parents=True, exist_ok=True)
    job_file = job.work / "job.json"
    job_file.write_text(job.model_dump_json(indent=2) + "\n", encoding="utf-8")
    reading, writing = os.pipe()  # events have a pipe of their own: libraries may print what they like
    command = [sys.executable, "-m", "ft_pipeline.train", str(job_file), "--events", str(writing)]
    log = job.work / LOG
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*command, "--parent", str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            pass_fds=(writing,),
            env=_environment(job),
        )
    os.close(writing)
    failure = ""
    try:
        deadline = time.monotonic() + job.settings.max_seconds
        for event in _events(reading, deadline):
            if event["event"] == "failed":
                failure = str(event["error"])
            else:
                on_event(event)
        process.wait(timeout=max(_GRACE_S, deadline - time.monotonic()))
    except TimeoutError:
        raise TrainError(
            f"the training took longer than training.max_seconds = {job.settings.max_seconds} s and was stopped; "
            f"raise max_seconds, or lower max_epochs, augmentation.target_rows or the model's size; log: {log}"
        ) from None
    finally:
        os.close(reading)
        _end(process)
    if process.returncode != 0:
        raise TrainError(_why(process.returncode, failure, log))
    return read_result(job.output)


def read_result(output: Path) -> TrainResult:
    """The result of a training that has finished, from its output folder."""
    facts = json.loads((output / FACTS).read_text(encoding="utf-8"))
    timing = output / TIMING
    return TrainResult(
        output=output,
        adapter=output / ADAPTER,
        best_epoch=facts["best_epoch"],
        stopped_after=facts["stopped_after"],
        reason_ru=facts["reason_ru"],
        reason_en=facts["reason_en"],
        history=tuple(json.loads((output / HISTORY).read_text(encoding="utf-8"))),
        rejected=facts["rejected"],
        facts=facts,
        timing=json.loads(timing.read_text(encoding="utf-8")) if timing.is_file() else {},
    )


def _environment(job: TrainJob) -> dict[str, str]:
    threads = str(job.settings.threads)
    return os.environ | {
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "PYTHONHASHSEED": "0",  # PEFT writes sets of module names
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # cuBLAS is deterministic only with it
        "MPLBACKEND": "Agg",
    }


def _events(descriptor: int, deadline: float) -> Iterator[Event]:
    """Events as they come, until the child closes the pipe. Raises TimeoutError at the deadline."""
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise TimeoutError
            chunk = os.read(descriptor, 65536)
            if not chunk:
                return
            *lines, pending = (pending + chunk).split(b"\n")
            yield from (json.loads(line) for line in lines)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=_GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _why(code: int, failure: str, log: Path) -> str:
    if failure:
        return failure
    lines = log.read_text(encoding="utf-8", errors="backslashreplace").splitlines()[-_LAST_LINES:]
    tail = "\n".join(lines)
    if code < 0:
        hint = "; 9 is what the kernel sends when memory runs out" if code == -9 else ""
        return f"the training process was ended by signal {-code}{hint}; log: {log}; its last lines:\n{tail}"
    return f"the training process failed with exit code {code}; log: {log}; its last lines:\n{tail}"
