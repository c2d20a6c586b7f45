"""Which epoch is restored, when training stops, and what is said about it."""

from __future__ import annotations

import pytest

from ft_pipeline.train.epochs import Epoch, best, choose, should_stop


def epochs(*figures: tuple[float, float]) -> list[Epoch]:
    return [Epoch(number, 1.0, loss, score, 50, 1e-3, 100) for number, (score, loss) in enumerate(figures, start=1)]


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ([(0.2, 1.0), (0.6, 0.9), (0.5, 0.5)], 2),  # a lower loss does not outweigh fewer right answers
        ([(0.6, 1.0), (0.6, 0.8), (0.6, 0.9)], 2),  # equal answers: the lower loss
        ([(0.6, 0.8), (0.6, 0.8)], 1),  # all equal: the earlier
        ([(0.1, 1.0), (0.2, 1.5)], 2),
    ],
)
def test_the_epoch_with_the_best_answers_is_restored(figures: list[tuple[float, float]], expected: int) -> None:
    assert best(epochs(*figures)).epoch == expected
    assert choose(epochs(*figures), max_epochs=9).epoch == expected


@pytest.mark.parametrize(
    ("scores", "stops"),
    [
        ([0.5], False),
        ([0.5, 0.4], False),
        ([0.5, 0.4, 0.4], True),
        ([0.5, 0.5, 0.5], True),  # an equal score is no better one
        ([0.5, 0.4, 0.6], False),
        ([0.5, 0.4, 0.6, 0.6, 0.6], True),
    ],
)
def test_training_stops_after_patience_epochs_without_a_better_score(scores: list[float], stops: bool) -> None:
    assert should_stop(epochs(*((score, 1.0) for score in scores)), min_epochs=1, patience=2) is stops


def test_training_never_stops_before_min_epochs() -> None:
    worse = epochs((0.5, 1.0), (0.4, 1.0), (0.3, 1.0))
    assert not should_stop(worse, min_epochs=4, patience=2)
    assert should_stop(worse, min_epochs=3, patience=2)


def test_an_overtrained_run_is_stepped_back_and_says_so_in_both_languages() -> None:
    choice = choose(epochs((0.2, 1.0), (0.62, 0.7), (0.6, 0.9), (0.5, 1.4)), max_epochs=10)
    assert choice.reason_ru == (
        "обучение остановлено после эпохи 4, восстановлена эпоха 2, потому что в ней верных ответов на проверке "
        "больше: 62,0 % из 50 против 50,0 % из 50; потери на проверке после неё росли — признак переобучения"
    )
    assert choice.reason_en.startswith("training stopped after epoch 4, epoch 2 restored, because it has more right")


def test_a_run_to_the_last_epoch_that_is_its_best_is_not_called_stopped() -> None:
    choice = choose(epochs((0.2, 1.0), (0.6, 0.7)), max_epochs=2)
    assert choice.reason_ru.startswith("обучение закончено после эпохи 2, оставлена она же")
    assert "stopped" not in choice.reason_en
