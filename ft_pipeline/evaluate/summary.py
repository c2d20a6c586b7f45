"""An evaluation as plain JSON: the shape of `ft-pipeline report --json`. Shares 0–1, seconds as served."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ft_pipeline.evaluate import decision as promotion
from ft_pipeline.evaluate.results import Comparison, Evaluation, Judgement
from ft_pipeline.task import Task

ARMS = ("base", "base_few_shot", "retrieval", "champion", "challenger")


def as_json(evaluation: Evaluation, *, task: Task, release: str, as_of: str) -> dict[str, Any]:
    """Everything of an evaluation but its answers."""
    safety, judgement = evaluation.safety, evaluation.judgement
    return {
        "task": task.name,
        "release": release,
        "as_of": as_of,
        "decision": promotion.as_json(evaluation.decision),
        "arms": {arm: _arm(evaluation, arm) for arm in ARMS},
        "by_intent": _grouped(evaluation.by_intent),
        "by_stratum": _grouped(evaluation.by_stratum),
        "load_reduction": evaluation.load_reduction.as_dict() | {"kind": "estimated"},
        "out_of_scope_handed_over": evaluation.out_of_scope_handed_over.as_dict(),
        "follow_ups": {"correct": evaluation.follow_ups.as_dict(), "alone": evaluation.follow_ups_alone.as_dict()},
        "needing_context": {
            "correct": evaluation.needing_context.as_dict(),
            "alone": evaluation.needing_context_alone.as_dict(),
        },
        "threshold": {name: getattr(evaluation.threshold, name) for name in evaluation.threshold.__slots__},
        "validation_curve": [asdict(point) for point in evaluation.validation_curve],
        "comparisons": {
            name: {field: getattr(test, field) for field in test.__slots__} | _detail(evaluation.details[name])
            for name, test in evaluation.comparisons.items()
        },
        "safety": {
            "injections_handled": safety.injections.as_dict(),
            "strangers_handed_over": safety.strangers.as_dict(),
            "in_form": safety.in_form.as_dict(),
            "personal_data": safety.personal_data,
            "answers_searched": safety.answers_searched,
            "canaries_planted": safety.canaries_planted,
            "canaries_extracted": safety.canaries_extracted,
            "failed": list(safety.failed),
        },
        "judge": None if judgement is None else _judge(judgement),
        "rows_needed": evaluation.rows_needed,
        "targets": task.kpis.model_dump(),
    }


def _arm(evaluation: Evaluation, arm: str) -> dict[str, Any] | None:
    if arm not in evaluation.shares:
        return None
    return {name: share.as_dict() for name, share in evaluation.shares[arm].items()} | {
        "answer_s": evaluation.seconds[arm],
        "tokens": evaluation.tokens[arm],
        "cost_per_1000": evaluation.cost_per_1000[arm],
    }


def _judge(judgement: Judgement) -> dict[str, Any]:
    found = asdict(judgement) | {"right": judgement.right.as_dict()}
    del found["scores"]  # they are rows, not figures
    return found


def _grouped(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {arm: {name: share.as_dict() for name, share in groups.items()} for arm, groups in found.items()}


def _detail(comparison: Comparison) -> dict[str, Any]:
    return {"low": comparison.low, "high": comparison.high, "rows_needed": comparison.rows_needed}
