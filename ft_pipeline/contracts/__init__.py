"""A data contract + the tables of one version -> a report with a result for every rule.

Here: reading the contracts of data_contracts/ (contract), running their Great Expectations rules (expectations), the
report that travels beside each version and the demand that it passed (reports). Not here: what the rules are
(data_contracts/*.yaml), how Dagster shows them.
"""

from ft_pipeline.contracts.contract import CONTRACTS_FOLDER, Contract, ContractError, Rule, Table, load_contract
from ft_pipeline.contracts.expectations import check
from ft_pipeline.contracts.reports import (
    ContractReport,
    ContractViolation,
    RuleResult,
    read_report,
    require_passing,
    write_report,
)

__all__ = [
    "CONTRACTS_FOLDER",
    "Contract",
    "ContractError",
    "ContractReport",
    "ContractViolation",
    "Rule",
    "RuleResult",
    "Table",
    "check",
    "load_contract",
    "read_report",
    "require_passing",
    "write_report",
]
