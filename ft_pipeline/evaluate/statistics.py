"""How sure a share is, and whether two arms really differ: pure functions.

Here: Wilson intervals, exact McNemar, Holm's correction, rows still needed, percentiles. Not here: what is counted.
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


def wilson(successes: int, n: int, *, z: float = Z_95) -> Share:
    """Wilson's score interval (Wilson 1927) of `successes` out of `n`; raises ValueError on impossible counts."""
    if not 0 <= successes <= n:
        raise ValueError(f"found {successes} successes of {n} rows; expected 0 <= successes <= rows")
    if n == 0:
        return Share(None, None, None, 0)
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
