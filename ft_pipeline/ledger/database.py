"""The connection behind the ledger: one engine per process, safe for several processes, at the newest revision.

Here: engine, SQLite's settings, the upgrade under a lock. Not here: what is read and written (ledger).
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_TIMEOUT_MS = 30_000
_UPGRADE_LOCK = 4_711_2026  # any fixed number: the key of Postgres' advisory lock while upgrading


class UnknownRevisionError(RuntimeError):
    """The tables were made by a version that is newer than this one."""


def make_engine(url: sa.URL) -> sa.Engine:
    """An engine for this address; SQLite's folder is made where it is missing."""
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000})

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver opens no transaction of its own: BEGIN is ours, below

    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection: sa.Connection) -> None:
        # A transaction that writes says so at once: a reader that turns into a writer would fail instead of waiting.
        is_writing = connection.get_execution_options().get("ft_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")

    return engine


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes; committed at the end, rolled back on an error."""
    with engine.connect().execution_options(ft_write=True) as connection, connection.begin():
        yield connection


def upgrade(engine: sa.Engine) -> None:
    """Brings the tables to the newest revision; several processes may call it at once.

    Raises:
        UnknownRevisionError: the tables are newer than this version of the package.
    """
    current = _current(engine)
    if current == _head():
        return
    if current is not None and current not in _known():
        raise UnknownRevisionError(current)
    with _alone(engine), writing(engine) as connection:
        if _current_of(connection) != _head():
            from alembic import command

            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _current(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        return _current_of(connection)


def _current_of(connection: sa.Connection) -> str | None:
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def _head() -> str | None:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config()).get_current_head()


def _known() -> set[str]:
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


@contextmanager
def _alone(engine: sa.Engine) -> Iterator[None]:
    """One process upgrades at a time."""
    if engine.dialect.name == "sqlite":
        with Path(f"{engine.url.database}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with engine.connect() as connection:
                raw = connection.connection.dbapi_connection
                assert raw is not None
                raw.cursor().execute("PRAGMA journal_mode=WAL")  # kept in the file; readers do not block the writer
            yield
        return
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({_UPGRADE_LOCK})")
        try:
            yield
        finally:
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_UPGRADE_LOCK})")
