"""`python -m benchmarks.ingest`: 5,000 malformed inputs, then reading speed; one JSON object on the last line.

Exit code 1 where a gate is not met: an input broke ingest, a row vanished, or a reader is far behind its library.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from benchmarks.ingest.malformed import Case, Outcome, by_hand, harmed, judge
from benchmarks.ingest.speed import ROWS, measure, write_files

_INPUTS = 5_000
_LEAST_SHARE = 0.5  # of the rows per CPU-second of the library that does the reading


def main() -> int:
    """Runs both parts and prints the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print only the last line")
    parser.add_argument("--inputs", type=int, default=_INPUTS, help="malformed inputs in all, number")
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of the speed files; 0 = leave speed out")
    given_ = parser.parse_args()

    def say(text: str) -> None:
        if not given_.json:
            print(text, flush=True)

    with tempfile.TemporaryDirectory(prefix="ingest-") as name:
        arms = {"malformed": _malformed(Path(name), given_.inputs, say)}
        if given_.rows:
            write_files(Path(name), given_.rows)
            arms |= measure(Path(name))
            for arm, found in arms.items():
                if arm != "malformed":
                    say(f"{arm:42} {found['rows_per_cpu_s']:>12,} rows per CPU-second")
    ratios = _ratios(arms)
    gates = _gates(arms, ratios, given_.inputs)
    machine = {"cpu_cores": os.cpu_count(), "threads": 1, "python": platform.python_version()}
    print(json.dumps({"name": "ingest", "machine": machine, "arms": arms, "ratios": ratios, "gates": gates}))
    return 0 if all(gate["ok"] for gate in gates.values()) else 1


def _malformed(folder: Path, inputs: int, say: Any) -> dict[str, Any]:
    outcomes: Counter[str] = Counter()
    trouble: list[dict[str, str]] = []
    started = time.process_time()

    def count(case: Case) -> None:
        outcome: Outcome = judge(case, folder)
        outcomes[outcome.kind] += 1
        if outcome.kind in {"crash", "lost"} and len(trouble) < 20:
            trouble.append({"case": case.name, "suffix": case.suffix, "detail": outcome.detail})
            say(f"{outcome.kind}: {case.suffix} {case.name}: {outcome.detail}")

    for case in by_hand():
        count(case)
    hand_made = sum(outcomes.values())
    while (left := inputs - sum(outcomes.values())) > 0:
        batch = settings(
            max_examples=min(left, 1_000),
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        seed(sum(outcomes.values()))(batch(given(harmed())(count)))()
    found = dict(sorted(outcomes.items()))
    cpu_s = round(time.process_time() - started, 1)
    say(f"{sum(outcomes.values()):,} malformed inputs ({hand_made} by hand): {found}, {cpu_s} CPU-seconds")
    return {"inputs": sum(outcomes.values()), "by_hand": hand_made, **found, "cpu_s": cpu_s, "trouble": trouble}


def _ratios(arms: dict[str, Any]) -> dict[str, float]:
    """Rows per CPU-second of ours over those of the library that does the reading."""
    pairs = {
        "csv reader to csv module": ("csv: our reader", "csv: csv module"),
        "csv reader to pyarrow": ("csv: our reader", "csv: pyarrow, as Python rows"),
        "csv reader to pandas": ("csv: our reader", "csv: pandas"),
        "jsonl reader to json module": ("jsonl: our reader", "jsonl: json module"),
        "parquet reader to pyarrow": ("parquet: our reader", "parquet: pyarrow, as Python rows"),
        "shelf to first reading": ("csv: ingest, again from the shelf", "csv: ingest, first time with the shelf"),
    }
    return {
        name: round(arms[ours]["rows_per_cpu_s"] / arms[theirs]["rows_per_cpu_s"], 2)
        for name, (ours, theirs) in pairs.items()
        if ours in arms
    }


def _gates(arms: dict[str, Any], ratios: dict[str, float], inputs: int) -> dict[str, Any]:
    malformed = arms["malformed"]
    gates = {
        "malformed inputs": {"value": malformed["inputs"], "limit": inputs, "ok": malformed["inputs"] >= inputs},
        "crashes": {"value": malformed.get("crash", 0), "limit": 0, "ok": not malformed.get("crash", 0)},
        "rows lost without a reason": {"value": malformed.get("lost", 0), "limit": 0, "ok": not malformed.get("lost")},
    }
    for name in ("csv reader to csv module", "jsonl reader to json module", "parquet reader to pyarrow"):
        if name in ratios:
            gates[name] = {"value": ratios[name], "limit": _LEAST_SHARE, "ok": ratios[name] >= _LEAST_SHARE}
    return gates


if __name__ == "__main__":
    sys.exit(main())
