"""Malformed inputs: made by hand and by hypothesis, each with a count of what may not vanish.

Here: sound files of every format, what harms them, the judgement of one reading. Not here: counting and printing.

Every row of a sound file carries a marker in its text. After the harm the markers that can still be read in the file's
bytes are counted: each of them must stand in the result, or rows must have been rejected for it.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from ft_pipeline.ingest import IngestError, ingest
from ft_pipeline.task import Source

ROWS = 6
MARKER = re.compile(rb"mk\d{3}z")
COLUMNS = ("ticket_id", "role", "text", "created_at")
_WHOLE_FILE = frozenset({"unreadable_encoding", "unreadable_header", "broken_json", "broken_xlsx"}) | {
    *("broken_parquet", "broken_archive", "nested_too_deep", "not_an_object", "reader_failed", "unsupported_format"),
    *("nested_archive", "encrypted_member", "unsafe_name", "empty_archive"),
}
_TEXTS = ("Где мой заказ?", 'Он сказал "нет", и всё', "две\nстроки", "=1+1", "NA", "a;b\tc|d")


@dataclass(frozen=True)
class Case:
    """One input."""

    name: str  # what was done to it
    suffix: str
    content: bytes
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What reading a case came to: read | rejected | refused | crash | lost."""

    kind: str
    detail: str = ""


def judge(case: Case, folder: Path) -> Outcome:
    """Reads a case as a source of tickets and says what became of it."""
    path = folder / f"t.{case.suffix}"
    path.write_bytes(case.content)
    source = Source.model_validate({"name": "s", "kind": "tickets", "path": str(path), **case.settings})
    try:
        result = ingest([source], max_file_bytes=64 * 1024 * 1024)
    except IngestError as error:
        return Outcome("refused", str(error)[:80]) if str(error) else Outcome("crash", "IngestError without a message")
    except Exception as error:  # what is measured is that there is none
        return Outcome("crash", f"{type(error).__name__}: {str(error)[:200]}")
    if result.rows_in["s"] != result.rows_out["s"] + len(result.rejected):
        return Outcome("lost", "rows in are not rows out + rejected")
    if not all(row.reason and row.key for row in result.rejected):
        return Outcome("lost", "a rejected row has no reason or no place")
    for turn in result.turns:
        f"{turn.text}{turn.ticket_id}".encode()  # every text that came out can be written
    kept = "\n".join(f"{turn.ticket_id} {turn.text}" for turn in result.turns).encode()
    missing = set(MARKER.findall(case.content)) - set(MARKER.findall(kept))
    is_whole = any(row.reason in _WHOLE_FILE for row in result.rejected)
    # Harm may glue rows into one line, which is then rejected as one row.
    most = max(len(MARKER.findall(line)) for line in re.split(rb"[\r\n]", case.content))
    if len(missing) > len(result.rejected) * most and not is_whole:
        return Outcome("lost", f"{len(missing)} markers vanished, {len(result.rejected)} rows were rejected")
    return Outcome("rejected" if result.rejected else "read")


@cache
def sound(suffix: str) -> bytes:
    """A sound file of a format."""
    rows = [
        {
            "ticket_id": f"t{number}",
            "role": "customer" if number % 2 else "agent",
            "text": f"{_TEXTS[number % len(_TEXTS)]} mk{number:03d}z",
            "created_at": f"2026-03-{number + 1:02d}T10:00:00+03:00",
        }
        for number in range(ROWS)
    ]
    if suffix.endswith((".gz", ".zip")):
        return _packed(suffix, sound(suffix.split(".")[0]))
    if suffix in {"csv", "tsv"}:
        return _delimited(rows, "," if suffix == "csv" else "\t").encode()
    if suffix == "json":
        return json.dumps({"tickets": rows}, ensure_ascii=False).encode()
    if suffix == "jsonl":
        return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
    return _workbook(rows) if suffix == "xlsx" else _parquet(rows)


SUFFIXES = ("csv", "tsv", "json", "jsonl", "xlsx", "parquet", "csv.gz", "csv.zip", "jsonl.gz", "xlsx.zip")


def _packed(suffix: str, content: bytes) -> bytes:
    if suffix.endswith(".gz"):
        return gzip.compress(content, mtime=0)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(f"t.{suffix.split('.')[0]}"), content)
    return sink.getvalue()


