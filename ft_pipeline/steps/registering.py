"""Puts the release that an evaluation judged into the ledger, with a bundle that outlives the report version.

Reads eval_report; writes releases to the ledger and `releases/<id>/`. Not here: acting on the decision (release).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ft_pipeline.ledger import Ledger, Release
from ft_pipeline.reasons import read_reason
from ft_pipeline.report import Language, reason_text
from ft_pipeline.serve import read_bundle, write_bundle
from ft_pipeline.steps.bundling import release_bundle
from ft_pipeline.steps.project import Project
from ft_pipeline.store import MEASURED, Version, hash_json, read_json


def judged_adapter(report: Version) -> str:
    """Content hash of the adapter that an evaluation judged."""
    return str(report.inputs["lora_adapter"])


def read_result(report: Version) -> dict[str, Any]:
    """The evaluation as it is stored."""
    result: dict[str, Any] = read_json(report.file(f"{MEASURED}/result.json"))
    return result


def printed_result(report: Version, language: Language) -> dict[str, Any]:
    """The evaluation as `ft-pipeline report --json` prints it: its reasons are sentences in the task's language.

    What each rule found and expected stands field by field under `rules`.
    """
    result = read_result(report)
    reasons = [reason_text(read_reason(reason), language) for reason in result["decision"]["reasons"]]
    return result | {"decision": result["decision"] | {"reasons": reasons}}


def register_release(project: Project, report: Version, ledger: Ledger) -> Release:
    """The release of an evaluation, recorded once however often it is judged again."""
    task, result = project.task, read_result(report)
    bundle = _keep_bundle(project, report)
    known = ledger.release(task.name, str(result["release"]))
    if known is not None and known.adapter_hash == judged_adapter(report):
        return known
    choice = project.store.need("base_model_choice")
    return ledger.record_release(
        Release(
            task=task.name,
            release_id=str(result["release"]),
            adapter_hash=judged_adapter(report),
            base_id=choice.facts["id"],
            base_hash=choice.facts["base_hash"],
            threshold=result["threshold"]["value"],
            redaction_version=read_bundle(bundle).redaction_version,
            system_prompt_hash=hash_json(task.system_prompt()),
            bundle=str(bundle),
            eval_report=report.key,
            as_of=result["as_of"],
        )
    )


def _keep_bundle(project: Project, report: Version) -> Path:
    bundle = read_bundle(release_bundle(report))
    target = project.folder / "releases" / bundle.release_id
    write_bundle(target, bundle)
    return target
