"""Puts turns together into tickets: in order, repaired, and stripped of what stands around the message.

Here: grouping, and the two passes of stripping (the second one knows the boilerplate of this source).
Not here: what a message means (pair).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial

from ft_pipeline.curate.boilerplate import find_boilerplate, without_boilerplate
from ft_pipeline.curate.repair import repair_all
from ft_pipeline.curate.rows import Message, Ticket
from ft_pipeline.letter import strip_edges
from ft_pipeline.records import Turn
from ft_pipeline.task import Data

MOST_CHARS = 20_000  # of a message; a longer one is no message, and its ticket is refused before any pattern runs


def as_tickets(turns: Sequence[Turn], *, data: Data) -> list[Ticket]:
    """All tickets, sorted by source and id. Each distinct text is repaired and stripped once."""
    by_key: dict[tuple[str, str], list[Turn]] = defaultdict(list)
    for turn in turns:
        by_key[turn.source, turn.ticket_id].append(turn)
    raw = list({turn.text: None for turn in turns if len(turn.text) <= MOST_CHARS})
    repaired = dict(zip(raw, repair_all(raw), strict=True))
    stripped = {text: strip_edges(text) for text in set(repaired.values())}
    by_agents = _Stripped(by_key, repaired, stripped) if data.drop_repeated_boilerplate else None
    return [_ticket(key, by_key[key], repaired, stripped, by_agents) for key in sorted(by_key)]


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


class _Stripped:
    """What agents wrote without the boilerplate of their source; looked for twice, since one may hide another."""

    def __init__(
        self, by_key: Mapping[tuple[str, str], Sequence[Turn]], repaired: Mapping[str, str], stripped: Mapping[str, str]
    ) -> None:
        said: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for (source, ticket_id), turns in by_key.items():
            said[source] += [
                (ticket_id, stripped[repaired.get(turn.text, "")] if turn.text in repaired else "")
                for turn in turns
                if turn.role == "agent"
            ]
        self._texts = {source: _without_boilerplate(messages) for source, messages in said.items()}

    def __call__(self, source: str, text: str) -> str:
        return self._texts[source].get(text, text)


def _without_boilerplate(messages: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Distinct texts of one source -> the same without boilerplate."""
    current = {text: text for _, text in messages}
    for _ in range(2):
        known = find_boilerplate([(ticket, current[text]) for ticket, text in messages])
        if not known:
            break
        also = partial(without_boilerplate, known=known)
        current = {text: strip_edges(shorter, also=also) for text, shorter in current.items()}
    return current


def _ticket(
    key: tuple[str, str],
    turns: list[Turn],
    repaired: Mapping[str, str],
    stripped: Mapping[str, str],
    by_agents: _Stripped | None,
) -> Ticket:
    ordered = sorted(turns, key=_place) if len(turns) > 1 else turns
    messages = []
    for turn in ordered:
        clean = repaired.get(turn.text, "")
        text = stripped.get(clean, "")
        if by_agents is not None and turn.role == "agent":
            text = by_agents(key[0], text)
        messages.append(Message(turn, clean, text))
    return Ticket(
        key=key,
        messages=tuple(messages),
        status=ordered[-1].status,
        category=next((turn.category for turn in ordered if turn.category), ""),
        customer_id=next((turn.customer_id for turn in ordered if turn.customer_id), ""),
        created_at=ordered[0].created_at,
    )


def _place(turn: Turn) -> tuple[int, str]:
    return turn.position, turn.turn_id
