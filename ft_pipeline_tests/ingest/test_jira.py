"""Jira: tables of a warehouse, the navigator's CSV, Cloud JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ft_pipeline.ingest.jira_csv import shown_time
from ft_pipeline_tests.ingest.exports import read, read_files, reasons, said, sample

ISSUES = (
    "id,key,summary,description,reporter,created,status,resolved\n"
    "100,SUP-1,Не грузит,Вопрос,u1,2026-03-01 09:00:00,3,2026-03-02 09:00:00\n"
)
COMMENTS = (
    "id,author_id,body,created,is_public,issue_id\n"
    "1,u2,{quote}вопрос{quote} Ответ [тут|https://shop.ru/a],2026-03-01 10:00:00,true,100\n"
    "2,u1,Помогло,2026-03-01 11:00:00,true,100\n"
    "3,u2,Между нами,2026-03-01 12:00:00,false,100\n"
)


def test_tables_of_a_warehouse_join_and_the_reporter_is_the_customer(tmp_path: Path) -> None:
    result = read_files(tmp_path, {"issue.csv": ISSUES, "comment.csv": COMMENTS}, "jira")
    assert said(result) == [
        ("SUP-1", "customer", "Не грузит\n\nВопрос"),
        ("SUP-1", "agent", "вопрос Ответ тут (https://shop.ru/a)"),
        ("SUP-1", "customer", "Помогло"),
        ("SUP-1", "note", "Между нами"),
    ]
    assert {turn.status for turn in result.turns} == {"resolved"}


def test_a_comment_whose_issue_is_missing_is_rejected_and_never_taken_for_an_answer(tmp_path: Path) -> None:
    result = read_files(tmp_path, {"comment.csv": COMMENTS}, "jira")
    assert reasons(result) == {"unknown_author": 2}
    assert [turn.role for turn in result.turns] == ["note"]


def adf(*texts: str) -> dict[str, Any]:
    paragraphs = [{"type": "paragraph", "content": [{"type": "text", "text": text}]} for text in texts]
    return {"type": "doc", "version": 1, "content": paragraphs}


def cloud(*comments: Any, **more: Any) -> dict[str, Any]:
    fields = {
        "summary": "Оплата",
        "description": adf("Карта не проходит"),
        "created": "2026-03-01T09:00:00.000+0300",
        "reporter": {"accountId": "c1", "accountType": "customer"},
        "status": {"name": "Готово", "statusCategory": {"key": "done"}},
        "issuetype": {"name": "Вопрос"},
        "comment": {"comments": list(comments)},
    }
    return {"id": "9", "key": "PAY-2", "fields": fields} | more


def note(number: int, kind: str, **more: Any) -> dict[str, Any]:
    author = {"accountId": f"{kind}1", "accountType": kind, "displayName": "Имя"}
    time = f"2026-03-01T10:{number:02}:00.000+0300"
    return {"id": str(number), "author": author, "body": adf(f"текст {number}"), "created": time} | more


@pytest.mark.parametrize(
    ("comment", "role"),
    [
        (note(1, "atlassian"), "agent"),
        (note(1, "app"), "bot"),
        (note(1, "customer"), "customer"),
        (note(1, "atlassian", jsdPublic=False), "note"),
        (note(1, "atlassian", visibility={"type": "role", "value": "Developers"}), "note"),
        (note(1, "atlassian", jsdPublic=True), "agent"),
    ],
)
def test_the_role_of_a_cloud_comment(tmp_path: Path, comment: dict[str, Any], role: str) -> None:
    result = read_files(tmp_path, {"search.json": {"issues": [cloud(comment)]}}, "jira")
    assert [turn.role for turn in result.turns] == ["customer", role]
    assert result.turns[0].text == "Оплата\n\nКарта не проходит"
    assert result.turns[0].created_at == "2026-03-01T06:00:00+00:00"


def test_a_changelog_tells_a_reopening(tmp_path: Path) -> None:
    change = {"field": "status", "fromString": "Готово", "toString": "В работе"}
    export = cloud(changelog={"histories": [{"items": [change]}]})
    assert {turn.status for turn in read_files(tmp_path, {"i.json": [export]}, "jira").turns} == {"reopened"}


def test_a_customers_name_never_becomes_an_id(tmp_path: Path) -> None:
    csv = (
        "Summary,Issue key,Issue id,Reporter,Reporter Id,Created,Comment\n"
        "а,S-1,1,Анна Иванова,5b10ac8d,2026-03-01 09:00,2026-03-01 10:00;5b10ac8d;да\n"
        "б,S-2,2,Анна Иванова,,2026-03-01 09:00,2026-03-01 10:00;Анна Иванова;да\n"
    )
    result = read_files(tmp_path, {"jira.csv": csv}, "jira")
    assert [turn.role for turn in result.turns] == ["customer"] * 4
    assert result.turns[0].customer_id == "5b10ac8d"
    assert not any("Анна" in turn.customer_id for turn in result.turns)


def test_lists_and_tables_of_the_document_format_stay_readable(tmp_path: Path) -> None:
    def text(words: str) -> dict[str, Any]:
        return {"type": "paragraph", "content": [{"type": "text", "text": words}]}

    items = {
        "type": "bulletList",
        "content": [{"type": "listItem", "content": [text(word)]} for word in ("раз", "два")],
    }
    body = {"type": "doc", "content": [text("Шаги:"), items, {"type": "mention", "attrs": {"text": "@Анна"}}]}
    result = read_files(tmp_path, {"i.json": cloud(note(1, "atlassian", body=body))}, "jira")
    assert result.turns[1].text == "Шаги:\n- раз\n- два"


def test_the_navigators_csv_with_a_column_per_comment(tmp_path: Path) -> None:
    csv = (
        "Summary,Issue key,Issue id,Reporter,Status,Created,Comment,Comment\n"
        'Вход,SUP-7,77,anna,Done,01/Mar/26 9:00 AM,"01/Mar/26 10:05 AM;oleg;Сбросьте; затем\nвойдите",'
        "02/мар/26 19:30;anna;Спасибо\n"
        "Пусто,SUP-8,78,anna,Open,01/Mar/26 9:00 AM,,\n"
        "лишние,поля\n"
    )
    result = read_files(tmp_path, {"jira.csv": csv}, "jira")
    assert said(result) == [
        ("SUP-7", "customer", "Вход"),
        ("SUP-7", "agent", "Сбросьте; затем\nвойдите"),
        ("SUP-7", "customer", "Спасибо"),
        ("SUP-8", "customer", "Пусто"),
    ]
    assert [turn.created_at[:16] for turn in result.turns[:3]] == [
        "2026-03-01T09:00",
        "2026-03-01T10:05",
        "2026-03-02T19:30",
    ]
    assert reasons(result) == {"wrong_number_of_fields": 1}


@pytest.mark.parametrize(
    ("shown", "iso"),
    [
        ("10/Nov/20 7:19 PM", "2020-11-10T19:19:00"),
        ("10/Nov/20 12:19 AM", "2020-11-10T00:19:00"),
        ("10/мая/2020 07:19", "2020-05-10T07:19:00"),
        ("2020-11-10 19:19", "2020-11-10 19:19"),
        ("31/Feb/20 7:19 PM", "31/Feb/20 7:19 PM"),
        ("10/Xyz/20 7:19 PM", "10/Xyz/20 7:19 PM"),
    ],
)
def test_times_as_jira_shows_them(shown: str, iso: str) -> None:
    assert shown_time(shown) == iso


def test_the_real_sample_is_read_and_its_orphan_comments_are_named() -> None:
    result = read(sample("jira_fivetran_csv") / "*.csv", "jira")
    assert [turn.ticket_id for turn in result.turns] == ["TP-8", "TP-12", "TCP-1"]
    assert reasons(result) == {"unknown_author": 3}


def test_the_navigators_table_is_read_with_russian_headers_too(tmp_path: Path) -> None:
    table = (
        "Тема,Ключ проблемы,Идентификатор проблемы,Тип задачи,Статус,Автор,Создано,Описание,Комментарий,Комментарий\n"
        "VPN,SUP-1,1,Запрос,Готово,anna,01/май/26 10:00 AM,Не работает,01/май/26 11:00 AM;agent;Перезапустите,"
        "01/май/26 12:00 PM;anna;Спасибо\n"
    )
    result = read_files(tmp_path, {"Jira.csv": table}, "jira")
    assert [(role, text) for _, role, text in said(result)] == [
        ("customer", "VPN\n\nНе работает"),
        ("agent", "Перезапустите"),
        ("customer", "Спасибо"),
    ]
    assert {(turn.status, turn.category) for turn in result.turns} == {("resolved", "Запрос")}


def test_a_link_in_a_cloud_document_keeps_its_address(tmp_path: Path) -> None:
    mark = {"type": "link", "attrs": {"href": "https://shop.ru/a"}}
    text = {
        "type": "doc",
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": "тут", "marks": [mark]}]}],
    }
    issue = {
        "id": "1",
        "key": "S-1",
        "fields": {"summary": "s", "description": text, "created": "2026-03-01T09:00:00Z"},
    }
    assert read_files(tmp_path, {"i.json": {"issues": [issue]}}, "jira").turns[0].text == "s\n\nтут (https://shop.ru/a)"
