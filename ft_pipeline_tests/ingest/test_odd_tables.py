"""Tables as people save them: titles above the header, merged cells, other names and words, conversations in a cell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline_tests.ingest.conftest import make_source, read_source, reasons_of, texts_of

ROWS = (
    "№ обращения;От кого;Сообщение;Дата\n00012;Клиент;Где заказ?;01.03.2026 09:30\n00012;Оператор;NA;01.03.2026 10:00\n"
)


@pytest.mark.parametrize(
    "above", ["", "sep=;\r\n", "\ufeff", "Отчёт за март\n\n", "Отчёт за март;;;\nСформирован: 01.04.2026;;;\n\n"]
)
def test_a_header_in_russian_is_understood_whatever_stands_above_it(tmp_path: Path, above: str) -> None:
    (tmp_path / "t.csv").write_text(above + ROWS, encoding="utf-8")
    result = read_source(make_source(tmp_path / "t.csv"))
    assert [(turn.ticket_id, turn.role, turn.text) for turn in result.turns] == [
        ("00012", "customer", "Где заказ?"),
        ("00012", "agent", "NA"),
    ]
    assert not result.rejected


def test_a_rejected_row_below_a_title_is_named_by_its_own_line(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Отчёт\n\n" + ROWS + "00013;Клиент;вопрос;вчера\n", encoding="utf-8")
    (row,) = read_source(make_source(tmp_path / "t.csv")).rejected
    assert row.key == "t.csv:6"


@pytest.mark.parametrize("text", ["text\nДоставка, оплата\n", "Вопрос\nДа; нет\n", 'text\n"Да, нет"\n'])
def test_a_header_of_one_column_is_no_title(tmp_path: Path, text: str) -> None:
    (tmp_path / "d.csv").write_text(text, encoding="utf-8")
    columns = {"text": text.partition("\n")[0]}
    result = read_source(make_source(tmp_path / "d.csv", "documents", columns=columns))
    assert len(result.documents) + len(result.rejected) == 1


def test_a_delimiter_at_the_end_of_rows_costs_nothing_and_a_field_too_many_does(tmp_path: Path) -> None:
    rows = "1,customer,а,2026-03-01,\n2,customer,б,2026-03-01,лишнее\n"
    (tmp_path / "t.csv").write_text(f"Ticket_ID,Role,TEXT,Created At\n{rows}", encoding="utf-8")
    result = read_source(make_source(tmp_path / "t.csv"))
    assert texts_of(result) == ["а"]
    assert reasons_of(result) == {"wrong_number_of_fields": 1}


def test_two_columns_that_could_be_meant_are_not_guessed(tmp_path: Path) -> None:
    from ft_pipeline.ingest import IngestError

    (tmp_path / "t.csv").write_text("ticket_id,role,message,body,created_at\n1,customer,а,б,2026-03-01\n", "utf-8")
    with pytest.raises(IngestError, match="expected text"):
        read_source(make_source(tmp_path / "t.csv"))


def test_merged_cells_hold_for_every_row_that_they_span_and_a_title_is_no_header(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    rows: list[list[Any]] = [
        ["Обращения за март"],
        [],
        [None, "ticket_id", "role", "text", "created_at"],
        [None, "001", "customer", "в1", "2026-03-01"],
        [None, None, "agent", "о1", "2026-03-02"],
        [],
        [None, "002", "customer", "в2", "2026-03-01"],
        [None, None, "agent", "о2", "2026-03-02"],
    ]
    for row in rows:
        sheet.append(row)
    sheet.merge_cells("A1:E1")
    sheet.merge_cells("B4:B5")
    book.save(tmp_path / "t.xlsx")
    result = read_source(make_source(tmp_path / "t.xlsx"))
    assert [(turn.ticket_id, turn.text) for turn in result.turns] == [("001", "в1"), ("001", "о1"), ("002", "в2")]
    assert reasons_of(result) == {"blank_row": 1, "missing_ticket_id": 1}, "002 is not merged: nothing is made up"


def test_an_empty_sheet_and_a_cover_in_front_of_the_table_are_passed_over(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    cover = book.create_sheet("Обложка")
    for line in ("Выгрузка", "за март", "отдел заботы"):
        cover.append([line])
    table = book.create_sheet("Данные")
    table.append(["Вопрос", "Ответ"])
    table.append(["Как?", "Так"])
    book.save(tmp_path / "t.xlsx")
    assert texts_of(read_source(make_source(tmp_path / "t.xlsx", "pairs"))) == ["Как?", "Так"]
    named = make_source(tmp_path / "t.xlsx", "documents", sheet="Обложка", columns={"text": "Выгрузка"})
    assert [document.text for document in read_source(named).documents] == ["за март", "отдел заботы"]


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
def test_a_broken_byte_costs_its_own_row_and_never_the_encoding_of_the_file(tmp_path: Path, name: str) -> None:
    texts = ["Привет, мир", "сломан#", "Где мой заказ"]
    if name == "t.csv":
        lines = [
            "ticket_id,role,text,created_at",
            *(f'{n},customer,"{text}",2026-03-01' for n, text in enumerate(texts)),
        ]
    else:
        about = {"role": "customer", "created_at": "2026-03-01"}
        rows = ({"ticket_id": str(n), "text": text} | about for n, text in enumerate(texts))
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (tmp_path / name).write_bytes("\n".join(lines).encode().replace(b"#", b"\xff\xd0"))
    result = read_source(make_source(tmp_path / name))
    assert texts_of(result) == ["Привет, мир", "Где мой заказ"]
    assert reasons_of(result) == {"lone_surrogate": 1}


def test_quotes_that_a_backslash_escapes_are_part_of_the_text(tmp_path: Path) -> None:
    rows = '1,customer,"скажи \\"да\\", ок",2026-03-01\n2,customer,б,2026-03-01\n'
    (tmp_path / "t.csv").write_text(f"ticket_id,role,text,created_at\n{rows}", encoding="utf-8")
    assert texts_of(read_source(make_source(tmp_path / "t.csv"))) == ['скажи "да", ок', "б"]


MESSAGES = [
    {"ticket_id": "1", "role": "customer", "text": "в", "created_at": "2026-03-01"},
    {"ticket_id": "1", "role": "agent", "text": "о", "created_at": 1772357400},
]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("lines.json", "\n".join(map(json.dumps, MESSAGES))),
        ("list.jsonl", json.dumps(MESSAGES, indent=1)),
        ("bom.jsonl", "\ufeff" + "\r\n".join(map(json.dumps, MESSAGES)) + "\r\n"),
    ],
)
def test_json_is_read_whichever_way_its_name_says(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert texts_of(read_source(make_source(tmp_path / name))) == ["в", "о"]


def test_a_list_of_messages_in_a_cell_becomes_the_messages_of_its_ticket(tmp_path: Path) -> None:
    tickets = [
        {
            "id": "007",
            "status": "closed",
            "customer_id": "c1",
            "messages": [
                {"id": 1, "from": "client", "body": "в", "date": "2026-03-01"},
                {"id": 2, "from": "operator", "body": "о", "date": "2026-03-02"},
            ],
        },
        {"id": "008", "messages": []},
    ]
    (tmp_path / "t.json").write_text(json.dumps({"tickets": tickets}), encoding="utf-8")
    result = read_source(make_source(tmp_path / "t.json"))
    assert [(t.ticket_id, t.turn_id, t.role, t.text, t.status, t.customer_id) for t in result.turns] == [
        ("007", "1", "customer", "в", "resolved", "c1"),
        ("007", "2", "agent", "о", "resolved", "c1"),
    ]
    assert reasons_of(result) == {"no_messages": 1}


@pytest.mark.parametrize(
    "row",
    [
        {"Question": "Как?", "Answer": "Так"},
        {"вопрос": "Как?", "ответ": "Так"},
        {"input": "Как?", "output": "Так"},
        {"query": "Как?", "response": "Так"},
        {"prompt": "Как?", "chosen": "Так", "rejected": "Эдак"},
        {"text": "### Human: Как?### Assistant: Так"},
        {"text": "### System: будь вежлив\n### Instruction:\nКак?\n### Response:\nТак"},
    ],
)
def test_ready_pairs_are_understood_under_more_names(tmp_path: Path, row: dict[str, str]) -> None:
    (tmp_path / "p.jsonl").write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    assert texts_of(read_source(make_source(tmp_path / "p.jsonl", "pairs"))) == ["Как?", "Так"]


def test_a_pair_that_leans_on_a_history_is_rejected_and_a_page_takes_its_stated_title(tmp_path: Path) -> None:
    row = {"instruction": "А дальше?", "input": "", "output": "Так", "history": [["Как?", "Вот так"]]}
    (tmp_path / "p.jsonl").write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    assert reasons_of(read_source(make_source(tmp_path / "p.jsonl", "pairs"))) == {"needs_earlier_turns": 1}
    (tmp_path / "a.md").write_text("---\ntitle: 'Тарифы'\n---\n<!-- x -->\nТекст", encoding="utf-8")
    (found,) = read_source(make_source(tmp_path / "a.md", "documents")).documents
    assert (found.title, found.text) == ("Тарифы", "Текст")
