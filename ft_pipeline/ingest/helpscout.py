"""A Help Scout export (Mailbox API JSON) -> rows of messages.

Here: conversations with their threads inside, lists of threads in files of their own. Not here: what all exports
share (export.py).

What becomes what: a `customer` thread is the customer's, `message` the agent's, `note` a note; chats and phone calls
go by who wrote them. Drafts and hidden threads were never sent and are rejected; line items (assignments, workflows)
are rejected as `line_item`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ft_pipeline.ingest.export import People, Place, Record, Rows, Ticket, named_ticket, read_json, with_subject
from ft_pipeline.ingest.files import SourceFile
from ft_pipeline.ingest.html import NestedTooDeepError
from ft_pipeline.ingest.quotes import reply_of_html
from ft_pipeline.ingest.tables import Options, Table

_STATUSES = {"closed": "resolved", "active": "open", "pending": "open", "open": "open"}
_ROLE_OF_TYPE = {"customer": "customer", "message": "agent", "reply": "agent", "note": "note"}
_BY_AUTHOR = {"customer": "customer", "user": "agent", "system": "system"}
_LINE_ITEMS = frozenset({"lineitem", "line_item"})
_FORWARDS = frozenset({"forwardparent", "forwardchild"})
_WRAPPERS = ("conversations", "threads", "items", "data")
_CONVERSATION = {"mailboxId", "mailbox", "primaryCustomer", "subject", "preview"}
_HREF_TICKET = re.compile(r"/conversations/(\d+)")


@dataclass(frozen=True)
class _Thread:
    place: Place
    ticket_id: str
    record: Record


@dataclass
class _Export:
    """What all files of the export hold."""

    rows: Rows
    conversations: dict[str, tuple[str, Ticket]] = field(default_factory=dict)  # id -> its file, itself
    threads: list[_Thread] = field(default_factory=list)


def read(files: Sequence[SourceFile], options: Options) -> Table:
    """Reads all files of one Help Scout export."""
    export, people = _Export(Rows()), People(options.own_roles)
    for file in files:
        for document in read_json(file, options, export.rows):
            _sort_in(export, file.name, document)
    first = _first_questions(export.threads)
    for thread in export.threads:
        _, ticket = export.conversations.get(thread.ticket_id, ("", Ticket(thread.ticket_id)))
        _take(export.rows, thread, ticket, people, is_first=first.get(thread.ticket_id) is thread)
    with_threads = {thread.ticket_id for thread in export.threads}
    for ticket_id, (name, _) in export.conversations.items():
        if ticket_id not in with_threads:
            advice = f"conversation {ticket_id}: export it with embed=threads"
            export.rows.reject(export.rows.place(name), "no_messages", advice)
    return export.rows.table()


def _sort_in(export: _Export, file: str, content: object, *, ticket_id: str = "") -> None:
    """Puts a document, or each element of a list, where it belongs; `ticket_id` is the conversation around it."""
    rows = export.rows
    for item in rows.objects(file, content, expected="a conversation"):
        inner = item.record("_embedded") or item.record("item", "conversation")
        wrapped = next((name for name in _WRAPPERS if isinstance(item.get(name), list)), "")
        if _CONVERSATION & set(item):
            _add_conversation(export, file, item)
        elif "type" in item and ("createdBy" in item or "body" in item):
            _add_thread(export, file, item, ticket_id)
        elif inner and not item.text("type"):
            _sort_in(export, file, inner, ticket_id=ticket_id or _href_ticket(item))
        elif wrapped:
            _sort_in(export, file, item[wrapped], ticket_id=ticket_id or _href_ticket(item))
        else:
            rows.reject(rows.place(file), "unknown_shape", f"fields: {', '.join(sorted(item))[:120]}")


def _add_conversation(export: _Export, file: str, record: Record) -> None:
    ticket_id = record.text("id")
    if not ticket_id:
        export.rows.reject(export.rows.place(file), "missing_ticket_id", "a conversation without an id")
        return
    status = record.text("status").lower()
    ticket = Ticket(
        ticket_id=ticket_id,
        customer_id=record.record("primaryCustomer", "customer").text("id"),
        channel=record.text("type"),
        status=_STATUSES.get(status, ""),
        subject=record.text("subject"),
        is_spam=status == "spam",
        is_deleted=record.text("state") == "deleted",
    )
    export.conversations[ticket_id] = (file, ticket)
    held = record.record("_embedded").items_of("threads") or record.items_of("threads")
    held = held or record.record("threads").items_of("items", "data")
    for thread in held:
        _add_thread(export, file, thread, ticket_id)


def _first_questions(threads: Sequence[_Thread]) -> dict[str, _Thread]:
    """Conversation -> its oldest thread by the customer: the question that opened it."""
    first: dict[str, _Thread] = {}
    for thread in threads:
        if thread.record.text("type") == "customer":
            known = first.setdefault(thread.ticket_id, thread)
            if thread.record.text("createdAt") < known.record.text("createdAt"):
                first[thread.ticket_id] = thread
    return first


def _add_thread(export: _Export, file: str, thread: object, ticket_id: str) -> None:
    place = export.rows.place(file)
    if not isinstance(thread, Record):
        export.rows.reject(place, "not_an_object", f"found {type(thread).__name__}, expected a thread")
    elif thread.is_ambiguous:
        export.rows.reject(place, "duplicate_key", f"thread {thread.text('id')}")
    elif not (known := ticket_id or thread.text("conversationId") or _href_ticket(thread) or named_ticket(file)):
        export.rows.reject(place, "missing_ticket_id", f"thread {thread.text('id')} does not name its conversation")
    else:
        export.threads.append(_Thread(place, known, thread))


def _take(rows: Rows, found: _Thread, ticket: Ticket, people: People, *, is_first: bool) -> None:
    place, thread = found.place, found.record
    kind, state = thread.text("type").lower(), thread.text("state").lower()
    author = thread.record("createdBy", "source")
    if kind in _LINE_ITEMS:
        rows.reject(place, "line_item", f"conversation {ticket.ticket_id}")
        return
    if state in {"draft", "hidden", "review"}:
        rows.reject(place, f"{state}_message", f"conversation {ticket.ticket_id}: it was never sent")
        return
    named = people.role(author.text("id"), author.text("email"), author.text("first"))
    role = "note" if kind in _FORWARDS else _ROLE_OF_TYPE.get(kind) or _BY_AUTHOR.get(author.text("type", "via"), "")
    is_automatic = thread.record("source").text("type").lower() == "workflow" or author.text("type") == "system"
    if role != "note" and (named or is_automatic):
        role = named or "bot"
    if not role:
        rows.reject(place, "unknown_author", f"thread of type {kind or 'missing'}")
        return
    try:
        text = reply_of_html(thread.text("body", "text"))
    except NestedTooDeepError as error:
        rows.reject(place, "nested_too_deep", str(error))
        return
    rows.keep(
        place,
        ticket,
        turn_id=thread.text("id"),
        role=role,
        text=with_subject(ticket.subject, text) if is_first else text,
        created_at=thread.text("createdAt", "created_at"),
    )


def _href_ticket(record: Record) -> str:
    """The conversation that the page's own address names."""
    links = record.record("_links")
    for name in ("self", "conversation", "page"):
        found = _HREF_TICKET.search(links.record(name).text("href"))
        if found:
            return found.group(1)
    return ""
