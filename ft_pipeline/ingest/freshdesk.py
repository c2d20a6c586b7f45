"""A Freshdesk export (API v2 JSON, or the account export) -> rows of messages.

Here: tickets with their description, conversations inside them or in files of their own, agents and contacts. Not
here: what all exports share (export.py).

What becomes what: the description is the customer's first message (an outbound e-mail's is the agent's);
`incoming` is the customer; `private`, and what was forwarded to a third party, is a note; everything else that went
out is the agent's. Bots are told by `roles` (their user id or address).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ft_pipeline.ingest.export import People, Place, Record, Rows, Ticket, named_ticket, read_json, with_subject
from ft_pipeline.ingest.files import SourceFile
from ft_pipeline.ingest.html import NestedTooDeepError
from ft_pipeline.ingest.quotes import reply_of_html
from ft_pipeline.ingest.tables import Options, Table

_STATUSES = {"2": "open", "3": "open", "4": "resolved", "5": "resolved", "6": "open", "7": "open"}
_CHANNELS = {"1": "email", "2": "portal", "3": "phone", "7": "chat", "9": "widget", "10": "email", "13": "chat"}
_OUTBOUND = "10"
_FORWARDED = "8"
_NO_MESSAGE = frozenset(
    {"email", "contact", "helpdesk_agent", "domains", "ratings", "time_spent"}
)  # people, companies …
_WRAPPERS = ("tickets", "conversations", "results", "data", "contacts", "agents")


@dataclass
class _Export:
    """What all files of the export hold."""

    rows: Rows
    tickets: dict[str, Ticket] = field(default_factory=dict)
    descriptions: list[tuple[Place, str, Record]] = field(default_factory=list)
    messages: list[tuple[Place, str, Record]] = field(default_factory=list)


def read(files: Sequence[SourceFile], options: Options) -> Table:
    """Reads all files of one Freshdesk export."""
    export = _Export(Rows())
    for file in files:
        for document in read_json(file, options, export.rows):
            _sort_in(export, file.name, document)
    people = People(options.own_roles)
    for place, ticket_id, record in export.descriptions:
        _take_description(export, place, export.tickets[ticket_id], record)
    for place, ticket_id, record in export.messages:
        _take_message(export, place, export.tickets.get(ticket_id, Ticket(ticket_id)), record, people)
    return export.rows.table()


def _sort_in(export: _Export, file: str, content: object) -> None:
    """Puts a document, or each element of a list, where it belongs."""
    for record in export.rows.objects(file, content, expected="a ticket or a conversation"):
        inner = record.record("helpdesk_ticket", "helpdesk_note", "ticket", "conversation", "note")
        wrapped = next((name for name in _WRAPPERS if isinstance(record.get(name), list)), "")
        if inner and len(record) == 1:
            _sort_in(export, file, inner)
        elif wrapped and "requester_id" not in record:
            _sort_in(export, file, record[wrapped])
        elif "requester_id" in record or "subject" in record:
            _add_ticket(export, file, record)
        elif "body" in record or "body_text" in record or "incoming" in record:
            _add_message(export, file, record, record.text("ticket_id", "notable_id") or named_ticket(file))
        elif not (_NO_MESSAGE & set(record)):
            export.rows.reject(export.rows.place(file), "unknown_shape", f"fields: {', '.join(sorted(record))[:120]}")


def _add_ticket(export: _Export, file: str, record: Record) -> None:
    ticket_id = record.text("display_id", "id")
    if not ticket_id:
        export.rows.reject(export.rows.place(file), "missing_ticket_id", "a ticket without an id")
        return
    status = _STATUSES.get(record.text("status"), "")
    if status == "resolved" and record.record("stats").text("reopened_at"):
        status = "reopened"
    export.tickets[ticket_id] = Ticket(
        ticket_id=ticket_id,
        customer_id=record.text("requester_id"),
        channel=_CHANNELS.get(record.text("source"), ""),
        status=status,
        category=record.text("type", "ticket_type"),
        subject=record.text("subject"),
        is_spam=record.is_true("spam"),
        is_deleted=record.is_true("deleted"),
    )
    export.descriptions.append((export.rows.place(file), ticket_id, record))
    for item in record.items_of("conversations", "notes"):
        inner = item.record("helpdesk_note", "note") if isinstance(item, Record) else None
        _add_message(export, file, inner or item, ticket_id)


def _add_message(export: _Export, file: str, item: object, ticket_id: str) -> None:
    place = export.rows.place(file)
    if not isinstance(item, Record):
        export.rows.reject(place, "not_an_object", f"found {type(item).__name__}, expected a conversation")
    elif item.is_ambiguous:
        export.rows.reject(place, "duplicate_key", f"id {item.text('id')}")
    elif not ticket_id:
        export.rows.reject(place, "missing_ticket_id", f"conversation {item.text('id')}")
    else:
        export.messages.append((place, ticket_id, item))


def _take_description(export: _Export, place: Place, ticket: Ticket, record: Record) -> None:
    # Older exports hold HTML in `description_html` and plain text in `description`; newer ones the other way round.
    plain = record.text("description_text") or (record.text("description") if "description_html" in record else "")
    text = _plain(export, place, plain, record.text("description", "description_html"))
    if text is None:
        return
    export.rows.keep(
        place,
        ticket,
        turn_id=f"{ticket.ticket_id}-description",
        role="agent" if record.text("source") == _OUTBOUND else "customer",
        text=with_subject(ticket.subject, text) or ticket.subject,
        created_at=record.text("created_at"),
    )


def _take_message(export: _Export, place: Place, ticket: Ticket, record: Record, people: People) -> None:
    if record.is_true("deleted"):
        export.rows.reject(place, "deleted_message", f"ticket {ticket.ticket_id}")
        return
    text = _plain(export, place, record.text("body_text"), record.text("body", "body_html"))
    if text is not None:
        export.rows.keep(
            place,
            ticket,
            turn_id=record.text("id"),
            role=_role(record, people),
            text=text,
            created_at=record.text("created_at"),
        )


def _role(record: Record, people: People) -> str:
    if record.is_true("private") or record.text("source") == _FORWARDED:
        return "note"
    named = people.role(record.text("user_id"), record.text("from_email"))
    return named or ("customer" if record.is_true("incoming") else "agent")


def _plain(export: _Export, place: Place, plain: str, html: str) -> str | None:
    """The text; None where the HTML could not be read and the row is already rejected.

    HTML first: Freshdesk's plain text holds the quoted mails too, and everything in one line.
    """
    if "<" not in html:
        return plain or html
    try:
        return reply_of_html(html) or plain
    except NestedTooDeepError as error:
        export.rows.reject(place, "nested_too_deep", str(error))
        return None
