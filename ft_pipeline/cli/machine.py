"""`doctor` and `recover`: what stands in the way before a run, and what a run that died left behind.

Here: printing findings and the catalogue. Not here: finding them (base_model), Dagster (defs.launch).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from ft_pipeline.cli.frame import TASK, JsonOption, TaskOption, clear_errors
from ft_pipeline.task import Task, load_task


def doctor(
    task: TaskOption = TASK,
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

    with clear_errors():
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


def recover(task: TaskOption = TASK) -> None:
    """End Dagster runs that are marked as running although their process is gone, and free their slots."""
    import subprocess

    command = [sys.executable, "-m", "ft_pipeline.defs.launch", "recover", "--task", str(task)]
    raise typer.Exit(subprocess.run(command, check=False).returncode)
