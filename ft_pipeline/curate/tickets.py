"""Puts turns together into tickets: in order, repaired, and stripped of what stands around the message.

Here: grouping, and the two passes of stripping (the second one knows the boilerplate of this source).
Not here: what a message means (pair).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from ft_pipeline.curate.boilerplate import find_boilerplate, without_boilerplate
from ft_pipeline.curate.repair import repair_all
from ft_pipeline.curate.rows import Message, Ticket
from ft_pipeline.letter import strip_edges, strip_edges_all
from ft_pipeline.records import Turn
from ft_pipeline.store import hash_json
from ft_pipeline.task import Data

Key = tuple[str, str]  # source, ticket id
MOST_CHARS = 20_000  # of a message; a longer one is no message, and its ticket is refused before any pattern runs


def group(turns: Iterable[Turn]) -> dict[Key, list[Turn]]:
    """The turns of each ticket in their order, tickets sorted by source and id."""
    by_key: dict[Key, list[Turn]] = defaultdict(list)
    out_of_order: set[Key] = set()
    for turn in turns:
        key = turn.source, turn.ticket_id
        mine = by_key[key]
        if mine and turn.position <= mine[-1].position:
            out_of_order.add(key)
        mine.append(turn)
    for key in out_of_order:
        by_key[key].sort(key=_place)
    return {key: by_key[key] for key in sorted(by_key)}


def as_tickets(turns: Sequence[Turn], *, data: Data) -> list[Ticket]:
    """All tickets, sorted by source and id."""
    by_key = group(turns)
    texts = Texts(by_key.values())
    tickets = [as_ticket(key, found, texts) for key, found in by_key.items()]
    if not data.drop_repeated_boilerplate:
        return tickets
    boilerplate = Boilerplate({ticket.key: said_by_agents(ticket) for ticket in tickets})
    return [boilerplate.taken_from(ticket) for ticket in tickets]


class Texts:
    """What the turns say, each distinct text repaired and stripped once."""

    def __init__(self, tickets: Iterable[Sequence[Turn]]) -> None:
        raw = list({turn.text: None for turns in tickets for turn in turns if len(turn.text) <= MOST_CHARS})
        self.repaired = dict(zip(raw, repair_all(raw), strict=True))
        clean = list(dict.fromkeys(self.repaired.values()))
        self._stripped = dict(zip(clean, strip_edges_all(clean), strict=True))

    def stripped(self, raw: str) -> str:
        """The text without greeting and signature; nothing where it is too long to be looked at."""
        clean = self.repaired.get(raw)
        return "" if clean is None else self._stripped[clean]


class Boilerplate:
    """What agents wrote without the boilerplate of their source; looked for twice, since one may hide another.

    Args:
        said: what the agents wrote in each ticket.
    """

    def __init__(self, said: Mapping[Key, Sequence[str]]) -> None:
        by_source: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for (source, ticket_id), texts in said.items():
            for text in texts:
                by_source[source].append((ticket_id, text))
        self._shorter: dict[str, dict[str, str]] = {}
        self.hashes: dict[str, str] = {}  # source -> what names its boilerplate; "" = there is none
        for source, messages in by_source.items():
            self._shorter[source], known = _without_boilerplate(messages)
            self.hashes[source] = hash_json([sorted(sentences) for sentences in known]) if known else ""

    def shorter(self, source: str) -> Mapping[str, str]:
        """What agents of a source wrote with boilerplate -> the same without it."""
        return self._shorter.get(source, {})

    def taken_from(self, ticket: Ticket) -> Ticket:
        """The ticket without boilerplate in what its agents wrote."""
        shorter = self.shorter(ticket.key[0])
        if all(shorter.get(message.text, message.text) == message.text for message in ticket.messages):
            return ticket
        messages = [
            replace(message, text=shorter.get(message.text, message.text)) if message.role == "agent" else message
            for message in ticket.messages
        ]
        return replace(ticket, messages=tuple(messages))


def as_ticket(key: Key, turns: Sequence[Turn], texts: Texts | None) -> Ticket:
    """One ticket; without its messages where no texts are given.

    Args:
        key: source and id.
        turns: in their order.
        texts: knows the text of each turn.
    """
    return Ticket(
        key=key,
        messages=tuple([_message(turn, texts) for turn in turns]) if texts is not None else (),
        status=turns[-1].status,
        category=turns[0].category or next((turn.category for turn in turns if turn.category), ""),
        customer_id=turns[0].customer_id or next((turn.customer_id for turn in turns if turn.customer_id), ""),
        created_at=turns[0].created_at,
    )


def said_by_agents(ticket: Ticket) -> tuple[str, ...]:
    """What the agents wrote in one ticket, stripped."""
    return tuple([message.text for message in ticket.messages if message.role == "agent"])


def _message(turn: Turn, texts: Texts) -> Message:
    text = texts.stripped(turn.text)
    whole = texts.repaired.get(turn.text, "") if turn.role == "customer" and not text else ""
    return Message(turn.role, turn.turn_id, turn.created_at, text, whole, len(turn.text) > MOST_CHARS)


def first_customer_text(ticket: Ticket) -> str:
    """What the customer wrote first, up to the first answer; with greeting and all where nothing else is there."""
    texts: list[str] = []
    fallback = ""
    for message in ticket.messages:
        if message.role == "customer":
            fallback = fallback or message.whole
            texts += [message.text] if message.text else []
        elif message.role == "agent" and texts:
            break
    return " ".join(texts) or fallback


def _without_boilerplate(messages: Sequence[tuple[str, str]]) -> tuple[dict[str, str], list[frozenset[str]]]:
    """Texts of one source that hold boilerplate -> the same without it; and the boilerplate of each look."""
    current = {text: text for _, text in messages}
    found: list[frozenset[str]] = []
    for _ in range(2):
        known = find_boilerplate([(ticket, current[text]) for ticket, text in messages])
        if not known:
            break
        found.append(known)
        also = partial(without_boilerplate, known=known)
        current = {text: strip_edges(shorter, also=also) for text, shorter in current.items()}
    return {text: shorter for text, shorter in current.items() if shorter != text}, found


def _place(turn: Turn) -> tuple[int, str]:
    return turn.position, turn.turn_id
