"""Which epoch is the best, when to stop, and how to say so. Pure functions over the epochs' figures.

Here: ordering, early stop, the sentences in Russian and English. Not here: how the figures are made (session).

Epochs are compared by the share of right *generated* answers: validation loss and token accuracy mislead (a token
accuracy of 0.98 was seen while 46 % of the answers were right).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Epoch:
    """The figures of one epoch."""

    epoch: int  # 1-based
    train_loss: float  # mean over answer tokens
    validation_loss: float  # mean over answer tokens
    answer_score: float  # share of validation questions answered right, 0..1
    answers: int  # validation questions that were asked
    learning_rate: float  # at the epoch's end
    tokens: int  # tokens seen since the start, padding not counted


@dataclass(frozen=True, slots=True)
class Choice:
    """The epoch to restore, and why."""

    epoch: int
    reason_ru: str
    reason_en: str


def best(epochs: Sequence[Epoch]) -> Epoch:
    """The epoch with the best answer score; among equals the lower validation loss, then the earlier epoch."""
    return min(epochs, key=lambda item: (-item.answer_score, item.validation_loss, item.epoch))


def should_stop(epochs: Sequence[Epoch], *, min_epochs: int, patience: int) -> bool:
    """Whether `patience` epochs have passed since the answer score was last raised, and `min_epochs` are over."""
    if len(epochs) < min_epochs:
        return False
    top = max(item.answer_score for item in epochs)
    first = next(item.epoch for item in epochs if item.answer_score == top)
    return epochs[-1].epoch - first >= patience


def choose(epochs: Sequence[Epoch], *, max_epochs: int) -> Choice:
    """The epoch to restore with the reason in words."""
    chosen, last = best(epochs), epochs[-1]
    is_early = last.epoch < max_epochs
    ru = f"обучение {'остановлено' if is_early else 'закончено'} после эпохи {last.epoch}, "
    en = f"training {'stopped' if is_early else 'ended'} after epoch {last.epoch}, "
    if chosen.epoch == last.epoch:
        ru += f"оставлена она же, потому что доля верных ответов на проверке в ней лучшая: {_ru(chosen)}"
        en += f"which is kept because its share of right validation answers is the best: {_en(chosen)}"
        return Choice(chosen.epoch, ru, en)
    ru += f"восстановлена эпоха {chosen.epoch}, потому что "
    en += f"epoch {chosen.epoch} restored, because "
    if chosen.answer_score == last.answer_score:
        ru += f"при той же доле верных ответов ({_ru(chosen)}) её потери на проверке ниже: "
        en += f"at an equal share of right answers ({_en(chosen)}) its validation loss is lower: "
        losses = f"{chosen.validation_loss:.3f}", f"{last.validation_loss:.3f}"
        if losses[0] == losses[1]:
            losses = f"{chosen.validation_loss:.6f}", f"{last.validation_loss:.6f}"
        ru += f"{losses[0].replace('.', ',')} против {losses[1].replace('.', ',')}"
        en += f"{losses[0]} against {losses[1]}"
    else:
        ru += f"в ней верных ответов на проверке больше: {_ru(chosen)} против {_ru(last)}"
        en += f"it has more right validation answers: {_en(chosen)} against {_en(last)}"
    if chosen.validation_loss < last.validation_loss and is_early:
        ru += "; потери на проверке после неё росли — признак переобучения"
        en += "; the validation loss rose after it, a sign of overfitting"
    return Choice(chosen.epoch, ru, en)


def _ru(item: Epoch) -> str:
    return f"{100 * item.answer_score:.1f} % из {item.answers}".replace(".", ",")


def _en(item: Epoch) -> str:
    return f"{100 * item.answer_score:.1f} % of {item.answers}"
