"""Rows of the sources -> rows of our tables.

Here: the meaning of each kind of source, `as_of`, duplicates, the count of rows in. Not here: finding and reading files
(reading.py), databases (database.py), a single value (fields.py), the order inside a ticket (turns.py).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import repeat
from pathlib import Path

from ft_pipeline.collector import collector_off
from ft_pipeline.ingest.conversation_shapes import as_messages
from ft_pipeline.ingest.database import fingerprint, read_database
from ft_pipeline.ingest.fields import (
    OPTIONAL,
    REQUIRED,
    map_columns,
    role_words,
    show_role,
    show_value,
    to_status,
)
from ft_pipeline.ingest.files import MAX_FILE_BYTES, IngestError
from ft_pipeline.ingest.kept import Shelf
from ft_pipeline.ingest.pair_shapes import as_pairs
from ft_pipeline.ingest.reading import Read, files_of, read_files
from ft_pipeline.ingest.tables import Options, Sheet
from ft_pipeline.ingest.times import slashes_told, to_utc, utc_text
from ft_pipeline.ingest.turns import Message, draw_incoming, ordered
from ft_pipeline.records import Document, HeldOutQuestion, Rejected, Turn
from ft_pipeline.task import Source

STAGE = "ingest.parse"
_TIMES = frozenset({"created_at", "updated_at", "valid_from", "valid_to"})
_AS_WRITTEN = frozenset({"text", "question", "answer"})  # their edges are curation's business
_STRATA = frozenset({"usual", "rare", "noisy", "out_of_scope"})
_HELD_OUT_KINDS = frozenset({"standard", "needs_lookup", "out_of_scope"})
_PAIR_KINDS = frozenset({"", "standard", "needs_lookup"})
_MESSAGE_COLUMNS = (*REQUIRED["tickets"], *OPTIONAL["tickets"])


@dataclass
class Ingested:
    """The tables of all sources."""

    turns: list[Turn] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    held_out: list[HeldOutQuestion] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    rows_in: dict[str, int] = field(default_factory=dict)  # source name -> table rows or document files
    rows_out: dict[str, int] = field(default_factory=dict)  # the same unit: a pair is one row and two turns
    file_hashes: dict[str, str] = field(default_factory=dict)  # "<source>/<file>" -> sha256
    incoming_ids: tuple[str, ...] = ()  # tickets drawn before any filtering, by a salted hash


class _Row:
    """One row with our column names, stepped through a sheet; `ordinal` counts the rows of the source from 1."""

    __slots__ = ("columns", "file", "index", "key", "ordinal")

    def __init__(self, columns: Mapping[str, Sequence[str]]) -> None:
        self.columns = columns
        self.index = self.ordinal = 0
        self.key = ""  # where it stands: "<file>:<number>"
        self.file = ""  # of a document: the file that it is

    def get(self, name: str) -> str:
        column = self.columns.get(name)
        return column[self.index] if column is not None else ""


class _RowError(Exception):
    """This row cannot be used, and why."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail


