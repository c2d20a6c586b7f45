"""Folders, globs and archives: every file behind a path is read, and what is dangerous is refused by name."""

from __future__ import annotations

import gzip
import io
import json
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from ft_pipeline.ingest import IngestError, archives, hash_sources
from ft_pipeline_tests.ingest.conftest import HEADER, csv_rows, make_source, read_source, reasons_of, texts_of


def pack(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_folders_and_globs_are_read_at_any_depth_and_hidden_files_are_not(tmp_path: Path) -> None:
    for name in ("2025/a.csv", "2026/q1/b.csv", "2026/.trash/c.csv", ".d.csv", "2026/q1/e.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(csv_rows(name), encoding="utf-8")
    assert texts_of(read_source(make_source(tmp_path / "**" / "*.csv"))) == ["2025/a.csv", "2026/q1/b.csv"]
    assert texts_of(read_source(make_source(tmp_path / "2026" / "*" / "*.csv"))) == ["2026/q1/b.csv"]
    whole = read_source(make_source(tmp_path))
    assert texts_of(whole) == ["2025/a.csv", "2026/q1/b.csv"]
    assert reasons_of(whole) == {"unsupported_format": 1}
    with pytest.raises(IngestError, match="found no file"):
        read_source(make_source(tmp_path / "**" / "*.xlsx"))


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "json", "parquet", "xlsx"])
def test_every_table_format_is_read_packed_as_it_is_read_bare(tmp_path: Path, suffix: str) -> None:
    bare = tmp_path / f"t.{suffix}"
    row = {"ticket_id": "1", "role": "customer", "text": "вопрос", "created_at": "2026-03-01T00:00:00+00:00"}
    if suffix in {"csv", "tsv"}:
        sign = "," if suffix == "csv" else "\t"
        bare.write_text(f"{sign.join(row)}\n{sign.join(row.values())}\n", encoding="utf-8")
    elif suffix in {"json", "jsonl"}:
        text = json.dumps(row, ensure_ascii=False)
        bare.write_text(f"[{text}]" if suffix == "json" else text, encoding="utf-8")
    elif suffix == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist([row]), bare)
    else:
        import openpyxl

        book = openpyxl.Workbook()
        book.active.append(list(row))
        book.active.append(list(row.values()))
        book.save(bare)
    expected = read_source(make_source(bare)).turns
    assert [turn.text for turn in expected] == ["вопрос"]
    (tmp_path / f"p.{suffix}.gz").write_bytes(gzip.compress(bare.read_bytes()))
    pack(tmp_path / "p.zip", {f"folder/t.{suffix}": bare.read_bytes()})
    assert read_source(make_source(tmp_path / f"p.{suffix}.gz")).turns == expected
    assert read_source(make_source(tmp_path / "p.zip")).turns == expected


def test_members_are_named_and_hashed_without_unpacking(tmp_path: Path) -> None:
    path = pack(tmp_path / "t.zip", {"a.csv": csv_rows("а"), "b/c.csv": csv_rows("б"), "__MACOSX/._a.csv": b"\x00"})
    source = make_source(path)
    result = read_source(source)
    assert list(result.file_hashes) == ["s/t.zip/a.csv", "s/t.zip/b/c.csv"]
    assert hash_sources([source]) == result.file_hashes
    pack(path, {"a.csv": csv_rows("в"), "b/c.csv": csv_rows("б")})
    assert hash_sources([source]) != result.file_hashes


def test_a_dangerous_member_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.csv", csv_rows("цел"))
        archive.writestr("../outside.csv", csv_rows("нет"))
        archive.writestr("/etc/absolute.csv", csv_rows("нет"))
        archive.writestr("c:\\windows.csv", csv_rows("нет"))
        archive.writestr("inner.zip", b"PK")
        archive.writestr("inner.csv.gz", gzip.compress(csv_rows("нет").encode()))
        link = zipfile.ZipInfo("link.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("picture.png", b"\x89PNG")
        with pytest.warns(UserWarning):
            archive.writestr("good.csv", csv_rows("второй"))
    result = read_source(make_source(path))
    assert texts_of(result) == ["цел"] or texts_of(result) == ["второй"]
    assert reasons_of(result) == {
        "unsafe_name": 4,
        "nested_archive": 2,
        "duplicate_member": 1,
        "unsupported_format": 1,
    }
    assert sorted(item.name for item in tmp_path.iterdir()) == ["t.zip"]


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "t.zip", {"a.csv": csv_rows("тайна")})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(signature) + offset
        data[place : place + 2] = struct.pack("<H", struct.unpack("<H", data[place : place + 2])[0] | 1)
    path.write_bytes(data)
    assert reasons_of(read_source(make_source(path))) == {"encrypted_member": 1}


@pytest.mark.parametrize("cut", [3, 40, 0.5, 0.9, -1])
def test_a_torn_archive_is_one_rejected_row(tmp_path: Path, cut: float) -> None:
    content = "".join(f"{n},customer,строка {n * 7919 % 1000},2026-03-01\n" for n in range(300))
    for path in (tmp_path / "t.csv.gz", tmp_path / "t.zip"):
        if path.suffix == ".gz":
            path.write_bytes(gzip.compress((HEADER + content).encode()))
        else:
            pack(path, {"t.csv": HEADER + content})
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * cut) if isinstance(cut, float) else cut])
        assert reasons_of(read_source(make_source(path))) == {"broken_archive": 1}


def test_a_member_whose_content_was_changed_is_refused_by_its_checksum(tmp_path: Path) -> None:
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("t.csv", csv_rows("сумма 100"))
    path.write_bytes(path.read_bytes().replace(b"100", b"900"))
    assert reasons_of(read_source(make_source(path))) == {"broken_archive": 1}


def test_bombs_are_refused_by_ratio_by_size_and_by_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zeros = b"\x00" * (20 * 1024 * 1024)
    with pytest.raises(IngestError, match="ratio of 300"):
        read_source(make_source(pack(tmp_path / "ratio.zip", {"t.csv": zeros})))
    (tmp_path / "ratio.csv.gz").write_bytes(gzip.compress(zeros))
    with pytest.raises(IngestError, match="ratio of 300"):
        read_source(make_source(tmp_path / "ratio.csv.gz"))
    with pytest.raises(IngestError, match="at most 1,000 bytes"):
        read_source(make_source(pack(tmp_path / "size.zip", {"t.csv": csv_rows(*"я" * 200)})), max_file_bytes=1000)
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    with pytest.raises(IngestError, match="4 members; at most 3"):
        read_source(make_source(pack(tmp_path / "many.zip", {f"{n}.csv": csv_rows("а") for n in range(4)})))


def test_a_member_that_lies_about_its_size_is_stopped_while_unpacking(tmp_path: Path) -> None:
    path = pack(tmp_path / "t.zip", {"t.csv": b"\x00" * (20 * 1024 * 1024)})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.index(signature) + offset
        data[place : place + 4] = struct.pack("<I", 10)
    path.write_bytes(data)
    assert reasons_of(read_source(make_source(path))) == {"broken_archive": 1}


def test_a_workbook_in_an_archive_is_measured_before_it_is_opened(tmp_path: Path) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\x00" * (64 * 1024 * 1024))
    with pytest.raises(IngestError, match="unpacked"):
        read_source(make_source(pack(tmp_path / "t.zip", {"t.xlsx": bomb.getvalue()})))
