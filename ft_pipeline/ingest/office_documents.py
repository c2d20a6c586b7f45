"""DOCX and PDF files -> documents of the knowledge base: a title and the text.

Here: paragraphs, headings, lists and tables of DOCX in their order; pages of PDF with the lines joined that the page
broke, and the lines dropped that repeat on every page. Not here: markdown, HTML, plain text (documents.py), sizes and
zip bombs (files.py).

What nobody can read has a reason: `encrypted`, `scanned` (pictures of pages, no text: recognise them first),
`broken_docx`, `broken_pdf`, `old_doc` (Word 97).
"""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ft_pipeline.ingest.files import SourceFile
from ft_pipeline.ingest.tables import BadRow, Options, RawRow, Table

if TYPE_CHECKING:
    from docx.table import Table as WordTable

COLUMNS = ("title", "text")
_OLE = b"\xd0\xcf\x11\xe0"
_MOST_PAGES = 3_000
_LEAST_CHARS_PER_PAGE = 10  # below this on average the pages are pictures
_REPEATED_SHARE = 0.6  # of the pages: a line on so many of them is a header or footer
_HEADING = re.compile(r"(?:heading|заголовок) ?(\d)", re.IGNORECASE)
_LIST = re.compile(r"list|список", re.IGNORECASE)
_HYPHENATED = re.compile(r"(?<=[а-яёa-z])[-\u00ad]\n(?=[а-яёa-z])")
_BROKEN_LINE = re.compile(r"(?<![.!?:;…»\")\]])\n(?=[а-яёa-z(«])")
_PAGE_NUMBER = re.compile(
    r"\W*(?:page|стр(?:аница)?|лист|с)?\W{0,3}\d{1,5}(?:\s*(?:of|из|/)\s*\d{1,5})?\W*", re.IGNORECASE
)


_PAGE_OF = re.compile(r"\b\d{1,5}\s*(?:of|из|/)\s*\d{1,5}\b")
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"})


class _Unusable(Exception):
    """This document cannot be used, and why."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


def read_docx(files: Sequence[SourceFile], options: Options) -> Table:
    """Reads DOCX files, one document each."""
    del options
    return _table(files, _docx)


def read_pdf(files: Sequence[SourceFile], options: Options) -> Table:
    """Reads PDF files, one document each."""
    del options
    return _table(files, _pdf)


def _table(files: Sequence[SourceFile], parse: Callable[[Path], tuple[str, str]]) -> Table:
    rows: list[RawRow | BadRow] = []
    for file in files:
        try:
            title, text = parse(file.path)
        except _Unusable as problem:
            rows.append(BadRow(1, problem.reason, problem.detail, file.name))
            continue
        text = text.replace("\x00", "")
        if not text.strip():
            rows.append(BadRow(1, "empty_text", "no text in the file", file.name))
            continue
        title = " ".join(title.replace("\x00", "").split()) or PurePosixPath(file.name).stem
        rows.append(RawRow(1, {"title": title[:300], "text": text}, file.name))
    return Table(list(COLUMNS), rows)


def _docx(path: Path) -> tuple[str, str]:
    import docx

    data = path.read_bytes()
    if data.startswith(_OLE):
        raise _Unusable("old_doc", "an encrypted document or a .doc of Word 97; save it as .docx without a password")
    try:
        document = docx.Document(io.BytesIO(data))
        lines = list(_docx_lines(document))
        title = str(document.core_properties.title or "")
    except Exception as error:  # a hostile package breaks zip, XML and the object model in turn
        raise _Unusable("broken_docx", f"{type(error).__name__}; open it in an editor and save it again") from None
    headings = (line.lstrip("# ") for line in lines if line.startswith("# "))
    return next(headings, "") or title, re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _docx_lines(document: Any) -> Iterator[str]:
    """The body in its order; a heading as in Markdown, a table row by row."""
    from docx.table import Table as WordTable
    from docx.text.paragraph import Paragraph

    for element in _blocks(document.element.body):
        if element.tag.endswith("}tbl"):
            yield from _table_lines(WordTable(element, document))
            yield ""
            continue
        block = Paragraph(element, document)
        text = _words(element)
        style = str(block.style.name if block.style is not None else "")
        heading = _HEADING.search(style)
        if heading and text:
            yield from ("", f"{'#' * int(heading.group(1))} {text}", "")
        elif style.lower() in {"title", "название"} and text:
            yield from (f"# {text}", "")
        elif text and (_LIST.search(style) or (block._p.pPr is not None and block._p.pPr.numPr is not None)):
            yield f"- {text}"
        else:
            yield text


def _blocks(parent: Any) -> Iterator[Any]:
    """The paragraphs and tables of a body in their order; content controls and insertions are opened."""
    for element in parent.iterchildren("{*}p", "{*}tbl", "{*}sdt", "{*}sdtContent", "{*}ins", "{*}customXml"):
        if element.tag.endswith(("}p", "}tbl")):
            yield element
        else:
            yield from _blocks(element)


def _words(paragraph: Any) -> str:
    """What stands in a paragraph, links and accepted insertions too; a picture's second form only once."""
    pieces = []
    for node in paragraph.iter("{*}t", "{*}tab", "{*}br", "{*}cr", "{*}noBreakHyphen"):
        is_second = any(above.tag.endswith("}Fallback") for above in node.iterancestors("{*}Fallback"))
        if not is_second and not node.getparent().tag.endswith("}tabs"):
            name = node.tag.rpartition("}")[2]
            pieces.append(node.text or "" if name == "t" else {"tab": "\t", "noBreakHyphen": "-"}.get(name, "\n"))
    return "".join(pieces).strip()


