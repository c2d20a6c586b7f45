"""Cohen's kappa: how far two judges agree beyond chance (Cohen 1960)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two judges on the same answers."""

    n: int
    observed: float | None  # share of equal verdicts; None without answers
    kappa: float | None  # 1 = always, 0 = as by chance; None where chance alone explains everything
    low: float | None  # 95 % interval by Cohen's standard error
    high: float | None


def cohen_kappa(pairs: Sequence[tuple[bool, bool]]) -> Agreement:
    """Kappa of pairs (human, scorer).

    None where both judges gave one and the same verdict throughout: then nothing can be told from chance.
    """
    n = len(pairs)
    if not n:
        return Agreement(0, None, None, None, None)
    observed = sum(first == second for first, second in pairs) / n
    first, second = (sum(pair[place] for pair in pairs) / n for place in (0, 1))
    by_chance = first * second + (1 - first) * (1 - second)
    if by_chance >= 1:
        return Agreement(n, observed, None, None, None)
    kappa = (observed - by_chance) / (1 - by_chance)
    error = math.sqrt(observed * (1 - observed) / (n * (1 - by_chance) ** 2))
    return Agreement(n, observed, kappa, max(-1.0, kappa - 1.96 * error), min(1.0, kappa + 1.96 * error))
