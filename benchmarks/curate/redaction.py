"""Measures redaction: what it finds, what it wrongly masks, how fast it is; beside Presidio on the same sets.

Here: `python -m benchmarks.curate.redaction [--json] [--peer-python PATH]`, and `arms()`, `gates()` for
`python -m benchmarks.curate`. Each arm runs in a process of its own. Not here: how the labelled texts are made
(labelled), the speed of the whole curation.

Presidio is no dependency: `--peer-python` (or FT_PRESIDIO_PYTHON) names an interpreter that has presidio-analyzer. It
runs with the recognisers that it loads by default and, as no Russian model comes with it, without names.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.curate.labelled.scoring import NAME, Count, Hidden, tally
from benchmarks.curate.labelled.text import Entity, Labelled
from benchmarks.curate.peer import presidio

REAL = Path(__file__).parent / "labelled" / "real_inputs.json"
DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
OWN_RUTUBE = ("rutube.ru",)
LEAST_RECALL, LEAST_NAMES, LEAST_PRECISION = 0.98, 0.95, 0.95
LEAST_PLAIN_PER_S, LEAST_NAMED_PER_S = 60_000, 280
UNSEEN = "fresh"  # the set that the gates are judged on; another hand wrote it, without sight of the rules
OURS = (UNSEEN, "unseen", "held_out", "development", "real_inputs", "residue", "speed")
PEER = ("presidio_fresh", "presidio_unseen", "presidio_held_out", "presidio_development")


def arms(*, peer_python: str = "") -> dict[str, Any]:
    """All arms by name, each from a process of its own; an arm that cannot run says why under `missing`."""
    peer = peer_python or os.environ.get("FT_PRESIDIO_PYTHON", "")
    found = {name: _in_process(sys.executable, name) for name in OURS}
    for name in PEER:
        found[name] = (
            _in_process(peer, name) if peer else {"missing": "no interpreter with presidio-analyzer was named"}
        )
    return found


def gates(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The figures to reach, judged on the set that nobody looked at."""
    unseen, speed = found[UNSEEN], found["speed"]
    return {
        "identifiers_recall": _gate(unseen["identifiers"]["share"], LEAST_RECALL),
        "names_recall": _gate(unseen["names"]["share"], LEAST_NAMES),
        "precision": _gate(unseen["precision"]["share"], LEAST_PRECISION),
        "plain_texts_per_cpu_s": _gate(speed["number_rules_plain_per_s"], LEAST_PLAIN_PER_S),
        "named_texts_per_cpu_s": _gate(speed["with_names_per_s"], LEAST_NAMED_PER_S),
    }


def _gate(value: float, limit: float) -> dict[str, Any]:
    return {"value": value, "limit": limit, "ok": value >= limit}


