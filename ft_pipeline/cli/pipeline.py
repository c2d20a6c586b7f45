"""`run` and `repeat`: every step from the sources to the deployment, once, or a second time to compare.

Here: the chain of steps. Not here: the steps (ft_pipeline.steps).
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ft_pipeline.cli.frame import TASK, JsonOption, TaskOption, clear_errors, say
from ft_pipeline.task import load_task


def run(
    task: TaskOption = TASK,
    as_of: Annotated[str, typer.Option(help="ISO-8601 time: tickets up to that moment.")] = "",
) -> None:
    """Run every step from the sources to the decision and the deployment, without Dagster.

    Unchanged inputs are not computed again. Exit code 1 where a step failed; a decision not to promote is not a
    failure.
    """
    from ft_pipeline import steps

    with clear_errors():
        project = steps.open_project(load_task(task))
        moment = datetime.fromisoformat(as_of) if as_of else None
        steps.publish_raw_transcripts(project, as_of=moment, progress=say)
        steps.publish_cleaned_qa_pairs(project, progress=say)
        steps.publish_eval_set(project, progress=say)
        steps.publish_synthetic_augmentation(project, progress=say)
        steps.publish_training_set(project, progress=say)
        steps.publish_base_model_choice(project, progress=say)
        steps.publish_lora_adapter(project, progress=say, on_event=lambda event: say(json.dumps(dict(event))))
        steps.publish_eval_report(project, progress=say)
        outcome = steps.deploy(project, progress=say)
    say(f"{outcome.verdict}: release {outcome.release_id}" + (f" at {outcome.url}" if outcome.deployed else ""))


def repeat(
    task: TaskOption = TASK,
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

    with clear_errors(), TemporaryDirectory(prefix="ft-repeat-") as folder:
        project = open_project(load_task(task))
        found = compare(project, scratch=scratch or Path(folder), progress=_silent if as_json else say)
    if as_json:
        print(json.dumps([{**asdict(item), "same": item.is_same} for item in found], ensure_ascii=False))
    else:
        for item in found:
            state = "same" if item.is_same else "DIFFERENT"
            print(f"{item.name:32} {item.first[:16]}  {item.second[:16]}  {state}")
    raise typer.Exit(0 if all(item.is_same for item in found) else 1)


def _silent(_: str) -> None:
    pass
