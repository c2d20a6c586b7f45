"""What a reviewer sees of a version on an asset's page: counts, reasons, hashes, pictures.

Here: published facts -> Dagster metadata. Not here: computing them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from ft_pipeline.store import Version


def materialized(version: Version, metadata: Mapping[str, Any] | None = None) -> dg.MaterializeResult[Any]:
    """The result of an asset: its content as data version, its facts as metadata."""
    shown: dict[str, Any] = {
        "version": version.key,
        "data_hash": version.data_hash[:16],
        "reused": version.reused,
        "path": dg.MetadataValue.path(version.path),
        "inputs": dg.MetadataValue.json({name: value[:16] for name, value in version.inputs.items()}),
    }
    return dg.MaterializeResult(
        metadata={**shown, **(metadata or {})}, data_version=dg.DataVersion(version.data_hash[:32])
    )


def counts(version: Version, *names: str) -> dict[str, Any]:
    """Facts that are numbers or texts, as they are."""
    return {name: version.facts[name] for name in names if version.facts.get(name) is not None}


def counted(title: str, values: Mapping[str, int]) -> dg.MetadataValue:
    """Counts by name as a Markdown table."""
    rows = "\n".join(f"| {name} | {count} |" for name, count in values.items())
    return dg.MetadataValue.md(f"| {title} | rows |\n|---|---:|\n{rows or '| – | 0 |'}")


def source_table(sources: Sequence[Mapping[str, Any]]) -> str:
    """What became of the rows of each source, beside the last sound refresh, as a Markdown table."""
    lines = ["| source | rows in | rows out | rejected | last refresh | change |", "|---|---:|---:|---:|---:|---:|"]
    for row in sources:
        change = "–" if row["change"] is None else f"{row['change']:+.1%}"
        cells = (row["source"], row["rows_in"], row["rows_out"], row["rejected"], row["rows_before"] or "–", change)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def markdown(text: str) -> dg.MetadataValue:
    """A Markdown text."""
    return dg.MetadataValue.md(text)
