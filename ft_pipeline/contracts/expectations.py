"""A contract's rules over the tables of a folder, by Great Expectations -> `ContractReport`.

The only module that imports great_expectations. Here: filling in the task's parameters, columns and their types,
running the rules, what failed and by which keys. Not here: what a contract says (contract), keeping and demanding the
report (reports).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ft_pipeline.contracts.contract import Contract, ContractError, Rule, Table
from ft_pipeline.contracts.reports import ContractReport, RuleResult
from ft_pipeline.store import read_json

if TYPE_CHECKING:
    import pandas as pd

_MOST_KEYS = 20  # failing keys kept per rule; their text stays in the tables
_NUMBERS = ("number", "integer")
_SHOWN_VALUES = 5  # failing numbers shown with their keys; texts never are
_PARAMETER = re.compile(r"^\$\{([a-z0-9_.]+)\}$")


def check(folder: Path, contract: Contract, *, data_hash: str, parameters: Mapping[str, Any]) -> ContractReport:
    """Runs every rule of a contract over the tables in a folder.

    Args:
        folder: holds `<table>.parquet` or `<table>.json` for each table of the contract.
        contract: the rules.
        data_hash: the hash that the report vouches for.
        parameters: values for `${…}` in rule arguments, e.g. {"data.min_pairs": 500}.

    Raises:
        ContractError: a rule or a parameter is unknown.
    """
    results: list[RuleResult] = []
    for table in contract.tables:
        frame, keys = _read(folder, table)
        results += _check_table(frame, table, parameters=parameters, keys=keys)
    used = {name: parameters[name] for name in sorted(_parameters_of(contract)) if name in parameters}
    return ContractReport(
        contract=contract.id,
        contract_hash=contract.hash(),
        data_hash=data_hash,
        parameters=used,
        results=tuple(results),
    )


def _read(folder: Path, table: Table) -> tuple[pd.DataFrame, Mapping[str, Sequence[str]]]:
    """A table, and for a row of measures the keys of the rows behind each count (`failing_keys` in its file)."""
    import pandas as pd

    if table.physicalType == "object":
        measures = dict(read_json(folder / f"{table.name}.json"))
        keys: Mapping[str, Sequence[str]] = measures.pop("failing_keys", {})
        return pd.DataFrame([measures]), keys
    return pd.read_parquet(folder / f"{table.name}.parquet", engine="pyarrow"), {}


def _check_columns(frame: pd.DataFrame, table: Table) -> None:
    from pandas.api import types

    missing = [column.name for column in table.properties if column.required and column.name not in frame.columns]
    if missing:
        raise ContractError(f"table {table.name}: columns {missing} are missing, found {list(frame.columns)}")
    is_type = {
        "string": types.is_string_dtype,
        "integer": types.is_integer_dtype,
        "number": types.is_numeric_dtype,
        "boolean": types.is_bool_dtype,
    }
    for column in table.properties:
        cells = frame.get(column.name)
        if cells is None or cells.isna().all():
            continue
        if not is_type[column.logicalType](cells):
            raise ContractError(
                f"table {table.name}: column {column.name} holds {cells.dtype}, the contract says "
                f"{column.logicalType}; mend what writes the table, or the contract"
            )


def _check_table(
    frame: pd.DataFrame, table: Table, *, parameters: Mapping[str, Any], keys: Mapping[str, Sequence[str]]
) -> list[RuleResult]:
    _check_columns(frame, table)
    key = next((column.name for column in table.properties if column.primaryKey), "")
    expectations = [_expectation(table, rule, parameters=parameters) for rule in table.quality]
    applicable = [
        index for index, rule in enumerate(table.quality) if not _is_not_applicable(frame, rule, expectations[index])
    ]
    outcomes = _validate(frame, [expectations[index] for index in applicable], key=key)
    by_index = dict(zip(applicable, outcomes, strict=True))
    measured = {str(name): value for name, value in frame.iloc[0].items()} if table.physicalType == "object" else {}
    return [
        _result(
            table,
            rule,
            expectation=expectations[index],
            outcome=by_index.get(index),
            key=key,
            measured=measured,
            counted=keys,
        )
        for index, rule in enumerate(table.quality)
    ]


def _expectation(table: Table, rule: Rule, *, parameters: Mapping[str, Any]) -> dict[str, Any]:
    kwargs = {name: _fill(value, parameters, rule=rule) for name, value in rule.implementation.kwargs.items()}
    column = kwargs.get("column")
    known = {item.name for item in table.properties}
    if column is not None and column not in known:
        raise ContractError(f"rule {rule.id}: column {column!r} is not a column of {table.name}: {sorted(known)}")
    return {"type": rule.implementation.type, "kwargs": kwargs, "id": rule.id}


def _fill(value: Any, parameters: Mapping[str, Any], *, rule: Rule) -> Any:
    if isinstance(value, str) and (match := _PARAMETER.match(value)):
        if match[1] not in parameters:
            raise ContractError(f"rule {rule.id}: no parameter {match[1]!r}; known: {sorted(parameters)}")
        filled = parameters[match[1]]
        return list(filled) if isinstance(filled, tuple) else filled
    return value


def _parameters_of(contract: Contract) -> set[str]:
    values = [value for _, rule in contract.rules() for value in rule.implementation.kwargs.values()]
    return {match[1] for value in values if isinstance(value, str) and (match := _PARAMETER.match(value))}


def _is_not_applicable(frame: pd.DataFrame, rule: Rule, expectation: Mapping[str, Any]) -> bool:
    if not any(item.property == "notApplicableWhenNull" and item.value for item in rule.customProperties):
        return False
    column = expectation["kwargs"].get("column")
    return column is not None and bool(frame[column].isna().all())


def _validate(frame: pd.DataFrame, expectations: Sequence[Mapping[str, Any]], *, key: str) -> list[dict[str, Any]]:
    """Great Expectations' results in the order of the rules; raises where a rule was dropped or misspelt."""
    if not expectations:
        return []
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    suite = gx.ExpectationSuite(name="contract")
    for index, expectation in enumerate(expectations):
        configuration = ExpectationConfiguration(
            type=expectation["type"], kwargs=dict(expectation["kwargs"]), meta={"index": index}
        )
        try:
            suite.add_expectation(configuration.to_domain_obj())
        except Exception as error:  # the library raises several unrelated types here
            raise ContractError(f"rule {expectation['id']}: Great Expectations refuses it: {error}") from None
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("table")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    result_format: dict[str, Any] = {"result_format": "COMPLETE", "partial_unexpected_count": _MOST_KEYS}
    if key:
        result_format |= {"unexpected_index_column_names": [key], "include_unexpected_rows": False}
    found = batch.validate(suite, result_format=result_format)
    by_index: dict[int, dict[str, Any]] = {}
    for result in found.results:
        outcome: Any = result.to_json_dict()
        by_index[outcome["expectation_config"]["meta"]["index"]] = outcome
    if sorted(by_index) != list(range(len(expectations))):
        raise ContractError(f"Great Expectations gave {len(by_index)} results for {len(expectations)} rules")
    for index, outcome in by_index.items():
        trouble = (outcome.get("exception_info") or {}).get("exception_message")
        if trouble:
            raise ContractError(f"rule {expectations[index]['id']} could not be run: {trouble}")
    return [by_index[index] for index in range(len(expectations))]


