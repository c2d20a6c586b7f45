"""What stands in the way before a run: `preflight(task)` looks at the machine and says what to do.

Here: looking, without changing anything. Not here: the sentences (preflight_words), printing and exit codes (cli), what
is wrong with a model's folder (engines).
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ft_pipeline.base_model.machine import try_four_bits
from ft_pipeline.base_model.preflight_words import say
from ft_pipeline.engines import EngineError, check_base
from ft_pipeline.engines.base_models import EMBEDDED_FOLDER, cached_folder
from ft_pipeline.task import Candidate, Task

Level = Literal["ok", "warning", "problem"]
_LEAST_PYTHON = (3, 11)
_LEAST_DISK_GIB = 2.0  # versions, checkpoints and logs of a small model
_DISK_PER_MODEL = 3.0  # a hub model: the download, its merged copy, the space between
_GIB = 2**30
_HUB_S = 3.0  # how long the hub may take to answer, s
_HEARTBEAT_S = 120.0  # a daemon that was not heard of for so long is not running
_DAY_S = 86_400.0
_NVIDIA = Path("/proc/driver/nvidia")
_LIBRARIES = ("transformers", "trl", "peft", "bitsandbytes", "datasets", "dagster")
# What a training needs; the rest is for serving and for Dagster.
TRAINING = ("python", "torch", "gpu", "cuda", "four_bits", "vram", "memory", "disk", "store", "base_model")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    level: Level
    title: str  # in the task's language, like the rest
    found: str
    do: str = ""  # what to do where it is not ok

    @property
    def ok(self) -> bool:
        return self.level == "ok"

    def to_json(self) -> dict[str, Any]:
        """Stable keys for scripts."""
        return {name: getattr(self, name) for name in ("name", "ok", "level", "title", "found", "do")}


def preflight(task: Task, *, ledger_url: str = "", only: Sequence[str] = ()) -> list[Finding]:
    """Looks at everything that a run of this task needs.

    Args:
        task: the loaded task.
        ledger_url: SQLAlchemy URL of the ledger; "" = the SQLite file in the store.
        only: names of what to look at, e.g. TRAINING; () = everything.
    """
    eye = _Eye(task, ledger_url)
    looks: dict[str, Callable[[], list[Finding]]] = {
        "python": eye.python,
        "torch": eye.torch,
        "libraries": eye.libraries,
        "gpu": eye.gpu,
        "cuda": eye.cuda,
        "four_bits": eye.four_bits,
        "vram": eye.vram,
        "memory": eye.memory,
        "disk": eye.disk,
        "store": eye.store,
        "base_model": eye.base_models,
        "port": eye.port,
        "ledger": eye.ledger,
        "dagster_home": eye.dagster_home,
        "dagster_daemon": eye.dagster_daemon,
        "clock": eye.clock,
    }
    return [finding for name, look in looks.items() if not only or name in only for finding in look()]


def exit_code(findings: Sequence[Finding]) -> int:
    """0: all fine; 1: something stops the training; 3: warnings only."""
    levels = {finding.level for finding in findings}
    return 1 if "problem" in levels else 3 if "warning" in levels else 0


class _Eye:
    """One look per method; each gives its findings."""

    def __init__(self, task: Task, ledger_url: str) -> None:
        self.task, self.ledger_url = task, ledger_url
        self.has_driver = (_NVIDIA / "version").exists()

    def _finding(self, look: str, level: Level, key: str, /, **values: Any) -> list[Finding]:
        """Sentences `look.key` and, where it is not ok, `look.key.do`."""
        language = self.task.language
        do = "" if level == "ok" else say(f"{look}.{key}.do", language, **values)
        return [Finding(look, level, say(f"{look}.title", language), say(f"{look}.{key}", language, **values), do)]

    def python(self) -> list[Finding]:
        found = ".".join(map(str, sys.version_info[:3]))
        return self._finding("python", "ok" if sys.version_info >= _LEAST_PYTHON else "problem", "is", found=found)

    def torch(self) -> list[Finding]:
        try:
            found = version("torch")
        except PackageNotFoundError:
            return self._finding("torch", "problem", "missing")
        if self.has_driver and "+cpu" in found:
            return self._finding("torch", "problem", "cpu_build", found=found)
        return self._finding("torch", "ok", "is", found=found)

    def libraries(self) -> list[Finding]:
        found, missing = [], []
        for name in _LIBRARIES:
            try:
                found.append(f"{name} {version(name)}")
            except PackageNotFoundError:
                missing.append(name)
        if missing:
            return self._finding("libraries", "problem", "missing", missing=", ".join(missing))
        return self._finding("libraries", "ok", "are", found=", ".join(found))

    def gpu(self) -> list[Finding]:
        if not self.has_driver:
            return self._finding("gpu", "ok", "none")
        cards = len(list((_NVIDIA / "gpus").glob("*")))
        driver = (_NVIDIA / "version").read_text(encoding="utf-8", errors="replace").splitlines()[0]
        return self._finding("gpu", "ok" if cards else "problem", "driver", cards=cards, driver=driver)

    def cuda(self) -> list[Finding]:
        if not self.has_driver:
            return []
        import torch

        if not torch.cuda.is_available():
            return self._finding("cuda", "problem", "unavailable", version=torch.version.cuda or "—")
        name, capability = torch.cuda.get_device_name(), torch.cuda.get_device_capability()
        shown = f"{name}, CUDA {torch.version.cuda}, {capability[0]}.{capability[1]}"
        return self._finding("cuda", "ok", "is", found=shown)

    def four_bits(self) -> list[Finding]:
        tried = try_four_bits()
        if tried.works:
            error = f"{100 * tried.error:.1f}"
            return self._finding("four_bits", "ok", "works", version=tried.version, device=tried.device, error=error)
        level: Level = {"qlora": "problem", "auto": "warning"}.get(self.task.training.method, "ok")  # type: ignore[assignment]
        return self._finding("four_bits", level, "fails", problem=tried.problem)

    def vram(self) -> list[Finding]:
        if not self.has_driver:
            return []
        import torch

        if not torch.cuda.is_available():
            return []
        free, total = (value / _GIB for value in torch.cuda.mem_get_info())
        return self._enough("vram", free, total)

    def memory(self) -> list[Finding]:
        import psutil

        seen = psutil.virtual_memory()
        if self.has_driver:  # the budget is the GPU's; the process itself still needs its share
            return self._finding("memory", "ok", "beside_gpu", free=f"{seen.available / _GIB:.1f}")
        return self._enough("memory", seen.available / _GIB, seen.total / _GIB)

    def _enough(self, name: str, free: float, total: float) -> list[Finding]:
        need = self.task.base_model.memory_gib
        level: Level = "problem" if need > total else "warning" if need > free else "ok"
        values = {"free": f"{free:.1f}", "total": f"{total:.1f}", "need": f"{need:g}"}
        return self._finding(name, level, "is", **values)

    def disk(self) -> list[Finding]:
        free = shutil.disk_usage(_nearest(self.task.store)).free / _GIB
        need = _LEAST_DISK_GIB + sum(_download_gib(item) for item in self.task.base_model.candidates)
        values = {"free": f"{free:.1f}", "need": f"{need:.0f}", "store": self.task.store}
        return self._finding("disk", "ok" if free >= need else "problem", "is", **values)

    def store(self) -> list[Finding]:
        place = _nearest(self.task.store)
        try:
            with tempfile.TemporaryFile(dir=place):
                pass
        except OSError as error:
            return self._finding("store", "problem", "closed", place=place, error=error.strerror)
        return self._finding("store", "ok", "open", place=self.task.store)

    def base_models(self) -> list[Finding]:
        """One finding per candidate; bad ones are only warnings where another one can be used."""
        made = [self._candidate(item) for item in self.task.base_model.candidates]
        if all(level == "problem" for level, *_ in made):
            return [item for level, key, values in made for item in self._finding("base_model", level, key, **values)]
        return [
            item
            for level, key, values in made
            for item in self._finding("base_model", "warning" if level == "problem" else level, key, **values)
        ]

    def _candidate(self, candidate: Candidate) -> tuple[Level, str, dict[str, Any]]:
        from huggingface_hub import get_token

        from ft_pipeline.base_model.catalogue import known_facts

        name = candidate.id or str(candidate.path)
        folder = EMBEDDED_FOLDER if candidate.id == "embedded" else candidate.path
        if folder is None:
            folder = cached_folder(candidate)
            name = f"{candidate.id}@{candidate.revision[:12]}"
        if folder is None:
            why = _hub_problem()
            if why:
                return "problem", "unreachable", {"name": name, "why": why}
            needs_token = known_facts(candidate.id).get("is_gated") and not get_token()
            return ("warning" if needs_token else "ok"), ("gated" if needs_token else "download"), {"name": name}
        try:
            check_base(folder)
            problem = _template_problem(folder)
        except EngineError as error:
            problem = str(error)
        if problem:
            return "problem", "unusable", {"name": name, "error": problem}
        return "ok", "here", {"name": name}

    def port(self) -> list[Finding]:
        host, port = self.task.deployment.host, self.task.deployment.port
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                return self._finding("port", "warning", "taken", place=f"{host}:{port}", error=error.strerror)
        return self._finding("port", "ok", "free", place=f"{host}:{port}")

    def ledger(self) -> list[Finding]:
        import sqlalchemy
        from sqlalchemy.exc import SQLAlchemyError

        url, store = self.ledger_url, self.task.store
        if not url or url.startswith("sqlite"):
            place = _nearest(Path(url.removeprefix("sqlite:///")) if url else store)
            return self._finding("ledger", "ok" if os.access(place, os.W_OK) else "problem", "sqlite", place=place)
        shown = sqlalchemy.make_url(url).render_as_string(hide_password=True)
        try:
            engine = sqlalchemy.create_engine(url)
            with engine.connect() as connection:
                connection.execute(sqlalchemy.text("select 1"))
            engine.dispose()
        except (SQLAlchemyError, ImportError) as error:
            return self._finding("ledger", "problem", "silent", url=shown, error=type(error).__name__)
        return self._finding("ledger", "ok", "answers", url=shown)

    def dagster_home(self) -> list[Finding]:
        home = os.environ.get("DAGSTER_HOME", "")
        if not home:
            return self._finding("dagster_home", "warning", "unset")
        path = Path(home)
        if not path.is_absolute() or not (path / "dagster.yaml").is_file():
            return self._finding("dagster_home", "warning", "bad", home=home)
        return self._finding("dagster_home", "ok", "is", home=home)

    def dagster_daemon(self) -> list[Finding]:
        """The newest heartbeat in the instance's own database, read without Dagster; SQLite only."""
        file = Path(os.environ.get("DAGSTER_HOME") or "/nowhere") / "history" / "runs.db"
        newest = ""
        if file.is_file():
            try:
                with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=1)) as connection:
                    found = connection.execute("select max(timestamp) from daemon_heartbeats").fetchone()
                newest = str(found[0] or "")
            except sqlite3.Error:
                newest = ""
        age = _age_s(newest)
        if age is None:
            return self._finding("dagster_daemon", "warning", "unseen")
        return self._finding("dagster_daemon", "ok" if age < _HEARTBEAT_S else "warning", "seen", age=f"{age:.0f}")

    def clock(self) -> list[Finding]:
        now, written = time.time(), Path(__file__).stat().st_mtime
        zone = self.task.refresh.timezone
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            return self._finding("clock", "problem", "zone", zone=zone)
        shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
        if now < written - _DAY_S:
            return self._finding("clock", "problem", "behind", now=shown)
        return self._finding("clock", "ok", "is", now=shown, zone=zone)


