"""The whole report from the same parts, as Markdown and as one self-contained HTML page.

Here: the order of the parts, and the two ways to render them. Not here: what is in a table, a sample or a picture.
Texts that came from tickets are escaped where they are rendered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any

from ft_pipeline.report.pictures import curve_png, data_uri, funnel_svg, training_png
from ft_pipeline.report.samples import (
    Sample,
    base_text,
    mark,
    outcome_text,
    reference_text,
    samples_summary,
    samples_table,
)
from ft_pipeline.report.style import STYLE
from ft_pipeline.report.tables import (
    Result,
    Table,
    arms_table,
    escape_markdown,
    main_table,
    notes,
    render_markdown,
    rules_table,
    strata_table,
    verdict_reasons,
    verdict_sentence,
)
from ft_pipeline.report.wording import STEPS, STRATA, Language, name_of, say, whole

_INTERVAL = re.compile(r"\[[\d,.–]+\]")
_UNBROKEN = r'<span class="whole">\g<0></span>'


@dataclass(frozen=True)
class Verdict:
    """The decision in a sentence, and its reasons."""

    sentence: str
    reasons: tuple[str, ...]
    is_good: bool


@dataclass(frozen=True)
class Picture:
    """A picture with its words."""

    address: str  # data: URI
    words: str


@dataclass(frozen=True)
class Samples:
    """Samples side by side."""

    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class Section:
    """A heading ("" = none) and what stands under it."""

    title: str
    blocks: tuple[str | Table | Verdict | Picture | Samples, ...]


def report_markdown(
    result: Result,
    *,
    samples: Sequence[Sample],
    funnel: Sequence[tuple[str, int]],
    history: Sequence[Mapping[str, Any]],
    training_words: str,
    language: Language,
    curve: Sequence[Mapping[str, float]] = (),
) -> str:
    """The whole report as Markdown, pictures as `data:` addresses.

    Args:
        result: the evaluation, as `ft-pipeline report --json` prints it.
        samples: drawn by `pick_samples`.
        funnel: rows left after each step of curation.
        history: figures per epoch.
        training_words: why this epoch was kept, in the report's language.
        language: of the report.
        curve: points of the accuracy-coverage curve; without them that part is left out.
    """
    sections = _sections(result, samples, funnel, history, training_words, language, curve)
    parts = [f"# {escape_markdown(_title(result, language))}", escape_markdown(_about(result, language))]
    for section in sections:
        if section.title:
            parts.append(f"## {escape_markdown(section.title)}")
        parts += [_block_markdown(block, language) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def report_html(
    result: Result,
    *,
    samples: Sequence[Sample],
    funnel: Sequence[tuple[str, int]],
    history: Sequence[Mapping[str, Any]],
    training_words: str,
    language: Language,
    curve: Sequence[Mapping[str, float]] = (),
) -> str:
    """The whole report as one HTML page that needs nothing from anywhere; arguments as in `report_markdown`."""
    sections = _sections(result, samples, funnel, history, training_words, language, curve)
    title = _title(result, language)
    body = [f"<h1>{escape(title)}</h1>", f'<p class="about">{escape(_about(result, language))}</p>']
    for section in sections:
        heading = [f"<h2>{escape(section.title)}</h2>"] if section.title else []
        blocks = [_block_html(block, language) for block in section.blocks]
        body.append("\n".join(["<section>", *heading, *blocks, "</section>"]))
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{language}">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
            "style-src 'unsafe-inline'\">",
            f"<title>{escape(title)}</title>",
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


def funnel_markdown(funnel: Sequence[tuple[str, int]], *, language: Language) -> str:
    """The funnel as a Markdown table with its picture above."""
    return "\n\n".join(_block_markdown(block, language) for block in _funnel_blocks(funnel, language))


def _sections(
    result: Result,
    samples: Sequence[Sample],
    funnel: Sequence[tuple[str, int]],
    history: Sequence[Mapping[str, Any]],
    training_words: str,
    language: Language,
    curve: Sequence[Mapping[str, float]],
) -> list[Section]:
    verdict = Verdict(
        verdict_sentence(result, language),
        tuple(verdict_reasons(result, language)),
        all(rule["is_met"] is True for rule in result["decision"]["rules"] if rule["is_required"]),
    )
    sections = [
        Section("", (main_table(result, language), verdict, *notes(result, language))),
        Section(
            say(("На одних и тех же вопросах", "On the same questions"), language), (arms_table(result, language),)
        ),
        Section(say(("По видам вопросов", "By kind of question"), language), (strata_table(result, language),)),
    ]
    if curve:
        title = ("Точность и доля ответов", "Accuracy and coverage")
        sections.append(Section(say(title, language), (_curve_picture(result, curve, language),)))
    if samples:
        sections.append(Section(say(("Примеры ответов", "Sample answers"), language), (Samples(tuple(samples)),)))
    if funnel:
        sections.append(Section(say(("Данные", "Data"), language), _funnel_blocks(funnel, language)))
    if history:
        panel = Picture(
            data_uri(training_png(history, language=language), "png"),
            say(("Потери и верные ответы по эпохам", "Loss and right answers by epoch"), language),
        )
        sections.append(Section(say(("Обучение", "Training"), language), (panel, training_words)))
    sections.append(Section(say(("Правила выпуска", "Release rules"), language), (rules_table(result, language),)))
    return sections


def _curve_picture(result: Result, curve: Sequence[Mapping[str, float]], language: Language) -> Picture:
    targets, threshold = result["targets"], (result.get("threshold") or {}).get("value")
    of_answers = targets["correct_of"] == "answers_given"
    image = curve_png(
        curve, language=language, threshold=threshold, target=targets["correct_share"] if of_answers else None
    )
    words = (
        "Чем реже модель отвечает сама, тем чаще она права. Порог выбран на проверочных вопросах, не на этих.",
        "The less often the model answers itself, the more often it is right. The threshold was chosen on validation "
        "questions, not on these.",
    )
    return Picture(data_uri(image, "png"), say(words, language))


def _funnel_blocks(funnel: Sequence[tuple[str, int]], language: Language) -> tuple[Picture, Table]:
    words = say(("Сколько строк осталось после каждого шага", "Rows left after each step"), language)
    rows = tuple((name_of(STEPS, step, language), whole(count, language)) for step, count in funnel)
    header = (("Шаг", "Строк"), ("Step", "Rows"))
    table = Table(header[0] if language == "ru" else header[1], rows)
    return Picture(data_uri(funnel_svg(funnel, language=language), "svg"), words), table


def _title(result: Result, language: Language) -> str:
    return f"{say(('Отчёт об оценке', 'Evaluation report'), language)}: {result['task']}"


def _about(result: Result, language: Language) -> str:
    parts = [
        f"{say(('выпуск', 'release'), language)} {result['release']}",
        f"{say(('данные до', 'data up to'), language)} {_moment(result['as_of'], language)}",
    ]
    return ", ".join(parts)


def _moment(as_of: str, language: Language) -> str:
    """A time of the manifest as people write it; the text itself where it is no time."""
    try:
        moment = datetime.fromisoformat(as_of)
    except ValueError:
        return as_of
    zone = " UTC" if moment.utcoffset() in {None, timedelta()} else f" UTC{moment:%z}"
    return moment.strftime("%d.%m.%Y %H:%M" if language == "ru" else "%Y-%m-%d %H:%M") + zone


def _block_markdown(block: str | Table | Verdict | Picture | Samples, language: Language) -> str:
    if isinstance(block, Table):
        return render_markdown(block)
    if isinstance(block, Verdict):
        reasons = "\n".join(f"- {escape_markdown(reason)}" for reason in block.reasons)
        return f"**{escape_markdown(block.sentence)}**\n\n{reasons}"
    if isinstance(block, Picture):
        return f"![{escape_markdown(block.words)}]({block.address})\n\n{escape_markdown(block.words)}"
    if isinstance(block, Samples):
        summary = escape_markdown(samples_summary(block.samples, language))
        return f"{summary}\n\n{render_markdown(samples_table(block.samples, language))}"
    return escape_markdown(block)


def _block_html(block: str | Table | Verdict | Picture | Samples, language: Language) -> str:
    if isinstance(block, Table):
        return _table_html(block)
    if isinstance(block, Verdict):
        reasons = "".join(f"<li>{escape(reason)}</li>" for reason in block.reasons)
        kind = "good" if block.is_good else "bad"
        return f'<div class="verdict {kind}"><p><strong>{escape(block.sentence)}</strong></p><ul>{reasons}</ul></div>'
    if isinstance(block, Picture):
        words = escape(block.words)
        return f'<figure><img src="{block.address}" alt="{words}"><figcaption>{words}</figcaption></figure>'
    if isinstance(block, Samples):
        cards = "\n".join(_sample_html(sample, language) for sample in block.samples)
        return f"<p>{escape(samples_summary(block.samples, language))}</p>\n{cards}"
    return f"<p>{escape(block)}</p>"


def _table_html(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.header)
    rows = []
    for first, *others in table.rows:
        cells = "".join(f"<td{_cell_class(cell)}>{_INTERVAL.sub(_UNBROKEN, escape(cell))}</td>" for cell in others)
        rows.append(f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>')
    body = "\n".join(rows)
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>'
    )


def _cell_class(cell: str) -> str:
    return {"✓": ' class="yes"', "✗": ' class="no"'}.get(cell, "")


def _sample_html(sample: Sample, language: Language) -> str:
    columns = [
        (say(("Базовая модель", "Base model"), language), sample.base or "—", base_text(sample, language)),
        (
            say(("Дообученная модель", "Fine-tuned model"), language),
            sample.tuned or "—",
            outcome_text(sample, language),
        ),
        (say(("Ответ человека", "Human answer"), language), reference_text(sample, language), ""),
    ]
    cells = "".join(
        f"<div><h4>{escape(title)}</h4><p>{escape(text)}</p>"
        + (f'<p class="outcome">{escape(note)}</p>' if note else "")
        + "</div>"
        for title, text, note in columns
    )
    stratum = escape(name_of(STRATA, sample.stratum, language))
    return (
        f'<article class="{sample.outcome}"><h3><span class="mark">{mark(sample)}</span> {escape(sample.question)} '
        f'<span class="stratum">{stratum}</span></h3><div class="side">{cells}</div></article>'
    )