def _in_process(python: str, arm: str) -> dict[str, Any]:
    command = [python, "-m", "benchmarks.curate.redaction", "--arm", arm]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).resolve().parents[2])
    if done.returncode:
        return {"missing": (done.stderr.strip() or "no output").splitlines()[-1][:300]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


# -- one arm -----------------------------------------------------------------------------------------------------


def run_arm(name: str) -> dict[str, Any]:
    """One arm, in this process."""
    if name == "residue":
        return _residue()
    if name == "speed":
        return _speed()
    if name == "real_inputs":
        return _real_inputs()
    hidden = _presidio() if name.startswith("presidio") else _ours()
    return _quality(_texts(name.removeprefix("presidio_")), hidden)


def _texts(half: str) -> list[Labelled]:
    from benchmarks.curate.labelled.development import development
    from benchmarks.curate.labelled.fresh import fresh
    from benchmarks.curate.labelled.held_out import held_out
    from benchmarks.curate.labelled.unseen import unseen

    sets: dict[str, Callable[[], list[Labelled]]] = {
        UNSEEN: fresh,
        "unseen": unseen,
        "held_out": held_out,
        "development": development,
    }
    return sets[half]()


def _ours(own_contacts: Sequence[str] = ()) -> Hidden:
    from ft_pipeline.redact import redact

    return lambda text: [(span.start, span.end) for span in redact(text, own_contacts=own_contacts).spans]


def _presidio() -> Hidden:
    analyzer = presidio()
    return lambda text: [(found.start, found.end) for found in analyzer.analyze(text, language="en")]


def _quality(texts: Sequence[Labelled], hidden: Hidden) -> dict[str, Any]:
    hidden("8 916 123-45-67, Иван")  # what is loaded at first use is no cost of a text
    start = time.process_time()
    result = tally(texts, hidden)
    spent = time.process_time() - start
    kinds = sorted(result.recall)
    return {
        "identifiers": result.of(kind for kind in kinds if kind != NAME).figure(),
        "names": result.of([NAME]).figure(),
        "precision": result.precision.figure(),
        "kinds": {kind: result.recall[kind].figure() for kind in kinds},
        "name_styles": {style: count.figure() for style, count in sorted(result.styles.items())},
        "texts": len(texts),
        "texts_per_cpu_s": round(len(texts) / max(spent, 1e-9)),
    }


def _real_inputs() -> dict[str, Any]:
    """Spans labelled by reading real exports; recall over all of them, wrong spans over every support case."""
    if not DATA.is_dir():
        return {"missing": f"the real inputs are not there: {DATA.name} was looked for beside the repository"}
    cells = _support_cells()
    labelled = json.loads(REAL.read_text(encoding="utf-8"))
    texts = []
    for row in labelled:
        place = (row["cell"][0], row["cell"][1]) if row["cell"] else None
        text = cells[place] if place else (DATA / row["file"]).read_bytes().decode("utf-8", "replace")
        texts.append(Labelled(text, tuple(Entity(start, end, kind) for start, end, kind in row["entities"])))
    found = _quality(texts, _ours(OWN_RUTUBE))
    seen = {(row["cell"][0], row["cell"][1]) for row in labelled if row["cell"]}
    clean = [Labelled(text, ()) for place, text in cells.items() if place not in seen]
    wrong = tally(clean, _ours(OWN_RUTUBE)).precision
    keep = {key: found[key] for key in ("identifiers", "names", "kinds")}
    return {**keep, "wrong_spans_in_clean_cells": wrong.total, "clean_cells": len(clean)}


def _support_cells() -> dict[tuple[int, int], str]:
    with (DATA / "rutube_support" / "cases.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return {(row, column): cell for row, cells in enumerate(rows) for column, cell in enumerate(cells[:2])}


def _residue() -> dict[str, Any]:
    """One entity left in, the others masked: does the second detector see it? All masked: does it stay silent?"""
    from ft_pipeline.redact import find_residue

    seen: dict[str, Count] = {}
    alarms = Count()
    for item in _texts(UNSEEN):
        alarms.hits += bool(find_residue(_masked(item, None)))
        alarms.total += 1
        for entity in item.entities:
            count = seen.setdefault(entity.kind, Count())
            count.hits += bool(find_residue(_masked(item, entity)))
            count.total += 1
    kinds = {kind: count.figure() for kind, count in sorted(seen.items())}
    return {"planted_seen": kinds, "false_alarms": alarms.figure()}


def _masked(item: Labelled, left: Entity | None) -> str:
    text = item.text
    for entity in reversed(item.entities):
        if entity is not left:
            text = f"{text[: entity.start]}[{entity.kind}]{text[entity.end :]}"
    return text


def _speed() -> dict[str, Any]:
    """Texts per CPU-second of 100-400 characters: with nothing in them, and one in three with personal data."""
    from ft_pipeline.redact import redact

    plain = [item.text for item in _texts("development") if not item.entities and not any(map(str.isdigit, item.text))]
    dense = [item.text for item in _texts("development") if item.entities]
    source = random.Random(5)
    nothing = [" ".join(source.choices(plain, k=4))[:400] for _ in range(20_000)]
    mixed = [f"{source.choice(dense)} {text[:200]}" if i % 3 == 0 else text for i, text in enumerate(nothing[:6_000])]

    def per_s(texts: Sequence[str], work: Callable[[str], object]) -> int:
        work(texts[0])
        start = time.process_time()
        for text in texts:
            work(text)
        return round(len(texts) / (time.process_time() - start))

    return {
        "number_rules_plain_per_s": per_s(nothing, lambda text: redact(text, names=False)),
        "number_rules_mixed_per_s": per_s(mixed, lambda text: redact(text, names=False)),
        "with_names_plain_per_s": per_s(nothing[:6_000], redact),
        "with_names_per_s": per_s(mixed, redact),
        "mean_characters": round(sum(map(len, mixed)) / len(mixed)),
    }


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.curate.redaction", description=__doc__)
    parser.add_argument("--json", action="store_true", help="only the JSON object on the last line")
    parser.add_argument("--peer-python", default="", help="an interpreter with presidio-analyzer, for the peer's arms")
    parser.add_argument("--arm", choices=(*OURS, *PEER), help="one arm in this process, as JSON")
    args = parser.parse_args()
    if args.arm:
        print(json.dumps(run_arm(args.arm), ensure_ascii=False))
        return 0
    found = arms(peer_python=args.peer_python)
    judged = gates(found)
    if not args.json:
        for name, arm in found.items():
            print(f"{name}: {json.dumps(_short(arm), ensure_ascii=False)}")
    ratios = {
        f"{figure}_over_presidio": round(
            found[UNSEEN][figure]["share"] / max(found[f"presidio_{UNSEEN}"][figure]["share"], 1e-9), 2
        )
        for figure in ("identifiers", "precision")
        if "missing" not in found[f"presidio_{UNSEEN}"]
    }
    machine = {"python": platform.python_version(), "cpus": os.cpu_count()}
    result = {"name": "redaction", "machine": machine, "arms": found, "ratios": ratios, "gates": judged}
    print(json.dumps(result, ensure_ascii=False))
    return 0 if all(gate["ok"] for gate in judged.values()) else 1


def _short(arm: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in arm.items() if key != "name_styles"}


if __name__ == "__main__":
    sys.exit(main())
