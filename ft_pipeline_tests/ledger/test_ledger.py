"""The ledger on a real SQLite file and on a real Postgres."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from ft_pipeline.ledger import Interaction, Ledger, LedgerError, Release, Review, database, ledger_url, tables
from ft_pipeline.reasons import Reason
from ft_pipeline.task import Kpis, Source, Task

TASK = "freight"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/folder/ledger.db"
    return str(request.getfixturevalue("postgres_database"))


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    opened = Ledger(url).open()
    yield opened
    opened.close()


def a_release(release_id: str, task: str = TASK) -> Release:
    return Release(
        task=task,
        release_id=release_id,
        adapter_hash="a" * 64,
        base_id="embedded",
        base_hash="b" * 64,
        threshold=-3.141592653589793,
        redaction_version="r1",
        system_prompt_hash="s1",
        bundle=f"releases/{release_id}",
        eval_report="e1",
        as_of="2026-10-01T00:00:00+00:00",
    )


def an_interaction(**changes: object) -> Interaction:
    plain = Interaction(
        task=TASK,
        release_id="r1",
        question="Сколько стоит доставка? [ИМЯ]",
        answer="350 рублей",
        confidence=-1.25,
        handed_over=False,
        seconds=0.4,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_the_migrations_make_exactly_the_tables_that_the_code_expects(ledger: Ledger) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with ledger._engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
        assert set(sa.inspect(connection).get_table_names()) == {*tables.metadata.tables, "alembic_version"}


def test_opening_again_keeps_what_is_there(url: str) -> None:
    with_release = Ledger(url).open()
    with_release.record_release(a_release("r1"))
    with_release.close()
    again = Ledger(url).open()
    assert [release.release_id for release in again.releases(TASK)] == ["r1"]
    again.close()


def test_a_release_comes_back_as_it_was_recorded(ledger: Ledger) -> None:
    recorded = ledger.record_release(a_release("r1"))
    assert recorded.created_at
    assert ledger.release(TASK, "r1") == recorded
    assert recorded == replace(a_release("r1"), created_at=recorded.created_at)


def test_the_same_release_twice_is_one_row_and_a_changed_one_is_refused(ledger: Ledger) -> None:
    first = ledger.record_release(a_release("r1"))
    assert ledger.record_release(a_release("r1")) == first
    with pytest.raises(LedgerError, match="another threshold"):
        ledger.record_release(replace(a_release("r1"), threshold=-9.0))
    assert ledger.releases(TASK) == [first]


def test_a_release_that_nobody_recorded_cannot_be_desired(ledger: Ledger) -> None:
    ledger.record_release(a_release("r1"))
    with pytest.raises(LedgerError, match=r"no release r2; known: r1"):
        ledger.desire(TASK, "r2")
    assert ledger.desired(TASK) is None


def test_what_is_desired_and_what_is_live_are_the_newest_events(ledger: Ledger) -> None:
    for name in ("r1", "r2"):
        ledger.record_release(a_release(name))
    assert ledger.desired(TASK) is None
    assert ledger.live(TASK) is None
    ledger.desire(TASK, "r1")
    ledger.set_live(TASK, "r1")
    ledger.desire(TASK, "r2")
    desired, live = ledger.desired(TASK), ledger.live(TASK)
    assert desired is not None
    assert live is not None
    assert (desired.release_id, live.release_id) == ("r2", "r1")
    assert ledger.failure(TASK, desired) is None
    ledger.set_failed(TASK, "r2", detail="parity")
    failed = ledger.failure(TASK, desired)
    assert failed is not None
    assert failed.detail == "parity"
    ledger.set_live(TASK, "r1", detail="fallback")
    assert ledger.failure(TASK, desired) == failed, "another release being live takes no failure back"
    ledger.set_live(TASK, "r2")
    assert ledger.failure(TASK, desired) is None, "it succeeded later"
    ledger.set_failed(TASK, "r2", detail="parity")
    again = ledger.desire(TASK, "r2")
    assert ledger.failure(TASK, again) is None, "a new wish is a new attempt"
    assert [event.kind for event in ledger.history(TASK)][:4] == ["desired", "live", "desired", "failed"]


def test_rollback_goes_to_the_release_that_was_live_before(ledger: Ledger) -> None:
    for name in ("r1", "r2", "r3"):
        ledger.record_release(a_release(name))
    with pytest.raises(LedgerError, match="no release that was live before"):
        ledger.rollback(TASK)
    for name in ("r1", "r2", "r3", "r3"):
        ledger.set_live(TASK, name)
    assert ledger.rollback(TASK, detail="too many wrong answers").release_id == "r2"
    desired = ledger.desired(TASK)
    assert desired is not None
    assert (desired.kind, desired.release_id) == ("rollback", "r2")
    assert ledger.rollback(TASK, "r1").release_id == "r1"


def test_an_event_with_the_same_id_is_recorded_once(ledger: Ledger) -> None:
    ledger.record_release(a_release("r1"))
    first = ledger.desire(TASK, "r1", event_id="run-7")
    assert ledger.desire(TASK, "r1", event_id="run-7") == first
    assert len(ledger.history(TASK)) == 1


LOW_AND_SIGNED = (Reason("share_answered", "31 %", "≥ 40 %"), Reason("signed", "Анна Петрова"))


def test_decisions_keep_their_reasons_in_order(ledger: Ledger) -> None:
    ledger.record_decision(TASK, "r1", verdict="refuse", reasons=LOW_AND_SIGNED)
    ledger.record_decision(TASK, "r2", verdict="promote", reasons=[])
    assert [(row.release_id, row.verdict) for row in ledger.decisions(TASK)] == [("r2", "promote"), ("r1", "refuse")]
    assert ledger.decisions(TASK, "r1")[0].reasons == LOW_AND_SIGNED


def test_interactions_come_back_newest_first_and_can_be_rated(ledger: Ledger) -> None:
    old = ledger.log_interaction(an_interaction(at="2026-01-01T00:00:00.000+00:00"))
    new = ledger.log_interaction(an_interaction(at="2026-06-01T00:00:00.000+00:00", handed_over=True))
    assert [row.interaction_id for row in ledger.interactions(TASK)] == [new, old]
    assert [row.interaction_id for row in ledger.interactions(TASK, since="2026-05")] == [new]
    assert [row.interaction_id for row in ledger.interactions(TASK, limit=1)] == [new]
    assert ledger.interactions(TASK)[0].handed_over is True
    rating = ledger.rate(TASK, old, value=-1, comment="не тот тариф")
    assert ledger.ratings(TASK) == [rating]
    with pytest.raises(LedgerError, match="expected -1"):
        ledger.rate(TASK, old, value=5)
    with pytest.raises(LedgerError, match="no interaction"):
        ledger.rate("another_task", old, value=1)


def test_one_task_never_sees_the_rows_of_another(ledger: Ledger) -> None:
    ledger.record_release(a_release("r1"))
    ledger.record_release(a_release("r1", task="other"))
    ledger.desire("other", "r1", event_id="run-7")
    ledger.set_live("other", "r1")
    ledger.record_decision("other", "r1", verdict="promote", reasons=[])
    ledger.rate("other", ledger.log_interaction(an_interaction(task="other")), value=1)
    assert len(ledger.releases(TASK)) == 1
    assert (ledger.desired(TASK), ledger.live(TASK)) == (None, None)
    assert (ledger.decisions(TASK), ledger.interactions(TASK), ledger.ratings(TASK)) == ([], [], [])
    assert ledger.desire(TASK, "r1", event_id="run-7").task == TASK


def test_several_processes_open_and_write_the_same_new_ledger_at_once(url: str) -> None:
    code = (
        "import sys\n"
        "from ft_pipeline.ledger import Interaction, Ledger\n"
        "ledger = Ledger(sys.argv[1]).open()\n"
        "for step in range(25):\n"
        "    ledger.log_interaction(Interaction('freight', 'r1', sys.argv[2], str(step), 0.0, False, 0.1))\n"
        "    ledger.set_live('freight', f'r{step}', event_id=f'shared-{step}')\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, url, str(worker)]) for worker in range(4)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0, 0]
    ledger = Ledger(url)
    asked = sorted((int(row.question), int(row.answer)) for row in ledger.interactions("freight"))
    assert asked == [(worker, step) for worker in range(4) for step in range(25)]
    assert len(ledger.history("freight")) == 25
    ledger.close()


def test_sqlite_readers_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db").open()
    ledger.log_interaction(an_interaction())
    with database.writing(ledger._engine) as connection:
        connection.execute(tables.ratings.insert().values(task=TASK, interaction_id="x", value=1, comment="", at=""))
        assert len(ledger.interactions(TASK)) == 1
        assert ledger.ratings(TASK) == []
    assert len(ledger.ratings(TASK)) == 1


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("not a url", "not a database URL"),
        ("postgresql://ft:s3cret@127.0.0.1:1/ledger", "cannot be opened"),
    ],
)
def test_a_ledger_that_cannot_be_reached_says_so_without_the_password(address: str, expected: str) -> None:
    with pytest.raises(LedgerError, match=expected) as caught:
        Ledger(address).open()
    assert "FT_PIPELINE_LEDGER_URL" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"question;answer\n" * 100)
    with pytest.raises(LedgerError, match=r"ledger\.db cannot be opened \(file is not a database\)"):
        Ledger(f"sqlite:///{tmp_path}/ledger.db").open()


def test_a_ledger_of_a_newer_version_is_left_alone(url: str) -> None:
    ledger = Ledger(url).open()
    with database.writing(ledger._engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    ledger.close()
    with pytest.raises(LedgerError, match="revision 9999"):
        Ledger(url).open()


def test_the_ledger_is_a_sqlite_file_in_the_store_unless_the_environment_names_another(tmp_path: Path) -> None:
    task = Task(
        name="freight",
        goal="Отвечать на вопросы клиентов о тарифах и доставке верно",
        kpis=Kpis(correct_share=0.9, answer_s=1, load_reduction_share=0.3),
        sources=(Source(kind="tickets", path=tmp_path),),
        store=tmp_path / ".ft",
    )
    assert ledger_url(task, {}) == f"sqlite:///{tmp_path}/.ft/freight/ledger.db"
    assert ledger_url(task, {"FT_PIPELINE_LEDGER_URL": "postgresql://db/ft"}) == "postgresql://db/ft"


def a_review(review_id: str = "f1", release_id: str = "r1", **changes: object) -> Review:
    plain = Review(
        task=TASK,
        review_id=review_id,
        release_id=release_id,
        adapter_hash="a" * 64,
        eval_report="e1",
        sheet_id="s1",
        signer="Анна Петрова",
        decision="approve",
        remark="",
        counts={"challenger": {"right": 18, "wrong": 2}},
        kappa=0.8,
        kappa_answers=40,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_a_signed_review_is_recorded_once_and_comes_back_with_its_time(ledger: Ledger) -> None:
    ledger.record_release(a_release("r1"))
    recorded = ledger.record_review(a_review())
    assert recorded.at
    assert ledger.record_review(a_review(signer="кто-то другой")) == recorded
    assert ledger.reviews(TASK) == [recorded]


def test_reviews_of_a_release_come_newest_first_and_kappa_may_be_unknown(ledger: Ledger) -> None:
    for release_id in ("r1", "r2"):
        ledger.record_release(a_release(release_id))
    ledger.record_review(a_review("f1"))
    ledger.record_review(a_review("f2", decision="reject", kappa=None))
    ledger.record_review(a_review("f3", "r2"))
    assert [(row.review_id, row.kappa) for row in ledger.reviews(TASK, "r1")] == [("f2", None), ("f1", 0.8)]
    assert ledger.reviews("another") == []


def test_a_review_of_a_release_that_nobody_recorded_is_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="has no release r9"):
        ledger.record_review(a_review(release_id="r9"))
