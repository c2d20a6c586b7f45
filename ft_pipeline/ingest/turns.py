"""Messages of a source -> turns: their order inside a ticket, their identifiers, the draw of incoming tickets.

Here: what holds for the messages of all kinds of sources. Not here: what a row means (sources.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from ft_pipeline.records import Turn

_BY_TIME = attrgetter("created_at")


@dataclass(frozen=True, slots=True)
class Message:
    """A message before its place in the ticket is known."""

    ticket_id: str
    turn_id: str
    role: str
    text: str
    created_at: str
    customer_id: str
    channel: str
    status: str
    category: str
    kind: str = ""


def ordered(messages: Sequence[Message], taken_ids: set[str], source_name: str) -> list[Turn]:
    """Turns by ticket (in order of appearance) and time, with positions; ids that another source took get a prefix."""
    tickets: dict[str, list[Message]] = {}
    for message in messages:
        found = tickets.get(message.ticket_id)
        if found is None:
            tickets[message.ticket_id] = [message]
        else:
            found.append(message)
    turns: list[Turn] = []
    for ticket_id, ticket in tickets.items():
        name = f"{source_name}-{ticket_id}" if ticket_id in taken_ids else ticket_id
        mark = "#" if any(message.turn_id for message in ticket) else ""  # a made id never equals a given one
        ticket.sort(key=_BY_TIME)
        for place, said in enumerate(ticket):
            turns.append(
                Turn(
                    name,
                    said.turn_id or f"{mark}{place}",
                    place,
                    said.role,
                    said.text,
                    said.created_at,
                    said.customer_id,
                    said.channel,
                    said.status,
                    said.category,
                    source_name,
                    said.kind,
                )
            )
    return turns


def draw_incoming(turns: Sequence[Turn], salt: str, number: int) -> tuple[str, ...]:
    """The tickets with the least salted hash: the draw of a ticket never depends on which others there are."""
    ids = {turn.ticket_id for turn in turns if turn.role == "customer"}
    return tuple(sorted(ids, key=lambda item: hashlib.sha256(f"{salt}|incoming|{item}".encode()).hexdigest())[:number])
