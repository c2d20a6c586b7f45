"""`python -m benchmarks.curate [--rows N] [--json]`: arms side by side, gates, one JSON object on the last line.

Here: tickets into a folder, arms as processes in rotated order, medians, ratios, gates. Not here: what an arm does.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

from benchmarks.curate.arms import ARMS, run, versions
from benchmarks.curate.tickets import make

_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS", "ARROW_NUM_THREADS", "POLARS_MAX_THREADS"), "1"
)
_SMALLER = {"chain_with_names": 500, "chain_of_today": 500, "refresh": 2_000}  # tickets, without --full


def main() -> int:
    """Runs the arms; 0 where every gate is met, else 1."""
    asked = _arguments()
    if asked.arm:
        print(json.dumps(run(asked.arm, asked.folder), ensure_ascii=False))
        return 0
    names = [name for name in ARMS if not asked.only or name in asked.only]
    with tempfile.TemporaryDirectory() as scratch:
        measured = _measure(names, asked, Path(scratch))
    result = _result(measured, asked.rows)
    if not asked.json:
        print(_table(result))
    print(json.dumps(result, ensure_ascii=False))
    return 0 if all(gate["ok"] for gate in result["gates"].values()) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.curate", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, help="tickets; a tenth of it is run too, for the linearity")
    parser.add_argument("--rounds", type=int, default=1, help="times each arm runs; the median counts")
    parser.add_argument("--full", action="store_true", help="names, today's chain and the refresh on all rows as well")
    parser.add_argument("--only", nargs="*", choices=sorted(ARMS), help="only these arms")
    parser.add_argument(
        "--peer-python",
        default=os.environ.get("FT_PRESIDIO_PYTHON", ""),
        help="an interpreter with presidio-analyzer, presidio-anonymizer, py3langid, pandas, pyarrow and rensa",
    )
    parser.add_argument("--json", action="store_true", help="only the JSON line")
    parser.add_argument("--arm", choices=sorted(ARMS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _measure(names: Sequence[str], asked: argparse.Namespace, scratch: Path) -> dict[str, dict[str, Any]]:
    jobs = [
        (name, name, asked.rows if asked.full else min(asked.rows, _SMALLER.get(name, asked.rows))) for name in names
    ]
    if "chain_without_names" in names:
        jobs.append(("chain_without_names_tenth", "chain_without_names", asked.rows // 10))
    found: dict[str, list[dict[str, Any]]] = {label: [] for label, _, _ in jobs}
    for turn in range(asked.rounds):
        shift = turn % len(jobs)
        for label, name, rows in jobs[shift:] + jobs[:shift]:
            found[label].append(_in_own_process(name, _tickets(scratch, rows), asked.peer_python))
            print(f"{label}: {found[label][-1]}", file=sys.stderr)
    return {label: _median(results) for label, results in found.items()}


def _tickets(scratch: Path, rows: int) -> Path:
    """A folder with the tickets, their truth, and the questions for the near-duplicate arms."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = scratch / str(rows)
    if folder.is_dir():
        return folder
    folder.mkdir()
    columns, truth = make(rows, new_from=rows - max(1, rows // 100))
    pq.write_table(pa.table(columns), folder / "turns.parquet")
    (folder / "truth.json").write_text(json.dumps([astuple(item) for item in truth]), encoding="utf-8")
    firsts: dict[int, str] = {}
    for ticket, role, text in zip(columns["ticket_id"], columns["role"], columns["text"], strict=True):
        if role == "customer":
            firsts.setdefault(int(ticket[1:]), text)
    plain = [number for number, item in enumerate(truth) if not item.name and item.kind in {"unique", "exact", "near"}]
    table = {"text": [firsts[number] for number in plain], "origin": [truth[number].origin for number in plain]}
    pq.write_table(pa.table(table), folder / "questions.parquet")
    return folder


def _in_own_process(name: str, folder: Path, peer_python: str) -> dict[str, Any]:
    python = peer_python if name == "chain_of_today" and peer_python else sys.executable
    command = [python, "-m", "benchmarks.curate", "--arm", name, "--folder", str(folder)]
    done = subprocess.run(command, env={**os.environ, **_ONE_THREAD}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"arm {name} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _median(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The last result with the median of the CPU-seconds."""
    found = dict(results[-1])
    if "cpu_s" in found:
        found["cpu_s"] = round(statistics.median(result["cpu_s"] for result in results), 3)
        found["rows_per_cpu_s"] = round(found["rows"] / found["cpu_s"], 1)
    return found


def _result(arms: Mapping[str, dict[str, Any]], rows: int) -> dict[str, Any]:
    speed = {name: arm["rows_per_cpu_s"] for name, arm in arms.items() if "rows_per_cpu_s" in arm}
    ratios: dict[str, float] = {}
    gates: dict[str, dict[str, Any]] = {}

    def ratio(name: str, upper: str, lower: str) -> None:
        if upper in speed and lower in speed:
            ratios[name] = round(speed[upper] / speed[lower], 3)

    def gate(name: str, value: float, limit: float, *, at_least: bool) -> None:
        gates[name] = {"value": value, "limit": limit, "ok": value >= limit if at_least else value <= limit}

    ratio("chain_to_limit", "chain_without_names", "limit")
    ratio("names_cost", "chain_without_names", "chain_with_names")
    ratio("redaction_without_names_cost", "chain_without_redaction", "chain_without_names")
    ratio("over_chain_of_today", "chain_with_names", "chain_of_today")
    ratio("near_over_rensa", "near_ours", "near_rensa")
    ratio("large_to_small", "chain_without_names", "chain_without_names_tenth")
    if "chain_without_names" in arms:
        chain = arms["chain_without_names"]
        gate("tickets_per_cpu_s_without_names", speed["chain_without_names"], 20_000, at_least=True)
        gate("cost_is_linear", ratios["large_to_small"], 0.7, at_least=True)
        gate("peak_gib", chain["peak_gib"], 4.0, at_least=False)
        gate("chain_wrong_removals_per_100k", chain["wrong_removals"] / chain["rows"] * 1e5, 1.0, at_least=False)
        gate("chain_empty_answers_kept", chain["empty_answers_kept"], 0, at_least=False)
    if "chain_with_names" in speed:
        gate(
            "million_with_names_hours_on_2_cores", round(1e6 / speed["chain_with_names"] / 7200, 3), 0.5, at_least=False
        )
    if "over_chain_of_today" in ratios:
        gate("over_chain_of_today", ratios["over_chain_of_today"], 50, at_least=True)
    if "near_ours" in arms:
        near = arms["near_ours"]
        gate("near_recall", near["recall"], 0.95, at_least=True)
        gate("near_wrong_removals_per_100k", near["wrong_removals"] / near["rows"] * 1e5, 1.0, at_least=False)
    if "near_over_rensa" in ratios:
        gate("near_over_rensa", ratios["near_over_rensa"], 3, at_least=True)
    if "refresh" in arms:
        gate("refresh_share", arms["refresh"]["share"], 0.05, at_least=False)
        gate("refresh_identical", float(arms["refresh"]["identical"]), 1, at_least=True)
    machine = {"cpu": _cpu(), "cores": os.cpu_count(), "threads": 1, "python": platform.python_version(), **versions()}
    return {"name": "curate", "rows": rows, "machine": machine, "arms": dict(arms), "ratios": ratios, "gates": gates}


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )


def _table(result: Mapping[str, Any]) -> str:
    lines = [f"{'arm':32}{'rows':>9}{'CPU-s':>10}{'rows/CPU-s':>12}{'peak GiB':>10}"]
    for name, arm in result["arms"].items():
        if "unavailable" in arm:
            lines.append(f"{name:32}  {arm['unavailable']}")
        else:
            lines.append(
                f"{name:32}{arm['rows']:>9}{arm['cpu_s']:>10.2f}{arm['rows_per_cpu_s']:>12.0f}{arm['peak_gib']:>10.2f}"
            )
    for name, gate in result["gates"].items():
        lines.append(f"{'ok  ' if gate['ok'] else 'MISS'}  {name}: {gate['value']} (limit {gate['limit']})")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
