"""A Zendesk export (API JSON, or the tables of a warehouse) -> rows of messages.

Here: tickets with comments inside, lists of comments, audits, incremental exports (tickets, ticket events), the
tables ticket, ticket_comment and user, chat transcripts. Not here: what all exports share (export.py).

What becomes what: a comment's author decides the role: `roles` of the source, then the exported users, then the
ticket's requester (customer) and anybody who is an assignee somewhere (agent). Comments that are not public are
notes; the answer bot is a bot; triggers and the system user (-1) are system. A ticket's description is its first
comment, so it counts only where no comment of that ticket is in the export.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ft_pipeline.ingest.export import People, Place, Record, Rows, Ticket, epoch_to_iso, named_ticket, with_subject
from ft_pipeline.ingest.files import SourceFile
from ft_pipeline.ingest.html import NestedTooDeepError, html_to_text
from ft_pipeline.ingest.tables import Options, Table
from ft_pipeline.ingest.warehouse import TableKinds, read_warehouse, sort_files

_ROLES = {"end-user": "customer", "agent": "agent", "admin": "agent", "owner": "agent", "light_agent": "agent"}
_STATUSES = {"solved": "resolved", "closed": "resolved"}
_BOT_SOURCES = frozenset(
    {"answer_bot", "answer_bot_for_agents", "answer_bot_for_web_widget", "chatbot", "zd:answerbot"}
)
_RULE_SOURCES = frozenset({"rule", "system", "automation", "trigger"})
_COMMENT_EVENTS = frozenset({"Comment", "VoiceComment", "FacebookComment", "ChatStartedEvent"})
_URL_TICKET = re.compile(r"/tickets/(\d+)/")
_TRANSCRIPT_LINE = re.compile(r"^\(\d{1,2}:\d{2}:\d{2}(?: [AP]M)?\) [^:\n]{1,60}: ", re.MULTILINE)
_LEAST_TRANSCRIPT_LINES = 2
_PAGE = {"results", "tickets", "ticket", "comments", "audits", "ticket_events", "users"}
_TABLES = TableKinds(
    {
        "comments": ("ticket_id", "body", "public"),
        "tickets": ("id", "requester_id", "status"),
        "users": ("id", "role", "email"),
        "chats": ("chat_id", "ticket_id"),
        "chat_events": ("chat_id", "message"),
    },
    without_messages=(
        frozenset({"tag"}),
        frozenset({"ticket_id", "field_name"}),
        frozenset({"id", "name"}),
        frozenset({"ticket_id", "user_id"}),
        frozenset({"ticket_id", "_index"}),
        frozenset({"ticket_id", "score"}),
    ),
)


@dataclass(frozen=True)
class _Comment:
    place: Place
    ticket_id: str
    record: Record


@dataclass
class _Export:
    """What all files of the export hold."""

    rows: Rows
    tickets: dict[str, Record] = field(default_factory=dict)  # the newest version of each
    tickets_at: dict[str, Place] = field(default_factory=dict)
    users: dict[str, Record] = field(default_factory=dict)
    assignees: set[str] = field(default_factory=set)
    comments: list[_Comment] = field(default_factory=list)
    reopened: set[str] = field(default_factory=set)
    chat_tickets: dict[str, str] = field(default_factory=dict)
    chat_events: list[tuple[Place, Record]] = field(default_factory=list)


def read(files: Sequence[SourceFile], options: Options) -> Table:
    """Reads all files of one Zendesk export."""
    export = _Export(Rows())
    sort_files(
        files,
        options,
        export.rows,
        take_table=lambda file: _sort_table(export, file, options),
        take_document=lambda name, document: _sort_in(export, name, document),
    )
    people = People(options.own_roles)
    for chat_place, event in export.chat_events:
        _add_chat_event(export, chat_place, event)
    seen: set[str] = set()
    for comment in export.comments:
        seen.add(comment.ticket_id)
        _take(export, comment, people)
    for ticket_id, place in export.tickets_at.items():
        if ticket_id not in seen:
            _take_description(export, export.rows.place(place.file), ticket_id)
    return export.rows.table()


def _sort_table(export: _Export, file: SourceFile, options: Options) -> None:
    table = read_warehouse(file, options, export.rows, kinds=_TABLES)
    for record in table.records:
        if table.kind == "comments":
            _add_comment(export, file.name, record, record.text("ticket_id"))
        elif table.kind == "tickets":
            _add_ticket(export, file.name, record)
        elif table.kind == "users":
            export.users[record.text("id")] = record
        elif table.kind == "chats":
            export.chat_tickets[record.text("chat_id")] = record.text("ticket_id")
        elif table.kind == "chat_events":
            export.chat_events.append((export.rows.place(file.name), record))


def _sort_in(export: _Export, file: str, content: object, *, ticket_id: str = "") -> None:
    """Puts a document, or each element of a list, where it belongs."""
    for item in export.rows.objects(file, content, expected="a ticket or a comment"):
        if "id" not in item and _PAGE & set(item):
            _sort_page(export, file, item)
        elif "child_events" in item or ("events" in item and "ticket_id" in item):
            _add_events(export, file, item)
        elif "requester_id" in item or "requester" in item or ("subject" in item and "status" in item):
            _add_ticket(export, file, item)
        elif "author_id" in item or "body" in item:
            _add_comment(export, file, item, item.text("ticket_id") or ticket_id)
        elif "email" in item or "role" in item:
            export.users[item.text("id")] = item
        else:
            export.rows.reject(export.rows.place(file), "unknown_shape", f"fields: {', '.join(sorted(item))[:120]}")


def _sort_page(export: _Export, file: str, page: Record) -> None:
    """One page of the API: users first, since the rest names them."""
    pages = [value for name in ("next_page", "previous_page", "url") if isinstance(value := page.get(name), str)]
    inner = page.record("ticket")
    in_url = next((match.group(1) for value in pages if (match := _URL_TICKET.search(value))), "")
    ticket_id = inner.text("id") or in_url or named_ticket(file)
    for name in ("users", "results", "tickets", "audits", "ticket_events"):
        _sort_in(export, file, page.items_of(name))
    if inner:
        _sort_in(export, file, inner)
    _sort_in(export, file, page.items_of("comments"), ticket_id=ticket_id)


def _add_ticket(export: _Export, file: str, record: Record) -> None:
    ticket_id = record.text("id", "ticket_id")
    if not ticket_id:
        export.rows.reject(export.rows.place(file), "missing_ticket_id", "a ticket without an id")
        return
    for name in ("requester", "assignee", "submitter"):
        person = record.record(name)
        if person.text("id"):
            export.users.setdefault(person.text("id"), person)
            record.setdefault(f"{name}_id", person.text("id"))
    known = export.tickets.get(ticket_id)
    if known is None or record.text("updated_at") >= known.text("updated_at"):
        export.tickets[ticket_id] = record
    export.tickets_at.setdefault(ticket_id, Place(file, 0))
    if record.text("assignee_id"):
        export.assignees.add(record.text("assignee_id"))
    if _number(record.record("metric_set").text("reopens")) > 0:
        export.reopened.add(ticket_id)
    for user in record.items_of("users"):
        if isinstance(user, Record):
            export.users[user.text("id")] = user
    for comment in record.items_of("comments"):
        _add_comment(export, file, comment, ticket_id)
    for audit in record.items_of("audits"):
        if isinstance(audit, Record):
            _add_events(export, file, audit, ticket_id=ticket_id)


def _add_comment(export: _Export, file: str, item: object, ticket_id: str) -> None:
    place = export.rows.place(file)
    if not isinstance(item, Record):
        export.rows.reject(place, "not_an_object", f"found {type(item).__name__}, expected a comment")
    elif item.is_ambiguous:
        export.rows.reject(place, "duplicate_key", f"comment {item.text('id')}")
    elif item.is_true("_fivetran_deleted"):
        export.rows.reject(place, "deleted_message", f"comment {item.text('id')}")
    elif not ticket_id:
        advice = "a list of comments does not name its ticket: name the file after it, as comments_123.json"
        export.rows.reject(place, "missing_ticket_id", advice)
    else:
        export.comments.append(_Comment(place, ticket_id, item))


def _add_events(export: _Export, file: str, audit: Record, *, ticket_id: str = "") -> None:
    """An audit: its comment events are messages; a status that goes back from solved is a reopening."""
    ticket_id = audit.text("ticket_id") or ticket_id
    for event in audit.items_of("events", "child_events"):
        if not isinstance(event, Record):
            export.rows.reject(export.rows.place(file), "not_an_object", f"found {type(event).__name__} in an audit")
            continue
        kind = event.text("type", "event_type")
        if kind in _COMMENT_EVENTS:
            comment = Record(_shared(audit) | dict(event))
            comment.is_ambiguous = event.is_ambiguous
            _add_comment(export, file, comment, ticket_id)
        elif _is_reopening(event):
            export.reopened.add(ticket_id)


def _shared(audit: Record) -> dict[str, object]:
    """What a comment has from its audit; incremental events call the author `updater_id`, the time `timestamp`."""
    found: dict[str, object] = {name: audit[name] for name in ("created_at", "author_id", "via") if name in audit}
    if "author_id" not in found and audit.text("updater_id"):
        found["author_id"] = audit.text("updater_id")
    if "created_at" not in found and audit.text("timestamp"):
        found["created_at"] = epoch_to_iso(audit.text("timestamp"))
    return found


def _is_reopening(event: Record) -> bool:
    # Audits name the field; ticket events carry the new value under the field's own name.
    if event.text("field_name") == "status":
        return event.text("previous_value") == "solved" and event.text("value") in {"open", "pending", "new"}
    return event.text("previous_value") == "solved" and event.text("status") in {"open", "pending", "new"}


def _add_chat_event(export: _Export, place: Place, event: Record) -> None:
    chat_id = event.text("chat_id")
    ticket_id = export.chat_tickets.get(chat_id, "")
    if not event.text("message"):
        export.rows.reject(place, "no_text", f"chat event {event.text('type') or event.text('status')}")
    elif not ticket_id:
        export.rows.reject(place, "missing_ticket_id", f"chat {chat_id} belongs to no ticket of the export")
    else:
        actor, _, number = event.text("actor_id").partition(":")
        is_bot = "answerbot" in event.text("original_message").lower()
        fields = {
            "id": f"{chat_id}-{event.text('chat_index')}",
            "author_id": number or actor,
            "author_kind": "bot" if is_bot else actor if number else "",
            "body": event.text("message"),
            "created_at": event.text("created_at"),
            "via": Record(channel="chat"),
        }
        export.comments.append(_Comment(place, ticket_id, Record(fields)))


def _take(export: _Export, comment: _Comment, people: People) -> None:
    record, place = comment.record, comment.place
    ticket = _ticket(export, comment.ticket_id, record)
    role = _role(export, comment, people)
    if not role:
        export.rows.reject(
            place,
            "unknown_author",
            f"author {record.text('author_id', 'user_id') or 'missing'} of ticket {comment.ticket_id} is in no user "
            'table, no requester and no assignee; export the users too, or write roles: {"<id>": agent} in task.yaml',
        )
        return
    text = record.text("plain_body")
    if not text:
        html = record.text("html_body")
        body = record.text("body", "description")
        text = body
        if html and (not body or body.lstrip().startswith("<")):
            try:
                text = html_to_text(html)
            except NestedTooDeepError as error:
                export.rows.reject(place, "nested_too_deep", str(error))
                return
    is_first = role == "customer" and _is_first(export, comment)
    export.rows.keep(
        place,
        ticket,
        turn_id=record.text("id"),
        role=role,
        text=with_subject(ticket.subject, text) if is_first else text,
        created_at=record.text("created_at", "created"),
    )


def _is_first(export: _Export, comment: _Comment) -> bool:
    """True for the comment that is the ticket's description: written when the ticket was."""
    opened = export.tickets.get(comment.ticket_id, Record()).text("created_at")
    return bool(opened) and comment.record.text("created_at", "created")[:16] == opened[:16]


