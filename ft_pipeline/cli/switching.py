"""`releases` and `rollback`: which releases there are, and an earlier one served again.

Here: reading the ledger for people. Not here: switching (serve).
"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ft_pipeline.cli.frame import TASK, JsonOption, TaskOption, clear_errors, load, say


def releases(task: TaskOption = TASK, as_json: JsonOption = False) -> None:
    """List the releases of a task: what was decided about each, which one is wanted and which one is live."""
    from ft_pipeline.ledger import Ledger, ledger_url

    with clear_errors():
        loaded = load(task)
        ledger = Ledger(ledger_url(loaded)).open()
        live, desired = ledger.live(loaded.name), ledger.desired(loaded.name)
        verdicts = {item.release_id: item.verdict for item in reversed(ledger.decisions(loaded.name))}
        rows = [
            {
                "release": item.release_id,
                "as_of": item.as_of,
                "created_at": item.created_at,
                "verdict": verdicts.get(item.release_id, ""),
                "live": bool(live and live.release_id == item.release_id),
                "desired": bool(desired and desired.release_id == item.release_id),
            }
            for item in ledger.releases(loaded.name)
        ]
        ledger.close()
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        state = "live" if row["live"] else "wanted" if row["desired"] else ""
        print(f"{row['release']}  {row['created_at']}  as of {row['as_of']}  {row['verdict']:14}  {state}")
    if not rows:
        print("no release yet: run `make demo`, or the job `refresh`")


def rollback(
    task: TaskOption = TASK,
    to: Annotated[str, typer.Option(help="A release id; default: the one that was live before.")] = "",
) -> None:
    """Serve an earlier release again; the gateway switches by itself."""
    from ft_pipeline.ledger import Ledger, ledger_url

    with clear_errors():
        loaded = load(task)
        ledger = Ledger(ledger_url(loaded)).open()
        event = ledger.rollback(loaded.name, to)
        ledger.close()
    say(f"{event.release_id} is wanted again; `ft-pipeline releases` shows when it is live")
