"""`export`: a release as files for other servers.

Here: the command. Not here: merging and writing (steps, engines).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ft_pipeline.cli.frame import TASK, TaskOption, clear_errors, load, say


def export(
    to: Annotated[Path, typer.Option(help="A new folder for the files.")],
    task: TaskOption = TASK,
    release: Annotated[str, typer.Option(help="A release id; default: the one that is live.")] = "",
    gguf: Annotated[str, typer.Option(help="A GGUF file beside it: f32, f16, bf16 or q8_0.", metavar="FORMAT")] = "",
) -> None:
    """Write a release as one model folder (safetensors), and as GGUF for llama.cpp and Ollama."""
    from ft_pipeline.steps import open_project
    from ft_pipeline.steps.exporting import export_release

    with clear_errors():
        found = export_release(open_project(load(task)), to, release_id=release, number_format=gguf)
    say(f"{found.release_id}: {found.model}")
    if found.gguf is not None:
        say(f"{found.gguf.path}: {found.gguf.tensors} tensors, tokenizer {found.gguf.tokenizer}")
        for note in found.gguf.notes:
            say(f"  {note}")
    say(f"what these files do not hold: {found.folder / 'README.md'}")
