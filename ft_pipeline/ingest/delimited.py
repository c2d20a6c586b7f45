"""CSV and TSV -> a sheet.

Here: the delimiter, the header, records that a broken quote tore. Not here: encodings (encoding.py).

A sound file is read by one pass of Python's csv module, which keeps every value as text and is within a small factor
of Arrow's reader; Arrow's own is not used, since it gives no line numbers and takes an open quote for text. Where
that pass meets a broken quote, the file is read again record by record.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ft_pipeline.ingest.encoding import is_damaged
from ft_pipeline.ingest.fields import MOST_TITLE_LINES, titles_above
from ft_pipeline.ingest.tables import (
    Options,
    Sheet,
    cell_problem,
    clean_name,
    encoding_problem,
    read_text,
    sheet_of_rows,
    unreadable,
)

_MAX_RECORD_LINES = 5_000  # a quoted field that runs longer is an open quote, not a text
_TOLD = re.compile(r"sep=([,;\t|])[ \t]*(?:\r\n|\n|\r)", re.IGNORECASE)  # a line for Excel
_HEAD_CHARS = 1_000_000  # a header stands before this many characters
_Record = tuple[int, list[str], str]  # line number, cells, problem


def read_csv(path: Path, options: Options) -> Sheet:
    """Reads a delimited file; the delimiter is the one that splits the header into the most fields."""
    return _read(path, options, delimiter="")


def read_tsv(path: Path, options: Options) -> Sheet:
    """Reads a file whose delimiter is the tab."""
    return _read(path, options, delimiter="\t")


def _read(path: Path, options: Options, *, delimiter: str) -> Sheet:
    text = read_text(path, options)
    if text is None:
        return encoding_problem(options)
    may_be_unsafe = "\x00" in text or is_damaged(text)
    told = _TOLD.match(text)
    sign = told[1] if told else delimiter or _delimiter(text)
    # Blank lines keep the numbers of the lines behind them.
    text = "\n" + text[told.end() :] if told else text
    text = _without_title(text, sign)
    if not may_be_unsafe:
        sheet = _in_bulk(text, sign)
        if sheet is not None:
            return sheet
    return _sheet(records_of(text, delimiter=sign), may_be_unsafe=may_be_unsafe)


def _in_bulk(text: str, delimiter: str) -> Sheet | None:
    """The sheet of a file whose records all have the header's length; None where a row needs a closer look."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    ends: list[int] = []
    try:
        for cells in reader:
            rows.append(cells)
            ends.append(reader.line_num)
    except csv.Error:
        return None
    while rows and not any(rows[0]):
        del rows[0]
        del ends[0]
    header = [clean_name(cell) for cell in rows[0]] if rows else []
    is_plain = set(map(len, rows)) == {len(header)} and any(header)
    longest = max(map(int.__sub__, ends[1:], ends[:-1]), default=0)
    if not is_plain or longest > _MAX_RECORD_LINES:
        return None
    # A blank row starts with a blank cell, which hardly any other row does.
    if any((not row[0] or row[0].isspace()) and not "".join(row).strip() for row in rows):
        return None
    return sheet_of_rows(header, rows[1:], [end + 1 for end in ends[:-1]], {})


def records_of(text: str, *, delimiter: str = "") -> Iterable[_Record]:
    """(line number, cells, problem) of each record; the delimiter is found where none is given."""
    sign = delimiter or _delimiter(text)
    records = _in_one_pass(text, sign)
    return records if records is not None else _one_by_one(list(io.StringIO(text, newline="")), sign)


def _sheet(records: Iterable[_Record], *, may_be_unsafe: bool) -> Sheet:
    header: list[str] = []
    blank: list[str] = []
    rows: list[list[str]] = []
    numbers: list[int] = []
    bad: dict[int, tuple[str, str]] = {}
    for number, cells, problem in records:
        if not header:
            if problem:
                return unreadable("unreadable_header", problem)
            if any(cell.strip() for cell in cells):
                header = [clean_name(cell) for cell in cells]
                if any(cell_problem(name) for name in header):
                    return unreadable("unreadable_header", "the header holds NUL bytes")
                blank = [""] * len(header)
            continue
        if len(cells) > len(header) and not any(cell.strip() for cell in cells[len(header) :]):
            cells = cells[: len(header)]  # some programs end a row with a delimiter, but not the header
        found = _row_problem(cells, problem, len(header), may_be_unsafe=may_be_unsafe)
        if found:
            bad[len(rows)] = found
        rows.append(blank if found else cells)
        numbers.append(number)
    return sheet_of_rows(header, rows, numbers, bad)


