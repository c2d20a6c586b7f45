"""What this machine can do for a fine-tuning: bf16, 4-bit weights, floating-point operations per second.

Here: three small measurements. Not here: judging them (preflight), memory (memory).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CPUINFO = Path("/proc/cpuinfo")
# NF4 has 16 levels; for normally distributed weights its rounding changes a product by some 10 % of its norm. More than
# this means that what came back is not the product.
_LARGEST_ERROR = 0.2
# The 4-bit product against the product with the same weights, dequantised: only bf16 rounding may lie between them.
_LARGEST_ROUNDING = 0.02
_WIDTH = 256


@dataclass(frozen=True, slots=True)
class FourBits:
    """Whether bitsandbytes multiplies 4-bit weights here, and how exactly."""

    works: bool
    device: str  # cpu | cuda
    version: str
    error: float = 0.0  # relative to the product of the unquantised weights
    seconds: float = 0.0
    problem: str = ""


def multiplies_bf16(cpuinfo: Path = _CPUINFO) -> bool:
    """Whether training computes products in bf16: on a GPU that has it, or a CPU with instructions for it."""
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    flags = cpuinfo.read_text(encoding="utf-8") if cpuinfo.is_file() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags


def try_four_bits() -> FourBits:
    """Multiplies by an NF4 matrix with double quantisation, as QLoRA does, and compares with the plain product."""
    from importlib.metadata import PackageNotFoundError, version

    device = "cpu"
    try:
        found = version("bitsandbytes")
    except PackageNotFoundError:
        return FourBits(False, device, "", problem="bitsandbytes is not installed")
    try:
        import bitsandbytes
        import torch

        bnb: Any = bitsandbytes  # its types name neither its layers nor what they keep

        device = "cuda" if torch.cuda.is_available() else "cpu"
        generator = torch.Generator().manual_seed(0)
        weight = torch.randn(_WIDTH, _WIDTH, generator=generator)
        given = torch.randn(4, _WIDTH, generator=generator)
        layer = bnb.nn.Linear4bit(_WIDTH, _WIDTH, bias=False, quant_type="nf4", compute_dtype=torch.bfloat16)
        layer.weight = bnb.nn.Params4bit(
            weight.clone(), requires_grad=False, quant_type="nf4", compress_statistics=True
        )
        layer = layer.to(device)
        kept = bnb.functional.dequantize_4bit(layer.weight.data, layer.weight.quant_state).float().cpu()
        started = time.perf_counter()
        with torch.no_grad():
            product = layer(given.to(device, torch.bfloat16)).float().cpu()
        seconds = time.perf_counter() - started
        error = float((product - given @ weight.T).norm() / (given @ weight.T).norm())
        rounding = float((product - given @ kept.T).norm() / (given @ kept.T).norm())
    except Exception as problem:  # whatever a missing driver, library or kernel raises: 4 bits do not run here
        return FourBits(False, device, found, problem=f"{type(problem).__name__}: {str(problem)[:160]}")
    if not (error < _LARGEST_ERROR and rounding < _LARGEST_ROUNDING):  # also where a value is not a number
        return FourBits(
            False, device, found, error, seconds, f"wrong product: off by {error:.0%}, {rounding:.1%} of it rounding"
        )
    return FourBits(True, device, found, round(error, 4), seconds)


def flops_per_s(*, threads: int, seconds: float = 0.15) -> float:
    """Floating-point operations of matrix products in a second, in the precision that training uses; measured now."""
    import torch

    on_gpu = torch.cuda.is_available()
    device, width = ("cuda", 4096) if on_gpu else ("cpu", 768)
    dtype = torch.bfloat16 if multiplies_bf16() else torch.float32
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        left = torch.ones(width, width, dtype=dtype, device=device)
        torch.mm(left, left)
        done, started = 0, time.perf_counter()
        while time.perf_counter() - started < seconds:
            torch.mm(left, left)
            if on_gpu:
                torch.cuda.synchronize()
            done += 1
        return 2.0 * width**3 * done / (time.perf_counter() - started)
    finally:
        torch.set_num_threads(before)
