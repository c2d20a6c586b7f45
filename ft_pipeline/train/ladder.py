"""What is tried when memory runs out: fewer rows at once, then a 4-bit base model, then a clear stop.

Here: the order of the rungs, as pure functions, and the words. Not here: noticing that memory ran out (failures,
process), quantising (adaptation).

The rows of a step stay the same: with half of them at once the gradient is accumulated over twice the parts, so
learning rate and schedule keep their meaning (Goyal et al. 2017, arXiv:1706.02677, section 2.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Method = Literal["lora", "qlora"]


@dataclass(frozen=True, slots=True)
class Rung:
    """How much memory a training is allowed to ask for."""

    split: int  # parts that the rows of a step are computed in, one after the other
    method: Method


def down(
    rung: Rung,
    *,
    batch_size: int,
    processes: int,
    is_loading: bool,
    allows_qlora: bool,
    has_four_bits: Callable[[], bool],
) -> Rung | None:
    """The next rung, or None where there is none.

    Args:
        rung: what has just run out of memory.
        batch_size: rows per optimizer step, over all processes.
        processes: training processes.
        is_loading: memory ran out before the first step: fewer rows at once cannot help.
        allows_qlora: the task lets the method be chosen.
        has_four_bits: asks whether this machine multiplies 4-bit weights; asked only when it matters.
    """
    if not is_loading:
        rows = batch_size // processes
        finer = [parts for parts in range(2 * rung.split, rows + 1) if rows % parts == 0]
        if finer:
            return Rung(finer[0], rung.method)
    if rung.method == "lora" and allows_qlora and has_four_bits():
        return Rung(rung.split, "qlora")
    return None


def words(before: Rung, after: Rung, *, batch_size: int, processes: int) -> str:
    """What is done about it."""
    if after.method != before.method:
        return "the base model is held in 4 bits from here on (QLoRA); the training starts anew"
    rows = batch_size // processes
    return (
        f"{rows // after.split} rows at once instead of {rows // before.split}, gradients accumulated over "
        f"{after.split} parts: still {batch_size} rows per step; the training goes on from its last checkpoint"
    )


def end(rung: Rung, *, batch_size: int, processes: int, allows_qlora: bool, error: str) -> str:
    """What is said when nothing is left to try."""
    rows = batch_size // processes // rung.split
    tried = "in 4 bits" if rung.method == "qlora" else "with LoRA"
    ways = ["lower training.max_length", "choose a smaller base model", "use a machine with more memory"]
    if rung.method == "lora" and not allows_qlora:
        ways.insert(0, "set training.method: auto or qlora")
    elif rung.method == "lora":
        tried += "; 4-bit weights do not run here"
    return (
        f"{error}; the training does not fit, even with {rows} row(s) at once ({tried}); expected enough memory "
        "for that; " + ", or ".join(ways)
    )
