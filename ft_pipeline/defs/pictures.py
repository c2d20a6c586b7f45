"""Pictures for asset pages, inlined into Markdown because the UI loads no files.

Here: bytes and facts -> Markdown with a data URI. Not here: drawing (report, train).
"""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal


def png(path: Path) -> str:
    """A PNG file as an inline Markdown image."""
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"![{path.stem}](data:image/png;base64,{data})"


def funnel(steps: Sequence[Sequence[Any]], *, language: Literal["ru", "en"]) -> str:
    """Rows left after every step, as a picture and a table."""
    from ft_pipeline import report

    rows = [(str(name), int(count)) for name, count in steps]
    picture = report.data_uri(report.funnel_svg(rows, language=language), "svg")
    return f"![funnel]({picture})\n\n{report.funnel_markdown(rows, language=language)}"
