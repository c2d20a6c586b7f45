"""The report: what changed by the fine-tuning, how sure that is, and why it is released or not.

Reads data only: an evaluation's result, samples, the funnel, the training's history. Writes nothing: Markdown, HTML
and pictures come back as text and bytes. Not here: evaluating, deciding, publishing.
"""

from ft_pipeline.report.page import funnel_markdown, report_html, report_markdown
from ft_pipeline.report.pictures import curve_png, data_uri, funnel_svg, training_png
from ft_pipeline.report.samples import Sample, pick_samples, samples_markdown
from ft_pipeline.report.tables import table_markdown, verdict_sentence
from ft_pipeline.report.wording import Language

__all__ = [
    "Language",
    "Sample",
    "curve_png",
    "data_uri",
    "funnel_markdown",
    "funnel_svg",
    "pick_samples",
    "report_html",
    "report_markdown",
    "samples_markdown",
    "table_markdown",
    "training_png",
    "verdict_sentence",
]