def _take_description(export: _Export, place: Place, ticket_id: str) -> None:
    record = export.tickets[ticket_id]
    ticket = _ticket(export, ticket_id, Record())
    if not record.text("description") and not ticket.subject:
        export.rows.reject(place, "no_messages", f"ticket {ticket_id} has neither comments nor a description")
        return
    export.rows.keep(
        place,
        ticket,
        turn_id=f"{ticket_id}-description",
        role="customer",
        text=with_subject(ticket.subject, record.text("description")) or ticket.subject,
        created_at=record.text("created_at"),
    )


def _ticket(export: _Export, ticket_id: str, comment: Record) -> Ticket:
    record = export.tickets.get(ticket_id, Record())
    status = record.text("status").lower()
    channel = (
        record.record("via").text("channel") or record.text("via_channel") or comment.record("via").text("channel")
    )
    shown = _STATUSES.get(status, "open" if status in {"new", "open", "pending", "hold"} else "")
    return Ticket(
        ticket_id=ticket_id,
        customer_id=record.text("requester_id"),
        channel=channel,
        status="reopened" if shown == "resolved" and ticket_id in export.reopened else shown,
        category=record.text("type"),
        subject=record.text("subject", "raw_subject"),
        is_spam=status == "suspended",
        is_deleted=status == "deleted",
    )


