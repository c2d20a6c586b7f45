"""`Ledger`: reads and writes the application database, always for one task at a time.

Here: every query. Not here: tables (tables), connections and migrations (database), decisions themselves (evaluate).
Nothing is updated or deleted here: rows are only added, and the newest one counts.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any, cast

import sqlalchemy as sa

from ft_pipeline.ledger import database, tables
from ft_pipeline.ledger.rows import (
    Decision,
    Event,
    EventKind,
    Interaction,
    JudgeCheck,
    Rating,
    Release,
    Review,
    Verdict,
)
from ft_pipeline.reasons import Reason, read_reason
from ft_pipeline.task import Task

URL_VARIABLE = "FT_PIPELINE_LEDGER_URL"
_WANTED = ("desired", "rollback")  # the kinds that say what should be served


class LedgerError(RuntimeError):
    """The ledger cannot be reached, or was asked for something that contradicts what it holds."""


def ledger_url(task: Task, environment: Mapping[str, str] | None = None) -> str:
    """Where a task's ledger is: FT_PIPELINE_LEDGER_URL, else a SQLite file in the task's store."""
    given = (os.environ if environment is None else environment).get(URL_VARIABLE, "")
    return given or f"sqlite:///{(task.store / task.name / 'ledger.db').resolve()}"


class Ledger:
    """The application database at one address; threads may share it, processes each make their own."""

    def __init__(self, url: str) -> None:
        try:
            parsed = sa.make_url(url)
        except sa.exc.ArgumentError:
            raise LedgerError(
                "the ledger's address is not a database URL; expected sqlite:///path or "
                f"postgresql+psycopg2://user:password@host/database; correct {URL_VARIABLE}"
            ) from None
        if parsed.drivername in {"postgres", "postgresql"}:
            parsed = parsed.set(drivername="postgresql+psycopg2")
        self._engine = database.make_engine(parsed)
        self._is_open = False

    def open(self) -> Ledger:
        """Brings the tables to the newest revision; the first use does it too.

        Raises:
            LedgerError: the database cannot be reached, is no database, or was written by a newer version.
        """
        if not self._is_open:
            try:
                database.upgrade(self._engine)
            except sa.exc.DatabaseError as error:
                where = self._engine.url.render_as_string(hide_password=True)
                raise LedgerError(
                    f"the ledger {where} cannot be opened ({str(error.orig).strip()[:200]}); "
                    f"expected a reachable database; start it or correct {URL_VARIABLE}"
                ) from None
            except database.UnknownRevisionError as error:
                raise LedgerError(
                    f"the ledger is at revision {error}, which this version does not know; expected one that it made "
                    "or an older one; use the version of ft-pipeline that wrote it, or a newer one"
                ) from None
            self._is_open = True
        return self

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()

    # releases and decisions

    def record_release(self, release: Release) -> Release:
        """Records a release; the same release again is the same row.

        Raises:
            LedgerError: another release was recorded under this id.
        """
        known = self.release(release.task, release.release_id)
        if known is None:
            new = replace(release, created_at=release.created_at or _now())
            try:
                self._insert(tables.releases, asdict(new))
                return new
            except sa.exc.IntegrityError:  # another process recorded it meanwhile
                known = self.release(release.task, release.release_id)
                assert known is not None
        different = [
            name for name, value in asdict(release).items() if name != "created_at" and value != getattr(known, name)
        ]
        if different:
            raise LedgerError(
                f"release {release.release_id} of {release.task} is recorded with another {', '.join(different)}; "
                "expected the same release under the same id; give the changed release a new id"
            )
        return known

    def release(self, task: str, release_id: str) -> Release | None:
        """One release, or None."""
        found = [row for row in self.releases(task) if row.release_id == release_id]
        return found[0] if found else None

    def releases(self, task: str) -> list[Release]:
        """All releases of a task, newest first."""
        rows = self._select(tables.releases, task)
        return [Release(**{name: value for name, value in row.items() if name != "number"}) for row in rows]

    def record_decision(
        self, task: str, release_id: str, *, verdict: Verdict, reasons: Sequence[Reason], now: datetime | None = None
    ) -> Decision:
        """Adds what was decided about a release."""
        decision = Decision(task, release_id, verdict, tuple(reasons), _now(now))
        self._insert(tables.decisions, asdict(decision) | {"reasons": [asdict(reason) for reason in reasons]})
        return decision

    def decisions(self, task: str, release_id: str = "") -> list[Decision]:
        """Decisions of a task (about one release, where given), newest first."""
        rows = self._select(tables.decisions, task)
        return [
            Decision(row["task"], row["release_id"], row["verdict"], tuple(map(read_reason, row["reasons"])), row["at"])
            for row in rows
            if release_id in {"", row["release_id"]}
        ]

    # what should be served, what is served

    def desire(
        self, task: str, release_id: str, *, detail: str = "", event_id: str = "", now: datetime | None = None
    ) -> Event:
        """Says which release should be served from now on.

        Raises:
            LedgerError: there is no such release.
        """
        self._need_release(task, release_id)
        return self._add_event(task, "desired", release_id, detail=detail, event_id=event_id, now=now)

    def rollback(
        self, task: str, release_id: str = "", *, detail: str = "", event_id: str = "", now: datetime | None = None
    ) -> Event:
        """Says that an earlier release should be served again: the given one, else the one that was live before.

        Raises:
            LedgerError: there is no such release, or none was live before.
        """
        if not release_id:
            served = [event.release_id for event in reversed(self.history(task)) if event.kind == "live"]
            earlier = [name for name in served if name != served[0]]
            if not earlier:
                raise LedgerError(
                    f"{task}: found no release that was live before {served[0] if served else 'now'}; expected one to "
                    "go back to; name a release (`ft-pipeline releases` lists them)"
                )
            release_id = earlier[0]
        self._need_release(task, release_id)
        return self._add_event(task, "rollback", release_id, detail=detail, event_id=event_id, now=now)

    def set_live(
        self, task: str, release_id: str, *, detail: str = "", event_id: str = "", now: datetime | None = None
    ) -> Event:
        """Records that the gateway serves this release from now on."""
        return self._add_event(task, "live", release_id, detail=detail, event_id=event_id, now=now)

    def set_failed(
        self, task: str, release_id: str, *, detail: str, event_id: str = "", now: datetime | None = None
    ) -> Event:
        """Records why the gateway could not switch to a release."""
        return self._add_event(task, "failed", release_id, detail=detail, event_id=event_id, now=now)

    def desired(self, task: str) -> Event | None:
        """What should be served (`.release_id`), or None."""
        return self._newest_event(task, *_WANTED)

    def live(self, task: str) -> Event | None:
        """What the gateway serves (`.release_id`), or None."""
        return self._newest_event(task, "live")

    def failure(self, task: str, desired: Event) -> Event | None:
        """Why the switch to a desired release failed, or None where it did not (yet)."""
        about_it = [event for event in self.history(task) if event.release_id == desired.release_id]
        since = [event for event in about_it if event.number > desired.number and event.kind in {"failed", "live"}]
        return since[-1] if since and since[-1].kind == "failed" else None  # a later success takes it back

    def history(self, task: str) -> list[Event]:
        """Everything that happened to a task's releases, oldest first."""
        return [Event(**row) for row in reversed(self._select(tables.events, task))]

    # questions and ratings

    def log_interaction(self, interaction: Interaction) -> str:
        """Adds a question (redacted) and its answer; returns the interaction's id."""
        new = replace(
            interaction,
            interaction_id=interaction.interaction_id or uuid.uuid4().hex,
            at=interaction.at or _now(),
        )
        self._insert(tables.interactions, asdict(new))
        return new.interaction_id

    def interactions(self, task: str, *, since: str = "", limit: int | None = None) -> list[Interaction]:
        """Questions of a task at or after a time, newest first."""
        rows = self._select(tables.interactions, task, tables.interactions.c.at >= since, limit=limit)
        return [Interaction(**{name: value for name, value in row.items() if name != "number"}) for row in rows]

    def rate(
        self, task: str, interaction_id: str, *, value: int, comment: str = "", now: datetime | None = None
    ) -> Rating:
        """Adds a rating (-1, 0 or 1) of an answer.

        Raises:
            LedgerError: the value or the interaction is unknown.
        """
        if value not in {-1, 0, 1}:
            raise LedgerError(f"found rating {value}; expected -1 (wrong), 0 (unsure) or 1 (right); give one of these")
        if not self._select(tables.interactions, task, tables.interactions.c.interaction_id == interaction_id):
            raise LedgerError(
                f"{task} has no interaction {interaction_id}; expected the id that came with the answer "
                "(`ft.interaction`); copy it from there"
            )
        rating = Rating(task, interaction_id, value, comment, _now(now))
        self._insert(tables.ratings, asdict(rating))
        return rating

    def ratings(self, task: str) -> list[Rating]:
        """All ratings of a task, newest first."""
        rows = self._select(tables.ratings, task)
        return [Rating(**{name: value for name, value in row.items() if name != "number"}) for row in rows]

    # own eyes

    def record_review(self, review: Review) -> Review:
        """Adds a signed review; the same file again is the same row.

        Raises:
            LedgerError: there is no such release.
        """
        self._need_release(review.task, review.release_id)
        known = [row for row in self.reviews(review.task) if row.review_id == review.review_id]
        if known:
            return known[0]
        new = replace(review, at=review.at or _now())
        try:
            self._insert(tables.reviews, asdict(new))
        except sa.exc.IntegrityError:  # another process recorded it meanwhile
            return next(row for row in self.reviews(review.task) if row.review_id == review.review_id)
        return new

    def reviews(self, task: str, release_id: str = "") -> list[Review]:
        """Reviews of a task (of one release, where given), newest first."""
        rows = self._select(tables.reviews, task)
        found = [Review(**{name: value for name, value in row.items() if name != "number"}) for row in rows]
        return [review for review in found if release_id in {"", review.release_id}]

    def record_judge_check(self, check: JudgeCheck) -> JudgeCheck:
        """Adds how a judge compares with a filled sheet; the same sheet and judge again are the same row."""
        for row in self.judge_checks(check.task, check.model, check.prompt_version):
            if row.review_id == check.review_id:
                return row
        new = replace(check, at=check.at or _now())
        with contextlib.suppress(sa.exc.IntegrityError):  # another process recorded it meanwhile
            self._insert(tables.judge_checks, asdict(new))
        return new

    def judge_checks(self, task: str, model: str, prompt_version: str) -> list[JudgeCheck]:
        """What is known of exactly this judge told exactly this, newest first."""
        table = tables.judge_checks
        rows = self._select(table, task, table.c.model == model, table.c.prompt_version == prompt_version)
        return [JudgeCheck(**{name: value for name, value in row.items() if name != "number"}) for row in rows]

    # how rows get in and out

    def _need_release(self, task: str, release_id: str) -> None:
        if self.release(task, release_id) is None:
            known = ", ".join(row.release_id for row in self.releases(task)[:5]) or "none"
            raise LedgerError(f"{task} has no release {release_id}; known: {known}; record the release first")

    def _add_event(
        self, task: str, kind: EventKind, release_id: str, *, detail: str, event_id: str, now: datetime | None
    ) -> Event:
        row = {
            "event_id": event_id or uuid.uuid4().hex,
            "task": task,
            "kind": kind,
            "release_id": release_id,
            "detail": detail,
            "at": _now(now),
        }
        try:
            return Event(number=self._insert(tables.events, row), **cast("Any", row))
        except sa.exc.IntegrityError:  # this event is in the ledger already
            return Event(**self._select(tables.events, task, tables.events.c.event_id == row["event_id"])[0])

    def _newest_event(self, task: str, *kinds: str) -> Event | None:
        rows = self._select(tables.events, task, tables.events.c.kind.in_(kinds), limit=1)
        return Event(**rows[0]) if rows else None

    def _insert(self, table: sa.Table, row: Mapping[str, Any]) -> int:
        self.open()
        with database.writing(self._engine) as connection:
            key = connection.execute(table.insert().values(**row)).inserted_primary_key
        assert key is not None
        return int(key[0])

    def _select(
        self, table: sa.Table, task: str, *conditions: sa.ColumnElement[bool], limit: int | None = None
    ) -> list[dict[str, Any]]:
        self.open()
        query = sa.select(table).where(table.c.task == task, *conditions).order_by(table.c.number.desc()).limit(limit)
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def _now(now: datetime | None = None) -> str:
    return (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="milliseconds")
