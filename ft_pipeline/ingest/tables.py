"""Table files -> rows of text, one reader per format.

Here: csv, tsv, xlsx, json, jsonl, parquet. A reader is a function (path, options) -> `Table`; a new export format
(a help desk's JSON, a mailbox) is one more function in `READERS`. Not here: what a column means.

Every value is text exactly as the file has it ("00123", "NA", "null" stay), and every row that cannot be read is a
`BadRow` with a reason, never a gap.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ft_pipeline.ingest.encoding import decode
from ft_pipeline.ingest.files import IngestError

_MAX_RECORD_LINES = 5_000  # a quoted field that runs longer is an open quote, not a text
_UNNAMED = re.compile(r"(?:Unnamed(?:: ?\d+)?)?")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class RawRow:
    """One row as text; `number` is the line, sheet row or element where it stands in the file (1-based)."""

    number: int
    values: dict[str, str]


@dataclass(frozen=True)
class BadRow:
    """One row that could not be read."""

    number: int
    reason: str
    detail: str


@dataclass(frozen=True)
class Table:
    """A read file. `columns` is empty only where the file as a whole could not be read or has no header."""

    columns: list[str]
    rows: list[RawRow | BadRow]


@dataclass(frozen=True)
class Options:
    """What task.yaml says about reading."""

    sheet: str = ""
    encoding: str = ""


def read_rows(path: Path, file_format: str, options: Options) -> Table:
    """Reads a table file; raises IngestError where task.yaml names a sheet or an encoding that is not there."""
    return READERS[file_format](path, options)


def read_text(path: Path, options: Options) -> str | None:
    """The text of a file, None where no encoding fits; raises IngestError where the named encoding is unknown."""
    try:
        return decode(path.read_bytes(), encoding=options.encoding).text
    except LookupError:
        raise IngestError(
            f"{path.name}: encoding `{options.encoding}` is unknown; write for example utf-8, cp1251, koi8-r, or "
            'encoding: "" to detect it'
        ) from None


def _unreadable(reason: str, detail: str) -> Table:
    return Table([], [BadRow(1, reason, detail)])


def _encoding_problem(options: Options) -> Table:
    tried = options.encoding or "UTF-8, UTF-16, cp1251, koi8-r, cp866, charset-normalizer"
    return _unreadable("unreadable_encoding", f"tried {tried}; save the file as UTF-8 or name its `encoding`")


def _read_delimited(path: Path, options: Options, *, delimiter: str = "") -> Table:
    text = read_text(path, options)
    if text is None:
        return _encoding_problem(options)
    lines = list(io.StringIO(text, newline=""))
    records = _records(lines, delimiter or _sniff(lines))
    header: list[str] = []
    rows: list[RawRow | BadRow] = []
    for number, cells, problem in records:
        if not header:
            if problem:
                return _unreadable("unreadable_header", problem)
            if any(cell.strip() for cell in cells):
                header = [_clean_name(cell) for cell in cells]
            continue
        if problem == "field_too_long":
            rows.append(BadRow(number, "field_too_long", f"more than {csv.field_size_limit()} characters in one field"))
        elif problem:
            rows.append(BadRow(number, "wrong_number_of_fields", problem))
        elif not any(cell.strip() for cell in cells):
            rows.append(BadRow(number, "blank_row", ""))
        elif len(cells) != len(header):
            rows.append(BadRow(number, "wrong_number_of_fields", f"found {len(cells)}, expected {len(header)}"))
        else:
            rows.append(_checked(number, header, cells))
    return Table(_named(header), _without_trailing_blanks(rows))


def _records(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    """(line number, cells, problem) of each record.

    After a broken quote reading starts again on the very next line, so that one stray quote costs one row and never
    swallows the rows behind it.
    """
    start, width = 0, 0
    while start < len(lines):
        window = itertools.islice(lines, start, start + _MAX_RECORD_LINES)
        reader = csv.reader(window, delimiter=delimiter, strict=True)
        restart = len(lines)
        while True:
            begin = start + reader.line_num
            try:
                cells = next(reader)
            except StopIteration:
                restart = begin
                break
            except csv.Error as error:
                # The window may have cut a sound record: read it again from its start; alone it is really broken.
                if begin > start and start + reader.line_num >= start + _MAX_RECORD_LINES:
                    restart = begin
                    break
                too_long = "field larger" in str(error)
                yield begin + 1, [], "field_too_long" if too_long else f"broken quoting: {error}"
                restart = begin + 1
                break
            taken = start + reader.line_num - begin
            width = width or len(cells)
            if taken > 1 and len(cells) != width:
                yield begin + 1, [], f"a quote opened here is not closed; found {len(cells)} fields, expected {width}"
                restart = begin + 1
                break
            yield begin + 1, cells, ""
        start = restart


def _sniff(lines: Sequence[str]) -> str:
    """The delimiter that splits the first non-blank line into the most fields; a comma where none does."""
    first = next((line for line in lines if line.strip(" \t\r\n,;|")), "")
    bare = re.sub(r'"[^"]*"', "", first)
    return max(",;\t|", key=bare.count)


def _clean_name(name: str) -> str:
    return re.sub(r"\s+", " ", name.replace("\ufeff", "")).strip()


def _named(header: Sequence[str]) -> list[str]:
    return [name for name in header if not _UNNAMED.fullmatch(name)]


def _checked(number: int, header: Sequence[str], cells: Sequence[str]) -> RawRow | BadRow:
    if any("\x00" in cell for cell in cells):
        return BadRow(number, "nul_byte", "the row holds NUL bytes; export it again as text")
    if any(_SURROGATE.search(cell) for cell in cells):
        return BadRow(number, "lone_surrogate", "half of a character pair; export it again as UTF-8")
    return RawRow(
        number, {name: cell for name, cell in zip(header, cells, strict=False) if not _UNNAMED.fullmatch(name)}
    )


def _without_trailing_blanks(rows: list[RawRow | BadRow]) -> list[RawRow | BadRow]:
    """Blank rows behind the last row are the sheet's used range, not data."""
    end = len(rows)
    while end and isinstance(last := rows[end - 1], BadRow) and last.reason == "blank_row":
        end -= 1
    return rows[:end]


