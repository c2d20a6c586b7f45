"""What the tests of named formats share: a folder with the files of an export, read as a source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline.ingest import Ingested, ingest
from ft_pipeline.records import count_reasons
from ft_pipeline.task import Source

_SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "export_samples"


def sample(name: str) -> Path:
    """A folder of real samples; the test is skipped where they are not beside the repository."""
    folder = _SAMPLES / name
    if not folder.is_dir():
        pytest.skip(f"the real samples {name} are not there: expected ../shared/data/export_samples/{name}")
    return folder


def read(path: Path, file_format: str, *, kind: str = "tickets", **more: Any) -> Ingested:
    """A source read, with every unit accounted for and no reader failed as a whole."""
    result = ingest([Source(name="s", kind=kind, path=path, format=file_format, **more)])  # type: ignore[arg-type]
    assert result.rows_in["s"] == result.rows_out["s"] + len(result.rejected)
    assert not [row for row in result.rejected if row.reason == "reader_failed"]
    return result


def read_files(folder: Path, files: dict[str, Any], file_format: str, **more: Any) -> Ingested:
    """Files written into a folder and read as one source; what is neither text nor bytes is written as JSON."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
            path.write_text(text, encoding="utf-8")
    return read(folder, file_format, **more)


def said(result: Ingested) -> list[tuple[str, str, str]]:
    """(ticket, role, text) of every turn."""
    return [(turn.ticket_id, turn.role, turn.text) for turn in result.turns]


def reasons(result: Ingested) -> dict[str, int]:
    """How many rows were rejected for which reason."""
    return {name.removeprefix("ingest.parse: "): count for name, count in count_reasons(result.rejected).items()}
