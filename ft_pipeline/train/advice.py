"""What to do when the adapter is weak: go back to the data, or to the training's set-up. Pure functions.

Here: the rules and their words in Russian and English. Not here: which epoch is restored (epochs), promotion
(evaluate).

The rules compare what the model learnt with what it answers. Training rows learnt well and new questions answered
badly: the rows do not cover the questions. Training rows not learnt: the set-up did not let it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ft_pipeline.train.epochs import Epoch

_STRONG = 0.9  # share of right validation answers that needs no advice: the demo's KPI for answers given
_FEW_ANSWERS = 30  # below it the 95 % interval of a share is wider than 35 points
_LEARNT = 0.25  # loss per answer token below which rows count as learnt: the right token has e^-0.25 = 78 % on average
_STILL_FALLING = 0.1  # share by which the training loss fell in the last epoch

Kind = Literal["none", "data", "setup"]


@dataclass(frozen=True, slots=True)
class Advice:
    """Where to look, and why; empty words where nothing is to be done."""

    kind: Kind
    ru: str = ""
    en: str = ""


def advise(done: Sequence[Epoch], *, best_epoch: int, max_epochs: int) -> Advice:
    """What the epochs' figures say about a weak result."""
    chosen = next(item for item in done if item.epoch == best_epoch)
    last = done[-1]
    share = f"{100 * chosen.answer_score:.1f} %"
    loss = f"{chosen.train_loss:.2f}"
    ru, en = f"верных ответов {share.replace('.', ',')}", f"{share} of the answers are right"
    if any(not math.isfinite(value) for item in done for value in (item.train_loss, item.validation_loss)):
        return Advice(
            "setup",
            "потери перестали быть числом: вернитесь к настройкам обучения, снизьте training.learning_rate",
            "the loss is no longer a number: go back to the training set-up, lower training.learning_rate",
        )
    if chosen.answer_score >= _STRONG:
        return Advice("none")
    if chosen.answers < _FEW_ANSWERS:
        return Advice(
            "data",
            f"на проверке всего {chosen.answers} вопросов, по ним судить рано: "
            f"вернитесь к данным, нужно не менее {_FEW_ANSWERS}",
            f"only {chosen.answers} validation questions, too few to judge by: go back to the data, "
            f"at least {_FEW_ANSWERS} are needed",
        )
    if len(done) > 1 and done[-1].train_loss > done[0].train_loss:
        return Advice(
            "setup",
            f"{ru}, а потери на обучении росли: вернитесь к настройкам обучения, снизьте training.learning_rate",
            f"{en} while the training loss rose: go back to the training set-up, lower training.learning_rate",
        )
    if chosen.train_loss <= _LEARNT:
        return Advice(
            "data",
            f"{ru}, хотя обучающие строки выучены (потери {loss.replace('.', ',')}): вернитесь к данным, "
            "нужно больше разных формулировок вопросов, а противоречащие друг другу ответы — проверить",
            f"{en} although the training rows are learnt (loss {loss}): go back to the data; more "
            "different wordings are needed, and contradicting answers looked at",
        )
    if best_epoch == last.epoch == max_epochs and _is_falling(done):
        return Advice(
            "setup",
            f"{ru}, и последняя эпоха лучшая, а потери ещё падают: вернитесь к настройкам обучения, "
            "увеличьте training.max_epochs или training.learning_rate",
            f"{en}, the last epoch is the best and the loss still falls: go back to the training set-up, raise "
            "training.max_epochs or training.learning_rate",
        )
    return Advice(
        "setup",
        f"{ru}, а обучающие строки не выучены (потери {loss.replace('.', ',')}): вернитесь к настройкам "
        "обучения, увеличьте training.lora_rank или training.learning_rate либо возьмите базовую модель крупнее",
        f"{en} and the training rows are not learnt (loss {loss}): go back to the training set-up, raise "
        "training.lora_rank or training.learning_rate, or take a larger base model",
    )


def _is_falling(done: Sequence[Epoch]) -> bool:
    return len(done) > 1 and done[-1].train_loss < (1 - _STILL_FALLING) * done[-2].train_loss
