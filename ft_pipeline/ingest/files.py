"""Which files a source means, and that each of them may be read.

Here: file, folder and glob resolution (on disk or by URL), format by suffix, the size cap, hashes. Not here: what is
packed in a file (archives.py), how a URL is fetched (remote.py), what stands in a file (the readers).
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from ft_pipeline.store import hash_file
from ft_pipeline.task import Source, split_glob

MAX_FILE_BYTES = 512 * 1024 * 1024  # default cap of one file, also of what an xlsx or an archive unpacks to
MAX_RATIO = 300  # unpacked : packed; honest sheets stay below 50, a zip bomb is at 1,000
RATIO_COUNTS_ABOVE = 16 * 1024 * 1024  # below this many unpacked bytes no ratio does harm
FORMAT_OF_SUFFIX = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".mbox": "mbox",
    ".eml": "eml",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".txt": "txt",
    ".docx": "docx",
    ".pdf": "pdf",
}
TABLE_FORMATS = frozenset({"csv", "tsv", "xlsx", "json", "jsonl", "parquet"})
PLAIN_DOCUMENTS = frozenset({"markdown", "html", "txt"})
NAMED_DOCUMENTS = frozenset({"docx", "pdf"})
NAMED_MESSAGES = frozenset(
    {"zendesk", "freshdesk", "intercom", "jira", "helpscout", "telegram", "whatsapp", "mbox", "eml"}
)
_READABLE = {
    "tickets": TABLE_FORMATS | NAMED_MESSAGES,
    "documents": TABLE_FORMATS | PLAIN_DOCUMENTS | NAMED_DOCUMENTS,
}
ARCHIVES = frozenset({".gz", ".zip"})
NESTED = frozenset({".gz", ".zip", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar", ".zst"})  # refused inside an archive
_MEDIA = frozenset({".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".svg", ".mp3", ".ogg", ".oga", ".opus"}) | {
    *(".m4a", ".wav", ".mp4", ".mov", ".webm", ".avi", ".tgs", ".vcf")
}  # lie beside the messages in a messenger's export


class IngestError(ValueError):
    """A source cannot be used as task.yaml describes it; the message says what to write."""


@dataclass(frozen=True)
class SourceFile:
    """One file of a source, or one member of an archive; `format` is "" where nothing here can read it."""

    path: Path  # of a member: the archive, until it is unpacked
    name: str  # relative to the source's folder; of a member "<archive>/<member>"
    format: str
    sha256: str  # of a member: of the archive's hash and the member's name
    member: str = ""
    reason: str = ""  # why it cannot be read, "" = it can
    detail: str = ""


def list_files(source: Source, found: list[SourceFile], *, max_file_bytes: int = MAX_FILE_BYTES) -> list[SourceFile]:
    """Gives each found file its format and checks that it may be read.

    Args:
        source: what task.yaml says.
        found: the files behind its path, sorted by name, members of archives among them.
        max_file_bytes: the cap of one file, bytes.

    Raises:
        IngestError: nothing is there, a file is above the cap, or the only file has no readable format.
    """
    if not found:
        raise IngestError(
            f"source {source.name}: found no file at {source.place()}; expected a file, a folder or a glob with files; "
            "correct `path` in task.yaml (relative to task.yaml)"
        )
    readable = _READABLE.get(source.kind, TABLE_FORMATS)
    files = []
    for file in found:
        suffix = Path(file.name).suffix.lower()
        kind = FORMAT_OF_SUFFIX.get(suffix, "") if source.format == "auto" else source.format
        if source.format in NAMED_MESSAGES and suffix in _MEDIA and len(found) > 1:
            kind = ""
        elif kind not in readable and not file.reason and (len(found) == 1 or source.format != "auto"):
            raise IngestError(
                f"source {source.name}: {Path(file.name).name} is {kind or 'of an unknown format'}, which "
                f"kind={source.kind} cannot use; expected one of {', '.join(sorted(readable))}; write `format:` in "
                "task.yaml if the suffix misleads"
            )
        if kind in readable and not file.member and not file.reason:
            check_size(source.name, file.path, kind, max_file_bytes)
        files.append(replace(file, format=kind if kind in readable else ""))
    return files


def find_local(source: Source) -> list[tuple[Path, str]]:
    """(path, name) of every file that a local path, folder or glob means, sorted; hidden ones are left out."""
    path = source.path
    if path.is_file():
        return [(path, path.name)]
    if path.is_dir():
        root, found = path, [item for item in path.rglob("*") if item.is_file()]
    else:
        root, pattern = split_glob(path)
        found = [item for item in root.glob(pattern) if item.is_file()] if pattern and root.is_dir() else []
    named = {item.relative_to(root).as_posix(): item for item in found}
    return [(named[name], name) for name in sorted(named) if not is_hidden(name)]


def is_hidden(name: str) -> bool:
    """A dot file or one below a dot folder, what macOS adds to an archive, or Office's mark of an open document."""
    return any(
        (part.startswith(".") and part != "..") or part == "__MACOSX" or part.startswith("~$")
        for part in name.split("/")
    )


def local_file(path: Path, name: str) -> SourceFile:
    """A file with its content hash; its format is not known yet."""
    return SourceFile(path, name, "", hash_file(path))


def check_size(source_name: str, path: Path, kind: str, cap: int) -> None:
    """Raises IngestError where a file, or what a workbook unpacks to, is above the cap or the ratio."""
    size = path.stat().st_size
    unpacked = size
    if kind in {"xlsx", "docx"}:
        try:
            with zipfile.ZipFile(path) as archive:
                unpacked = sum(item.file_size for item in archive.infolist())
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            if kind == "docx":
                return  # one of many documents: its reader rejects it
            raise IngestError(
                f"source {source_name}: {path.name} is not an xlsx workbook; save it as .xlsx (not .xls) or correct "
                "`format:` in task.yaml"
            ) from None
    if unpacked > cap or is_bomb(unpacked, size):
        raise IngestError(
            f"source {source_name}: {path.name} has {size:,} bytes ({unpacked:,} unpacked); at most {cap:,} bytes and "
            f"a ratio of {MAX_RATIO} are read; split the file"
        )


def is_bomb(unpacked: int, packed: int) -> bool:
    """True where so little unpacks to so much that it was made to do harm."""
    return unpacked > RATIO_COUNTS_ABOVE and unpacked > MAX_RATIO * max(1, packed)
