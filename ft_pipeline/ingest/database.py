"""A database -> a sheet: a table or a query, whole or only what is new.

Here: the connection, read-only transactions, the cursor and its lag, the rows of earlier refreshes. Not here: what a
column means. Reads any database that SQLAlchemy knows; its URL stands in an environment variable and nowhere else.

A row that commits late carries an older cursor than rows that were read before it, so the last stretch before the
highest cursor is read again each time and replaces what was kept of it. What is older is counted: where the database
holds another number of rows than are kept (something was deleted, edited without an id, or committed very late), all of
it is read again. So an incremental read gives what a full one would.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ft_pipeline.ingest.fields import OPTIONAL, REQUIRED
from ft_pipeline.ingest.files import IngestError
from ft_pipeline.ingest.kept import Shelf
from ft_pipeline.ingest.tables import Sheet, cell_problem, cell_text
from ft_pipeline.store import hash_json
from ft_pipeline.task import Source

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection

_BATCH = 5_000  # rows in flight
_EXAMPLE = "postgresql+psycopg2://user:password@host/database"
_BIND = re.compile(r"(?<![:\w\\]):(?=\w)")
_IDENTITY = {
    "tickets": ("ticket_id", "turn_id"),
    "pairs": ("id",),
    "documents": ("document_id",),
    "held_out_questions": ("question_id", "valid_from"),
}


@dataclass(frozen=True)
class DatabaseRows:
    """The rows of a source and the fingerprint of what the database held when they were read."""

    sheet: Sheet
    fingerprint: str


def read_database(source: Source, environment: Mapping[str, str], shelf: Shelf) -> DatabaseRows:
    """Reads a source's rows; with a `cursor` only those that the shelf does not hold yet.

    Raises:
        IngestError: the variable, the database, the table or a column is missing.
    """
    with _connected(source, environment) as database:
        if not source.cursor:
            names, rows = database.rows(None)
            return DatabaseRows(_sheet(names, sorted(rows)), database.fingerprint())
        kept = _Kept.load(source, database, shelf)
        since = kept.since(source) if kept else None
        names, fresh = database.rows(since)
        merged = kept.merged(names, fresh, since, source) if kept and since is not None else None
        if merged is None or merged.older != database.count_before(since):
            names, fresh = database.rows(None) if since is not None else (names, fresh)
            merged = _Merged(fresh, 0)
        place = names.index(source.cursor)
        rows = sorted(merged.rows, key=lambda row: (_mark(row[place], database.kind), row))
        sheet = _sheet(names, rows)
        shelf.keep_state(_identity(source, database.address), sheet, {"kind": database.kind})
        return DatabaseRows(sheet, database.fingerprint())


def fingerprint(source: Source, environment: Mapping[str, str]) -> str:
    """A hash of what the database holds now: the number of rows and the highest cursor (or time)."""
    with _connected(source, environment) as database:
        return database.fingerprint()


class _Database:
    """One read-only transaction on one source's rows."""

    def __init__(self, source: Source, connection: Connection, address: str) -> None:
        self.source, self.connection, self.address = source, connection, address
        self.kind = ""  # of the cursor: number | time | date | text

    def rows(self, since: Any) -> tuple[list[str], list[tuple[str, ...]]]:
        """Column names and the rows as text, from the cursor `since` on (rows without a cursor too); None = all."""
        result = self.connection.execute(self._select("*", since=since), {"since": since} if since is not None else {})
        names = list(result.keys())
        if len(set(names)) < len(names):
            raise IngestError(f"source {self.source.name}: the columns {names} hold a name twice; name them in `query`")
        place = self._cursor_place(names)
        rows: list[tuple[str, ...]] = []
        for batch in result.partitions(_BATCH):
            for values in batch:
                if place is not None and not self.kind and values[place] is not None:
                    self.kind = _kind_of(values[place])
                rows.append(tuple([value if type(value) is str else cell_text(value) for value in values]))
        return names, rows

    def count_before(self, since: Any) -> int:
        """How many rows are older than `since`."""
        counted = self.connection.execute(self._select("count(*)", before=since), {"since": since})
        return int(counted.scalar_one())

    def fingerprint(self) -> str:
        """Of the number of rows and the highest cursor, else the highest time, where there is one."""
        source = self.source
        column = source.cursor or source.columns.get("created_at") or source.columns.get("updated_at") or ""
        what = f"count(*), max({self._quoted(column)})" if column else "count(*)"
        values = [cell_text(value) for value in self.connection.execute(self._select(what)).one()]
        return hash_json([self.address, source.table, source.query, values])

    def _select(self, what: str, *, since: Any = None, before: Any = None) -> Any:
        import sqlalchemy as sa

        source = self.source
        if source.query:
            inner = _BIND.sub(r"\\:", source.query.strip().rstrip(";"))
            origin = f"({inner}) AS source_rows"
        else:
            origin = ".".join(self._quoted(part) for part in source.table.split("."))
        cursor = self._quoted(source.cursor) if source.cursor else ""
        where = f" WHERE {cursor} >= :since OR {cursor} IS NULL" if since is not None else ""
        where = f" WHERE {cursor} < :since" if before is not None else where
        return sa.text(f"SELECT {what} FROM {origin}{where}")

    def _quoted(self, name: str) -> str:
        return self.connection.dialect.identifier_preparer.quote(name)

    def _cursor_place(self, names: list[str]) -> int | None:
        if not self.source.cursor:
            return None
        if self.source.cursor not in names:
            raise IngestError(
                f"source {self.source.name}: found the columns {names}, expected the cursor `{self.source.cursor}`; "
                "correct `cursor` in task.yaml"
            )
        return names.index(self.source.cursor)


