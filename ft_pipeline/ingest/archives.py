"""Archives -> their members as files of the source.

Here: `.gz` and `.zip`: which members there are, which of them are refused and why, unpacking one under the limits.
Not here: formats. A refused member is a rejected row with its reason; an archive that was made to do harm (ratio,
size, number of members) stops the source. Sizes are counted while unpacking: what an archive says of itself is no
proof. Nothing is ever written under a name that an archive chose.
"""

from __future__ import annotations

import gzip
import shutil
import stat
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO

from ft_pipeline.ingest.files import ARCHIVES, MAX_RATIO, NESTED, IngestError, SourceFile, is_bomb, is_hidden
from ft_pipeline.store import hash_bytes

MAX_MEMBERS = 10_000
_CHUNK = 1024 * 1024
_BROKEN = (zipfile.BadZipFile, OSError, EOFError, zlib.error, NotImplementedError, RuntimeError, ValueError)


def with_members(source_name: str, files: Sequence[SourceFile], *, cap: int) -> list[SourceFile]:
    """The files, with each archive replaced by its members.

    Raises:
        IngestError: an archive has too many members, or more bytes or a higher ratio than is read.
    """
    found: list[SourceFile] = []
    for file in files:
        suffix = Path(file.name).suffix.lower()
        if suffix not in ARCHIVES:
            found.append(file)
        elif suffix == ".gz":
            found.append(_gz_member(file))
        else:
            found += _zip_members(source_name, file, cap=cap)
    return found


def unpacked(source_name: str, file: SourceFile, folder: Path, *, cap: int) -> SourceFile:
    """A file that can be opened: itself, or its member unpacked into the folder; with a reason where it is broken.

    Raises:
        IngestError: it unpacks to more than the cap or the ratio allows.
    """
    if not file.member or file.reason:
        return file
    target = folder / file.sha256[:32] / PurePosixPath(file.member).name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if file.path.suffix.lower() == ".gz":
            with gzip.open(file.path, "rb") as packed:
                _copy(source_name, file, packed, target, cap=cap, size=file.path.stat().st_size)
        else:
            with zipfile.ZipFile(file.path) as archive, archive.open(file.member) as member:
                _copy(source_name, file, member, target, cap=cap, size=archive.getinfo(file.member).compress_size)
    except IngestError:
        raise
    except _BROKEN as error:
        return replace(file, reason="broken_archive", detail=f"{type(error).__name__}; pack the file again")
    return replace(file, path=target)


def _copy(
    source_name: str, file: SourceFile, packed: IO[bytes] | gzip.GzipFile, target: Path, *, cap: int, size: int
) -> None:
    total = 0
    with target.open("wb") as stream:
        while chunk := packed.read(_CHUNK):
            total += len(chunk)
            if total > cap or is_bomb(total, size):
                shutil.rmtree(target.parent, ignore_errors=True)
                raise _too_large(source_name, file.name, total, cap)
            stream.write(chunk)


def _gz_member(file: SourceFile) -> SourceFile:
    name = Path(file.name).name[: -len(".gz")] or "content"
    member = replace(file, name=file.name[: -len(".gz")] or name, member=name, sha256=_hash(file, name))
    if Path(name).suffix.lower() in NESTED:
        return _refused(member, "nested_archive", "an archive in an archive is not opened; unpack it once")
    return member


def _zip_members(source_name: str, file: SourceFile, *, cap: int) -> list[SourceFile]:
    try:
        with zipfile.ZipFile(file.path) as archive:
            entries = archive.infolist()
    except _BROKEN as error:
        return [_refused(file, "broken_archive", f"{type(error).__name__}: not a zip file, or a torn one")]
    entries = [entry for entry in entries if not entry.filename.endswith("/") and not is_hidden(entry.filename)]
    if len(entries) > MAX_MEMBERS:
        raise IngestError(
            f"source {source_name}: {file.name} has {len(entries):,} members; at most {MAX_MEMBERS:,} are read; "
            "split the archive"
        )
    total = sum(entry.file_size for entry in entries)
    if total > cap or is_bomb(total, sum(entry.compress_size for entry in entries)):
        raise _too_large(source_name, file.name, total, cap)
    if not entries:
        return [_refused(file, "empty_archive", "no file in the archive")]
    seen: set[str] = set()
    members = []
    for entry in sorted(entries, key=lambda item: item.filename):
        name = entry.filename
        member = replace(file, name=f"{file.name}/{_shown(name)}", member=name, sha256=_hash(file, name))
        reason, detail = _problem(entry, seen)
        seen.add(name)
        members.append(_refused(member, reason, detail) if reason else member)
    return members


def _problem(entry: zipfile.ZipInfo, seen: set[str]) -> tuple[str, str]:
    name = entry.filename
    path = PurePosixPath(name)
    if (
        not path.name
        or path.is_absolute()
        or ".." in path.parts
        or "\\" in name
        or ":" in name
        or "\x00" in entry.orig_filename
    ):
        return "unsafe_name", "the member's name leaves the archive's folder; pack it again with plain names"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "unsafe_name", "the member is a link; pack the file itself"
    if entry.flag_bits & 0x1:
        return "encrypted_member", "the member is encrypted; pack it without a password"
    if path.suffix.lower() in NESTED:
        return "nested_archive", "an archive in an archive is not opened; unpack it once"
    if name in seen:
        return "duplicate_member", "another member has the same name; pack the archive again"
    return "", ""


def _refused(file: SourceFile, reason: str, detail: str) -> SourceFile:
    return replace(file, reason=reason, detail=detail)


def _shown(name: str) -> str:
    """A member's name that is safe to print and to compare."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in name)


def _hash(file: SourceFile, member: str) -> str:
    return hash_bytes(f"{file.sha256}\n{member}".encode("utf-8", errors="backslashreplace"))


def _too_large(source_name: str, name: str, total: int, cap: int) -> IngestError:
    return IngestError(
        f"source {source_name}: {name} unpacks to {total:,} bytes or more; at most {cap:,} bytes and a ratio of "
        f"{MAX_RATIO} are read; split the archive"
    )
