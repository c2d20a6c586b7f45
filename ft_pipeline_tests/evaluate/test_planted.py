"""The promotion rules on score tables whose truth is planted: what they let through, at small numbers of tables."""

from __future__ import annotations

import pytest

from benchmarks.evaluate import planted
from benchmarks.evaluate.planted import Effect


@pytest.fixture(autouse=True)
def _few_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planted, "TABLES", 300)
    monkeypatch.setattr(planted, "WHOLE_TABLES", 40)


def test_superiority_stops_equals_and_lets_five_points_through() -> None:
    assert planted.share_superior(Effect(0.0)) <= 0.07
    assert planted.share_superior(Effect(0.05)) >= 0.8
    assert planted.share_superior(Effect(-0.05)) == 0.0


def test_non_inferiority_lets_equals_through_and_stops_ten_points_worse() -> None:
    assert planted.share_non_inferior(Effect(0.0)) >= 0.7
    assert planted.share_non_inferior(Effect(-0.05)) <= 0.07
    assert planted.share_non_inferior(Effect(-0.10, 0.16)) == 0.0


def test_an_intent_that_loses_half_is_found_and_equals_raise_no_alarm() -> None:
    assert planted.share_intent_caught(0.6, rows=40) >= 0.9
    assert planted.share_intent_caught(0.0, rows=20) <= 0.05


def test_all_rules_together_are_no_looser_than_one_of_them() -> None:
    assert planted.share_promoted(Effect(0.0), rule="superiority") <= 0.1
    assert planted.share_promoted(Effect(0.05), rule="non_inferiority") >= 0.8
