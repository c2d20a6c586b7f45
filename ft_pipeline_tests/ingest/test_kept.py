"""A file is parsed once: the second reading comes from the shelf and gives the same, or the file is read again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from ft_pipeline import steps
from ft_pipeline.ingest import formats, ingest, kept, reading, table_formats
from ft_pipeline.ingest.files import SourceFile
from ft_pipeline.ingest.kept import Shelf
from ft_pipeline.ingest.tables import Options, Sheet, Table
from ft_pipeline.store import hash_file
from ft_pipeline.task import Kpis, Source, Task
from ft_pipeline_tests.ingest.conftest import HEADER, csv_rows, make_source, read_source, texts_of


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that a reader was really asked for."""
    names: list[str] = []
    for suffix, read in list(table_formats.TABLES.items()):

        def counted(path: Path, options: Options, read: object = read) -> Sheet:
            names.append(path.name)
            return read(path, options)  # type: ignore[operator]

        monkeypatch.setitem(table_formats.TABLES, suffix, counted)
    return names


def entries(shelf: Path) -> list[Path]:
    return sorted((shelf / "rows").iterdir())


def test_an_unchanged_file_is_not_parsed_again_and_a_changed_one_is(tmp_path: Path, parsed: list[str]) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(csv_rows(name), encoding="utf-8")
    source, shelf = make_source(tmp_path / "*.csv"), tmp_path / "shelf"
    first = read_source(source, shelf=shelf)
    again = read_source(source, shelf=shelf)
    assert parsed == ["a.csv", "b.csv"]
    assert again == first
    (tmp_path / "b.csv").write_text(csv_rows("новый"), encoding="utf-8")
    assert texts_of(read_source(source, shelf=shelf)) == ["a.csv", "новый"]
    assert parsed == ["a.csv", "b.csv", "b.csv"]


