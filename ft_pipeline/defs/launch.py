"""`python -m ft_pipeline.defs.launch run|dev`: a refresh or the UI on the task's own Dagster instance.

Here: where DAGSTER_HOME is (the environment's, else below the task's store), starting the job through Dagster with
progress in plain lines, starting `dagster dev`, ending runs whose worker died. Not here: what the job does.
"""

import argparse
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from ft_pipeline.monitor import quarter_of
from ft_pipeline.task import Task, TaskError, load_task

PROJECT = Path(__file__).resolve().parent.parent.parent
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def prepare_home(task: Task) -> Path:
    """DAGSTER_HOME of a task: the environment's, else a folder below the task's store with our dagster.yaml in it."""
    home = Path(os.environ.get("DAGSTER_HOME") or task.store / task.name / "dagster_home").resolve()
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copyfile(PROJECT / "dagster.yaml", home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def build_refresh_job() -> dg.JobDefinition:
    """The job `refresh` of the code location; steps of a run call this in their own process."""
    from ft_pipeline.definitions import defs

    return defs.resolve_job_def("refresh")


def run_refresh(task: Task, *, as_of: str, tell: Callable[[str], None]) -> bool:
    """Runs the job `refresh` on the task's instance and tells what happens; True where the run succeeded."""
    from ft_pipeline.defs.jobs import refresh_config

    home = prepare_home(task)
    _keep_library_noise(home / "refresh.log")
    moment = datetime.fromisoformat(as_of) if as_of else datetime.now(UTC)
    job = dg.build_reconstructable_job("ft_pipeline.defs.launch", "build_refresh_job")
    with dg.DagsterInstance.get() as instance:
        started = time.time()
        stop = threading.Event()
        watcher = threading.Thread(target=_watch, args=(instance, started, stop, tell), daemon=True)
        watcher.start()
        with dg.execute_job(
            job,
            instance=instance,
            run_config={**refresh_config(as_of, key_prefix=[]), **_QUIET},
            tags={"ft/task": task.name, "ft/quarter": quarter_of(moment)},
            raise_on_error=False,
        ) as result:
            succeeded = bool(result.success)
        stop.set()
        watcher.join(timeout=30)
    return succeeded


def _keep_library_noise(path: Path) -> None:
    """Sends what libraries write to standard error into a file; our own lines go to standard output."""
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, sys.stderr.fileno())
    os.close(log)


def _watch(instance: dg.DagsterInstance, started: float, stop: threading.Event, tell: Callable[[str], None]) -> None:
    """Tells the events of the newest run as they are written, until `stop` is set and all of them were told."""
    seen, run_id = 0, ""
    while True:
        last = stop.is_set()
        if not run_id:
            records = instance.get_run_records(limit=1)
            if records and records[0].create_timestamp.timestamp() >= started - 1:
                run_id = records[0].dagster_run.run_id
        if run_id:
            entries = instance.all_logs(run_id)
            for entry in entries[seen:]:
                line = _line(entry)
                if line:
                    tell(f"[{entry.timestamp - started:6.1f} s] {line}")
            seen = len(entries)
        if last:
            return
        time.sleep(0.5)


def _line(entry: dg.EventLogEntry) -> str:
    event = entry.dagster_event
    step = (entry.step_key or "").replace("_contract", " checks").replace("_promotion", " rules")
    if event is None:
        return f"{step}: {entry.user_message}"
    if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        check = event.asset_check_evaluation_data
        if check.passed:
            return ""
        return f"{step}: {check.severity.value} check {check.check_name} did not pass: {check.description or ''}"
    if event.event_type == dg.DagsterEventType.STEP_SUCCESS:
        return f"{step}: done"
    if event.event_type in {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}:
        return f"{step or 'run'}: FAILED {_cause(event)}"
    if event.event_type == dg.DagsterEventType.STEP_SKIPPED:
        return f"{step}: skipped"
    return ""


def _cause(event: dg.DagsterEvent) -> str:
    """The innermost error of a failed step, without the stack."""
    error = getattr(event.event_specific_data, "error", None)
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error is not None else (event.message or "")


def open_ui(task_path: Path, task: Task, *, port: int) -> None:
    """Replaces this process by `dagster dev` on the task's instance."""
    prepare_home(task)
    os.environ["FT_PIPELINE_TASK"] = str(task_path.resolve())
    command = [sys.executable, "-m", "dagster", "dev", "-w", str(PROJECT / "workspace.yaml"), "-p", str(port)]
    os.execv(sys.executable, command)


def recover(task: Task, tell: Callable[[str], None]) -> int:
    """Ends runs that are marked as running while no process works on them; returns how many."""
    import psutil

    prepare_home(task)
    ended = 0
    with dg.DagsterInstance.get() as instance:
        for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
            entries = [entry for entry in instance.all_logs(run.run_id) if entry.dagster_event is not None]
            pids = {pid for entry in entries if (pid := getattr(entry.dagster_event, "pid", None))}
            if not pids or any(psutil.pid_exists(pid) for pid in pids):
                continue
            instance.report_run_failed(run, "the worker of this run is gone; ended by `ft-pipeline recover`")
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
            tell(f"run {run.run_id}: its worker is gone; marked as failed, slots freed")
            ended += 1
    return ended


def main() -> int:
    """The command line of this module; exit code 1 where the run failed, 2 on a bad task file."""
    parser = argparse.ArgumentParser(prog="python -m ft_pipeline.defs.launch", description=__doc__)
    parser.add_argument("what", choices=["run", "dev", "recover"])
    parser.add_argument("--task", type=Path, default=Path(os.environ.get("FT_PIPELINE_TASK") or PROJECT / "task.yaml"))
    parser.add_argument("--as-of", default="", help="ISO-8601 time: tickets up to that moment (default: all)")
    parser.add_argument("--port", type=int, default=3000, help="of the UI")
    given = parser.parse_args()
    os.environ["FT_PIPELINE_TASK"] = str(given.task.resolve())
    try:
        task = load_task(given.task)
    except TaskError as error:
        print(error, file=sys.stderr)
        return 2

    def tell(line: str) -> None:
        print(line, flush=True)

    if given.what == "dev":
        open_ui(given.task, task, port=given.port)
    if given.what == "recover":
        recover(task, tell)
        return 0
    if run_refresh(task, as_of=given.as_of, tell=tell):
        return 0
    tell(f"The run failed; what had been published stays served. Details: {os.environ['DAGSTER_HOME']}/refresh.log")
    return 1


if __name__ == "__main__":
    sys.exit(main())
