"""The gateway as a process of its own: run it, start it detached, stop it, ask how it is, wait for a release.

Here: pid file, log, signals, the environment's keys. Not here: HTTP routes (app), switching (gateway). Reads task.yaml,
FT_PIPELINE_API_KEYS, FT_PIPELINE_ENGINE_KEY and FT_PIPELINE_LEDGER_URL. Writes `<store>/<task>/gateway/`.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ft_pipeline.engines import Engine, OpenAIEngine, load_engine
from ft_pipeline.ledger import Ledger, ledger_url
from ft_pipeline.serve.bundle import Bundle
from ft_pipeline.store import write_text
from ft_pipeline.task import Task, load_task

if TYPE_CHECKING:
    from ft_pipeline.serve.gateway import Prepare

KEYS_VARIABLE = "FT_PIPELINE_API_KEYS"
ENGINE_KEY_VARIABLE = "FT_PIPELINE_ENGINE_KEY"
_DRAIN_S = 30
_PROBE = "Здравствуйте!"


class ServeError(RuntimeError):
    """The gateway cannot be started, stopped or reached; the message says what to do."""


@dataclass(frozen=True)
class GatewayStatus:
    """How a task's gateway is."""

    is_running: bool
    pid: int | None
    url: str  # base URL with /v1, for OpenAI's clients
    release: str  # "" while none is live
    log: Path


def api_keys(environment: Mapping[str, str] | None = None) -> list[str]:
    """The keys in FT_PIPELINE_API_KEYS, comma separated."""
    given = (os.environ if environment is None else environment).get(KEYS_VARIABLE, "")
    return [key.strip() for key in given.split(",") if key.strip()]


def base_url(task: Task) -> str:
    """The address that OpenAI's clients need, on this machine."""
    host = task.deployment.host
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{reachable}:{task.deployment.port}/v1"


def run_gateway(task_path: Path, *, pid_file: Path | None = None) -> None:
    """Serves a task until SIGTERM or SIGINT; requests in flight are answered first.

    Raises:
        ServeError: the gateway would be open to others without a key.
    """
    import uvicorn

    from ft_pipeline.serve.app import create_app
    from ft_pipeline.serve.gateway import Gateway
    from ft_pipeline.serve.guards import is_loopback

    task = load_task(task_path, check_paths=False)
    keys = api_keys()
    if not keys and not is_loopback(task.deployment.host):
        raise ServeError(
            f"deployment.host is {task.deployment.host}, which others can reach, and {KEYS_VARIABLE} is empty; "
            f"expected keys for an open address; set {KEYS_VARIABLE}=key1,key2 or deployment.host: 127.0.0.1"
        )
    prepare, version = _preparation()
    ledger = Ledger(ledger_url(task)).open()
    gateway = Gateway(
        task.name,
        ledger,
        prepare=prepare,
        redaction_version=version,
        load=lambda bundle: _engine_of(bundle, task),
        batch_size=task.deployment.max_concurrent,
    )
    app = create_app(gateway, keys=keys, max_concurrent=task.deployment.max_concurrent)
    config = uvicorn.Config(
        app,
        host=task.deployment.host,
        port=task.deployment.port,
        timeout_graceful_shutdown=_DRAIN_S,
        access_log=False,
        log_config=None,
    )
    if pid_file is not None:
        write_text(pid_file, f"{os.getpid()}\n")
    gateway.start()
    try:
        uvicorn.Server(config).run()
    finally:
        gateway.close()
        ledger.close()
        if pid_file is not None and _read_pid(pid_file) == os.getpid():
            pid_file.unlink(missing_ok=True)


def start_detached(
    task_path: Path, *, timeout_s: float = 60.0, environment: Mapping[str, str] | None = None
) -> GatewayStatus:
    """Starts the gateway as a process that outlives this one, and waits until it answers; a running one is kept.

    Args:
        task_path: task.yaml.
        timeout_s: for the first answer, s.
        environment: variables that are set for the gateway over those of this process.

    Raises:
        ServeError: it ended or did not answer in time; the end of its log is in the message.
    """
    task = load_task(task_path, check_paths=False)
    folder = _folder(task)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two that start at once start one
        if status(task_path).is_running:
            return status(task_path)
        (folder / "gateway.pid").unlink(missing_ok=True)  # of a gateway that ended without removing it
        command = [sys.executable, "-m", "ft_pipeline.serve", "--task", str(task_path.resolve())]
        command += ["--pid-file", str(folder / "gateway.pid")]
        with (folder / "gateway.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **(environment or {})},
            )
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and process.poll() is None:
            health = _get(f"{base_url(task).removesuffix('/v1')}/healthz")
            if health.get("pid") == process.pid:
                return status(task_path)
            time.sleep(0.1)
        reason = (
            f"ended with code {process.returncode}" if process.poll() is not None else f"is silent for {timeout_s} s"
        )
        if process.poll() is None:
            process.kill()
            process.wait()
    raise ServeError(
        f"the gateway of {task.name} {reason}; expected an answer at {base_url(task)}; the end of "
        f"{folder / 'gateway.log'}:\n{_tail(folder / 'gateway.log')}"
    )


