"""Which files a source means, and that each of them may be read.

Here: file, folder and glob resolution, format by suffix, the size cap, hashes. Not here: what stands in a file.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

from ft_pipeline.store import hash_file
from ft_pipeline.task import Source

MAX_FILE_BYTES = 512 * 1024 * 1024  # default cap of one file, also of what an xlsx unpacks to
MAX_ZIP_RATIO = 300  # unpacked : packed; honest sheets stay below 50, a zip bomb is at 1,000
FORMAT_OF_SUFFIX = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".xlsx": "xlsx",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".txt": "txt",
}
TABLE_FORMATS = frozenset({"csv", "tsv", "xlsx", "json", "jsonl", "parquet"})
DOCUMENT_FORMATS = frozenset({"markdown", "html", "txt"})


class IngestError(ValueError):
    """A source cannot be used as task.yaml describes it; the message says what to write."""


@dataclass(frozen=True)
class SourceFile:
    """One file of a source; `format` is "" where nothing here can read it."""

    path: Path
    name: str  # relative to the source's folder
    format: str
    sha256: str


def list_files(source: Source, *, max_file_bytes: int = MAX_FILE_BYTES) -> list[SourceFile]:
    """The files of a source, sorted by name.

    Raises:
        IngestError: nothing is there, a file is above the cap, or the only file has no readable format.
    """
    root, paths = _resolve(source)
    if not paths:
        raise IngestError(
            f"source {source.name}: found no file at {source.path}; expected a file, a folder or a glob with files; "
            "correct `path` in task.yaml (relative to task.yaml)"
        )
    readable = TABLE_FORMATS | DOCUMENT_FORMATS if source.kind == "documents" else TABLE_FORMATS
    files = []
    for path in paths:
        kind = FORMAT_OF_SUFFIX.get(path.suffix.lower(), "") if source.format == "auto" else source.format
        if kind not in readable and (len(paths) == 1 or source.format != "auto"):
            raise IngestError(
                f"source {source.name}: {path.name} is {kind or 'of an unknown format'}, which kind={source.kind} "
                f"cannot use; expected one of {', '.join(sorted(readable))}; write `format:` in task.yaml if the "
                "suffix misleads"
            )
        if kind in readable:
            _check_size(source, path, kind, max_file_bytes)
        name = path.relative_to(root).as_posix()
        files.append(SourceFile(path, name, kind if kind in readable else "", hash_file(path)))
    return files


def _resolve(source: Source) -> tuple[Path, list[Path]]:
    path = source.path
    if path.is_file():
        return path.parent, [path]
    if path.is_dir():
        found = [item for item in path.rglob("*") if item.is_file()]
        found = [item for item in found if not any(part.startswith(".") for part in item.relative_to(path).parts)]
        return path, sorted(found)
    return path.parent, sorted(item for item in path.parent.glob(path.name) if item.is_file())


def _check_size(source: Source, path: Path, kind: str, cap: int) -> None:
    size = path.stat().st_size
    unpacked = size
    if kind == "xlsx":
        try:
            with zipfile.ZipFile(path) as archive:
                unpacked = sum(item.file_size for item in archive.infolist())
        except zipfile.BadZipFile:
            raise IngestError(
                f"source {source.name}: {path.name} is not an xlsx workbook; save it as .xlsx (not .xls) or correct "
                "`format:` in task.yaml"
            ) from None
    if unpacked > cap or (unpacked > 16 * 1024 * 1024 and unpacked > MAX_ZIP_RATIO * size):
        raise IngestError(
            f"source {source.name}: {path.name} has {size:,} bytes ({unpacked:,} unpacked); at most {cap:,} bytes and "
            f"a ratio of {MAX_ZIP_RATIO} are read; split the file"
        )
