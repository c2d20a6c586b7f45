"""The step that acts on the decision: records the release and waits until the gateway really serves it.

Reads eval_report; writes releases, decisions and the desired release to the ledger. Not here: the gateway itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ft_pipeline.ledger import Ledger, Release, ledger_url
from ft_pipeline.serve import ServeError, base_url, read_bundle, wait_until_live, write_bundle
from ft_pipeline.steps.project import Progress, Project, silent
from ft_pipeline.steps.proof import release_bundle
from ft_pipeline.store import MEASURED, Version, hash_json, read_json


class DeploymentError(RuntimeError):
    """The release should be served and is not."""


@dataclass(frozen=True)
class DeploymentOutcome:
    """What became of a decision."""

    verdict: str
    reasons: tuple[str, ...]
    release_id: str
    deployed: bool
    url: str  # of the gateway; "" where nothing was deployed
    answer: str  # the real completion that named the release


def deploy(project: Project, *, report: Version | None = None, progress: Progress = silent) -> DeploymentOutcome:
    """Serves the release of the newest eval_report where its decision says so.

    Raises:
        DeploymentError: no gateway took the release over within deployment.switch_timeout_s.
    """
    task = project.task
    report = report or project.store.need("eval_report")
    result: dict[str, Any] = read_json(report.file(f"{MEASURED}/result.json"))
    decision = result["decision"]
    adapter, choice = project.store.need("lora_adapter"), project.store.need("base_model_choice")
    bundle = _keep_bundle(project, report)
    release_id = str(result["release"])
    ledger = Ledger(ledger_url(task)).open()
    ledger.record_release(
        Release(
            task=task.name,
            release_id=release_id,
            adapter_hash=adapter.data_hash,
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
    ledger.record_decision(task.name, release_id, verdict=decision["verdict"], reasons=decision["reasons"])
    outcome = DeploymentOutcome(
        verdict=decision["verdict"],
        reasons=tuple(decision["reasons"]),
        release_id=release_id,
        deployed=False,
        url="",
        answer="",
    )
    if decision["verdict"] != "promote":
        progress(f"{decision['verdict']}: what is served stays as it is")
        return outcome
    ledger.desire(task.name, release_id)
    url, answer = _wait(project, release_id, progress=progress)
    return DeploymentOutcome(**{**outcome.__dict__, "deployed": True, "url": url, "answer": answer})


def _keep_bundle(project: Project, report: Version) -> Path:
    """A copy of the release that outlives the report version."""
    bundle = read_bundle(release_bundle(report))
    target = project.folder / "releases" / bundle.release_id
    write_bundle(target, bundle)
    return target


def _wait(project: Project, release_id: str, *, progress: Progress) -> tuple[str, str]:
    url = base_url(project.task)
    progress(f"waiting until {url} answers with release {release_id}")
    try:
        found = wait_until_live(url, release_id, project.task.deployment.switch_timeout_s)
    except ServeError as error:
        raise DeploymentError(
            f"release {release_id} is wanted and not served: {error}. Then materialize deployed_endpoint again; "
            "what was served stays served."
        ) from None
    return url, str(found["choices"][0]["message"]["content"])
