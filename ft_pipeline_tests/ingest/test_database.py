"""Databases as sources, on a real Postgres and a real SQLite: whole, and only what is new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from ft_pipeline.ingest import Ingested, IngestError, hash_sources
from ft_pipeline.ingest.database import _Database
from ft_pipeline.task import Source
from ft_pipeline_tests.ingest.conftest import read_source, reasons_of, texts_of

VARIABLE = "HELPDESK_URL"


@dataclass
class Desk:
    """A help desk's table of messages."""

    url: str
    engine: sa.Engine
    shelf: Path

    def add(self, *rows: tuple[int, int, str, str]) -> None:
        """(id, ticket, text, time); the cursor is the time."""
        with self.engine.begin() as connection:
            for number, ticket, text, at in rows:
                connection.execute(
                    sa.text("INSERT INTO messages VALUES (:n, :t, 'customer', :x, :a)"),
                    {"n": number, "t": ticket, "x": text, "a": at},
                )

    def run(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement))

    def source(self, **more: Any) -> Source:
        given = {"name": "desk", "kind": "tickets", "format": "sql", "url_env": VARIABLE, "table": "messages"}
        given |= {"columns": {"turn_id": "id", "ticket_id": "ticket"}}
        return Source.model_validate(given | more)

    def read(self, *, shelf: bool = True, **more: Any) -> Ingested:
        environment = {VARIABLE: self.url}
        return read_source(self.source(**more), environment=environment, shelf=self.shelf if shelf else None)


