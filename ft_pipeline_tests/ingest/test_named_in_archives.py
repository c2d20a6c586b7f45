"""Named formats through the frame: packed, split over files, broken, kept."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from ft_pipeline.ingest import formats
from ft_pipeline.ingest.files import SourceFile
from ft_pipeline.ingest.tables import BadRow, Options, RawRow, Table
from ft_pipeline_tests.ingest.conftest import make_source, read_source, reasons_of, texts_of


def read_pieces(files: Sequence[SourceFile], options: Options) -> Table:
    """A reader of a program that puts each message of a ticket into a file of its own."""
    rows: list[RawRow | BadRow] = []
    for file in files:
        message = json.loads(file.path.read_text(encoding="utf-8"))
        if message["text"] == "odd":
            rows.append(BadRow(1, "odd_message", "", file.name))
            continue
        rows.append(RawRow(1, {**message, "role": options.roles.get(message["role"], "")}, file.name))
    return Table(["ticket_id", "role", "text", "created_at"], rows)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Names of the files that the reader was asked for, one list per call."""
    asked: list[list[str]] = []

    def read(files: Sequence[SourceFile], options: Options) -> Table:
        asked.append([file.name for file in files])
        return read_pieces(files, options)

    monkeypatch.setitem(formats.NAMED, "helpscout", read)
    return asked


def message(text: str, day: int, role: str = "клиент") -> str:
    return json.dumps({"ticket_id": "1", "role": role, "text": text, "created_at": f"2026-03-0{day}"})


def test_all_files_and_members_of_a_named_format_are_read_at_once_and_only_once(
    tmp_path: Path, calls: list[list[str]]
) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("deep/one.json", message("второй", 2, "agent"))
        archive.writestr("odd.json", message("odd", 3))
        archive.writestr("photo.jpg", b"\xff\xd8")
        archive.writestr("inner.zip", b"PK")
    (tmp_path / "a.json").write_text(message("первый", 1), encoding="utf-8")
    source, shelf = make_source(tmp_path, format="helpscout"), tmp_path.parent / f"{tmp_path.name}-shelf"
    result = read_source(source, shelf=shelf)
    assert [(turn.text, turn.role) for turn in result.turns] == [("первый", "customer"), ("второй", "agent")]
    assert reasons_of(result) == {"nested_archive": 1, "odd_message": 1, "unsupported_format": 1}
    assert "b.zip/odd.json:1" in {row.key for row in result.rejected}
    assert read_source(source, shelf=shelf) == result
    assert calls == [["a.json", "b.zip/deep/one.json", "b.zip/odd.json"]]


def test_a_reader_that_fails_costs_its_files_and_not_the_refresh(tmp_path: Path, calls: list[list[str]]) -> None:
    (tmp_path / "a.json").write_text("{", encoding="utf-8")
    (tmp_path / "b.json").write_text(message("цел", 1), encoding="utf-8")
    source, shelf = make_source(tmp_path, format="helpscout"), tmp_path.parent / f"{tmp_path.name}-shelf"
    result = read_source(source, shelf=shelf)
    assert texts_of(result) == []
    assert reasons_of(result) == {"reader_failed": 2}
    (tmp_path / "a.json").write_text(message("исправлен", 2), encoding="utf-8")
    assert len(texts_of(read_source(source, shelf=shelf))) == 2