def _download_gib(candidate: Candidate) -> float:
    """Room that a hub model needs which is not here yet; by the catalogue, else 0."""
    from ft_pipeline.base_model.catalogue import load_catalogue

    if candidate.path is not None or candidate.id == "embedded" or cached_folder(candidate) is not None:
        return 0.0
    entry = load_catalogue().find(candidate.id)
    return 0.0 if entry is None else entry.parameters * 2 / _GIB * _DISK_PER_MODEL


def _hub_problem() -> str:
    """Why a model cannot be downloaded now; "" where the hub answers."""
    import httpx
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE=1"
    try:
        httpx.head(constants.ENDPOINT, timeout=_HUB_S, follow_redirects=False)
    except httpx.HTTPError as error:
        return f"{constants.ENDPOINT}: {type(error).__name__}"
    return ""


def _template_problem(folder: Path) -> str:
    """What the tokenizer or its chat template says against a question and an answer; "" where both work."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        system, question = {"role": "system", "content": "S"}, {"role": "user", "content": "Q"}
        tokenizer.apply_chat_template([system, question, {"role": "assistant", "content": "A"}], tokenize=False)
    except Exception as error:  # a template is a program of the model's author: it can raise anything
        return f"{folder}: {type(error).__name__}: {str(error)[:200]}"
    return ""


def _age_s(moment: str) -> float | None:
    """Seconds since a time as Dagster's database holds it (UTC, without a zone)."""
    from datetime import UTC, datetime

    try:
        return (datetime.now(UTC) - datetime.fromisoformat(moment).replace(tzinfo=UTC)).total_seconds()
    except ValueError:
        return None


def _nearest(path: Path) -> Path:
    """The path itself or its nearest parent that exists."""
    return next((place for place in [path, *path.absolute().parents] if place.exists()), Path("/"))
