"""What all commands share: the options --task and --json, reading the task, printing, and errors without a stack.

Here: the frame around a command. Not here: any command.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ft_pipeline.task import Task, TaskError, load_task

TaskOption = Annotated[Path, typer.Option("--task", "-t", envvar="FT_PIPELINE_TASK", help="The task file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document for scripts.")]
TASK = Path("task.yaml")


@contextmanager
def clear_errors() -> Iterator[None]:
    """Our own errors are sentences for people: print them without a stack, exit 2."""
    from ft_pipeline import contracts
    from ft_pipeline.base_model import BaseModelError
    from ft_pipeline.curate import CurateError
    from ft_pipeline.engines import EngineError
    from ft_pipeline.evaluate.judge import JudgeError
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
        JudgeError,
        LedgerError,
        ReviewError,
        ServeError,
        StoreError,
        TaskError,
        TrainError,
    ) as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(2) from None


def say(line: str) -> None:
    """Prints one line for people."""
    typer.echo(line)


def load(path: Path) -> Task:
    """The task, for commands that do not read its sources: these need not be there."""
    return load_task(path, check_paths=False)
