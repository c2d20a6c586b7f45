"""Promotion: `promote | keep_champion | wait_for_signature | refuse`, with every rule and what it saw.

A pure function of the evaluation's figures. A decision is not a failure: nothing is raised here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ft_pipeline.evaluate.statistics import PairedTest, Share, holm
from ft_pipeline.task import Kpis

SIGNIFICANT = 0.05
LEAST_INTENT_ROWS = 20  # below this an intent has too few rows for a verdict of its own


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """One promotion rule."""

    rule: str
    is_met: bool | None  # None: could not be judged (too few rows, nothing to compare with)
    is_required: bool
    found: str
    expected: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to the challenger."""

    verdict: str  # promote | keep_champion | wait_for_signature | refuse
    reasons: tuple[str, ...]
    rules: tuple[RuleOutcome, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything a decision may look at."""

    kpis: Kpis
    correct: Share
    answered: Share
    correct_of_answered: Share
    answer_p95_s: float | None
    load_reduction: Share
    against_base: PairedTest
    against_champion: PairedTest | None
    intents_against_champion: Mapping[str, PairedTest]
    has_champion: bool
    is_champion: bool  # the challenger is the very adapter that is served already
    signature_required: bool = False


def decide(figures: Figures) -> Decision:
    """Judges the challenger by the task's KPIs and, where there is one, against the champion."""
    rules = [*_kpi_rules(figures), _base_rule(figures), *_champion_rules(figures)]
    failed = [rule for rule in rules if rule.is_required and rule.is_met is not True]
    reasons = tuple(f"{rule.rule}: {rule.found} (нужно: {rule.expected})" for rule in failed)
    if figures.is_champion:
        return Decision("keep_champion", ("the challenger is the release that is served already",), tuple(rules))
    if failed:
        verdict = "keep_champion" if figures.has_champion else "refuse"
        return Decision(verdict, reasons, tuple(rules))
    passed = tuple(f"{rule.rule}: {rule.found} (нужно: {rule.expected})" for rule in rules if rule.is_required)
    return Decision("wait_for_signature" if figures.signature_required else "promote", passed, tuple(rules))


def _kpi_rules(figures: Figures) -> list[RuleOutcome]:
    kpis = figures.kpis
    of_answers = kpis.correct_of == "answers_given"
    correct = figures.correct_of_answered if of_answers else figures.correct
    name = "correct_of_answers_given" if of_answers else "correct_of_all_questions"
    rules = [_share_rule(name, correct, kpis.correct_share, rule=kpis.rule)]
    if of_answers:
        rules.append(_share_rule("share_answered", figures.answered, kpis.least_answered_share, rule="point"))
    p95 = figures.answer_p95_s
    rules.append(
        RuleOutcome(
            "answer_time_p95",
            None if p95 is None else p95 < kpis.answer_s,
            True,
            "not measured" if p95 is None else f"{p95:.2f} s",
            f"< {kpis.answer_s:g} s",
        )
    )
    rules.append(_share_rule("load_reduction", figures.load_reduction, kpis.load_reduction_share, rule=kpis.rule))
    return rules


def _share_rule(name: str, share: Share, target: float, *, rule: str) -> RuleOutcome:
    value = share.low if rule == "lower_bound" else share.share
    if value is None or share.share is None or share.low is None or share.high is None:
        return RuleOutcome(name, None, True, "no rows", f">= {target:.0%}")
    bound = "lower bound" if rule == "lower_bound" else "observed"
    found = f"{share.share:.1%} [{share.low:.1%}–{share.high:.1%}], n = {share.n}"
    return RuleOutcome(name, value >= target, True, found, f"{bound} >= {target:.0%}")


def _base_rule(figures: Figures) -> RuleOutcome:
    test = figures.against_base
    is_met = test.difference > 0 and test.p_value < SIGNIFICANT
    found = f"{test.difference:+.1%}, p = {test.p_value:.2g}, n = {test.n}"
    return RuleOutcome("better_than_base", is_met, True, found, "better than the untuned base, p < 0.05 (McNemar)")


def _champion_rules(figures: Figures) -> list[RuleOutcome]:
    test = figures.against_champion
    if test is None:
        return [RuleOutcome("not_worse_than_champion", None, False, "no champion yet", "not significantly worse")]
    is_met = not (test.difference < 0 and test.p_value < SIGNIFICANT)
    found = f"{test.difference:+.1%}, p = {test.p_value:.2g}, n = {test.n}"
    rules = [RuleOutcome("not_worse_than_champion", is_met, True, found, "not significantly worse (McNemar)")]
    return [*rules, _intent_rule(figures.intents_against_champion)]


def _intent_rule(intents: Mapping[str, PairedTest]) -> RuleOutcome:
    large = {name: test for name, test in intents.items() if test.n >= LEAST_INTENT_ROWS}
    expected = f"no intent with >= {LEAST_INTENT_ROWS} rows significantly worse (McNemar, Holm)"
    if not large:
        return RuleOutcome("no_intent_worse", None, False, f"too few rows in each of {len(intents)} intents", expected)
    corrected = holm({name: test.p_value for name, test in large.items()})
    worse = sorted(name for name, test in large.items() if test.difference < 0 and corrected[name] < SIGNIFICANT)
    found = ", ".join(worse) if worse else f"none of {len(large)}"
    return RuleOutcome("no_intent_worse", not worse, True, found, expected)


def as_json(decision: Decision) -> dict[str, Any]:
    """The decision for reports and the ledger."""
    rules: Sequence[Mapping[str, Any]] = [
        {
            "rule": rule.rule,
            "is_met": rule.is_met,
            "is_required": rule.is_required,
            "found": rule.found,
            "expected": rule.expected,
        }
        for rule in decision.rules
    ]
    return {"verdict": decision.verdict, "reasons": list(decision.reasons), "rules": rules}
