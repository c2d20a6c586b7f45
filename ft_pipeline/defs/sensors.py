"""The sensors `new_tickets` and `signature_arrived`: each gathers, asks a pure decision, wraps its answer.

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


def build_sensors(
    project: Project, refresh: Any, deploy: Any, *, key_prefix: list[str]
) -> Sequence[dg.SensorDefinition]:
    """The sensors of a task."""
    return [
        _new_tickets(project, refresh, key_prefix=key_prefix),
        _signature_arrived(project, deploy, key_prefix=key_prefix),
    ]


def _is_running(context: dg.SensorEvaluationContext, task_name: str) -> bool:
    active = dg.RunsFilter(tags={"ft/task": task_name}, statuses=_ACTIVE)
    return bool(context.instance.get_run_records(active, limit=1))


def _new_tickets(project: Project, job: Any, *, key_prefix: list[str]) -> dg.SensorDefinition:
    """Compares the sources with the watermark of the newest raw_transcripts."""
    task = project.task
    suffix = f"_{task.name}" if key_prefix else ""

    @dg.sensor(name=f"new_tickets{suffix}", job=job, minimum_interval_seconds=task.refresh.sensor_interval_s)
    def new_tickets(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        from ft_pipeline.steps.watermark import count_new_tickets

        is_running = _is_running(context, task.name)
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

    return new_tickets


def _signature_arrived(project: Project, job: Any, *, key_prefix: list[str]) -> dg.SensorDefinition:
    """Looks into the store's `reviews/inbox/`; a sheet that cannot be accepted gets a note beside it."""
    task = project.task
    suffix = f"_{task.name}" if key_prefix else ""
    is_needed = task.deployment.signature_required

    @dg.sensor(
        name=f"signature_arrived{suffix}",
        job=job,
        minimum_interval_seconds=min(60, task.refresh.sensor_interval_s),
        default_status=dg.DefaultSensorStatus.RUNNING if is_needed else dg.DefaultSensorStatus.STOPPED,
    )
    def signature_arrived(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        from ft_pipeline.steps.reviewing import signature_state

        decision = signature_state(project, is_running=_is_running(context, task.name))
        if not decision.is_due:
            return dg.SkipReason(decision.reason)
        return dg.RunRequest(run_key=decision.run_key, tags={"ft/task": task.name, "ft/reason": decision.reason})

    return signature_arrived
