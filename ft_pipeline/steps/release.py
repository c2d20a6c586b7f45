"""The step that acts on the decision: records the release and waits until the gateway really serves it.

Reads eval_report and the signed sheets that came back; writes releases, decisions and the desired release to the
ledger. Not here: the gateway itself, checking a sheet (reviewing).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ft_pipeline.ledger import Ledger, Review, Verdict, ledger_url
from ft_pipeline.reasons import Reason, read_reason
from ft_pipeline.report import reason_text
from ft_pipeline.serve import ServeError, base_url, wait_until_live
from ft_pipeline.steps.project import Progress, Project, silent
from ft_pipeline.steps.registering import read_result, register_release
from ft_pipeline.steps.reviewing import INBOX, standing_review, take_in
from ft_pipeline.store import Version


class DeploymentError(RuntimeError):
    """The release should be served and is not."""


@dataclass(frozen=True)
class DeploymentOutcome:
    """What became of a decision."""

    verdict: str
    reasons: tuple[str, ...]  # sentences in the task's language
    release_id: str
    deployed: bool
    url: str  # of the gateway; "" where nothing was deployed
    answer: str  # the real completion that named the release
    review: Review | None = None  # the signed sheet that counted, if any


@dataclass(frozen=True)
class Standing:
    """A decision after the signature is taken into account."""

    verdict: Verdict
    reasons: tuple[Reason, ...]


def deploy(project: Project, *, report: Version | None = None, progress: Progress = silent) -> DeploymentOutcome:
    """Serves the release of the newest eval_report where its decision, and a signature where one is wanted, say so.

    Raises:
        DeploymentError: no gateway took the release over within deployment.switch_timeout_s.
    """
    task = project.task
    report = report or project.store.need("eval_report")
    decision = read_result(report)["decision"]
    ledger = Ledger(ledger_url(task)).open()
    release = register_release(project, report, ledger)
    for refused in take_in(project, report).refused:
        progress(refused.problem)
    review = standing_review(project, report, ledger)
    standing = with_signature(
        decision["verdict"],
        [read_reason(reason) for reason in decision["reasons"]],
        review=review,
        is_required=task.deployment.signature_required,
        has_champion=ledger.live(task.name) is not None,
    )
    release_id = release.release_id
    ledger.record_decision(task.name, release_id, verdict=standing.verdict, reasons=standing.reasons)
    outcome = DeploymentOutcome(
        verdict=standing.verdict,
        reasons=tuple(reason_text(reason, task.language) for reason in standing.reasons),
        release_id=release_id,
        deployed=False,
        url="",
        answer="",
        review=review,
    )
    if standing.verdict != "promote":
        progress(f"{standing.verdict}: what is served stays as it is")
        return outcome
    ledger.desire(task.name, release_id)
    url, answer = _wait(project, release_id, progress=progress)
    return replace(outcome, deployed=True, url=url, answer=answer)


def with_signature(
    verdict: Verdict, reasons: Sequence[Reason], *, review: Review | None, is_required: bool, has_champion: bool
) -> Standing:
    """The decision of the evaluation, continued by a signature.

    A signature never lifts a rule: it only continues a decision that would promote. A signed "do not release" holds a
    release back also where no signature is asked for.
    """
    if verdict not in {"promote", "wait_for_signature"}:
        return Standing(verdict, tuple(reasons))
    if review is None:
        if not is_required:
            return Standing("promote", tuple(reasons))
        return Standing("wait_for_signature", (*reasons, Reason("signature_missing", needed=INBOX)))
    kappa = "—" if review.kappa is None else f"{review.kappa:.2f}"
    signed = f"{review.signer}, {review.at} (κ = {kappa}, n = {review.kappa_answers})"
    if review.decision == "approve":
        return Standing("promote", (*reasons, Reason("signed", signed)))
    held: Verdict = "keep_champion" if has_champion else "refuse"
    remark = f": {review.remark}" if review.remark else ""
    return Standing(held, (Reason("signed_against", f"{signed}{remark}"), *reasons))


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