def stop(task_path: Path, *, timeout_s: float = _DRAIN_S + 10.0) -> bool:
    """Ends a task's gateway (SIGTERM, later SIGKILL); False where none was running."""
    import psutil

    task = load_task(task_path, check_paths=False)
    pid_file = _folder(task) / "gateway.pid"
    pid = _running_pid(pid_file)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        try:
            psutil.Process(pid).wait(timeout_s)
        except psutil.TimeoutExpired:
            os.kill(pid, signal.SIGKILL)
            psutil.Process(pid).wait(5)
        except psutil.NoSuchProcess:
            pass
    pid_file.unlink(missing_ok=True)
    return pid is not None


def status(task_path: Path) -> GatewayStatus:
    """How a task's gateway is; a pid file whose process is gone counts as not running."""
    task = load_task(task_path, check_paths=False)
    pid = _running_pid(_folder(task) / "gateway.pid")
    root = base_url(task).removesuffix("/v1")
    health = _get(f"{root}/healthz") if pid is not None else {}
    is_running = pid is not None and health.get("pid") == pid
    release = _get(f"{root}/readyz").get("release") if is_running else None
    return GatewayStatus(
        is_running=is_running,
        pid=pid,
        url=base_url(task),
        release=str(release or ""),
        log=_folder(task) / "gateway.log",
    )


def wait_until_live(url: str, release_id: str, timeout_s: float, *, key: str = "") -> dict[str, Any]:
    """Asks real completions until one is answered by a release; returns that completion.

    Raises:
        ServeError: nothing answers, the switch failed, or another release still answers after `timeout_s`.
    """
    import httpx

    root = url.rstrip("/").removesuffix("/v1")
    key = key or next(iter(api_keys()), "")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    body = {"messages": [{"role": "user", "content": _PROBE}], "ft": {"probe": True}}
    seen = "nothing"
    deadline = time.monotonic() + timeout_s
    with httpx.Client(base_url=root, headers=headers, timeout=30, trust_env=False) as client:
        while True:
            try:
                answer = client.post("/v1/chat/completions", json=body)
                found = answer.json()
                if answer.status_code == 200 and found["ft"]["release"] == release_id:
                    return dict(found)
                seen = found["ft"]["release"] if answer.status_code == 200 else str(found["error"]["message"])
                state = client.get("/v1/status").json()
                if state.get("desired") == release_id and state.get("failure"):
                    raise ServeError(
                        f"the gateway at {root} did not switch to release {release_id}: {state['failure']}; "
                        f"it still serves {state.get('release') or 'nothing'}; correct the cause and deploy again"
                    )
            except (httpx.HTTPError, ValueError, KeyError) as error:
                seen = f"no gateway ({type(error).__name__})"
            if time.monotonic() >= deadline:
                break
            time.sleep(0.25)
    raise ServeError(
        f"the gateway at {root} does not answer by release {release_id} after {timeout_s} s, found {seen}; "
        "expected a running gateway that follows this ledger; start it with `ft-pipeline serve`"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m ft_pipeline.serve --task task.yaml [--pid-file FILE] [--log FILE]`."""
    import argparse

    from ft_pipeline.ledger import LedgerError
    from ft_pipeline.task import TaskError

    parser = argparse.ArgumentParser(
        prog="python -m ft_pipeline.serve", description="Serves the live release of a task."
    )
    parser.add_argument("--task", type=Path, required=True, help="task.yaml")
    parser.add_argument("--pid-file", type=Path, help="written at the start, removed at the end")
    parser.add_argument("--log", type=Path, help="log file; default: standard error")
    given = parser.parse_args(arguments)
    logging.basicConfig(
        filename=given.log, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        run_gateway(given.task, pid_file=given.pid_file)
    except (ServeError, TaskError, LedgerError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _preparation() -> tuple[Prepare, str]:
    from ft_pipeline.preparation import preparation_version, prepare_question

    return prepare_question, preparation_version()


def _engine_of(bundle: Bundle, task: Task) -> Engine:
    if task.deployment.engine == "openai":
        return OpenAIEngine(task.deployment.engine_url, bundle.release_id, os.environ.get(ENGINE_KEY_VARIABLE, ""))
    return load_engine(bundle.base, adapter=bundle.adapter, threads=task.training.threads)


def _folder(task: Task) -> Path:
    return task.store / task.name / "gateway"


def _read_pid(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        return None


def _running_pid(pid_file: Path) -> int | None:
    """The pid in the file, where it still belongs to a gateway and not to whoever got the number after it."""
    import psutil

    pid = _read_pid(pid_file)
    if pid is None:
        return None
    try:
        process = psutil.Process(pid)
        is_gateway = str(pid_file) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None
    return pid if is_gateway else None


def _get(url: str) -> dict[str, Any]:
    """A JSON object from our own endpoint; {} where nothing (or something else) answers."""
    import httpx

    try:
        found = httpx.get(url, timeout=2, trust_env=False).json()
    except (httpx.HTTPError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _tail(path: Path, lines: int = 15) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
