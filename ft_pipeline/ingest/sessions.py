"""Messages of an endless chat -> conversations, each a ticket.

Here: where one conversation ends and the next begins. Not here: any program's format.

A customer who writes a day after the last answer opens a new conversation; whoever still waits for an answer, and an
agent who answers late, goes on with the old one, for a week at most. In a group a reply belongs to what it replies
to; without one, a customer's message goes on in this customer's conversation, an agent's in the one that spoke last.
A conversation is named by its first message, so that its name does not change when the chat grows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ft_pipeline.ingest.export import Place
from ft_pipeline.ingest.times import to_utc

SILENCE = timedelta(hours=24)  # after an answer: what a customer writes later is a new question
PATIENCE = timedelta(days=7)  # for a late answer, or somebody who still waits for one


@dataclass(frozen=True)
class Said:
    """One message whose sender is known."""

    place: Place
    turn_id: str
    reply_to: str  # turn id of the message that it answers, "" = none
    sender: str
    role: str
    text: str
    created_at: str


@dataclass
class _Session:
    ticket_id: str
    last: datetime | None
    last_role: str = ""
    customer_id: str = ""


def split_sessions(messages: Sequence[Said], *, chat_id: str, is_personal: bool) -> Iterator[tuple[Said, str, str]]:
    """(message, ticket id, customer id) of every message, in their order."""
    taken: list[tuple[Said, _Session]] = []
    by_turn: dict[str, _Session] = {}
    by_customer: dict[str, _Session] = {}
    newest: _Session | None = None
    for message in messages:
        moment = _moment(message.created_at)
        session = by_turn.get(message.reply_to)
        if session is None:
            own = newest if is_personal or message.role != "customer" else by_customer.get(message.sender)
            session = own if own is not None and not _is_over(own, message.role, moment) else None
        if session is None:
            first = message.turn_id or message.created_at[:16]
            session = _Session(f"{chat_id}-{first}".replace(" ", "T"), moment)
        session.last, session.last_role = moment or session.last, message.role
        if message.role == "customer":
            session.customer_id = session.customer_id or message.sender
            by_customer[message.sender] = session
        if message.turn_id:
            by_turn[message.turn_id] = session
        newest = session
        taken.append((message, session))
    for message, session in taken:
        yield message, session.ticket_id, session.customer_id


def _is_over(session: _Session, role: str, moment: datetime | None) -> bool:
    if moment is None or session.last is None:
        return False
    asks_anew = role == "customer" and session.last_role != "customer"
    return moment - session.last > (SILENCE if asks_anew else PATIENCE)


def _moment(created_at: str) -> datetime | None:
    text = to_utc(created_at)
    return datetime.fromisoformat(text) if text else None
