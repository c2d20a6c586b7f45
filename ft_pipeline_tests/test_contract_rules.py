"""Every rule of every shipped contract can fail: for each a row is planted that breaks it, and named."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline import contracts
from ft_pipeline.contracts import Contract, Rule, RuleResult, Table
from ft_pipeline.records import EvalRow, QAPair, SourceCount, TrainingRow, Turn, columns, write_table
from ft_pipeline.store import write_json

CONTRACTS = sorted(path.stem for path in contracts.CONTRACTS_FOLDER.glob("*.yaml"))
ROW_TYPES: dict[str, type] = {"turns": Turn, "sources": SourceCount, "pairs": QAPair}
PARAMETERS: dict[str, Any] = {
    "data.min_question_chars": 3,
    "data.max_question_chars": 400,
    "data.min_answer_chars": 3,
    "data.max_answer_chars": 400,
    "data.languages": ["ru"],
    "data.min_pairs": 500,
    "data.held_out_ceiling": 0.3,
    "augmentation.target_rows": 1000,
    "least_source_change": -0.2,
}
SOUND = {  # what a column holds in a sound row, where the rules alone do not say it
    "role": "agent",
    "origin": "ticket",
    "language": "ru",
    "rows_before": 0,
}
ROWS = 40
_BREAKS = {
    "expect_column_values_to_be_in_set": "nothing of the kind",
    "expect_column_value_lengths_to_be_between": "",
    "expect_column_values_to_not_match_regex": "слово\u200bслово",
}


def argument(rule: Rule, name: str, otherwise: Any = None) -> Any:
    value = rule.implementation.kwargs.get(name, otherwise)
    return PARAMETERS[value[2:-1]] if isinstance(value, str) and value.startswith("${") else value


def row_type(contract: Contract, table: Table) -> type:
    return ROW_TYPES.get(table.name, EvalRow if contract.id == "eval_set" else TrainingRow)


def sound_rows(contract: Contract, table: Table) -> list[Any]:
    """Rows that keep every rule of their table."""
    sets = {argument(rule, "column"): argument(rule, "value_set") for rule in table.quality}
    made = row_type(contract, table)
    rows = []
    for number in range(ROWS):
        values: dict[str, Any] = {}
        for name, kind in columns(made).items():
            sound = f"{name} {number}" if kind == "str" else 0
            values[name] = (sets.get(name) or [SOUND.get(name, sound)])[0]
        rows.append(made(**values))
    return rows


def takes_the_whole_table(rule: Rule) -> bool:
    """True where no single row can break the rule: it counts rows, or allows a share of them."""
    return "row_count" in rule.implementation.type or "mostly" in rule.implementation.kwargs


def broken(rule: Rule, rows: list[Any], place: int) -> list[Any]:
    """The rows with the one at `place` breaking the rule (all of them where it allows a share, or counts rows)."""
    kind, column = rule.implementation.type, argument(rule, "column")
    if kind == "expect_table_row_count_to_be_between":
        least = argument(rule, "min_value", 0)
        return rows[: least - 1] if least else rows * (1 + argument(rule, "max_value") // len(rows))
    if kind == "expect_compound_columns_to_be_unique":
        values = {name: getattr(rows[place - 1], name) for name in argument(rule, "column_list")}
    elif kind == "expect_column_values_to_be_unique":
        values = {column: getattr(rows[place - 1], column)}
    elif kind == "expect_column_values_to_be_between":
        values = {column: beyond(rule)}
    else:
        values = {column: _BREAKS[kind]}
    places = range(len(rows)) if "mostly" in rule.implementation.kwargs else [place]
    return [dataclasses.replace(row, **values) if at in places else row for at, row in enumerate(rows)]


def beyond(rule: Rule) -> float:
    """A number that the rule does not allow."""
    most, least = argument(rule, "max_value"), argument(rule, "min_value")
    return most + 1 if most is not None else least - 1


def measures(table: Table) -> dict[str, Any]:
    """Measures that keep every rule, each exactly at its limit."""
    values: dict[str, Any] = {column.name: 0 for column in table.properties}
    for rule in table.quality:
        least, most = argument(rule, "min_value"), argument(rule, "max_value")
        values[argument(rule, "column")] = least if least is not None else most
    return values


def results(folder: Path, contract: Contract, table: Table) -> dict[str, RuleResult]:
    only = contract.model_copy(update={"tables": (table,)})
    report = contracts.check(folder, only, data_hash="d", parameters=PARAMETERS)
    return {result.rule: result for result in report.results}


def write(folder: Path, contract: Contract, table: Table, content: Any) -> None:
    if table.physicalType == "object":
        write_json(folder / f"{table.name}.json", content)
    else:
        write_table(folder / f"{table.name}.parquet", content, row_type(contract, table))


TABLES = [(name, table) for name in CONTRACTS for table in contracts.load_contract(name).tables]


@pytest.mark.parametrize(("asset", "table"), TABLES, ids=[f"{name}-{table.name}" for name, table in TABLES])
def test_a_sound_table_keeps_every_rule_and_each_rule_sees_the_row_that_breaks_it(
    tmp_path: Path, asset: str, table: Table
) -> None:
    contract = contracts.load_contract(asset)
    content: Any = measures(table) if table.physicalType == "object" else sound_rows(contract, table)
    write(tmp_path, contract, table, content)
    assert {result.status for result in results(tmp_path, contract, table).values()} == {"passed"}
    key = next((column.name for column in table.properties if column.primaryKey), "")
    alone = [rule for rule in table.quality if takes_the_whole_table(rule)]
    together = [rule for rule in table.quality if rule not in alone]
    planted = {rule.id: 2 * number for number, rule in enumerate(together, start=1)}  # each in a row of its own
    harmed = content
    for rule in together:
        if table.physicalType == "object":
            harmed = {**harmed, argument(rule, "column"): beyond(rule)}
        else:
            harmed = broken(rule, harmed, planted[rule.id])
    write(tmp_path, contract, table, harmed)
    seen = results(tmp_path, contract, table)
    for rule in alone:
        write(tmp_path, contract, table, broken(rule, content, 2))
        seen[rule.id] = results(tmp_path, contract, table)[rule.id]
    for rule in table.quality:
        assert seen[rule.id].status == "failed", f"{rule.id} did not see what breaks it"
        assert seen[rule.id].observed and seen[rule.id].expected
        if key and rule in together:
            assert getattr(harmed[planted[rule.id]], key) in seen[rule.id].failing_keys, f"{rule.id} names other rows"


def test_a_failed_rule_is_an_asset_check_with_its_value_and_keys_and_no_text_of_a_customer(tmp_path: Path) -> None:
    import dagster as dg

    from ft_pipeline import steps
    from ft_pipeline.defs.checks import build_checks
    from ft_pipeline.task import Kpis, Source, Task

    secret = "Секретный вопрос о доставке"

    def write_tickets(number: int) -> None:
        rows = [f"{n},customer,{secret} {n},2026-03-01T0{n}:00:00" for n in range(1, number + 1)]
        text = "\n".join(["ticket_id,role,text,created_at", *rows])
        (tmp_path / "desk.csv").write_text(text, encoding="utf-8")

    task = Task(
        name="shop",
        goal="Отвечать покупателям на вопросы о доставке и возврате верно в девяти случаях из десяти",
        kpis=Kpis(correct_share=0.9, answer_s=1.0, load_reduction_share=0.3),
        sources=(Source(name="desk", kind="tickets", path=tmp_path / "desk.csv"),),
        store=tmp_path / "store",
    )
    project = steps.open_project(task)
    for number in (9, 7):  # a fifth less is the limit
        write_tickets(number)
        steps.publish_raw_transcripts(project)
    checks = next(item for item in build_checks(project, key_prefix=[]) if "no_source_shrank" in str(item.check_specs))
    job = dg.Definitions(asset_checks=[checks]).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        found = job.execute_in_process(instance=instance, raise_on_error=False).get_asset_check_evaluations()
        logged = " ".join(str(event) for event in instance.all_logs(instance.get_runs()[0].run_id))
    shown = {item.check_name: item for item in found}
    assert len(shown) == len(contracts.load_contract("raw_transcripts").rules())
    failed = shown["no_source_shrank"]
    assert (failed.passed, failed.blocking, failed.severity) == (False, True, dg.AssetCheckSeverity.ERROR)
    assert failed.metadata["failing_keys"].value == ["desk"]
    assert failed.metadata["observed"].value == "1 of 1 rows fail, desk: -0.222222"
    assert [name for name, item in shown.items() if not item.passed] == ["no_source_shrank"]
    assert secret not in logged + str(found)
