"""How sure a share is, and whether two arms really differ: pure functions.

Here: Wilson intervals, exact McNemar, paired bootstrap, Holm's correction, agreement, rows still needed, percentiles.
Not here: what is counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Z_95 = 1.959963984540054  # two-sided 95 %


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % Wilson interval; all None where there are no rows."""

    share: float | None
    low: float | None
    high: float | None
    n: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON, rounded to 6 digits: fewer would be rounded a second time where they are shown."""
        return {name: round(value, 6) if isinstance(value, float) else value for name, value in asdict(self).items()}


NO_ROWS = Share(None, None, None, 0)


def wilson(successes: int, n: int, *, z: float = Z_95) -> Share:
    """Wilson's score interval (Wilson 1927) of `successes` out of `n`; raises ValueError on impossible counts."""
    if not 0 <= successes <= n:
        raise ValueError(f"found {successes} successes of {n} rows; expected 0 <= successes <= rows")
    if n == 0:
        return NO_ROWS
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Share(share, max(0.0, centre - half), min(1.0, centre + half), n)


@dataclass(frozen=True, slots=True)
class PairedTest:
    """Two arms on the same rows."""

    only_first: int  # rows that only the first arm got right
    only_second: int
    n: int
    difference: float  # share of the first minus share of the second
    p_value: float  # two-sided, exact


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> PairedTest:
    """Exact McNemar test (McNemar 1947, binomial form) on paired verdicts."""
    if len(first) != len(second):
        raise ValueError(f"the arms have {len(first)} and {len(second)} rows; a paired test needs the same rows")
    only_first = sum(a and not b for a, b in zip(first, second, strict=True))
    only_second = sum(b and not a for a, b in zip(first, second, strict=True))
    discordant = only_first + only_second
    p_value = 1.0
    if discordant:
        from scipy.stats import binomtest

        p_value = float(binomtest(only_first, discordant, 0.5).pvalue)
    difference = (only_first - only_second) / len(first) if first else 0.0
    return PairedTest(only_first, only_second, len(first), difference, p_value)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Holm's step-down correction (Holm 1979): corrected p-values by name."""
    corrected: dict[str, float] = {}
    running = 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda item: (p_values[item], item))):
        running = max(running, min(1.0, p_values[name] * (len(p_values) - rank)))
        corrected[name] = running
    return corrected


def rows_needed(observed: float, target: float, *, most: int = 100_000) -> int | None:
    """Rows at which the Wilson lower bound of `observed` reaches `target`; None where it never does within `most`.

    The lower bound reaches the target exactly where the score test does: observed - target >= z * sqrt(target *
    (1 - target) / n), which is solved for n.
    """
    if observed <= target:
        return None
    rows = max(1, math.ceil(Z_95**2 * target * (1 - target) / (observed - target) ** 2))
    return rows if rows <= most else None


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile; None without values."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def paired_bootstrap(
    first: Sequence[bool], second: Sequence[bool], *, draws: int = 2000, seed: int = 7
) -> tuple[float, float]:
    """95 % percentile interval of the difference of two shares on the same rows (Efron & Tibshirani 1993).

    Rows are drawn together with both verdicts; only three kinds of row differ in what they add, so their counts are
    drawn at once (multinomial), which costs nothing.
    """
    import numpy as np

    test = mcnemar(first, second)
    if not test.n:
        return (0.0, 0.0)
    ties = test.n - test.only_first - test.only_second
    shares = np.array([test.only_first, test.only_second, ties]) / test.n
    counts = np.random.default_rng(seed).multinomial(test.n, shares, size=draws)
    low, high = np.quantile((counts[:, 0] - counts[:, 1]) / test.n, [0.025, 0.975])
    return (float(low), float(high))


def difference_interval(test: PairedTest, *, z: float = Z_95) -> tuple[float, float]:
    """95 % interval of a paired difference: Wald's with half a row added to each cell (Agresti & Min 2005)."""
    if not test.n:
        return (-1.0, 1.0)
    n, b, c = test.n, test.only_first, test.only_second
    discordance = (b + c + 1.0) / (n + 2.0)
    centre = (b - c) / (n + 2.0)
    half = z * math.sqrt(max(0.0, discordance - centre**2) / (n + 2.0))
    return (max(-1.0, centre - half), min(1.0, centre + half))


def rows_for_difference(difference: float, disagreement: float, *, power: float = 0.8) -> int | None:
    """Rows at which a two-sided McNemar test at 5 % sees a difference with the given power (Connor 1987).

    Args:
        difference: true difference of the two shares.
        disagreement: share of rows on which exactly one of the two arms is right; at least |difference|.
        power: chance of seeing it.

    Returns:
        Rows, or None where there is no difference to see.
    """
    gap, apart = abs(difference), max(disagreement, abs(difference))
    if gap == 0:
        return None
    from scipy.stats import norm

    z_power = float(norm.ppf(power))
    rows = (Z_95 * math.sqrt(apart) + z_power * math.sqrt(max(0.0, apart - gap * gap))) ** 2 / (gap * gap)
    return math.ceil(rows)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two judges agree beyond chance."""

    n: int
    agreed: float | None  # share of equal verdicts
    kappa: float | None  # Cohen 1960; None without rows, or where both always say the same one thing


def agreement(first: Sequence[bool], second: Sequence[bool]) -> Agreement:
    """Cohen's κ of two judges on the same rows."""
    if len(first) != len(second):
        raise ValueError(f"the judges have {len(first)} and {len(second)} verdicts; agreement needs the same rows")
    n = len(first)
    if not n:
        return Agreement(0, None, None)
    agreed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    yes_first, yes_second = sum(first) / n, sum(second) / n
    chance = yes_first * yes_second + (1 - yes_first) * (1 - yes_second)
    return Agreement(n, agreed, None if chance == 1 else (agreed - chance) / (1 - chance))
