"""What the readers of named exports share: rows with our columns, whose word counts as whose, JSON that may be broken.

Here: `Rows` (the table of an export under construction), `People` (who is customer, agent or bot), `Ticket`, JSON
documents and lines. Not here: any program's field names (one module per program).

Each unit of an export (a comment, a message, a mail) is one row: kept, or a `BadRow` with its reason. What is no
message (a user, a tag, a change of an attribute) is no row.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ft_pipeline.ingest.files import SourceFile
from ft_pipeline.ingest.html import NestedTooDeepError, html_to_text
from ft_pipeline.ingest.tables import BadRow, Options, RawRow, Table, read_text

COLUMNS = ("ticket_id", "turn_id", "role", "text", "created_at", "customer_id", "channel", "status", "category")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NUMBER = re.compile(r"\d{9,16}")
_FILE_PAGE = re.compile(r"page|part|batch|chunk|страниц|часть")
_FILE_TICKET = re.compile(r"(?<!\d)(\d{1,18})(?!\d)")
_NO_JSON = frozenset({".csv", ".tsv", ".xlsx", ".xls", ".xml", ".html"})
_GENERIC_SUBJECT = re.compile(
    r"(?:\W*(?:без темы|no subject|\(none\)|untitled|тест|test|вопрос|обращение|help|support)\W*"
    r"|(?:conversation|chat|разговор|чат|диалог|call|звонок)\b.*|#?\d+)",
    re.IGNORECASE,
)
_REPLY_MARK = re.compile(
    r"^\s*(?:\[[^\]]{1,40}\]\s*)?(?:re|fw|fwd|aw|отв(?:ет)?|пересл)(?:\[\d+\])?\s*:\s*", re.IGNORECASE
)
_TICKET_MARK = re.compile(r"^\s*\[[^\]\d]{0,30}\d{1,18}[^\]\d]{0,10}\]\s*")


class Record(dict[str, Any]):
    """A JSON object; `is_ambiguous` where one of its keys stood twice, so that one of two values is lost."""

    is_ambiguous = False

    @classmethod
    def of(cls, pairs: list[tuple[str, Any]]) -> Record:
        """From the pairs of a JSON object, in their order."""
        record = cls(pairs)
        record.is_ambiguous = len(record) < len(pairs)
        return record

    def text(self, *names: str) -> str:
        """The first of these fields that holds a text or a number, as text; "" where none does."""
        for name in names:
            value = self.get(name)
            if isinstance(value, bool) or value is None:
                continue
            if isinstance(value, str | int) and str(value).strip():
                return str(value)
        return ""

    def record(self, *names: str) -> Record:
        """The first of these fields that is an object; an empty one where none is."""
        return next((value for name in names if isinstance(value := self.get(name), Record)), Record())

    def items_of(self, *names: str) -> list[Any]:
        """The first of these fields that is a list; an empty one where none is."""
        return next((value for name in names if isinstance(value := self.get(name), list)), [])

    def is_true(self, name: str) -> bool:
        """True for true, "true", 1."""
        return is_true(self.get(name))


def is_true(value: object) -> bool:
    """True for true, "true", "t", 1, however the export writes it."""
    return str(value).strip().lower() in {"true", "t", "1", "yes"}


@dataclass(frozen=True)
class Place:
    """Where a unit stands."""

    file: str
    number: int


@dataclass(frozen=True)
class Ticket:
    """What all messages of one ticket share."""

    ticket_id: str
    customer_id: str = ""
    channel: str = ""
    status: str = ""
    category: str = ""
    subject: str = ""
    is_spam: bool = False
    is_deleted: bool = False


@dataclass
class Rows:
    """The rows of an export under construction; a unit is counted when its place is asked for."""

    rows: list[RawRow | BadRow] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def place(self, file: str) -> Place:
        """The place of the next unit of a file."""
        self.counts[file] = self.counts.get(file, 0) + 1
        return Place(file, self.counts[file])

    def reject(self, place: Place, reason: str, detail: str = "") -> None:
        """One unit that is not used."""
        self.rows.append(BadRow(place.number, reason, detail, place.file))

    def keep(self, place: Place, ticket: Ticket, *, turn_id: str, role: str, text: str, created_at: str) -> None:
        """One unit that is used, unless its text cannot be."""
        values = {
            "ticket_id": ticket.ticket_id,
            "turn_id": turn_id,
            "role": role,
            "text": text,
            "created_at": created_at,
            "customer_id": ticket.customer_id,
            "channel": ticket.channel,
            "status": ticket.status,
            "category": ticket.category,
        }
        if ticket.is_spam or ticket.is_deleted:
            self.reject(place, "spam_ticket" if ticket.is_spam else "deleted_ticket", f"ticket {ticket.ticket_id}")
        elif not text.strip():
            self.reject(place, "no_text", f"a message by the {role} without text")
        elif any("\x00" in value for value in values.values()):
            self.reject(place, "nul_byte", "the message holds NUL bytes; export it again as text")
        elif any(_SURROGATE.search(value) for value in values.values()):
            self.reject(place, "lone_surrogate", "half of a character pair; export it again as UTF-8")
        else:
            self.rows.append(RawRow(place.number, values, place.file))

    def keep_html(self, place: Place, ticket: Ticket, *, turn_id: str, role: str, html: str, created_at: str) -> None:
        """Like `keep`, for a body in HTML."""
        try:
            text = html_to_text(html)
        except NestedTooDeepError as error:
            self.reject(place, "nested_too_deep", str(error))
        else:
            self.keep(place, ticket, turn_id=turn_id, role=role, text=text, created_at=created_at)

    def objects(self, file: str, content: object, *, expected: str) -> Iterator[Record]:
        """The objects of a JSON document, its lists opened; what is none, or holds a key twice, is rejected."""
        waiting = [content]
        while waiting:
            item = waiting.pop()
            if isinstance(item, list):
                waiting.extend(reversed(item))
            elif not isinstance(item, Record):
                self.reject(self.place(file), "not_an_object", f"found {type(item).__name__}, expected {expected}")
            elif item.is_ambiguous:
                self.reject(self.place(file), "duplicate_key", f"{expected}: {item.text('key', 'id')}")
            else:
                yield item

    def table(self) -> Table:
        """All rows in the order of their files and places."""
        files = {name: order for order, name in enumerate(self.counts)}
        ordered = sorted(self.rows, key=lambda row: (files.get(row.file, len(files)), row.number))
        return Table(list(COLUMNS), ordered)


class People:
    """Who is customer, agent, bot, as task.yaml's `roles` say it.

    Help desks and mail ask only what task.yaml names itself: there a customer may be called "Support".
    """

    def __init__(self, roles: Mapping[str, str]) -> None:
        self.roles = {_one_form(word): role for word, role in roles.items()}

    def role(self, *marks: str) -> str:
        """The role of the first mark (a name, an id, an address) that `roles` name; an address also by its domain."""
        for mark in marks:
            word = _one_form(mark)
            if not word:
                continue
            if word in self.roles:
                return self.roles[word]
            address = word.rpartition("<")[2].rstrip("> ") if word.endswith(">") else word
            if address in self.roles:
                return self.roles[address]
            domain = address.rpartition("@")[2] if "@" in address else ""
            while "." in domain:
                for form in (domain, f"@{domain}"):
                    if form in self.roles:
                        return self.roles[form]
                domain = domain.partition(".")[2]
        return ""

    def names_an_agent(self, marks: Sequence[str]) -> bool:
        """True where at least one of these people is named as an agent."""
        return any(self.role(mark) == "agent" for mark in marks)


def _one_form(mark: str) -> str:
    """A name as it is compared: small composed letters, single blanks."""
    return " ".join(unicodedata.normalize("NFC", mark).lower().split())


def read_json(file: SourceFile, options: Options, rows: Rows) -> Iterator[Any]:
    """The JSON documents of a file: one, one per line, or what is sound in a broken one.

    What cannot be read becomes a rejected row.
    """
    if file.path.suffix.lower() in _NO_JSON:
        advice = "expected the program's JSON export; bring a table as format: csv (or xlsx) with `columns`"
        rows.reject(rows.place(file.name), "not_json", advice)
        return
    text = read_text(file.path, options)
    if text is None:
        rows.reject(rows.place(file.name), "unreadable_encoding", "save the file as UTF-8 or name its `encoding`")
        return
    text = text.lstrip("\ufeff")
    if not text.strip():
        rows.reject(rows.place(file.name), "empty_file", "")
        return
    try:
        yield _DECODER.decode(text)
        return
    except RecursionError:
        rows.reject(rows.place(file.name), "nested_too_deep", "expected the program's own export")
        return
    except ValueError as error:
        problem = str(error)
    found = _lines(text) or _rescued(text) or [_Parsed(None, "broken_json")]
    for number, parsed in enumerate(found, start=1):
        if parsed.reason:
            rows.reject(rows.place(file.name), parsed.reason, f"line or element {number}; the first problem: {problem}")
        else:
            yield parsed.content


def parse_object(text: str) -> Record | None:
    """The JSON object that a text is as a whole; None where it is none."""
    try:
        found = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, Record) else None


@dataclass(frozen=True)
class _Parsed:
    """One document, or why there is none."""

    content: Any
    reason: str = ""


# Floats stay text, so that no identifier changes; NaN and Infinity are no values.
_DECODER = json.JSONDecoder(object_pairs_hook=Record.of, parse_float=str, parse_constant=lambda _: None, strict=False)
_LIST_START = re.compile(r"\[\s*(?=\{)")
_NEXT_ELEMENT = re.compile(r"\s*,\s*(?=\{)")
_LIST_END = re.compile(r"\s*\]")
_BOUNDARY = re.compile(r"\}\s*,\s*(?=\{\s*\")")  # where an element may begin behind a broken one
_MOST_BROKEN = 1_000  # so many broken elements, and the rest is given up as one


def _lines(text: str) -> list[_Parsed]:
    """JSON lines, if most of the lines are objects; else nothing."""
    lines = [line for line in text.split("\n") if line.strip()]
    parsed = [_parsed_line(line) for line in lines]
    objects = sum(isinstance(item.content, Record) for item in parsed)
    return parsed if text.lstrip().startswith("{") and 2 * objects >= len(lines) else []


def _parsed_line(line: str) -> _Parsed:
    try:
        return _Parsed(_DECODER.decode(line))
    except ValueError:
        return _Parsed(None, "broken_json")
    except RecursionError:
        return _Parsed(None, "nested_too_deep")


def _rescued(text: str) -> list[_Parsed]:
    """What is sound in a torn or broken document: what stands around its first list with that list, then the rest."""
    start = _LIST_START.search(text)
    elements = list(_sound_elements(text, start))
    try:
        around = _DECODER.decode(f"{text[: start.start()] if start else ''}[]}}")
    except (ValueError, RecursionError):
        return [parsed for _, parsed in elements]
    listed = [parsed.content for is_first, parsed in elements if is_first and not parsed.reason]
    around[list(around)[-1]] = listed
    return [_Parsed(around), *(parsed for is_first, parsed in elements if parsed.reason or not is_first)]


def _sound_elements(text: str, start: re.Match[str] | None) -> Iterator[tuple[bool, _Parsed]]:
    """(stands in the first list, the element) of a broken document, with a problem in the place of each broken one."""
    is_first = True
    broken = 0
    position = start.end() if start else len(text)
    while position < len(text):
        try:
            content, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            yield is_first, _Parsed(None, "broken_json")
            broken += 1
            found = _BOUNDARY.search(text, position + 1) if broken < _MOST_BROKEN else None
        else:
            yield is_first, _Parsed(content)
            found = _NEXT_ELEMENT.match(text, end)
            if found is None and not _LIST_END.match(text, end):
                yield (
                    is_first,
                    _Parsed(None, "broken_json"),
                )  # torn here, or signs that belong to nothing
                found = _BOUNDARY.search(text, end)
            elif found is None:
                found, is_first = _LIST_START.search(text, end), False
        position = found.end() if found else len(text)


def epoch_to_iso(value: str) -> str:
    """Seconds or milliseconds since 1970 as an ISO time in UTC; anything else stays as it is."""
    word = value.strip()
    if not _NUMBER.fullmatch(word):
        return word
    seconds = int(word) / 1000 if len(word) > 11 else int(word)
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).isoformat(timespec="seconds")
    except (OverflowError, OSError, ValueError):
        return word


def pseudonym(value: str, *, length: int = 16) -> str:
    """A short hash instead of a name, an address or a phone, so that identifiers hold none; "" stays ""."""
    word = " ".join(value.lower().split())
    return hashlib.sha256(word.encode("utf-8", errors="backslashreplace")).hexdigest()[:length] if word else ""


def named_ticket(file: str) -> str:
    """The only number in a file's name ("conversations_55.json"), for lists that do not name their ticket.

    The number of a page or a part is none.
    """
    name = file.rpartition("/")[2].lower()
    found = _FILE_TICKET.findall(name)
    return found[0] if len(found) == 1 and not _FILE_PAGE.search(name) else ""


def bare_subject(subject: str) -> str:
    """A subject without "Re:", "Fwd:", "Ответ:", "[#12345]" in front of it."""
    before = ""
    while before != subject:
        before, subject = subject, _TICKET_MARK.sub("", _REPLY_MARK.sub("", subject, count=1), count=1)
    return " ".join(subject.split())


def with_subject(subject: str, text: str) -> str:
    """The text with its subject in front, where the subject says something that the text does not begin with."""
    bare = bare_subject(subject)
    start = " ".join(text.split())[: len(bare) + 200].lower()
    shortened = bare.rstrip(".… ").lower()
    if not text.strip() or len(shortened) < 4 or _GENERIC_SUBJECT.fullmatch(bare) or shortened in start:
        return text
    return f"{bare}\n\n{text}"
