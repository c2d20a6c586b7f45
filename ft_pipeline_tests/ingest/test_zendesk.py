"""Zendesk exports: comments become messages of the right people, notes and bots never answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ft_pipeline_tests.ingest.exports import read, read_files, reasons, said, sample

USERS = [
    {"id": 1, "role": "end-user", "name": "Анна", "email": "anna@mail.ru"},
    {"id": 2, "role": "agent", "name": "Олег", "email": "oleg@shop.ru"},
]


def ticket(**more: Any) -> dict[str, Any]:
    base = {
        "id": 10,
        "requester_id": 1,
        "assignee_id": 2,
        "status": "solved",
        "subject": "Где посылка",
        "created_at": "2026-03-01T09:00:00Z",
        "updated_at": "2026-03-01T12:00:00Z",
        "via": {"channel": "email"},
        "type": "question",
    }
    return base | more


def comment(number: int, author: int, body: str, **more: Any) -> dict[str, Any]:
    time = f"2026-03-01T09:{number:02}:00Z"
    return {"id": number, "author_id": author, "body": body, "public": True, "created_at": time} | more


def test_a_ticket_with_comments_inside_becomes_a_dialogue(tmp_path: Path) -> None:
    comments = [comment(0, 1, "Трек не меняется третий день"), comment(5, 2, "Посылка на сортировке")]
    result = read_files(tmp_path, {"t.json": {"tickets": [ticket(comments=comments)], "users": USERS}}, "zendesk")
    assert said(result) == [
        ("10", "customer", "Где посылка\n\nТрек не меняется третий день"),
        ("10", "agent", "Посылка на сортировке"),
    ]
    turn = result.turns[0]
    assert (turn.turn_id, turn.customer_id, turn.channel, turn.status, turn.category) == (
        "0", "1", "email", "resolved", "question",
    )  # fmt: skip


def test_the_description_counts_only_where_no_comment_is_in_the_export(tmp_path: Path) -> None:
    with_comments = ticket(description="Первый вопрос", comments=[comment(0, 1, "Первый вопрос")])
    without = ticket(id=11, description="Второй вопрос", subject="Второй вопрос")
    result = read_files(tmp_path, {"t.json": {"tickets": [with_comments, without]}}, "zendesk")
    assert [text for _, _, text in said(result)] == ["Где посылка\n\nПервый вопрос", "Второй вопрос"]


@pytest.mark.parametrize(
    ("more", "role"),
    [
        ({"author_id": 2, "public": False}, "note"),
        ({"author_id": 1, "public": False}, "note"),
        ({"author_id": 2, "via": {"channel": "answer_bot"}}, "bot"),
        ({"author_id": 2, "via": {"channel": "rule"}}, "system"),
        ({"author_id": -1}, "system"),
        ({"author_id": 2, "via": {"channel": "api"}}, "agent"),
        ({"author_id": 2, "public": True}, "agent"),
        ({"author_id": 1}, "customer"),
    ],
)
def test_the_role_of_a_comment(tmp_path: Path, more: dict[str, Any], role: str) -> None:
    export = {"tickets": [ticket(comments=[comment(3, 2, "текст", **more)])], "users": USERS}
    assert [turn.role for turn in read_files(tmp_path, {"t.json": export}, "zendesk").turns] == [role]


def test_an_author_whom_nobody_names_is_rejected_and_never_taken_for_an_agent(tmp_path: Path) -> None:
    export = {"tickets": [ticket(comments=[comment(1, 99, "я в копии, у меня то же самое")])], "users": USERS}
    assert reasons(read_files(tmp_path, {"t.json": export}, "zendesk")) == {"unknown_author": 1}
    known = read_files(tmp_path, {"t.json": export}, "zendesk", roles={"99": "agent"})
    assert [turn.role for turn in known.turns] == ["agent"]


def test_without_users_the_requester_is_the_customer_and_any_assignee_an_agent(tmp_path: Path) -> None:
    first = ticket(comments=[comment(0, 1, "вопрос"), comment(1, 7, "ответ")])
    second = ticket(id=11, assignee_id=7, comments=[comment(2, 1, "ещё вопрос")])
    result = read_files(tmp_path, {"t.json": [first, second]}, "zendesk")
    assert [turn.role for turn in result.turns] == ["customer", "agent", "customer"]


def test_audits_give_comments_and_tell_a_reopening(tmp_path: Path) -> None:
    def audit(number: int, author: int, *events: dict[str, Any]) -> dict[str, Any]:
        time = f"2026-03-0{number}T10:00:00Z"
        return {"id": number, "ticket_id": 10, "author_id": author, "created_at": time, "events": list(events)}

    audits = [
        audit(
            1, 1, {"id": 91, "type": "Comment", "public": True, "body": "Не работает вход"}, {"id": 5, "type": "Create"}
        ),
        audit(2, 2, {"id": 92, "type": "Comment", "public": True, "body": "Сбросьте пароль"}),
        audit(3, 1, {"id": 93, "type": "Change", "field_name": "status", "previous_value": "solved", "value": "open"}),
    ]
    files = {"audits.json": {"audits": audits, "users": USERS}, "tickets.json": {"tickets": [ticket()]}}
    result = read_files(tmp_path, files, "zendesk")
    assert said(result) == [("10", "customer", "Не работает вход"), ("10", "agent", "Сбросьте пароль")]
    assert {turn.status for turn in result.turns} == {"reopened"}


def test_incremental_ticket_events_give_comments(tmp_path: Path) -> None:
    event = {
        "id": 7,
        "ticket_id": 10,
        "created_at": "2026-03-01T09:00:00Z",
        "child_events": [
            {"id": 71, "event_type": "Comment", "author_id": 1, "public": True, "body": "Как вернуть товар?"},
            {"id": 72, "event_type": "Change", "status": "open", "previous_value": "new"},
        ],
    }
    files = {"events.json": {"ticket_events": [event]}, "t.json": {"tickets": [ticket()], "end_time": 1}}
    result = read_files(tmp_path, files, "zendesk")
    assert said(result) == [("10", "customer", "Где посылка\n\nКак вернуть товар?")]


def test_a_page_of_comments_takes_its_ticket_from_the_address_or_the_file_name(tmp_path: Path) -> None:
    page = {"comments": [comment(1, 2, "ответ")], "users": USERS}
    by_name = read_files(tmp_path / "a", {"comments_4711.json": page}, "zendesk")
    assert [turn.ticket_id for turn in by_name.turns] == ["4711"]
    url = "https://shop.zendesk.com/api/v2/tickets/555/comments.json?page=2"
    by_url = read_files(tmp_path / "b", {"page.json": page | {"next_page": url}}, "zendesk")
    assert [turn.ticket_id for turn in by_url.turns] == ["555"]
    assert reasons(read_files(tmp_path / "c", {"page.json": page}, "zendesk")) == {"missing_ticket_id": 1}


def test_warehouse_tables_join_by_ids(tmp_path: Path) -> None:
    files = {
        "ticket.csv": "id,requester_id,assignee_id,status,created_at,via_channel\n10,1,2,closed,2026-03-01,web\n",
        "ticket_comment.csv": "id,body,created,public,ticket_id,user_id\n"
        "1,Вопрос,2026-03-01 09:00:00,TRUE,10,1\n2,Заметка,2026-03-01 09:01:00,FALSE,10,2\n"
        "3,Ответ,2026-03-01 09:02:00,TRUE,10,2\n",
        "user.csv": "id,role,email\n1,end-user,a@b.ru\n2,admin,o@shop.ru\n",
        "ticket_tag.csv": "tag,ticket_id\nвип,10\n",
    }
    result = read_files(tmp_path, files, "zendesk")
    assert said(result) == [("10", "customer", "Вопрос"), ("10", "note", "Заметка"), ("10", "agent", "Ответ")]
    assert result.rows_in == {"s": 3}
    assert result.turns[0].channel == "web"


def test_json_lines_with_one_broken_line_lose_only_that_line(tmp_path: Path) -> None:
    import json

    lines = [json.dumps(ticket(id=number, comments=[comment(0, 1, f"вопрос {number}")])) for number in (1, 2)]
    result = read_files(tmp_path, {"t.json": "\n".join([lines[0], '{"id": 3, "comm', lines[1]])}, "zendesk")
    assert [turn.ticket_id for turn in result.turns] == ["1", "2"]
    assert reasons(result) == {"broken_json": 1}


def test_deleted_and_suspended_tickets_are_rejected_with_their_reason(tmp_path: Path) -> None:
    export = [
        ticket(id=1, status="deleted", comments=[comment(0, 1, "удалите мои данные")]),
        ticket(id=2, status="suspended", comments=[comment(0, 1, "купите рекламу")]),
        ticket(id=3, subject="", description=""),
    ]
    result = read_files(tmp_path, {"t.json": export}, "zendesk")
    assert reasons(result) == {"deleted_ticket": 1, "spam_ticket": 1, "no_messages": 1}


def test_the_real_warehouse_sample_is_read_and_every_row_accounted_for() -> None:
    folder = sample("zendesk_fivetran_csv") / "*.csv"
    result = read(folder, "zendesk", roles={"402935450113": "agent", "413068955393": "customer"})
    assert sum(turn.role == "agent" for turn in result.turns) == 1
    assert [turn.role for turn in result.turns if turn.ticket_id == "7367"] == ["customer"] * 6
    assert set(reasons(result)) == {"unknown_author", "deleted_ticket", "no_text", "missing_ticket_id"}
    assert {turn.role for turn in result.turns if turn.channel == "chat"} == {"bot"}


def test_incremental_events_name_their_author_and_time_otherwise(tmp_path: Path) -> None:
    def event(number: int, updater: int, **child: Any) -> dict[str, Any]:
        event_child = {"id": number, "event_type": "Comment"} | child
        return {"ticket_id": 10, "timestamp": 1772355600 + number, "updater_id": updater, "child_events": [event_child]}

    events = [
        event(1, 1, body="вопрос", comment_public=True),
        event(2, 2, body="между нами", comment_public=False),
        event(3, 2, body="ответ", comment_public=True),
    ]
    files = {"e.json": {"ticket_events": events}, "t.json": {"tickets": [ticket(subject="")], "users": USERS}}
    result = read_files(tmp_path, files, "zendesk")
    assert [(turn.role, turn.text, turn.created_at[-8:-6]) for turn in result.turns] == [
        ("customer", "вопрос", "01"),
        ("note", "между нами", "02"),
        ("agent", "ответ", "03"),
    ]


def test_a_whole_chat_in_one_comment_is_nobodys_answer(tmp_path: Path) -> None:
    chat = "(10:01:02) Анна: привет\n(10:01:09) Олег: здравствуйте\n(10:02:00) Анна: где заказ"
    export = {"tickets": [ticket(comments=[comment(0, 1, "вопрос"), comment(1, 2, chat)])], "users": USERS}
    assert [turn.role for turn in read_files(tmp_path, {"t.json": export}, "zendesk").turns] == ["customer", "note"]


def test_objects_that_a_connector_wrote_as_json_text_are_read_and_a_body_like_one_stays_text(tmp_path: Path) -> None:
    comments = (
        "id,ticket_id,author_id,body,public,created_at,via\n"
        '1,10,1,"{""ошибка"": 5}",true,2026-03-01 09:00:00,"{""channel"": ""email""}"\n'
        '2,10,2,Автоответ,true,2026-03-01 09:01:00,"{""channel"": ""answer_bot""}"\n'
    )
    tickets = "id,requester_id,assignee_id,status,subject,created_at\n10,1,2,solved,,2026-02-01 09:00:00\n"
    result = read_files(tmp_path, {"comments.csv": comments, "tickets.csv": tickets}, "zendesk")
    assert [(turn.role, turn.text) for turn in result.turns] == [("customer", '{"ошибка": 5}'), ("bot", "Автоответ")]


def test_a_page_of_search_results_holds_tickets(tmp_path: Path) -> None:
    page = {"results": [ticket(description="вопрос", result_type="ticket")], "count": 1}
    assert [turn.role for turn in read_files(tmp_path, {"s.json": page}, "zendesk").turns] == ["customer"]
