"""The report as one self-contained HTML page. Texts that came from tickets are escaped here."""

from __future__ import annotations

import re
from html import escape

from ft_pipeline.report.blocks import Block, Mistakes, Picture, Samples, Verdict
from ft_pipeline.report.material import Material, MistakeGroup
from ft_pipeline.report.mistake_words import (
    CAUSES,
    expected_words,
    group_words,
    lesson_words,
    mistakes_summary,
    more_words,
    remedy_words,
)
from ft_pipeline.report.mistakes import SHOWN_PER_CAUSE, by_cause
from ft_pipeline.report.samples import (
    Sample,
    base_text,
    mark,
    outcome_text,
    reference_text,
    samples_summary,
    shortened,
)
from ft_pipeline.report.sections import about, sections, title
from ft_pipeline.report.style import STYLE
from ft_pipeline.report.tables import Table
from ft_pipeline.report.wording import STRATA, Language, name_of, say

_INTERVAL = re.compile(r"\[[\d,.–]+\]")
_UNBROKEN = r'<span class="whole">\g<0></span>'
_SHORT = 12  # signs of a cell that is never broken into two lines
_MARKS = {"✓": "yes", "✗": "no", "○": "open"}


def report_html(material: Material) -> str:
    """The whole report as one HTML page that needs nothing from anywhere."""
    language = material.language
    heading = title(material.result, language)
    body = [f"<h1>{escape(heading)}</h1>", f'<p class="about">{escape(about(material.result, language))}</p>']
    for section in sections(material):
        parts = [f"<h2>{escape(section.title)}</h2>"] if section.title else []
        parts += [_block(block, language) for block in section.blocks]
        kind = f' class="{section.kind}"' if section.kind else ""
        body.append("\n".join([f"<section{kind}>", *parts, "</section>"]))
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{language}">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
            "style-src 'unsafe-inline'\">",
            f"<title>{escape(heading)}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            "<main>",
            *body,
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _block(block: Block, language: Language) -> str:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Verdict):
        reasons = "".join(f"<li>{escape(reason)}</li>" for reason in block.reasons)
        kind = "good" if block.is_good else "bad"
        return f'<div class="verdict {kind}"><p><strong>{escape(block.sentence)}</strong></p><ul>{reasons}</ul></div>'
    if isinstance(block, Picture):
        words = escape(block.words)
        return f'<figure><img src="{block.address}" alt="{words}"><figcaption>{words}</figcaption></figure>'
    if isinstance(block, Samples):
        cards = "\n".join(_sample(sample, language) for sample in block.samples)
        return f"<p>{escape(samples_summary(block.samples, language))}</p>\n{cards}"
    if isinstance(block, Mistakes):
        cards = "\n".join(_mistakes(cause, groups, language) for cause, groups in by_cause(block.groups))
        return f"<p>{escape(mistakes_summary(block, language))}</p>\n{cards}"
    return f"<p>{escape(block)}</p>"


def _table(table: Table) -> str:
    """A table; on a phone every row becomes a card, so each cell carries the name of its column."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.header)
    rows = []
    for first, *others in table.rows:
        cells = "".join(
            f'<td data-name="{escape(name)}"{_cell_class(cell)}>{_INTERVAL.sub(_UNBROKEN, escape(cell))}</td>'
            for name, cell in zip(table.header[1:], others, strict=True)
        )
        rows.append(f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>')
    body = "\n".join(rows)
    return f'<div class="frame"><table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>'


def _cell_class(cell: str) -> str:
    kind = _MARKS.get(cell[:1], "") or ("short" if len(cell) <= _SHORT else "")
    return f' class="{kind}"' if kind else ""


def _mistakes(cause: str, groups: list[MistakeGroup], language: Language) -> str:
    count = sum(len(group.mistakes) for group in groups)
    shown = "\n".join(_mistake(group, language) for group in groups[:SHOWN_PER_CAUSE])
    more = more_words(groups, language)
    end = f'\n<p class="outcome">{escape(more)}</p>' if more else ""
    return (
        f'<article class="wrong"><h3>{escape(say(CAUSES[cause], language))} <span class="stratum">{count}</span></h3>\n'
        f'<p class="outcome">{escape(remedy_words(cause, language))}</p>\n{shown}{end}</article>'
    )


def _mistake(group: MistakeGroup, language: Language) -> str:
    mistake = group.mistakes[0]
    columns = [
        (("Спросили", "Asked"), mistake.question, ""),
        (
            ("Модель сказала", "The model said"),
            shortened(mistake.said, language),
            lesson_words(mistake.lesson, language),
        ),
        (("Верно было бы", "Right would be"), expected_words(mistake, language), ""),
    ]
    side = _side([(say(name, language), text, note) for name, text, note in columns])
    return f'<p class="about">{escape(group_words(group, language))}</p>\n{side}'


def _sample(sample: Sample, language: Language) -> str:
    columns = [
        (
            say(("Базовая модель", "Base model"), language),
            shortened(sample.base, language) or "—",
            base_text(sample, language),
        ),
        (
            say(("Дообученная модель", "Fine-tuned model"), language),
            shortened(sample.tuned, language) or "—",
            outcome_text(sample, language),
        ),
        (say(("Ответ человека", "Human answer"), language), reference_text(sample, language), ""),
    ]
    stratum = escape(name_of(STRATA, sample.stratum, language))
    return (
        f'<article class="{sample.outcome}"><h3><span class="mark">{mark(sample)}</span> {escape(sample.question)} '
        f'<span class="stratum">{stratum}</span></h3>{_side(columns)}</article>'
    )


def _side(columns: list[tuple[str, str, str]]) -> str:
    cells = "".join(
        f"<div><h4>{escape(name)}</h4><p>{escape(text)}</p>"
        + (f'<p class="outcome">{escape(note)}</p>' if note else "")
        + "</div>"
        for name, text, note in columns
    )
    return f'<div class="side">{cells}</div>'
