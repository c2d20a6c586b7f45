"""A Jira export (tables of a warehouse, the CSV of the issue navigator, or Jira Cloud JSON) -> rows of messages.

Here: issues and comments, Atlassian document format and the commonest wiki markup as text. Not here: what all exports
share (export.py).

What becomes what: summary and description are the customer's first message. A comment is an app's (bot), the
reporter's or a portal customer's (customer), or an agent's. A comment that is not public, or that only a role or a
group may see, is a note.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ft_pipeline.ingest.export import People, Place, Record, Rows, Ticket, pseudonym
from ft_pipeline.ingest.files import SourceFile
from ft_pipeline.ingest.jira_csv import NavigatorIssue, read_navigator
from ft_pipeline.ingest.tables import Options, Table
from ft_pipeline.ingest.warehouse import TableKinds, read_warehouse, sort_files

_RESOLVED_WORDS = "done resolved closed solved готово решено закрыто закрыт закрыта выполнено canceled отменено"
_RESOLVED = frozenset(_RESOLVED_WORDS.split())
_TABLES = TableKinds(
    {
        "comments": ("issue_id", "body"),
        "issues": ("id", "key", "summary"),
        "users": ("id", "name", "time_zone"),
        "statuses": ("id", "name", "status_category_id"),
    },
    without_messages=(frozenset({"id", "name"}), frozenset({"issue_id", "field_id"})),
)
_WRAPPERS = ("issues", "values", "comments")
_ACCOUNT_ID = re.compile(r"(?=.*\d)[\w:-]+")
_DONE_CATEGORY = "3"  # Jira's fixed id of the status category "done"
_BLOCKS = frozenset({"paragraph", "heading", "codeBlock", "blockquote", "panel", "tableRow", "rule", "mediaSingle"})
_MARKUP = (
    (re.compile(r"\{(?:color|panel|quote|code|noformat)(?::[^}]*)?\}"), ""),
    (re.compile(r"\[([^\]|\n]+)\|(https?://[^\]|\s]+)(?:\|[^\]]*)?\]"), r"\1 (\2)"),
    (re.compile(r"\[(https?://[^\]|\s]+)\]"), r"\1"),
    (re.compile(r"\[~(?:accountid:)?[^\]]*\],?"), ""),
    (re.compile(r"^h[1-6]\. ", re.MULTILINE), ""),
    (re.compile(r"![^\s!|]+\.(?:png|jpe?g|gif|webp|bmp)(?:\|[^!]*)?!", re.IGNORECASE), ""),
)


@dataclass(frozen=True)
class _Comment:
    place: Place
    issue_id: str
    record: Record


@dataclass
class _Export:
    """What all files of the export hold; tables join by the issue's id, the ticket carries its key."""

    rows: Rows
    issues: dict[str, tuple[Place, Record]] = field(default_factory=dict)
    comments: list[_Comment] = field(default_factory=list)
    users: dict[str, Record] = field(default_factory=dict)
    statuses: dict[str, Record] = field(default_factory=dict)


def read(files: Sequence[SourceFile], options: Options) -> Table:
    """Reads all files of one Jira export."""
    export = _Export(Rows())
    sort_files(
        files,
        options,
        export.rows,
        take_table=lambda file: _sort_table(export, file, options),
        take_document=lambda name, document: _sort_in(export, name, document),
    )
    people = People(options.own_roles)
    for place, record in export.issues.values():
        _take_issue(export, place, record)
    for comment in export.comments:
        _take_comment(export, comment, people)
    return export.rows.table()


def _sort_table(export: _Export, file: SourceFile, options: Options) -> None:
    navigator = read_navigator(file, options, export.rows)
    if navigator is not None:
        for issue in navigator:
            _add_navigator_issue(export, issue)
        return
    table = read_warehouse(file, options, export.rows, kinds=_TABLES)
    for record in table.records:
        if table.kind == "comments":
            _add_comment(export, export.rows.place(file.name), record.text("issue_id"), record)
        elif table.kind == "issues":
            _add_issue(export, export.rows.place(file.name), record)
        elif table.kind == "users":
            export.users[record.text("id")] = record
        elif table.kind == "statuses":
            export.statuses[record.text("id")] = record


