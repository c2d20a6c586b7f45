"""What is tried when memory runs out, and what is said."""

from __future__ import annotations

import pytest

from ft_pipeline.train.ladder import Rung, down, end, words


def step(rung: Rung, *, batch: int = 8, processes: int = 1, loading: bool = False, qlora: bool = True) -> Rung | None:
    return down(
        rung,
        batch_size=batch,
        processes=processes,
        is_loading=loading,
        allows_qlora=qlora,
        has_four_bits=lambda: True,
    )


def test_the_batch_is_halved_to_one_row_then_the_base_is_quantised_then_it_ends() -> None:
    rungs: list[Rung | None] = [Rung(1, "lora")]
    while (last := rungs[-1]) is not None:
        rungs.append(step(last))
    assert rungs == [Rung(1, "lora"), Rung(2, "lora"), Rung(4, "lora"), Rung(8, "lora"), Rung(8, "qlora"), None]


@pytest.mark.parametrize(
    ("rung", "given", "expected"),
    [
        (Rung(1, "lora"), {"batch": 6}, Rung(2, "lora")),
        (Rung(2, "lora"), {"batch": 6}, Rung(6, "lora")),  # 6 rows do not split into 4
        (Rung(1, "lora"), {"batch": 7}, Rung(7, "lora")),
        (Rung(1, "lora"), {"processes": 8}, Rung(1, "qlora")),  # every process has one row already
        (Rung(1, "lora"), {"loading": True}, Rung(1, "qlora")),  # fewer rows at once do not make weights smaller
        (Rung(8, "lora"), {"qlora": False}, None),  # the task asks for LoRA
        (Rung(1, "qlora"), {"loading": True}, None),
    ],
)
def test_near_cases(rung: Rung, given: dict[str, int | bool], expected: Rung | None) -> None:
    assert step(rung, **given) == expected  # type: ignore[arg-type]


def test_a_machine_without_four_bits_is_asked_only_at_the_end_and_then_it_stops() -> None:
    asked: list[bool] = []

    def has_four_bits() -> bool:
        asked.append(True)
        return False

    given = {"batch_size": 2, "processes": 1, "is_loading": False, "allows_qlora": True}
    assert down(Rung(1, "lora"), **given, has_four_bits=has_four_bits) == Rung(2, "lora")  # type: ignore[arg-type]
    assert asked == []
    assert down(Rung(2, "lora"), **given, has_four_bits=has_four_bits) is None  # type: ignore[arg-type]
    assert asked == [True]


def test_it_is_said_what_changes_and_what_stays() -> None:
    said = words(Rung(1, "lora"), Rung(2, "lora"), batch_size=8, processes=1)
    assert said.startswith("4 rows at once instead of 8") and "still 8 rows per step" in said
    assert "4 bits" in words(Rung(8, "lora"), Rung(8, "qlora"), batch_size=8, processes=1)
    last = end(Rung(8, "lora"), batch_size=8, processes=1, allows_qlora=False, error="out of memory: x")
    assert last.startswith("out of memory: x; ") and "1 row(s) at once" in last and "training.method" in last