@dataclass(frozen=True)
class _Merged:
    """Rows of earlier refreshes and new ones; `older` of them stand before the stretch that was read again."""

    rows: list[tuple[str, ...]]
    older: int


@dataclass(frozen=True)
class _Kept:
    """The rows of earlier refreshes."""

    names: tuple[str, ...]
    rows: list[tuple[str, ...]]
    kind: str

    @classmethod
    def load(cls, source: Source, database: _Database, shelf: Shelf) -> _Kept | None:
        found = shelf.state(_identity(source, database.address))
        if found is None or not found[0].numbers or not found[1].get("kind") or found[0].bad:
            return None
        sheet, notes = found
        database.kind = notes["kind"]
        rows = list(zip(*(sheet.column(name) for name in sheet.names), strict=True))
        return cls(sheet.names, rows, notes["kind"])

    def since(self, source: Source) -> Any:
        """The highest cursor less the lag, in the cursor's own type."""
        place = self.names.index(source.cursor)
        highest = max((row[place] for row in self.rows if row[place]), key=lambda text: _mark(text, self.kind))
        if self.kind == "number":
            value = Decimal(highest) - source.cursor_lag_rows
            return int(value) if value == value.to_integral_value() else float(value)
        moment = datetime.fromisoformat(highest) - timedelta(seconds=source.cursor_lag_s)
        if self.kind == "date":
            return moment.date()
        if self.kind == "time":
            return moment
        # Text is compared as text: to the second, without an offset, in the column's own spelling.
        return moment.replace(tzinfo=None).isoformat(sep=highest[10] if len(highest) > 10 else "T", timespec="seconds")

    def merged(self, names: list[str], fresh: list[tuple[str, ...]], since: Any, source: Source) -> _Merged | None:
        """The kept rows before `since` that were not edited, then the fresh ones; None where columns have changed."""
        if tuple(names) != self.names:
            return None
        place, limit = names.index(source.cursor), _mark(cell_text(since), self.kind)
        older = [row for row in self.rows if row[place] and _mark(row[place], self.kind) < limit]
        known = {ours: source.columns.get(ours, ours) for ours in _IDENTITY[source.kind]}
        if all(column in names for column in known.values()):
            places = [names.index(column) for column in known.values()]
            edited = {tuple(row[index] for index in places) for row in fresh}
            older = [row for row in older if tuple(row[index] for index in places) not in edited]
        return _Merged([*older, *fresh], len(older))


