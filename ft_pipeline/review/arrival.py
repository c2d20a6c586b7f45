"""Does a signed sheet continue a deployment? A pure decision; the sensor brings what it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeployDecision:
    """Whether to start the job `deploy`, why, and the key that makes one signature start one run."""

    is_due: bool
    reason: str
    run_key: str


def decide_deploy(
    *,
    release_id: str,
    arrived: Sequence[str],
    problems: Sequence[str],
    signed: str,
    is_waiting: bool,
    is_running: bool,
) -> DeployDecision:
    """Decides from the inbox and the ledger.

    Args:
        release_id: of the newest evaluation; "" where there is none.
        arrived: ids of acceptable sheets that are not yet recorded.
        problems: why other files in the inbox cannot be accepted.
        signed: id of the recorded review that allows this release; "" = none.
        is_waiting: the release was judged good, is not wanted yet, and needs a signature.
        is_running: a run of this task is queued or running.
    """
    if is_running:
        return DeployDecision(False, "a run of this task is queued or running", "")
    if not release_id:
        return DeployDecision(False, "no evaluation yet: nothing to sign", "")
    if arrived:
        reason = f"a filled sheet for {release_id} arrived"
        return DeployDecision(True, reason, f"signature:{release_id}:{'+'.join(sorted(arrived))}")
    if signed and is_waiting:
        return DeployDecision(True, f"{release_id} is signed", f"signature:{release_id}:{signed}")
    if problems:
        return DeployDecision(False, "not accepted: " + " | ".join(problems), "")
    if is_waiting:
        return DeployDecision(False, f"{release_id} waits for a signature", "")
    return DeployDecision(False, f"{release_id} needs no signature", "")
