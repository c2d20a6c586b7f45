"""Score tables with a known effect and a known rate of disagreement, and what the promotion rules make of them.

Two arms answer the same questions. Each question is right for both, for one or for none; `disagreement` is the share
for which exactly one is right, `difference` the challenger's true lead. 2,000 tables per case, one seed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ft_pipeline.evaluate.decision import Conduct, Figures, decide, is_non_inferior, is_superior, no_intent_is_worse
from ft_pipeline.evaluate.statistics import PairedTest, mcnemar, wilson
from ft_pipeline.task import Kpis, Promotion

TABLES = 2000
WHOLE_TABLES = 500  # for the rules that test every intent
ROWS = 400
INTENTS = 20
_KPIS = Kpis(correct_share=0.9, answer_s=1.0, load_reduction_share=0.3)


@dataclass(frozen=True)
class Effect:
    """What is true of the challenger."""

    difference: float  # its lead, share of the questions
    disagreement: float = 0.12  # share of questions that exactly one of the two gets right
    champion: float = 0.8  # share that the champion gets right


@lru_cache(maxsize=100_000)
def paired(only_first: int, only_second: int, n: int) -> PairedTest:
    """The paired test of a table of which only the discordant cells matter."""
    both = n - only_first - only_second
    first = [True] * only_first + [False] * only_second + [True] * both
    second = [False] * only_first + [True] * only_second + [True] * both
    return mcnemar(first, second)


def draw(effect: Effect, rows: int, tables: int, *, seed: int) -> np.ndarray:
    """Counts (only challenger, only champion, the rest) of each table."""
    won = (effect.disagreement + effect.difference) / 2
    lost = (effect.disagreement - effect.difference) / 2
    return np.random.default_rng(seed).multinomial(rows, [won, lost, 1 - won - lost], size=tables)


def share_superior(effect: Effect, *, rows: int = ROWS, seed: int = 1) -> float:
    """How often superiority lets such a challenger through."""
    found = [is_superior(paired(int(won), int(lost), rows)) for won, lost, _ in draw(effect, rows, TABLES, seed=seed)]
    return sum(found) / TABLES


def share_non_inferior(effect: Effect, *, margin: float = 0.05, rows: int = ROWS, seed: int = 2) -> float:
    """How often non-inferiority lets such a challenger through."""
    found = [
        is_non_inferior(paired(int(won), int(lost), rows), margin=margin)
        for won, lost, _ in draw(effect, rows, TABLES, seed=seed)
    ]
    return sum(found) / TABLES


def share_intent_caught(loss: float, *, rows: int, seed: int = 3) -> float:
    """How often a challenger is caught that is equal on 19 intents and loses `loss` on the twentieth."""
    equal = draw(Effect(0.0), rows, WHOLE_TABLES * (INTENTS - 1), seed=seed).reshape(WHOLE_TABLES, INTENTS - 1, 3)
    worse = draw(Effect(-loss, max(0.12, loss)), rows, WHOLE_TABLES, seed=seed + 1)
    caught = 0
    for others, one in zip(equal, worse, strict=True):
        tests = {str(place): paired(int(won), int(lost), rows) for place, (won, lost, _) in enumerate(others)}
        tests["the one"] = paired(int(one[0]), int(one[1]), rows)
        caught += no_intent_is_worse(tests) is False
    return caught / WHOLE_TABLES


def share_promoted(effect: Effect, *, rule: str, seed: int = 5) -> float:
    """How often all rules together promote; KPIs and conduct are met, 20 intents of 20 rows, golden ones at stake."""
    per_intent = ROWS // INTENTS
    tables = draw(effect, per_intent, WHOLE_TABLES * INTENTS, seed=seed).reshape(WHOLE_TABLES, INTENTS, 3)
    promotion = Promotion.model_validate({"against_champion": rule})
    promoted = 0
    for table in tables:
        won, lost = int(table[:, 0].sum()), int(table[:, 1].sum())
        golden = round(effect.champion * ROWS)
        figures = replace(
            _met(),
            promotion=promotion,
            against_champion=paired(won, lost, ROWS),
            intents_against_champion={
                str(place): paired(int(row[0]), int(row[1]), per_intent) for place, row in enumerate(table)
            },
            # what the champion got right and the challenger does not is `lost`; a usual question is one in two
            conduct=Conduct(golden=wilson(golden // 2 - min(lost // 2, golden // 2), golden // 2)),
        )
        promoted += decide(figures).verdict == "promote"
    return promoted / WHOLE_TABLES


def _met() -> Figures:
    return Figures(
        kpis=_KPIS,
        correct=wilson(380, 400),
        answered=wilson(300, 400),
        correct_of_answered=wilson(290, 300),
        answer_p95_s=0.3,
        load_reduction=wilson(80, 150),
        against_base=paired(300, 0, 400),
        against_champion=None,
        intents_against_champion={},
        has_champion=True,
        is_champion=False,
    )
