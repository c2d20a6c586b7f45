"""Brings moments into the one form in which the tables compare them.

Here: ISO-8601 in UTC with seconds. Not here: reading dates of exports (ingest).
"""

from __future__ import annotations

from datetime import UTC, datetime


def iso(moment: datetime | str) -> str:
    """A moment as "2026-03-01T09:30:00+00:00"; a plain date is its first moment; text that is no date stays.

    A moment without a zone counts as UTC.
    """
    try:
        parsed = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    except ValueError:
        return str(moment)
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    return parsed.astimezone(UTC).isoformat(timespec="seconds")
