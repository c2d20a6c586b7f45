"""The sheet as an XLSX workbook: written for people, read back as found.

Here: cells, drop-down lists, widths. Not here: whether what was filled in is acceptable (checking).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ft_pipeline.review.filled import FilledRow, FilledSheet, ReviewError
from ft_pipeline.review.sheet import BlindSheet
from ft_pipeline.review.words import COLUMNS, DECISIONS, FIELDS, HELP, TABS, VERDICTS, allowed, say

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_WIDTHS = {"code": 14, "question": 46, "answer": 70, "verdict": 12, "comment": 36}
_MOST_ROWS = 10_000  # a sheet of ours is far smaller; a file that claims more is not one
_MOST_BYTES = 100_000_000  # of a sheet, unpacked


def write_workbook(sheet: BlindSheet, path: Path) -> None:
    """Writes the workbook: answers, signature, how to fill in."""
    from openpyxl import Workbook

    book = Workbook()
    answers = book.active
    assert answers is not None
    _fill_answers(answers, sheet)
    _fill_signature(book.create_sheet(), sheet)
    _fill_help(book.create_sheet(), sheet.language)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def read_workbook(path: Path, language: str) -> FilledSheet:
    """Everything that stands in a workbook; `language` is that of the error messages.

    Raises:
        ReviewError: the file is no workbook, or tabs or columns are missing.
    """
    from openpyxl import load_workbook

    try:
        _refuse_bombs(path)
        book = load_workbook(path, data_only=True)
    except Exception as error:  # whatever is wrong inside a damaged workbook comes out of openpyxl as it is
        text = (
            "{file}: файл не читается как таблица XLSX ({error}); дождитесь конца копирования или сохраните его снова",
            "{file}: found no readable workbook ({error}); expected XLSX; save it again and let it be "
            "copied completely",
        )
        raise ReviewError(say(text, language).format(file=path.name, error=type(error).__name__)) from None
    answers, signature = (_tab(book, name, path, language) for name in ("answers", "signature"))
    return FilledSheet(path.name, "table", _read_fields(signature), _read_rows(answers, path, language))


def _refuse_bombs(path: Path) -> None:
    """A sheet is small; raises ValueError where unpacking would fill the memory."""
    import zipfile

    with zipfile.ZipFile(path) as archive:
        size = sum(item.file_size for item in archive.infolist())
    if size > _MOST_BYTES:
        raise ValueError(f"{size} bytes unpacked, at most {_MOST_BYTES}")


def _fill_answers(tab: Worksheet, sheet: BlindSheet) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    tab.title = say(TABS["answers"], sheet.language)
    for place, (name, words) in enumerate(COLUMNS.items(), 1):
        cell = tab.cell(1, place, say(words, sheet.language))
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="EEF2F6")
        tab.column_dimensions[get_column_letter(place)].width = _WIDTHS[name]
    for number, row in enumerate(sheet.rows, 2):
        for place, text in enumerate((row.code, row.question, row.answer, "", ""), 1):
            _write(tab, number, place, text)
            tab.cell(number, place).alignment = Alignment(wrap_text=True, vertical="top")
        tab.cell(number, 4).fill = PatternFill("solid", fgColor="FFF8DC")
    tab.freeze_panes = "B2"
    verdicts = DataValidation(type="list", formula1=f'"{allowed(VERDICTS, sheet.language).replace(", ", ",")}"')
    tab.add_data_validation(verdicts)
    verdicts.add(f"D2:D{max(2, len(sheet.rows) + 1)}")


def _fill_signature(tab: Worksheet, sheet: BlindSheet) -> None:
    from openpyxl.styles import Font, PatternFill
    from openpyxl.worksheet.datavalidation import DataValidation

    tab.title = say(TABS["signature"], sheet.language)
    tab.column_dimensions["A"].width = 26
    tab.column_dimensions["B"].width = 72
    known = {"sheet_id": sheet.sheet_id, "release_id": sheet.release_id, "adapter_hash": sheet.adapter_hash}
    for number, (name, words) in enumerate(FIELDS.items(), 1):
        _write(tab, number, 1, say(words, sheet.language))
        tab.cell(number, 1).font = Font(bold=True)
        _write(tab, number, 2, known.get(name, ""))
        if name not in known:
            tab.cell(number, 2).fill = PatternFill("solid", fgColor="FFF8DC")
        if name == "decision":
            decisions = DataValidation(
                type="list", formula1=f'"{allowed(DECISIONS, sheet.language).replace(", ", ",")}"'
            )
            tab.add_data_validation(decisions)
            decisions.add(f"B{number}")


def _fill_help(tab: Worksheet, language: str) -> None:
    from openpyxl.styles import Alignment

    tab.title = say(TABS["help"], language)
    tab.column_dimensions["A"].width = 100
    for number, words in enumerate(HELP, 1):
        tab.cell(number, 1, f"{number}. {say(words, language)}").alignment = Alignment(wrap_text=True)


def _write(tab: Worksheet, row: int, column: int, text: str) -> None:
    """A text as a text: never a formula, never a sign that XLSX cannot hold."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell = tab.cell(row, column)
    cell.value = ILLEGAL_CHARACTERS_RE.sub(" ", text)
    if text:
        cell.data_type = "s"


def _tab(book: Any, name: str, path: Path, language: str) -> Any:
    for title in TABS[name]:
        if title in book.sheetnames:
            return book[title]
    text = (
        "{file}: есть вкладки {found}, нет вкладки «{expected}»; возьмите лист снова (ft-pipeline review --export "
        "ПАПКА) и перенесите отметки",
        "{file}: found the tabs {found}; expected “{expected}”; export the sheet again (`ft-pipeline review --export "
        "FOLDER`) and copy your verdicts over",
    )
    found, expected = ", ".join(book.sheetnames), say(TABS[name], language)
    raise ReviewError(say(text, language).format(file=path.name, found=found, expected=expected))


def _read_fields(tab: Any) -> dict[str, str]:
    found = {}
    for row in tab.iter_rows(min_row=1, max_row=50, max_col=2, values_only=True):
        label = _text(row[0])
        for name, words in FIELDS.items():
            if label in words:
                found[name] = _text(row[1] if len(row) > 1 else None)
    return found


def _read_rows(tab: Any, path: Path, language: str) -> tuple[FilledRow, ...]:
    header = [_text(cell) for cell in next(tab.iter_rows(min_row=1, max_row=1, values_only=True), ())]
    places = {name: place for name, words in COLUMNS.items() for place, title in enumerate(header) if title in words}
    missing = [say(words, language) for name, words in COLUMNS.items() if name not in places and name != "comment"]
    if missing:
        text = (
            "{file}, вкладка {tab}, строка 1: нет столбцов {missing}; есть {found}; верните заголовок как был",
            "{file}, tab {tab}, row 1: missing columns {missing}; found {found}; restore the header as exported",
        )
        found = ", ".join(filter(None, header)) or "—"
        names = ", ".join(f"«{name}»" for name in missing)
        raise ReviewError(say(text, language).format(file=path.name, tab=tab.title, missing=names, found=found))
    rows = []
    for number, values in enumerate(tab.iter_rows(min_row=2, max_row=_MOST_ROWS, values_only=True), 2):
        texts = {name: _text(values[place]) if place < len(values) else "" for name, place in places.items()}
        if any(texts.values()):
            rows.append(FilledRow(number, **{name: texts.get(name, "") for name in COLUMNS}))
    return tuple(rows)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
