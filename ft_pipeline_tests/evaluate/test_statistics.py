"""Statistics: planted truths from the literature and from exact arithmetic."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ft_pipeline.evaluate.statistics import (
    agreement,
    difference_interval,
    holm,
    mcnemar,
    paired_bootstrap,
    percentile,
    rows_for_difference,
    rows_needed,
    wilson,
)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (45, 50, 0.7864, 0.9565),
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I
        (15, 148, 0.0624, 0.1605),  # Newcombe 1998, table I
        (0, 20, 0.0, 0.1611),  # Newcombe 1998, table I
        (1, 29, 0.0061, 0.1718),  # Newcombe 1998, table I
        (20, 20, 0.8389, 1.0),
    ],
)
def test_wilson_gives_the_published_intervals(successes: int, n: int, low: float, high: float) -> None:
    share = wilson(successes, n)
    assert share.share == successes / n and share.n == n
    assert share.low == pytest.approx(low, abs=5e-5) and share.high == pytest.approx(high, abs=5e-5)


def test_no_rows_have_no_share_and_impossible_counts_are_refused() -> None:
    assert wilson(0, 0).as_dict() == {"share": None, "low": None, "high": None, "n": 0}
    for successes, n in ((3, 2), (-1, 5)):
        with pytest.raises(ValueError, match="expected 0 <= successes <= rows"):
            wilson(successes, n)


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_interval_holds_the_share_and_narrows_with_more_rows(successes: int, n: int) -> None:
    share = wilson(min(successes, n), n)
    more = wilson(min(successes, n) * 4, n * 4)
    assert share.low is not None and share.share is not None and share.high is not None
    assert 0 <= share.low <= share.share + 1e-12 and share.share - 1e-12 <= share.high <= 1
    assert more.low is not None and more.high is not None
    assert more.high - more.low < share.high - share.low


@pytest.mark.parametrize(
    ("only_first", "only_second", "both", "p_value"),
    [
        (0, 6, 10, 0.03125),  # 2 / 2**6
        (1, 7, 10, 0.0703125),  # 2 * (1 + 8) / 2**8
        (10, 2, 5, 0.03857421875),  # 2 * (1 + 12 + 66) / 2**12
        (5, 5, 0, 1.0),
        (0, 0, 30, 1.0),
    ],
)
def test_mcnemar_is_the_exact_binomial_test(only_first: int, only_second: int, both: int, p_value: float) -> None:
    first = [True] * only_first + [False] * only_second + [True] * both
    second = [False] * only_first + [True] * only_second + [True] * both
    test = mcnemar(first, second)
    assert (test.only_first, test.only_second, test.n) == (only_first, only_second, len(first))
    assert test.p_value == pytest.approx(p_value)
    assert test.difference == pytest.approx((only_first - only_second) / len(first))
    assert mcnemar(second, first).p_value == pytest.approx(p_value)


def test_arms_with_other_rows_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="needs the same rows"):
        mcnemar([True], [True, False])
    assert mcnemar([], []).p_value == 1.0


def test_holm_gives_the_textbook_correction() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}) == pytest.approx(
        {"d": 0.02, "a": 0.03, "c": 0.06, "b": 0.06}
    )
    assert holm({"a": 0.9, "b": 0.8}) == {"b": 1.0, "a": 1.0}
    assert holm({}) == {}


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=8))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(p_values: dict[str, float]) -> None:
    corrected = holm(p_values)
    assert all(p_values[name] <= corrected[name] <= 1 for name in p_values)
    ordered = sorted(p_values, key=lambda name: p_values[name])
    assert all(corrected[a] <= corrected[b] for a, b in pairwise(ordered))


@pytest.mark.parametrize(("observed", "about"), [(0.92, 830), (0.93, 362), (0.94, 204), (0.95, 127)])
def test_the_rows_that_prove_ninety_percent(observed: float, about: int) -> None:
    needed = rows_needed(observed, 0.9)
    assert needed is not None and needed == pytest.approx(about, rel=0.1)


@pytest.mark.parametrize(("observed", "too_few", "enough"), [(0.92, 850, 875), (0.95, 120, 140), (0.94, 200, 250)])
def test_the_rows_needed_agree_with_the_interval(observed: float, too_few: int, enough: int) -> None:
    below, above = wilson(round(observed * too_few), too_few).low, wilson(round(observed * enough), enough).low
    assert below is not None and above is not None and below < 0.9 <= above
    needed = rows_needed(observed, 0.9)
    assert needed is not None and too_few < needed <= enough


def test_a_share_at_or_below_the_target_is_never_proven() -> None:
    assert rows_needed(0.9, 0.9) is None
    assert rows_needed(0.5, 0.9) is None
    assert rows_needed(0.9001, 0.9) is None  # not within the most rows
    assert rows_needed(1.0, 0.9) == 35


def test_percentiles_are_nearest_ranks() -> None:
    values = [float(number) for number in range(1, 21)]
    assert percentile(values, 0.95) == 19 and percentile(values, 0.5) == 10
    assert percentile([3.0], 0.95) == 3.0 and percentile([], 0.95) is None
    assert percentile([0.1] * 38 + [9.0, 9.0], 0.95) == 0.1 and percentile([0.1] * 37 + [9.0] * 3, 0.95) == 9.0


def verdicts(only_first: int, only_second: int, both: int, none: int = 0) -> tuple[list[bool], list[bool]]:
    first = [True] * only_first + [False] * only_second + [True] * both + [False] * none
    second = [False] * only_first + [True] * only_second + [True] * both + [False] * none
    return first, second


def test_the_bootstrap_interval_agrees_with_the_formula_on_many_rows() -> None:
    first, second = verdicts(60, 40, 250, 50)
    low, high = paired_bootstrap(first, second)
    exact_low, exact_high = difference_interval(mcnemar(first, second))
    assert low == pytest.approx(exact_low, abs=0.006) and high == pytest.approx(exact_high, abs=0.006)
    assert paired_bootstrap(first, second) == (low, high)  # the same seed
    assert paired_bootstrap([], []) == (0.0, 0.0)


def test_the_interval_of_no_disagreement_at_all_still_has_a_width() -> None:
    low, high = difference_interval(mcnemar(*verdicts(0, 0, 30)))
    assert low < 0 < high
    narrow = difference_interval(mcnemar(*verdicts(0, 0, 3000)))
    assert narrow[1] - narrow[0] < (high - low) / 10
    assert difference_interval(mcnemar([], [])) == (-1.0, 1.0)


@pytest.mark.parametrize(
    ("difference", "disagreement", "rows"),
    [(0.05, 0.10, 312), (0.05, 0.20, 625), (0.10, 0.20, 155), (-0.05, 0.10, 312), (0.0, 0.2, None)],
)
def test_the_rows_for_a_difference_follow_connors_formula(
    difference: float, disagreement: float, rows: int | None
) -> None:
    found = rows_for_difference(difference, disagreement)
    assert found == rows if rows is None else found == pytest.approx(rows, abs=3)


@pytest.mark.parametrize(
    ("first", "second", "kappa"),
    [
        ([True, True, False, False], [True, True, False, False], 1.0),
        ([True, True, False, False], [False, False, True, True], -1.0),
        ([True, True, False, False], [True, False, True, False], 0.0),
        (
            [True] * 20 + [True] * 5 + [False] * 10 + [False] * 15,
            [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15,
            0.4,
        ),
        ([True, True], [True, True], None),
        ([], [], None),
    ],
)
def test_kappa_is_the_agreement_beyond_chance(first: list[bool], second: list[bool], kappa: float | None) -> None:
    found = agreement(first, second).kappa
    assert found is kappa if kappa is None else found == pytest.approx(kappa)
