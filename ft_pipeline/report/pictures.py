"""The data funnel as a picture, and pictures as `data:` addresses; no file, no network.

Here: drawing and embedding. Not here: line charts (charts), which pictures stand where (sections).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from ft_pipeline.report.wording import STEPS, Language, name_of, percent, say, whole

_BLUE, _ORANGE = "#1f5fa8", "#c2570c"
_SIDES = {"train", "validation", "eval"}  # parts of the step before them, not further steps
_WIDTH, _ROW = 480, 46  # of the funnel, in SVG units


def data_uri(image: bytes | str, kind: str) -> str:
    """A picture as a `data:` address for Markdown or HTML; `kind` is "png" or "svg"."""
    if kind not in {"png", "svg"}:
        raise ValueError(f"found picture kind {kind!r}; expected png or svg")
    data = image.encode("utf-8") if isinstance(image, str) else image
    mime = "image/svg+xml" if kind == "svg" else "image/png"
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def funnel_svg(funnel: Sequence[tuple[str, int]], *, language: Language) -> str:
    """How many rows each step left, as bars one under another."""
    most = max([count for _, count in funnel], default=0) or 1
    height = _ROW * len(funnel) + 4
    title = say(("Воронка данных", "Data funnel"), language)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}" font-family="system-ui, Arial, sans-serif" font-size="14">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for place, (step, count) in enumerate(funnel):
        top = place * _ROW
        left = 24 if step in _SIDES else 0
        width = round((_WIDTH - left) * count / most, 1)
        colour = _ORANGE if step in _SIDES else _BLUE
        label = f"{whole(count, language)} ({percent(count / most, language, digits=0)})"
        lines += [
            f'<text x="{left}" y="{top + 17}" fill="#1c2530">{escape(name_of(STEPS, step, language))}</text>',
            f'<text x="{_WIDTH}" y="{top + 17}" fill="#1c2530" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{left}" y="{top + 24}" width="{_WIDTH - left}" height="13" rx="3" fill="#e8edf3"/>',
            f'<rect x="{left}" y="{top + 24}" width="{width}" height="13" rx="3" fill="{colour}"/>',
        ]
    return "\n".join([*lines, "</svg>"])
