"""Everything once more in an empty store: does the same seed give the same data, adapter, answers and scores?

Reads the published versions of a project and its sources. Writes only into the scratch folder that it is given.
Compares data hashes: what was measured (times, memory) is no part of them. Not here: the steps that are repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ft_pipeline.records import Answer, Score, as_dict, read_table
from ft_pipeline.steps.data import (
    publish_cleaned_qa_pairs,
    publish_eval_set,
    publish_raw_transcripts,
    publish_synthetic_augmentation,
    publish_training_set,
)
from ft_pipeline.steps.model import publish_base_model_choice, publish_lora_adapter
from ft_pipeline.steps.project import Progress, Project, open_project, silent
from ft_pipeline.steps.proof import publish_eval_report
from ft_pipeline.store import StoreError, Version, hash_json

_BY_DATA_HASH = (
    "raw_transcripts",
    "cleaned_qa_pairs",
    "eval_set",
    "synthetic_augmentation",
    "training_set",
    "base_model_choice",
    "lora_adapter",
)
_CHAMPION = "champion"


@dataclass(frozen=True, slots=True)
class Repeated:
    """One thing that was made twice."""

    name: str
    first: str  # sha256, hex
    second: str

    @property
    def is_same(self) -> bool:
        """Whether both runs gave the same bytes."""
        return self.first == self.second


def repeat(project: Project, *, scratch: Path, progress: Progress = silent) -> list[Repeated]:
    """Runs every step up to the evaluation again and compares it with what is published.

    Args:
        project: a project whose newest versions come from one refresh.
        scratch: an empty folder; the second store is made in it and left there.
        progress: is told which step runs.

    Raises:
        StoreError: an asset has never been published, or the scratch folder is not empty.
    """
    if scratch.exists() and any(scratch.iterdir()):
        raise StoreError(f"{scratch} is not empty; name an empty folder, or one that is not there yet")
    first = {asset: project.store.need(asset) for asset in (*_BY_DATA_HASH, "eval_report")}
    second = open_project(project.task.model_copy(update={"store": scratch}))
    asked = first["raw_transcripts"].facts
    as_of = datetime.fromisoformat(asked["as_of"]) if asked["is_limited"] else None
    publish_raw_transcripts(second, as_of=as_of, progress=progress)
    publish_cleaned_qa_pairs(second, progress=progress)
    publish_eval_set(second, progress=progress)
    publish_synthetic_augmentation(second, progress=progress)
    publish_training_set(second, progress=progress)
    publish_base_model_choice(second, progress=progress)
    publish_lora_adapter(second, progress=progress)
    publish_eval_report(second, progress=progress)
    compared = [Repeated(asset, first[asset].data_hash, second.store.need(asset).data_hash) for asset in _BY_DATA_HASH]
    before, after = _judged(first["eval_report"]), _judged(second.store.need("eval_report"))
    return compared + [Repeated(f"eval_report: {name}", before[name], after[name]) for name in before]


def _judged(report: Version) -> Mapping[str, str]:
    """Hashes of the answers and scores, without the champion's: the second store has none."""
    tables: tuple[tuple[str, type[Answer] | type[Score]], ...] = (
        ("answers", Answer),
        ("scores", Score),
        ("incoming_answers", Answer),
        ("incoming_scores", Score),
    )
    found = {}
    for name, row_type in tables:
        rows = [as_dict(row) for row in read_table(report.file(f"{name}.parquet"), row_type)]
        found[name] = hash_json([row for row in rows if row["arm"] != _CHAMPION])
    found["threshold"] = hash_json(report.file("threshold.json").read_text(encoding="utf-8"))
    return found
