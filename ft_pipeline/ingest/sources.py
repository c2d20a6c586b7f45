"""Rows of the sources -> rows of our tables.

Here: the meaning of each kind of source, `as_of`, identifiers, duplicates, the count of rows in. Not here: how a
file is read (tables.py, documents.py), how a single value is understood (fields.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ft_pipeline.ingest.documents import read_document
from ft_pipeline.ingest.fields import map_columns, role_words, show_value, to_status, to_utc, utc_text
from ft_pipeline.ingest.files import DOCUMENT_FORMATS, MAX_FILE_BYTES, IngestError, SourceFile, list_files
from ft_pipeline.ingest.tables import BadRow, Options, RawRow, Table, read_rows
from ft_pipeline.records import Document, HeldOutQuestion, Rejected, Turn
from ft_pipeline.task import Source

STAGE = "ingest.parse"
_AS_WRITTEN = frozenset({"text", "question", "answer"})  # their edges are curation's business
_STRATA = frozenset({"usual", "rare", "noisy", "out_of_scope"})
_HELD_OUT_KINDS = frozenset({"standard", "needs_lookup", "out_of_scope"})
_PAIR_KINDS = frozenset({"", "standard", "needs_lookup"})


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


@dataclass(frozen=True)
class _Row:
    """One row with our column names; `ordinal` counts the rows of the whole source from 1."""

    values: Mapping[str, str]
    ordinal: int
    key: str  # where it stands: "<file>:<number>"
    file: str

    def get(self, name: str) -> str:
        return self.values.get(name, "")


class _RowError(Exception):
    """This row cannot be used, and why."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


def ingest(
    sources: Sequence[Source],
    *,
    as_of: datetime | None = None,
    salt: str = "",
    incoming: int = 0,
    max_file_bytes: int = MAX_FILE_BYTES,
) -> Ingested:
    """Reads every source of a task.

    Args:
        sources: the sources of task.yaml with absolute paths.
        as_of: rows younger than this are rejected as `after_as_of`; None = no limit. A naive time is UTC.
        salt: makes the draw of incoming tickets this task's own.
        incoming: how many tickets to draw before any filtering; fewer where there are fewer.
        max_file_bytes: the cap of one file, bytes.

    Raises:
        IngestError: a source cannot be read as task.yaml describes it; the message says what to write.
    """
    result = Ingested()
    limit = utc_text(as_of) if as_of is not None else ""
    for source in sources:
        if source.name in result.rows_in:
            raise IngestError(
                f"two sources are named `{source.name}`; their rows would be counted together; write a `name:` of "
                "its own for each in task.yaml"
            )
        _SourceReader(source, result, limit).read(list_files(source, max_file_bytes=max_file_bytes))
    result.incoming_ids = _draw(result.turns, salt, incoming)
    return result


def hash_sources(sources: Sequence[Source], *, max_file_bytes: int = MAX_FILE_BYTES) -> dict[str, str]:
    """What `ingest` gives as `file_hashes`, without reading a row: "<source>/<file>" -> sha256.

    Raises:
        IngestError: a source has no file, or one that cannot be used.
    """
    return {
        f"{source.name}/{file.name}": file.sha256
        for source in sources
        for file in list_files(source, max_file_bytes=max_file_bytes)
    }


