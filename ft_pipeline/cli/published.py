"""`report`, `rejects` and `review`: what the newest versions say, and the sheet on which people judge the answers.

Here: showing what is published. Not here: making it (pipeline), what is served (gateway, switching).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ft_pipeline.cli.frame import TASK, JsonOption, TaskOption, clear_errors, load, say


def report(
    task: TaskOption = TASK,
    as_json: JsonOption = False,
    full: Annotated[bool, typer.Option("--full", help="The whole report instead of the table.")] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write the page anew, with prices and people as they stand in task.yaml now.")
    ] = None,
) -> None:
    """Show the newest evaluation: before, after, target, and the decision with its reasons."""
    from ft_pipeline.steps import open_project
    from ft_pipeline.store import MEASURED

    with clear_errors():
        project = open_project(load(task))
        version = project.store.need("eval_report")
        if as_json:
            from ft_pipeline.steps.registering import printed_result

            print(json.dumps(printed_result(version, project.task.language), ensure_ascii=False))
            return
        if html is not None:
            from ft_pipeline.steps.reporting import render_page

            html.write_text(render_page(project), encoding="utf-8")
            print(f"HTML: {html}")
            return
        name = "report.md" if full else "table.md"
        print(version.file(f"{MEASURED}/{name}").read_text(encoding="utf-8"))
        print(f"HTML: {version.file(f'{MEASURED}/report.html')}")


def rejects(
    task: TaskOption = TASK,
    reason: Annotated[str, typer.Option(help="Only this reason; without it, counts by reason.")] = "",
    limit: Annotated[int, typer.Option(help="Most rows to show.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show the quarantine: which rows were rejected, by which stage, and why.

    Without --reason: how many rows each reason took, the most frequent first, and what it means. With one: its rows,
    each with its place in the source (file and line, ticket), so that they can be mended there: a mended row comes
    back at the next refresh.
    """
    from ft_pipeline.cli.rejection_words import meaning
    from ft_pipeline.records import Rejected, as_dict, count_reasons, read_table
    from ft_pipeline.steps import open_project

    with clear_errors():
        project = open_project(load(task))
        store, language = project.store, project.task.language
        rows: list[Rejected] = []
        for asset in ("raw_transcripts", "cleaned_qa_pairs", "eval_set", "synthetic_augmentation", "training_set"):
            version = store.latest(asset)
            if version is not None:
                rows += read_table(version.file("rejected.parquet"), Rejected)
    chosen = [row for row in rows if reason in {row.reason, f"{row.stage}: {row.reason}"}]
    if as_json:
        print(json.dumps([as_dict(row) for row in chosen] if reason else count_reasons(rows), ensure_ascii=False))
        return
    if not reason:
        for name, count in count_reasons(rows).items():
            print(f"{count:7d}  {name}".ljust(56) + f"  {meaning(name.partition(': ')[2], language)}".rstrip())
        return
    if not chosen:
        typer.secho(f"no row was rejected as {reason!r}; known: {', '.join(count_reasons(rows))}", err=True)
        raise typer.Exit(1)
    explained = {row.reason: meaning(row.reason, language) for row in chosen}
    for name, words in explained.items():
        print(f"{name}: {words}" if words else name)
    for row in chosen[:limit]:
        print(f"  {row.source or row.stage} · {row.key}" + (f" · {row.detail}" if row.detail else ""))
    print(f"{min(limit, len(chosen))} of {len(chosen)} rows")


def review(
    task: TaskOption = TASK,
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

    with clear_errors():
        project = open_project(load(task))
        if export is not None:
            for path in reviewing.export_sheet(project, export):
                say(f"wrote {path}")
            return
        if import_ is not None:
            found = [reviewing.import_sheet(project, import_, signer=signer)]
        else:
            ledger = Ledger(ledger_url(project.task)).open()
            found = ledger.reviews(project.task.name)
            ledger.close()
            if not as_json:
                say(reviewing.sheet_line(project))
    if as_json:
        print(json.dumps([as_dict(item) for item in found], ensure_ascii=False))
        return
    for item in found:
        say(reviewing.review_line(item))
