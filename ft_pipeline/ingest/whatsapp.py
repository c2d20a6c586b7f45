"""A WhatsApp chat export (`.txt` of Android or iOS, Russian or English) -> rows of messages.

Here: the lines of a chat, messages of several lines, order of day and month, system lines, what stands for media, who
is who. Not here: what all exports share (export.py), where one conversation ends (sessions.py).

Who is who: `roles` of the source first (names as the file shows them); else the contact after whom the export is named
("WhatsApp Chat with X.txt", "Чат WhatsApp с контактом X.txt") is the customer and the other side the agent; else, once
`roles` name an agent, everybody else is a customer. The file has no zone: times are taken as UTC.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath

from ft_pipeline.ingest.export import People, Rows, Ticket, pseudonym
from ft_pipeline.ingest.files import SourceFile
from ft_pipeline.ingest.sessions import Said, split_sessions
from ft_pipeline.ingest.tables import Options, Table, read_text
from ft_pipeline.ingest.whatsapp_notices import MARK, typed

_INVISIBLE = re.compile("[\u200f\u202a-\u202e\u2066-\u2069\ufeff]")  # U+200E tells what the program wrote
_HEAD = re.compile(
    r"\[?(?P<a>\d{1,4})[./-](?P<b>\d{1,2})[./-](?P<c>\d{2,4})(?:,| г\.,?)?[ ](?:(?:в|klo|kl\.?|um|à|às|o) )?"
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?"
    r"(?:[ ]?(?P<half>[AaPpДдПп])\.?[ ]?[MmПп]\.?)?"
    r"(?:\][ ]?|[ ][-–][ ])(?P<rest>.*)",
)
_AMERICAN = re.compile("\u200e?\\[?[1-9]\\d?/[1-9]\\d?/\\d\\d, \\d{1,2}:\\d\\d(?::\\d\\d)? [AP]M")
_SENDER = re.compile(r"(?P<name>[^:\n]{1,80}):(?:[ ](?P<text>.*)|(?P<glued>\S?.*))\Z", re.DOTALL)
_SYSTEM_ACT = re.compile(  # what stands before the colon where WhatsApp itself tells what somebody did
    r".{1,60} (?:added|removed|left|joined|created group|changed (?:the|this|their|to)|добавил[аи]?|удалил[аи]? из"
    r"|вышел|вышла|покинул[аи]?|создал[аи]? групп|сменил[аи]? |изменил[аи]? ).*",
    re.IGNORECASE | re.DOTALL,
)
_NAMED_AFTER = re.compile(
    r"(?:whatsapp chat (?:with|-)|чат whatsapp (?:с контактом|с|-)|переписка в whatsapp с контактом|чат с)"
    r"\s+(?P<name>.+?)(?:\s*\(\d+\))?",
    re.IGNORECASE,
)


@dataclass
class _Entry:
    """One message as it stands in the file."""

    line: int
    numbers: tuple[int, int, int]  # of the date, in the order of the file
    clock: tuple[int, int, int]
    is_american: bool  # 3/5/24, 2:22 PM
    lines: list[str] = field(default_factory=list)

    @property
    def body(self) -> str:
        return "\n".join(self.lines).strip()


def read(files: Sequence[SourceFile], options: Options) -> Table:
    """Reads all chats of one source."""
    rows, people = Rows(), People(options.roles)
    for file in files:
        text = read_text(file.path, options)
        if text is None:
            rows.reject(rows.place(file.name), "unreadable_encoding", "save the file as UTF-8 or name its `encoding`")
        elif text.strip():
            _take_chat(rows, file, text, people)
        else:
            rows.reject(rows.place(file.name), "empty_file", "")
    return rows.table()


def _take_chat(rows: Rows, file: SourceFile, text: str, people: People) -> None:
    entries = []
    for item in _entries(text):
        if isinstance(item, _Entry):
            entries.append(item)
        else:
            rows.reject(rows.place(file.name), "not_a_chat_line", f"{item} lines before the first message with a date")
    is_month_first = _month_first(entries)
    parted = [_parted(entry.body) for entry in entries]
    senders = {name for name, _ in parted if name}
    customer = _named_after(file)
    has_agent = people.names_an_agent(sorted(senders))
    said: list[Said] = []
    for entry, (name, body) in zip(entries, parted, strict=True):
        place = rows.place(file.name)
        created_at = _time(entry, is_month_first=is_month_first)
        text, reason = typed(body) if name else ("", "system_line")
        if reason or not created_at:
            detail = (
                "" if reason else "; no such day: day and month stand in another order than in the rest of the file"
            )
            rows.reject(place, reason or "bad_date", f"line {entry.line}{detail}")
            continue
        role = _role(name, people, customer, senders, has_agent=has_agent)
        if not role:
            advice = "write your own people into task.yaml: roles: {<name as the file shows it>: agent}"
            rows.reject(place, "unknown_role", f"line {entry.line}; {advice}")
            continue
        said.append(Said(place, "", "", pseudonym(name), role, text, created_at))
    chat_id = f"wa-{pseudonym(customer or PurePosixPath(file.name).stem, length=12)}"
    for message, ticket_id, customer_id in split_sessions(said, chat_id=chat_id, is_personal=len(senders) <= 2):
        ticket = Ticket(ticket_id, customer_id=customer_id, channel="whatsapp")
        rows.keep(
            message.place, ticket, turn_id="", role=message.role, text=message.text, created_at=message.created_at
        )


def _entries(text: str) -> Iterator[_Entry | int]:
    """The messages; a number where lines stand before the first one."""
    current: _Entry | None = None
    stray = 0
    for number, raw in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        line = _INVISIBLE.sub("", raw).replace("\u202f", " ").replace("\u00a0", " ")
        head = _HEAD.fullmatch(line.lstrip(MARK))
        if head is not None and _is_moment(head):
            if current is not None:
                yield current
            elif stray:
                yield stray
            numbers = (int(head["a"]), int(head["b"]), int(head["c"]))
            current = _Entry(number, numbers, _clock(head), bool(_AMERICAN.match(line)), [head["rest"]])
        elif current is not None:
            current.lines.append(line)
        elif line.strip():
            stray += 1
    if current is not None:
        yield current
    elif stray:
        yield stray


def _clock(head: re.Match[str]) -> tuple[int, int, int]:
    hour = int(head["hour"])
    if head["half"]:
        hour = hour % 12 + (12 if head["half"].lower() in "pп" else 0)
    return hour, int(head["minute"]), int(head["second"] or 0)


def _is_moment(head: re.Match[str]) -> bool:
    hour, minute, second = _clock(head)
    numbers = (int(head["a"]), int(head["b"]), int(head["c"]))
    in_some_order = any(_date(numbers, is_month_first=order) is not None for order in (False, True))
    return hour < 24 and minute < 60 and second < 60 and in_some_order


def _date(numbers: tuple[int, int, int], *, is_month_first: bool) -> tuple[int, int, int] | None:
    """(year, month, day), None where there is no such day."""
    first, second, third = numbers
    if first > 31:
        year, month, day = first, second, third
    else:
        day, month = (second, first) if is_month_first else (first, second)
        year = third if third > 99 else 2000 + third
    try:
        datetime(year, month, day)
    except ValueError:
        return None
    return year, month, day


def _month_first(entries: Sequence[_Entry]) -> bool:
    """Whether the file writes the month first: a day above 12 tells; else the way the clock
    is written in America; else the order in which time does not go back."""
    if not entries:
        return False
    impossible = [
        sum(_date(entry.numbers, is_month_first=order) is None for entry in entries) for order in (False, True)
    ]
    if impossible[0] != impossible[1]:
        return impossible[1] < impossible[0]
    if all(entry.is_american for entry in entries):
        return True
    steps_back = []
    for order in (False, True):
        dates = [_date(entry.numbers, is_month_first=order) or (0, 0, 0) for entry in entries]
        steps_back.append(sum(later < earlier for earlier, later in itertools.pairwise(dates)))
    return steps_back[1] < steps_back[0]


def _time(entry: _Entry, *, is_month_first: bool) -> str:
    date = _date(entry.numbers, is_month_first=is_month_first)
    return datetime(*date, *entry.clock).isoformat() if date is not None else ""


def _parted(body: str) -> tuple[str, str]:
    """(sender, text); the sender is "" for a line that WhatsApp itself wrote."""
    found = _SENDER.fullmatch(body)
    if found is None or _SYSTEM_ACT.fullmatch(found["name"]) or "«" in found["name"] or '"' in found["name"]:
        return "", body
    return _one_form(found["name"]), (found["text"] if found["text"] is not None else found["glued"]).strip()


def _role(name: str, people: People, customer: str, senders: set[str], *, has_agent: bool) -> str:
    named = people.role(name)
    if named:
        return named
    if customer and customer in senders:
        return "customer" if name == customer or len(senders) > 2 else "agent"
    return "customer" if has_agent else ""


def _named_after(file: SourceFile) -> str:
    """The contact that the export is named after; of an archive, the archive's name counts too."""
    for part in reversed(PurePosixPath(file.name).parts):
        found = _NAMED_AFTER.fullmatch(re.sub(r"\.(?:txt|zip)$", "", part.replace("_", " "), flags=re.IGNORECASE))
        if found is not None:
            return _one_form(_INVISIBLE.sub("", found["name"]))
    return ""


def _one_form(name: str) -> str:
    """A name as it is compared: composed letters, without the "~" of a contact that nobody saved."""
    return unicodedata.normalize("NFC", name.replace(MARK, "")).strip().removeprefix("~").strip()
