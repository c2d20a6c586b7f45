"""The sensor `new_tickets`: gathers counts, asks the pure decision, wraps its answer.

"Could not read" is an error of the tick (raised), "nothing new" is a skip with its reason.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from ft_pipeline.defs.jobs import refresh_config
from ft_pipeline.monitor import decide_refresh, quarter_of
from ft_pipeline.steps import Project

_ACTIVE = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING]
_ACTIVE += [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def build_sensors(project: Project, job: Any, *, key_prefix: list[str]) -> Sequence[dg.SensorDefinition]:
    """The sensor of a task; compares the sources with the watermark of the newest raw_transcripts."""
    task = project.task
    suffix = f"_{task.name}" if key_prefix else ""

    @dg.sensor(name=f"new_tickets{suffix}", job=job, minimum_interval_seconds=task.refresh.sensor_interval_s)
    def new_tickets(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        from ft_pipeline.steps.watermark import count_new_tickets

        active = dg.RunsFilter(tags={"ft/task": task.name}, statuses=_ACTIVE)
        is_running = bool(context.instance.get_run_records(active, limit=1))
        counted = count_new_tickets(project) if not is_running else None
        decision = decide_refresh(
            new_tickets=counted.new_tickets if counted else 0,
            least=task.refresh.min_new_tickets,
            watermark=counted.watermark if counted else "",
            newest=counted.newest if counted else "",
            is_running=is_running,
        )
        if not decision.is_due:
            return dg.SkipReason(decision.reason)
        now = datetime.now(UTC)
        return dg.RunRequest(
            run_key=decision.run_key,
            run_config=refresh_config(now.isoformat(timespec="seconds"), key_prefix=key_prefix),
            tags={"ft/quarter": quarter_of(now), "ft/task": task.name, "ft/reason": decision.reason},
        )

    return [new_tickets]
