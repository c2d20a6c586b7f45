"""The messages of many tickets side by side, column by column: a million tickets hold no object for each message.

Here: how turns become columns, and one ticket of the columns as an object again. Not here: which messages are question
and answer (pair, plans).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from operator import attrgetter

from ft_pipeline.curate.rows import Message, Ticket
from ft_pipeline.curate.tickets import MOST_CHARS, Boilerplate, Key, Texts
from ft_pipeline.records import Turn


@dataclass(slots=True)
class Talks:
    """Some tickets and all their messages, in order."""

    tickets: list[Ticket]
    ends: list[int]  # where the messages of each ticket end in the columns
    roles: list[str]
    turn_ids: list[str]
    created_at: list[str]
    texts: list[str]  # stripped of greetings, signatures and quotes
    too_long: frozenset[Key]  # tickets with a message that is too long to be looked at

    def spans(self) -> Iterator[tuple[Ticket, int, int]]:
        """Each ticket, where its messages begin and where they end."""
        return zip(self.tickets, chain((0,), self.ends), self.ends, strict=False)

    def said_by_agents(self) -> dict[Key, tuple[str, ...]]:
        """What the agents wrote in each ticket, stripped."""
        roles, texts = self.roles, self.texts
        return {
            ticket.key: tuple([texts[place] for place in range(start, end) if roles[place] == "agent"])
            for ticket, start, end in self.spans()
        }

    def without(self, boilerplate: Boilerplate) -> list[str]:
        """The texts, those of agents without boilerplate."""
        texts = list(self.texts)
        for ticket, start, end in self.spans():
            shorter = boilerplate.shorter(ticket.key[0])
            if shorter:
                for place in range(start, end):
                    if self.roles[place] == "agent":
                        texts[place] = shorter.get(texts[place], texts[place])
        return texts

    def whole(self, ticket: Ticket, texts: Sequence[str], start: int, end: int) -> Ticket:
        """A ticket with its messages in it."""
        messages = [
            Message(self.roles[place], self.turn_ids[place], self.created_at[place], texts[place], "", False)
            for place in range(start, end)
        ]
        return Ticket(
            ticket.key, tuple(messages), ticket.status, ticket.category, ticket.customer_id, ticket.created_at
        )


def as_talks(tickets: Mapping[Key, Ticket], turns: Mapping[Key, Sequence[Turn]], texts: Texts) -> Talks:
    """The turns of tickets as columns.

    Args:
        tickets: knows each of them.
        turns: of each ticket, in their order.
        texts: knows the text of each turn.
    """
    flat = list(chain.from_iterable(turns.values()))
    raw = list(map(attrgetter("text"), flat))
    is_any_long = max(map(len, raw), default=0) > MOST_CHARS
    return Talks(
        tickets=[tickets[key] for key in turns],
        ends=list(accumulate(map(len, turns.values()))),
        roles=list(map(attrgetter("role"), flat)),
        turn_ids=list(map(attrgetter("turn_id"), flat)),
        created_at=list(map(attrgetter("created_at"), flat)),
        texts=list(map(texts.stripped, raw)),
        too_long=frozenset(
            (turn.source, turn.ticket_id) for turn in flat if is_any_long and len(turn.text) > MOST_CHARS
        ),
    )
