"""`ft-pipeline …`: every step without Dagster, and what an operator needs at night.

Here: commands, their help and exit codes (0 done, 1 not done, 2 a mistake in what was given). Not here: any work of
its own: steps, ledger and serve do it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ft_pipeline.task import Task, TaskError, load_task

app = typer.Typer(
    name="ft-pipeline",
    help="Turn your support tickets into your own support model. Each command reads task.yaml (--task).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
TaskOption = Annotated[Path, typer.Option("--task", "-t", envvar="FT_PIPELINE_TASK", help="The task file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document for scripts.")]
_TASK = Path("task.yaml")
_QUESTIONS = {"ru": "Как получить счёт на оплату для организации?", "en": "How do I get an invoice for my company?"}


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Our own errors are sentences for people: print them without a stack, exit 2."""
    from ft_pipeline import contracts
    from ft_pipeline.base_model import BaseModelError
    from ft_pipeline.curate import CurateError
    from ft_pipeline.engines import EngineError
    from ft_pipeline.ingest import IngestError
    from ft_pipeline.ledger import LedgerError
    from ft_pipeline.serve import BundleError, ServeError
    from ft_pipeline.steps.release import DeploymentError
    from ft_pipeline.store import StoreError
    from ft_pipeline.train import TrainError

    try:
        yield
    except (
        BaseModelError,
        BundleError,
        contracts.ContractError,
        contracts.ContractViolation,
        CurateError,
        DeploymentError,
        EngineError,
        IngestError,
        LedgerError,
        ServeError,
        StoreError,
        TaskError,
        TrainError,
    ) as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(2) from None


def _say(line: str) -> None:
    typer.echo(line)


def _load(path: Path) -> Task:
    return load_task(path, check_paths=False)


@app.command()
def run(
    task: TaskOption = _TASK,
    as_of: Annotated[str, typer.Option(help="ISO-8601 time: tickets up to that moment.")] = "",
) -> None:
    """Run every step from the sources to the decision and the deployment, without Dagster.

    Unchanged inputs are not computed again. Exit code 1 where a step failed; a decision not to promote is not a
    failure.
    """
    from ft_pipeline import steps

    with _clear_errors():
        project = steps.open_project(load_task(task))
        moment = datetime.fromisoformat(as_of) if as_of else None
        steps.publish_raw_transcripts(project, as_of=moment, progress=_say)
        steps.publish_cleaned_qa_pairs(project, progress=_say)
        steps.publish_eval_set(project, progress=_say)
        steps.publish_synthetic_augmentation(project, progress=_say)
        steps.publish_training_set(project, progress=_say)
        steps.publish_base_model_choice(project, progress=_say)
        steps.publish_lora_adapter(project, progress=_say, on_event=lambda event: _say(json.dumps(dict(event))))
        steps.publish_eval_report(project, progress=_say)
        outcome = steps.deploy(project, progress=_say)
    _say(f"{outcome.verdict}: release {outcome.release_id}" + (f" at {outcome.url}" if outcome.deployed else ""))


@app.command()
def report(
    task: TaskOption = _TASK,
    as_json: JsonOption = False,
    full: Annotated[bool, typer.Option("--full", help="The whole report instead of the table.")] = False,
) -> None:
    """Show the newest evaluation: before, after, target, and the decision with its reasons."""
    from ft_pipeline.steps import open_project
    from ft_pipeline.store import MEASURED, read_json

    with _clear_errors():
        version = open_project(_load(task)).store.need("eval_report")
        if as_json:
            print(json.dumps(read_json(version.file(f"{MEASURED}/result.json")), ensure_ascii=False))
            return
        name = "report.md" if full else "table.md"
        print(version.file(f"{MEASURED}/{name}").read_text(encoding="utf-8"))
        print(f"HTML: {version.file(f'{MEASURED}/report.html')}")


