"""Tables that a connector copied out of a help desk into a warehouse -> records.

Here: one CSV, TSV, XLSX or Parquet file as records with lower-case column names; broken rows are rejected with their
place. Not here: which table is which, and how they join (the module of the program).
"""

from __future__ import annotations

from ft_pipeline.ingest.export import Record, Rows
from ft_pipeline.ingest.files import SourceFile
from ft_pipeline.ingest.table_formats import read_rows
from ft_pipeline.ingest.tables import BadRow, Options


def read_warehouse(file: SourceFile, options: Options, rows: Rows) -> tuple[set[str], list[Record]]:
    """(column names, records) of one table."""
    table = read_rows(file.path, file.path.suffix.lower().lstrip("."), options)
    records = []
    for row in table.rows:
        if isinstance(row, BadRow):
            rows.reject(rows.place(file.name), row.reason, f"line {row.number}: {row.detail}"[:200])
        else:
            records.append(Record({name.lower(): value for name, value in row.values.items()}))
    return {name.lower() for name in table.columns}, records