def _add_navigator_issue(export: _Export, issue: NavigatorIssue) -> None:
    _add_issue(export, issue.place, issue.record)
    for place, comment in issue.comments:
        _add_comment(export, place, issue.record.text("id"), comment)


def _sort_in(export: _Export, file: str, content: object) -> None:
    for item in export.rows.objects(file, content, expected="an issue"):
        wrapped = next((name for name in _WRAPPERS if isinstance(item.get(name), list)), "")
        if isinstance(item.get("fields"), Record):
            _add_cloud_issue(export, file, item)
        elif wrapped:
            _sort_in(export, file, item[wrapped])
        elif "body" in item and ("author" in item or "issueId" in item):
            issue_id = item.text("issueId") or next(iter(re.findall(r"/issue/(\d+)/comment", item.text("self"))), "")
            _add_comment(export, export.rows.place(file), issue_id, _cloud_comment(item))
        else:
            export.rows.reject(export.rows.place(file), "unknown_shape", f"fields: {', '.join(sorted(item))[:120]}")


def _add_cloud_issue(export: _Export, file: str, item: Record) -> None:
    fields = item.record("fields")
    status = fields.record("status")
    is_done = status.record("statusCategory").text("key") == "done"
    issue = Record(
        id=item.text("id"),
        key=item.text("key"),
        summary=fields.text("summary"),
        description=_text_of(fields.get("description")),
        created=fields.text("created"),
        reporter=_account(fields.record("reporter", "creator")),
        status_name="done" if is_done else status.text("name"),
        issue_type=fields.record("issuetype").text("name"),
        resolved=fields.text("resolutiondate"),
        is_reopened="true" if _was_reopened(item) else "",
    )
    _add_issue(export, export.rows.place(file), issue)
    for comment in export.rows.objects(file, fields.record("comment").items_of("comments"), expected="a comment"):
        _add_comment(export, export.rows.place(file), item.text("id"), _cloud_comment(comment))


def _cloud_comment(item: Record) -> Record:
    author = item.record("author")
    is_internal = ("jsdPublic" in item and not item.is_true("jsdPublic")) or bool(item.record("visibility"))
    return Record(
        id=item.text("id"),
        author_id=_account(author),
        author_name=author.text("displayName"),
        author_email=author.text("emailAddress"),
        author_type=author.text("accountType"),
        body=_text_of(item.get("body")),
        created=item.text("created"),
        is_public="false" if is_internal else "true",
    )


def _account(author: Record) -> str:
    return author.text("accountId", "key", "name", "emailAddress")


def _was_reopened(item: Record) -> bool:
    for history in item.record("changelog").items_of("histories"):
        for change in history.items_of("items") if isinstance(history, Record) else []:
            if isinstance(change, Record) and change.text("field") == "status":
                was, now = change.text("fromString").lower(), change.text("toString").lower()
                if was in _RESOLVED and now not in _RESOLVED:
                    return True
    return False


def _add_issue(export: _Export, place: Place, record: Record) -> None:
    if not record.text("id"):
        export.rows.reject(place, "missing_ticket_id", "an issue without an id")
    elif record.is_true("_fivetran_deleted"):
        export.rows.reject(place, "deleted_ticket", f"issue {record.text('key')}")
    elif record.text("id") in export.issues:
        export.rows.reject(place, "duplicate_id", f"issue {record.text('key')} stands in the export twice")
    else:
        export.issues[record.text("id")] = (place, record)


def _add_comment(export: _Export, place: Place, issue_id: str, record: Record) -> None:
    if record.is_true("_fivetran_deleted"):
        export.rows.reject(place, "deleted_message", f"comment {record.text('id')}")
    elif not issue_id:
        export.rows.reject(place, "missing_ticket_id", f"comment {record.text('id')} does not name its issue")
    else:
        export.comments.append(_Comment(place, issue_id, record))


