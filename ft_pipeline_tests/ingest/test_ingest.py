"""Sources become tables, and every row that is lost is named and counted."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ft_pipeline.ingest import Ingested, IngestError, hash_sources, ingest
from ft_pipeline.records import count_reasons
from ft_pipeline.task import Source

RUTUBE = Path(__file__).parents[3] / "shared" / "data" / "rutube_support"
AS_OF = datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)
TICKETS = "ticket_id,role,text,created_at\n"


def source(path: Path, kind: str = "tickets", **more: Any) -> Source:
    return Source(name=more.pop("name", "s"), kind=kind, path=path, **more)


def read(path: Path, content: str | bytes, kind: str = "tickets", **more: Any) -> Ingested:
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return checked(ingest([source(path, kind, **more)], as_of=AS_OF))


def checked(result: Ingested) -> Ingested:
    """Rows in = rows out + rejected, per source."""
    for name, rows in result.rows_in.items():
        assert rows == result.rows_out[name] + sum(row.source == name for row in result.rejected)
    return result


def reasons(result: Ingested) -> dict[str, int]:
    return {name.removeprefix("ingest.parse: "): count for name, count in count_reasons(result.rejected).items()}


def texts(result: Ingested) -> list[str]:
    return [turn.text for turn in result.turns]


def test_messages_become_ordered_turns_with_our_roles_and_times(tmp_path: Path) -> None:
    result = read(
        tmp_path / "t.csv",
        "№,Кто,Сообщение,Когда,Статус\n"
        "007,Оператор,Ответ,01.03.2026 10:00,Закрыт\n"
        "007,Абонент,Вопрос,2026-03-01T12:30:00+03:00,Закрыт\n",
        columns={"ticket_id": "№", "role": "Кто", "text": "Сообщение", "created_at": "Когда", "status": "Статус"},
        roles={"абонент": "customer"},
    )
    found = [(t.ticket_id, t.turn_id, t.position, t.role, t.text, t.created_at, t.status) for t in result.turns]
    assert found == [
        ("007", "0", 0, "customer", "Вопрос", "2026-03-01T09:30:00+00:00", "resolved"),
        ("007", "1", 1, "agent", "Ответ", "2026-03-01T10:00:00+00:00", "resolved"),
    ]
    assert list(result.file_hashes) == ["s/t.csv"]


def test_hashes_without_reading_are_the_hashes_of_reading_and_change_with_the_file(tmp_path: Path) -> None:
    first = read(tmp_path / "t.csv", TICKETS + "1,customer,т,2026-03-01\n").file_hashes
    assert hash_sources([source(tmp_path / "t.csv")]) == first
    (tmp_path / "t.csv").write_text(TICKETS, encoding="utf-8")
    assert hash_sources([source(tmp_path / "t.csv")]) != first


def test_each_unusable_message_is_rejected_with_its_reason(tmp_path: Path) -> None:
    result = read(
        tmp_path / "t.csv",
        TICKETS
        + "1,customer,годится,2026-03-01\n"
        + "1,customer,из будущего,2026-07-01\n"
        + "1,customer,дата,вчера\n"
        + "1,customer,без даты,\n"
        + "1,кто-то,роль,2026-03-01\n"
        + "1,customer,  ,2026-03-01\n"
        + ",customer,без билета,2026-03-01\n"
        + ",,,\n"
        + "1,customer,лишнее,2026-03-01,поле\n"
        + "1,customer\n"
        + "1,customer,последняя,2026-03-02\n",
    )
    assert texts(result) == ["годится", "последняя"]
    assert reasons(result) == {
        "wrong_number_of_fields": 2,
        "after_as_of": 1,
        "bad_date": 1,
        "blank_row": 1,
        "missing_created_at": 1,
        "missing_text": 1,
        "missing_ticket_id": 1,
        "unknown_role": 1,
    }
    assert result.rows_in == {"s": 11}


def test_a_reject_never_shows_what_a_customer_wrote(tmp_path: Path) -> None:
    result = read(tmp_path / "t.csv", TICKETS + "1,Мария Петрова,т,2026-03-01\n1,customer,т,звонить Ивану\n")
    shown = " ".join(row.detail for row in result.rejected)
    assert "Петрова" not in shown
    assert "Ивану" not in shown


def test_quotes_that_are_plain_signs_of_a_text_stay_in_it(tmp_path: Path) -> None:
    rows = '1,customer,"Ромашка" не отвечает,2026-03-01\n2,customer,"да, так",2026-03-02\n'
    assert texts(read(tmp_path / "t.csv", TICKETS + rows)) == ['"Ромашка" не отвечает', "да, так"]


@pytest.mark.parametrize(
    "broken", ['5,customer,"открыта,2026-03-05', '5,customer,"a","b,2026-03-05', '5,"customer,x,2026']
)
def test_a_broken_quote_costs_its_own_row_and_swallows_none_behind_it(tmp_path: Path, broken: str) -> None:
    rows = [f'{n},customer,"текст, {n}",2026-03-0{n}' for n in range(1, 10)]
    rows[4] = broken
    result = read(tmp_path / "t.csv", TICKETS + "\n".join(rows) + "\n")
    assert texts(result) == [f"текст, {n}" for n in (1, 2, 3, 4, 6, 7, 8, 9)]
    assert reasons(result) == {"wrong_number_of_fields": 1}


def test_quoted_line_breaks_quotes_and_words_that_look_missing_stay(tmp_path: Path) -> None:
    result = read(
        tmp_path / "t.csv",
        TICKETS
        + '00123,customer,"две\r\nстроки, ""кавычки""",2026-03-01\n'
        + "NA,customer,null,2026-03-01\n1,agent,NaN,2026-03-01\n",
    )
    assert texts(result) == ['две\r\nстроки, "кавычки"', "null", "NaN"]
    assert [turn.ticket_id for turn in result.turns] == ["00123", "NA", "1"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_of_a_csv_is_found_and_leading_blank_lines_are_skipped(tmp_path: Path, delimiter: str) -> None:
    lines = ["", delimiter * 3, "ticket_id,role,text,created_at", "1,customer,вопрос,2026-03-01"]
    content = "\n".join(line.replace(",", delimiter) for line in lines)
    assert texts(read(tmp_path / "t.csv", content)) == ["вопрос"]


PROSE = "Здравствуйте! Подскажите, пожалуйста, когда привезут мой заказ? ЁЛКА и ещё"


@pytest.mark.parametrize(
    "encoding",
    [
        "utf-8",
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "cp1251",
        "koi8-r",
        "cp866",
        "iso8859-5",
        "mac-cyrillic",
    ],
)
def test_a_file_in_any_russian_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    result = read(tmp_path / "t.csv", (TICKETS + f'1,customer,"{PROSE}",2026-03-01\n').encode(encoding))
    assert texts(result) == [PROSE]


@pytest.mark.parametrize("word", ["да", "Нет", "ТАРИФ"])
def test_a_named_encoding_is_used_where_a_text_is_too_short_to_tell(tmp_path: Path, word: str) -> None:
    result = read(tmp_path / "t.csv", (TICKETS + f"1,customer,{word},2026-03-01\n").encode("cp1251"), encoding="cp1251")
    assert texts(result) == [word]


def test_bytes_that_are_no_text_reject_the_whole_file(tmp_path: Path) -> None:
    result = read(tmp_path / "t.csv", bytes(range(128, 256)) * 20 + bytes(range(32)) * 40)
    assert reasons(result) == {"unreadable_encoding": 1}
    assert result.rows_in == {"s": 1}
    result = read(tmp_path / "t.csv", "тест".encode("cp1251"), encoding="utf-8")
    assert reasons(result) == {"unreadable_encoding": 1}


def test_a_row_with_nul_bytes_is_rejected(tmp_path: Path) -> None:
    result = read(tmp_path / "t.csv", TICKETS + "1,customer,a\x00b,2026-03-01\n1,customer,цел,2026-03-01\n")
    assert texts(result) == ["цел"]
    assert reasons(result) == {"nul_byte": 1}


JSON_ROW = '"ticket_id": "1", "role": "customer", "created_at": "2026-03-01"'


def test_json_that_lies_is_rejected_row_by_row(tmp_path: Path) -> None:
    lines = [
        f'{{{JSON_ROW}, "text": "годится", "n": 1.10}}',
        f'{{{JSON_ROW}, "text": "a", "text": "b"}}',
        f'{{{JSON_ROW}, "text": NaN}}',
        f'{{{JSON_ROW}, "text": "\\ud83d"}}',
        "[1, 2]",
        "",
        '{"ticket_id": ',
        "[" * 50_000,
    ]
    result = read(tmp_path / "t.jsonl", "\n".join(lines) + "\n")
    assert texts(result) == ["годится"]
    expected = {"broken_json", "duplicate_key", "not_a_number", "lone_surrogate", "not_an_object", "blank_row"}
    assert expected <= set(reasons(result))
    assert sum(reasons(result).values()) == 7
    array = "[" + ",".join(line for line in lines[:5]) + "]"
    result = read(tmp_path / "t.json", array)
    assert texts(result) == ["годится"]
    assert set(reasons(result)) == expected - {"broken_json", "blank_row"}


def test_nested_json_is_mapped_by_dotted_names_and_numbers_keep_their_digits(tmp_path: Path) -> None:
    rows = {"tickets": [{"id": 12345678901234567890, "from": {"role": "user"}, "body": "т", "at": "2026-03-01"}]}
    result = read(
        tmp_path / "t.json",
        json.dumps(rows, ensure_ascii=False),
        columns={"ticket_id": "id", "role": "from.role", "text": "body", "created_at": "at"},
    )
    assert [(turn.ticket_id, turn.role) for turn in result.turns] == [("12345678901234567890", "customer")]


def test_one_broken_json_file_is_one_rejected_row(tmp_path: Path) -> None:
    assert reasons(read(tmp_path / "t.json", '[{"ticket_id": 1}')) == {"broken_json": 1}
    assert reasons(read(tmp_path / "t.json", "42")) == {"not_an_object": 1}


def test_a_sheet_with_blank_rows_columns_and_a_late_header_is_read(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    for row in [
        [],
        [None, "id", "question", None, "answer", "created_at"],
        [None, "0042", "вопрос", None, "ответ", datetime(2026, 3, 1, 9, 30)],
        [],
        [None, 43, "NA", "заметка", "null", None],
        [None, 44.0, None, None, "без вопроса", None],
        [None, None, " ", None, None, None],
    ]:
        sheet.append(row)
    path = tmp_path / "t.xlsx"
    book.save(path)
    result = checked(ingest([source(path, "pairs")]))
    assert [(t.ticket_id, t.role, t.text, t.created_at, t.channel, t.status) for t in result.turns] == [
        ("0042", "customer", "вопрос", "2026-03-01T09:30:00+00:00", "pair", "resolved"),
        ("0042", "agent", "ответ", "2026-03-01T09:30:00+00:00", "pair", "resolved"),
        ("43", "customer", "NA", "", "pair", "resolved"),
        ("43", "agent", "null", "", "pair", "resolved"),
    ]
    assert reasons(result) == {"blank_row": 1, "missing_question": 1}


def test_a_missing_sheet_names_the_sheets_that_there_are(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "Лист1"
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(IngestError, match=r"found the sheets \['Лист1'\], expected `Лист2`"):
        ingest([source(tmp_path / "t.xlsx", sheet="Лист2")])


def test_parquet_keeps_large_ids_and_takes_missing_values_as_empty(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "t.parquet"
    columns = {"id": [9007199254740993, None], "question": ["в1", "в2"], "answer": ["о1", "о2"]}
    pq.write_table(pa.table(columns), path)
    result = checked(ingest([source(path, "pairs")]))
    assert [turn.ticket_id for turn in result.turns][::2] == ["9007199254740993", "s-2"]


def test_pairs_without_ids_are_named_by_their_row_and_repeated_ids_are_rejected(tmp_path: Path) -> None:
    result = read(tmp_path / "p.csv", "question,answer,kind\nв1,о1,needs_lookup\nв2,,\nв3,о3,чудо\nв4,о4,\n", "pairs")
    assert [(turn.ticket_id, turn.kind) for turn in result.turns][::2] == [("s-1", "needs_lookup"), ("s-4", "")]
    assert reasons(result) == {"missing_answer": 1, "unknown_kind": 1}
    result = read(tmp_path / "p.csv", "id,question,answer\n7,в1,о1\n7,в2,о2\n", "pairs")
    assert reasons(result) == {"duplicate_id": 1}


def test_held_out_questions_are_taken_only_while_they_are_valid(tmp_path: Path) -> None:
    header = "question_id,stratum,question,answer,kind,valid_from,valid_to\n"
    result = read(
        tmp_path / "h.csv",
        header
        + "1,usual,сейчас?,да,standard,2026-01-01,\n"
        + "2,rare,раньше?,да,standard,2025-01-01,2026-06-01\n"
        + "3,noisy,потом?,да,standard,2026-07-01,\n"
        + "4,out_of_scope,погода?,,out_of_scope,,\n"
        + "5,usual,без ответа?,,standard,,\n"
        + "6,часто,страта?,да,standard,,\n"
        + "7,usual,последний день?,да,standard,2026-01-01,2026-07-01\n",
        "held_out_questions",
    )
    assert [question.question_id for question in result.held_out] == ["1", "4", "7"]
    assert reasons(result) == {"not_valid_at_as_of": 2, "missing_answer": 1, "unknown_stratum": 1}


def test_documents_are_read_from_a_folder_with_their_titles(tmp_path: Path) -> None:
    folder = tmp_path / "kb"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.md").write_text("---\nx: 1\n---\n# Тарифы\nТекст", encoding="utf-8")
    (folder / "b.html").write_text(
        "<html><head><title>Доставка</title><style>p{}</style></head><body><p>Два&nbsp;дня</p>"
        "<script>var x</script><div style='display: none'>скрыто</div></body></html>",
        encoding="utf-8",
    )
    (folder / "sub" / "c.txt").write_bytes("Обычный текст о возврате посылки".encode("cp1251"))
    (folder / "d.html").write_text("<div>" * 3000 + "x", encoding="utf-8")
    (folder / "e.txt").write_text(" \n", encoding="utf-8")
    (folder / "f.odt").write_bytes(b"PK")
    (folder / ".hidden").write_text("x", encoding="utf-8")
    (folder / "g.csv").write_text("title,text\nЗаголовок,Строка\n", encoding="utf-8")
    result = checked(ingest([source(folder, "documents", name="kb")]))
    found = {document.document_id: (document.title, " ".join(document.text.split())) for document in result.documents}
    assert found == {
        "kb-a.md": ("Тарифы", "# Тарифы Текст"),
        "kb-b.html": ("Доставка", "Два дня"),
        "kb-sub/c.txt": ("c", "Обычный текст о возврате посылки"),
        "kb-6": ("Заголовок", "Строка"),
    }
    assert reasons(result) == {"empty_text": 1, "nested_too_deep": 1, "unsupported_format": 1}
    assert result.rows_in == {"kb": 7}


def test_a_missing_column_is_explained_with_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(IngestError) as caught:
        read(tmp_path / "t.csv", "ticket,role,text,created\n1,customer,т,2026-03-01\n", columns={"ticket_id": "tiket"})
    message = str(caught.value)
    for part in ("t.csv", "['ticket', 'role', 'text', 'created']", "did you mean `ticket`?", "columns: {ticket_id:"):
        assert part in message


@pytest.mark.parametrize(
    ("more", "part"),
    [
        ({"columns": {"tiket_id": "ticket_id"}}, "did you mean `ticket_id`?"),
        ({"roles": {"клиент": "custmer"}}, "did you mean `customer`?"),
        ({"columns": {"category": "тема"}}, "category (as `тема`)"),
        ({"encoding": "cp12510"}, "encoding `cp12510` is unknown"),
    ],
)
def test_a_setting_that_does_not_fit_the_file_is_explained(tmp_path: Path, more: dict[str, Any], part: str) -> None:
    with pytest.raises(IngestError) as caught:
        read(tmp_path / "t.csv", TICKETS + "1,customer,т,2026-03-01\n", **more)
    assert part in str(caught.value)


def test_files_that_cannot_be_used_are_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="found no file"):
        ingest([source(tmp_path / "*.csv")])
    (tmp_path / "t.md").write_text("# x", encoding="utf-8")
    with pytest.raises(IngestError, match="markdown, which kind=tickets cannot use"):
        ingest([source(tmp_path / "t.md")])
    (tmp_path / "t.xlsx").write_bytes(b"no zip")
    with pytest.raises(IngestError, match="not an xlsx workbook"):
        ingest([source(tmp_path / "t.xlsx")])
    (tmp_path / "t.csv").write_text(TICKETS + "x" * 2000, encoding="utf-8")
    with pytest.raises(IngestError, match="split the file"):
        ingest([source(tmp_path / "t.csv")], max_file_bytes=1000)
    with pytest.raises(IngestError, match="two sources are named"):
        ingest([source(tmp_path / "t.csv"), source(tmp_path / "t.csv")])


def test_a_packed_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "t.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\x00" * (64 * 1024 * 1024))
    with pytest.raises(IngestError, match="unpacked"):
        ingest([source(tmp_path / "t.xlsx")])


def test_an_empty_source_returns_zero_rows_for_the_contract_to_judge(tmp_path: Path) -> None:
    assert read(tmp_path / "t.csv", TICKETS).rows_in == {"s": 0}
    assert read(tmp_path / "t.csv", "").rows_in == {"s": 0}


def test_overlapping_exports_of_one_source_give_each_message_once(tmp_path: Path) -> None:
    for name, days in (("a.csv", (1, 2)), ("b.csv", (2, 3))):
        rows = "".join(f"1,customer,день {day},2026-03-0{day}\n" for day in days)
        (tmp_path / name).write_text(TICKETS + rows + rows.splitlines()[-1] * (name == "b.csv"), encoding="utf-8")
    result = checked(ingest([source(tmp_path / "*.csv")]))
    assert texts(result) == ["день 1", "день 2", "день 3", "день 3"]
    assert reasons(result) == {"duplicate_turn": 1}


def test_equal_ids_of_two_sources_stay_two_tickets(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TICKETS + "1,customer,чат,2026-03-01\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text(TICKETS + "1,customer,почта,2026-03-01\n", encoding="utf-8")
    result = checked(ingest([source(tmp_path / "a.csv", name="a"), source(tmp_path / "b.csv", name="b")]))
    assert [(turn.ticket_id, turn.text) for turn in result.turns] == [("1", "чат"), ("b-1", "почта")]


def test_the_draw_of_incoming_tickets_depends_on_the_salt_and_not_on_later_tickets(tmp_path: Path) -> None:
    def draw(number: int, salt: str) -> tuple[str, ...]:
        rows = "".join(f"{n},customer,т,2026-03-01\n" for n in range(number))
        (tmp_path / "t.csv").write_text(TICKETS + rows, encoding="utf-8")
        return ingest([source(tmp_path / "t.csv")], salt=salt, incoming=10).incoming_ids

    assert draw(100, "a") == draw(100, "a") != draw(100, "b")
    assert [ticket for ticket in draw(120, "a") if int(ticket) < 100] == list(draw(100, "a"))[
        : sum(int(ticket) < 100 for ticket in draw(120, "a"))
    ]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(alphabet='1a,"\n\r я', max_size=30), max_size=8))
def test_no_csv_loses_a_row_in_silence(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    path = tmp_path_factory.mktemp("csv") / "p.csv"
    read(path, "question,answer\n" + "\n".join(lines) + "\nпоследний,ответ\n", "pairs", encoding="utf-8")


def test_the_public_support_export_is_read_whole() -> None:
    if not (RUTUBE / "cases.csv").is_file():
        pytest.skip(
            f"{RUTUBE} is missing: the public RUTUBE support export (cases.csv, cases.xlsx, knowledge_base.xlsx)"
        )
    columns = {"question": "Вопрос пользователя", "answer": "Ответ сотрудника", "category": "Классификатор 1 уровня"}
    result = checked(
        ingest(
            [
                source(RUTUBE / "cases.csv", "pairs", name="csv", columns=columns),
                source(RUTUBE / "cases.xlsx", "pairs", name="xlsx", columns=columns),
                source(
                    RUTUBE / "knowledge_base.xlsx",
                    "documents",
                    name="kb",
                    columns={"title": "Вопрос из БЗ", "text": "Ответ из БЗ"},
                ),
            ]
        )
    )
    assert result.rows_out == {"csv": 580, "xlsx": 580, "kb": 274}
    by_source = {name: [turn.text for turn in result.turns if turn.source == name] for name in ("csv", "xlsx")}
    assert by_source["csv"] == by_source["xlsx"]
