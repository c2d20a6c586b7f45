"""What the machine can do is measured, and agrees with what training does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ft_pipeline.base_model.machine import flops_per_s, multiplies_bf16, try_four_bits


@pytest.mark.parametrize("flags", ["fma avx2", "avx512_bf16", "amx_bf16 amx_tile", ""])
def test_bf16_is_used_where_training_uses_it(flags: str, tmp_path: Path) -> None:
    from ft_pipeline.train.adaptation import pick_precision

    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"flags : {flags}\n", encoding="utf-8")
    assert multiplies_bf16(cpuinfo) == pick_precision(cpuinfo).autocast


def test_four_bit_products_are_computed_and_compared_with_the_plain_ones() -> None:
    tried = try_four_bits()
    assert tried.works, tried.problem
    assert 0.02 < tried.error < 0.2, "NF4 rounds: neither exact nor noise"


def test_a_wrong_product_is_not_taken_for_a_working_one(monkeypatch: pytest.MonkeyPatch) -> None:
    import bitsandbytes as bnb

    real = bnb.nn.Linear4bit.forward
    monkeypatch.setattr(bnb.nn.Linear4bit, "forward", lambda self, given: real(self, given) * 1.1)
    tried = try_four_bits()
    assert not tried.works and "wrong product" in tried.problem


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    tried = try_four_bits()
    assert not tried.works and "bitsandbytes" in tried.problem


def test_the_speed_of_products_is_a_number_of_this_age() -> None:
    assert 1e8 < flops_per_s(threads=1, seconds=0.02) < 1e16
