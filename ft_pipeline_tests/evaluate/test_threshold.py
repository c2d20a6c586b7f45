"""The threshold: chosen on validation, honest about few rows, monotone."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ft_pipeline.evaluate.threshold import NEVER_ANSWER, choose_threshold, curve

Judged = st.lists(st.tuples(st.integers(-20, 0).map(float), st.booleans()), min_size=1, max_size=120)


def split(judged: list[tuple[float, bool]]) -> tuple[list[float], list[bool]]:
    return [item[0] for item in judged], [item[1] for item in judged]


def test_the_largest_coverage_that_meets_the_target_is_taken() -> None:
    confidences = [-float(number) for number in range(100)]
    correct = [number < 60 for number in range(100)]  # the surest 60 are right, the rest wrong
    chosen = choose_threshold(confidences, correct, target=0.9, rule="point")
    assert (chosen.coverage, chosen.value, chosen.reason) == (0.64, -63.0, "point")  # 60 of 64 = 93.8 %, less 3.0
    strict = choose_threshold(confidences, correct, target=0.9, rule="lower_bound")
    assert strict.reason == "lower_bound" and strict.coverage < chosen.coverage
    assert strict.precision_low is not None and strict.precision_low >= 0.9


def test_where_the_bound_cannot_be_met_the_observed_share_is_and_says_so() -> None:
    chosen = choose_threshold([-float(n) for n in range(30)], [True] * 30, target=0.95, rule="lower_bound")
    assert (chosen.reason, chosen.coverage, chosen.precision) == ("point", 1.0, 1.0)
    assert chosen.precision_low is not None and chosen.precision_low < 0.95


def test_where_nothing_meets_the_target_everything_is_handed_over_and_it_says_so() -> None:
    chosen = choose_threshold([-float(n) for n in range(40)], [n % 2 == 0 for n in range(40)], target=0.9, rule="point")
    assert (chosen.reason, chosen.value, chosen.coverage, chosen.precision) == ("never", NEVER_ANSWER, 0.0, None)


def test_a_model_that_is_never_right_never_answers() -> None:
    chosen = choose_threshold([-float(n) for n in range(60)], [False] * 60, target=0.9, rule="lower_bound")
    assert chosen.reason == "never" and all(confidence < chosen.value for confidence in (0.0, -1.0))


def test_a_few_lucky_rows_at_the_top_are_not_believed() -> None:
    confidences = [-float(number) for number in range(100)]
    chosen = choose_threshold(confidences, [number < 10 for number in range(100)], target=0.9, rule="point")
    assert chosen.reason == "never"


@pytest.mark.parametrize("n", [77, 154, 303, 581])  # 20 / n * n is a little below 20 in floating point
def test_exactly_the_least_rows_are_enough(n: int) -> None:
    correct = [number < 20 for number in range(n)]
    chosen = choose_threshold([-float(number) for number in range(n)], correct, target=1.0, rule="point")
    assert (chosen.reason, round(chosen.coverage * n)) == ("point", 20)


def test_equal_confidences_are_answered_or_handed_over_together() -> None:
    points = curve([-1.0, -1.0, -2.0, -2.0], [True, False, True, True])
    assert [(point.coverage, point.precision) for point in points] == [(0.5, 0.5), (1.0, 0.75)]


def test_no_validation_rows_are_an_error_that_says_what_to_raise() -> None:
    with pytest.raises(ValueError, match=r"raise data\.validation_share"):
        choose_threshold([], [], target=0.9, rule="point")


@given(Judged, st.floats(0.1, 1.0), st.sampled_from(["point", "lower_bound"]))
def test_what_the_threshold_promises_is_what_it_gives(
    judged: list[tuple[float, bool]], target: float, rule: str
) -> None:
    confidences, correct = split(judged)
    chosen = choose_threshold(confidences, correct, target=target, rule=rule)
    answered = [right for confidence, right in judged if confidence >= chosen.value]
    assert chosen.coverage == pytest.approx(len(answered) / len(judged))
    if chosen.reason == "never":
        assert not answered
        return
    assert chosen.precision == pytest.approx(sum(answered) / len(answered))
    if chosen.reason == "point":
        assert chosen.precision is not None and chosen.precision >= target
    if chosen.reason == "lower_bound":
        assert chosen.precision_low is not None and chosen.precision_low >= target


@given(Judged, st.floats(0.1, 0.9), st.floats(0.0, 0.1))
def test_a_higher_target_never_answers_more(judged: list[tuple[float, bool]], target: float, more: float) -> None:
    confidences, correct = split(judged)
    low = choose_threshold(confidences, correct, target=target, rule="point")
    high = choose_threshold(confidences, correct, target=target + more, rule="point")
    assume(high.reason == "point")
    assert high.coverage <= low.coverage


@given(Judged)
def test_the_curve_rises_in_coverage_falls_in_confidence_and_ends_at_all_rows(judged: list[tuple[float, bool]]) -> None:
    confidences, correct = split(judged)
    points = curve(confidences, correct)
    assert [point.coverage for point in points] == sorted({point.coverage for point in points})
    assert [point.confidence for point in points] == sorted({point.confidence for point in points}, reverse=True)
    assert points[-1].coverage == 1.0 and points[-1].precision == pytest.approx(sum(correct) / len(correct))


@given(Judged, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(judged: list[tuple[float, bool]], random: object) -> None:
    confidences, correct = split(judged)
    shuffled = list(judged)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first = choose_threshold(confidences, correct, target=0.8, rule="point")
    assert first == choose_threshold(*split(shuffled), target=0.8, rule="point")