@pytest.fixture(params=["sqlite", "postgres"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """An empty help desk on either database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'desk.db'}"
    else:
        url = str(request.getfixturevalue("postgres_database"))
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    time = "TIMESTAMPTZ" if request.param == "postgres" else "TEXT"
    with engine.begin() as connection:
        connection.execute(
            sa.text(f"CREATE TABLE messages (id BIGINT, ticket BIGINT, role TEXT, text TEXT, created_at {time})")
        )
    yield Desk(url, engine, tmp_path / "shelf")
    engine.dispose()


def at(day: int, hour: int = 0) -> str:
    return f"2026-03-{day:02d} {hour:02d}:00:00+00:00"


def test_a_table_and_a_query_become_turns(desk: Desk) -> None:
    desk.add((1, 7, "100% «да»: 12:30", at(1)), (2, 7, "NA", at(2)))
    assert [(t.ticket_id, t.turn_id, t.text, t.created_at) for t in desk.read().turns] == [
        ("7", "1", "100% «да»: 12:30", "2026-03-01T00:00:00+00:00"),
        ("7", "2", "NA", "2026-03-02T00:00:00+00:00"),
    ]
    query = "SELECT id, ticket, role, text, created_at FROM messages WHERE text LIKE '100%' AND ':id' <> 'x:y';"
    assert texts_of(desk.read(table="", query=query)) == ["100% «да»: 12:30"]


def count_rows_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    read: list[int] = []
    rows = _Database.rows

    def counted(self: _Database, since: Any) -> Any:
        found = rows(self, since)
        read.append(len(found[1]))
        return found

    monkeypatch.setattr(_Database, "rows", counted)
    return read


def test_only_what_is_new_is_read_and_what_committed_late_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.add(*((n, n, f"день {n}", at(n)) for n in range(1, 11)))
    incremental = {"cursor": "created_at", "cursor_lag_s": 86400.0}
    read = count_rows_read(monkeypatch)
    desk.read(**incremental)
    assert read == [10]
    desk.add((12, 12, "новый", at(12)), (11, 11, "опоздал", at(9, hour=12)))
    found = desk.read(**incremental)
    assert read == [10, 4], "the last day again (9th 12:00, 10th), and the new one"
    assert found.turns == desk.read(shelf=False, **incremental).turns, "what a full reading gives"
    assert len(found.turns) == 12
    assert not found.rejected, "what was read twice stands once"


def test_a_row_that_committed_later_than_the_lag_is_found_by_the_count(desk: Desk) -> None:
    desk.add(*((n, n, f"день {n}", at(n)) for n in range(1, 11)))
    incremental = {"cursor": "created_at", "cursor_lag_s": 3600.0}
    desk.read(**incremental)
    desk.add((11, 11, "очень поздно", at(2)))
    assert "очень поздно" in texts_of(desk.read(**incremental))
    desk.run("DELETE FROM messages WHERE id = 3")
    assert "день 3" not in texts_of(desk.read(**incremental)), "what the source deleted is gone here too"
    assert desk.read(**incremental).turns == desk.read(shelf=False, **incremental).turns


def test_an_edited_row_replaces_the_one_that_was_read(desk: Desk) -> None:
    desk.add(*((n, n, f"день {n}", at(n)) for n in range(1, 6)))
    incremental = {"cursor": "created_at", "cursor_lag_s": 0}
    desk.read(**incremental)
    desk.run(f"UPDATE messages SET text = 'исправлено', created_at = '{at(9)}' WHERE id = 2")
    found = desk.read(**incremental)
    assert texts_of(found) == ["день 1", "день 3", "день 4", "день 5", "исправлено"]
    assert not found.rejected


def test_a_number_is_a_cursor_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.add(*((n, n, f"день {n}", at(n)) for n in range(1, 11)))
    incremental = {"cursor": "id", "cursor_lag_rows": 2}
    read = count_rows_read(monkeypatch)
    desk.read(**incremental)
    desk.add((20, 20, "двадцатый", at(20)))
    assert len(desk.read(**incremental).turns) == 11
    assert read == [10, 4]


def test_rows_without_a_cursor_and_without_needed_values_are_not_lost(desk: Desk) -> None:
    desk.add((1, 1, "есть", at(1)))
    desk.run("INSERT INTO messages VALUES (2, 2, 'customer', 'без времени', NULL)")
    for _ in range(2):
        found = desk.read(cursor="created_at")
        assert texts_of(found) == ["есть"]
        assert reasons_of(found) == {"missing_created_at": 1}


def test_the_fingerprint_changes_with_every_new_row_and_only_then(desk: Desk) -> None:
    def fingerprint() -> dict[str, str]:
        return hash_sources([desk.source()], environment={VARIABLE: desk.url})

    desk.add((1, 1, "раз", at(5)))
    first = fingerprint()
    assert desk.read().file_hashes == first == fingerprint()
    desk.add((2, 2, "раньше, но позже записан", at(1)))
    assert fingerprint() != first


def test_nothing_can_be_written_through_a_query(desk: Desk) -> None:
    desk.add((1, 1, "цел", at(1)))
    with pytest.raises(IngestError):
        desk.read(table="", query="DELETE FROM messages RETURNING *")
    if desk.engine.dialect.name == "postgresql":
        desk.run("CREATE FUNCTION wipe() RETURNS BIGINT AS 'DELETE FROM messages; SELECT 1::bigint' LANGUAGE sql")
        with pytest.raises(IngestError, match="read-only transaction"):
            desk.read(table="", query="SELECT *, wipe() FROM messages")
    assert texts_of(desk.read()) == ["цел"]


@pytest.mark.parametrize(
    ("more", "part"),
    [
        ({"table": "mesages"}, "no table `mesages`; did you mean `messages`?"),
        ({"cursor": "updated_at"}, "updated_at"),
        ({"columns": {"turn_id": "id", "ticket_id": "tiket"}}, "did you mean `ticket`?"),
        ({"table": "", "query": "SELECT nothing FROM messages"}, "nothing"),
        ({"url_env": "NO_SUCH_VARIABLE"}, "the environment variable NO_SUCH_VARIABLE is not set"),
    ],
)
def test_what_is_missing_is_told(desk: Desk, more: dict[str, Any], part: str) -> None:
    desk.add((1, 1, "раз", at(1)))
    with pytest.raises(IngestError) as caught:
        desk.read(**more)
    assert part in str(caught.value)


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("postgresql://ft:s3cret@127.0.0.1:1/desk", "answered"),
        ("nosuchdb://ft:s3cret@host/desk", "knows no `nosuchdb`"),
        ("s3cret", "holds no SQLAlchemy URL"),
        ("sqlite:////nowhere/s3cret.db", "no SQLite file"),
    ],
)
def test_a_database_that_cannot_be_reached_is_told_without_its_password(url: str, part: str) -> None:
    source = Source.model_validate({"name": "d", "kind": "tickets", "format": "sql", "url_env": "U", "table": "t"})
    with pytest.raises(IngestError) as caught:
        read_source(source, environment={"U": url})
    assert part in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("more", "part"),
    [
        ({"url_env": "postgresql://user:password@host/db", "table": "t"}, "the name of the environment variable"),
        ({"url_env": "U"}, "either `table` or `query`"),
        ({"url_env": "U", "table": "t", "query": "SELECT 1"}, "either `table` or `query`"),
        ({"format": "csv", "path": "t.csv", "table": "t"}, "only with format: sql"),
    ],
)
def test_settings_that_do_not_fit_are_refused(more: dict[str, Any], part: str) -> None:
    with pytest.raises(ValidationError, match=part):
        Source.model_validate({"kind": "tickets", "format": "sql", **more})


def test_a_transaction_that_commits_after_the_reading_is_read_the_next_time(
    postgres_database: str, tmp_path: Path
) -> None:
    engine = sa.create_engine(postgres_database, poolclass=sa.pool.NullPool)
    desk = Desk(postgres_database, engine, tmp_path / "shelf")
    desk.run("CREATE TABLE messages (id BIGINT, ticket BIGINT, role TEXT, text TEXT, created_at TIMESTAMPTZ)")
    insert = "INSERT INTO messages VALUES ({0}, {0}, 'customer', '{1}', '{2}')"
    with engine.connect() as slow:
        slow.execute(sa.text(insert.format(1, "долгая транзакция", at(1, hour=10))))
        desk.add((2, 2, "быстрая", at(1, hour=10)[:14] + "30:00+00:00"))
        first = desk.read(cursor="created_at", cursor_lag_s=3600.0)
        assert texts_of(first) == ["быстрая"], "what is not committed cannot be seen"
        slow.commit()
    second = desk.read(cursor="created_at", cursor_lag_s=3600.0)
    assert texts_of(second) == ["долгая транзакция", "быстрая"], "its cursor is older than what was read before"
    engine.dispose()