def _role(export: _Export, comment: _Comment, people: People) -> str:
    record = comment.record
    author = record.text("author_id", "user_id") or record.record("author").text("id")
    user = export.users.get(author, record.record("author"))
    via = record.record("via").text("channel").lower()
    is_hidden = any(name in record and not record.is_true(name) for name in ("public", "comment_public"))
    if is_hidden or len(_TRANSCRIPT_LINE.findall(record.text("plain_body", "body"))) >= _LEAST_TRANSCRIPT_LINES:
        return "note"  # a whole chat in one comment is nobody's answer
    if via in _BOT_SOURCES or record.text("author_kind") in {"bot", "trigger"}:
        return "bot"
    if via in _RULE_SOURCES or author == "-1":
        return "system"
    named = people.role(author, user.text("email"), user.text("name"))
    if named:
        return named
    if record.text("author_kind") in {"agent", "visitor"}:
        return "agent" if record.text("author_kind") == "agent" else "customer"
    role = _ROLES.get(user.text("role").lower(), "")
    ticket = export.tickets.get(comment.ticket_id, Record())
    if role:
        return role
    if author and author == ticket.text("requester_id"):
        return "customer"
    return "agent" if author in export.assignees else ""


def _number(value: str) -> int:
    return int(value) if value.isdigit() else 0
