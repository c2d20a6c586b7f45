"""Questions from a document's headings, answered by the paragraph below: grounded, word by word.

Here: finding headings and their paragraphs, wording the question. Not here: reading files (ingest).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ft_pipeline.records import Document

_HEADING = re.compile(r"^(?:#{1,6}\s+(?P<marked>.+?)\s*#*|(?P<asked>[^\n]{8,160}\?))\s*$")
_LEAST_CHARS, _MOST_CHARS = 40, 900  # of an answer
_GENERIC = re.compile(
    r"^(?:введение|общие положения|общая информация|содержание|оглавление|примечани\w+|важно|история изменений"
    r"|контакты|приложение.*"
    r"|термины.*|условия|тарифы|сроки|цены|документы|вопросы и ответы|faq)$",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"^(?:как|какой|какая|какое|какие|сколько|где|когда|куда|почему|зачем|кто|что|чем|можно)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Grounded:
    """One question with a verbatim span of a document as its answer."""

    document_id: str
    source: str
    heading: str
    question: str
    answer: str


def from_documents(documents: Sequence[Document]) -> Iterator[Grounded]:
    """One grounded pair per heading with a paragraph of fitting length, in the order of the documents' ids."""
    for document in sorted(documents, key=lambda item: item.document_id):
        for heading, paragraph in _sections(document.text):
            if _LEAST_CHARS <= len(paragraph) <= _MOST_CHARS:
                question = _question(heading, document.title)
                if question:
                    yield Grounded(document.document_id, document.source, heading, question, paragraph)


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """(heading, first paragraph below it); the paragraph is a span of the text."""
    heading = ""
    start = position = 0
    for line in [*text.splitlines(keepends=True), "\n"]:
        found = _HEADING.match(line.strip()) if line.strip() else None
        is_end = found is not None or not line.strip()
        if heading and is_end and text[start:position].strip():
            yield heading, text[start:position].strip()
            heading = ""
        position += len(line)
        if found is not None:
            heading = (found.group("marked") or found.group("asked")).strip(" *_")
            start = position


def _question(heading: str, title: str) -> str:
    """The heading as a question; with the document's title where the heading alone says too little."""
    bare = re.sub(r"^[\d.)\s]+", "", heading).strip(" .:")
    if not bare:
        return ""
    if bare.endswith("?"):
        return bare
    if _ASKING.match(bare):
        return f"{bare}?"
    if _GENERIC.match(bare) or len(bare) < 8:
        return f"{title.strip(' .:')}: {bare[0].lower()}{bare[1:]}?" if title.strip() else ""
    return f"{bare}?"
