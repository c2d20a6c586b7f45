"""The schedule `quarterly_refresh`: on the first day of a quarter it builds the quarter that has just closed."""

from typing import Any

import dagster as dg

from ft_pipeline.defs.jobs import refresh_config
from ft_pipeline.monitor import closed_quarter
from ft_pipeline.task import Task


def build_schedules(task: Task, job: Any, *, key_prefix: list[str]) -> list[dg.ScheduleDefinition]:
    """The quarterly schedule of a task, in the time zone of task.yaml."""
    suffix = f"_{task.name}" if key_prefix else ""

    @dg.schedule(
        name=f"quarterly_refresh{suffix}",
        job=job,
        cron_schedule=task.refresh.cron,
        execution_timezone=task.refresh.timezone,
    )
    def quarterly_refresh(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        moment = context.scheduled_execution_time
        quarter = closed_quarter(moment)
        return dg.RunRequest(
            run_key=f"quarter:{quarter}",
            run_config=refresh_config(moment.isoformat(), key_prefix=key_prefix),
            tags={"ft/quarter": quarter, "ft/task": task.name},
        )

    return [quarterly_refresh]
