"""Puts turns together into tickets: in order, repaired, and stripped of what stands around the message.

Here: grouping, and the two passes of stripping (the second one knows the boilerplate of this source).
Not here: what a message means (pair).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache, partial

from ft_pipeline.curate.boilerplate import find_boilerplate, without_boilerplate
from ft_pipeline.curate.repair import repair
from ft_pipeline.curate.rows import Message, Ticket
from ft_pipeline.letter import strip_edges
from ft_pipeline.records import Turn
from ft_pipeline.task import Data

MOST_CHARS = 20_000  # of a message; a longer one is no message, and its ticket is refused before any pattern runs


def as_tickets(turns: Sequence[Turn], *, data: Data) -> list[Ticket]:
    """All tickets, sorted by source and id."""
    by_key: dict[tuple[str, str], list[Turn]] = defaultdict(list)
    for turn in turns:
        by_key[turn.source, turn.ticket_id].append(turn)
    clean = lru_cache(maxsize=100_000)(repair)
    strip = lru_cache(maxsize=100_000)(strip_edges)
    tickets = [_ticket(key, by_key[key], clean, strip) for key in sorted(by_key)]
    return _without_boilerplate(tickets) if data.drop_repeated_boilerplate else tickets


def first_customer_text(ticket: Ticket) -> str:
    """What the customer wrote first, up to the first answer; with greeting and all where nothing else is there."""
    texts: list[str] = []
    fallback = ""
    for message in ticket.messages:
        if message.turn.role == "customer":
            fallback = fallback or message.repaired
            texts += [message.text] if message.text else []
        elif message.turn.role == "agent" and texts:
            break
    return " ".join(texts) or fallback


def _ticket(
    key: tuple[str, str], turns: list[Turn], clean: Callable[[str], str], strip: Callable[[str], str]
) -> Ticket:
    ordered = sorted(turns, key=lambda turn: (turn.position, turn.turn_id))
    messages = []
    for turn in ordered:
        repaired = clean(turn.text) if len(turn.text) <= MOST_CHARS else ""
        messages.append(Message(turn, repaired, strip(repaired)))
    return Ticket(
        key=key,
        messages=tuple(messages),
        status=ordered[-1].status,
        category=next((turn.category for turn in ordered if turn.category), ""),
        customer_id=next((turn.customer_id for turn in ordered if turn.customer_id), ""),
        created_at=ordered[0].created_at,
    )


def _without_boilerplate(tickets: Sequence[Ticket]) -> list[Ticket]:
    """Strips boilerplate source by source, twice, since one boilerplate sentence may hide another."""
    result = list(tickets)
    for _ in range(2):
        by_source: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for ticket in result:
            by_source[ticket.key[0]] += [
                (ticket.key[1], message.text) for message in ticket.messages if message.turn.role == "agent"
            ]
        known = {source: find_boilerplate(messages) for source, messages in by_source.items()}
        if not any(known.values()):
            break
        result = [
            _restripped(ticket, known[ticket.key[0]]) if known.get(ticket.key[0]) else ticket for ticket in result
        ]
    return result


def _restripped(ticket: Ticket, boilerplate: frozenset[str]) -> Ticket:
    messages = tuple(
        replace(message, text=strip_edges(message.text, also=partial(without_boilerplate, known=boilerplate)))
        if message.turn.role == "agent"
        else message
        for message in ticket.messages
    )
    return replace(ticket, messages=messages)
