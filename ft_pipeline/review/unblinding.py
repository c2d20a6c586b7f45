"""Whose answers were judged: verdicts counted by arm, and the human compared with the scorer.

Pure functions over a checked review and the key that was kept apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ft_pipeline.records import Score
from ft_pipeline.review.agreement import Agreement, cohen_kappa
from ft_pipeline.review.checking import CheckedReview
from ft_pipeline.review.sheet import Key


@dataclass(frozen=True, slots=True)
class Unblinded:
    """A review with the names of the arms."""

    counts: dict[str, dict[str, int]]  # arm -> right | wrong | unsure -> answers
    agreement: Agreement  # human against scorer; "unsure" and the human's own answers are left out


def unblind(review: CheckedReview, key: Key, scores: Sequence[Score]) -> Unblinded:
    """Counts by arm, and kappa against the scorer that defines "correct".

    Args:
        review: complete, of the key's sheet.
        key: of the same sheet.
        scores: of one scorer, for the arms base, champion and challenger.
    """
    judged = {(score.arm, score.eval_id): bool(score.value) for score in scores if score.value is not None}
    counts: dict[str, Counter[str]] = {}
    pairs = []
    for row in key.rows:
        verdict = review.verdicts[row.code]
        for arm in row.arms:
            counts.setdefault(arm, Counter())[verdict] += 1
        scored = [judged[(arm, row.eval_id)] for arm in row.arms if (arm, row.eval_id) in judged]
        if scored and verdict != "unsure":
            pairs.append((verdict == "right", scored[0]))
    return Unblinded({arm: dict(found) for arm, found in sorted(counts.items())}, cohen_kappa(pairs))
