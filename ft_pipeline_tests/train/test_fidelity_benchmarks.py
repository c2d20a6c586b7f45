"""What the training benchmarks conclude from their runs: gates that can fail, finished arms that are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.train.fidelity import Run, compare, tables
from benchmarks.train.quality import Course, Kept, Tables, summary

RIGHT = [True] * 30 + [False] * 30
SEEDS = {7: Run([], 1.00, RIGHT), 8: Run([], 1.02, RIGHT), 9: Run([], 0.99, RIGHT)}


@pytest.mark.parametrize(
    ("low", "unmet"),
    [
        (Run([], 1.02, RIGHT), set()),
        (Run([], 1.04, RIGHT), {"bf16_within_spread"}),  # further off than any two seeds
        (Run([], 0.95, RIGHT), {"bf16_within_spread"}),  # better by chance is off as well
        (Run([], 1.00, [True] * 22 + [False] * 38), {"bf16_answers_equal"}),  # 8 lost, none gained
        (Run([], 1.00, [True] * 26 + [False] * 34), set()),  # 4 lost: may be chance
    ],
)
def test_bf16_is_held_against_what_seeds_alone_bring_about(low: Run, unmet: set[str]) -> None:
    gates = compare(SEEDS, low)
    assert {name for name, gate in gates.items() if not gate["ok"]} == unmet


def test_models_that_answer_nothing_do_not_pass_as_equal() -> None:
    nothing = {seed: Run([], run.held_out, [False] * 60) for seed, run in SEEDS.items()}
    assert not compare(nothing, nothing[7])["answers_are_right_at_all"]["ok"]


def test_no_wording_that_is_asked_was_learned() -> None:
    learned, asked = tables()
    assert len(asked) >= 100
    assert not {row.question for row in learned} & {row.question for row in asked}


def test_a_finished_arm_is_not_trained_again_until_settings_change(tmp_path: Path) -> None:
    trained: list[str] = []

    def train() -> Course:
        trained.append("once more")
        return Course([(1.5, 0.25), (3.0, 0.5)])

    path = tmp_path / "results" / "quality.json"
    first = Kept(path, {"rows": 600}).course("ours", train)
    again = Kept(path, {"rows": 600}).course("ours", train)
    assert trained == ["once more"] and again == first and again.reaches(0.5) == 3.0
    Kept(path, {"rows": 600}).course("trl_best", train)
    Kept(path, {"rows": 700}).course("ours", train)
    assert len(trained) == 3


@pytest.mark.parametrize(("share", "sooner"), [(0.2, 3.0), (0.0, None)])
def test_a_baseline_that_answers_nothing_is_no_target(share: float, sooner: float | None) -> None:
    found = {"ours": Course([(10.0, 0.2), (20.0, 0.4)]), "trl_best_0.001": Course([(15.0, 0.0), (30.0, share)])}
    result = summary(found, 0.001, Tables([], [], [], 0.0), epochs={"epochs": 1, "epochs_of_trl_defaults": 1})
    assert result["ratios"]["ours_times_sooner"] == sooner
    assert result["gates"]["times_sooner"]["ok"] == (sooner is not None)
