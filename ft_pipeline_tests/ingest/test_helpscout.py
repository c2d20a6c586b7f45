"""Help Scout conversations: threads, notes, drafts, line items."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ft_pipeline_tests.ingest.exports import read_files, reasons, said


def thread(number: int, kind: str, **more: Any) -> dict[str, Any]:
    base = {
        "id": number,
        "type": kind,
        "state": "published",
        "body": f"<p>текст {number}</p>",
        "createdBy": {"id": 1, "type": "customer" if kind == "customer" else "user"},
        "createdAt": f"2026-03-01T09:{number:02}:00Z",
    }
    return base | more


def conversation(*threads: Any, **more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "id": 31,
        "threads": len(threads),
        "type": "email",
        "status": "closed",
        "state": "published",
        "subject": "Доставка",
        "mailboxId": 4,
        "primaryCustomer": {"id": 900},
        "_embedded": {"threads": list(threads)},
    }
    return base | more


def test_a_page_of_conversations_becomes_dialogues(tmp_path: Path) -> None:
    page = {"_embedded": {"conversations": [conversation(thread(2, "message"), thread(1, "customer"))]}, "page": {}}
    result = read_files(tmp_path, {"page.json": page}, "helpscout")
    assert said(result) == [("31", "customer", "Доставка\n\nтекст 1"), ("31", "agent", "текст 2")]
    turn = result.turns[0]
    assert (turn.customer_id, turn.channel, turn.status) == ("900", "email", "resolved")


@pytest.mark.parametrize(
    ("kind", "author", "role"),
    [
        ("customer", "customer", "customer"),
        ("message", "user", "agent"),
        ("reply", "user", "agent"),
        ("note", "user", "note"),
        ("forwardparent", "user", "note"),
        ("chat", "customer", "customer"),
        ("chat", "user", "agent"),
        ("phone", "user", "agent"),
    ],
)
def test_the_role_of_a_thread(tmp_path: Path, kind: str, author: str, role: str) -> None:
    export = conversation(thread(1, kind, createdBy={"id": 1, "type": author}))
    assert [turn.role for turn in read_files(tmp_path, {"c.json": export}, "helpscout").turns] == [role]


def test_what_was_never_sent_is_no_answer(tmp_path: Path) -> None:
    export = conversation(
        thread(1, "customer"),
        thread(2, "message", state="draft"),
        thread(3, "message", state="hidden"),
        thread(4, "lineitem", body=None),
        17,
    )
    result = read_files(tmp_path, {"c.json": export}, "helpscout")
    assert [role for _, role, _ in said(result)] == ["customer"]
    assert reasons(result) == {"draft_message": 1, "hidden_message": 1, "line_item": 1, "not_an_object": 1}


def test_threads_in_a_file_of_their_own_find_their_conversation(tmp_path: Path) -> None:
    bare = conversation(threads=2)
    del bare["_embedded"]
    href = "https://api.helpscout.net/v2/conversations/31/threads"
    threads = {"_embedded": {"threads": [thread(1, "customer")]}, "_links": {"self": {"href": href}}}
    result = read_files(tmp_path / "a", {"conversations.json": [bare], "threads.json": threads}, "helpscout")
    assert [(turn.ticket_id, turn.status) for turn in result.turns] == [("31", "resolved")]
    assert reasons(read_files(tmp_path / "b", {"conversations.json": [bare]}, "helpscout")) == {"no_messages": 1}


def test_spam_is_rejected(tmp_path: Path) -> None:
    export = conversation(thread(1, "customer"), status="spam")
    assert reasons(read_files(tmp_path, {"c.json": export}, "helpscout")) == {"spam_ticket": 1}


def test_threads_in_a_file_of_their_own_belong_to_the_conversation_that_its_name_holds(tmp_path: Path) -> None:
    alone = {name: value for name, value in conversation().items() if name != "_embedded"} | {
        "subject": "Вход в кабинет"
    }
    threads = {"_embedded": {"threads": [thread(2, "message"), thread(1, "customer")]}, "page": {}}
    result = read_files(tmp_path, {"c.json": alone, "threads_31.json": threads}, "helpscout")
    assert [(name, role, text) for name, role, text in said(result)] == [
        ("31", "customer", "Вход в кабинет\n\nтекст 1"),
        ("31", "agent", "текст 2"),
    ]


@pytest.mark.parametrize(
    "more", [{"source": {"type": "workflow", "via": "user"}}, {"createdBy": {"id": 0, "type": "system"}}]
)
def test_what_a_workflow_or_the_program_sent_is_the_bots(tmp_path: Path, more: dict[str, Any]) -> None:
    export = conversation(thread(1, "customer"), thread(2, "message", **more))
    assert read_files(tmp_path, {"c.json": export}, "helpscout").turns[1].role == "bot"
