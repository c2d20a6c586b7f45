"""The steps that choose the base model and train the adapter.

Reads training_set (only with a passing contract); writes base_model_choice and lora_adapter.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ft_pipeline import contracts
from ft_pipeline.records import TrainingRow, read_table
from ft_pipeline.steps.project import Progress, Project, silent
from ft_pipeline.store import Version, read_json, write_json, write_text

TrainingEvents = Callable[[Mapping[str, Any]], None]


def no_events(_: Mapping[str, Any]) -> None:
    """A training-event callback that does nothing."""


def publish_base_model_choice(project: Project, *, progress: Progress = silent) -> Version:
    """Scores the candidates of task.yaml on validation questions and takes the best one within the budget."""
    from ft_pipeline.base_model import choose
    from ft_pipeline.engines import model_hash, resolve_base

    task = project.task
    training_set = project.store.need("training_set")
    contracts.require_passing(training_set)
    bases = {str(index): model_hash(resolve_base(item)) for index, item in enumerate(task.base_model.candidates)}

    def build(folder: Path) -> Mapping[str, Any]:
        rows = read_table(training_set.file("rows.parquet"), TrainingRow)
        choice = choose(
            task.base_model.candidates,
            [row for row in rows if row.split == "validation"],
            config=task.base_model,
            training=task.training,
            system_prompt=task.system_prompt(),
            evaluation=task.evaluation,
        )
        chosen = {"id": choice.chosen.id, "base_hash": choice.chosen.base_hash, "method": choice.chosen.method}
        write_json(folder / "choice.json", {**chosen, "table": choice.table, "reasons": choice.reasons})
        write_text(folder / "choice.md", choice.to_markdown())
        write_json(folder / "measured" / "place.json", {"path": str(choice.chosen.path)})
        return {**chosen, "reasons": choice.reasons, "table": choice.to_markdown()}

    config = {
        "base_model": task.base_model.model_dump(mode="json"),
        "training": task.training.model_dump(mode="json"),
        "evaluation": task.evaluation.model_dump(mode="json"),
        "system_prompt": task.system_prompt(),
    }
    inputs = {"training_set": training_set.data_hash, **{f"candidate_{index}": item for index, item in bases.items()}}
    progress(f"comparing {len(bases)} base model(s)")
    return project.store.publish("base_model_choice", inputs=inputs, config=config, build=build)


def base_path(choice: Version) -> Path:
    """Where the chosen base model lies on this machine."""
    return Path(read_json(choice.file("measured/place.json"))["path"])


def publish_lora_adapter(
    project: Project, *, progress: Progress = silent, on_event: TrainingEvents = no_events
) -> Version:
    """Fine-tunes the chosen base model in a process of its own and keeps the best epoch."""
    from ft_pipeline.train import TrainJob, train_adapter

    task = project.task
    training_set = project.store.need("training_set")
    choice = project.store.need("base_model_choice")
    contracts.require_passing(training_set)
    project.store.verify(training_set)

    def build(folder: Path) -> Mapping[str, Any]:
        work = project.folder / "work" / "training"
        output = work / "output"
        shutil.rmtree(output, ignore_errors=True)
        job = TrainJob(
            base=base_path(choice),
            rows=training_set.file("rows.parquet"),
            output=output,
            work=work,
            system_prompt=task.system_prompt(),
            settings=task.training,
            scorer=task.evaluation.scorer,
            min_chrf=task.evaluation.min_chrf,
            max_answer_tokens=task.evaluation.max_answer_tokens,
            method=choice.facts["method"],
        )
        train_adapter(job, on_event=on_event)
        shutil.copytree(output, folder, dirs_exist_ok=True)
        facts: Mapping[str, Any] = read_json(folder / "training.json")
        return facts

    inputs = {"training_set": training_set.data_hash, "base_model": choice.facts["base_hash"]}
    config = {
        "training": task.training.model_dump(mode="json"),
        "method": choice.facts["method"],
        "system_prompt": task.system_prompt(),
        "scorer": [task.evaluation.scorer, task.evaluation.min_chrf, task.evaluation.max_answer_tokens],
    }
    progress("training in a process of its own")
    return project.store.publish("lora_adapter", inputs=inputs, config=config, build=build)
