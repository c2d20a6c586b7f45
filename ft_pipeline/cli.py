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
    from ft_pipeline.review import ReviewError
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
        ReviewError,
        ServeError,
        StoreError,
        TaskError,
        TrainError,
    ) as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(2) from None


def _say(line: str) -> None:
    typer.echo(line)


def _silent(_: str) -> None:
    pass


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
def repeat(
    task: TaskOption = _TASK,
    scratch: Annotated[Path | None, typer.Option(help="An empty folder for the second store; kept.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Compute everything a second time in an empty store and compare: same seed, same answers, scores and hashes.

    Takes as long as the run itself and touches nothing that is published. Exit code 1 where something differs.
    """
    from dataclasses import asdict
    from tempfile import TemporaryDirectory

    from ft_pipeline.steps import open_project
    from ft_pipeline.steps.repeat import repeat as compare

    with _clear_errors(), TemporaryDirectory(prefix="ft-repeat-") as folder:
        project = open_project(load_task(task))
        found = compare(project, scratch=scratch or Path(folder), progress=_silent if as_json else _say)
    if as_json:
        print(json.dumps([{**asdict(item), "same": item.is_same} for item in found], ensure_ascii=False))
    else:
        for item in found:
            state = "same" if item.is_same else "DIFFERENT"
            print(f"{item.name:32} {item.first[:16]}  {item.second[:16]}  {state}")
    raise typer.Exit(0 if all(item.is_same for item in found) else 1)


@app.command()
def report(
    task: TaskOption = _TASK,
    as_json: JsonOption = False,
    full: Annotated[bool, typer.Option("--full", help="The whole report instead of the table.")] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write the page anew, with prices and people as they stand in task.yaml now.")
    ] = None,
) -> None:
    """Show the newest evaluation: before, after, target, and the decision with its reasons."""
    from ft_pipeline.steps import open_project
    from ft_pipeline.store import MEASURED, read_json

    with _clear_errors():
        version = open_project(_load(task)).store.need("eval_report")
        if as_json:
            print(json.dumps(read_json(version.file(f"{MEASURED}/result.json")), ensure_ascii=False))
            return
        if html is not None:
            from ft_pipeline.steps.reporting import render_page

            html.write_text(render_page(open_project(_load(task))), encoding="utf-8")
            print(f"HTML: {html}")
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
def review(
    task: TaskOption = _TASK,
    export: Annotated[
        Path | None, typer.Option(help="Write the empty sheet (XLSX to fill in a table, HTML to fill in a browser).")
    ] = None,
    import_: Annotated[
        Path | None, typer.Option("--import", help="A filled sheet: the .xlsx, or the .json that the HTML saved.")
    ] = None,
    signer: Annotated[str, typer.Option(help="First and last name of who signs; default: the name in the file.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Look at the answers with your own eyes: hand the blind sheet out, take the filled one back, show who signed.

    The sheet shows questions with the answers of the base model, the live model, the new model and a human in a
    shuffled order. Fill in every verdict, name and decision. A filled file may as well be dropped into the folder
    reviews/inbox of the store: the sensor `signature_arrived` finds it there. A sheet that is incomplete, changed or of
    another adapter is refused with each place and what to write; nothing is recorded then, and the file stays as it is.

    Exit codes: 0 done, 2 refused. After an import, `deployed_endpoint` (job `deploy`) acts on the signature.
    """
    from ft_pipeline.ledger import Ledger, ledger_url
    from ft_pipeline.records import as_dict
    from ft_pipeline.steps import open_project, reviewing

    with _clear_errors():
        project = open_project(_load(task))
        if export is not None:
            for path in reviewing.export_sheet(project, export):
                _say(f"wrote {path}")
            return
        if import_ is not None:
            found = [reviewing.import_sheet(project, import_, signer=signer)]
        else:
            ledger = Ledger(ledger_url(project.task)).open()
            found = ledger.reviews(project.task.name)
            ledger.close()
            if not as_json:
                _say(reviewing.sheet_line(project))
    if as_json:
        print(json.dumps([as_dict(item) for item in found], ensure_ascii=False))
        return
    for item in found:
        _say(reviewing.review_line(item))


@app.command()
def doctor(
    task: TaskOption = _TASK,
    as_json: JsonOption = False,
    catalogue: Annotated[
        bool, typer.Option("--catalogue", help="List known open base models, and which ones fit this task.")
    ] = False,
) -> None:
    """Look at the machine before a run: what is fine, what stands in the way, and what to do about it.

    Exit code 0: all is fine; 1: something stops the training; 3: warnings only (the training runs, something beside it
    does not); 2: the task file is wrong. With --catalogue always 0.
    """
    from ft_pipeline.base_model import exit_code, preflight
    from ft_pipeline.ledger import ledger_url

    with _clear_errors():
        loaded = load_task(task)
        if catalogue:
            _print_catalogue(loaded, as_json=as_json)
            return
        url = ledger_url(loaded)
        findings = preflight(loaded, ledger_url=url)
    if as_json:
        print(json.dumps([item.to_json() for item in findings], ensure_ascii=False))
    else:
        marks = {"ok": "OK", "warning": "! ", "problem": "!!"}
        for item in findings:
            print(f"{marks[item.level]}  {item.title}: {item.found}" + (f"\n      → {item.do}" if item.do else ""))
    raise typer.Exit(exit_code(findings))


def _print_catalogue(task: Task, *, as_json: bool) -> None:
    from ft_pipeline.base_model import catalogue

    on_gpu = Path("/proc/driver/nvidia/version").exists()
    found = catalogue.rows(task.base_model, task.training, on_gpu=on_gpu, language=task.language)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    print(catalogue.to_markdown(found, budget_gib=task.base_model.memory_gib, language=task.language))


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
