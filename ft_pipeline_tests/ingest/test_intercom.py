"""Intercom conversations: source, parts, authors, bodies in HTML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ft_pipeline_tests.ingest.exports import read, read_files, reasons, said, sample


def part(number: int, author: str, body: str | None, **more: Any) -> dict[str, Any]:
    base = {
        "id": str(number),
        "part_type": "comment",
        "body": body,
        "created_at": 1772355600 + number * 60,
        "author": {"type": author, "id": f"{author}1", "name": "Имя"},
    }
    return base | more


def conversation(*parts: Any, **more: Any) -> dict[str, Any]:
    source = {
        "type": "conversation",
        "id": "s1",
        "delivered_as": "customer_initiated",
        "subject": "",
        "body": "<p>Как сменить тариф?</p>",
        "author": {"type": "user", "id": "u1"},
    }
    base: dict[str, Any] = {
        "type": "conversation",
        "id": "77",
        "created_at": 1772355600,
        "state": "closed",
        "source": source,
        "contacts": {"contacts": [{"id": "u1"}]},
        "conversation_parts": {"conversation_parts": list(parts)},
    }
    return base | more


def test_a_conversation_becomes_a_dialogue_with_times_in_utc(tmp_path: Path) -> None:
    export = conversation(part(1, "admin", "<p>В профиле,<br>раздел «Тарифы»</p>"), part(2, "user", "Спасибо"))
    result = read_files(tmp_path, {"c.json": {"conversations": [export]}}, "intercom")
    assert said(result) == [
        ("77", "customer", "Как сменить тариф?"),
        ("77", "agent", "В профиле,\nраздел «Тарифы»"),
        ("77", "customer", "Спасибо"),
    ]
    turn = result.turns[0]
    assert (turn.created_at, turn.customer_id, turn.status) == ("2026-03-01T09:00:00+00:00", "u1", "resolved")


@pytest.mark.parametrize(
    ("author", "kind", "role"),
    [
        ("admin", "comment", "agent"),
        ("team", "comment", "agent"),
        ("bot", "comment", "bot"),
        ("lead", "comment", "customer"),
        ("contact", "comment", "customer"),
        ("admin", "note", "note"),
        ("bot", "note", "note"),
        ("admin", "note_and_reopen", "note"),
        ("admin", "assignment", "note"),
        ("admin", "close", "agent"),  # the last answer may come with the closing
        ("user", "open", "customer"),
    ],
)
def test_the_role_of_a_part(tmp_path: Path, author: str, kind: str, role: str) -> None:
    result = read_files(tmp_path, {"c.json": conversation(part(1, author, "<p>текст</p>", part_type=kind))}, "intercom")
    assert result.turns[1].role == role


def test_parts_without_a_text_are_named_and_a_broken_part_breaks_nothing(tmp_path: Path) -> None:
    export = conversation(
        part(1, "admin", None, part_type="assignment"),
        "?",
        part(2, "admin", "<p>Ответ</p>"),
        part(3, "alien", "кто это"),
        part(4, "admin", "<p>стёрто</p>", redacted=True),
        part(5, "admin", "<div>" * 300 + "глубоко"),
    )
    result = read_files(tmp_path, {"c.json": export}, "intercom")
    assert [text for _, _, text in said(result)] == ["Как сменить тариф?", "Ответ"]
    assert reasons(result) == {
        "no_text": 1, "not_an_object": 1, "unknown_author": 1, "redacted_message": 1, "nested_too_deep": 1,
    }  # fmt: skip


def test_an_automatic_greeting_is_the_bots(tmp_path: Path) -> None:
    export = conversation()
    export["source"] |= {"author": {"type": "admin", "id": "a"}, "delivered_as": "automated"}
    assert read_files(tmp_path, {"c.json": export}, "intercom").turns[0].role == "bot"


def test_the_title_stands_in_front_of_the_question_unless_it_repeats_it(tmp_path: Path) -> None:
    titled = read_files(tmp_path, {"c.json": conversation(title="Тарифы")}, "intercom")
    assert titled.turns[0].text.split() == ["Тарифы", "Как", "сменить", "тариф?"]
    repeated = read_files(tmp_path, {"c.json": conversation(title="Как сменить тариф…")}, "intercom")
    assert repeated.turns[0].text == "Как сменить тариф?"


def test_the_real_samples_are_read_and_every_part_accounted_for() -> None:
    result = read(sample("intercom_openapi_json") / "*.json", "intercom")
    assert {turn.role for turn in result.turns} == {"customer", "agent", "note"}
    assert ("531", "agent", "Goodbye :)") in said(result)
    assert set(reasons(result)) <= {"no_text", "redacted_message", "duplicate_turn", "unknown_author"}
    back_office = [turn.role for turn in result.turns if turn.text == "attribute_value"]
    assert back_office
    assert set(back_office) == {"note"}


@pytest.mark.parametrize(
    ("kind", "author", "role"),
    [
        ("comment", {"type": "admin", "from_ai_agent": True}, "bot"),
        ("note_and_reopen", {"type": "admin"}, "note"),
        ("operator_workflow_event", {"type": "admin"}, "note"),
        ("close", {"type": "admin"}, "agent"),
        ("quick_reply", {"type": "user"}, "customer"),
    ],
)
def test_only_what_a_colleague_sent_is_an_answer(tmp_path: Path, kind: str, author: dict[str, Any], role: str) -> None:
    found = conversation(part(1, "", "<p>текст</p>", part_type=kind) | {"author": {"id": "1"} | author})
    assert read_files(tmp_path, {"c.json": found}, "intercom").turns[-1].role == role
