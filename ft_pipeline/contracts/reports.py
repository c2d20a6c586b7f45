"""The report of a version: what each rule saw, kept beside the tables, and the demand that it passed.

Here: its rows, writing and reading it, refusing a version without a passing report for exactly its data and today's
contract. Not here: how a result comes about (expectations).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ft_pipeline.contracts.contract import CONTRACTS_FOLDER, load_contract
from ft_pipeline.store import CONTRACT_REPORT, Version, read_json, write_json

_SHOWN_KEYS = 5  # in an error; the report holds more


class ContractViolation(RuntimeError):
    """A version must not be used: its data broke a blocking rule, or nobody checked it."""


@dataclass(frozen=True)
class RuleResult:
    """What one rule saw."""

    rule: str
    table: str
    severity: str
    status: str  # passed | failed | not_applicable
    observed: str
    expected: str
    failing_rows: int
    failing_keys: tuple[str, ...]
    description: str


@dataclass(frozen=True)
class ContractReport:
    """The results of all rules for exactly one data hash and one contract hash."""

    contract: str
    contract_hash: str
    data_hash: str
    parameters: Mapping[str, Any]
    results: tuple[RuleResult, ...]

    @property
    def is_passing(self) -> bool:
        """True where no rule of severity error failed."""
        return not self.blocking_failures()

    def blocking_failures(self) -> list[RuleResult]:
        """The failed rules that block."""
        return [result for result in self.results if result.status == "failed" and result.severity == "error"]


def write_report(folder: Path, report: ContractReport) -> None:
    """Writes contract_report.json beside the tables."""
    write_json(folder / CONTRACT_REPORT, asdict(report))


def read_report(version: Version) -> ContractReport:
    """The report of a version.

    Raises:
        ContractViolation: nobody checked this version, or the report is for other data.
    """
    path = version.path / CONTRACT_REPORT
    if not path.is_file():
        raise ContractViolation(
            f"{version.asset} {version.key} carries no contract report; materialize {version.asset} again"
        )
    data = read_json(path)
    results = tuple(
        RuleResult(**{**result, "failing_keys": tuple(result["failing_keys"])}) for result in data.pop("results")
    )
    report = ContractReport(**data, results=results)
    if report.data_hash != version.data_hash:
        raise ContractViolation(
            f"{version.asset} {version.key}: the contract report is for data {report.data_hash[:16]}, "
            f"the version holds {version.data_hash[:16]}; materialize {version.asset} again"
        )
    return report


def _rows(failed: RuleResult) -> str:
    return f"; rows {', '.join(failed.failing_keys[:_SHOWN_KEYS])}" if failed.failing_keys else ""


def require_passing(version: Version, folder: Path = CONTRACTS_FOLDER) -> None:
    """Demands a passing report for exactly this data and today's contract; holds across runs and without Dagster.

    Raises:
        ContractViolation: with the failed rules, what was observed and what to do.
    """
    report = read_report(version)
    current = load_contract(version.asset, folder).hash()
    if report.contract_hash != current:
        raise ContractViolation(
            f"{version.asset} {version.key} was checked against another contract "
            f"({report.contract_hash[:12]}, now {current[:12]}); materialize {version.asset} again"
        )
    failures = report.blocking_failures()
    if failures:
        lines = [f"  {item.rule}: found {item.observed}, expected {item.expected}{_rows(item)}" for item in failures]
        raise ContractViolation(
            f"{version.asset} {version.key} broke {len(failures)} blocking rule(s) of its contract:\n"
            + "\n".join(lines)
            + "\nMend the source or the rule in data_contracts/, then materialize again."
        )
