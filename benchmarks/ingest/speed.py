"""Reading 100,000 rows: our readers beside the libraries, in CPU-seconds, each arm in a process of its own.

Here: the files, the arms, one measurement per process (`python -m benchmarks.ingest.speed`). Not here: gates.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROWS = 100_000
_WORDS = ("заказ", "доставка", "курьер", "возврат", "оплата", "карта", "адрес", "пункт", "выдачи", "сегодня", "почему")


def write_files(folder: Path, rows: int = ROWS) -> None:
    """Seeded messages (about 160 characters, every tenth with a line break or a quote) in three formats."""
    import csv

    import pyarrow as pa
    import pyarrow.parquet as pq

    draw = random.Random(7)
    table: dict[str, list[str]] = {name: [] for name in ("ticket_id", "turn_id", "role", "text", "created_at")}
    for number in range(rows):
        text = " ".join(draw.choices(_WORDS, k=22))
        text += draw.choice(('\n"точно?"', ", да", "", "", "", "", "", "", "", ""))
        table["ticket_id"].append(f"{number // 4:08d}")
        table["turn_id"].append(str(number))
        table["role"].append("customer" if number % 2 == 0 else "agent")
        table["text"].append(text)
        table["created_at"].append(f"2026-03-{1 + number % 28:02d}T{number % 24:02d}:{number % 60:02d}:00+00:00")
    with (folder / "t.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))
    with (folder / "t.jsonl").open("w", encoding="utf-8") as stream:
        for values in zip(*table.values(), strict=True):
            stream.write(json.dumps(dict(zip(table, values, strict=True)), ensure_ascii=False) + "\n")
    pq.write_table(pa.table(table), folder / "t.parquet")


def _csv_module(folder: Path) -> int:
    import csv

    with (folder / "t.csv").open(encoding="utf-8", newline="") as stream:
        return len(list(csv.reader(stream, strict=True))) - 1


def _arrow_csv(folder: Path) -> int:
    """Arrow's reader with every column as text, and its values as Python rows, which is what the rows need."""
    import pyarrow as pa
    from pyarrow import csv

    names = ("ticket_id", "turn_id", "role", "text", "created_at")
    convert = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    parse = csv.ParseOptions(newlines_in_values=True)
    read = csv.ReadOptions(use_threads=False)
    table = csv.read_csv(folder / "t.csv", read_options=read, parse_options=parse, convert_options=convert)
    return len(list(zip(*(column.to_pylist() for column in table.columns), strict=True)))


def _pandas_csv(folder: Path) -> int:
    import pandas as pd

    return len(pd.read_csv(folder / "t.csv", dtype=str, keep_default_na=False))


def _json_module(folder: Path) -> int:
    with (folder / "t.jsonl").open(encoding="utf-8") as stream:
        return len([json.loads(line) for line in stream])


def _arrow_parquet(folder: Path) -> int:
    import pyarrow.parquet as pq

    table = pq.read_table(folder / "t.parquet", use_threads=False)
    return len(list(zip(*(column.to_pylist() for column in table.columns), strict=True)))


def _reader(suffix: str) -> Callable[[Path], int]:
    def read(folder: Path) -> int:
        from ft_pipeline.ingest.table_formats import TABLES
        from ft_pipeline.ingest.tables import Options

        sheet = TABLES[suffix](folder / f"t.{suffix}", Options())
        return len(sheet.numbers) - len(sheet.bad)

    return read


def _whole(suffix: str, *, shelf: str = "") -> Callable[[Path], int]:
    def read(folder: Path) -> int:
        from ft_pipeline.ingest import ingest
        from ft_pipeline.task import Source

        source = Source(name="s", kind="tickets", path=folder / f"t.{suffix}")
        result = ingest([source], salt="s", incoming=150, shelf=folder / shelf if shelf else None)
        return len(result.turns)

    return read


ARMS: dict[str, Callable[[Path], int]] = {
    "csv: csv module": _csv_module,
    "csv: pyarrow, as Python rows": _arrow_csv,
    "csv: pandas": _pandas_csv,
    "csv: our reader": _reader("csv"),
    "csv: ingest, to turns": _whole("csv"),
    "csv: ingest, first time with the shelf": _whole("csv", shelf="shelf"),
    "csv: ingest, again from the shelf": _whole("csv", shelf="shelf"),
    "jsonl: json module": _json_module,
    "jsonl: our reader": _reader("jsonl"),
    "jsonl: ingest, to turns": _whole("jsonl"),
    "parquet: pyarrow, as Python rows": _arrow_parquet,
    "parquet: our reader": _reader("parquet"),
    "parquet: ingest, to turns": _whole("parquet"),
}


def measure(folder: Path, *, repeats: int = 3) -> dict[str, dict[str, Any]]:
    """CPU-seconds of every arm (least of the repeats) and rows per CPU-second."""
    found: dict[str, dict[str, Any]] = {}
    for name in ARMS:
        least = float("inf")
        for _ in range(1 if "first time" in name else repeats):
            command = [sys.executable, "-m", "benchmarks.ingest.speed", name, str(folder)]
            done = subprocess.run(
                command, capture_output=True, text=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
            )
            told = json.loads(done.stdout.splitlines()[-1])
            least = min(least, told["cpu_s"])
            rows = told["rows"]
        found[name] = {"rows": rows, "cpu_s": round(least, 3), "rows_per_cpu_s": round(rows / least)}
    return found


def main() -> None:
    """Runs one arm in this process; its imports are not counted."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    import pyarrow.csv
    import pyarrow.parquet  # noqa: F401

    import ft_pipeline.ingest  # noqa: F401

    if "pandas" in name:
        import pandas  # noqa: F401
    started = time.process_time()
    rows = ARMS[name](folder)
    print(json.dumps({"cpu_s": time.process_time() - started, "rows": rows}))


if __name__ == "__main__":
    main()
