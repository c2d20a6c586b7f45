"""XLSX -> a sheet.

Here: which sheet, where the header stands, typed cells as text. Not here: the size cap (files.py).

A cell that starts with "=" is text. Where a formula has a computed value, the value is read; where it has none (a
customer's message that a program wrote as a formula), its own text is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


def read_xlsx(path: Path, options: Options) -> Sheet:
    """Reads one sheet of a workbook."""
    try:
        written = list(_cells(path, options, computed=False))
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
    for number, (texts, values) in enumerate(zip(written, shown, strict=True), start=1):
        cells = [value or text for value, text in zip(values, texts, strict=True)]
        is_blank = not any(cell.strip() for cell in cells)
        if not header:
            header = [] if is_blank else [clean_name(cell) for cell in cells]
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


def _cells(path: Path, options: Options, *, computed: bool) -> Iterator[list[str]]:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=computed)
    try:
        if options.sheet and options.sheet not in book.sheetnames:
            raise IngestError(
                f"{path.name}: found the sheets {book.sheetnames}, expected `{options.sheet}`; "
                "correct `sheet:` in task.yaml"
            )
        sheet = book[options.sheet] if options.sheet else book.worksheets[0]
        sheet.reset_dimensions()  # exports state wrong dimensions; without this the rest is not read
        for values in sheet.iter_rows(values_only=True):
            yield [_text(value) for value in values]
    finally:
        book.close()


def _text(value: Any) -> str:
    return cell_text(getattr(value, "text", None) or value)  # an array formula is an object with its text