def _table_lines(table: WordTable) -> Iterator[str]:
    for row in table.rows:
        cells: list[str] = []
        seen: set[int] = set()
        for cell in row.cells:  # a merged cell comes once per column that it spans
            if id(cell._tc) not in seen:
                seen.add(id(cell._tc))
                inside = (_words(paragraph) for paragraph in cell._tc.iter("{*}p"))
                cells.append(" ".join(" ".join(inside).split()))
        if any(cells):
            yield " | ".join(cells)


def _pdf(path: Path) -> tuple[str, str]:
    import pypdf
    from pypdf.errors import FileNotDecryptedError

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it warns of every flaw of every file
    try:
        reader = pypdf.PdfReader(path, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise _Unusable("encrypted", "the file has a password; save it without one")
        if len(reader.pages) > _MOST_PAGES:
            raise _Unusable("too_many_pages", f"{len(reader.pages)} pages, at most {_MOST_PAGES}; split the file")
        pages = [(page.extract_text() or "").translate(_LIGATURES) for page in reader.pages]
        title = str(reader.metadata.title or "") if reader.metadata is not None else ""
    except _Unusable:
        raise
    except FileNotDecryptedError:
        raise _Unusable("encrypted", "the file has a password; save it without one") from None
    except Exception as error:  # a hostile file breaks the parser in ways of its own
        raise _Unusable(
            "broken_pdf", f"{type(error).__name__}; open it in a viewer and print it to PDF again"
        ) from None
    if pages and sum(len(page.strip()) for page in pages) < _LEAST_CHARS_PER_PAGE * len(pages):
        raise _Unusable("scanned", f"{len(pages)} pages without text: pictures; recognise the text first (OCR)")
    return _pdf_title(title, pages), _joined(_without_repeated(pages))


def _pdf_title(stated: str, pages: Sequence[str]) -> str:
    """The stated title, unless it is what a program writes there (a file name, "Microsoft Word - …")."""
    if stated.strip() and not re.search(r"\.\w{2,4}$|^microsoft|^untitled|^без имени", stated.strip(), re.IGNORECASE):
        return stated
    first = next((line.strip() for page in pages for line in page.split("\n") if line.strip()), "")
    return first if len(first) <= 120 else ""


def _without_repeated(pages: Sequence[str]) -> list[str]:
    """Pages without their page numbers and the first and last lines that stand on most of them."""
    if len(pages) < 3:
        return list(pages)
    split = [[line.strip() for line in page.strip().split("\n")] for page in pages]
    edges = Counter(_shape(line) for lines in split for line in {*lines[:2], *lines[-2:]} if line)
    repeated = {shape for shape, count in edges.items() if count >= max(3, _REPEATED_SHARE * len(pages))}
    kept = []
    for lines in split:
        last = len(lines) - 2
        inner = [
            line
            for place, line in enumerate(lines)
            if not (line and (place < 2 or place >= last) and _shape(line) in repeated)
        ]
        kept.append("\n".join(inner))
    return kept


def _shape(line: str) -> str:
    """A line as it is compared from page to page: page numbers are all the same, "Step 1" and "Step 2" are not."""
    return "0" if _PAGE_NUMBER.fullmatch(line) else _PAGE_OF.sub("0/0", line.lower())


def _joined(pages: Sequence[str]) -> str:
    """The pages as one text; words and sentences that a line or a page broke are whole again."""
    text = "\n".join(page.strip() for page in pages if page.strip()).replace("\u00ad\n", "-\n")
    text = _HYPHENATED.sub("", text)
    return _BROKEN_LINE.sub(" ", text).strip()
