"""Freshdesk exports: descriptions, conversations, private notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ft_pipeline_tests.ingest.exports import read, read_files, reasons, said, sample


def ticket(**more: Any) -> dict[str, Any]:
    base = {
        "id": 5,
        "requester_id": 70,
        "subject": "Возврат",
        "status": 4,
        "source": 1,
        "type": "Вопрос",
        "description": "<div>Как вернуть <b>обувь</b>?</div>",
        "description_text": "Как вернуть обувь?",
        "created_at": "2026-03-01T09:00:00Z",
    }
    return base | more


def reply(number: int, **more: Any) -> dict[str, Any]:
    base = {
        "id": number,
        "ticket_id": 5,
        "incoming": False,
        "private": False,
        "source": 0,
        "user_id": 9,
        "body_text": f"текст {number}",
        "created_at": f"2026-03-01T10:{number:02}:00Z",
    }
    return base | more


def test_a_ticket_and_its_conversations_from_another_file_become_a_dialogue(tmp_path: Path) -> None:
    conversations = [reply(1), reply(2, incoming=True, user_id=70), reply(3, private=True, source=2)]
    result = read_files(tmp_path, {"tickets.json": [ticket()], "conversations.json": conversations}, "freshdesk")
    assert said(result) == [
        ("5", "customer", "Возврат\n\nКак вернуть обувь?"),
        ("5", "agent", "текст 1"),
        ("5", "customer", "текст 2"),
        ("5", "note", "текст 3"),
    ]
    turn = result.turns[0]
    assert (turn.customer_id, turn.channel, turn.status, turn.category) == ("70", "email", "resolved", "Вопрос")


@pytest.mark.parametrize(
    ("more", "roles", "role"),
    [
        ({"private": True}, {}, "note"),
        ({"private": True}, {"9": "agent"}, "note"),
        ({"source": 8}, {}, "note"),  # forwarded to a third party
        ({"source": 2}, {}, "agent"),  # a public note
        ({"incoming": True}, {}, "customer"),
        ({"from_email": "Бот <robot@shop.ru>"}, {"robot@shop.ru": "bot"}, "bot"),
        ({"user_id": 77}, {"77": "bot"}, "bot"),
    ],
)
def test_the_role_of_a_conversation(tmp_path: Path, more: dict[str, Any], roles: dict[str, str], role: str) -> None:
    result = read_files(tmp_path, {"t.json": [ticket(conversations=[reply(1, **more)])]}, "freshdesk", roles=roles)
    assert result.turns[1].role == role


def test_html_bodies_become_text_and_old_exports_are_read_too(tmp_path: Path) -> None:
    old = {
        "helpdesk_ticket": {
            "display_id": 8,
            "requester_id": 1,
            "subject": "x",
            "status": 5,
            "description": "Вопрос",
            "description_html": "<p>Вопрос</p>",
            "created_at": "2014-12-31T12:27:09+10:00",
            "notes": [{"helpdesk_note": reply(1, body_text="", body="<p>Ответ<br>и&nbsp;ещё</p>", ticket_id=8)}],
        }
    }
    result = read_files(tmp_path, {"old.json": [old]}, "freshdesk")
    assert said(result) == [("8", "customer", "Вопрос"), ("8", "agent", "Ответ\nи ещё")]


def test_an_outbound_email_was_written_by_the_agent(tmp_path: Path) -> None:
    result = read_files(tmp_path, {"t.json": [ticket(source=10)]}, "freshdesk")
    assert [turn.role for turn in result.turns] == ["agent"]


def test_spam_and_what_is_no_conversation_are_rejected_and_contacts_are_no_rows(tmp_path: Path) -> None:
    contact = {"id": 1, "email": "a@b.ru", "name": "Анна", "description": None}
    files = {"t.json": [ticket(spam=True), ticket(id=6, conversations=["?", reply(4, ticket_id=6)])], "c.json": contact}
    result = read_files(tmp_path, files, "freshdesk")
    assert reasons(result) == {"spam_ticket": 1, "not_an_object": 1}
    assert [role for _, role, _ in said(result)] == ["customer", "agent"]


def test_reopened_tickets_are_told(tmp_path: Path) -> None:
    stats = {"reopened_at": "2026-03-02T00:00:00Z"}
    assert read_files(tmp_path, {"t.json": [ticket(stats=stats)]}, "freshdesk").turns[0].status == "reopened"


def test_the_real_sample_keeps_the_private_note_a_note_and_repeated_pages_duplicates() -> None:
    result = read(sample("freshdesk_v2_json") / "*.json", "freshdesk")
    assert [(turn.role, turn.text) for turn in result.turns] == [
        ("customer", "This is a sample ticket, feel free to delete it."),
        ("note", "This is a private note"),
        ("agent", "This is a reply"),
    ]
    assert reasons(result) == {"duplicate_turn": 6}


def test_a_file_of_conversations_belongs_to_the_ticket_that_its_name_holds(tmp_path: Path) -> None:
    replies = [{name: value for name, value in reply(1).items() if name != "ticket_id"}]
    result = read_files(tmp_path, {"ticket.json": [ticket()], "conversations_5.json": replies}, "freshdesk")
    assert [(name, role) for name, role, _ in said(result)] == [("5", "customer"), ("5", "agent")]
    paged = read_files(tmp_path / "p", {"conversations_page_5.json": replies}, "freshdesk")
    assert reasons(paged) == {"missing_ticket_id": 1}


def test_a_reply_by_mail_keeps_its_paragraphs_and_loses_what_it_quotes(tmp_path: Path) -> None:
    html = "<div>Заполните бланк.<br>Потом отправьте.</div><blockquote>Как вернуть?</blockquote>"
    answer = reply(1, body=html, body_text="Заполните бланк. Потом отправьте. Как вернуть?")
    result = read_files(tmp_path, {"t.json": [ticket(conversations=[answer])]}, "freshdesk")
    assert result.turns[1].text == "Заполните бланк.\nПотом отправьте."


def test_companies_ratings_and_hours_are_no_rows_and_a_table_is_told(tmp_path: Path) -> None:
    files = {
        "t.json": [ticket()],
        "companies.json": [{"id": 1, "name": "ООО", "domains": []}],
        "ratings.json": [{"id": 1, "ticket_id": 5, "ratings": {}, "feedback": "ок"}],
        "hours.json": [{"id": 1, "ticket_id": 5, "time_spent": "01:00", "note": "x"}],
        "list.csv": "Ticket ID,Subject\n5,Возврат\n",
    }
    result = read_files(tmp_path, files, "freshdesk")
    assert len(result.turns) == 1
    assert reasons(result) == {"not_json": 1}
