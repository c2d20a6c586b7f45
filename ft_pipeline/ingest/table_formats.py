"""The registry of general tables: which reader reads which format, one file at a time.

Here: the registry, and its rows one by one for readers that piece tickets together from several tables. Not here: the
readers, exports of single programs (formats.py).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ft_pipeline.ingest.delimited import read_csv, read_tsv
from ft_pipeline.ingest.json_rows import read_json, read_jsonl
from ft_pipeline.ingest.parquet_rows import read_parquet
from ft_pipeline.ingest.tables import BadRow, Options, RawRow, Sheet, Table
from ft_pipeline.ingest.workbooks import read_xlsx

TABLES: dict[str, Callable[[Path, Options], Sheet]] = {
    "csv": read_csv,
    "tsv": read_tsv,
    "xlsx": read_xlsx,
    "json": read_json,
    "jsonl": read_jsonl,
    "parquet": read_parquet,
}


def read_rows(path: Path, file_format: str, options: Options) -> Table:
    """The rows of a table file one by one.

    Raises:
        IngestError: task.yaml names a sheet or an encoding that is not there.
        KeyError: the format is no general table.
    """
    sheet = TABLES[file_format](path, options)
    names = list(sheet.cells)
    columns = [sheet.column(name) for name in names]
    rows: list[RawRow | BadRow] = []
    for index, number in enumerate(sheet.numbers):
        if index in sheet.bad:
            rows.append(BadRow(number, *sheet.bad[index]))
        else:
            rows.append(RawRow(number, {name: column[index] for name, column in zip(names, columns, strict=True)}))
    return Table(list(sheet.names), rows)
