"""Promotion: one table of cases, every verdict with the rule that decided."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ft_pipeline.evaluate.decision import Figures, as_json, decide
from ft_pipeline.evaluate.statistics import PairedTest, mcnemar, wilson
from ft_pipeline_tests.evaluate.trial import make_task


def paired(better: int, worse: int, n: int = 400) -> PairedTest:
    first = [True] * better + [False] * worse + [True] * (n - better - worse)
    second = [False] * better + [True] * worse + [True] * (n - better - worse)
    return mcnemar(first, second)


GOOD = Figures(
    kpis=make_task().kpis,
    correct=wilson(380, 400),
    answered=wilson(300, 400),
    correct_of_answered=wilson(290, 300),
    answer_p95_s=0.8,
    load_reduction=wilson(80, 150),
    against_base=paired(300, 5),
    against_champion=None,
    intents_against_champion={},
    has_champion=False,
    is_champion=False,
)
CHALLENGED = {"has_champion": True, "against_champion": paired(20, 5)}


@pytest.mark.parametrize(
    ("changes", "verdict", "failed"),
    [
        ({}, "promote", []),
        ({"signature_required": True}, "wait_for_signature", []),
        ({"signature_required": True, "answer_p95_s": 2.0}, "refuse", ["answer_time_p95"]),
        (CHALLENGED, "promote", []),
        (CHALLENGED | {"signature_required": True}, "wait_for_signature", []),
        (CHALLENGED | {"is_champion": True}, "keep_champion", []),
        ({"correct_of_answered": wilson(240, 300)}, "refuse", ["correct_of_answers_given"]),
        # observed 92 % of 300 is above 90 %, its lower bound is not
        ({"correct_of_answered": wilson(276, 300)}, "refuse", ["correct_of_answers_given"]),
        ({"correct_of_answered": wilson(0, 0)}, "refuse", ["correct_of_answers_given"]),
        ({"answered": wilson(159, 400)}, "refuse", ["share_answered"]),
        ({"answered": wilson(160, 400)}, "promote", []),
        ({"answer_p95_s": 1.0}, "refuse", ["answer_time_p95"]),  # below the target, not at it
        ({"answer_p95_s": None}, "refuse", ["answer_time_p95"]),  # not measured is not met
        ({"load_reduction": wilson(50, 150)}, "refuse", ["load_reduction"]),
        ({"load_reduction": wilson(0, 0)}, "refuse", ["load_reduction"]),
        ({"against_base": paired(0, 0)}, "refuse", ["better_than_base"]),  # equals never pass
        ({"against_base": paired(30, 30)}, "refuse", ["better_than_base"]),
        ({"against_base": paired(5, 0)}, "refuse", ["better_than_base"]),  # p = 0.0625: could be chance
        ({"against_base": paired(6, 0)}, "promote", []),  # p = 0.031
        ({"against_base": paired(0, 300)}, "refuse", ["better_than_base"]),  # significant, but worse
        (CHALLENGED | {"against_champion": paired(0, 0)}, "promote", []),
        (CHALLENGED | {"against_champion": paired(0, 5)}, "promote", []),
        (CHALLENGED | {"against_champion": paired(0, 6)}, "keep_champion", ["not_worse_than_champion"]),
        (CHALLENGED | {"answer_p95_s": 3.0}, "keep_champion", ["answer_time_p95"]),
        (CHALLENGED | {"intents_against_champion": {"a": paired(0, 8, 20)}}, "keep_champion", ["no_intent_worse"]),
        # nineteen rows are too few for a verdict of their own
        (CHALLENGED | {"intents_against_champion": {"a": paired(0, 8, 19)}}, "promote", []),
        # p = 0.03 alone is significant, among three intents it is not (Holm)
        (
            CHALLENGED
            | {"intents_against_champion": {"a": paired(0, 6, 30), "b": paired(3, 3, 30), "c": paired(1, 1, 30)}},
            "promote",
            [],
        ),
        (CHALLENGED | {"intents_against_champion": {"a": paired(9, 0, 30)}}, "promote", []),
    ],
)
def test_the_verdict_follows_from_the_figures(changes: dict[str, Any], verdict: str, failed: list[str]) -> None:
    decision = decide(replace(GOOD, **changes))
    assert decision.verdict == verdict
    assert [rule.rule for rule in decision.rules if rule.is_required and rule.is_met is not True] == failed
    assert decision.reasons
    for name, reason in zip(failed, decision.reasons, strict=False):
        assert reason.startswith(f"{name}: ")


def test_by_point_the_observed_share_counts() -> None:
    kpis = make_task(rule="point").kpis
    assert decide(replace(GOOD, kpis=kpis, correct_of_answered=wilson(276, 300))).verdict == "promote"
    assert decide(replace(GOOD, kpis=kpis, correct_of_answered=wilson(269, 300))).verdict == "refuse"


def test_with_the_kpi_on_all_questions_the_share_answered_is_no_rule() -> None:
    kpis = make_task(correct_of="all_questions").kpis
    decision = decide(replace(GOOD, kpis=kpis, answered=wilson(10, 400)))
    assert decision.verdict == "promote"
    assert "share_answered" not in [rule.rule for rule in decision.rules]
    assert decide(replace(GOOD, kpis=kpis, correct=wilson(300, 400))).verdict == "refuse"


def test_too_few_rows_in_every_intent_are_said_and_not_passed() -> None:
    decision = decide(replace(GOOD, **CHALLENGED, intents_against_champion={"a": paired(0, 8, 19)}))
    (rule,) = [rule for rule in decision.rules if rule.rule == "no_intent_worse"]
    assert rule.is_met is None and not rule.is_required and "too few rows" in rule.found


def test_a_decision_is_plain_json() -> None:
    data = as_json(decide(GOOD))
    assert data["verdict"] == "promote"
    assert set(data["rules"][0]) == {"rule", "is_met", "is_required", "found", "expected"}
