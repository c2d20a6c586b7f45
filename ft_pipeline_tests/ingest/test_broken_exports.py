"""No broken element breaks an export: whatever stands in the place of a value, every unit is kept or named."""

from __future__ import annotations

import copy
import json
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ft_pipeline_tests.ingest import (
    test_freshdesk,
    test_helpscout,
    test_intercom,
    test_jira,
    test_telegram,
    test_zendesk,
)
from ft_pipeline_tests.ingest.exports import read_files, reasons

EXPORTS: dict[str, Any] = {
    "zendesk": {
        "tickets": [
            test_zendesk.ticket(comments=[test_zendesk.comment(1, 1, "вопрос"), test_zendesk.comment(2, 2, "ответ")])
        ],
        "users": test_zendesk.USERS,
        "audits": [{"id": 1, "ticket_id": 10, "events": [{"type": "Comment", "body": "аудит", "id": 3}]}],
    },
    "freshdesk": [
        test_freshdesk.ticket(conversations=[test_freshdesk.reply(1), test_freshdesk.reply(2, private=True)])
    ],
    "intercom": {"conversations": [test_intercom.conversation(test_intercom.part(1, "admin", "<p>ответ</p>"))]},
    "helpscout": {"_embedded": {"conversations": [test_helpscout.conversation(test_helpscout.thread(1, "customer"))]}},
    "jira": {"issues": [test_jira.cloud(test_jira.note(1, "atlassian"))]},
    "telegram": {
        "personal_information": {"user_id": 9},
        "chats": {"list": [test_telegram.chat(test_telegram.message(1, 5, ["а", {"type": "bold", "text": "б"}]))]},
    },
}
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    10**40,
    1.5,
    "",
    "x",
    "\x00",
    "\ud800",
    [],
    {},
    [[]],
    [None],
    {"a": {}},
    "9" * 400,
    "<b",
    "{",
]


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path inside a JSON value."""
    found = [path] if path else []
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        found += places(value, (*path, key))
    return found


def broken(export: Any, seed: int) -> Any:
    """The export with one to four of its values replaced, dropped or doubled."""
    rng, export = random.Random(seed), copy.deepcopy(export)
    for _ in range(rng.randint(1, 4)):
        choices = places(export)
        if not choices:
            break
        *path, last = rng.choice(choices)
        node = export
        for key in path:
            node = node[key]
        kind = rng.random()
        if kind < 0.7:
            node[last] = rng.choice(ODD)
        elif isinstance(node, dict):
            del node[last]
        else:
            node.append(copy.deepcopy(node[last]))
    return export


@pytest.mark.parametrize("file_format", sorted(EXPORTS))
def test_an_export_with_odd_values_anywhere_is_read_to_its_end(file_format: str, tmp_path: Path) -> None:
    for seed in range(60):
        text = json.dumps(broken(EXPORTS[file_format], seed))
        sound = json.dumps(EXPORTS[file_format])
        folder = tmp_path / str(seed)
        result = read_files(folder, {"a.json": text, "b.json": sound}, file_format)
        assert {"b.json"} & {row.key.partition(":")[0] for row in result.rejected} or result.turns, seed


@pytest.mark.parametrize("file_format", sorted(EXPORTS))
@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"null", b"7", b'"text"', b"[[[1]]]", b'{"a": NaN}', b"\xff\xfe\x00"]
)
def test_files_that_are_no_export_at_all_are_named(file_format: str, content: bytes, tmp_path: Path) -> None:
    result = read_files(tmp_path, {"a.json": content}, file_format)
    assert not result.turns


@pytest.mark.parametrize("file_format", sorted(EXPORTS))
def test_a_torn_file_a_deep_one_and_doubled_keys_are_named(file_format: str, tmp_path: Path) -> None:
    text = json.dumps(EXPORTS[file_format])
    files = {"torn.json": text[: len(text) // 2], "deep.json": "[" * 100_000, "doubled.json": '{"id": 1, "id": 2}'}
    result = read_files(tmp_path, files, file_format)
    assert {row.key.partition(":")[0] for row in result.rejected} == set(files)
    assert set(reasons(result)) <= {"broken_json", "nested_too_deep", "duplicate_key", "unknown_shape"}


def tickets(*, number: int) -> list[str]:
    made = (test_zendesk.ticket(id=n, comments=[test_zendesk.comment(1, 1, f"вопрос {n}")]) for n in range(number))
    return [json.dumps(item, ensure_ascii=False) for item in made]


@pytest.mark.parametrize(
    ("text", "kept", "broken"),
    [
        ("[" + ", ".join(tickets(number=3))[:-40], 2, 1),  # the end of the file is missing
        (", ".join(["[" + tickets(number=3)[0], '{"id": 9, "subject": }', tickets(number=3)[2]]) + "]", 2, 1),
        (", ".join(["[" + tickets(number=3)[0], '{"id": 9, "subject": "a\\x"}', tickets(number=3)[2]]) + "]", 2, 1),
        ('{"users": [{"id": 1}], "tickets": [' + ",".join(tickets(number=2)) + "]", 2, 0),
        ("[" + tickets(number=1)[0].replace("вопрос", "во\tпрос\n") + "]", 1, 0),  # raw control signs in a text
        ('{"tickets": [' + tickets(number=1)[0] + " ###", 1, 1),
    ],
)
def test_what_is_sound_in_a_broken_document_is_read(text: str, kept: int, broken: int, tmp_path: Path) -> None:
    result = read_files(tmp_path, {"t.json": text}, "zendesk")
    assert len(result.turns) == kept
    assert reasons(result).get("broken_json", 0) == broken


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["whatsapp", "mbox", "eml"]))
def test_any_text_as_a_chat_or_a_mail_is_read(text: str, file_format: str) -> None:
    head = {
        "whatsapp": "01.03.2026, 09:00 - А: ",
        "mbox": "From x Sun Mar 1 12:00:00 2026\nFrom: a@b.ru\n",
        "eml": "From: a@b.ru\n",
    }
    content = (head[file_format] + text).encode("utf-8", errors="surrogatepass")
    with tempfile.TemporaryDirectory() as folder:
        read_files(Path(folder), {"a.txt": content}, file_format, roles={"shop.ru": "agent"})


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_behind_a_mails_headers_are_read(data: bytes) -> None:
    heads = b"From: a@b.ru\nSubject: " + data[:20] + b"\nContent-Type: multipart/mixed; boundary=x\n\n--x\n" + data
    with tempfile.TemporaryDirectory() as folder:
        read_files(Path(folder), {"a.eml": heads}, "eml", roles={"shop.ru": "agent"})
