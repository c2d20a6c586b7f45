"""Right answers topic by topic, as counts and as bars.

Reads evaluation rows and scores. Not here: shares over all rows (tables).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from html import escape

from ft_pipeline.records import EvalRow, Score
from ft_pipeline.report.material import IntentLine
from ft_pipeline.report.wording import Language, percent, say

_BARS = 12  # topics in each of the two pictures; the rest are added up in one line
_LEAST_ROWS = 5  # topics with fewer questions say nothing alone
_WIDTH, _ROW = 480, 46
_BLUE, _GREY, _LIGHT, _INK = "#1f5fa8", "#8a94a0", "#e8edf3", "#1c2530"


def intent_lines(rows: Sequence[EvalRow], scores: Sequence[Score]) -> list[IntentLine]:
    """Every topic with its questions and right answers, weakest first; out-of-scope questions are no topic."""
    right = {(score.arm, score.eval_id): bool(score.value) for score in scores}
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        if row.kind == "out_of_scope" or not row.reference.strip():
            continue
        line = counts[row.intent]
        line[0] += 1
        line[1] += right.get(("base", row.eval_id), False)
        line[2] += right.get(("challenger", row.eval_id), False)
    lines = [IntentLine(intent, *numbers) for intent, numbers in counts.items()]
    return sorted(lines, key=lambda line: (line.tuned / line.n, -line.n, line.intent))


def weakest(lines: Sequence[IntentLine], language: Language) -> tuple[list[IntentLine], list[IntentLine]]:
    """The weakest topics, and the next ones with all others (and the tiny ones) added up in the last line."""
    known = [line for line in lines if line.n >= _LEAST_ROWS]
    first, second = known[:_BARS], known[_BARS : 2 * _BARS]
    rest = [*known[2 * _BARS :], *(line for line in lines if line.n < _LEAST_ROWS)]
    if rest:
        words = say(("остальные темы ({n}), вместе", "the other topics ({n}), together"), language)
        total = [sum(getattr(line, name) for line in rest) for name in ("n", "base", "tuned")]
        second = [*second, IntentLine(words.format(n=len(rest)), *total)]
    return first, second


def intents_svg(lines: Sequence[IntentLine], *, language: Language) -> str:
    """Two bars per topic, before and after."""
    height = _ROW * len(lines) + 30
    title = say(("Верные ответы по темам", "Right answers by topic"), language)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}" font-family="system-ui, Arial, sans-serif" font-size="14">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        *_legend(language),
    ]
    for place, line in enumerate(lines):
        parts += _bars(line, top=30 + place * _ROW, language=language)
    return "\n".join([*parts, "</svg>"])


def _legend(language: Language) -> list[str]:
    before, after = say(("до", "before"), language), say(("после", "after"), language)
    return [
        f'<rect x="0" y="6" width="14" height="10" fill="{_GREY}"/><text x="20" y="16" fill="{_INK}">{before}</text>',
        f'<rect x="96" y="6" width="14" height="10" fill="{_BLUE}"/><text x="116" y="16" fill="{_INK}">{after}</text>',
    ]


def _bars(line: IntentLine, *, top: int, language: Language) -> list[str]:
    label = f"{percent(line.tuned / line.n, language, digits=0)}, {line.tuned} / {line.n}"
    name = line.intent if len(line.intent) <= 42 else line.intent[:41].rstrip() + "…"
    return [
        f'<text x="0" y="{top + 14}" fill="{_INK}"><title>{escape(line.intent)}</title>{escape(name)}</text>',
        f'<text x="{_WIDTH}" y="{top + 14}" fill="{_INK}" text-anchor="end">{escape(label)}</text>',
        f'<rect x="0" y="{top + 20}" width="{_WIDTH}" height="12" rx="2" fill="{_LIGHT}"/>',
        f'<rect x="0" y="{top + 20}" width="{round(_WIDTH * line.tuned / line.n, 1)}" height="12" rx="2" '
        f'fill="{_BLUE}"/>',
        f'<rect x="0" y="{top + 33}" width="{round(_WIDTH * line.base / line.n, 1)}" height="4" rx="1" '
        f'fill="{_GREY}"/>',
    ]
