"""Telegram Desktop exports: entities, service messages, who is who, where a conversation ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline_tests.ingest.exports import read, read_files, reasons, said, sample

DAY = 86_400


def message(number: int, sender: int, text: Any, *, after_s: int = 0, **more: Any) -> dict[str, Any]:
    base = {
        "id": number,
        "type": "message",
        "date": "2026-03-01T12:00:00",
        "date_unixtime": str(1772355600 + number * 60 + after_s),
        "from": f"Имя {sender}",
        "from_id": f"user{sender}",
        "text": text,
    }
    return base | more


def chat(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"name": "Имя 5", "type": "personal_chat", "id": 5, "messages": list(messages)} | more


def test_one_personal_chat_the_other_side_is_the_customer(tmp_path: Path) -> None:
    export = chat(message(1, 5, "Как оплатить?"), message(2, 9, "По ссылке"))
    result = read_files(tmp_path, {"result.json": export}, "telegram")
    assert said(result) == [("tg5-1", "customer", "Как оплатить?"), ("tg5-1", "agent", "По ссылке")]
    turn = result.turns[0]
    assert (turn.created_at, turn.customer_id, turn.channel) == ("2026-03-01T09:01:00+00:00", "5", "telegram")


def test_a_full_export_knows_its_owner(tmp_path: Path) -> None:
    export = {
        "personal_information": {"user_id": 9},
        "chats": {"list": [chat(message(1, 5, "вопрос"), message(2, 9, "ответ"), id=777), "?"]},
        "left_chats": {"list": [chat(message(7, 6, "другой"), type="private_group", name="Группа", id=8)]},
    }
    result = read_files(tmp_path, {"result.json": export}, "telegram")
    assert [role for _, role, _ in said(result)] == ["customer", "agent"]
    assert reasons(result) == {"unknown_role": 1}  # nobody says who the agents of the group are


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("просто", "просто"),
        (["до ", {"type": "bold", "text": "жирно"}, " после"], "до жирно после"),
        ([{"type": "link", "text": "https://a.ru"}], "https://a.ru"),
        ([{"type": "text_link", "text": "тут", "href": "https://a.ru"}], "тут (https://a.ru)"),
        ([{"type": "text_link", "text": "https://a.ru", "href": "https://a.ru"}], "https://a.ru"),
        ([{"type": "bold"}, None, "остаток"], "остаток"),
    ],
)
def test_text_as_entities(tmp_path: Path, text: Any, expected: str) -> None:
    assert read_files(tmp_path, {"r.json": chat(message(1, 5, text))}, "telegram").turns[0].text == expected


def test_what_is_no_text_is_named(tmp_path: Path) -> None:
    export = chat(
        message(1, 5, "вопрос"),
        {"id": 2, "type": "service", "action": "pin_message", "text": ""},
        message(3, 5, "", photo="a.jpg"),
        message(4, 5, "подпись", photo="a.jpg"),
        message(5, 5, ""),
        "?",
    )
    result = read_files(tmp_path, {"r.json": export}, "telegram")
    assert [text for _, _, text in said(result)] == ["вопрос", "подпись"]
    assert reasons(result) == {"service_message": 1, "media_without_text": 1, "no_text": 1, "not_an_object": 1}


def test_roles_name_people_by_name_or_id_and_bots_never_answer(tmp_path: Path) -> None:
    group = chat(
        message(1, 5, "Вопрос"), message(2, 9, "Ответ"), message(3, 7, "Меню"), type="private_supergroup", name="Чат"
    )
    roles = {"Имя 9": "agent", "user7": "bot"}
    result = read_files(tmp_path, {"r.json": group}, "telegram", roles=roles)
    assert [role for _, role, _ in said(result)] == ["customer", "agent", "bot"]
    assert reasons(read_files(tmp_path, {"r.json": group}, "telegram")) == {"unknown_role": 3}


def test_a_customer_who_comes_back_after_a_day_opens_a_new_ticket_but_a_late_answer_belongs_to_the_old(
    tmp_path: Path,
) -> None:
    export = chat(
        message(1, 5, "первый вопрос"),
        message(2, 5, "ну что там?", after_s=2 * DAY),  # still waits
        message(3, 9, "ответ через три дня", after_s=3 * DAY),
        message(4, 5, "второй вопрос", after_s=5 * DAY),
        message(5, 9, "второй ответ", after_s=5 * DAY),
    )
    tickets = [ticket for ticket, _, _ in said(read_files(tmp_path, {"r.json": export}, "telegram"))]
    assert tickets == ["tg5-1", "tg5-1", "tg5-1", "tg5-4", "tg5-4"]


def test_in_a_group_a_reply_belongs_to_the_question_that_it_answers(tmp_path: Path) -> None:
    group = chat(
        message(1, 5, "вопрос Анны"),
        message(2, 6, "вопрос Бориса"),
        message(3, 9, "ответ Анне", reply_to_message_id=1),
        message(4, 5, "уточнение Анны"),
        message(5, 9, "ответ Борису", reply_to_message_id=2),
        type="private_supergroup",
        name="Поддержка",
    )
    result = read_files(tmp_path, {"r.json": group}, "telegram", roles={"user9": "agent"})
    assert said(result) == [
        ("tg5-1", "customer", "вопрос Анны"),
        ("tg5-1", "agent", "ответ Анне"),
        ("tg5-1", "customer", "уточнение Анны"),
        ("tg5-2", "customer", "вопрос Бориса"),
        ("tg5-2", "agent", "ответ Борису"),
    ]
    assert {turn.customer_id for turn in result.turns if turn.ticket_id == "tg5-2"} == {"6"}


def test_a_broken_message_or_a_torn_file_costs_no_other_message(tmp_path: Path) -> None:
    text = json.dumps(
        chat(message(1, 5, "вопрос"), message(2, 9, "сломано"), message(3, 9, "ответ")), ensure_ascii=False
    )
    broken = text.replace('"сломано"', '"сломано\\x"')
    result = read_files(tmp_path / "a", {"r.json": broken}, "telegram")
    assert said(result) == [("tg5-1", "customer", "вопрос"), ("tg5-1", "agent", "ответ")]
    assert reasons(result) == {"broken_json": 1}
    torn = read_files(tmp_path / "b", {"r.json": text[:-50]}, "telegram")
    assert [words for _, _, words in said(torn)] == ["вопрос", "сломано"]
    assert reasons(torn) == {"broken_json": 1}


def test_notes_to_oneself_and_channels_are_no_dialogue(tmp_path: Path) -> None:
    export = {"chats": {"list": [chat(message(1, 5, "купить хлеб"), type="saved_messages")]}}
    assert reasons(read_files(tmp_path, {"r.json": export}, "telegram")) == {"not_a_dialogue": 1}


def test_another_json_is_named_as_such(tmp_path: Path) -> None:
    assert reasons(read_files(tmp_path, {"r.json": {"users": []}}, "telegram")) == {"unknown_shape": 1}


def test_the_real_exports_of_four_years_are_read() -> None:
    result = read(sample("telegram_export") / "*.json", "telegram")
    by_text = {turn.text: turn for turn in result.turns}
    assert by_text["Reply to this!"].ticket_id == by_text["+, окно в Ад"].ticket_id
    assert by_text["My reply to a channel post!"].role == "agent"  # the owner of the account
    assert "Hello there!" not in by_text  # a group in which nobody is known to be an agent
    assert result.rows_in["s"] == 57
    assert set(reasons(result)) <= {"service_message", "media_without_text", "no_text", "unknown_role"}
