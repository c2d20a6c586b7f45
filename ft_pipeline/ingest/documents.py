"""Document files -> a title and plain text.

Here: markdown, html, txt. Not here: tables of documents (tables.py), pdf and docx (a later reader).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from ft_pipeline.ingest.tables import Options, read_text

_MAX_NESTING = 200  # inscriptis returns nothing, in silence, for 50,000 nested tags
_OFTEN_OPEN = "area base br col embed hr img input link meta source track wbr p li td tr th option dt dd"
_VOID = frozenset(_OFTEN_OPEN.split())
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(.+?)#* *$", re.MULTILINE)
_HIDDEN = (
    ".//script | .//style | .//noscript | .//template | .//head | .//*[@hidden] | "
    ".//*[contains(translate(@style, ' ', ''), 'display:none')]"
)


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
    body = _FRONT_MATTER.sub("", content).strip()
    heading = _HEADING.search(body)
    return ReadDocument(heading.group(1).strip() if heading else stem, body)


class _Nesting(HTMLParser):
    """Counts how deep tags stand in each other; tags that are often left open do not count."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = self.deepest = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag not in _VOID:
            self.depth += 1
            self.deepest = max(self.deepest, self.depth)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            self.depth = max(0, self.depth - 1)


def _from_html(content: str, stem: str) -> ReadDocument:
    nesting = _Nesting()
    nesting.feed(content)
    if nesting.deepest > _MAX_NESTING:
        return ReadDocument("", "", "nested_too_deep", f"{nesting.deepest} nested tags, at most {_MAX_NESTING}")
    if not content.strip():
        return ReadDocument("", "")
    import lxml.html
    from inscriptis import Inscriptis

    # Without its declaration: lxml refuses a text (not bytes) that names an encoding.
    tree = lxml.html.fromstring(re.sub(r"\A\s*<\?xml[^>]*\?>", "", content))
    titles = [tree.findtext(".//title") or "", *(node.text_content() for node in tree.iterfind(".//h1"))]
    for node in tree.xpath(_HIDDEN):
        if node.getparent() is not None:
            node.drop_tree()
    title = next((" ".join(item.split()) for item in titles if item.strip()), stem)
    return ReadDocument(title, Inscriptis(tree).get_text().strip())
