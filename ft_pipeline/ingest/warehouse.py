"""Exports of JSON documents and of tables that a connector copied out of a help desk into a warehouse -> records.

Here: which file of an export is a table and which holds JSON; one CSV, TSV, XLSX or Parquet file as records with
lower-case column names, and which table it is by its columns; broken rows are rejected with their place. Not here:
what the tables mean, and how they join (the module of the program).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ft_pipeline.ingest.export import Record, Rows, parse_object, read_json
from ft_pipeline.ingest.files import SourceFile
from ft_pipeline.ingest.table_formats import read_rows
from ft_pipeline.ingest.tables import BadRow, Options

_TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".parquet", ".xlsx"})


_OBJECTS = frozenset({"via", "author", "requester", "assignee", "metric_set", "source"})


@dataclass(frozen=True)
class TableKinds:
    """What an export's tables are called here, by the columns that only they have."""

    of_columns: Mapping[str, Sequence[str]]
    without_messages: Sequence[frozenset[str]]  # columns of tables that are left out without a word


@dataclass(frozen=True)
class WarehouseTable:
    """One table; `kind` is "" where no module asks for it."""

    kind: str
    records: list[Record]


def sort_files(
    files: Sequence[SourceFile],
    options: Options,
    rows: Rows,
    *,
    take_table: Callable[[SourceFile], None],
    take_document: Callable[[str, Any], None],
) -> None:
    """Gives each table of an export to `take_table`, each JSON document with its file's name to `take_document`."""
    for file in files:
        if file.path.suffix.lower() in _TABLE_SUFFIXES:
            take_table(file)
        else:
            for document in read_json(file, options, rows):
                take_document(file.name, document)


def _cell(name: str, value: str) -> str | Record:
    """A cell; an object that the connector wrote as JSON text is a record again, a text of a person never."""
    found = parse_object(value) if name.lower() in _OBJECTS and value.startswith("{") else None
    return found if found is not None else value


def read_warehouse(file: SourceFile, options: Options, rows: Rows, *, kinds: TableKinds) -> WarehouseTable:
    """One table with its kind; a table with rows that nothing is known of is rejected as one."""
    table = read_rows(file.path, file.path.suffix.lower().lstrip("."), options)
    records = []
    for row in table.rows:
        if isinstance(row, BadRow):
            rows.reject(rows.place(file.name), row.reason, f"line {row.number}: {row.detail}"[:200])
        else:
            records.append(Record({name.lower(): _cell(name, value) for name, value in row.values.items()}))
    columns = {name.lower() for name in table.columns}
    kind = next((name for name, needed in kinds.of_columns.items() if set(needed) <= columns), "")
    if not kind and records and not any(known <= columns for known in kinds.without_messages):
        rows.reject(rows.place(file.name), "unknown_table", f"columns: {', '.join(sorted(columns))[:120]}")
    return WarehouseTable(kind, records)