def _row_problem(cells: list[str], problem: str, width: int, *, may_be_unsafe: bool) -> tuple[str, str] | None:
    if problem == "field_too_long":
        return "field_too_long", f"more than {csv.field_size_limit()} characters in one field"
    if problem:
        return "wrong_number_of_fields", problem
    if (not cells or not cells[0] or cells[0].isspace()) and not any(cell.strip() for cell in cells):
        return "blank_row", ""
    if len(cells) != width:
        return "wrong_number_of_fields", f"found {len(cells)}, expected {width}"
    if may_be_unsafe:
        return next((found for cell in cells if (found := cell_problem(cell))), None)
    return None


def _in_one_pass(text: str, delimiter: str) -> list[_Record] | None:
    """All records, or None where one of them is broken and may have swallowed others."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[_Record] = []
    line = width = 0
    try:
        for cells in reader:
            width = width or len(cells)
            taken = reader.line_num - line
            if taken > 1 and (len(cells) != width or taken > _MAX_RECORD_LINES):
                return None
            records.append((line + 1, cells, ""))
            line = reader.line_num
    except csv.Error:
        return None
    return records


def _one_by_one(lines: Sequence[str], delimiter: str) -> Iterator[_Record]:
    """After a broken quote reading starts again on the very next line, so that it costs one row and swallows none."""
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
                whole = [] if too_long else _unquoted(lines[begin], delimiter, width)
                problem = "field_too_long" if too_long else f"broken quoting: {error}"
                yield begin + 1, whole, "" if whole else problem
                restart = begin + 1
                break
            taken = start + reader.line_num - begin
            width = width or len(cells)
            if taken > 1 and len(cells) != width:
                whole = _unquoted(lines[begin], delimiter, width)
                problem = f"a quote opened here is not closed; found {len(cells)} fields, expected {width}"
                yield begin + 1, whole, "" if whole else problem
                restart = begin + 1
                break
            yield begin + 1, cells, ""
        start = restart


def _unquoted(line: str, delimiter: str, width: int) -> list[str]:
    """The fields of a line whose quotes are plain signs ("Ромашка" не отвечает) or escaped by a backslash.

    None where they are not as many as the header's; with an odd number of quotes one is open, and the line is torn.
    """
    bare = line.rstrip("\r\n")
    ways: list[dict[str, Any]] = [{"escapechar": "\\", "doublequote": False}] if '\\"' in bare else []
    for way in [*ways, *([] if line.count('"') % 2 else [{"quoting": csv.QUOTE_NONE}])]:
        try:
            cells = next(csv.reader([bare], delimiter=delimiter, strict=True, **way), [])
        except csv.Error:
            continue
        if len(cells) == width:
            return cells
    return []


def _delimiter(text: str) -> str:
    """The delimiter that splits the first non-blank line into the most fields; a comma where none does.

    Where that line is whole, it may be a report's title: then the lines below decide.
    """
    lines = io.StringIO(text[:_HEAD_CHARS], newline="")
    filled = (re.sub(r'"[^"]*"', "", line) for line in lines if line.strip(" \t\r\n,;|"))
    for bare in itertools.islice(filled, MOST_TITLE_LINES + 1):
        sign = max(",;\t|", key=bare.count)
        if sign in bare:
            return sign
    return ","


def _without_title(text: str, delimiter: str) -> str:
    """The text with a title of one filled cell per line, above a header of several, made blank."""
    lines = list(itertools.islice(io.StringIO(text[:_HEAD_CHARS], newline=""), MOST_TITLE_LINES + 1))
    rows = [next(csv.reader([line], delimiter=delimiter), []) for line in lines]
    titles = lines[: titles_above(rows)]
    if not any(line.strip() for line in titles) or '"' in "".join(titles):
        return text
    return "\n" * len(titles) + text[sum(map(len, titles)) :]