def _read_xlsx(path: Path, options: Options) -> Table:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        if options.sheet and options.sheet not in book.sheetnames:
            raise IngestError(
                f"{path.name}: found the sheets {book.sheetnames}, expected `{options.sheet}`; "
                "correct `sheet:` in task.yaml"
            )
        sheet = book[options.sheet] if options.sheet else book.worksheets[0]
        sheet.reset_dimensions()  # exports state wrong dimensions; without this the rest is not read
        header: list[str] = []
        rows: list[RawRow | BadRow] = []
        for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            cells = [_cell(value) for value in values]
            is_blank = not any(cell.strip() for cell in cells)
            if not header:
                header = [] if is_blank else [_clean_name(cell) for cell in cells]
            elif is_blank:
                rows.append(BadRow(number, "blank_row", ""))
            else:
                rows.append(_checked(number, header, cells + [""] * (len(header) - len(cells))))
    finally:
        book.close()
    return Table(_named(header), _without_trailing_blanks(rows))


def _cell(value: Any) -> str:
    """A typed cell as the text that a person sees in the sheet or the file."""
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="backslashreplace")
    return str(value)


class _Constant(str):
    """NaN, Infinity: not JSON, though Python's parser takes them."""


@dataclass
class _Object:
    """A JSON object with its repeated keys still visible."""

    items: list[tuple[str, Any]] = field(default_factory=list)


def _parse_json(text: str) -> Any:
    # Numbers stay text: 00123 is refused by JSON itself, but 1.10 and 12345678901234567890 must not change.
    return json.loads(text, object_pairs_hook=_Object, parse_constant=_Constant, parse_int=str, parse_float=str)


