"""The files and databases of one source -> sheets, each read only once.

Here: finding files (local, by URL, in archives), asking the shelf, choosing the reader, what happens where a reader
fails. Not here: what a column means (sources.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ft_pipeline.ingest.archives import unpacked, with_members
from ft_pipeline.ingest.documents import read_document
from ft_pipeline.ingest.files import (
    PLAIN_DOCUMENTS,
    IngestError,
    SourceFile,
    check_size,
    find_local,
    list_files,
    local_file,
)
from ft_pipeline.ingest.formats import ALONE, NAMED
from ft_pipeline.ingest.kept import Shelf
from ft_pipeline.ingest.remote import fetch
from ft_pipeline.ingest.table_formats import TABLES
from ft_pipeline.ingest.tables import Options, Sheet, cell_problem, sheet_of_table, unreadable
from ft_pipeline.task import Source


@dataclass(frozen=True)
class Read:
    """One sheet with the name of the file that it came from; `is_document` where a whole file is one row."""

    name: str
    sheet: Sheet
    is_document: bool = False


class _ReaderFailed(Exception):
    """A reader raised what it should have told; what it says is never kept."""


def files_of(source: Source, shelf: Shelf, *, cap: int) -> list[SourceFile]:
    """All files of a source and the members of its archives, sorted by name.

    Raises:
        IngestError: there is none, or one that cannot be used.
    """
    found = fetch(source, shelf, cap=cap) if source.url else [local_file(*item) for item in find_local(source)]
    for file in found:
        if file.path.stat().st_size > cap:
            check_size(source.name, file.path, "", cap)
    return list_files(source, with_members(source.name, found, cap=cap), max_file_bytes=cap)


def read_files(
    source: Source, files: Sequence[SourceFile], options: Options, shelf: Shelf, *, cap: int
) -> Iterator[Read]:
    """The sheets of a source's files: one per file, one for all files of a named format."""
    for group in _grouped(files):
        first = group[0]
        if first.reason:
            yield Read(first.name, unreadable(first.reason, first.detail))
        elif not first.format:
            suffix = Path(first.name).suffix or "missing"
            yield Read(first.name, unreadable("unsupported_format", f"suffix {suffix}"))
        elif not has_reader(first.format):
            yield Read(first.name, unreadable("unsupported_format", f"no reader for {first.format}"))
        else:
            is_document = first.format in PLAIN_DOCUMENTS
            yield Read(first.name, _sheet(source, group, options, shelf, cap=cap), is_document)


def has_reader(file_format: str) -> bool:
    """True where something here reads the format."""
    return file_format in TABLES or file_format in PLAIN_DOCUMENTS or file_format in NAMED


def _grouped(files: Sequence[SourceFile]) -> list[list[SourceFile]]:
    """Each file on its own, files of one named format together, in the order of their first file."""
    groups: dict[str, list[SourceFile]] = {}
    for file in files:
        together = file.format in NAMED and file.format not in ALONE and not file.reason
        own = f"file {file.name} {file.reason}"
        groups.setdefault(f"format {file.format}" if together else own, []).append(file)
    return list(groups.values())


def _sheet(source: Source, files: Sequence[SourceFile], options: Options, shelf: Shelf, *, cap: int) -> Sheet:
    file_format = files[0].format
    # A table's rows do not depend on the file's name; a document's title and a mail's thread may.
    names = ["" if file_format in TABLES else file.name for file in files]
    identity = [
        file_format,
        options.sheet,
        options.encoding,
        options.language,
        sorted(options.roles.items()) if file_format in NAMED else [],
        sorted(options.own_roles.items()) if file_format in NAMED else [],
        [(name, file.sha256) for name, file in zip(names, files, strict=True)],
        cap,
    ]
    try:
        return shelf.sheet(identity, lambda: _read(source, files, options, shelf, cap=cap))
    except _ReaderFailed as failure:
        detail = f"{failure}; this file cannot be read here, export it again or leave it out"
        return Sheet(
            numbers=[1] * len(files),
            bad=dict.fromkeys(range(len(files)), ("reader_failed", detail)),
            files=[file.name for file in files],
        )


def _read(source: Source, files: Sequence[SourceFile], options: Options, shelf: Shelf, *, cap: int) -> Sheet:
    if not any(file.member for file in files):
        return _parsed(files, options)
    with shelf.scratch() as folder:
        opened = [unpacked(source.name, file, folder, cap=cap) for file in files]
        broken = [file for file in opened if file.reason]
        for file in opened:
            if not file.reason:
                check_size(source.name, file.path, file.format, cap)
        sound = [file for file in opened if not file.reason]
        if not broken:
            return _parsed(sound, options)
        lost = Sheet(
            numbers=[1] * len(broken),
            bad={row: (file.reason, file.detail) for row, file in enumerate(broken)},
            files=[file.name for file in broken],
        )
        return _joined(lost, _parsed(sound, options), sound[0].name) if sound else lost


def _joined(lost: Sheet, read: Sheet, name: str) -> Sheet:
    """Bad rows in front of read ones."""
    count = len(lost.numbers)
    return Sheet(
        read.names,
        {column: [*[""] * count, *read.column(column)] for column in read.cells},
        [*lost.numbers, *read.numbers],
        {**lost.bad, **{row + count: problem for row, problem in read.bad.items()}},
        [*lost.files, *(read.files or [name] * len(read.numbers))],
    )


def _parsed(files: Sequence[SourceFile], options: Options) -> Sheet:
    return _guarded(files[0].format, lambda: _by_format(files, options))


def _by_format(files: Sequence[SourceFile], options: Options) -> Sheet:
    file_format = files[0].format
    if file_format in TABLES:
        return TABLES[file_format](files[0].path, options)
    if file_format in PLAIN_DOCUMENTS:
        return _document(files[0], options)
    return sheet_of_table(NAMED[file_format](files, options))


def _document(file: SourceFile, options: Options) -> Sheet:
    document = read_document(file.path, file.format, options)
    if document.reason:
        return unreadable(document.reason, document.detail)
    problem = cell_problem(document.text) or cell_problem(document.title)
    if problem:
        return unreadable(*problem)
    return Sheet(("title", "text"), {"title": [document.title], "text": [document.text]}, [1])


def _guarded(file_format: str, read: Callable[[], Sheet]) -> Sheet:
    """Whatever a parser raises on an untrusted file costs this file, not the refresh."""
    try:
        return read()
    except (IngestError, MemoryError):
        raise
    except Exception as error:
        raise _ReaderFailed(f"the reader of {file_format} failed with {type(error).__name__}") from error
