"""Whether a weak result sends the reader back to the data or to the training set-up."""

from __future__ import annotations

import math

import pytest

from ft_pipeline.train.advice import advise
from ft_pipeline.train.epochs import Epoch


def epochs(*figures: tuple[float, float], answers: int = 100) -> list[Epoch]:
    """Epochs of (training loss, answer score)."""
    return [Epoch(number, loss, 1.0, score, answers, 1e-3, 100) for number, (loss, score) in enumerate(figures, 1)]


@pytest.mark.parametrize(
    ("figures", "answers", "best", "kind", "words"),
    [
        ([(2.0, 0.5), (0.1, 0.95)], 100, 2, "none", ""),
        ([(2.0, 0.5), (0.1, 0.89)], 100, 2, "data", "rows are learnt"),  # just below: learnt, so the rows are at fault
        ([(2.0, 0.5), (0.25, 0.6)], 100, 2, "data", "rows are learnt"),
        ([(2.0, 0.2), (0.26, 0.6)], 100, 2, "setup", "still falls"),  # a shade above: not learnt yet
        ([(2.0, 0.2), (1.95, 0.3)], 100, 2, "setup", "not learnt"),  # it has stopped falling
        ([(2.0, 0.4), (1.0, 0.3)], 100, 1, "setup", "not learnt"),  # falling, yet the last epoch is not the best
        ([(2.0, 0.1), (2.4, 0.0)], 100, 1, "setup", "loss rose"),
        ([(2.0, 0.1), (math.nan, 0.0)], 100, 1, "setup", "no longer a number"),
        ([(2.0, 0.1), (0.1, 0.5)], 29, 2, "data", "too few"),
        ([(2.0, 0.1), (0.1, 0.95)], 29, 2, "none", ""),
    ],
)
def test_a_weak_result_says_where_to_look(
    figures: list[tuple[float, float]], answers: int, best: int, kind: str, words: str
) -> None:
    found = advise(epochs(*figures, answers=answers), best_epoch=best, max_epochs=2)
    assert found.kind == kind
    assert words in found.en
    assert bool(found.ru) == (kind != "none")
    if kind != "none":
        assert ("вернитесь к данным" if kind == "data" else "вернитесь к настройкам обучения") in found.ru


def test_russian_figures_have_a_comma_and_settings_keep_their_point() -> None:
    found = advise(epochs((2.0, 0.2), (1.95, 0.305)), best_epoch=2, max_epochs=2)
    assert "30,5 %" in found.ru and "1,95" in found.ru and "training.lora_rank" in found.ru
