"""Exceptions of a training, in words; those of PyTorch are raised by PyTorch."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from ft_pipeline.train.failures import DISK_FULL, GPU_LOST, OUT_OF_MEMORY, explain


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DISK_FULL),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), DISK_FULL),
        (OSError(errno.EFBIG, "File too large"), DISK_FULL),
        (
            RuntimeError("[enforce fail at inline_container.cc] . PytorchStreamWriter failed writing file data/3"),
            DISK_FULL,
        ),
        (MemoryError(), OUT_OF_MEMORY),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), OUT_OF_MEMORY),
        (RuntimeError("CUDA error: unspecified launch failure"), GPU_LOST),
        (RuntimeError("CUDA error: no CUDA-capable device is detected"), GPU_LOST),
        (RuntimeError("CUDA error: uncorrectable ECC error encountered"), GPU_LOST),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), None),  # a bug stays a bug, with its traceback
        (OSError(errno.EACCES, "Permission denied"), None),
        (ValueError("out of memory is only a word here"), None),
        (KeyError("cuda driver"), None),
    ],
)
def test_an_exception_is_named_by_what_happened(error: BaseException, kind: str | None, tmp_path: Path) -> None:
    found = explain(error, work=tmp_path)
    assert (found.kind if found else None) == kind
    if found and kind in {DISK_FULL, GPU_LOST}:
        assert "run again" in found.message and "last whole checkpoint" in found.message


def test_pytorch_s_own_memory_errors_are_known(tmp_path: Path) -> None:
    import torch

    found = explain(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."), work=tmp_path)
    assert found is not None and found.kind == OUT_OF_MEMORY
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    found = explain(caught.value, work=tmp_path)
    assert found is not None and found.kind == OUT_OF_MEMORY, caught.value


def test_the_cause_behind_a_wrapping_error_counts(tmp_path: Path) -> None:
    try:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise ValueError("could not save") from error
    except ValueError as wrapped:
        found = explain(wrapped, work=tmp_path)
    assert found is not None and found.kind == DISK_FULL
