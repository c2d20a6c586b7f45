"""`ft-pipeline …`: every step without Dagster, and what an operator needs at night.

Here: the list of commands in the order of the manual. Their options and exit codes (0 done, 1 not done, 2 a mistake in
what was given) stand in `frame`, the commands in modules of their own. Not here: any work of its own: steps, ledger
and serve do it.
"""

from __future__ import annotations

from collections.abc import Callable

import typer

from ft_pipeline.cli.exporting import export
from ft_pipeline.cli.gateway import chat, hello, serve, stop
from ft_pipeline.cli.machine import doctor, recover
from ft_pipeline.cli.pipeline import repeat, run
from ft_pipeline.cli.published import rejects, report, review
from ft_pipeline.cli.switching import releases, rollback

_COMMANDS: tuple[Callable[..., None], ...] = (
    *(run, repeat),
    *(report, rejects, review),
    doctor,
    *(serve, stop, chat, hello),
    *(releases, rollback, export),
    recover,
)
app = typer.Typer(
    name="ft-pipeline",
    help="Turn your support tickets into your own support model. Each command reads task.yaml (--task).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _command in _COMMANDS:
    app.command()(_command)


def main() -> None:
    """The entry point of `ft-pipeline`."""
    app()
