"""When is a refresh due? A pure decision; whoever asks brings the counts.

Reads nothing, writes nothing. Not here: counting tickets (ingest), starting runs (defs/sensors, cli).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RefreshDecision:
    """Whether to refresh, why, and the key that makes one cause start one run."""

    is_due: bool
    reason: str
    run_key: str


def decide_refresh(*, new_tickets: int, least: int, watermark: str, newest: str, is_running: bool) -> RefreshDecision:
    """Decides from the tickets that came after the last refresh.

    Args:
        new_tickets: tickets that are not in the newest raw_transcripts.
        least: refresh.min_new_tickets of the task.
        watermark: time of the newest ticket in the last refresh; "" before the first one.
        newest: time of the newest ticket now.
        is_running: a refresh is queued or running.
    """
    if is_running:
        return RefreshDecision(False, "a refresh is queued or running", "")
    if not watermark:
        return RefreshDecision(False, "no refresh yet: start the first one by hand (job `refresh`)", "")
    if new_tickets < least:
        return RefreshDecision(False, f"{new_tickets} new tickets since {watermark}; waiting for {least}", "")
    reason = f"{new_tickets} new tickets since {watermark}"
    return RefreshDecision(True, reason, f"tickets:{watermark}..{newest}:{new_tickets}")


def quarter_of(moment: datetime) -> str:
    """The calendar quarter of a moment, e.g. "2026-Q4"."""
    return f"{moment.year}-Q{(moment.month - 1) // 3 + 1}"


def closed_quarter(moment: datetime) -> str:
    """The calendar quarter that had closed at a moment."""
    year, quarter = moment.year, (moment.month - 1) // 3
    return f"{year - 1}-Q4" if quarter == 0 else f"{year}-Q{quarter}"
