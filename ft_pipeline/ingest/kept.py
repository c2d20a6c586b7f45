"""What was read before: the shelf that keeps parsed rows, local copies and the rows of databases.

Here: where they lie, how an entry is written and trusted again, what is thrown away. Not here: reading. Reads and
writes `<folder>/rows`, `<folder>/copies`, `<folder>/places.json`, `<folder>/scratch`.

An entry is named by everything that it depends on: the content's hash, the options, the readers' own code. It is
written beside and renamed, and carries its own hash: one that is torn or changed is read again from the source. The
shelf stands inside the folder of raw_transcripts, the one place with raw text, and `tidy` drops what the sources no
longer hold, so that it never keeps a text longer than they do.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from ft_pipeline.ingest.tables import Sheet
from ft_pipeline.store import hash_bytes, hash_json, read_json, write_json

_DIGEST_BYTES = 32
_FIXED = ("number", "file", "reason", "detail")


@cache
def reader_version() -> str:
    """A hash of the readers' own code: what another version of it has read is read again."""
    folder = Path(__file__).parent
    return hash_json([(path.name, hash_bytes(path.read_bytes())) for path in sorted(folder.rglob("*.py"))])[:16]


class Shelf:
    """What was read before, in one folder."""

    def __init__(self, folder: Path, *, is_kept: bool = True) -> None:
        self.folder = folder
        self.is_kept = is_kept  # False: a temporary folder, nothing is worth writing
        self.rows = folder / "rows"
        self.copies = folder / "copies"
        self.hits = self.misses = 0
        self._used: set[Path] = set()

    def sheet(self, identity: Any, read: Callable[[], Sheet]) -> Sheet:
        """The rows of this identity, read only where they are not kept or can not be trusted."""
        if not self.is_kept:
            return read()
        path = self._row_file(identity)
        found = _load(path)
        if found is not None:
            self.hits += 1
            return found[0]
        self.misses += 1
        sheet = read()
        self.keep(path, sheet, {})
        return sheet

    def state(self, identity: Any) -> tuple[Sheet, dict[str, Any]] | None:
        """Rows that a source adds to from refresh to refresh, with what was noted beside them."""
        return _load(self._row_file(identity))

    def keep_state(self, identity: Any, sheet: Sheet, notes: Mapping[str, Any]) -> None:
        """Replaces those rows."""
        if self.is_kept:
            self.keep(self._row_file(identity), sheet, notes)

    def keep(self, path: Path, sheet: Sheet, notes: Mapping[str, Any]) -> None:
        """Writes an entry beside and renames it."""
        data = _packed(sheet, notes)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(hashlib.sha256(data).digest())
            stream.write(data)
        Path(name).replace(path)

    def place(self, name: str) -> dict[str, str]:
        """What is known of a remote file: how it looked and the hash of its copy; {} = nothing."""
        try:
            known = read_json(self.folder / "places.json")
            found = known.get(name, {})
            return found if isinstance(found, dict) else {}
        except (OSError, ValueError, AttributeError):
            return {}

    def copy_of(self, sha256: str, name: str) -> Path:
        """Where the copy of a remote file lies, by its hash."""
        path = self.copies / sha256 / name
        self._used.add(path.parent)
        return path

    def note_places(self, places: Mapping[str, Mapping[str, str]]) -> None:
        """Remembers how remote files looked."""
        path = self.folder / "places.json"
        try:
            known = dict(read_json(path))
        except (OSError, ValueError, TypeError):
            known = {}
        write_json(path, known | dict(places))

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for unpacked members, gone afterwards."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = Path(tempfile.mkdtemp(prefix="scratch-", dir=self.folder))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def tidy(self) -> None:
        """Throws away what nothing asked for since this shelf was opened: the sources hold it no longer."""
        for folder in (self.rows, self.copies):
            for path in folder.iterdir() if folder.is_dir() else ():
                if path not in self._used:
                    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    def _row_file(self, identity: Any) -> Path:
        path = self.rows / hash_json([reader_version(), identity])
        self._used.add(path)
        return path


def _packed(sheet: Sheet, notes: Mapping[str, Any]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = len(sheet.numbers)
    fixed = {
        "number": pa.array(sheet.numbers, pa.int64()),
        "file": pa.array(sheet.files or [""] * rows, pa.string()),
        "reason": pa.array([sheet.bad.get(row, ("", ""))[0] for row in range(rows)], pa.string()),
        "detail": pa.array([sheet.bad.get(row, ("", ""))[1] for row in range(rows)], pa.string()),
    }
    columns = {f"c{index}": pa.array(sheet.column(name), pa.large_string()) for index, name in enumerate(sheet.cells)}
    about = {"names": list(sheet.names), "cells": list(sheet.cells), "notes": dict(notes)}
    table = pa.table(fixed | columns).replace_schema_metadata({"sheet": json.dumps(about, ensure_ascii=False)})
    sink = pa.BufferOutputStream()
    # zstd at level 1: a tenth of the time of reading the text, a third of its size.
    pq.write_table(
        table, sink, compression="zstd", compression_level=1, use_dictionary=list(_FIXED), write_statistics=False
    )
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _load(path: Path) -> tuple[Sheet, dict[str, Any]] | None:
    """An entry that can be trusted, or None."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        data = path.read_bytes()
    except OSError:
        return None
    content = memoryview(data)[_DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != data[:_DIGEST_BYTES]:
        return None
    table = pq.read_table(pa.BufferReader(pa.py_buffer(content)))
    about = json.loads(table.schema.metadata[b"sheet"])
    reasons, details = table.column("reason").to_pylist(), table.column("detail").to_pylist()
    bad = {row: (reason, details[row]) for row, reason in enumerate(reasons) if reason}
    files = table.column("file").to_pylist()
    cells = {name: table.column(f"c{index}") for index, name in enumerate(about["cells"])}
    numbers = table.column("number").to_pylist()
    return Sheet(tuple(about["names"]), cells, numbers, bad, files if any(files) else ()), about["notes"]
