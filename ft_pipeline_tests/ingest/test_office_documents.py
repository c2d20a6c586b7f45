"""DOCX and PDF become documents; what nobody can read has a reason."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from ft_pipeline.ingest.office_documents import _LIGATURES
from ft_pipeline_tests.ingest.exports import read, read_files, reasons


def docx_bytes() -> bytes:
    import docx

    document = docx.Document()
    document.add_heading("Правила возврата", level=1)
    document.add_paragraph("Вернуть обувь можно за 14 дней.")
    document.add_paragraph("чек", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for number, text in enumerate(["Срок", "Цена", "14 дней", "300 ₽"]):
        table.cell(number // 2, number % 2).text = text
    document.add_paragraph("После таблицы.")
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def pdf_bytes(pages: Sequence[Sequence[str]], *, title: str = "", password: str = "") -> bytes:
    """A PDF with one line of Latin text under the other; the standard fonts have no Cyrillic."""
    import pypdf
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = pypdf.PdfWriter()
    for lines in pages:
        page = writer.add_blank_page(width=400, height=600)
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        shown = " ".join(f"({line}) Tj 0 -20 Td" for line in lines)
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 560 Td {shown} ET".encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(stream)
    if title:
        writer.add_metadata({"/Title": title})
    if password:
        writer.encrypt(password, algorithm="AES-256")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def test_a_docx_keeps_headings_lists_and_tables_in_their_order(tmp_path: Path) -> None:
    result = read_files(tmp_path, {"правила.docx": docx_bytes()}, "auto", kind="documents")
    (document,) = result.documents
    assert (document.document_id, document.title) == ("s-правила.docx", "Правила возврата")
    assert [line for line in document.text.split("\n") if line] == [
        "# Правила возврата",
        "Вернуть обувь можно за 14 дней.",
        "- чек",
        "Срок | Цена",
        "14 дней | 300 ₽",
        "После таблицы.",
    ]


def test_a_pdf_is_joined_across_lines_and_loses_what_repeats_on_every_page(tmp_path: Path) -> None:
    pages = [
        ["ACME manual", f"Step {n}", "Know that deli-", f"very {n} is", f"free. {n}", f"page {n} of 4"]
        for n in range(4)
    ]
    result = read_files(tmp_path, {"manual.pdf": pdf_bytes(pages, title="Delivery")}, "auto", kind="documents")
    (document,) = result.documents
    assert document.title == "Delivery"
    assert document.text.split("\n")[:3] == ["Step 0", "Know that delivery 0 is free. 0", "Step 1"]
    assert "ACME" not in document.text
    assert "of 4" not in document.text


def test_two_pages_are_too_few_to_call_a_line_repeated(tmp_path: Path) -> None:
    pages = [["Same first line", "one."], ["Same first line", "two."]]
    result = read_files(tmp_path, {"m.pdf": pdf_bytes(pages)}, "pdf", kind="documents")
    assert result.documents[0].text.count("Same first line") == 2


@pytest.mark.parametrize("title", ["Microsoft Word - a.doc", "manual_final.docx", "Untitled", ""])
def test_a_title_that_a_program_wrote_gives_way_to_the_first_line(tmp_path: Path, title: str) -> None:
    data = pdf_bytes([["How to return shoes", "In 14 days."]], title=title)
    assert read_files(tmp_path, {"m.pdf": data}, "pdf", kind="documents").documents[0].title == "How to return shoes"


def unpacked_docx(without: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx_bytes())) as source, zipfile.ZipFile(target, "w") as copy:
        for item in source.infolist():
            if item.filename != without:
                copy.writestr(item, source.read(item))
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.pdf", pdf_bytes([["secret text of the page"]], password="x"), "encrypted"),
        ("a.pdf", pdf_bytes([[], []]), "scanned"),
        ("a.pdf", b"%PDF-1.4\nnothing", "broken_pdf"),
        ("a.pdf", pdf_bytes([["a text that is long enough"]])[:300], "broken_pdf"),
        ("a.docx", unpacked_docx("word/document.xml"), "broken_docx"),
    ],
)
def test_what_nobody_can_read_is_named_and_the_next_file_is_read(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    result = read_files(tmp_path, {name: content, "b.docx": docx_bytes()}, "auto", kind="documents")
    assert reasons(result) == {reason: 1}
    assert [document.title for document in result.documents] == ["Правила возврата"]


def test_a_pdf_locked_against_printing_only_is_read(tmp_path: Path) -> None:
    import pypdf

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_bytes([["Free for all readers."]])))
    writer.encrypt(user_password="", owner_password="boss", algorithm="AES-256")
    target = io.BytesIO()
    writer.write(target)
    result = read_files(tmp_path, {"a.pdf": target.getvalue()}, "pdf", kind="documents")
    assert result.documents[0].text == "Free for all readers."


def test_documents_beside_each_other_are_all_read(tmp_path: Path) -> None:
    files = {"a.docx": docx_bytes(), "b.pdf": pdf_bytes([["A text of its own."]]), "c.md": "# В\n\nтекст", "d.txt": "г"}
    result = read_files(tmp_path, files, "auto", kind="documents")
    assert len(result.documents) == 4
    assert read(tmp_path, "auto", kind="documents").documents == result.documents


def test_containers_insertions_links_and_nested_tables_of_a_document_are_read(tmp_path: Path) -> None:
    import docx
    from docx.oxml import parse_xml

    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    run = "<w:r><w:t xml:space='preserve'>{}</w:t></w:r>"
    document = docx.Document()
    table = document.add_table(rows=1, cols=1)
    table.cell(0, 0).text = "ячейка"
    table.cell(0, 0).add_table(1, 1).cell(0, 0).text = "внутри"
    body = document.element.body
    for inner in (
        f"<w:sdt {space}><w:sdtContent><w:p>{run.format('в контейнере')}</w:p></w:sdtContent></w:sdt>",
        f"<w:p {space}>{run.format('цена ')}<w:del><w:r><w:delText>100</w:delText></w:r></w:del>"
        f"<w:ins>{run.format('200')}</w:ins><w:hyperlink>{run.format(' по ссылке')}</w:hyperlink></w:p>",
    ):
        body.insert(0, parse_xml(inner))
    document.save(str(tmp_path / "a.docx"))
    (found,) = read(tmp_path / "a.docx", "docx", kind="documents").documents
    assert found.text.split("\n") == ["цена 200 по ссылке", "в контейнере", "ячейка внутри"]


def test_a_page_of_a_knowledge_base_is_its_main_part_without_the_menu(tmp_path: Path) -> None:
    page = "<title>Возврат</title><nav>Меню</nav><main><p>За 14 дней.</p></main><footer>Подвал</footer>"
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    (tmp_path / "~$a.docx").write_bytes(b"x")
    (found,) = read(tmp_path, "auto", kind="documents").documents
    assert (found.title, found.text) == ("Возврат", "За 14 дней.")


def test_a_footer_that_counts_the_pages_is_dropped_and_ligatures_are_letters(tmp_path: Path) -> None:
    pages = [[f"Chapter {n}", f"text {n}", f"manual.html {n + 1}/4"] for n in range(4)]
    (document,) = read_files(tmp_path, {"m.pdf": pdf_bytes(pages)}, "auto", kind="documents").documents
    assert "manual.html" not in document.text
    assert all(f"Chapter {n}" in document.text for n in range(4))
    assert "ﬁle".translate(_LIGATURES) == "file"
