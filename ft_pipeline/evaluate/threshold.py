"""From which confidence on the model answers alone: chosen on validation, never on the evaluation set.

Reads confidences and verdicts; writes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ft_pipeline.evaluate.statistics import wilson

CARE = 1.0  # standard errors that a picked point must stand above the target; see docs/decisions/0007-confidence.md
NEVER_ANSWER = 1e9  # a threshold above every confidence; JSON has no infinity


@dataclass(frozen=True, slots=True)
class Threshold:
    """The chosen confidence and what it gave on validation."""

    value: float  # answer where confidence >= value
    coverage: float  # share of validation questions answered
    precision: float | None  # share correct of those; None where nothing is answered
    precision_low: float | None  # Wilson lower bound
    n: int
    reason: str  # lower_bound | point | never: no point of the curve meets the target, so everything is handed over


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One point of the accuracy-coverage curve."""

    coverage: float
    precision: float
    precision_low: float
    confidence: float


def curve(confidences: Sequence[float], correct: Sequence[bool]) -> list[CurvePoint]:
    """Precision at every coverage, surest answers first; equal confidences are one point."""
    ordered = sorted(zip(confidences, correct, strict=True), key=lambda item: -item[0])
    points = []
    right = 0
    for index, (confidence, is_right) in enumerate(ordered):
        right += is_right
        if index + 1 < len(ordered) and ordered[index + 1][0] == confidence:
            continue
        share = wilson(right, index + 1)
        points.append(CurvePoint((index + 1) / len(ordered), right / (index + 1), share.low or 0.0, confidence))
    return points


def choose_threshold(
    confidences: Sequence[float], correct: Sequence[bool], *, target: float, rule: str, least_rows: int = 20
) -> Threshold:
    """The threshold with the largest coverage that still meets the target on validation.

    Args:
        confidences: one per validation question, higher is surer.
        correct: whether that answer was right.
        target: precision to reach, 0..1.
        rule: "lower_bound" demands it of the 95 % interval's lower bound, "point" of the observed share less one
            standard error.
        least_rows: coverage below so many rows is not believed.

    Returns:
        The threshold. Where no lower bound meets the target, the observed share has to (`point`); where that does not
        either, nothing is answered (`never`): a model below its target speaks to no customer.

    Raises:
        ValueError: there is no validation row.
    """
    points = curve(confidences, correct)
    if not points:
        raise ValueError("found no validation rows; the threshold needs some: raise data.validation_share")
    believed = [point for point in points if round(point.coverage * len(confidences)) >= least_rows] or points[-1:]
    for kind in [rule, "point"] if rule == "lower_bound" else ["point"]:
        met = [point for point in believed if _careful(point, len(confidences), kind) >= target]
        if met:
            return _threshold(max(met, key=lambda point: point.coverage), len(confidences), kind)
    return Threshold(NEVER_ANSWER, 0.0, None, None, len(confidences), "never")


def _careful(point: CurvePoint, n: int, kind: str) -> float:
    """What a point is worth: the interval's lower bound, or the share less `CARE` standard errors.

    The threshold is picked as the best of many points of a noisy curve, so the picked share is too good on new
    questions (compare the one-standard-error rule of Breiman et al. 1984).
    """
    if kind == "lower_bound":
        return point.precision_low
    rows = max(1, round(point.coverage * n))
    return point.precision - CARE * math.sqrt(point.precision * (1 - point.precision) / rows)


def _threshold(point: CurvePoint, n: int, reason: str) -> Threshold:
    return Threshold(point.confidence, point.coverage, point.precision, point.precision_low, n, reason)
