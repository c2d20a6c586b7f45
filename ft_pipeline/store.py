"""Where the versions of every asset live: written beside, verified, renamed, never changed again.

Here: content hashes, atomic publishing, manifests, the pointer to each asset's newest version, all files of a task
under `<root>/<task>/`. Not here: what is inside a version (stages), what it promises (contracts), which release is
served (ledger).

Layout: `<root>/<task>/<asset>/<key>/…files… + manifest.json` and `<root>/<task>/<asset>/latest` (a pointer file).
A version's `key` is a hash of its inputs, its config and the code version; its `data_hash` is a hash of its files.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ft_pipeline

MANIFEST = "manifest.json"
CONTRACT_REPORT = "contract_report.json"
TIMING = "timing.json"  # seconds, memory, hardware: measured, so never part of a data hash
MEASURED = "measured"  # a folder of the same nature: pages and results that hold measured times
_NOT_DATA = {MANIFEST, CONTRACT_REPORT, TIMING}


class StoreError(RuntimeError):
    """A version is missing, torn or not what its manifest says."""


@dataclass(frozen=True)
class Version:
    """One published, immutable version of an asset."""

    asset: str
    key: str  # hash of inputs, config and code
    data_hash: str  # hash of the files
    path: Path
    created_at: str
    inputs: Mapping[str, str] = field(default_factory=dict)  # name -> data hash
    config: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)  # counts and other small results, JSON values
    reused: bool = False  # True when nothing was computed because this key existed

    def file(self, name: str) -> Path:
        """A file of this version; raises StoreError where there is none."""
        path = self.path / name
        if not path.exists():
            raise StoreError(f"{self.asset} {self.key}: no {name} in {self.path}; publish the asset again")
        return path


def hash_bytes(data: bytes) -> str:
    """sha256, hex."""
    return hashlib.sha256(data).hexdigest()


def hash_file(path: Path) -> str:
    """sha256 of a file's content, hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hash_json(value: Any) -> str:
    """sha256 of a value's canonical JSON, hex."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hash_bytes(text.encode("utf-8"))


def hash_folder(folder: Path) -> str:
    """sha256 over the relative names and contents of all files in a folder.

    The manifest, the contract report and what was measured (times, memory) are left out.
    """
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    data = [name for name in names if name not in _NOT_DATA and not name.startswith(f"{MEASURED}/")]
    return hash_json([(name, hash_file(folder / name)) for name in data])


def version_key(asset: str, inputs: Mapping[str, str], config: Mapping[str, Any]) -> str:
    """The name of a version: 16 hex digits over its inputs, its config and the code version."""
    return hash_json([asset, dict(inputs), dict(config), ft_pipeline.__version__])[:16]


class Store:
    """The versions of one task on a local disk."""

    def __init__(self, root: Path, task: str) -> None:
        self.root = root
        self.task = task
        self.folder = root / task

    def publish(
        self,
        asset: str,
        *,
        inputs: Mapping[str, str],
        config: Mapping[str, Any],
        build: Callable[[Path], Mapping[str, Any]],
        seal: Callable[[Path, str], None] | None = None,
        now: datetime | None = None,
    ) -> Version:
        """Returns the version of these inputs, building it only where it is not there yet.

        Args:
            asset: the asset's key.
            inputs: name -> data hash of everything the build reads.
            config: the JSON-able settings that the build uses.
            build: writes all files into the folder that it is given and returns the version's facts.
            seal: writes what vouches for the files (the contract report), given the folder and its data hash.
            now: the time for the manifest; default: the clock.

        Raises:
            StoreError: another content was published under the same key.
        """
        key = version_key(asset, inputs, config)
        existing = self.find(asset, key)
        if existing is not None:
            self._point(existing)
            return Version(**{**existing.__dict__, "reused": True})
        parent = self.folder / asset
        parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=parent))
        try:
            facts = dict(build(staging))
            data_hash = hash_folder(staging)
            if seal is not None:
                seal(staging, data_hash)
            version = Version(
                asset=asset,
                key=key,
                data_hash=data_hash,
                path=parent / key,
                created_at=(now or datetime.now(UTC)).isoformat(timespec="seconds"),
                inputs=dict(inputs),
                config=dict(config),
                facts=facts,
            )
            manifest = {name: value for name, value in asdict(version).items() if name not in {"path", "reused"}}
            manifest |= {"task": self.task, "code_version": ft_pipeline.__version__}
            write_json(staging / MANIFEST, manifest)
            staging.chmod(0o755)
            try:
                staging.rename(version.path)
            except OSError:  # somebody else published the same key meanwhile
                other = self.find(asset, key)
                if other is None or other.data_hash != version.data_hash:
                    raise StoreError(
                        f"{asset} {key}: another content was published under the same key; "
                        "remove the older folder or raise the code version"
                    ) from None
                version = other
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        self._point(version)
        return version

    def find(self, asset: str, key: str) -> Version | None:
        """The version with this key, or None."""
        manifest = self.folder / asset / key / MANIFEST
        if not manifest.is_file():
            return None
        data = json.loads(manifest.read_text(encoding="utf-8"))
        return Version(
            asset=data["asset"],
            key=data["key"],
            data_hash=data["data_hash"],
            path=manifest.parent,
            created_at=data["created_at"],
            inputs=data["inputs"],
            config=data["config"],
            facts=data["facts"],
        )

    def latest(self, asset: str) -> Version | None:
        """The version that was published last, or None."""
        pointer = self.folder / asset / "latest"
        if not pointer.is_file():
            return None
        return self.find(asset, pointer.read_text(encoding="utf-8").strip())

    def need(self, asset: str) -> Version:
        """The newest version; raises StoreError with what to do where there is none."""
        version = self.latest(asset)
        if version is None:
            raise StoreError(f"no published version of {asset} in {self.folder}; materialize {asset} first")
        return version

    def versions(self, asset: str) -> list[Version]:
        """All versions of an asset, oldest first."""
        folder = self.folder / asset
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        keys = [name for name in names if not name.startswith(".")]  # what was left half-way by a crash is no version
        found = [version for key in keys if (version := self.find(asset, key)) is not None]
        return sorted(found, key=lambda version: (version.created_at, version.key))

    def verify(self, version: Version) -> None:
        """Raises StoreError where the files of a version are not the ones that were published."""
        actual = hash_folder(version.path)
        if actual != version.data_hash:
            raise StoreError(
                f"{version.asset} {version.key}: files hash to {actual[:16]}, the manifest says "
                f"{version.data_hash[:16]}; it was changed after publishing, remove {version.path} and publish again"
            )

    def _point(self, version: Version) -> None:
        write_text(self.folder / version.asset / "latest", version.key + "\n")


def write_text(path: Path, text: str) -> None:
    """Writes a text file atomically (beside, then renamed)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    Path(name).chmod(0o644)
    Path(name).replace(path)


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON file atomically; keys keep their order."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def read_json(path: Path) -> Any:
    """Reads a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))
