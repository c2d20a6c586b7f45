"""How long one answer takes as it is served: a gateway of its own, one client, one question at a time.

Here: starting a gateway for a bundle on a free port with a ledger of its own, asking over HTTP, ending it. Not here:
the gateway that customers reach, which is never touched. Reads a bundle; writes below the work folder that it is given.
"""

from __future__ import annotations

import shutil
import socket
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from ft_pipeline.ledger import Ledger, Release, ledger_url
from ft_pipeline.serve.bundle import Bundle, write_bundle
from ft_pipeline.serve.process import ServeError, base_url, start_detached, stop, wait_until_live
from ft_pipeline.store import write_json
from ft_pipeline.task import Task, load_task

if TYPE_CHECKING:
    import httpx

_START_TIMEOUT_S = 120.0


def time_answers(task: Task, bundle: Bundle, questions: Sequence[str], *, work: Path) -> list[float]:
    """Seconds from request to complete answer for each question, over HTTP, one after the other.

    Args:
        task: gives engine and limits; its port, its ledger and its live gateway are left alone.
        bundle: what is served for the measurement.
        questions: asked in this order, after one that warms up.
        work: a folder for the gateway's files; what it held before is removed.

    Raises:
        ServeError: the gateway did not start, did not take the bundle over, or stopped answering.
    """
    import httpx

    shutil.rmtree(work, ignore_errors=True)
    own = _task_of_its_own(task, work)
    loaded = load_task(own, check_paths=False)
    environment = {"FT_PIPELINE_LEDGER_URL": ledger_url(loaded, {}), "FT_PIPELINE_API_KEYS": ""}
    ledger = Ledger(environment["FT_PIPELINE_LEDGER_URL"]).open()
    write_bundle(work / "bundle", bundle)
    ledger.record_release(_release(loaded, bundle, work / "bundle"))
    ledger.desire(loaded.name, bundle.release_id)
    ledger.close()
    start_detached(own, timeout_s=_START_TIMEOUT_S, environment=environment)
    try:
        url = base_url(loaded)
        wait_until_live(url, bundle.release_id, _START_TIMEOUT_S)
        with httpx.Client(timeout=60, trust_env=False) as client:
            return [_ask(client, url, question) for question in [questions[0], *questions]][1:]
    except httpx.HTTPError as error:
        raise ServeError(
            f"{url}: the gateway that was started for timing {bundle.release_id} stopped answering "
            f"({type(error).__name__}: {str(error)[:200]}); expected an answer to every "
            f"question; its log is below {work}"
        ) from None
    finally:
        stop(own)


def _ask(client: httpx.Client, url: str, question: str) -> float:
    body = {"messages": [{"role": "user", "content": question}], "ft": {"probe": True}}
    start = perf_counter()
    client.post(f"{url}/chat/completions", json=body).raise_for_status()
    return perf_counter() - start


def _task_of_its_own(task: Task, work: Path) -> Path:
    """A task file (JSON is YAML) with a free port on loopback and a store below `work`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    deployment = task.deployment.model_copy(update={"host": "127.0.0.1", "port": port})
    own = task.model_copy(update={"deployment": deployment, "store": work / "store"})
    path = work / "task.yaml"
    write_json(path, own.model_dump(mode="json"))
    return path


def _release(task: Task, bundle: Bundle, folder: Path) -> Release:
    return Release(
        task=task.name,
        release_id=bundle.release_id,
        adapter_hash="",
        base_id="timing",
        base_hash="",
        threshold=bundle.threshold,
        redaction_version=bundle.redaction_version,
        system_prompt_hash="",
        bundle=str(folder),
        eval_report="",
        as_of="",
    )
