"""`python -m ft_pipeline.train JOB.json`: one training in this process.

Here: the process's own duties (die with the parent, hold the lock, tell how it goes). Not here: the training (session).
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import IO, Any

from ft_pipeline.train.job import TrainError, TrainJob

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> int:
    """Exit code 0: finished; 1: failed, the reason is the last event."""
    parser = argparse.ArgumentParser(prog="python -m ft_pipeline.train", description=__doc__)
    parser.add_argument("job", type=Path, help="JSON file of a TrainJob")
    parser.add_argument("--events", type=int, default=1, help="file descriptor for events, one JSON object a line")
    parser.add_argument("--parent", type=int, default=0, help="process id whose end is the end of this process too")
    arguments = parser.parse_args()
    if arguments.parent:
        _die_with(arguments.parent)
    job = TrainJob.model_validate_json(arguments.job.read_text(encoding="utf-8"))
    with os.fdopen(arguments.events, "w", encoding="utf-8", buffering=1) as events:

        def emit(event: dict[str, Any]) -> None:
            events.write(json.dumps(event, ensure_ascii=False) + "\n")

        try:
            with _locked(job.work):
                from ft_pipeline.train.session import run

                run(job, emit)
        except TrainError as error:
            emit({"event": "failed", "error": str(error)})
            return 1
        except MemoryError:
            emit({"event": "failed", "error": "out of memory; lower training.batch_size or max_length"})
            return 1
        except Exception:
            traceback.print_exc()  # into train.log, from where the parent quotes it
            return 1
    return 0


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the kernel knew of our wish
        sys.exit(1)


def _locked(work: Path) -> IO[str]:
    """The open lock file of a work folder; closing it releases the lock."""
    work.mkdir(parents=True, exist_ok=True)
    stream = (work / "lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        stream.seek(0)
        owner = stream.read().strip() or "unknown"
        stream.close()
        raise TrainError(
            f"{work}: another training is running there (process {owner}); wait until it has finished, or end it"
        ) from None
    stream.truncate(0)
    stream.write(f"{os.getpid()}\n")
    stream.flush()
    return stream


if __name__ == "__main__":
    sys.exit(main())
