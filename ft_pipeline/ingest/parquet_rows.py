"""Parquet -> a sheet. Text columns stay as they are; numbers, times and nested values become their text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ft_pipeline.ingest.tables import Options, Sheet, cell_problem, cell_text, clean_name, is_named, unreadable


def read_parquet(path: Path, options: Options) -> Sheet:
    """Reads all columns that have a name."""
    del options
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path, page_checksum_verification=True).read()
        bad: dict[int, tuple[str, str]] = {}
        names = [clean_name(str(name)) for name in table.column_names]
        cells = {
            name: _column(column, bad) for name, column in zip(names, table.columns, strict=True) if is_named(name)
        }
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        return unreadable("broken_parquet", " ".join(str(error).split())[:200])
    if any(cell_problem(name) for name in names):
        return unreadable("unreadable_header", "a column's name is no sound text")
    columns = list(cells.values())
    if not columns:
        return Sheet()
    for row, first in enumerate(columns[0]):
        is_blank = (not first or first.isspace()) and not any(column[row].strip() for column in columns[1:])
        if is_blank and row not in bad:
            bad[row] = ("blank_row", "")
    return _ended(tuple(name for name in names if is_named(name)), cells, bad, table.num_rows)


def _ended(names: tuple[str, ...], cells: dict[str, list[str]], bad: dict[int, tuple[str, str]], end: int) -> Sheet:
    while end and bad.get(end - 1, ("", ""))[0] == "blank_row":
        end -= 1
    kept = {row: problem for row, problem in bad.items() if row < end}
    for column in cells.values():
        del column[end:]
        for row in kept:
            column[row] = ""
    return Sheet(names, cells, range(1, end + 1), kept)


def _column(column: Any, bad: dict[int, tuple[str, str]]) -> list[str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_integer(column.type):
        column = column.cast(pa.string())
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = column.cast(pa.large_string())
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        texts = [cell_text(value) for value in column.to_pylist()]
        may_be_unsafe = True
    else:
        texts = _texts(column.fill_null(""), bad)
        may_be_unsafe = bool(pc.any(pc.match_substring(column, "\x00")).as_py())
    if may_be_unsafe:
        bad |= {row: found for row, text in enumerate(texts) if (found := cell_problem(text)) and row not in bad}
    return texts


def _texts(column: Any, bad: dict[int, tuple[str, str]]) -> list[str]:
    import pyarrow as pa

    try:
        found: list[str] = column.to_pylist()
        return found
    except UnicodeDecodeError:
        pass
    texts = []
    wide = pa.large_binary() if pa.types.is_large_string(column.type) else pa.binary()
    for row, data in enumerate(column.cast(wide).to_pylist()):
        try:
            texts.append(data.decode("utf-8"))
        except UnicodeDecodeError:
            texts.append("")
            bad[row] = ("unreadable_encoding", "a text column holds bytes that are not UTF-8; export it again")
    return texts
