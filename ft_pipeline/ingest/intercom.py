"""An Intercom export (conversations and tickets as JSON or JSON lines) -> rows of messages.

Here: the source of a conversation, its parts, tickets with their attributes and parts. Not here: what all exports
share (export.py).

What becomes what: authors of type user, lead and contact are customers, admin and team are agents, bot is a bot (as
is a source that was sent automatically). Notes, and what is written while assigning, are notes. A part without a body
(an assignment, a changed attribute) is rejected as `no_text`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ft_pipeline.ingest.export import People, Record, Rows, Ticket, epoch_to_iso, read_json, with_subject
from ft_pipeline.ingest.files import SourceFile
from ft_pipeline.ingest.html import html_to_text
from ft_pipeline.ingest.tables import Options, Table

_ROLES = {
    "user": "customer",
    "lead": "customer",
    "contact": "customer",
    "admin": "agent",
    "team": "agent",
    "teammate": "agent",
    "bot": "bot",
    "operator": "bot",
    "fin": "bot",
    "workflow": "bot",
}
_STATES = {"closed": "resolved", "open": "open", "snoozed": "open", "resolved": "resolved"}
_TICKET_STATES = {"submitted": "open", "in_progress": "open", "waiting_on_customer": "open", "resolved": "resolved"}
_AUTOMATIC = frozenset({"automated", "operator_initiated", "campaigns_initiated"})
_SENT_PARTS = ("", "comment", "close", "open", "quick_reply", "reply", "message")  # what a customer gets to read
_WRAPPERS = ("conversations", "tickets", "data", "items")


def read(files: Sequence[SourceFile], options: Options) -> Table:
    """Reads all files of one Intercom export."""
    rows, people = Rows(), People(options.own_roles)
    for file in files:
        for document in read_json(file, options, rows):
            _take(rows, file.name, document, people)
    return rows.table()


def _take(rows: Rows, file: str, content: object, people: People) -> None:
    for item in rows.objects(file, content, expected="a conversation"):
        wrapped = next((name for name in _WRAPPERS if isinstance(item.get(name), list)), "")
        if "ticket_attributes" in item or "ticket_parts" in item:
            _take_ticket(rows, file, item, people)
        elif isinstance(item.get("source"), Record) or "conversation_parts" in item or "conversation_message" in item:
            _take_conversation(rows, file, item, people)
        elif wrapped:
            _take(rows, file, item[wrapped], people)
        elif item.text("type") not in {"contact", "user", "lead", "admin", "company"}:
            rows.reject(rows.place(file), "unknown_shape", f"fields: {', '.join(sorted(item))[:120]}")


def _take_conversation(rows: Rows, file: str, record: Record, people: People) -> None:
    source = record.record("source", "conversation_message")
    status = _STATES.get(record.text("state"), "")
    if not status and "open" in record:
        status = "open" if record.is_true("open") else "resolved"
    reopens = record.record("statistics").text("count_reopens")
    ticket = Ticket(
        ticket_id=record.text("id"),
        customer_id=_customer_id(record),
        channel="chat" if source.text("type").startswith("conversation") else source.text("type"),
        status="reopened" if status == "resolved" and reopens.isdigit() and int(reopens) > 0 else status,
        category=record.record("custom_attributes").text("AI Title", "Category", "category"),
        subject=record.text("title") or source.text("subject"),
    )
    if not ticket.ticket_id:
        rows.reject(rows.place(file), "missing_ticket_id", "a conversation without an id")
        return
    if source:
        place = rows.place(file)
        role = _role(source, people)
        if role in {"agent", ""} and source.text("delivered_as") in _AUTOMATIC:
            role = "bot"
        if not role:
            rows.reject(place, "unknown_author", f"author type {source.record('author').text('type') or 'missing'}")
        elif source.is_true("redacted"):
            rows.reject(place, "redacted_message", f"conversation {ticket.ticket_id}")
        else:
            subject = html_to_text(ticket.subject[:300]) if role == "customer" else ""
            body = source.text("body")
            if subject and "<" not in body:
                body = with_subject(subject, body)
            elif subject and (joined := with_subject(subject, body)) != body:
                body = f"<p>{joined.partition(chr(10))[0]}</p>{body}"
            rows.keep_html(
                place,
                ticket,
                turn_id=f"source-{source.text('id') or ticket.ticket_id}",
                role=role,
                html=body,
                created_at=epoch_to_iso(record.text("created_at")),
            )
    parts = record.record("conversation_parts").items_of("conversation_parts") or record.items_of("conversation_parts")
    for part in parts:
        _take_part(rows, file, ticket, part, people)


def _take_ticket(rows: Rows, file: str, record: Record, people: People) -> None:
    attributes = record.record("ticket_attributes")
    state = record.record("ticket_state").text("category") or record.text("ticket_state")
    ticket = Ticket(
        ticket_id=record.text("id", "ticket_id"),
        customer_id=_customer_id(record),
        channel="ticket",
        status=_TICKET_STATES.get(state, ""),
        category=record.record("ticket_type").text("name"),
        subject=attributes.text("_default_title_"),
    )
    if not ticket.ticket_id:
        rows.reject(rows.place(file), "missing_ticket_id", "a ticket without an id")
        return
    description = attributes.text("_default_description_")
    place = rows.place(file)
    # A back-office ticket is written by the team for the team.
    is_internal = record.text("category").lower() in {"back-office", "tracker"}
    rows.keep_html(
        place,
        ticket,
        turn_id=f"{ticket.ticket_id}-description",
        role="note" if is_internal else "customer",
        html=with_subject(ticket.subject, description) or ticket.subject,
        created_at=epoch_to_iso(record.text("created_at")),
    )
    parts = record.record("ticket_parts").items_of("ticket_parts") or record.items_of("ticket_parts")
    for part in parts:
        _take_part(rows, file, ticket, part, people)


def _take_part(rows: Rows, file: str, ticket: Ticket, part: object, people: People) -> None:
    place = rows.place(file)
    if not isinstance(part, Record):
        rows.reject(place, "not_an_object", f"found {type(part).__name__}, expected a part")
        return
    kind = part.text("part_type")
    role = _role(part, people)
    is_internal = kind.startswith("note") or (role == "agent" and kind not in _SENT_PARTS)
    if part.is_ambiguous:
        rows.reject(place, "duplicate_key", f"part {part.text('id')}")
    elif part.is_true("redacted"):
        rows.reject(place, "redacted_message", f"part {part.text('id')}")
    elif not part.text("body"):
        rows.reject(place, "no_text", f"part of type {kind or 'missing'}")
    elif not role:
        rows.reject(place, "unknown_author", f"author type {part.record('author').text('type') or 'missing'}")
    else:
        rows.keep_html(
            place,
            ticket,
            turn_id=part.text("id"),
            role="note" if is_internal and role != "customer" else role,
            html=part.text("body"),
            created_at=epoch_to_iso(part.text("created_at")),
        )


def _role(record: Record, people: People) -> str:
    author = record.record("author")
    named = people.role(author.text("id"), author.text("email"), author.text("name"))
    if not named and (author.is_true("from_ai_agent") or author.is_true("is_ai_answer")):
        return "bot"
    return named or _ROLES.get(author.text("type").lower(), "")


def _customer_id(record: Record) -> str:
    contacts = record.record("contacts").items_of("contacts") or record.items_of("contacts")
    first = next((contact for contact in contacts if isinstance(contact, Record)), Record())
    return first.text("id") or record.record("user", "contact").text("id")
