"""What stands in the way before a run: `preflight(task)` looks at the machine and says what to do.

Here: looking, without changing anything and without heavy imports. Not here: printing and exit codes (cli).
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ft_pipeline.engines import EngineError, check_base
from ft_pipeline.engines.base_models import EMBEDDED_FOLDER
from ft_pipeline.task import Task

_LEAST_PYTHON = (3, 11)
_LEAST_DISK_GIB = 2.0  # versions, checkpoints and logs of a small model
_GIB = 2**30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    found: str
    do: str = ""  # what to do where it is not ok


def preflight(task: Task, *, ledger_url: str = "") -> list[Finding]:
    """Looks at everything that a run of this task needs.

    Args:
        task: the loaded task.
        ledger_url: SQLAlchemy URL of the ledger; "" = the SQLite file in the store.
    """
    looks: list[Callable[[], Finding]] = [
        _python,
        _torch,
        _gpu,
        lambda: _memory(task.base_model.memory_gib),
        lambda: _disk(task.store),
        lambda: _writable(task.store),
        lambda: _base_model(task),
        lambda: _port(task.deployment.host, task.deployment.port),
        lambda: _ledger(ledger_url, task.store),
        lambda: _dagster_home(os.environ.get("DAGSTER_HOME", "")),
    ]
    return [look() for look in looks]


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", sys.version_info >= _LEAST_PYTHON, found, "install Python 3.11 or newer")


def _torch() -> Finding:
    try:
        found = version("torch")
    except PackageNotFoundError:
        return Finding("torch", False, "not installed", "run `make setup`")
    has_gpu = Path("/proc/driver/nvidia/version").exists()
    is_cpu_build = "+cpu" in found
    build = "CPU build" if is_cpu_build else "CUDA or default build"
    do = "install the CUDA build of the same torch version: run `make setup` again on this machine"
    return Finding("torch", not (has_gpu and is_cpu_build), f"{found} ({build})", do)


def _gpu() -> Finding:
    driver = Path("/proc/driver/nvidia/version")
    if not driver.exists():
        return Finding("gpu", True, "none: training runs on the CPU, which suits models up to some 50 M parameters")
    cards = len(list(Path("/proc/driver/nvidia/gpus").glob("*")))
    first = driver.read_text(encoding="utf-8", errors="replace").splitlines()[0]
    return Finding("gpu", cards > 0, f"{cards} NVIDIA, {first}", "the driver sees no card: check it with nvidia-smi")


def _memory(need_gib: float) -> Finding:
    import psutil

    free = psutil.virtual_memory().available / _GIB
    do = f"close other programs, or lower base_model.memory_gib (now {need_gib:g})"
    return Finding("memory", free >= need_gib, f"{free:.1f} GiB available, {need_gib:g} GiB budgeted", do)


def _disk(store: Path) -> Finding:
    free = shutil.disk_usage(_nearest(store)).free / _GIB
    do = f"free some space, or move `store` in task.yaml; at least {_LEAST_DISK_GIB:g} GiB are needed"
    return Finding("disk", free >= _LEAST_DISK_GIB, f"{free:.1f} GiB free at {store}", do)


def _writable(store: Path) -> Finding:
    place = _nearest(store)
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return Finding("store", False, f"{place}: {error.strerror}", "give write access, or move `store` in task.yaml")
    return Finding("store", True, f"{store} can be written")


def _base_model(task: Task) -> Finding:
    found, problems = [], []
    for candidate in task.base_model.candidates:
        folder = EMBEDDED_FOLDER if candidate.id == "embedded" else candidate.path
        if folder is None:
            is_cached, name = _is_cached(candidate.id, candidate.revision), f"{candidate.id}@{candidate.revision[:12]}"
            found.append(f"{name} ({'in the local cache' if is_cached else 'not here yet: it will be downloaded'})")
            continue
        try:
            check_base(folder)
            found.append(candidate.id or folder.name)
        except EngineError as error:
            problems.append(str(error))
    do = "correct base_model.candidates in task.yaml; the embedded model is rebuilt by `make base-model`"
    return Finding("base_model", not problems, "; ".join(problems or found), do)


def _is_cached(name: str, revision: str) -> bool:
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
    cache = Path(os.environ.get("HF_HUB_CACHE", home / "hub"))
    return (cache / f"models--{name.replace('/', '--')}" / "snapshots" / revision).is_dir()


def _port(host: str, port: int) -> Finding:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            do = "if it is not this project's own gateway, choose another deployment.port in task.yaml"
            return Finding("port", False, f"{host}:{port}: {error.strerror}", do)
    return Finding("port", True, f"{host}:{port} is free")


def _ledger(url: str, store: Path) -> Finding:
    import sqlalchemy
    from sqlalchemy.exc import SQLAlchemyError

    if not url or url.startswith("sqlite"):
        place = _nearest(Path(url.removeprefix("sqlite:///")) if url else store)
        ok = os.access(place, os.W_OK)
        return Finding("ledger", ok, f"SQLite at {place}", "give write access, or move `store` in task.yaml")
    shown = sqlalchemy.make_url(url).render_as_string(hide_password=True)
    try:
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("select 1"))
        engine.dispose()
    except (SQLAlchemyError, ImportError) as error:
        do = "start the database, or correct the ledger's URL"
        return Finding("ledger", False, f"{shown}: {type(error).__name__}", do)
    return Finding("ledger", True, f"{shown} answers")


def _dagster_home(home: str) -> Finding:
    do = "set DAGSTER_HOME to a folder with dagster.yaml (the make commands do it); runs are forgotten otherwise"
    if not home:
        return Finding("dagster_home", False, "not set", do)
    path = Path(home)
    if not path.is_absolute() or not path.is_dir():
        return Finding("dagster_home", False, f"{home}: not an existing absolute folder", do)
    return Finding("dagster_home", (path / "dagster.yaml").is_file(), f"{home}", do)


def _nearest(path: Path) -> Path:
    """The path itself or its nearest parent that exists."""
    return next((place for place in [path, *path.absolute().parents] if place.exists()), Path("/"))