@app.command()
def rejects(
    task: TaskOption = _TASK,
    reason: Annotated[str, typer.Option(help="Only this reason; without it, counts by reason.")] = "",
    limit: Annotated[int, typer.Option(help="Most rows to show.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show the quarantine: which rows were rejected, by which stage, and why."""
    from ft_pipeline.records import Rejected, as_dict, count_reasons, read_table
    from ft_pipeline.steps import open_project

    with _clear_errors():
        store = open_project(_load(task)).store
        rows: list[Rejected] = []
        for asset in ("raw_transcripts", "cleaned_qa_pairs", "eval_set", "synthetic_augmentation"):
            version = store.latest(asset)
            if version is not None:
                rows += read_table(version.file("rejected.parquet"), Rejected)
    chosen = [row for row in rows if reason in {row.reason, f"{row.stage}: {row.reason}"}]
    if as_json:
        print(json.dumps([as_dict(row) for row in chosen] if reason else count_reasons(rows), ensure_ascii=False))
        return
    if not reason:
        for name, count in count_reasons(rows).items():
            print(f"{count:7d}  {name}")
        return
    if not chosen:
        typer.secho(f"no row was rejected as {reason!r}; known: {', '.join(count_reasons(rows))}", err=True)
        raise typer.Exit(1)
    for row in chosen[:limit]:
        print(f"{row.stage} · {row.reason} · {row.key} · {row.source}\n    {row.detail}")
    print(f"{min(limit, len(chosen))} of {len(chosen)} rows")


@app.command()
def doctor(task: TaskOption = _TASK, as_json: JsonOption = False) -> None:
    """Check the machine before training; exit code 1 where something stands in the way."""
    from ft_pipeline.base_model.preflight import preflight
    from ft_pipeline.records import as_dict

    with _clear_errors():
        findings = preflight(load_task(task))
    if as_json:
        print(json.dumps([as_dict(item) for item in findings], ensure_ascii=False))
    else:
        for item in findings:
            print(f"{'OK ' if item.ok else '!! '} {item.name}: {item.found}" + ("" if item.ok else f" → {item.do}"))
    raise typer.Exit(0 if all(item.ok for item in findings) else 1)


@app.command()
def serve(
    task: TaskOption = _TASK,
    detach: Annotated[bool, typer.Option("--detach", help="Start in the background and return.")] = False,
) -> None:
    """Run the gateway: POST /v1/chat/completions, in the shape of OpenAI's API."""
    from ft_pipeline.serve import run_gateway, start_detached

    with _clear_errors():
        if not detach:
            run_gateway(task)
            return
        status = start_detached(task)
    _say(f"gateway {status.url} (pid {status.pid}, log {status.log})")


@app.command()
def stop(task: TaskOption = _TASK) -> None:
    """End the gateway that runs in the background; requests in flight are answered first."""
    from ft_pipeline.serve import stop as stop_gateway

    with _clear_errors():
        _say("stopped" if stop_gateway(task) else "no gateway was running")


@app.command()
def chat(question: str, task: TaskOption = _TASK, as_json: JsonOption = False) -> None:
    """Ask the gateway one question."""
    import httpx

    from ft_pipeline.serve import base_url
    from ft_pipeline.serve.process import api_keys

    with _clear_errors():
        url = base_url(_load(task))
    headers = {"Authorization": f"Bearer {key}"} if (key := next(iter(api_keys()), "")) else {}
    body = {"messages": [{"role": "user", "content": question}]}
    try:
        answer = httpx.post(f"{url}/chat/completions", json=body, headers=headers, timeout=60, trust_env=False)
    except httpx.HTTPError as error:
        typer.secho(f"no gateway at {url} ({error}); start it with `ft-pipeline serve`", err=True, fg="red")
        raise typer.Exit(1) from None
    found: dict[str, Any] = answer.json()
    if as_json or answer.status_code != 200:
        print(json.dumps(found, ensure_ascii=False))
    else:
        print(found["choices"][0]["message"]["content"])
    raise typer.Exit(0 if answer.status_code == 200 else 1)


@app.command()
def hello(task: TaskOption = _TASK) -> None:
    """Print a curl line for the gateway, and what it answers."""
    from ft_pipeline.serve import base_url, status

    with _clear_errors():
        loaded = _load(task)
        served = status(task)
    if not served.release:
        _say("\nNo release is served: the report above says why. What is not proven is not deployed.")
        return
    question = _QUESTIONS[loaded.language]
    body = json.dumps({"messages": [{"role": "user", "content": question}]}, ensure_ascii=False)
    _say(f"\ncurl -s {base_url(loaded)}/chat/completions -H 'Content-Type: application/json' -d '{body}'")
    chat(question, task=task)


@app.command()
def releases(task: TaskOption = _TASK, as_json: JsonOption = False) -> None:
    """List the releases of a task: what was decided about each, which one is wanted and which one is live."""
    from ft_pipeline.ledger import Ledger, ledger_url

    with _clear_errors():
        loaded = _load(task)
        ledger = Ledger(ledger_url(loaded)).open()
        live, desired = ledger.live(loaded.name), ledger.desired(loaded.name)
        verdicts = {item.release_id: item.verdict for item in reversed(ledger.decisions(loaded.name))}
        rows = [
            {
                "release": item.release_id,
                "as_of": item.as_of,
                "created_at": item.created_at,
                "verdict": verdicts.get(item.release_id, ""),
                "live": bool(live and live.release_id == item.release_id),
                "desired": bool(desired and desired.release_id == item.release_id),
            }
            for item in ledger.releases(loaded.name)
        ]
        ledger.close()
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        state = "live" if row["live"] else "wanted" if row["desired"] else ""
        print(f"{row['release']}  {row['created_at']}  as of {row['as_of']}  {row['verdict']:14}  {state}")
    if not rows:
        print("no release yet: run `make demo`, or the job `refresh`")


@app.command()
def rollback(
    task: TaskOption = _TASK,
    to: Annotated[str, typer.Option(help="A release id; default: the one that was live before.")] = "",
) -> None:
    """Serve an earlier release again; the gateway switches by itself."""
    from ft_pipeline.ledger import Ledger, ledger_url

    with _clear_errors():
        loaded = _load(task)
        ledger = Ledger(ledger_url(loaded)).open()
        event = ledger.rollback(loaded.name, to)
        ledger.close()
    _say(f"{event.release_id} is wanted again; `ft-pipeline releases` shows when it is live")


@app.command()
def recover(task: TaskOption = _TASK) -> None:
    """End Dagster runs that are marked as running although their process is gone, and free their slots."""
    import subprocess

    command = [sys.executable, "-m", "ft_pipeline.defs.launch", "recover", "--task", str(task)]
    raise typer.Exit(subprocess.run(command, check=False).returncode)


def main() -> None:
    """The entry point of `ft-pipeline`."""
    app()


if __name__ == "__main__":
    main()
