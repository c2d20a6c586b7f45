"""Files behind a URL -> local copies, by hash.

Here: any file system that fsspec knows (s3://, gs://, az://, sftp://, memory://, file:// …). Not here: archives.
Keys and passwords come from the environment in the way of each file system (AWS_ACCESS_KEY_ID …), never from
task.yaml. A file that looks as before (its tag, its time, its size) is not fetched again.
"""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from ft_pipeline.ingest.files import IngestError, SourceFile, is_hidden
from ft_pipeline.ingest.kept import Shelf
from ft_pipeline.store import hash_file, hash_json
from ft_pipeline.task import Source

_LOOKS = (
    "etag",
    "md5",
    "md5hash",
    "contentmd5",
    "generation",
    "versionid",
    "mtime",
    "lastmodified",
    "updated",
    "created",
)
_MOST_FILES = 100_000
_CHUNK = 1024 * 1024


def fetch(source: Source, shelf: Shelf, *, cap: int) -> list[SourceFile]:
    """The files behind a source's URL, sorted by name, each as a local copy.

    Raises:
        IngestError: the file system is not installed or refuses, or a file is above the cap.
    """
    try:
        import fsspec

        files, path = fsspec.core.url_to_fs(source.url)
        files.invalidate_cache()  # a long-lived process would go on seeing an old listing
        found = _listing(files, path)
    except ImportError as error:
        raise IngestError(
            f"source {source.name}: the file system of {source.url} is not installed ({error.name or error}); "
            "for s3:// install the extra: pip install 'ft-pipeline[s3]'"
        ) from None
    except Exception as error:  # each file system has its own errors, and their texts may hold signed addresses
        raise _refused(source, error) from None
    if len(found) > _MOST_FILES:
        raise IngestError(f"source {source.name}: more than {_MOST_FILES:,} files behind {source.url}; name fewer")
    local: list[SourceFile] = []
    places: dict[str, dict[str, str]] = {}
    for name, info in sorted(found.items()):
        size = info.get("size") or 0
        if size > cap:
            raise IngestError(f"source {source.name}: {name} has {size:,} bytes; at most {cap:,} are read; split it")
        place, looks = f"{source.url}|{info['name']}", _looks(info)
        sha256 = shelf.place(place).get("sha256", "") if looks and shelf.place(place).get("looks") == looks else ""
        basename = PurePosixPath(name).name
        if not sha256 or not shelf.copy_of(sha256, basename).is_file():
            try:
                sha256 = _download(files, info["name"], basename, shelf)
            except Exception as error:
                raise _refused(source, error) from None
        local.append(SourceFile(shelf.copy_of(sha256, basename), name, "", sha256))
        places[place] = {"looks": looks, "sha256": sha256}
    if places:
        shelf.note_places(places)
    return local


def _listing(files: Any, path: str) -> dict[str, dict[str, Any]]:
    """Name relative to the folder -> what the file system says of the file."""
    if any(sign in path for sign in "*?["):
        root = "/".join(path.split("/")[: next(i for i, p in enumerate(path.split("/")) if any(s in p for s in "*?["))])
        found = files.glob(path, detail=True)
    elif files.isdir(path):
        root, found = path, files.find(path, detail=True)
    elif files.exists(path):
        root, found = path.rpartition("/")[0], {path: files.info(path)}
    else:
        return {}
    root = files._strip_protocol(root).rstrip("/")
    named = {
        name.removeprefix(root).lstrip("/"): {**info, "name": name}
        for name, info in found.items()
        if info.get("type") == "file"
    }
    return {name: info for name, info in named.items() if not is_hidden(name)}


def _looks(info: dict[str, Any]) -> str:
    """How a file looks from outside; "" where the file system tells nothing that changes with the content."""
    known = {key.lower().replace("_", "").replace("-", ""): str(value) for key, value in info.items()}
    told = {name: known[name] for name in _LOOKS if known.get(name)}
    return hash_json([told, info.get("size")]) if told else ""


def _download(files: Any, path: str, basename: str, shelf: Shelf) -> str:
    shelf.copies.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=shelf.copies) as folder:
        local = Path(folder) / "content"
        with files.open(path, "rb") as remote, local.open("wb") as stream:
            while chunk := remote.read(_CHUNK):
                stream.write(chunk)
        sha256 = hash_file(local)
        target = shelf.copy_of(sha256, basename)
        target.parent.mkdir(parents=True, exist_ok=True)
        local.replace(target)
    return sha256


def _refused(source: Source, error: Exception) -> IngestError:
    return IngestError(
        f"source {source.name}: {source.url} cannot be read ({type(error).__name__}); check the address, the network "
        "and the keys in the environment (for s3://: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL)"
    )