def _result(
    table: Table,
    rule: Rule,
    *,
    expectation: Mapping[str, Any],
    outcome: Mapping[str, Any] | None,
    key: str,
    measured: Mapping[str, Any],
    counted: Mapping[str, Sequence[str]],
) -> RuleResult:
    status = "not_applicable" if outcome is None else "passed" if outcome["success"] else "failed"
    details: Mapping[str, Any] = (outcome or {}).get("result") or {}
    observed = details.get("observed_value")
    failing = int(details.get("unexpected_count") or 0)
    column = str(expectation["kwargs"].get("column", ""))
    places = [item for item in details.get("unexpected_index_list") or [] if isinstance(item, Mapping)]
    keys = [str(item.get(key, "")) for item in places]
    if observed is None:
        observed = "not applicable" if outcome is None else f"{failing} of {details.get('element_count', 0)} rows fail"
        if key and any(item.name == column and item.logicalType in _NUMBERS for item in table.properties):
            observed += "".join(f", {item.get(key)}: {item.get(column)}" for item in places[:_SHOWN_VALUES])
    if table.physicalType == "object" and outcome is not None and column:
        observed = measured[column]
        keys = [str(name) for name in counted.get(column, ())]
        failing = len(keys) or failing
    limits = {name: value for name, value in expectation["kwargs"].items() if name != "column"}
    expected = f"{expectation['type']} {json.dumps(limits, ensure_ascii=False)[:300]}"
    return RuleResult(
        rule=rule.id,
        table=table.name,
        severity=rule.severity,
        status=status,
        observed=str(observed)[:300],
        expected=expected,
        failing_rows=failing,
        failing_keys=tuple(keys[:_MOST_KEYS]) if status == "failed" else (),
        description=rule.description,
    )
