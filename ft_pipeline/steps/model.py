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
from ft_pipeline.store import Version, hash_json, read_json, write_json, write_text
from ft_pipeline.task import Candidate, Task

_HOURS_PER_MONTH = 730

TrainingEvents = Callable[[Mapping[str, Any]], None]


def no_events(_: Mapping[str, Any]) -> None:
    """A training-event callback that does nothing."""


def publish_base_model_choice(project: Project, *, progress: Progress = silent) -> Version:
    """Scores the candidates of task.yaml on validation questions and takes the best one within the budget."""
    from ft_pipeline.base_model import Workload, choose

    task = project.task
    training_set = project.store.need("training_set")
    contracts.require_passing(training_set)
    bases = {str(index): _candidate_hash(item) for index, item in enumerate(task.base_model.candidates)}

    def build(folder: Path) -> Mapping[str, Any]:
        rows = read_table(training_set.file("rows.parquet"), TrainingRow)
        choice = choose(
            task.base_model.candidates,
            [row for row in rows if row.split == "validation"],
            config=task.base_model,
            training=task.training,
            system_prompt=task.system_prompt(),
            evaluation=task.evaluation,
            language=task.language,
            workload=Workload(
                rows=sum(row.split == "train" for row in rows),
                tokens_per_s=_measured_speeds(project),
                economics=task.economics,
            ),
        )
        chosen = {"id": choice.chosen.id, "base_hash": choice.chosen.base_hash, "method": choice.chosen.method}
        write_json(folder / "choice.json", {**chosen, "table": choice.table, "reasons": choice.reasons})
        write_text(folder / "measured" / "choice.md", choice.to_markdown())  # with times, which differ from run to run
        write_json(folder / "measured" / "times.json", choice.times)
        write_json(folder / "measured" / "place.json", {"path": str(choice.chosen.path)})
        return {**chosen, "reasons": choice.reasons, "table": choice.to_markdown()}

    config = {
        "base_model": task.base_model.model_dump(mode="json"),
        "training": task.training.model_dump(mode="json"),
        "evaluation": task.evaluation.model_dump(mode="json"),
        "system_prompt": task.system_prompt(),
        "language": task.language,
    }
    inputs = {"training_set": training_set.data_hash, **{f"candidate_{index}": item for index, item in bases.items()}}
    progress(f"comparing {len(bases)} base model(s)")
    return project.store.publish("base_model_choice", inputs=inputs, config=config, build=build)


def _candidate_hash(candidate: Candidate) -> str:
    """What a candidate holds now; one that cannot be used is an input as well: its repair makes a new choice."""
    from ft_pipeline.engines import EngineError, model_hash, resolve_base

    try:
        return model_hash(resolve_base(candidate))
    except EngineError as error:
        return hash_json(["unusable", str(error)])


def _measured_speeds(project: Project) -> dict[str, float]:
    """Tokens per second of earlier trainings in this store, by base model; the newest counts."""
    found: dict[str, float] = {}
    for version in project.store.versions("lora_adapter"):
        timing = version.path / "timing.json"
        if timing.is_file() and (speed := read_json(timing).get("tokens_per_s")):
            found[version.inputs["base_model"]] = float(speed)
    return found


def require_ready_machine(task: Task) -> None:
    """Raises BaseModelError with every line that would stop a training on this machine."""
    from ft_pipeline.base_model import TRAINING, BaseModelError, preflight

    lines = [item for item in preflight(task, only=TRAINING) if item.level == "problem"]
    if lines:
        raise BaseModelError("\n".join(f"{item.title}: {item.found} → {item.do}" for item in lines))


def base_path(choice: Version) -> Path:
    """Where the chosen base model lies on this machine."""
    return Path(read_json(choice.file("measured/place.json"))["path"])


def publish_lora_adapter(
    project: Project, *, progress: Progress = silent, on_event: TrainingEvents = no_events
) -> Version:
    """Fine-tunes the chosen base model in a process of its own and keeps the best epoch."""
    from ft_pipeline.train import TrainJob, prune_work, train_adapter

    task = project.task
    training_set = project.store.need("training_set")
    choice = project.store.need("base_model_choice")
    contracts.require_passing(training_set)
    project.store.verify(training_set)

    def build(folder: Path) -> Mapping[str, Any]:
        require_ready_machine(task)
        work = project.folder / "work" / "training"
        output = work / "output"  # kept between attempts: a training that was killed goes on from there
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
            price_per_hour=task.economics.server_cost_per_month / _HOURS_PER_MONTH,
            currency=task.economics.currency,
        )
        train_adapter(job, on_event=on_event)
        shutil.copytree(output, folder, dirs_exist_ok=True)
        facts: Mapping[str, Any] = read_json(folder / "training.json")
        return facts

    inputs = {"training_set": training_set.data_hash, "base_model": choice.facts["base_hash"]}
    config = {
        "training": task.training.model_dump(mode="json", exclude={"checkpoint_s", "max_seconds"}),
        "method": choice.facts["method"],
        "system_prompt": task.system_prompt(),
        "scorer": [task.evaluation.scorer, task.evaluation.min_chrf, task.evaluation.max_answer_tokens],
    }
    progress("training in a process of its own")
    version = project.store.publish("lora_adapter", inputs=inputs, config=config, build=build)
    prune_work(project.folder / "work" / "training")
    return version
