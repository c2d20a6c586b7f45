"""The code location: `build_defs(task)` gives production, tests and the command line the same graph.

The task file is task.yaml of the project, or the file that the environment names in FT_PIPELINE_TASK.
"""

import os
from pathlib import Path

import dagster as dg

from ft_pipeline.defs.assets import build_assets
from ft_pipeline.defs.checks import build_checks
from ft_pipeline.defs.jobs import build_jobs
from ft_pipeline.defs.schedules import build_schedules
from ft_pipeline.defs.sensors import build_sensors
from ft_pipeline.steps import open_project
from ft_pipeline.task import Task, load_task

PROJECT_TASK = Path(__file__).resolve().parent.parent / "task.yaml"


def build_defs(
    task: Task, *, key_prefix: list[str] | None = None, executor: dg.ExecutorDefinition | None = None
) -> dg.Definitions:
    """Everything of one task.

    Args:
        task: the loaded task file.
        key_prefix: [] for the only task of a workspace, [task.name] for every further one.
        executor: how steps run; default: one process per step, forked from a server that has the imports already.
    """
    prefix = key_prefix or []
    project = open_project(task)
    jobs = build_jobs(task, key_prefix=prefix)
    return dg.Definitions(
        assets=build_assets(project, key_prefix=prefix),
        asset_checks=build_checks(project, key_prefix=prefix),
        jobs=jobs,
        schedules=build_schedules(task, jobs[0], key_prefix=prefix),
        sensors=build_sensors(project, jobs[0], jobs[1], key_prefix=prefix),
        executor=executor or _forkserver(),
    )


def _forkserver() -> dg.ExecutorDefinition:
    """Steps fork from a process that has imported the definitions; never preload what touches a GPU."""
    return dg.multiprocess_executor.configured(
        {
            "max_concurrent": 2,
            "start_method": {"forkserver": {"preload_modules": ["ft_pipeline.definitions", "great_expectations"]}},
        }
    )


def task_path() -> Path:
    """The task file of this code location."""
    return Path(os.environ.get("FT_PIPELINE_TASK") or PROJECT_TASK)


defs = build_defs(load_task(task_path()))
