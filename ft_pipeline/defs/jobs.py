"""The jobs: `refresh` makes everything anew from the sources, `deploy` acts on the newest decision."""

from typing import Any

import dagster as dg

from ft_pipeline.task import Task


def build_jobs(task: Task, *, key_prefix: list[str]) -> list[Any]:
    """Both jobs of a task; runs of one task never overlap (see tag_concurrency_limits in dagster.yaml)."""
    suffix = f"_{task.name}" if key_prefix else ""
    tags = {"ft/task": task.name}
    everything = dg.AssetSelection.all() if not key_prefix else dg.AssetSelection.key_prefixes(key_prefix)
    return [
        dg.define_asset_job(
            f"refresh{suffix}",
            selection=everything,
            description="From the sources to the served release, with every gate on the way.",
            tags=tags,
        ),
        dg.define_asset_job(
            f"deploy{suffix}",
            selection=dg.AssetSelection.assets(dg.AssetKey([*key_prefix, "deployed_endpoint"])),
            description="Acts on the newest evaluation's decision.",
            tags=tags,
        ),
    ]


def refresh_config(as_of: str, *, key_prefix: list[str]) -> dict[str, object]:
    """Run configuration of a refresh with tickets up to `as_of` (ISO-8601)."""
    op = "__".join([*key_prefix, "raw_transcripts"])
    return {"ops": {op: {"config": {"as_of": as_of}}}}
