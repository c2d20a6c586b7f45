"""Remembers what became of a ticket by itself, from one refresh to the next, so that only new tickets are looked at.

Reads and writes a folder of Arrow files, each named by a hash of its content, below a name for the rules and settings
that made them. A file that does not hash to its name is damaged and ignored; another name is another version and is
thrown away. A row is found by a hash over everything that its ticket says.

Here: the memo. Not here: what is looked at in a ticket (each), what only many tickets tell (answers, duplicates …):
that is done anew each time, so a refresh gives byte for byte what a rebuild from nothing gives. The memo holds texts
that are not redacted: it belongs where raw text is kept, and what left the sources leaves it at the next refresh.
"""

from __future__ import annotations

import json
import marshal
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import blake2b
from itertools import accumulate, pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from ft_pipeline.collector import collector_off
from ft_pipeline.curate.rows import Made, Refused
from ft_pipeline.records import Turn

_BYTES = 16  # of a hash
_MOST_FILES = 24  # then they become one
_MADE = tuple(field.name for field in fields(Made))
_REFUSED = ("stage", "reason", "detail")
_BOILERPLATE = b"boilerplate"
_all_of = attrgetter(*(field.name for field in fields(Turn)))


class Remembered(NamedTuple):
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
        with collector_off():
            for path in sorted(self._folder.glob("*.arrow")):
                self._take(_File.read(path))

    def _take(self, file: _File | None) -> None:
        if file is not None:
            number = len(self._files)
            self._place.update({key: (number, row) for row, key in enumerate(file.keys)})
            self._files.append(file)

    def find(self, key: bytes) -> Remembered | None:
        """What became of a ticket with this content; None where it is not known."""
        place = self._place.get(key)
        return self._files[place[0]].rows[place[1]] if place is not None else None

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
        kept = (self._place.keys() & set(keys)) - new.keys()
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
    # Version 2 of marshal writes each value with its type and length, and nothing that depends on the process.
    return blake2b(marshal.dumps(list(map(_all_of, turns)), 2), digest_size=_BYTES).digest()


@dataclass(slots=True)
class _File:
    path: Path
    keys: list[bytes]
    rows: list[Remembered]
    boilerplate: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> _File | None:
        import pyarrow as pa

        content = path.read_bytes()
        if _name(content) != path.name:
            return None
        try:
            table = pa.ipc.open_file(pa.BufferReader(content)).read_all()
            boilerplate = json.loads((table.schema.metadata or {})[_BOILERPLATE])
            return cls(path, table["key"].to_pylist(), _rows(table), boilerplate)
        except (pa.ArrowException, KeyError, ValueError):
            return None  # whole, but not of this kind


def _rows(table: Any) -> list[Remembered]:
    """The rows of a table; `question` is null where the ticket was refused."""
    lists = table["said"].combine_chunks()
    texts, ends = _values(lists.values), lists.offsets.to_pylist()
    said = [tuple(texts[start:end]) for start, end in pairwise(ends)]
    made = zip(*(_values(table[name].combine_chunks()) for name in _MADE), strict=True)
    refused = zip(*(_values(table[name].combine_chunks()) for name in _REFUSED), strict=True)
    outcomes = [Made(*one) if one[0] is not None else Refused(*other) for one, other in zip(made, refused, strict=True)]
    return list(map(Remembered._make, zip(said, outcomes, strict=True)))


def _values(column: Any) -> list[Any]:
    """The texts of a dictionary column, equal ones as one object: they are compared and hashed more than once."""
    texts = [*column.dictionary.to_pylist(), None]
    return list(map(texts.__getitem__, column.indices.fill_null(len(texts) - 1).to_pylist()))


def _write(folder: Path, rows: Iterable[tuple[bytes, Remembered]], boilerplate: dict[str, str]) -> Path:
    import pyarrow as pa

    ordered = sorted(rows, key=lambda row: row[0])
    outcomes = [found.outcome for _, found in ordered]
    texts = [text for _, found in ordered for text in found.said]
    ends = accumulate((len(found.said) for _, found in ordered), initial=0)
    table: dict[str, Any] = {
        "key": pa.array([key for key, _ in ordered], type=pa.binary(_BYTES)),
        "said": pa.ListArray.from_arrays(pa.array(ends, pa.int32()), _column(texts)),
    }
    for name in _MADE:
        table[name] = _column([getattr(one, name) if isinstance(one, Made) else None for one in outcomes])
    for name in _REFUSED:
        table[name] = _column([getattr(one, name) if isinstance(one, Refused) else None for one in outcomes])
    whole = pa.table(table).replace_schema_metadata({_BOILERPLATE: json.dumps(boilerplate).encode()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, whole.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(whole)
    content = sink.getvalue().to_pybytes()
    path = folder / _name(content)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)
    return path


def _column(texts: Sequence[str | None]) -> Any:
    import pyarrow as pa

    return pa.array(texts, pa.large_string()).dictionary_encode()


def _name(content: bytes) -> str:
    return f"{blake2b(content, digest_size=_BYTES).hexdigest()}.arrow"
