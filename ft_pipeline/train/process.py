"""Starts a training as a process of its own and passes its progress on.

Here: the child process, its lock, its events, its time limit, its last words. Not here: the training (session).

The child lives no longer than its parent (the kernel ends it), and two trainers never share a work folder (an flock,
which the kernel releases whatever happens): a Dagster pool alone lets an orphaned trainer run beside its successor.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ft_pipeline.store import read_json, write_json
from ft_pipeline.train import ladder
from ft_pipeline.train.failures import OUT_OF_MEMORY
from ft_pipeline.train.job import ADAPTER, FACTS, HISTORY, TIMING, TrainError, TrainJob, TrainResult

LOG = "train.log"
_RUNG = "rung.json"  # how far down the ladder an attempt came: the next one need not run out of memory again
_LAST_LINES = 12
_GRACE_S = 5.0
_LOOK_S = 0.2  # time between two looks at the child
_KERNELS = "64"  # of oneDNN that are kept, 0.2 MB each; a step's own sizes come back in every layer, others seldom
_MEMORY_EVENTS = Path("/sys/fs/cgroup/memory.events")

Event = dict[str, Any]


def train_adapter(job: TrainJob, *, on_event: Callable[[Event], None]) -> TrainResult:
    """Trains an adapter in a process of its own and returns when it has finished.

    What an earlier, killed attempt at the same inputs left in `job.work` is taken up. Where memory runs out, the
    training is started again with less of it.

    Args:
        job: what to train on what; `job.output` is filled, `job.work` holds checkpoints and the log.
        on_event: is given every event: started, step, epoch, less_memory, stopped, restored, finished.

    Raises:
        TrainError: the process failed, was killed or took longer than `settings.max_seconds`; its last lines are in
            the message, all of them in `work/train.log`.
    """
    if job.settings.batch_size % job.settings.processes:
        raise TrainError(
            f"training.batch_size is {job.settings.batch_size}, which {job.settings.processes} processes cannot share "
            "evenly; expected a multiple of training.processes"
        )
    job.work.mkdir(parents=True, exist_ok=True)
    job.output.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + job.settings.max_seconds
    allows_qlora = job.settings.method == "auto" and job.method == "lora"
    rung = _first_rung(job)
    while True:
        attempt = _attempt(job.model_copy(update=asdict(rung)), on_event, deadline)
        if attempt.code == 0:
            return read_result(job.output)
        log = job.work / LOG
        if attempt.kind != OUT_OF_MEMORY:
            raise TrainError(_why(attempt.code, attempt.error, log))
        sizes = {"batch_size": job.settings.batch_size, "processes": job.settings.processes}
        lower = ladder.down(
            rung,
            **sizes,
            is_loading=not attempt.has_started,
            allows_qlora=allows_qlora,
            has_four_bits=_multiplies_four_bits,
        )
        error = attempt.error or _why(attempt.code, "", log)
        if lower is None:
            raise TrainError(ladder.end(rung, **sizes, allows_qlora=allows_qlora, error=error))
        words = ladder.words(rung, lower, **sizes)
        on_event({"event": "less_memory", "error": error, "done": words, **asdict(lower)})
        rung = lower
        write_json(job.work / _RUNG, {**asdict(rung), "asked": job.method})


@dataclass(frozen=True, slots=True)
class _Attempt:
    """How a training process ended."""

    code: int
    kind: str = ""
    error: str = ""
    has_started: bool = False  # it got as far as its first step


def _attempt(job: TrainJob, on_event: Callable[[Event], None], deadline: float) -> _Attempt:
    """Runs one training process to its end."""
    job_file = job.work / "job.json"
    job_file.write_text(job.model_dump_json(indent=2) + "\n", encoding="utf-8")
    log, failure, has_started = job.work / LOG, Event(), False
    kills = _kernel_kills()
    with tempfile.TemporaryDirectory(prefix="ft-events-") as folder, log.open("wb") as stream:
        pipe = Path(folder) / "events"  # a pipe with a name: a launcher between us passes no descriptors on
        os.mkfifo(pipe)
        reading = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        process = subprocess.Popen(
            [*_command(job, job_file), "--events", str(pipe), "--parent", str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=os.environ | environment(job.settings.threads),
        )
        try:
            for event in _events(reading, process, deadline):
                if event["event"] == "failed":
                    failure = failure or event  # the first process to fail knows why
                else:
                    has_started = has_started or event["event"] == "started"
                    on_event(event)
            process.wait(timeout=max(_GRACE_S, deadline - time.monotonic()))
        except TimeoutError:
            raise TrainError(
                f"the training took longer than training.max_seconds = {job.settings.max_seconds} s and was stopped; "
                f"raise max_seconds (a rerun goes on from the last checkpoint), or lower max_epochs, "
                f"augmentation.target_rows or the model's size; log: {log}"
            ) from None
        finally:
            os.close(reading)
            _end(process)
    kind = str(failure.get("kind", ""))
    if process.returncode == -signal.SIGKILL and _kernel_kills() > kills:
        kind = OUT_OF_MEMORY
    return _Attempt(process.returncode, kind, str(failure.get("error", "")), has_started)


def _first_rung(job: TrainJob) -> ladder.Rung:
    """The rung that an earlier attempt came down to, or the top."""
    note = job.work / _RUNG
    if note.is_file():
        known = read_json(note)
        fits = (job.settings.batch_size // job.settings.processes) % known["split"] == 0
        if known.pop("asked") == job.method and fits and (job.work / "checkpoints").is_dir():
            return ladder.Rung(**known)
    return ladder.Rung(job.split, job.method)


def _command(job: TrainJob, job_file: Path) -> list[str]:
    module = ["-m", "ft_pipeline.train", str(job_file)]
    if job.settings.processes == 1:
        return [sys.executable, *module]
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--num_processes", str(job.settings.processes)]
    launch += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
    launch += ["--num_cpu_threads_per_process", str(job.settings.threads)]
    launch += ["--multi_gpu"] if Path("/dev/nvidiactl").exists() else ["--cpu"]
    return [*launch, *module]


def _multiplies_four_bits() -> bool:
    """Asked in a process of its own: this one never loads torch, nor touches a GPU."""
    code = "import sys; from ft_pipeline.train.adaptation import multiplies_four_bits as ask; sys.exit(not ask())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def _kernel_kills() -> int:
    """How many processes of this control group the kernel has ended for want of memory; 0 where it does not say."""
    try:
        lines = _MEMORY_EVENTS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))


def prune_work(job_work: Path) -> None:
    """Forgets everything that a training could go on from; to be called once its result is published."""
    from ft_pipeline.train import checkpoints

    checkpoints.clear(job_work)
    (job_work / _RUNG).unlink(missing_ok=True)


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


def environment(threads: int) -> dict[str, str]:
    """What a training process finds in its environment beside its parent's."""
    return {
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "ONEDNN_PRIMITIVE_CACHE_CAPACITY": _KERNELS,
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "PYTHONHASHSEED": "0",  # PEFT writes sets of module names
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # cuBLAS is deterministic only with it
        "MPLBACKEND": "Agg",
    }


def _events(descriptor: int, process: subprocess.Popen[bytes], deadline: float) -> Iterator[Event]:
    """Events as they come, until the child has ended. Raises TimeoutError at the deadline."""
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            has_ended = process.poll() is not None  # before the read: what it wrote last is still in the pipe
            if selector.select(min(left, 0.0 if has_ended else _LOOK_S)):
                *lines, pending = (pending + os.read(descriptor, 65536)).split(b"\n")
                yield from (json.loads(line) for line in lines)
            elif has_ended:
                return


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