class _SourceReader:
    """Reads one source into the result; the state is what tells duplicates."""

    def __init__(self, source: Source, result: Ingested, limit: str) -> None:
        self.source, self.result, self.limit = source, result, limit
        self.roles = role_words(source)
        self.options = Options(sheet=source.sheet, encoding=source.encoding)
        self.rows = self.rows_out = 0
        self.seen: dict[tuple[str, ...], str] = {}
        self.turns: list[Turn] = []
        self.taken_ids = {turn.ticket_id for turn in result.turns}

    def read(self, files: Iterable[SourceFile]) -> None:
        """Reads all files; counts must agree afterwards."""
        rejected_before = len(self.result.rejected)
        for file in files:
            self.result.file_hashes[f"{self.source.name}/{file.name}"] = file.sha256
            if not file.format:
                self.rows += 1
                self._reject("unsupported_format", file.name, f"suffix {file.path.suffix or 'missing'}")
            elif file.format in DOCUMENT_FORMATS:
                self._read_document(file)
            else:
                self._read_table(file, read_rows(file.path, file.format, self.options))
        self.result.turns += _ordered(self.turns, self.taken_ids, self.source.name)
        self.result.rows_in[self.source.name] = self.rows
        self.result.rows_out[self.source.name] = self.rows_out
        lost = self.rows - self.rows_out - (len(self.result.rejected) - rejected_before)
        if lost:
            raise RuntimeError(f"source {self.source.name}: {lost} of {self.rows} rows are neither kept nor rejected")

    def _read_document(self, file: SourceFile) -> None:
        self.rows += 1
        document = read_document(file.path, file.format, self.options)
        if document.reason:
            self._reject(document.reason, file.name, document.detail)
            return
        identifier = f"{self.source.name}-{file.name}"
        # No time: a file's modification time changes with every copy and would change the version.
        self.result.documents.append(Document(identifier, document.title, document.text, "", self.source.name))
        self.rows_out += 1

    def _read_table(self, file: SourceFile, table: Table) -> None:
        mapping: dict[str, str] = {}
        if table.columns or any(isinstance(row, RawRow) for row in table.rows):
            mapping = map_columns(self.source, file.name, table.columns)
        for row in table.rows:
            self.rows += 1
            key = f"{file.name}:{row.number}"
            if isinstance(row, BadRow):
                self._reject(row.reason, key, row.detail)
                continue
            found = {ours: row.values.get(theirs, "") for ours, theirs in mapping.items()}
            values = {ours: value if ours in _AS_WRITTEN else value.strip() for ours, value in found.items()}
            try:
                self._take(_Row(values, self.rows, key, file.name))
            except _RowError as problem:
                self._reject(problem.reason, key, problem.detail)
            else:
                self.rows_out += 1

    def _reject(self, reason: str, key: str, detail: str) -> None:
        self.result.rejected.append(Rejected(STAGE, reason, key, detail, self.source.name))

    def _take(self, row: _Row) -> None:
        if self.source.kind == "tickets":
            self._take_message(row)
        elif self.source.kind == "pairs":
            self._take_pair(row)
        elif self.source.kind == "documents":
            self._take_document(row)
        else:
            self._take_held_out(row)

    def _take_message(self, row: _Row) -> None:
        ticket_id, text = _needed(row, "ticket_id"), _needed(row, "text")
        role = self.roles.get(_needed(row, "role").lower(), "")
        if not role:
            raise _RowError("unknown_role", _show_role(row.get("role")))
        created_at = self._time(row, "created_at")
        if not created_at:
            raise _RowError("missing_created_at")
        turn_id = row.get("turn_id")
        # Without ids a customer may well write the same twice; only another file repeats a message as a whole.
        same = (ticket_id, turn_id) if turn_id else (ticket_id, role, text, created_at)
        if same in self.seen and (turn_id or self.seen[same] != row.file):
            raise _RowError("duplicate_turn", f"stands in {self.seen[same]} too")
        self.seen[same] = row.file
        self.turns.append(
            Turn(
                ticket_id=ticket_id,
                turn_id=turn_id,
                position=0,
                role=role,
                text=text,
                created_at=created_at,
                customer_id=row.get("customer_id"),
                channel=row.get("channel"),
                status=to_status(row.get("status")),
                category=row.get("category"),
                source=self.source.name,
            )
        )

    def _take_pair(self, row: _Row) -> None:
        question, answer = _needed(row, "question"), _needed(row, "answer")
        if row.get("kind") not in _PAIR_KINDS:
            raise _RowError("unknown_kind", f"{show_value(row.get('kind'))}; expected standard or needs_lookup")
        created_at = self._time(row, "created_at")
        ticket_id = row.get("id") or f"{self.source.name}-{row.ordinal}"
        self._first((ticket_id,), row)
        ask = Turn(
            ticket_id=ticket_id,
            turn_id="",
            position=0,
            role="customer",
            text=question,
            created_at=created_at,
            customer_id=row.get("customer_id"),
            channel="pair",
            status="resolved",
            category=row.get("category"),
            source=self.source.name,
            kind=row.get("kind"),
        )
        self.turns += [ask, replace(ask, role="agent", text=answer)]

    def _take_document(self, row: _Row) -> None:
        text = _needed(row, "text")
        updated_at = self._time(row, "updated_at")
        identifier = row.get("document_id") or f"{self.source.name}-{row.ordinal}"
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
        raise _RowError(
            "bad_date", f"{name}: {show_value(row.get(name))}; expected 2026-03-01T09:30:00 or 01.03.2026 09:30"
        )
    return moment


def _show_role(word: str) -> str:
    """The role word for whoever has to map it; masked, because exports put agents' names into this column."""
    from ft_pipeline.redact import redact

    shown = redact(word[:40]).text
    return f"`{shown}`; write roles: {{{shown}: customer | agent | bot | note}} in task.yaml"


def _ordered(turns: Sequence[Turn], taken_ids: set[str], source_name: str) -> list[Turn]:
    """Turns by ticket (in order of appearance) and time, with positions; ids that another source took get a prefix."""
    tickets: dict[str, list[Turn]] = {}
    for turn in turns:
        tickets.setdefault(turn.ticket_id, []).append(turn)
    ordered = []
    for ticket_id, messages in tickets.items():
        name = f"{source_name}-{ticket_id}" if ticket_id in taken_ids else ticket_id
        mark = "#" if any(turn.turn_id for turn in messages) else ""  # a made id never equals a given one
        for position, turn in enumerate(sorted(messages, key=lambda message: message.created_at)):
            turn_id = turn.turn_id or f"{mark}{position}"
            ordered.append(replace(turn, ticket_id=name, position=position, turn_id=turn_id))
    return ordered


def _draw(turns: Sequence[Turn], salt: str, number: int) -> tuple[str, ...]:
    """The tickets with the least salted hash: the draw of a ticket never depends on which others there are."""
    ids = {turn.ticket_id for turn in turns if turn.role == "customer"}
    return tuple(sorted(ids, key=lambda item: hashlib.sha256(f"{salt}|incoming|{item}".encode()).hexdigest())[:number])
