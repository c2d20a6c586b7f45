"""One file of data_contracts/ -> a checked `Contract`: a strict subset of the Open Data Contract Standard v3.1.

Here: which keys a contract may have, and the place of a mistake. Not here: running its rules (expectations).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ft_pipeline.store import hash_json

CONTRACTS_FOLDER = Path(__file__).resolve().parent.parent.parent / "data_contracts"


class ContractError(ValueError):
    """A contract file has a mistake; the message names its place."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Implementation(_Strict):
    """A Great Expectations rule: its type (snake_case) and keyword arguments."""

    type: str
    kwargs: dict[str, Any] = Field(default_factory=dict)


class CustomProperty(_Strict):
    """An ODCS custom property."""

    property: Literal["notApplicableWhenNull"]
    value: bool


class Rule(_Strict):
    """One quality rule of a table."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{2,60}$")
    description: str
    type: Literal["custom"] = "custom"
    engine: Literal["greatExpectations"] = "greatExpectations"
    severity: Literal["error", "warning"]  # error blocks what is downstream
    dimension: Literal["completeness", "consistency", "conformity", "accuracy", "coverage", "timeliness", "uniqueness"]
    implementation: Implementation
    customProperties: tuple[CustomProperty, ...] = ()  # noqa: N815 - the standard's spelling


class Property(_Strict):
    """One column."""

    name: str
    logicalType: Literal["string", "integer", "number", "boolean"]  # noqa: N815 - the standard's spelling
    description: str
    required: bool = True
    primaryKey: bool = False  # noqa: N815 - the standard's spelling


class Table(_Strict):
    """One table of an asset: `<name>.parquet`, or `<name>.json` for a single row of measures."""

    name: str
    description: str
    physicalType: Literal["table", "object"] = "table"  # noqa: N815 - the standard's spelling
    properties: tuple[Property, ...]
    quality: tuple[Rule, ...] = Field(min_length=1)


class Description(_Strict):
    """What the data is for."""

    purpose: str
    limitations: str = ""
    usage: str = ""


class Contract(_Strict):
    """What one asset promises."""

    apiVersion: Literal["v3.1.0"]  # noqa: N815 - the standard's spelling
    kind: Literal["DataContract"]
    id: str
    name: str
    version: str
    status: Literal["active", "draft"]
    description: Description
    tables: tuple[Table, ...] = Field(alias="schema", min_length=1)

    def rules(self) -> list[tuple[Table, Rule]]:
        """All rules with their tables, in the order of the file."""
        return [(table, rule) for table in self.tables for rule in table.quality]

    def hash(self) -> str:
        """sha256 of the contract's content."""
        return hash_json(self.model_dump(mode="json", by_alias=True))


def load_contract(asset: str, folder: Path = CONTRACTS_FOLDER) -> Contract:
    """Reads `<asset>.yaml`.

    Raises:
        ContractError: the file is missing, is not YAML, or has an unknown key; with its place.
    """
    path = folder / f"{asset}.yaml"
    if not path.is_file():
        raise ContractError(f"{path}: no contract for {asset}; write one (Open Data Contract Standard v3.1)")
    try:
        contract = Contract.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise ContractError(f"{path.name}: not valid YAML: {error}") from None
    except ValidationError as error:
        raise ContractError("\n".join(f"{path.name}: {_place(detail)}" for detail in error.errors())) from None
    ids = [rule.id for _, rule in contract.rules()]
    repeated = sorted({name for name in ids if ids.count(name) > 1})
    if repeated:
        raise ContractError(f"{path.name}: rule ids {repeated} stand twice; every rule needs its own id")
    return contract


def _place(detail: Any) -> str:
    return f"{'.'.join(map(str, detail['loc']))}: {detail['msg']} (found {str(detail.get('input'))[:80]!r})"
