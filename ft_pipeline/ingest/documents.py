"""Document files -> a title and plain text.

Here: markdown, html, txt. Not here: tables of documents (tables.py), docx and pdf (office_documents.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ft_pipeline.ingest.html import NestedTooDeepError, drop, parse_html, text_of_tree
from ft_pipeline.ingest.tables import Options, read_text

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_STATED = re.compile(r"^title:[ \t]*(\S.*?)[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} +(.+?)#* *$", re.MULTILINE)


@dataclass(frozen=True)
class ReadDocument:
    """One file's title and text; where `reason` is not "" the file was not usable and `detail` says why."""

    title: str
    text: str
    reason: str = ""
    detail: str = ""


def read_document(path: Path, file_format: str, options: Options) -> ReadDocument:
    """Reads one document file."""
    content = read_text(path, options)
    if content is None:
        return ReadDocument("", "", "unreadable_encoding", "save the file as UTF-8 or name its `encoding`")
    if "\x00" in content:
        return ReadDocument("", "", "nul_byte", "the file holds NUL bytes; it is not a text file")
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    if file_format == "html":
        document = _from_html(content, path.stem)
    elif file_format == "markdown":
        document = _from_markdown(content, path.stem)
    else:
        document = ReadDocument(path.stem, content.strip())
    if not document.reason and not document.text:
        return ReadDocument("", "", "empty_text", "no text in the file")
    return document


def _from_markdown(content: str, stem: str) -> ReadDocument:
    body = _COMMENT.sub("", _FRONT_MATTER.sub("", content)).strip()
    heading = _HEADING.search(body)
    front = _FRONT_MATTER.match(content)
    stated = _STATED.search(front.group()) if front else None
    title = heading.group(1) if heading else stated.group(1).strip("\"'") if stated else stem
    return ReadDocument(title.strip(), body)


def _from_html(content: str, stem: str) -> ReadDocument:
    try:
        tree = parse_html(content)
    except NestedTooDeepError as error:
        return ReadDocument("", "", "nested_too_deep", str(error))
    if tree is None:
        return ReadDocument("", "")
    drop(tree, ".//nav | .//footer | .//form | .//*[@role='navigation']")
    mains = [node for node in tree.iterfind(".//main") if node.text_content().strip()]
    titles = [tree.findtext(".//title") or "", *(node.text_content() for node in tree.iterfind(".//h1"))]
    title = next((" ".join(item.split()) for item in titles if item.strip()), stem)
    return ReadDocument(title, text_of_tree(mains[0] if len(mains) == 1 else tree))
