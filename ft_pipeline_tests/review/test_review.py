"""The blind sheet: blind, complete or refused with the place, unblinded rightly; XLSX and HTML alike."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ft_pipeline.records import Score
from ft_pipeline.review import (
    BlindSheet,
    Key,
    Question,
    ReviewError,
    check,
    cohen_kappa,
    decide_deploy,
    form_html,
    make_sheet,
    read_form,
    read_workbook,
    unblind,
    write_workbook,
)

QUESTIONS = [
    Question(
        f"e{number}",
        f"=Вопрос {number}?",  # looks like a formula
        {
            "base": f"Не знаю, {number}\x0b.",  # a sign that XLSX cannot hold
            "champion": f"Стоит {number}00 рублей." if number % 2 else f"Стоит {number}50  рублей.",
            "challenger": f"Стоит {number}00 рублей.",
            "human": f"Стоит {number}00 рублей.",
        },
    )
    for number in range(1, 9)
]


def make(secret: str = "s", adapter: str = "a" * 64, language: str = "ru") -> tuple[BlindSheet, Key]:
    return make_sheet(
        QUESTIONS, task="shop", release_id="shop-1", adapter_hash=adapter, language=language, secret=secret
    )


def filled_table(path: Path, sheet: BlindSheet, change: Callable[[Any], None] = lambda _: None) -> Path:
    """The sheet as a careful reviewer fills it in; `change` spoils it."""
    write_workbook(sheet, path)
    book = openpyxl.load_workbook(path)
    for row in range(2, len(sheet.rows) + 2):
        book["Ответы"].cell(row, 4).value = "верно" if "00 рублей" in sheet.rows[row - 2].answer else " Неверно "
    book["Подпись"]["B4"], book["Подпись"]["B5"] = "Анна Петрова", "выпускать"
    change(book)
    book.save(path)
    return path


def test_nothing_on_the_sheet_tells_who_answered() -> None:
    sheet, key = make()
    visible = json.dumps(sheet.as_dict(), ensure_ascii=False) + form_html(sheet)
    assert not any(arm in visible for arm in ("base", "champion", "challenger", "human"))
    places: dict[str, set[str]] = {}
    for row in key.rows:
        for arm in row.arms:
            places.setdefault(arm, set()).add(row.code.split("-")[1])
    assert all(len(found) > 1 for found in places.values())  # no arm keeps one place


def test_arms_that_said_the_same_share_one_row_and_the_order_needs_the_secret() -> None:
    sheet, key = make()
    assert len(sheet.rows) == 4 * 2 + 4 * 3
    assert all({"challenger", "human"} <= set(row.arms) for row in key.rows if "challenger" in row.arms)
    assert make() == (sheet, key)
    assert [row.code for row in make("other")[0].rows] != [row.code for row in sheet.rows]


def test_a_filled_table_comes_back_and_is_unblinded(tmp_path: Path) -> None:
    sheet, key = make()
    review = check(read_workbook(filled_table(tmp_path / "a.xlsx", sheet), "ru"), sheet)
    assert (review.signer, review.decision) == ("Анна Петрова", "approve")
    scores = [Score(question.eval_id, "challenger", "s", 1.0, "") for question in QUESTIONS]
    scores += [Score(question.eval_id, "base", "s", 0.0, "") for question in QUESTIONS]
    found = unblind(review, key, scores)
    assert found.counts["challenger"] == {"right": 8} == found.counts["human"]
    assert found.counts["champion"] == {"right": 4, "wrong": 4} and found.counts["base"] == {"wrong": 8}
    assert found.agreement.kappa == 1.0 and found.agreement.n == 16


def clear(cell: str, tab: str = "Ответы") -> Callable[[Any], None]:
    return lambda book: setattr(book[tab][cell], "value", None)


def put(cell: str, value: str, tab: str = "Ответы") -> Callable[[Any], None]:
    return lambda book: setattr(book[tab][cell], "value", value)


def rename(book: Any) -> None:
    book["Ответы"].title = "Лист1"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (clear("D1"), "строка 1: нет столбцов «Верно"),
        (rename, "нет вкладки «Ответы»"),
        (put("A3", "001-Z-0000"), r"строка 3 \(001-Z-0000\): такого кода на листе нет"),
        (lambda book: put("A3", str(book["Ответы"]["A2"].value))(book), "строка 3 .*код стоит дважды"),
        (put("C4", "Другой ответ"), "строка 4 .*вопрос или ответ изменён"),
        (put("D5", "наверное"), "строка 5 .*написано «наверное»; напишите одно из: верно, неверно, не знаю"),
        (clear("D6"), "строка 6 .*пусто; напишите одно из: верно, неверно, не знаю"),
        (lambda book: book["Ответы"].delete_rows(4, 3), r"не хватает строк: 3 \(00"),
        (clear("B4", "Подпись"), r"Проверил \(имя\): пусто; напишите имя и фамилию"),
        (clear("B5", "Подпись"), "Решение: пусто; напишите одно из: выпускать, не выпускать"),
        (put("B5", "да", "Подпись"), "Решение: написано «да»"),
        (put("B3", "b" * 64, "Подпись"), "эта подпись — про адаптер b+, а последняя оценка — про адаптер a+"),
        (put("B2", "shop-0", "Подпись"), "про выпуск shop-0, а последняя оценка — про выпуск shop-1"),
        (put("B1", "0" * 12, "Подпись"), "про лист 0+, а последняя оценка"),
    ],
)
def test_a_bad_sheet_is_refused_with_the_place_and_what_to_write(
    tmp_path: Path, change: Callable[[Any], None], message: str
) -> None:
    sheet, _ = make()
    path = filled_table(tmp_path / "sheet.xlsx", sheet, change)
    before = path.read_bytes()
    with pytest.raises(ReviewError, match=message):
        check(read_workbook(path, "ru"), sheet)
    assert path.read_bytes() == before


def test_all_problems_of_an_empty_sheet_are_counted_and_the_first_ones_named(tmp_path: Path) -> None:
    sheet, _ = make()
    write_workbook(sheet, tmp_path / "empty.xlsx")
    with pytest.raises(ReviewError) as caught:
        check(read_workbook(tmp_path / "empty.xlsx", "ru"), sheet)
    lines = str(caught.value).splitlines()
    assert len(lines) == 14 and lines[-1] == f"- и ещё: {len(sheet.rows) + 2 - 12}"


def test_words_of_the_other_language_and_other_spaces_are_understood(tmp_path: Path) -> None:
    sheet, _ = make()

    def english(book: Any) -> None:
        for row in range(2, len(sheet.rows) + 2):
            book["Ответы"].cell(row, 4).value = "RIGHT "
            book["Ответы"].cell(row, 3).value = str(book["Ответы"].cell(row, 3).value).replace(" ", "\n")

    review = check(read_workbook(filled_table(tmp_path / "a.xlsx", sheet, english), "ru"), sheet)
    assert set(review.verdicts.values()) == {"right"}


def test_a_signer_who_is_not_the_one_in_the_file_is_refused(tmp_path: Path) -> None:
    sheet, _ = make()
    filled = read_workbook(filled_table(tmp_path / "a.xlsx", sheet), "ru")
    assert check(filled, sheet, signer="анна  петрова").signer
    with pytest.raises(ReviewError, match="в файле «Анна Петрова», а сдаёт «Иван»"):
        check(filled, sheet, signer="Иван")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half", b"\xd0\xcf\x11\xe0old xls"])
def test_a_file_that_is_no_workbook_or_only_half_copied_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sheet.xlsx"
    path.write_bytes(content)
    with pytest.raises(ReviewError, match=r"sheet\.xlsx: файл не читается"):
        read_workbook(path, "ru")


def test_a_workbook_that_is_damaged_inside_or_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    sheet, _ = make()
    for name in ("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"):
        with zipfile.ZipFile(filled_table(tmp_path / "whole.xlsx", sheet)) as whole:
            parts = {part: whole.read(part) for part in whole.namelist()}
        with zipfile.ZipFile(tmp_path / "broken.xlsx", "w") as broken:
            for part, content in parts.items():
                broken.writestr(part, b"<nope" if part == name else content)
        with pytest.raises(ReviewError, match=r"broken\.xlsx"):
            read_workbook(tmp_path / "broken.xlsx", "ru")
    with (
        zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as bomb,
        bomb.open("xl/workbook.xml", "w", force_zip64=True) as zeros,
    ):
        for _ in range(101):
            zeros.write(bytes(1_000_000))
    with pytest.raises(ReviewError, match=r"bomb\.xlsx"):
        read_workbook(tmp_path / "bomb.xlsx", "ru")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "[" * 100_000, '{"rows": 5}', '{"rows": [5]}', '{"rows": [{"code": "a"}]}']
)
def test_a_file_that_is_not_what_the_page_saves_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    with pytest.raises(ReviewError, match=r"a\.json: .*HTML"):
        read_form(tmp_path / "a.json", "ru")


def test_a_customers_words_stay_words_in_the_form_and_no_formula_in_the_table(tmp_path: Path) -> None:
    hostile = Question("e", '=1+1"><script>alert(1)</script>', {"base": "<img src=x onerror=alert(2)>", "human": "+7"})
    sheet, _ = make_sheet([hostile], task="t", release_id="r", adapter_hash="h", language="en", secret="s")
    assert form_html(sheet).count("<script>") == 1 and "<img" not in form_html(sheet)
    write_workbook(sheet, tmp_path / "a.xlsx")
    tab = openpyxl.load_workbook(tmp_path / "a.xlsx")["Answers"]
    assert [cell.data_type for cell in tab[2][:3]] == ["s", "s", "s"]


@pytest.mark.parametrize(
    ("pairs", "kappa"),
    [
        ([(True, True)] * 20 + [(False, False)] * 15 + [(True, False)] * 5 + [(False, True)] * 10, 0.4),  # textbook
        ([(True, True)] * 5 + [(False, False)] * 5, 1.0),
        ([(True, False)] * 5 + [(False, True)] * 5, -1.0),
        ([(True, True), (True, False), (False, True), (False, False)], 0.0),
        ([(True, True)] * 9, None),  # one verdict throughout: nothing can be told
        ([], None),
    ],
)
def test_kappa_of_known_tables(pairs: list[tuple[bool, bool]], kappa: float | None) -> None:
    found = cohen_kappa(pairs)
    assert found.kappa == (None if kappa is None else pytest.approx(kappa))
    assert found.n == len(pairs)


def test_a_signature_starts_one_run_and_a_bad_file_none() -> None:
    asked: dict[str, Any] = {"release_id": "r1", "arrived": [], "problems": [], "signed": "", "is_running": False}
    waiting = asked | {"is_waiting": True}
    assert decide_deploy(**waiting).reason == "r1 waits for a signature"
    assert decide_deploy(**(waiting | {"arrived": ["b", "a"]})).run_key == "signature:r1:a+b"
    assert decide_deploy(**(waiting | {"signed": "s1"})).run_key == "signature:r1:s1"
    assert not decide_deploy(**(asked | {"signed": "s1", "is_waiting": False})).is_due  # served already
    assert "строка 5" in decide_deploy(**(waiting | {"problems": ["строка 5"]})).reason
    assert not decide_deploy(**(waiting | {"arrived": ["a"], "is_running": True})).is_due
