"""Remembers what became of a ticket by itself, from one refresh to the next, so that only new tickets are looked at.

Reads and writes a folder of Parquet files, each named by a hash of its content, below a name for the rules and settings
that made them. A file that does not hash to its name is damaged and ignored; another name is another version and is
thrown away. A row is found by a hash over everything that its ticket says.

Here: the memo. Not here: what is looked at in a ticket (each), what only many tickets tell (answers, duplicates …):
that is done anew each time, so a refresh gives byte for byte what a rebuild from nothing gives. The memo holds texts
that are not redacted: it belongs where raw text is kept, and what left the sources leaves it at the next refresh.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ft_pipeline.curate.rows import Made, Refused
from ft_pipeline.records import Turn

_BYTES = 16  # of a hash
_MOST_FILES = 24  # then they become one
_MADE = tuple(field.name for field in fields(Made))
_REFUSED = ("stage", "reason", "detail")
_BOILERPLATE = b"boilerplate"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What became of one ticket by itself."""

    said: tuple[str, ...]  # what its agents wrote, without greetings and signatures
    outcome: Made | Refused


class TicketMemo:
    """The memo of one store.

    Args:
        folder: its place; need not exist.
        version: names the rules and settings; a memo of another version is not read.

    Attributes:
        looked_at: how many tickets of the last curation it did not know.
    """

    def __init__(self, folder: Path, version: str) -> None:
        self._root = folder
        self._folder = folder / version
        self._files: list[_File] = []
        self._place: dict[bytes, tuple[int, int]] = {}
        self.looked_at = 0
        for path in sorted(self._folder.glob("*.parquet")):
            found = _File.read(path)
            if found is None:
                continue
            for row, key in enumerate(found.keys):
                self._place[key] = (len(self._files), row)
            self._files.append(found)

    def find(self, key: bytes) -> Remembered | None:
        """What became of a ticket with this content; None where it is not known."""
        place = self._place.get(key)
        return self._files[place[0]].row(place[1]) if place is not None else None

    def saw(self, key: bytes, source: str) -> str:
        """Names the boilerplate of its source that a known ticket's outcome saw; "" = there was none."""
        return self._files[self._place[key][0]].boilerplate.get(source, "")

    def write(self, keys: Sequence[bytes], new: Mapping[bytes, Remembered], boilerplate: Mapping[str, str]) -> None:
        """Keeps what this run knows.

        Args:
            keys: of all tickets of this run; what else was known goes.
            new: what is added or replaced.
            boilerplate: by source, what names it; all outcomes of `keys` saw this one.
        """
        kept = {key for key in keys if key in self._place and key not in new}
        stay = [file for file in self._files if kept.issuperset(file.keys)]
        if len(stay) >= _MOST_FILES:
            stay = []
        covered = {key for file in stay for key in file.keys}
        again = [(key, self._remembered(key)) for key in keys if key in kept and key not in covered]
        self._folder.mkdir(parents=True, exist_ok=True)
        path = _write(self._folder, [*again, *new.items()], dict(boilerplate)) if again or new or not stay else None
        names = {file.path for file in stay} | {path}
        for other in self._root.iterdir():
            if other != self._folder:
                shutil.rmtree(other, ignore_errors=True)
        for other in self._folder.iterdir():
            if other not in names:
                other.unlink()

    def _remembered(self, key: bytes) -> Remembered:
        found = self.find(key)
        assert found is not None
        return found


def key_of(turns: Sequence[Turn]) -> bytes:
    """A hash over all that a ticket's turns say, in their order."""
    parts: list[str] = []
    for turn in turns:
        parts += (turn.source, turn.ticket_id, turn.turn_id, str(turn.position), turn.role, turn.text)
        parts += (turn.created_at, turn.customer_id, turn.channel, turn.status, turn.category, turn.kind)
    lengths = ",".join([str(len(part)) for part in parts])
    return blake2b(f"{lengths};{''.join(parts)}".encode("utf-8", "surrogatepass"), digest_size=_BYTES).digest()


@dataclass(slots=True)
class _File:
    path: Path
    keys: list[bytes]
    said: list[list[str]]
    columns: list[list[Any]]  # of Made, then of Refused
    boilerplate: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> _File | None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        content = path.read_bytes()
        if _name(content) != path.name:
            return None
        try:
            table = pq.read_table(pa.BufferReader(content))
            boilerplate = json.loads((table.schema.metadata or {})[_BOILERPLATE])
            columns = [table[name].to_pylist() for name in (*_MADE, *_REFUSED)]
            return cls(path, table["key"].to_pylist(), table["said"].to_pylist(), columns, boilerplate)
        except (pa.ArrowException, KeyError, ValueError):
            return None  # whole, but not of this kind

    def row(self, row: int) -> Remembered:
        """One row; `question` is null where the ticket was refused."""
        values = [column[row] for column in self.columns]
        made = len(_MADE)
        outcome = Refused(*values[made:]) if values[0] is None else Made(*values[:made])
        return Remembered(tuple(self.said[row]), outcome)


def _write(folder: Path, rows: Iterable[tuple[bytes, Remembered]], boilerplate: dict[str, str]) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    ordered = sorted(rows, key=lambda row: row[0])
    outcomes = [found.outcome for _, found in ordered]
    table: dict[str, Any] = {
        "key": pa.array([key for key, _ in ordered], type=pa.binary(_BYTES)),
        "said": pa.array([list(found.said) for _, found in ordered], type=pa.list_(pa.string())),
    }
    for name in _MADE:
        table[name] = pa.array([getattr(one, name) if isinstance(one, Made) else None for one in outcomes], pa.string())
    for name in _REFUSED:
        values = [getattr(one, name) if isinstance(one, Refused) else None for one in outcomes]
        table[name] = pa.array(values, pa.string())
    whole = pa.table(table).replace_schema_metadata({_BOILERPLATE: json.dumps(boilerplate).encode()})
    sink = pa.BufferOutputStream()
    pq.write_table(whole, sink, compression="lz4")
    content = sink.getvalue().to_pybytes()
    path = folder / _name(content)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)
    return path


def _name(content: bytes) -> str:
    return f"{blake2b(content, digest_size=_BYTES).hexdigest()}.parquet"