def _take_issue(export: _Export, place: Place, record: Record) -> None:
    parts = [record.text("summary"), _without_markup(record.text("description"))]
    export.rows.keep(
        place,
        _ticket(export, record.text("id")),
        turn_id=f"{record.text('key', 'id')}-description",
        role="customer",
        text="\n\n".join(part for part in parts if part),
        created_at=record.text("created"),
    )


def _take_comment(export: _Export, comment: _Comment, people: People) -> None:
    record = comment.record
    role = _role(export, comment, people)
    if not role:
        export.rows.reject(
            comment.place,
            "unknown_author",
            f"issue {comment.issue_id} or its reporter is not in the export, so nobody can tell who wrote comment "
            f'{record.text("id")}; export the issues too, or write roles: {{"<author id>": agent}} in task.yaml',
        )
        return
    export.rows.keep(
        comment.place,
        _ticket(export, comment.issue_id),
        turn_id=record.text("id"),
        role=role,
        text=_without_markup(record.text("body")),
        created_at=record.text("created"),
    )


def _ticket(export: _Export, issue_id: str) -> Ticket:
    _, record = export.issues.get(issue_id, (Place("", 0), Record()))
    status = export.statuses.get(record.text("status"), Record())
    name = (record.text("status_name") or status.text("name")).lower()
    is_done = name in _RESOLVED or status.text("status_category_id") == _DONE_CATEGORY or bool(record.text("resolved"))
    shown = "resolved" if is_done else "open" if name else ""
    return Ticket(
        ticket_id=record.text("key") or issue_id,
        customer_id=_opaque(record.text("reporter_id", "reporter", "creator")),
        channel="jira",
        status="reopened" if shown == "resolved" and record.is_true("is_reopened") else shown,
        category=record.text("issue_type") if not record.text("issue_type").isdigit() else "",
    )


def _opaque(account: str) -> str:
    """An account id as it is; a name or an address only as its hash."""
    return account if _ACCOUNT_ID.fullmatch(account) else pseudonym(account)


def _role(export: _Export, comment: _Comment, people: People) -> str:
    record = comment.record
    if "is_public" in record and record.text("is_public") and not record.is_true("is_public"):
        return "note"
    author = record.text("author_id")
    user = export.users.get(author, Record())
    names = (record.text("author_name"), record.text("author_email"), user.text("name"), user.text("email"))
    named = people.role(author, *names)
    if named:
        return named
    kind = (record.text("author_type") or user.text("account_type")).lower()
    if kind in {"app", "customer"}:
        return "bot" if kind == "app" else "customer"
    _, issue = export.issues.get(comment.issue_id, (Place("", 0), Record()))
    reporters = {issue.text("reporter", "creator"), issue.text("reporter_id")} - {""}
    return ("customer" if author in reporters else "agent") if author and reporters else ""


def _without_markup(text: str) -> str:
    for pattern, replacement in _MARKUP:
        text = pattern.sub(replacement, text)
    return text.strip()


def _linked(text: str, node: Record) -> str:
    """A text with the address that it links to, where that says more."""
    marks = [mark for mark in node.items_of("marks") if isinstance(mark, Record) and mark.text("type") == "link"]
    address = marks[0].record("attrs").text("href") if marks else ""
    return f"{text} ({address})" if address and address.rstrip("/") != text.rstrip("/") else text


def _text_of(value: object, *, depth: int = 0) -> str:
    """Text of a field: plain, or a node of the Atlassian document format."""
    if isinstance(value, str):
        return value
    if not isinstance(value, Record) or depth > 100:
        return ""
    kind, attributes = value.text("type"), value.record("attrs")
    if kind == "text":
        return _linked(str(value.get("text") or ""), value)
    if kind == "hardBreak":
        return "\n"
    if kind in {"emoji", "mention", "status", "inlineCard", "date"}:
        return attributes.text("text", "url", "shortName") if kind != "mention" else ""
    inner = [_text_of(item, depth=depth + 1) for item in value.items_of("content")]
    if kind == "listItem":
        return "- " + "".join(inner).strip() + "\n"
    if kind == "tableRow":
        return " | ".join(cell.strip() for cell in inner) + "\n"
    joined = "".join(inner)
    return joined + "\n" if kind in _BLOCKS else joined.strip() if kind == "doc" else joined
