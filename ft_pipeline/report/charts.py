"""Line charts of the report as SVG text: the accuracy-coverage curve and the training panel.

Here: axes, lines, legends. Drawn so that the words stay readable on a phone and sharp on paper. Not here: which charts
stand where (sections).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from ft_pipeline.report.wording import Language, decimal, percent, say

_WIDTH, _HEIGHT = 480, 360
_LEFT, _RIGHT, _TOP = 44, 12, 14
_BLUE, _ORANGE, _GREY, _INK, _GRID = "#1f5fa8", "#c2570c", "#5b6470", "#1c2530", "#d9dfe6"
_MOST_POINTS = 240  # of a line; more cannot be seen


@dataclass(frozen=True, slots=True)
class _Line:
    points: tuple[tuple[float, float], ...]
    colour: str
    label: str
    dashes: str = ""  # "" = solid
    has_dots: bool = False


@dataclass(frozen=True)
class _Frame:
    """The axes: data range, tick places, names."""

    x: tuple[float, float]
    y: tuple[float, float]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    x_name: str
    bottom: int

    def place(self, x: float, y: float) -> tuple[float, float]:
        across = (x - self.x[0]) / ((self.x[1] - self.x[0]) or 1)
        up = (y - self.y[0]) / ((self.y[1] - self.y[0]) or 1)
        inner_width, inner_height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - self.bottom
        return round(_LEFT + across * inner_width, 1), round(_TOP + (1 - up) * inner_height, 1)


def curve_svg(
    points: Sequence[Mapping[str, float]],
    *,
    language: Language,
    threshold: float | None = None,
    target: float | None = None,
) -> str:
    """The accuracy-coverage curve, surest answers first.

    Args:
        points: with `coverage`, `precision`, `precision_low` (shares, 0..1) and `confidence`, by rising coverage.
        language: of the labels.
        threshold: the chosen confidence; the point that it gives is marked.
        target: share of correct answers to reach, 0..1.
    """
    lines = [
        _Line(
            _thin([(100 * point["coverage"], 100 * point["precision"]) for point in points]),
            _BLUE,
            say(("верных из данных ответов", "right of the answers given"), language),
        ),
        _Line(
            _thin([(100 * point["coverage"], 100 * point["precision_low"]) for point in points]),
            _BLUE,
            say(("не меньше, с вероятностью 95 %", "at least so many, 95 % sure"), language),
            dashes="3 4",
        ),
    ]
    if target is not None:
        label = f"{say(('цель', 'target'), language)} {percent(target, language, digits=0)}"
        lines.append(_Line(((0.0, 100 * target), (100.0, 100 * target)), _GREY, label, dashes="8 4"))
    ticks = tuple((float(value), str(value)) for value in range(0, 101, 20))
    name = say(("модель отвечает сама, % вопросов", "answered by the model, % of questions"), language)
    frame = _Frame((0, 100), (0, 100), ticks, ticks, name, bottom=54 + 22 * (len(lines) + 1))
    chosen = [point for point in points if threshold is not None and point["confidence"] >= threshold]
    marked = []
    if chosen:
        x, y = frame.place(100 * chosen[-1]["coverage"], 100 * chosen[-1]["precision"])
        floor = frame.place(0, 0)[1]
        marked.append(f'<path d="M{x} {floor}V{_TOP}" stroke="{_ORANGE}" fill="none"/>')
        marked.append(f'<circle cx="{x}" cy="{y}" r="5" fill="{_ORANGE}"/>')
        place = f"{decimal(100 * chosen[-1]['coverage'], 0, language)} / "
        place += percent(chosen[-1]["precision"], language, digits=0)
        label = say(("выбранный порог: отвечает / верно", "chosen threshold: answered / right"), language)
        lines.append(_Line((), _ORANGE, f"{label} {place}", has_dots=True))
    title = say(("Точность и доля ответов", "Accuracy and coverage"), language)
    return _draw(frame, lines, marked, title=title)


def loss_svg(history: Sequence[Mapping[str, Any]], *, language: Language, best_epoch: int = 0) -> str:
    """Loss on training and validation rows, epoch by epoch.

    Args:
        history: per epoch `epoch`, `train_loss`, `validation_loss`.
        language: of the labels.
        best_epoch: the epoch that was kept; 0 = unknown.
    """
    lines = [
        _Line(
            tuple((item["epoch"], item["train_loss"]) for item in history),
            _GREY,
            say(("ошибка на учебных примерах", "loss on training rows"), language),
            dashes="3 4",
            has_dots=True,
        ),
        _Line(
            tuple((item["epoch"], item["validation_loss"]) for item in history),
            _BLUE,
            say(("ошибка на проверочных примерах", "loss on validation rows"), language),
            has_dots=True,
        ),
    ]
    most = max((point[1] for line in lines for point in line.points), default=1.0) or 1.0
    digits = 1 if most >= 1 else 2
    ticks = tuple((most * step / 4, decimal(most * step / 4, digits, language)) for step in range(5))
    title = say(("Ошибка по эпохам", "Loss by epoch"), language)
    return _epochs(history, lines, (0.0, most * 1.04), ticks, title=title, language=language, best_epoch=best_epoch)


def score_svg(history: Sequence[Mapping[str, Any]], *, language: Language, best_epoch: int = 0) -> str:
    """Right generated validation answers, epoch by epoch; arguments as in `loss_svg`, key `answer_score` (0..1)."""
    label = say(("верных ответов на проверке, %", "right validation answers, %"), language)
    line = _Line(tuple((item["epoch"], 100 * item["answer_score"]) for item in history), _BLUE, label, has_dots=True)
    ticks = tuple((float(value), str(value)) for value in range(0, 101, 20))
    title = say(("Верные ответы по эпохам", "Right answers by epoch"), language)
    return _epochs(history, [line], (0.0, 100.0), ticks, title=title, language=language, best_epoch=best_epoch)


def _epochs(
    history: Sequence[Mapping[str, Any]],
    lines: list[_Line],
    y: tuple[float, float],
    y_ticks: tuple[tuple[float, str], ...],
    *,
    title: str,
    language: Language,
    best_epoch: int,
) -> str:
    epochs = [int(item["epoch"]) for item in history] or [1]
    span = (epochs[0] - 0.4, epochs[-1] + 0.4)
    ticks = tuple((float(epoch), str(epoch)) for epoch in epochs)
    name = say(("эпоха (один проход по учебным примерам)", "epoch (one pass over the training rows)"), language)
    is_known = best_epoch in epochs
    frame = _Frame(span, y, ticks, y_ticks, name, bottom=54 + 22 * (len(lines) + is_known))
    marked = []
    if is_known:
        x, floor = frame.place(best_epoch, y[0])
        marked.append(f'<path d="M{x} {floor}V{_TOP}" stroke="{_ORANGE}" stroke-dasharray="8 4" fill="none"/>')
        kept = say(("оставлена эпоха {n}", "epoch {n} was kept"), language).format(n=best_epoch)
        lines = [*lines, _Line((), _ORANGE, kept, dashes="8 4")]
    return _draw(frame, lines, marked, title=title)


def _draw(frame: _Frame, lines: Sequence[_Line], marked: Sequence[str], *, title: str) -> str:
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(title)}" font-family="system-ui, Arial, sans-serif" font-size="14" fill="{_INK}">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        *_axes(frame),
        *marked,
    ]
    for line in lines:
        parts += _line_marks(frame, line)
    top = _HEIGHT - 22 * len(lines) + 8
    for place, line in enumerate(lines):
        parts += _legend_entry(line, top + 22 * place)
    return "\n".join([*parts, "</svg>"])


def _axes(frame: _Frame) -> list[str]:
    parts = []
    for value, label in frame.y_ticks:
        x, y = frame.place(frame.x[0], value)
        parts.append(f'<path d="M{x} {y}H{_WIDTH - _RIGHT}" stroke="{_GRID}" fill="none"/>')
        parts.append(f'<text x="{x - 6}" y="{y + 5}" text-anchor="end">{escape(label)}</text>')
    floor = frame.place(frame.x[0], frame.y[0])[1]
    for value, label in frame.x_ticks:
        x = frame.place(value, frame.y[0])[0]
        parts.append(f'<text x="{x}" y="{floor + 17}" text-anchor="middle">{escape(label)}</text>')
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(
        f'<text x="{middle}" y="{floor + 36}" text-anchor="middle" fill="{_GREY}">{escape(frame.x_name)}</text>'
    )
    return parts


def _line_marks(frame: _Frame, line: _Line) -> list[str]:
    if not line.points:
        return []
    places = [frame.place(x, y) for x, y in line.points]
    path = "M" + "L".join(f"{x} {y}" for x, y in places)
    dashes = f' stroke-dasharray="{line.dashes}"' if line.dashes else ""
    parts = [f'<path d="{path}" stroke="{line.colour}" stroke-width="2" fill="none"{dashes}/>']
    if line.has_dots:
        parts += [f'<circle cx="{x}" cy="{y}" r="3.5" fill="{line.colour}"/>' for x, y in places]
    return parts


def _legend_entry(line: _Line, top: float) -> list[str]:
    dashes = f' stroke-dasharray="{line.dashes}"' if line.dashes else ""
    mark = f'<path d="M{_LEFT} {top - 5}h26" stroke="{line.colour}" stroke-width="2"{dashes} fill="none"/>'
    if line.has_dots:
        mark += f'<circle cx="{_LEFT + 13}" cy="{top - 5}" r="4" fill="{line.colour}"/>'
    return [mark, f'<text x="{_LEFT + 34}" y="{top}">{escape(line.label)}</text>']


def _thin(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """At most `_MOST_POINTS` of a line, its ends kept."""
    step = max(1, len(points) // _MOST_POINTS)
    thinned = list(points[::step])
    if points and thinned[-1] != points[-1]:
        thinned.append(points[-1])
    return tuple(thinned)
