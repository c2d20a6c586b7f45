"""Mailboxes (mbox) and single mails (EML) -> rows of messages.

Here: which mails belong to one thread, whose each mail is, and the rows. Not here: how one mail is parsed
(mail_message.py), what is quoted in it (quotes.py), what all exports share (export.py).

Who is who: `roles` of the source name the company's own domain or addresses (`company.ru: agent`,
`noreply@company.ru: bot`); everybody else is a customer. A mail from the company to the company is a note. Automatic
answers are the bot's; delivery reports and other people's mailing lists are rejected (a group address of the company is
a list too).

Threads: References and In-Reply-To first; a reply whose thread is not in the export joins the latest mail with the
same subject and the same customer. A mail that many customers answered (a newsletter) opens one ticket per customer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ft_pipeline.ingest.export import People, Place, Rows, Ticket, bare_subject, pseudonym, with_subject
from ft_pipeline.ingest.files import IngestError, SourceFile
from ft_pipeline.ingest.mail_message import Mail, parse_mail
from ft_pipeline.ingest.tables import Options, Table

_SEPARATOR = re.compile(rb"^From [^\n]{1,200}\d{1,2}:\d{2}[^\n]{0,60}$", re.MULTILINE)
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
_OLE = b"\xd0\xcf\x11\xe0"  # Outlook's .msg
_MOST_SENDERS = 3  # more outsiders than this in one thread: it was a mass mail


@dataclass(frozen=True)
class _Found:
    """A mail at its place, with its author known."""

    place: Place
    mail: Mail
    role: str
    customer: str  # the outsider whom it is from or to, "" = none


def read_mbox(files: Sequence[SourceFile], options: Options) -> Table:
    """Reads all mailboxes of one source as one; the same mail in two of them is a duplicate."""
    rows = Rows()
    mails: list[tuple[Place, Mail]] = []
    for file in files:
        for data in _split(file, rows):
            _add(rows, mails, file.name, data)
    return _table(rows, mails, options)


def read_eml(files: Sequence[SourceFile], options: Options) -> Table:
    """Reads all mails of one source, one per file."""
    rows = Rows()
    mails: list[tuple[Place, Mail]] = []
    for file in files:
        data = file.path.read_bytes()
        if data.startswith(_OLE):
            rows.reject(rows.place(file.name), "outlook_msg", "a .msg of Outlook; save it as .eml or export an mbox")
        else:
            _add(rows, mails, file.name, data)
    return _table(rows, mails, options)


def _split(file: SourceFile, rows: Rows) -> Iterator[bytes]:
    """The mails of a mailbox. A line "From …" inside a mail is no separator unless a blank line stands above it."""
    data = file.path.read_bytes().replace(b"\r\n", b"\n")
    starts = [
        found
        for found in _SEPARATOR.finditer(data)
        if found.start() == 0 or data[max(0, found.start() - 2) : found.start()] == b"\n\n"
    ]
    before = data[: starts[0].start()] if starts else data
    if before.strip():
        detail = "no line `From … 10:00:00 2026` opens a mail; is this an mbox? for single mails write format: eml"
        rows.reject(rows.place(file.name), "not_an_mbox", detail)
    elif not starts:
        rows.reject(rows.place(file.name), "empty_file", "")
    for number, found in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(data)
        yield _ESCAPED.sub(rb"\1", data[found.end() + 1 : end])


def _add(rows: Rows, mails: list[tuple[Place, Mail]], file: str, data: bytes) -> None:
    place = rows.place(file)
    mail = parse_mail(data)
    if mail.reason:
        rows.reject(place, mail.reason, mail.detail)
    else:
        mails.append((place, mail))


def _table(rows: Rows, mails: list[tuple[Place, Mail]], options: Options) -> Table:
    people = People(options.own_roles)
    _need_own_domain(mails, options)
    found = []
    for place, mail in mails:
        if mail.mailing_list and not people.role(mail.sender) and not people.role(f"list@{mail.mailing_list}"):
            rows.reject(place, "mailing_list", "a mail to the subscribers of somebody else's list")
        else:
            found.append(_Found(place, mail, *_author(mail, people)))
    for thread in _threads(found):
        for ticket, messages in _tickets(thread):
            for number, message in enumerate(messages):
                is_first = number == 0 and message.role == "customer"
                rows.keep(
                    message.place,
                    ticket,
                    turn_id=pseudonym(message.mail.message_id),
                    role=message.role,
                    text=with_subject(message.mail.subject, message.mail.text) if is_first else message.mail.text,
                    created_at=message.mail.created_at,
                )
    return rows.table()


def _need_own_domain(mails: list[tuple[Place, Mail]], options: Options) -> None:
    if not mails or any(role == "agent" and "." in word for word, role in options.roles.items()):
        return
    domains = Counter(mail.sender.rpartition("@")[2] for _, mail in mails)
    shown = ", ".join(f"{domain or 'none'} ({count})" for domain, count in domains.most_common(5))
    raise IngestError(
        f"found mails from the domains {shown}; expected to know which of them is the company's own, since it tells "
        "agents from customers; write in task.yaml under this source: roles: {company.ru: agent}"
    )


def _author(mail: Mail, people: People) -> tuple[str, str]:
    """(role, customer's address) of a mail."""
    role = people.role(mail.sender, mail.sender_name)
    outsiders = [address for address in mail.recipients if not people.role(address)]
    if role in {"agent", "bot"} and mail.reply_to and not people.role(mail.reply_to) and not outsiders:
        return "customer", mail.reply_to  # a form on the company's site writes for the customer
    if role in {"", "customer"}:
        return ("bot" if mail.is_automatic else "customer"), mail.sender
    if role == "agent" and mail.is_automatic:
        return "bot", outsiders[0] if outsiders else ""
    if role == "agent" and mail.recipients and not outsiders:
        return "note", ""
    return role, outsiders[0] if outsiders else ""


class _Groups:
    """Which message ids belong together."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}

    def root(self, name: str) -> str:
        self.parent.setdefault(name, name)
        while self.parent[name] != name:
            self.parent[name] = self.parent[self.parent[name]]
            name = self.parent[name]
        return name

    def join(self, one: str, other: str) -> None:
        self.parent[self.root(other)] = self.root(one)


def _threads(found: Sequence[_Found]) -> list[list[_Found]]:
    """The mails by thread, each thread and all threads by time."""
    ordered = sorted(found, key=lambda item: (item.mail.created_at, item.place.file, item.place.number))
    groups = _Groups()
    for item in ordered:
        for reference in item.mail.references:
            groups.join(reference, item.mail.message_id)
    known = {item.mail.message_id for item in ordered}
    latest: dict[tuple[str, str], str] = {}
    for item in ordered:
        subject = bare_subject(item.mail.subject).lower()
        is_reply = subject != " ".join(item.mail.subject.lower().split())
        key = (subject, item.customer)
        has_thread = any(reference in known for reference in item.mail.references)
        if is_reply and not has_thread and subject and item.customer and key in latest:
            groups.join(latest[key], item.mail.message_id)
        latest[key] = item.mail.message_id
    threads: dict[str, list[_Found]] = {}
    for item in ordered:
        threads.setdefault(groups.root(item.mail.message_id), []).append(item)
    return list(threads.values())


def _tickets(thread: Sequence[_Found]) -> Iterator[tuple[Ticket, list[_Found]]]:
    """One ticket, or one per customer where a mail went out to many; named by the thread's first mail."""
    first = thread[0].mail
    root = first.references[0] if first.references else first.message_id
    askers = {item.customer for item in thread if item.role == "customer"}
    is_mass = len(askers) > _MOST_SENDERS or (len(askers) > 1 and thread[0].role in {"agent", "bot"})
    if not is_mass:
        customer = next((item.customer for item in thread if item.customer), "")
        yield Ticket(pseudonym(root), customer_id=pseudonym(customer), channel="email"), list(thread)
        return
    by_customer: dict[str, list[_Found]] = {}
    for item in thread:
        by_customer.setdefault(item.customer, []).append(item)
    for customer, messages in by_customer.items():
        ticket_id = pseudonym(f"{root} {customer}")
        yield Ticket(ticket_id, customer_id=pseudonym(customer), channel="email"), messages