def _sheet(names: list[str], rows: list[tuple[str, ...]]) -> Sheet:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    bad: dict[int, tuple[str, str]] = {}
    for column in columns:
        bad |= {row: found for row, text in enumerate(column) if (found := cell_problem(text))}
    cells = {
        name: [("" if row in bad else text) for row, text in enumerate(column)] if bad else column
        for name, column in zip(names, columns, strict=True)
    }
    return Sheet(tuple(names), cells, range(1, len(rows) + 1), bad)


def _mark(text: str, kind: str) -> Any:
    """A cursor's text as something that compares as the database compares it; rows without one come first."""
    if kind == "number":
        return Decimal(text) if text else Decimal("-Infinity")
    if kind == "time":
        moment = datetime.fromisoformat(text) if text else datetime.min
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return text


def _kind_of(value: Any) -> str:
    if isinstance(value, int | float | Decimal):
        return "number"
    if isinstance(value, datetime):
        return "time"
    return "date" if isinstance(value, date) else "text"


def _identity(source: Source, address: str) -> Any:
    return ["database", source.name, address, source.table, source.query, source.cursor, source.kind]


@contextmanager
def _connected(source: Source, environment: Mapping[str, str]) -> Iterator[_Database]:
    import sqlalchemy as sa

    url = _url(source, environment)
    engine = None
    try:
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
        options: dict[str, Any] = {"stream_results": True, "max_row_buffer": _BATCH}
        if engine.dialect.name == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with engine.connect().execution_options(**options) as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA query_only = ON")
            elif engine.dialect.name in {"mysql", "mariadb"}:
                connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
            if source.table:
                _need_table(source, connection)
            yield _Database(source, connection, url.set(username=None, password=None).render_as_string())
    except sa.exc.NoSuchModuleError:
        raise IngestError(
            f"source {source.name}: SQLAlchemy knows no `{url.drivername}`; write ${source.url_env} like {_EXAMPLE}"
        ) from None
    except ImportError as error:
        raise IngestError(
            f"source {source.name}: the driver of `{url.drivername}` is not installed: pip install {error.name}"
        ) from None
    except sa.exc.SQLAlchemyError as error:
        raise _database_error(source, error, url) from None
    finally:
        if engine is not None:
            engine.dispose()


def _url(source: Source, environment: Mapping[str, str]) -> URL:
    import sqlalchemy as sa

    given = environment.get(source.url_env, "")
    if not given:
        raise IngestError(
            f"source {source.name}: the environment variable {source.url_env} is not set; expected the database's "
            f"URL in it, for example {_EXAMPLE}"
        )
    try:
        url = sa.make_url(given)
    except sa.exc.ArgumentError:
        raise IngestError(
            f"source {source.name}: the environment variable {source.url_env} holds no SQLAlchemy URL; write it like "
            f"{_EXAMPLE}"
        ) from None
    file = url.database or ""
    if url.get_backend_name() == "sqlite" and file not in {"", ":memory:"} and not Path(file).is_file():
        raise IngestError(f"source {source.name}: there is no SQLite file where {source.url_env} points; correct it")
    return url


def _need_table(source: Source, connection: Connection) -> None:
    import sqlalchemy as sa

    schema, _, name = source.table.rpartition(".")
    inspector = sa.inspect(connection)
    try:
        there = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
    except sa.exc.SQLAlchemyError:  # no right to look around is no reason to refuse
        return
    if name in there or inspector.has_table(name, schema=schema or None):
        return
    close = difflib.get_close_matches(name, there, n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(sorted(there)[:20]) or 'none'}"
    raise IngestError(f"source {source.name}: the database has no table `{source.table}`; {hint}; correct `table`")


def _database_error(source: Source, error: Exception, url: URL) -> IngestError:
    told = str(getattr(error, "orig", None) or error).strip().splitlines()
    shown = told[0] if told else type(error).__name__
    if url.password:
        shown = shown.replace(str(url.password), "***")
    ours = ", ".join((*REQUIRED[source.kind], *OPTIONAL[source.kind]))
    return IngestError(
        f"source {source.name}: the database of ${source.url_env} answered: {shown[:300]}; check the address, the "
        f"rights and `{'query' if source.query else 'table'}` (columns that may be mapped: {ours})"
    )
