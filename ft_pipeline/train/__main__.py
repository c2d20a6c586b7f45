"""`python -m ft_pipeline.train JOB.json`: one training in this process, or one of several under `accelerate launch`.

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
import threading
import time
import traceback
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import IO, Any

from ft_pipeline.train.failures import explain
from ft_pipeline.train.job import TrainError, TrainJob

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_WATCH_S = 0.5  # under a launcher: time between two looks at the process that asked for the training


def main() -> int:
    """Exit code 0: finished; 1: failed, the reason is the last event."""
    parser = argparse.ArgumentParser(prog="python -m ft_pipeline.train", description=__doc__)
    parser.add_argument("job", type=Path, help="JSON file of a TrainJob")
    parser.add_argument("--events", type=Path, help="file or pipe for events, one JSON object a line; default: stdout")
    parser.add_argument("--parent", type=int, default=0, help="process id whose end is the end of this process too")
    arguments = parser.parse_args()
    if arguments.parent:
        _die_with(arguments.parent)
    job = TrainJob.model_validate_json(arguments.job.read_text(encoding="utf-8"))
    is_first = os.environ.get("RANK", "0") == "0"
    with _opened(arguments.events) as events:

        def emit(event: dict[str, Any]) -> None:
            if is_first or event["event"] == "failed":
                events.write(json.dumps(event, ensure_ascii=False) + "\n")

        try:
            with _locked(job.work) if is_first else nullcontext():
                from ft_pipeline.train.session import run

                run(job, emit)
        except TrainError as error:
            emit({"event": "failed", "kind": "refused", "error": str(error)})
            return 1
        except Exception as error:
            failure = explain(error, work=job.work)
            if failure is not None:
                emit({"event": "failed", "kind": failure.kind, "error": failure.message})
            with suppress(OSError):  # the log may lie on the disk that is full
                traceback.print_exc()  # into train.log, from where the parent quotes it
            return 1
    return 0


def _opened(path: Path | None) -> AbstractContextManager[IO[str]]:
    if path is None:
        return nullcontext(sys.stdout)
    return path.open("w", encoding="utf-8", buffering=1)


def _die_with(parent: int) -> None:
    """Ends this process when its parent or, under a launcher, the parent's parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if not _is_alive(parent):  # it ended before the kernel knew of our wish
        sys.exit(1)
    if os.getppid() != parent:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while _is_alive(parent):
        time.sleep(_WATCH_S)
    os._exit(1)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


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
