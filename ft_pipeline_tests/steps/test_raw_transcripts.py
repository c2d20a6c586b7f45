"""What raw_transcripts promises of its sources: every row accounted for, none shrunken, none stale."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ft_pipeline import contracts, steps
from ft_pipeline.records import SourceCount, read_table, write_table
from ft_pipeline.store import Version
from ft_pipeline.task import Data, Kpis, Source, Task


def write_tickets(path: Path, number: int, *, month: int = 10) -> None:
    rows = "".join(
        f"{n},customer,Где мой заказ {n}?,2026-{month:02d}-{1 + n % 28:02d}\n{n},agent,Он в пути,2026-{month:02d}-28\n"
        for n in range(number)
    )
    path.write_text("ticket_id,role,text,created_at\n" + rows, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tickets(tmp_path / "chat.csv", 20)
    write_tickets(tmp_path / "mail.csv", 10)
    return tmp_path


def publish(folder: Path, *names: str, shrink: float = 0.2) -> Version:
    task = Task(
        name="shop",
        goal="Отвечать покупателям на вопросы о доставке и возврате верно в девяти случаях из десяти",
        kpis=Kpis(correct_share=0.9, answer_s=1.0, load_reduction_share=0.3),
        sources=tuple(Source(name=name, kind="tickets", path=folder / f"{name}.csv") for name in names),
        data=Data(max_source_shrink=shrink),
        store=folder / "store",
    )
    return steps.publish_raw_transcripts(steps.open_project(task))


def failed(version: Version) -> dict[str, tuple[str, ...]]:
    """Failed rules with the keys of their failing rows."""
    report = contracts.read_report(version)
    return {result.rule: result.failing_keys for result in report.results if result.status == "failed"}


def test_every_source_is_counted_and_a_lost_row_breaks_the_contract_by_the_sources_name(folder: Path) -> None:
    with (folder / "mail.csv").open("a", encoding="utf-8") as stream:
        stream.write("99,customer,без даты,\n")
    version = publish(folder, "chat", "mail")
    counts = read_table(version.file("sources.parquet"), SourceCount)
    assert [(row.source, row.rows_in, row.rows_out, row.rejected) for row in counts] == [
        ("chat", 40, 40, 0),
        ("mail", 21, 20, 1),
    ]
    assert not failed(version)
    torn = folder / "torn"
    shutil.copytree(version.path, torn)
    lost = [
        SourceCount(row.source, row.rows_in, row.rows_out - 3, row.rejected, 3, 0, None, row.newest, None)
        if row.source == "mail"
        else row
        for row in counts
    ]
    write_table(torn / "sources.parquet", lost, SourceCount)
    contract = contracts.load_contract("raw_transcripts")
    report = contracts.check(torn, contract, data_hash="", parameters={"least_source_change": -0.2})
    found = {result.rule: result.failing_keys for result in report.blocking_failures()}
    assert found == {"rows_in_equal_rows_out_plus_rejected": ("mail",)}


def test_a_source_that_shrank_stops_the_run_until_it_is_whole_again_or_the_limit_is_raised(folder: Path) -> None:
    publish(folder, "chat", "mail")
    write_tickets(folder / "mail.csv", 7)
    shrunken = publish(folder, "chat", "mail")
    assert failed(shrunken) == {"no_source_shrank": ("mail",)}
    with pytest.raises(contracts.ContractViolation, match="no_source_shrank"):
        contracts.require_passing(shrunken)
    (row,) = [row for row in read_table(shrunken.file("sources.parquet"), SourceCount) if row.source == "mail"]
    assert (row.rows_before, row.rows_in, row.change) == (20, 14, -0.3)
    write_tickets(folder / "chat.csv", 21)
    again = publish(folder, "chat", "mail")
    assert failed(again) == {"no_source_shrank": ("mail",)}, "a stopped refresh is no measure for the next one"
    assert not failed(publish(folder, "chat", "mail", shrink=0.5))


def test_a_small_loss_and_growth_pass_and_a_source_that_is_gone_does_not(folder: Path) -> None:
    publish(folder, "chat", "mail")
    write_tickets(folder / "chat.csv", 17)
    write_tickets(folder / "mail.csv", 30)
    assert not failed(publish(folder, "chat", "mail"))
    assert failed(publish(folder, "mail")) == {"no_source_shrank": ("chat",)}


def test_one_stale_source_is_seen_beside_a_fresh_one(folder: Path) -> None:
    write_tickets(folder / "mail.csv", 10, month=3)
    version = publish(folder, "chat", "mail")
    assert failed(version) == {"no_source_is_stale": ("mail",)}
    contracts.require_passing(version)