def _flatten(element: _Object, prefix: str = "") -> tuple[dict[str, str], str]:
    """(values by dotted key, reason): nested objects become `user.id`, lists stay JSON text."""
    values: dict[str, str] = {}
    for key, value in element.items:
        name = prefix + key
        if name in values:
            return values, "duplicate_key"
        if isinstance(value, _Object):
            inner, reason = _flatten(value, f"{name}.")
            values |= inner
            if reason:
                return values, reason
        elif isinstance(value, _Constant):
            return values, "not_a_number"
        elif isinstance(value, list):
            values[name] = json.dumps(_plain(value), ensure_ascii=False)
        else:
            values[name] = _cell(value)
    return values, ""


def _plain(value: Any) -> Any:
    if isinstance(value, _Object):
        return {key: _plain(item) for key, item in value.items}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _json_row(number: int, element: Any) -> RawRow | BadRow:
    if not isinstance(element, _Object):
        return BadRow(number, "not_an_object", f"found {type(element).__name__}, expected an object with named fields")
    values, reason = _flatten(element)
    if reason:
        return BadRow(number, reason, f"keys: {', '.join(sorted(set(values)))[:120]}")
    if not any(value.strip() for value in values.values()):
        return BadRow(number, "blank_row", "")
    return _checked(number, list(values), list(values.values()))


def _json_table(rows: list[RawRow | BadRow]) -> Table:
    names: dict[str, None] = {}
    for row in rows:
        if isinstance(row, RawRow):
            names |= dict.fromkeys(row.values)
    return Table(list(names), rows)


def _read_json(path: Path, options: Options) -> Table:
    text = read_text(path, options)
    if text is None:
        return _encoding_problem(options)
    try:
        content = _parse_json(text)
    except ValueError as error:
        return _unreadable("broken_json", f"{error}")
    except RecursionError:
        return _unreadable("nested_too_deep", "expected a list of objects")
    if isinstance(content, _Object):
        lists = [value for _, value in content.items if isinstance(value, list)]
        content = lists[0] if len(lists) == 1 else [content]
    if not isinstance(content, list):
        return _unreadable("not_an_object", f"found {type(content).__name__}, expected a list of objects")
    return _json_table([_json_row(number, element) for number, element in enumerate(content, start=1)])


def _read_jsonl(path: Path, options: Options) -> Table:
    text = read_text(path, options)
    if text is None:
        return _encoding_problem(options)
    rows: list[RawRow | BadRow] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            rows.append(BadRow(number, "blank_row", ""))
            continue
        try:
            rows.append(_json_row(number, _parse_json(line)))
        except ValueError as error:
            rows.append(BadRow(number, "broken_json", f"{error}"))
        except RecursionError:
            rows.append(BadRow(number, "nested_too_deep", ""))
    return _json_table(_without_trailing_blanks(rows))


def _read_parquet(path: Path, options: Options) -> Table:
    del options
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        return _unreadable("broken_parquet", str(error).splitlines()[0][:200])
    names = [str(name) for name in table.column_names]
    rows: list[RawRow | BadRow] = []
    for batch in table.to_batches(max_chunksize=10_000):
        columns = [column.to_pylist() for column in batch.columns]
        for values in zip(*columns, strict=True):
            cells = [_cell(value) for value in values]
            number = len(rows) + 1
            has_text = any(cell.strip() for cell in cells)
            rows.append(_checked(number, names, cells) if has_text else BadRow(number, "blank_row", ""))
    return Table(_named(names), _without_trailing_blanks(rows))


def _read_tsv(path: Path, options: Options) -> Table:
    return _read_delimited(path, options, delimiter="\t")


READERS: dict[str, Callable[[Path, Options], Table]] = {
    "csv": _read_delimited,
    "tsv": _read_tsv,
    "xlsx": _read_xlsx,
    "json": _read_json,
    "jsonl": _read_jsonl,
    "parquet": _read_parquet,
}
