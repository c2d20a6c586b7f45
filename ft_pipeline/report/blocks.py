"""What a section of the report can hold; each renderer knows all of these.

Here: types only. Not here: filling them (sections), rendering them (html_page, markdown_page).
"""

from __future__ import annotations

from dataclasses import dataclass

from ft_pipeline.report.material import MistakeGroup
from ft_pipeline.report.samples import Sample
from ft_pipeline.report.tables import Table


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
class Mistakes:
    """Wrong answers grouped by cause."""

    groups: tuple[MistakeGroup, ...]


Block = str | Table | Verdict | Picture | Samples | Mistakes


@dataclass(frozen=True)
class Section:
    """A heading ("" = none) and what stands under it."""

    title: str
    blocks: tuple[Block, ...]
    kind: str = ""  # a class of the style sheet