def ingest(
    sources: Sequence[Source],
    *,
    as_of: datetime | None = None,
    salt: str = "",
    incoming: int = 0,
    max_file_bytes: int = MAX_FILE_BYTES,
    shelf: Path | None = None,
    tidy: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Ingested:
    """Reads every source of a task.

    Args:
        sources: the sources of task.yaml with absolute paths.
        as_of: rows younger than this are rejected as `after_as_of`; None = no limit. A naive time is UTC.
        salt: makes the draw of incoming tickets this task's own.
        incoming: how many tickets to draw before any filtering; fewer where there are fewer.
        max_file_bytes: the cap of one file, bytes.
        shelf: folder that keeps what was read, so that no file is parsed twice; None = nothing is kept.
        tidy: throws away what the shelf holds of files that these sources no longer have.
        environment: variables with the URLs of databases.

    Raises:
        IngestError: a source cannot be read as task.yaml describes it; the message says what to write.
    """
    result = Ingested()
    limit = utc_text(as_of) if as_of is not None else ""
    with _shelf(shelf) as kept, collector_off():
        for source in sources:
            if source.name in result.rows_in:
                raise IngestError(
                    f"two sources are named `{source.name}`; their rows would be counted together; write a `name:` of "
                    "its own for each in task.yaml"
                )
            reader = _SourceReader(source, result, limit)
            reader.read(_read(source, result, kept, environment or {}, cap=max_file_bytes))
        if tidy:
            kept.tidy()
        result.incoming_ids = draw_incoming(result.turns, salt, incoming)
    return result


def hash_sources(
    sources: Sequence[Source],
    *,
    max_file_bytes: int = MAX_FILE_BYTES,
    shelf: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """What `ingest` gives as `file_hashes`, without reading a row: "<source>/<file>" -> sha256.

    A database stands in it with a hash of its number of rows and its highest cursor.

    Raises:
        IngestError: a source has no file, or one that cannot be used.
    """
    hashes: dict[str, str] = {}
    with _shelf(shelf) as kept:
        for source in sources:
            if source.format == "sql":
                hashes[_database_name(source)] = fingerprint(source, environment or {})
            else:
                files = files_of(source, kept, cap=max_file_bytes)
                hashes |= {f"{source.name}/{file.name}": file.sha256 for file in files}
    return hashes


def _read(
    source: Source, result: Ingested, shelf: Shelf, environment: Mapping[str, str], *, cap: int
) -> Iterator[Read]:
    """The sheets of one source; their hashes go into the result."""
    if source.format == "sql":
        found = read_database(source, environment, shelf)
        result.file_hashes[_database_name(source)] = found.fingerprint
        yield Read(source.table or "query", found.sheet)
        return
    files = files_of(source, shelf, cap=cap)
    result.file_hashes |= {f"{source.name}/{file.name}": file.sha256 for file in files}
    options = Options(sheet=source.sheet, encoding=source.encoding, roles=role_words(source), own_roles=source.roles)
    yield from read_files(source, files, options, shelf, cap=cap)


def _database_name(source: Source) -> str:
    return f"{source.name}/{source.table or 'query'}"


@contextmanager
def _shelf(folder: Path | None) -> Iterator[Shelf]:
    if folder is not None:
        yield Shelf(folder)
        return
    with tempfile.TemporaryDirectory(prefix="ingest-") as temporary:
        yield Shelf(Path(temporary), is_kept=False)


class _SourceReader:
    """Reads one source into the result; the state is what tells duplicates."""

    def __init__(self, source: Source, result: Ingested, limit: str) -> None:
        self.source, self.result, self.limit = source, result, limit
        self.roles = role_words(source)
        self.rows = self.rows_out = 0
        self.seen: dict[tuple[str, ...], str] = {}
        self.messages: list[Message] = []
        self.taken_ids = {turn.ticket_id for turn in result.turns}

    def read(self, sheets: Iterable[Read]) -> None:
        """Reads all sheets; counts must agree afterwards."""
        rejected_before = len(self.result.rejected)
        for read in sheets:
            if read.is_document:
                self._read_document(read)
            else:
                self._read_sheet(read.name, read.sheet)
        self.result.turns += ordered(self.messages, self.taken_ids, self.source.name)
        self.result.rows_in[self.source.name] = self.rows
        self.result.rows_out[self.source.name] = self.rows_out
        lost = self.rows - self.rows_out - (len(self.result.rejected) - rejected_before)
        if lost:
            raise RuntimeError(f"source {self.source.name}: {lost} of {self.rows} rows are neither kept nor rejected")

    def _read_document(self, read: Read) -> None:
        self.rows += 1
        sheet = read.sheet
        if sheet.bad:
            reason, detail = sheet.bad[0]
            self._reject(reason, read.name, detail)
            return
        identifier = f"{self.source.name}-{read.name}"
        title, text = sheet.column("title")[0], sheet.column("text")[0]
        # No time: a file's modification time changes with every copy and would change the version.
        self.result.documents.append(Document(identifier, title, text, "", self.source.name))
        self.rows_out += 1

    def _read_sheet(self, name: str, sheet: Sheet) -> None:
        if self.source.kind == "pairs":
            sheet = as_pairs(sheet, self.source.columns)
        elif self.source.kind == "tickets":
            sheet = as_messages(sheet, self.source.columns)
        mapping = map_columns(self.source, name, sheet.names) if sheet.names or sheet.has_rows else {}
        columns = {ours: sheet.column(theirs) for ours, theirs in mapping.items()}
        for ours, column in columns.items():
            if ours not in _AS_WRITTEN:
                columns[ours] = [cell.strip() for cell in column]
        for ours in _TIMES & set(columns):
            columns[ours] = slashes_told(columns[ours])
        if self.source.kind == "tickets" and columns:
            self._take_messages(columns, name, sheet)
            return
        take = {
            "tickets": self._take_nothing,
            "pairs": self._take_pair,
            "documents": self._take_document,
            "held_out_questions": self._take_held_out,
        }[self.source.kind]
        row = _Row(columns)
        for index in range(len(sheet.numbers)):
            self.rows += 1
            row.index, row.ordinal, row.key = index, self.rows, _key(name, sheet, index)
            row.file = sheet.files[index] if sheet.files else ""
            try:
                if index in sheet.bad:
                    raise _RowError(*sheet.bad[index])
                take(row)
            except _RowError as problem:
                self._reject(problem.reason, row.key, problem.detail)
            else:
                self.rows_out += 1

    def _reject(self, reason: str, key: str, detail: str) -> None:
        self.result.rejected.append(Rejected(STAGE, reason, key, detail, self.source.name))

    def _take_nothing(self, row: _Row) -> None:
        raise _RowError("no_columns", f"{row.key}: a row of a file without a header")

    def _take_messages(self, columns: Mapping[str, Sequence[str]], name: str, sheet: Sheet) -> None:
        """The rows of a tickets sheet: the one loop that a million rows go through, so it steps through columns."""
        kept = self.messages
        rows = zip(*(columns.get(column) or repeat("") for column in _MESSAGE_COLUMNS), strict=False)
        before = len(kept)
        for index, values in zip(range(len(sheet.numbers)), rows, strict=False):
            try:
                if index in sheet.bad:
                    raise _RowError(*sheet.bad[index])
                kept.append(self._message(*values, file=sheet.files[index] if sheet.files else name))
            except _RowError as problem:
                self._reject(problem.reason, _key(name, sheet, index), problem.detail)
        self.rows += len(sheet.numbers)
        self.rows_out += len(kept) - before

    def _message(
        self,
        ticket_id: str,
        role_word: str,
        text: str,
        created: str,
        turn_id: str,
        customer_id: str,
        channel: str,
        status: str,
        category: str,
        *,
        file: str,
    ) -> Message:
        if not ticket_id:
            raise _RowError("missing_ticket_id")
        if not text or text.isspace():
            raise _RowError("missing_text")
        role = self.roles.get(role_word) or self.roles.get(role_word.lower(), "")
        if not role:
            raise _RowError("unknown_role", show_role(role_word)) if role_word else _RowError("missing_role")
        created_at = to_utc(created)
        if created_at is None:
            raise _bad_date("created_at", created)
        if self.limit and created_at > self.limit:
            raise _RowError("after_as_of", f"created_at {created_at} is after {self.limit}")
        if not created_at:
            raise _RowError("missing_created_at")
        # Without ids a customer may well write the same twice; only another file repeats a message as a whole.
        same = (ticket_id, turn_id) if turn_id else (ticket_id, role, text, created_at)
        known = len(self.seen)
        found = self.seen.setdefault(same, file)
        if len(self.seen) == known and (turn_id or found != file):
            raise _RowError("duplicate_turn", f"stands in {found} too")
        return Message(ticket_id, turn_id, role, text, created_at, customer_id, channel, to_status(status), category)

    def _take_pair(self, row: _Row) -> None:
        question, answer = _needed(row, "question"), _needed(row, "answer")
        if row.get("kind") not in _PAIR_KINDS:
            raise _RowError("unknown_kind", f"{show_value(row.get('kind'))}; expected standard or needs_lookup")
        created_at = self._time(row, "created_at")
        ticket_id = row.get("id") or f"{self.source.name}-{row.ordinal}"
        self._first((ticket_id,), row)
        about = (created_at, row.get("customer_id"), "pair", "resolved", row.get("category"), row.get("kind"))
        self.messages.append(Message(ticket_id, "", "customer", question, *about))
        self.messages.append(Message(ticket_id, "", "agent", answer, *about))

    def _take_document(self, row: _Row) -> None:
        text = _needed(row, "text")
        updated_at = self._time(row, "updated_at")
        identifier = row.get("document_id") or f"{self.source.name}-{row.file or row.ordinal}"
        self._first((identifier,), row)
        self.result.documents.append(Document(identifier, row.get("title"), text, updated_at, self.source.name))

    def _take_held_out(self, row: _Row) -> None:
        question, identifier = _needed(row, "question"), _needed(row, "question_id")
        stratum, kind = row.get("stratum"), row.get("kind")
        if stratum not in _STRATA:
            raise _RowError("unknown_stratum", f"{show_value(stratum)}; expected {', '.join(sorted(_STRATA))}")
        if kind not in _HELD_OUT_KINDS:
            raise _RowError("unknown_kind", f"{show_value(kind)}; expected {', '.join(sorted(_HELD_OUT_KINDS))}")
        if kind == "standard" and not row.get("answer").strip():
            raise _RowError("missing_answer", "a standard question needs the right answer")
        valid_from, valid_to = _date(row, "valid_from"), _date(row, "valid_to")
        if self.limit and (valid_from > self.limit or (valid_to and valid_to <= self.limit)):
            raise _RowError("not_valid_at_as_of", f"valid {valid_from or '…'} to {valid_to or '…'}")
        self._first((identifier, valid_from), row)
        self.result.held_out.append(
            HeldOutQuestion(
                question_id=identifier,
                stratum=stratum,
                question=question,
                answer=row.get("answer"),
                kind=kind,
                valid_from=valid_from,
                valid_to=valid_to,
                source=self.source.name,
            )
        )

    def _time(self, row: _Row, name: str) -> str:
        moment = _date(row, name)
        if self.limit and moment > self.limit:
            raise _RowError("after_as_of", f"{name} {moment} is after {self.limit}")
        return moment

    def _first(self, identity: tuple[str, ...], row: _Row) -> None:
        if identity in self.seen:
            raise _RowError("duplicate_id", f"stands at {self.seen[identity]} too")
        self.seen[identity] = row.key


def _needed(row: _Row, name: str) -> str:
    value = row.get(name)
    if not value.strip():
        raise _RowError(f"missing_{name}")
    return value


def _date(row: _Row, name: str) -> str:
    moment = to_utc(row.get(name))
    if moment is None:
        raise _bad_date(name, row.get(name))
    return moment


def _bad_date(name: str, value: str) -> _RowError:
    return _RowError("bad_date", f"{name}: {show_value(value)}; expected 2026-03-01T09:30:00 or 01.03.2026 09:30")


def _key(name: str, sheet: Sheet, index: int) -> str:
    return f"{(sheet.files[index] if sheet.files else '') or name}:{sheet.numbers[index]}"