def test_other_options_or_another_reader_read_again(
    tmp_path: Path, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text(csv_rows("one"), encoding="utf-8")
    shelf = tmp_path / "shelf"
    read_source(make_source(tmp_path / "a.csv"), shelf=shelf)
    read_source(make_source(tmp_path / "a.csv", encoding="cp1251"), shelf=shelf)
    assert len(parsed) == 2
    monkeypatch.setattr(kept, "reader_version", lambda: "another")
    read_source(make_source(tmp_path / "a.csv"), shelf=shelf)
    assert len(parsed) == 3


def test_a_mapping_of_columns_that_changes_needs_no_new_reading(tmp_path: Path, parsed: list[str]) -> None:
    text = HEADER.replace("text", "text,other") + "1,customer,один,два,2026-03-01\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    shelf = tmp_path / "shelf"
    assert texts_of(read_source(make_source(tmp_path / "a.csv"), shelf=shelf)) == ["один"]
    mapped = make_source(tmp_path / "a.csv", columns={"text": "other"})
    assert texts_of(read_source(mapped, shelf=shelf)) == ["два"]
    assert len(parsed) == 1


@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "gone"])
def test_an_entry_that_cannot_be_trusted_is_read_again(tmp_path: Path, parsed: list[str], harm: str) -> None:
    (tmp_path / "a.csv").write_text(csv_rows("верно"), encoding="utf-8")
    source, shelf = make_source(tmp_path / "a.csv"), tmp_path / "shelf"
    expected = read_source(source, shelf=shelf)
    (entry,) = entries(shelf)
    data = bytearray(entry.read_bytes())
    if harm == "gone":
        entry.unlink()
    else:
        data[len(data) // 2] ^= 1
        entry.write_bytes({"cut": bytes(data[:-20]), "flip": bytes(data), "empty": b""}[harm])
    assert read_source(source, shelf=shelf) == expected
    assert len(parsed) == 2
    assert read_source(source, shelf=shelf) == expected
    assert len(parsed) == 2, "the entry was mended"


def test_bad_rows_odd_texts_and_missing_keys_come_back_as_they_were(tmp_path: Path) -> None:
    lines = [
        json.dumps({"ticket_id": "1", "role": "customer", "text": "a\r\n\u2028\ufeff😀 ", "created_at": "2026-03-01"}),
        "{broken",
        json.dumps({"ticket_id": "2", "role": "customer", "text": "б", "created_at": "2026-03-02", "status": "open"}),
        "[]",
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    source, shelf = make_source(tmp_path / "a.jsonl"), tmp_path / "shelf"
    bare = read_source(source)
    assert read_source(source, shelf=shelf) == bare
    assert read_source(source, shelf=shelf) == bare
    assert len(bare.rejected) == 2


def test_what_the_sources_no_longer_hold_is_thrown_away(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(csv_rows(name), encoding="utf-8")
    source, shelf = make_source(tmp_path / "*.csv"), tmp_path / "shelf"
    read_source(source, shelf=shelf, tidy=True)
    assert len(entries(shelf)) == 2
    (tmp_path / "b.csv").unlink()
    ingest([source], shelf=shelf)
    assert len(entries(shelf)) == 2, "only a refresh of all sources may tidy"
    ingest([source], shelf=shelf, tidy=True)
    assert len(entries(shelf)) == 1


def test_entries_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(csv_rows("тайна"), encoding="utf-8")
    read_source(make_source(tmp_path / "a.csv"), shelf=tmp_path / "shelf")
    (entry,) = entries(tmp_path / "shelf")
    assert entry.stat().st_mode & 0o077 == 0


def test_a_sheet_of_an_arrow_column_is_the_sheet_of_its_list(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    sheet = Sheet(("a", "a", ""), {"a": ["1", ""], "": ["x", ""]}, [2, 5], {1: ("blank_row", "")}, ["f", "g"])
    shelf.keep(tmp_path / "entry", sheet, {"n": 1})
    found, notes = kept._load(tmp_path / "entry") or (Sheet(), {})
    assert notes == {"n": 1}
    assert (found.names, list(found.numbers), found.bad, list(found.files)) == (
        sheet.names,
        [2, 5],
        {1: ("blank_row", "")},
        ["f", "g"],
    )
    assert {name: list(found.column(name)) for name in found.cells} == sheet.cells


def test_a_refresh_with_and_without_the_shelf_publishes_the_same_bytes(tmp_path: Path, parsed: list[str]) -> None:
    (tmp_path / "tickets.csv").write_text(csv_rows("раз", "два", "три"), encoding="utf-8")

    def publish(store: str) -> dict[str, str]:
        task = Task(
            name="shop",
            goal="Отвечать покупателям на вопросы о доставке и возврате верно в девяти случаях из десяти",
            kpis=Kpis(correct_share=0.9, answer_s=1.0, load_reduction_share=0.3),
            sources=(Source(name="tickets", kind="tickets", path=tmp_path / "tickets.csv"),),
            store=tmp_path / store,
        )
        version = steps.publish_raw_transcripts(steps.open_project(task))
        return {path.name: hash_file(path) for path in version.path.glob("*.parquet")}

    first = publish("one")
    assert (tmp_path / "one" / "shop" / "raw_transcripts" / ".read" / "rows").is_dir(), "raw text has one home"
    for version in (tmp_path / "one" / "shop" / "raw_transcripts").glob("[0-9a-f]*"):
        (version / "manifest.json").unlink()
        version.rename(version.parent / f".{version.name}-gone")
    assert publish("one") == first
    assert parsed == ["tickets.csv"]
    assert publish("two") == first
    assert parsed == ["tickets.csv"] * 2


def test_exports_mails_and_documents_are_parsed_once_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    for name, read in list(formats.NAMED.items()):

        def counted(files: Sequence[SourceFile], options: Options, name: str = name, read: object = read) -> Table:
            parsed.append(name)
            return read(files, options)  # type: ignore[operator]

        monkeypatch.setitem(formats.NAMED, name, counted)
    read_document = reading.read_document
    monkeypatch.setattr(reading, "read_document", lambda *given: parsed.append("markdown") or read_document(*given))
    (tmp_path / "chat.txt").write_text("01.03.2026, 09:00 - Анна: вопрос\n", encoding="utf-8")
    (tmp_path / "a.md").write_text("# А\nтекст", encoding="utf-8")
    shelf = tmp_path / "shelf"
    for _ in range(3):
        read_source(make_source(tmp_path / "chat.txt", format="whatsapp", roles={"Анна": "customer"}), shelf=shelf)
        read_source(make_source(tmp_path / "a.md", kind="documents"), shelf=shelf)
    assert parsed == ["whatsapp", "markdown"]
