"""Contracts: what a rule sees, and that a version without a passing report is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ft_pipeline import contracts, records
from ft_pipeline.records import TrainingRow
from ft_pipeline.store import Store, Version, write_json

PARAMETERS = {"augmentation.target_rows": 3}


def row(number: int, **changes: Any) -> TrainingRow:
    values = TrainingRow(
        row_id=f"row-{number}",
        question=f"Сколько стоит доставка {number}?",
        answer="Доставка стоит 900 ₽.",
        answer_id="a1",
        intent="Доставка",
        kind="standard",
        split="train",
        origin="synthetic",
        parent_id="p1",
        method="typo",
    )
    return dataclasses.replace(values, **changes)


def publish(store: Store, rows: list[TrainingRow], *, contract: contracts.Contract | None = None) -> Version:
    contract = contract or contracts.load_contract("synthetic_augmentation")

    def build(folder: Path) -> Mapping[str, Any]:
        return {"rows": records.write_table(folder / "rows.parquet", rows, TrainingRow)}

    def seal(folder: Path, data_hash: str) -> None:
        contracts.write_report(folder, contracts.check(folder, contract, data_hash=data_hash, parameters=PARAMETERS))

    inputs = {"rows": str([dataclasses.astuple(item) for item in rows])}
    return store.publish("synthetic_augmentation", inputs=inputs, config={}, build=build, seal=seal)


def results(version: Version) -> dict[str, contracts.RuleResult]:
    return {result.rule: result for result in contracts.read_report(version).results}


def test_every_rule_of_a_contract_gets_exactly_one_result(tmp_path: Path) -> None:
    contract = contracts.load_contract("synthetic_augmentation")
    version = publish(Store(tmp_path, "t"), [row(1), row(2)])
    assert list(results(version)) == [rule.id for _, rule in contract.rules()]
    contracts.require_passing(version)


def test_a_broken_rule_names_the_keys_of_failing_rows_and_never_their_text(tmp_path: Path) -> None:
    version = publish(Store(tmp_path, "t"), [row(1), row(2, split="eval")])
    broken = results(version)["synthetic_rows_train_only"]
    assert broken.status == "failed"
    assert broken.failing_keys == ("row-2",)
    assert "доставка" not in (version.path / "contract_report.json").read_text(encoding="utf-8").lower()
    with pytest.raises(contracts.ContractViolation, match="synthetic_rows_train_only"):
        contracts.require_passing(version)


def test_a_parameter_of_the_task_reaches_the_rule(tmp_path: Path) -> None:
    version = publish(Store(tmp_path, "t"), [row(number) for number in range(4)])
    assert results(version)["synthetic_rows_within_cap"].status == "failed"
    assert "4" in results(version)["synthetic_rows_within_cap"].observed


def test_an_unchecked_version_is_refused(tmp_path: Path) -> None:
    version = publish(Store(tmp_path, "t"), [row(1)])
    (version.path / "contract_report.json").unlink()
    with pytest.raises(contracts.ContractViolation, match="no contract report"):
        contracts.require_passing(version)


def test_a_report_for_other_data_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path, "t")
    first, second = publish(store, [row(1)]), publish(store, [row(2)])
    (second.path / "contract_report.json").write_bytes((first.path / "contract_report.json").read_bytes())
    with pytest.raises(contracts.ContractViolation, match="is for data"):
        contracts.require_passing(second)


def test_a_report_for_another_contract_is_refused(tmp_path: Path) -> None:
    contract = contracts.load_contract("synthetic_augmentation")
    older = contract.model_copy(update={"version": "0.9.0"})
    version = publish(Store(tmp_path, "t"), [row(1)], contract=older)
    with pytest.raises(contracts.ContractViolation, match="another contract"):
        contracts.require_passing(version)


def test_a_rule_about_something_the_source_does_not_have_is_not_applicable_and_not_passed(tmp_path: Path) -> None:
    contract = contracts.load_contract("training_set")
    measures = next(table for table in contract.tables if table.name == "measures")
    only_measures = contract.model_copy(update={"tables": (measures,)})
    values: dict[str, float | None] = {column.name: 0.0 for column in measures.properties}
    values |= {"validation_rows": 50, "leaks_same_customer": None}
    write_json(tmp_path / "measures.json", values)
    report = contracts.check(tmp_path, only_measures, data_hash="d", parameters={})
    statuses = {result.rule: result.status for result in report.results}
    assert statuses["no_customer_leak"] == "not_applicable"
    assert statuses["no_exact_leak"] == "passed"
    write_json(tmp_path / "measures.json", values | {"leaks_same_customer": 1})
    report = contracts.check(tmp_path, only_measures, data_hash="d", parameters={})
    assert [result.rule for result in report.blocking_failures()] == ["no_customer_leak"]


def test_a_measure_names_the_keys_of_the_rows_that_it_counts_and_shows_its_own_value(tmp_path: Path) -> None:
    contract = contracts.load_contract("training_set")
    measures = next(table for table in contract.tables if table.name == "measures")
    only_measures = contract.model_copy(update={"tables": (measures,)})
    values: dict[str, Any] = {column.name: 0.0 for column in measures.properties} | {"validation_rows": 50}
    values |= {"leaks_near": 2, "failing_keys": {"leaks_near": ["row7", "row9"]}}
    write_json(tmp_path / "measures.json", values)
    report = contracts.check(tmp_path, only_measures, data_hash="d", parameters={})
    (failed,) = report.blocking_failures()
    assert (failed.rule, failed.observed, failed.failing_rows) == ("no_near_leak", "2.0", 2)
    assert failed.failing_keys == ("row7", "row9")


def test_a_column_of_another_type_is_refused_with_its_name(tmp_path: Path) -> None:
    import pandas as pd

    contract = contracts.load_contract("training_set")
    rows = next(table for table in contract.tables if table.name == "rows")
    frame = records.to_frame([row(n) for n in range(30)], TrainingRow)
    pd.DataFrame(frame.assign(question=range(30))).to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(contracts.ContractError, match="column question holds int64, the contract says string"):
        contracts.check(tmp_path, contract.model_copy(update={"tables": (rows,)}), data_hash="d", parameters={})


def broken(change: Any) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(
        (contracts.CONTRACTS_FOLDER / "synthetic_augmentation.yaml").read_text(encoding="utf-8")
    )
    change(data)
    return data


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda data: data.update(stauts="active"), "stauts"),
        (lambda data: data["schema"][0]["quality"][0].update(severity="eror"), "severity"),
        (lambda data: data["schema"][0].pop("properties"), "properties"),
        (lambda data: data["schema"][0].update(quality=[]), "quality"),
        (lambda data: data["schema"][0]["quality"].append(data["schema"][0]["quality"][0]), "stand twice"),
    ],
)
def test_a_contract_with_a_mistake_is_refused_with_its_place(tmp_path: Path, change: Any, place: str) -> None:
    (tmp_path / "synthetic_augmentation.yaml").write_text(
        yaml.safe_dump(broken(change), allow_unicode=True), encoding="utf-8"
    )
    with pytest.raises(contracts.ContractError, match=place):
        contracts.load_contract("synthetic_augmentation", tmp_path)


@pytest.mark.parametrize(
    ("implementation", "message"),
    [
        ({"type": "expect_column_values_to_be_uniqe", "kwargs": {"column": "row_id"}}, "refuses"),
        ({"type": "expect_column_values_to_be_unique", "kwargs": {"column": "row_idd"}}, "not a column"),
        ({"type": "expect_column_values_to_be_unique", "kwargs": {"colunm": "row_id"}}, "refuses"),
        ({"type": "expect_table_row_count_to_be_between", "kwargs": {"max_value": "${nothing}"}}, "no parameter"),
    ],
)
def test_a_misspelt_rule_is_an_error_and_not_a_pass(
    tmp_path: Path, implementation: dict[str, Any], message: str
) -> None:
    data = broken(lambda data: data["schema"][0]["quality"][0].update(implementation=implementation))
    (tmp_path / "synthetic_augmentation.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    contract = contracts.load_contract("synthetic_augmentation", tmp_path)
    with pytest.raises(contracts.ContractError, match=message):
        publish(Store(tmp_path, "t"), [row(1)], contract=contract)


@pytest.mark.parametrize("path", sorted(contracts.CONTRACTS_FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_contracts_load_and_describe_the_columns_of_their_rows(path: Path) -> None:
    contract = contracts.load_contract(path.stem)
    row_types = {"turns": records.Turn, "sources": records.SourceCount, "pairs": records.QAPair}
    rows = records.EvalRow if path.stem == "eval_set" else TrainingRow
    for table in contract.tables:
        if table.physicalType == "table":
            assert [column.name for column in table.properties] == list(
                records.columns(row_types.get(table.name, rows))
            )
