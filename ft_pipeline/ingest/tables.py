"""What a reader hands over: rows of text with their place, and rows that could not be read with their reason.

Here: `Table` (row by row, for formats whose rows are pieced together), `Sheet` (column by column, for tables of a
million rows), the conversion, the checks that hold for every cell. Not here: readers, what a column means.

Every value is text exactly as the file has it ("00123", "NA", "null", "=1+1" stay), and every row that cannot be read
has a reason, never a gap.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ft_pipeline.ingest.encoding import decode
from ft_pipeline.ingest.files import IngestError

_UNNAMED = re.compile(r"(?:Unnamed(?:: ?\d+)?)?")
_UNSAFE = re.compile(r"[\x00\ud800-\udfff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class RawRow:
    """One row as text; `number` is the line, sheet row or element where it stands in the file (1-based)."""

    number: int
    values: dict[str, str]
    file: str = ""  # named formats: the file's name; "" = the only file that was read


@dataclass(frozen=True)
class BadRow:
    """One row that could not be read."""

    number: int
    reason: str
    detail: str
    file: str = ""


@dataclass(frozen=True)
class Table:
    """Read rows. `columns` is empty only where nothing could be read or there is no header."""

    columns: list[str]
    rows: list[RawRow | BadRow]


@dataclass(frozen=True)
class Sheet:
    """The same by column: every sequence has one entry per row, in the order of the file; a bad row's cells are ""."""

    names: tuple[str, ...] = ()  # the file's columns, a repeated one repeated; () = nothing could be read
    cells: Mapping[str, Any] = field(default_factory=dict)  # by column: a sequence of text, or an Arrow column of it
    numbers: Sequence[int] = ()
    bad: Mapping[int, tuple[str, str]] = field(default_factory=dict)  # row -> reason, detail
    files: Sequence[str] = ()  # () = all rows are of the one file that was read

    def column(self, name: str) -> Sequence[str]:
        """The cells of one column, one per row."""
        found = self.cells[name]
        cells: Sequence[str] = found if isinstance(found, list | tuple) else found.to_pylist()
        return cells

    @property
    def has_rows(self) -> bool:
        """True where at least one row could be read."""
        return len(self.numbers) > len(self.bad)


@dataclass(frozen=True)
class Options:
    """What task.yaml says about reading."""

    sheet: str = ""
    encoding: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)  # role word (lower case) or sender's name -> our role
    own_roles: Mapping[str, str] = field(default_factory=dict)  # of these, what task.yaml names itself
    language: str = "ru"


def read_text(path: Path, options: Options) -> str | None:
    """The text of a file, None where no encoding fits; raises IngestError where the named encoding is unknown."""
    try:
        return decode(path.read_bytes(), encoding=options.encoding).text
    except LookupError:
        raise IngestError(
            f"{path.name}: encoding `{options.encoding}` is unknown; write for example utf-8, cp1251, koi8-r, or "
            'encoding: "" to detect it'
        ) from None


def unreadable(reason: str, detail: str) -> Sheet:
    """A file that could not be read as a whole: one bad row."""
    return Sheet(numbers=(1,), bad={0: (reason, detail)})


def encoding_problem(options: Options) -> Sheet:
    """A text file in no known encoding."""
    tried = options.encoding or "UTF-8, UTF-16, cp1251, koi8-r, cp866, charset-normalizer"
    return unreadable("unreadable_encoding", f"tried {tried}; save the file as UTF-8 or name its `encoding`")


def clean_name(name: str) -> str:
    """A column's name without byte-order marks and doubled blanks."""
    return re.sub(r"\s+", " ", name.replace("\ufeff", "")).strip()


def is_named(name: str) -> bool:
    """False for a column without a name, also for what pandas writes in its place."""
    return not _UNNAMED.fullmatch(name)


def cell_problem(cell: str) -> tuple[str, str] | None:
    """Why a cell cannot be kept as text; None where it can."""
    if not _UNSAFE.search(cell):
        return None
    if "\x00" in cell:
        return "nul_byte", "the row holds NUL bytes; export it again as text"
    return "lone_surrogate", "bytes that are no text, or half of a character pair; export it again as UTF-8"


def cell_text(value: Any) -> str:
    """A typed cell as the text that a person sees in the sheet or the file."""
    if isinstance(value, str):
        return value
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
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", errors="backslashreplace")
    return str(value)


def sheet_of_rows(
    header: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int], bad: Mapping[int, tuple[str, str]]
) -> Sheet:
    """Rows of equal length -> a sheet; columns without a name are left out, trailing blank rows are no data."""
    end = len(rows)
    while end and bad.get(end - 1, ("", ""))[0] == "blank_row":
        end -= 1
    columns = list(zip(*rows[:end], strict=True)) if end else [()] * len(header)
    cells = {name: column for name, column in zip(header, columns, strict=True) if is_named(name)}
    kept = {row: problem for row, problem in bad.items() if row < end}
    return Sheet(tuple(name for name in header if is_named(name)), cells, numbers[:end], kept)


def sheet_of_table(table: Table) -> Sheet:
    """A table of rows, by column; a cell that is no sound text makes its row a bad one."""
    names = list(dict.fromkeys(table.columns))
    bad: dict[int, tuple[str, str]] = {}
    columns: list[list[str]] = [[] for _ in names]
    for index, row in enumerate(table.rows):
        values: Mapping[str, str] = {}
        if isinstance(row, BadRow):
            bad[index] = (row.reason, without_surrogates(row.detail))
        else:
            problem = next((found for value in row.values.values() if (found := cell_problem(value))), None)
            if problem:
                bad[index] = problem
            else:
                values = row.values
        for name, column in zip(names, columns, strict=True):
            column.append(values.get(name, ""))
    files = [without_surrogates(row.file) for row in table.rows]
    numbers = [row.number for row in table.rows]
    cells = dict(zip(names, columns, strict=True))
    return Sheet(tuple(table.columns), cells, numbers, bad, files if any(files) else ())


def without_surrogates(text: str) -> str:
    """A text that can be written as UTF-8; only for details and names, never for what a customer wrote."""
    return _SURROGATE.sub("\ufffd", text)
