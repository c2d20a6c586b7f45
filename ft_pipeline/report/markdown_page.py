"""The report as Markdown, pictures as `data:` addresses. Texts that came from tickets are escaped here."""

from __future__ import annotations

from collections.abc import Sequence

from ft_pipeline.report.blocks import Block, Mistakes, Picture, Samples, Verdict
from ft_pipeline.report.material import Material
from ft_pipeline.report.mistake_words import mistakes_summary, mistakes_table
from ft_pipeline.report.samples import samples_summary, samples_table
from ft_pipeline.report.sections import about, funnel_blocks, sections, title
from ft_pipeline.report.tables import Table, escape_markdown, render_markdown
from ft_pipeline.report.wording import Language


def report_markdown(material: Material) -> str:
    """The whole report as Markdown."""
    language = material.language
    parts = [f"# {escape_markdown(title(material.result, language))}"]
    parts.append(escape_markdown(about(material.result, language)))
    for section in sections(material):
        if section.title:
            parts.append(f"## {escape_markdown(section.title)}")
        parts += [_block(block, language) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def funnel_markdown(funnel: Sequence[tuple[str, int]], *, language: Language) -> str:
    """The funnel as a Markdown table with its picture above."""
    return "\n\n".join(_block(block, language) for block in funnel_blocks(funnel, language))


def _block(block: Block, language: Language) -> str:
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
    if isinstance(block, Mistakes):
        summary = escape_markdown(mistakes_summary(block, language))
        return f"{summary}\n\n{render_markdown(mistakes_table(block, language))}"
    return escape_markdown(block)
