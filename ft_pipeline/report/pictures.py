"""Pictures of the report: funnel, accuracy-coverage curve, training panel; as bytes or SVG text, no file, no network.

Here: drawing. Not here: which pictures stand where (page).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any

from ft_pipeline.report.wording import STEPS, Language, name_of, percent, say, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BLUE, _ORANGE, _GREY = "#1f5fa8", "#c2570c", "#5b6470"
_SIDES = {"train", "validation", "eval"}  # parts of the step before them, not further steps
_WIDTH, _ROW = 520, 46  # of the funnel, in SVG units


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
        f'aria-label="{escape(title)}" font-family="system-ui, Arial, sans-serif" font-size="15">',
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


def curve_png(
    points: Sequence[Mapping[str, float]],
    *,
    language: Language = "ru",
    threshold: float | None = None,
    target: float | None = None,
) -> bytes:
    """The accuracy-coverage curve, surest answers first.

    Args:
        points: with `coverage`, `precision`, `precision_low` (shares, 0..1) and `confidence`, by rising coverage.
        language: of the labels.
        threshold: the chosen confidence; the point that it gives is marked.
        target: share of correct answers to reach, 0..1.
    """
    figure, axes = _canvas(1)
    plot = axes[0]
    coverage = [100 * point["coverage"] for point in points]
    right = ("верных из данных ответов", "correct of the answers given")
    bound = ("нижняя граница 95 %", "95 % lower bound")
    plot.plot(coverage, [100 * point["precision"] for point in points], color=_BLUE, label=say(right, language))
    low = [100 * point["precision_low"] for point in points]
    plot.plot(coverage, low, color=_BLUE, alpha=0.55, linestyle="--", linewidth=1, label=say(bound, language))
    if target is not None:
        label = f"{say(('цель', 'target'), language)} {percent(target, language, digits=0)}"
        plot.axhline(100 * target, color=_GREY, linestyle=":", label=label)
    chosen = [point for point in points if threshold is not None and point["confidence"] >= threshold]
    if chosen:
        x, y = 100 * chosen[-1]["coverage"], 100 * chosen[-1]["precision"]
        plot.axvline(x, color=_ORANGE, linewidth=1)
        plot.plot([x], [y], "o", color=_ORANGE, label=say(("выбранный порог", "chosen threshold"), language))
    plot.set_xlim(0, 100)
    plot.set_ylim(0, 103)
    plot.set_xlabel(say(("модель отвечает сама, % вопросов", "answered by the model, % of questions"), language))
    plot.set_ylabel("%")
    plot.legend(loc="lower left", fontsize=9, framealpha=0.9)
    return _png(figure)


def training_png(history: Sequence[Mapping[str, Any]], *, language: Language) -> bytes:
    """Loss on training and validation rows, and right generated answers, epoch by epoch.

    Args:
        history: per epoch `epoch`, `train_loss`, `validation_loss`, `answer_score` (0..1).
        language: of the labels.
    """
    figure, (losses, answers) = _canvas(2)
    epochs = [item["epoch"] for item in history]
    train = say(("на обучении", "training"), language)
    validation = say(("на проверке", "validation"), language)
    losses.plot(epochs, [item["train_loss"] for item in history], "o-", color=_GREY, label=train)
    losses.plot(epochs, [item["validation_loss"] for item in history], "o-", color=_BLUE, label=validation)
    losses.set_title(say(("Функция потерь", "Loss"), language), fontsize=11)
    losses.set_ylim(bottom=0)
    losses.legend(fontsize=9)
    answers.plot(epochs, [100 * item["answer_score"] for item in history], "o-", color=_ORANGE)
    answers.set_title(say(("Верных ответов на проверке, %", "Right validation answers, %"), language), fontsize=11)
    answers.set_ylim(0, 103)
    for plot in (losses, answers):
        plot.set_xticks(epochs)
        plot.set_xlabel(say(("эпоха", "epoch"), language))
    return _png(figure)


def _canvas(panels: int) -> tuple[Figure, list[Axes]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 3.6), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = [figure.add_subplot(1, panels, place + 1) for place in range(panels)]
    for plot in axes:
        plot.grid(color="#d9dfe6", linewidth=0.6)
        plot.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _png(figure: Figure) -> bytes:
    stream = BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})  # the same data give the same bytes
    return stream.getvalue()
