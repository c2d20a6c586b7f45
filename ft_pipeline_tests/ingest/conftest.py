"""What the tests of sources share: a source, and reading it with the count that must always hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ft_pipeline.ingest import Ingested, ingest
from ft_pipeline.records import count_reasons
from ft_pipeline.task import Source

HEADER = "ticket_id,role,text,created_at\n"


def make_source(path: Path | str, kind: str = "tickets", **more: Any) -> Source:
    return Source.model_validate({"name": "s", "kind": kind, "path": str(path), **more})


def read_source(source: Source, **more: Any) -> Ingested:
    result = ingest([source], **more)
    for name, rows in result.rows_in.items():
        assert rows == result.rows_out[name] + sum(row.source == name for row in result.rejected)
    return result


def reasons_of(result: Ingested) -> dict[str, int]:
    return {name.removeprefix("ingest.parse: "): count for name, count in count_reasons(result.rejected).items()}


def texts_of(result: Ingested) -> list[str]:
    return [turn.text for turn in result.turns]


def csv_rows(*texts: str) -> str:
    return HEADER + "".join(f"{n},customer,{text},2026-03-0{n}\n" for n, text in enumerate(texts, start=1))
