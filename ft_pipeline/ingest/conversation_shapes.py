"""Rows that hold a whole conversation in one cell -> a row per message.

Here: a JSON row with a list of messages inside (`messages`, `comments`, `dialog` …), whose own fields hold for all of
them. Not here: exports of programs (one module each), ready pairs (pair_shapes.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ft_pipeline.ingest.fields import OPTIONAL, REQUIRED, own_name
from ft_pipeline.ingest.tables import Sheet, cell_text

_LISTS = ("messages", "comments", "conversation", "conversations", "dialog", "dialogue", "turns", "history", "thread")
_OURS = (*REQUIRED["tickets"], *OPTIONAL["tickets"])
_OF_TICKET = {"ticket_id", "customer_id", "channel", "status", "category"}  # a message's own `id` is its turn


def as_messages(sheet: Sheet, mapped: Mapping[str, str]) -> Sheet:
    """The sheet with a row per message; unchanged where it has the column `text`, or holds no conversations."""
    inside = next((name for name in sheet.names if name.lower() in _LISTS), "")
    if not inside or mapped.get("text", own_name("text", sheet.names)) in sheet.names:
        return sheet
    outer = {name: sheet.column(name) for name in sheet.names if name != inside}
    rows: list[dict[str, str]] = []
    numbers: list[int] = []
    files: list[str] = []
    bad: dict[int, tuple[str, str]] = {}
    for index, number in enumerate(sheet.numbers):
        about = {name: column[index] for name, column in outer.items()}
        lost = sheet.bad.get(index)
        found = None if lost else _messages(sheet.column(inside)[index])
        for message in [{}] if found is None else found:
            if found is None:
                bad[len(rows)] = lost or ("no_messages", f"`{inside}` holds no list of messages")
            rows.append(_row(about, message, mapped))
            numbers.append(number)
            files.append(sheet.files[index] if sheet.files else "")
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = {name: [row.get(name, "") for row in rows] for name in names}
    return Sheet(tuple(names), cells, numbers, bad, files if any(files) else ())


def _messages(cell: str) -> Sequence[Mapping[str, Any]] | None:
    """The messages that a cell holds as JSON; None where it holds none."""
    try:
        found = json.loads(cell, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not found or not all(isinstance(item, dict) for item in found):
        return None
    return found


def _row(about: Mapping[str, str], message: Mapping[str, Any], mapped: Mapping[str, str]) -> dict[str, str]:
    """A message with our column names, and what its ticket says where it says nothing."""
    said = {name: cell_text(value) for name, value in message.items()}
    row: dict[str, str] = {}
    for ours in _OURS:
        places = (about, said) if ours in _OF_TICKET else (said, about) if ours != "text" else (said,)
        names = [(place, mapped.get(ours, "")) for place in places]
        names += [(place, own_name(ours, list(place))) for place in places]
        value = next((place[name] for place, name in names if place.get(name, "").strip()), "")
        row[mapped.get(ours, ours)] = value
    if not row[mapped.get("ticket_id", "ticket_id")]:
        row[mapped.get("ticket_id", "ticket_id")] = about.get("id", "")
    if not row[mapped.get("turn_id", "turn_id")]:
        row[mapped.get("turn_id", "turn_id")] = said.get("id", "")
    return row
