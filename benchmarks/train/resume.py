"""`python -m benchmarks.train.resume`: kill -9 at random moments of a training; does a rerun end at the same adapter?

Every trial is a training of its own that is killed at a moment drawn evenly from the time that the undisturbed
training takes, and then run again with the same inputs. Printed: trials that finished, trials whose adapter and
history are those of the undisturbed training, byte for byte. The last line is JSON.

A trial's process is forked from one that has loaded the libraries already, so that trials cost what they train; it runs
the training process's own `main` and is ended by a real SIGKILL.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SETTINGS: dict[str, Any] = {
    "max_epochs": 3,
    "batch_size": 4,
    "lora_rank": 4,
    "lora_alpha": 8,
    "max_length": 256,
    "checkpoint_s": 0.02,
}
_KINDS: dict[str, dict[str, Any]] = {  # trials take turns
    "draws": {"lora_dropout": 0.1, "neftune_alpha": 5.0, "token_dropout": 0.1},  # a lost random state would show
    "shortcuts": {"lora_dropout": 0.0},  # rows laid end to end, matrices folded: what is not stored is made anew
}
_SAME = (
    "adapter/adapter_model.safetensors",
    "adapter/adapter_config.json",
    "history.json",
    "training.json",
    "README.md",
)


@dataclass(frozen=True)
class Trial:
    """What became of one training that was killed."""

    kind: str
    killed_after_s: tuple[float, ...]
    resumed_from: tuple[int, ...]  # step that each rerun went on from; 0 = from the start
    finished: bool
    same: bool


def measure(*, kills: int, seed: int, threads: int, embedded: bool = False, kills_each: int = 1) -> dict[str, Any]:
    """Runs the undisturbed training and `kills` killed ones."""
    _warm_up()
    from benchmarks.train import tiny

    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="ft-resume-") as scratch:
        root = Path(scratch)
        small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
        small["num_key_value_heads"] = 1
        base = tiny.EMBEDDED if embedded else tiny.write_base(root / "base", **small, head_dim=16)
        table = tiny.rows(40, validation=4)

        def job_of(name: str, kind: str) -> Path:
            job = tiny.job(root / name, base, table, **_SETTINGS, **_KINDS[kind], threads=threads)
            file = root / name / "job.json"
            file.write_text(job.model_dump_json(), encoding="utf-8")
            return file

        whole_s: dict[str, float] = {}
        for kind in _KINDS:
            undisturbed = job_of(f"undisturbed-{kind}", kind)
            started = time.monotonic()
            if _wait(_start(undisturbed)) != 0:
                raise SystemExit((undisturbed.parent / "log").read_text(encoding="utf-8")[-2000:])
            whole_s[kind] = time.monotonic() - started
        trials = []
        for number in range(kills):
            kind = list(_KINDS)[number % len(_KINDS)]
            moments_s = [rng.uniform(0, whole_s[kind]) for _ in range(kills_each)]
            job_file = job_of(f"trial-{number}", kind)
            trials.append(_trial(job_file, root / f"undisturbed-{kind}", moments_s, kind=kind))
            print(number + 1, trials[-1], file=sys.stderr, flush=True)
    finished, same = sum(trial.finished for trial in trials), sum(trial.same for trial in trials)
    return {
        "name": "train.resume",
        "machine": {
            "cpu_cores": os.cpu_count(),
            "threads": threads,
            "undisturbed_s": {kind: round(s, 2) for kind, s in whole_s.items()},
        },
        "arms": {"killed": [trial.__dict__ for trial in trials]},
        "ratios": {"finished": finished / kills, "same": same / kills},
        "gates": {
            "finished": {"value": finished, "limit": kills, "ok": finished == kills},
            "same": {"value": same, "limit": kills, "ok": same == kills},
        },
    }


def _warm_up() -> None:
    """Loads what every trial needs, once."""
    import peft  # noqa: F401
    import torch
    import torch.utils.tensorboard
    import trl.trainer.sft_trainer  # noqa: F401

    import ft_pipeline.train.session  # noqa: F401

    torch.set_num_threads(1)  # a pool of threads would not survive the fork


def _start(job_file: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        from ft_pipeline.train.__main__ import main

        log = os.open(job_file.parent / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.argv = ["ft_pipeline.train", str(job_file), "--events", str(job_file.parent / f"events-{os.getpid()}")]
        code = main()
    finally:
        os._exit(code)


def _wait(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _trial(job_file: Path, undisturbed: Path, moments_s: Sequence[float], *, kind: str) -> Trial:
    resumed = []
    for moment in moments_s:
        pid = _start(job_file)
        time.sleep(moment)
        os.kill(pid, signal.SIGKILL)
        _wait(pid)
    pid = _start(job_file)
    finished = _wait(pid) == 0
    for line in (job_file.parent / f"events-{pid}").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["event"] == "started":
            resumed.append(event["resumed_from_step"])
    ours, theirs = job_file.parent / "output", undisturbed / "output"
    same = finished and all((ours / name).read_bytes() == (theirs / name).read_bytes() for name in _SAME)
    return Trial(kind, tuple(round(moment, 2) for moment in moments_s), tuple(resumed), finished, same)


def main() -> int:
    """Exit code 0 where every trial finished with the undisturbed adapter."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train.resume", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="trainings that are killed once each")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--embedded", action="store_true", help="the embedded model instead of one of two narrow layers"
    )
    parser.add_argument("--json", action="store_true", help="nothing but the last line")
    arguments = parser.parse_args()
    found = measure(kills=arguments.kills, seed=arguments.seed, threads=arguments.threads, embedded=arguments.embedded)
    if not arguments.json:
        for number, trial in enumerate(found["arms"]["killed"], start=1):
            print(f"{number:3} {trial}")
        gates = found["gates"]
        print(f"finished after a rerun: {gates['finished']['value']} of {arguments.kills}")
        print(f"adapter and history equal, byte for byte: {gates['same']['value']} of {arguments.kills}")
    print(json.dumps(found, ensure_ascii=False))
    return 0 if all(gate["ok"] for gate in found["gates"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
