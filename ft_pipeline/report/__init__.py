"""The report: what changed by the fine-tuning, how sure that is, what it costs, and why it is released or not.

Reads data only: an evaluation's result and tables, facts of manifests, prices and people of task.yaml (`Material`).
Writes nothing: Markdown, HTML and pictures come back as text. Not here: evaluating, deciding, publishing.
"""

from ft_pipeline.report.charts import curve_svg, loss_svg, score_svg
from ft_pipeline.report.html_page import report_html
from ft_pipeline.report.intents import intent_lines, intents_svg
from ft_pipeline.report.markdown_page import funnel_markdown, report_markdown
from ft_pipeline.report.material import (
    Confirmed,
    Contract,
    IntentLine,
    Lesson,
    Material,
    Mistake,
    MistakeGroup,
    Sheet,
    Usage,
)
from ft_pipeline.report.mistakes import group_mistakes
from ft_pipeline.report.pictures import data_uri, funnel_svg
from ft_pipeline.report.samples import Sample, pick_samples, samples_markdown
from ft_pipeline.report.tables import table_markdown, verdict_sentence
from ft_pipeline.report.wording import Language, reason_text

__all__ = [
    "Confirmed",
    "Contract",
    "IntentLine",
    "Language",
    "Lesson",
    "Material",
    "Mistake",
    "MistakeGroup",
    "Sample",
    "Sheet",
    "Usage",
    "curve_svg",
    "data_uri",
    "funnel_markdown",
    "funnel_svg",
    "group_mistakes",
    "intent_lines",
    "intents_svg",
    "loss_svg",
    "pick_samples",
    "reason_text",
    "report_html",
    "report_markdown",
    "samples_markdown",
    "score_svg",
    "table_markdown",
    "verdict_sentence",
]
