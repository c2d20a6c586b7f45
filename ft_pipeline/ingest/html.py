"""HTML of a document, a comment or a mail -> a tree without hidden parts, and its text.

Here: the nesting cap, hidden nodes, the text of a tree. Not here: which parts of a mail are quotes (quotes.py), what
a document's title is (documents.py).
"""

from __future__ import annotations

import html as entities
import re
from html.parser import HTMLParser
from typing import Any

MAX_NESTING = 200  # inscriptis returns nothing, in silence, for 50,000 nested tags
_OFTEN_OPEN = "area base br col embed hr img input link meta source track wbr p li td tr th option dt dd"
_VOID = frozenset(_OFTEN_OPEN.split())
_HIDDEN = (
    ".//script | .//style | .//noscript | .//template | .//head | .//*[@hidden] | "
    ".//*[contains(translate(@style, ' ', ''), 'display:none')]"
)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_TAG = re.compile(r"<[!/a-zA-Z]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # lxml refuses them
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")


class NestedTooDeepError(ValueError):
    """More tags stand in each other than a parser can be trusted with."""


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


def parse_html(content: str) -> Any:
    """The whole tree of an HTML text, None where there is nothing in it.

    Raises:
        NestedTooDeepError: more than `MAX_NESTING` tags stand in each other.
    """
    import lxml.html
    from lxml.etree import ParserError

    nesting = _Nesting()
    nesting.feed(content)
    if nesting.deepest > MAX_NESTING:
        raise NestedTooDeepError(f"{nesting.deepest} nested tags, at most {MAX_NESTING}")
    # Without its declaration: lxml refuses a text (not bytes) that names an encoding.
    body = _CONTROL.sub(" ", _DECLARATION.sub("", content))
    try:
        return lxml.html.fromstring(body) if body.strip() else None
    except ParserError:  # nothing but comments
        return None


def drop(tree: Any, xpath: str) -> None:
    """Takes every node of an expression away, with all that stands in it; the text behind it stays."""
    for node in tree.xpath(xpath):
        if node.getparent() is not None:
            node.drop_tree()


def text_of_tree(tree: Any) -> str:
    """The text that a reader sees."""
    from inscriptis import Inscriptis

    drop(tree, _HIDDEN)
    return _BLANK_LINES.sub("\n\n", str(Inscriptis(tree).get_text())).strip()


def html_to_text(content: str) -> str:
    """The text that a reader of an HTML fragment sees; a text without tags only loses its entities.

    Raises:
        NestedTooDeepError: more than `MAX_NESTING` tags stand in each other.
    """
    if not _TAG.search(content):
        return entities.unescape(content).strip()
    tree = parse_html(content)
    return "" if tree is None else flush(text_of_tree(tree))


def flush(text: str) -> str:
    """The lines without the indentation that boxes in boxes leave."""
    return "\n".join(line.strip() for line in text.split("\n"))