def _delimited(rows: list[dict[str, str]], sign: str) -> str:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    lines = [sign.join(COLUMNS), *(sign.join(quoted(row[name]) for name in COLUMNS) for row in rows)]
    return "\n".join(lines) + "\n"


def _workbook(rows: list[dict[str, str]]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(list(COLUMNS))
    for row in rows:
        book.active.append([row[name] for name in COLUMNS])
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def _parquet(rows: list[dict[str, str]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return bytes(sink.getvalue())


_JUNK = (
    b"\x00",
    b"\x00" * 40,
    b'"',
    b'""',
    b"\r",
    b"\r\n",
    b"\n\n\n",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xd0",
    b"\\ud83d",
    b"\\u0000",
    b"NaN",
    b"-Infinity",
    b"[" * 3000,
    b'{"a":' * 1200,
    b"{}",
    b"null",
    b",,,,",
    b"\t;|",
    b"=cmd|' /C calc'!A0",
    b"2026-13-45",
    b"9" * 400,
    "\u2028\u0085\x0b\x0c".encode(),
    b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]>",
    b"PK\x03\x04",
    b"PAR1",
    b"\x1f\x8b",
)
_ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "cp1251", "koi8-r", "cp866", "utf-7", "shift-jis", "utf-8-sig")


@st.composite
def harmed(draw: st.DrawFn) -> Case:
    """A sound file after one to four harms."""
    suffix = draw(st.sampled_from(SUFFIXES))
    content = sound(suffix)
    done = []
    for _ in range(draw(st.integers(1, 4))):
        harm = draw(st.sampled_from(("cut", "insert", "flip", "repeat", "drop", "encode", "newlines", "text")))
        done.append(harm)
        at = draw(st.integers(0, max(0, len(content))))
        if harm == "cut":
            content = content[:at]
        elif harm == "insert":
            content = content[:at] + draw(st.sampled_from(_JUNK)) + content[at:]
        elif harm == "text":
            content = content[:at] + draw(st.text(max_size=20)).encode("utf-8", "surrogatepass") + content[at:]
        elif harm == "flip" and content:
            place = min(at, len(content) - 1)
            content = content[:place] + bytes([content[place] ^ draw(st.integers(1, 255))]) + content[place + 1 :]
        elif harm == "repeat":
            end = min(len(content), at + draw(st.integers(1, 200)))
            content = content[:end] + content[at:end] + content[end:]
        elif harm == "drop":
            content = content[:at] + content[at + draw(st.integers(1, 60)) :]
        elif harm == "newlines":
            content = content.replace(b"\n", draw(st.sampled_from((b"\r", b"\r\n", b"\n\r", b"\x0b"))), 3)
        else:
            content = content.decode("utf-8", "replace").encode(draw(st.sampled_from(_ENCODINGS)), "ignore")
    encoding = draw(st.sampled_from(("", "", "", "cp1251", "utf-16")))
    return Case("+".join(done), suffix, content, {"encoding": encoding} if encoding else {})


def by_hand() -> Iterator[Case]:
    """What people and programs really did to files."""
    head = ",".join(COLUMNS) + "\n"
    row = '"1","customer","mk900z","2026-03-01"\n'
    for suffix in SUFFIXES:
        content = sound(suffix)
        yield Case("empty", suffix, b"")
        yield Case("one byte", suffix, b"\x00")
        yield Case("only spaces", suffix, b" \n \n")
        yield Case("another format's name", suffix, b"%PDF-1.7\n%\xe2\xe3")
        for share in range(1, 20):
            yield Case("truncated", suffix, content[: len(content) * share // 20])
        for other in SUFFIXES:
            yield Case("another format", suffix, sound(other))
    for encoding in (*_ENCODINGS, "iso8859-5", "mac-cyrillic", "utf-16-be", "utf-32-be"):
        for suffix in ("csv", "tsv", "json", "jsonl"):
            content = sound(suffix).decode().encode(encoding, "ignore")
            yield Case(f"in {encoding}", suffix, content)
            yield Case(f"in {encoding}, named so", suffix, content, {"encoding": encoding})
            yield Case(f"half in {encoding}", suffix, sound(suffix) + content)
    yield Case(
        "10 MB in one field", "csv", (head + row + f'"2","customer","{"я" * 5_000_000}","2026-03-02"\n').encode()
    )
    yield Case("10 MB line without a quote", "csv", (head + row + "x" * 10_000_000).encode())
    yield Case("10 MB line", "jsonl", b'{"ticket_id":"mk900z","text":"' + b"x" * 10_000_000 + b'"}\n{"ticket_id":"2"}')
    yield Case("an open quote over 10 MB", "csv", (head + row + '"2,"' + "строка\n" * 700_000).encode())
    yield Case("100,000 blank lines", "csv", (head + "\n" * 100_000 + row).encode())
    for depth in (60, 70, 900, 990, 1_000, 100_000):
        for opened, closed in (("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")):
            nested = opened * depth + "1" + closed * depth
            yield Case(f"{depth} deep", "json", nested.encode())
            yield Case(f"{depth} deep in a row", "json", f'[{{"ticket_id":"1","text":{nested}}}]'.encode())
            yield Case(f"{depth} deep", "jsonl", f'{{"ticket_id":"mk900z"}}\n{{"text":{nested}}}'.encode())
    for value in ("NaN", "1e999", '"\\ud800"', '"\\u0000"', "null", "[]", "{}", "true", "0x1", "1_000", '"\\x"', "'a'"):
        yield Case(f"value {value}", "json", f'[{{"ticket_id":"1","role":"agent","text":{value}}}]'.encode())
        yield Case(f"value {value}", "jsonl", f'{{"ticket_id":{value},"text":"mk900z"}}'.encode())
    yield Case("a lone surrogate as a key", "jsonl", b'{"ticket_id":"1","role":"agent","\\ud800":"mk900z"}')
    yield Case("a lone surrogate as a key", "json", b'[{"ticket_id":"1","\\udfff":{"\\ud800":1,"\\ud800":2}}]')
    for date in ("31.02.2026", "2026-02-30", "0001-01-01", "9999-12-31T23:59:59-14:00", "1.1.1", "46082", "вчера", "∞"):
        yield Case(f"date {date}", "csv", f"{head}mk900z,customer,т,{date}\n".encode())
    for cell in ("=1+1", "+7 900", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x")'):
        quoted = cell.replace('"', '""')
        yield Case(f"formula {cell}", "csv", f'{head}mk900z,customer,"{quoted}",2026-03-01\n'.encode())
        yield Case(f"formula {cell}", "xlsx", _workbook([dict(zip(COLUMNS, ("1", "agent", cell, cell), strict=True))]))
    for header in ("text,text,role,ticket_id,created_at", ",,,", "ticket_id", '"ticket_id', "\ufeff\ufeff" + head[:-1]):
        yield Case("odd header", "csv", f"{header}\n{row}{row}".encode())
    for newline in ("\r", "\r\n", "\n\r", "\x0b", "\u2028", "\x85"):
        yield Case("mixed newlines", "csv", (head + row + row.replace("\n", newline) * 3 + row).encode())
        yield Case("mixed newlines", "jsonl", sound("jsonl").decode().replace("\n", newline, 3).encode())
    zeros = b"\x00" * (20 * 1024 * 1024)
    for suffix in ("csv.gz", "csv.zip", "xlsx", "xlsx.zip"):
        yield Case("a bomb", suffix, _packed("csv.gz" if suffix.endswith("gz") else "csv.zip", zeros))
    inner = _packed("csv.zip", sound("csv"))
    for name in ("a.zip", "../t.csv", "/t.csv", "C:\\t.csv", "a\x00.csv", "t.csv/", "." * 300, "т.csv", ""):
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w") as archive:
            archive.writestr(zipfile.ZipInfo(name), inner if name == "a.zip" else sound("csv"))
        yield Case(f"member {name[:20]!r}", "csv.zip", sink.getvalue())
    for part in (
        "xl/workbook.xml",
        "xl/worksheets/sheet1.xml",
        "xl/sharedStrings.xml",
        "[Content_Types].xml",
        "xl/styles.xml",
    ):
        for change in ("gone", "empty", "broken", "entities"):
            yield Case(f"{part} {change}", "xlsx", _with_part(part, change))


def _with_part(part: str, change: str) -> bytes:
    sink = io.BytesIO()
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]><x>&l9;</x>'.encode()
    with zipfile.ZipFile(io.BytesIO(sound("xlsx"))) as source, zipfile.ZipFile(sink, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == part:
                content = {"gone": b"", "empty": b"", "broken": content[: len(content) // 2], "entities": bomb}[change]
                if change == "gone":
                    continue
            target.writestr(name, content)
    return sink.getvalue()
