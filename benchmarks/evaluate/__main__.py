"""`python -m benchmarks.evaluate [--json]`: a table, then one JSON object; exit code 1 where a gate is missed."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks.evaluate import planted, speed
from benchmarks.evaluate.planted import Effect

_EQUAL, _BETTER, _WORSE, _MUCH_WORSE = Effect(0.0), Effect(0.05), Effect(-0.05), Effect(-0.10, 0.16)


def main() -> int:
    """Runs both parts and reports."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evaluate", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the JSON object only")
    parser.add_argument("--task", type=Path, default=Path("task.yaml"), help="task file with the settings")
    parser.add_argument("--no-model", action="store_true", help="planted truths only, without the embedded model")
    arguments = parser.parse_args()
    start = process_time()
    arms = {"rules": _rules()}
    ratios: dict[str, float] = {}
    if not arguments.no_model:
        spent = speed.measure(arguments.task)
        arms["speed"] = {name: round(value, 4) for name, value in vars(spent).items()}
        ratios = {
            "evaluating_to_generating": round(spent.evaluating_s / spent.generating_s, 4),
            "batched_to_one_by_one": round(spent.batch_gain, 2),
        }
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "cpu_s": round(process_time() - start, 1)}
    found: dict[str, Any] = {
        "name": "evaluate",
        "machine": machine,
        "arms": arms,
        "ratios": ratios,
        "gates": _gates(arms["rules"], ratios),
    }
    if not arguments.json:
        _show(found)
    print(json.dumps(found, ensure_ascii=False))
    return 0 if all(gate["ok"] for gate in found["gates"].values()) else 1


def _rules() -> dict[str, float]:
    """Share of tables that each rule lets through; n = 400, exactly one of the arms right on 12 % of the questions."""
    crowded = Effect(0.05, 0.20)
    return {
        "superiority, equal": planted.share_superior(_EQUAL),
        "superiority, 5 points better": planted.share_superior(_BETTER),
        "superiority, 5 points better, 20 % disagreement": planted.share_superior(crowded),
        "non-inferiority (5 points), equal": planted.share_non_inferior(_EQUAL),
        "non-inferiority (5 points), 5 points better": planted.share_non_inferior(_BETTER),
        "non-inferiority (5 points), 5 points worse": planted.share_non_inferior(_WORSE),
        "non-inferiority (5 points), 10 points worse": planted.share_non_inferior(_MUCH_WORSE),
        "an intent caught, none worse, 20 rows each": planted.share_intent_caught(0.0, rows=20),
        "an intent caught, 30 points worse, 20 rows": planted.share_intent_caught(0.3, rows=20),
        "an intent caught, 50 points worse, 20 rows": planted.share_intent_caught(0.5, rows=20),
        "an intent caught, 30 points worse, 60 rows": planted.share_intent_caught(0.3, rows=60),
        "all rules (superiority), equal": planted.share_promoted(_EQUAL, rule="superiority"),
        "all rules (superiority), 5 points better": planted.share_promoted(_BETTER, rule="superiority"),
        "all rules (non-inferiority), equal": planted.share_promoted(_EQUAL, rule="non_inferiority"),
        "all rules (non-inferiority), 5 points better": planted.share_promoted(_BETTER, rule="non_inferiority"),
        "all rules (non-inferiority), 5 points worse": planted.share_promoted(_WORSE, rule="non_inferiority"),
        "all rules (non-inferiority), 10 points worse": planted.share_promoted(_MUCH_WORSE, rule="non_inferiority"),
    }


def _gates(rules: dict[str, Any], ratios: dict[str, float]) -> dict[str, dict[str, Any]]:
    most = {
        "superiority_lets_equals_through": (rules["superiority, equal"], 0.05),
        "non_inferiority_lets_5_worse_through": (rules["non-inferiority (5 points), 5 points worse"], 0.05),
        "intent_false_alarms": (rules["an intent caught, none worse, 20 rows each"], 0.05),
    }
    least = {"superiority_sees_5_points": (rules["superiority, 5 points better"], 0.8)}
    if ratios:
        most["evaluating_to_generating"] = (ratios["evaluating_to_generating"], 0.05)
        least["batched_to_one_by_one"] = (ratios["batched_to_one_by_one"], 5.0)
    gates = {name: {"value": value, "limit": limit, "ok": value <= limit} for name, (value, limit) in most.items()}
    return gates | {
        name: {"value": value, "limit": limit, "ok": value >= limit} for name, (value, limit) in least.items()
    }


def _show(found: dict[str, Any]) -> None:
    print(f"{planted.ROWS} rows, exactly one arm right on 12 % of them, {planted.TABLES} tables: share let through")
    for name, value in found["arms"]["rules"].items():
        print(f"  {name:<52} {value:6.1%}")
    for name, value in found["arms"].get("speed", {}).items():
        print(f"  {name:<52} {value:8.3f}")
    for name, gate in found["gates"].items():
        print(f"  {'ok  ' if gate['ok'] else 'MISS'} {name}: {gate['value']} (limit {gate['limit']})")


if __name__ == "__main__":
    sys.exit(main())
