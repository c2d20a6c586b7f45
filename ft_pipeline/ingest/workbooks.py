"""XLSX -> a sheet.

Here: which sheet, where the header stands, typed cells as text. Not here: the size cap (files.py).

A cell that starts with "=" is text. Where a formula has a computed value, the value is read; where it has none (a
customer's message that a program wrote as a formula), its own text is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ft_pipeline.ingest.fields import titles_above
from ft_pipeline.ingest.files import IngestError
from ft_pipeline.ingest.tables import (
    Options,
    Sheet,
    cell_problem,
    cell_text,
    clean_name,
    sheet_of_rows,
    unreadable,
)

MAX_COLUMNS = 1_000
_MOST_COVER_ROWS = 100
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})"')
_MOST_MERGED, _MOST_SPANNED = 100_000, 1_000


def read_xlsx(path: Path, options: Options) -> Sheet:
    """Reads one sheet of a workbook."""
    try:
        written = list(_cells(path, options, computed=False))
        merged = _merged_down(path, options)
        has_formulas = any(cell.startswith("=") for cells in written for cell in cells)
        shown = list(_cells(path, options, computed=True)) if has_formulas else written
    except IngestError:
        raise
    except Exception as error:  # a torn workbook makes openpyxl raise nearly anything
        return unreadable("broken_xlsx", f"{type(error).__name__}: not a sound workbook; save it again")
    header: list[str] = []
    blank: list[str] = []
    rows: list[list[str]] = []
    numbers: list[int] = []
    bad: dict[int, tuple[str, str]] = {}
    is_titled = titles_above(written) > 0
    tops: dict[int, str] = {}  # column -> the value of the merged cell that reaches down to this row
    for number, (texts, values) in enumerate(zip(written, shown, strict=True), start=1):
        cells = [value or text for value, text in zip(values, texts, strict=True)]
        is_blank = not any(cell.strip() for cell in cells)
        for place, is_top in merged.get(number, {}).items():
            if is_top:
                tops[place] = cells[place] if place < len(cells) else ""
            elif not is_blank and place < len(cells):
                cells[place] = cells[place] or tops.get(place, "")
        if not header:
            is_title = is_titled and sum(bool(cell.strip()) for cell in cells) == 1
            header = [] if is_blank or is_title else [clean_name(cell) for cell in cells]
            blank = [""] * len(header)
            if len(header) > MAX_COLUMNS:
                return unreadable("unreadable_header", f"{len(header)} columns, at most {MAX_COLUMNS}")
            continue
        if is_blank:
            bad[len(rows)] = ("blank_row", "")
        elif any(cell.strip() for cell in cells[len(header) :]):
            bad[len(rows)] = ("wrong_number_of_fields", f"found {len(cells)}, expected {len(header)}")
        else:
            problem = next((found for cell in cells if (found := cell_problem(cell))), None)
            if problem:
                bad[len(rows)] = problem
        rows.append(blank if len(rows) in bad else (cells + blank)[: len(header)])
        numbers.append(number)
    return sheet_of_rows(header, rows, numbers, bad)


def _merged_down(path: Path, options: Options) -> dict[int, dict[int, bool]]:
    """Row -> column (from 0) -> whether the cell is the top of a merged one; only cells that span rows."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    try:
        sheet = _chosen(book, options)
        with book._archive.open(sheet._worksheet_path) as stream:
            spans = _MERGED.findall(stream.read())
    finally:
        book.close()
    merged: dict[int, dict[int, bool]] = {}
    for letters, first, last in spans[:_MOST_MERGED]:
        column = openpyxl.utils.column_index_from_string(letters.decode()) - 1
        for row in range(int(first), min(int(last), int(first) + _MOST_SPANNED) + 1):
            merged.setdefault(row, {})[column] = row == int(first)
    return {row: places for row, places in merged.items() if places}


def _cells(path: Path, options: Options, *, computed: bool) -> Iterator[list[str]]:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=computed)
    try:
        if options.sheet and options.sheet not in book.sheetnames:
            raise IngestError(
                f"{path.name}: found the sheets {book.sheetnames}, expected `{options.sheet}`; "
                "correct `sheet:` in task.yaml"
            )
        sheet = _chosen(book, options)
        sheet.reset_dimensions()  # exports state wrong dimensions; without this the rest is not read
        for values in sheet.iter_rows(values_only=True):
            yield [_text(value) for value in values]
    finally:
        book.close()


def _chosen(book: Any, options: Options) -> Any:
    """The sheet that task.yaml names, else the first that holds a table: covers and empty sheets are passed over."""
    if options.sheet:
        return book[options.sheet]
    if len(book.worksheets) == 1:
        return book.worksheets[0]
    for least in (2, 1):
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            rows = sheet.iter_rows(max_row=_MOST_COVER_ROWS, values_only=True)
            if sum(sum(value not in (None, "") for value in values) >= least for values in rows) > 1:
                return sheet
    return book.worksheets[0]


def _text(value: Any) -> str:
    return cell_text(getattr(value, "text", None) or value)  # an array formula is an object with its text
