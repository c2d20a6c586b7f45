"""What an exception of a training means in words, and whether less memory would help.

Here: exceptions of PyTorch, CUDA and the operating system -> a kind and a sentence that says what to do. Not here: what
is tried next (ladder), how the sentence reaches the parent (process).
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path

OUT_OF_MEMORY, DISK_FULL, GPU_LOST = "out_of_memory", "disk_full", "gpu_lost"

_MEMORY_SIGNS = (
    "out of memory",
    "can't allocate memory",  # PyTorch's allocator on a CPU
    "cannot allocate memory",
    "std::bad_alloc",
    "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
    "could not create a memory object",  # oneDNN
    "could not create a primitive",
)
_FULL_SIGNS = (
    "no space left on device",
    "disk quota exceeded",
    "file too large",
    "pytorchstreamwriter failed",  # torch.save has swallowed the operating system's reason
    "unexpected pos",
)
_FULL_NUMBERS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_LOST_SIGNS = (
    "no cuda-capable device",
    "gpu is lost",
    "fallen off the bus",
    "unspecified launch failure",
    "uncorrectable ecc",
    "device-side assert",
    "illegal memory access",
    "devices unavailable",
    "busy or unavailable",
    "cuda driver",
    "system not yet initialized",
    "cuda error: unknown error",
    "cuda-capable device(s)",
    "nccl",
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a training ended."""

    kind: str  # out_of_memory | disk_full | gpu_lost
    message: str


def explain(error: BaseException, *, work: Path) -> Failure | None:
    """The failure behind an exception or its causes; None where the traceback has to speak for itself."""
    seen: BaseException | None = error
    while seen is not None:
        kind = _kind(seen)
        if kind:
            return Failure(kind, _sentence(kind, seen, work))
        seen = seen.__cause__ or seen.__context__
    return None


def _kind(error: BaseException) -> str:
    text = str(error).lower()
    if isinstance(error, OSError) and error.errno in _FULL_NUMBERS:
        return DISK_FULL
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return OUT_OF_MEMORY
    if any(sign in text for sign in _FULL_SIGNS):
        return DISK_FULL
    if isinstance(error, RuntimeError) and any(sign in text for sign in _MEMORY_SIGNS):
        return OUT_OF_MEMORY
    if isinstance(error, RuntimeError) and any(sign in text for sign in _LOST_SIGNS):
        return GPU_LOST
    return ""


def _sentence(kind: str, error: BaseException, work: Path) -> str:
    first = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
    if kind == DISK_FULL:
        return (
            f"the disk is full or a quota is reached while the training writes to {work}: {first}; {_free(work)}; "
            "expected room for two checkpoints (three times the adapter each) and one adapter per epoch; free some "
            "space and run again: the training goes on from its last whole checkpoint, nothing was published"
        )
    if kind == GPU_LOST:
        return (
            f"the GPU went away during the training: {first}; expected it to answer until the end; look at "
            "`nvidia-smi` and the kernel's log (`dmesg | grep -i xid`), restart the driver or the machine, and run "
            "again: the training goes on from its last whole checkpoint, nothing was published"
        )
    return f"out of memory: {first}"


def _free(work: Path) -> str:
    import shutil

    try:
        return f"{shutil.disk_usage(work).free / 2**20:,.0f} MiB are free there"
    except OSError:
        return "its free space could not be read"
