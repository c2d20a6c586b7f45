"""How many tickets came since the newest raw_transcripts: what the sensor and the operator ask.

Reads the sources and the newest raw_transcripts version; writes nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from ft_pipeline.steps.project import Project


@dataclass(frozen=True, slots=True)
class NewTickets:
    """Tickets in the sources against the last refresh."""

    new_tickets: int
    watermark: str  # time of the newest ticket of the last refresh; "" before the first
    newest: str  # time of the newest ticket now


def count_new_tickets(project: Project) -> NewTickets:
    """Counts tickets of which the newest raw_transcripts holds no message; files that did not change are not read."""
    task, latest = project.task, project.store.latest("raw_transcripts")
    if latest is None:
        return NewTickets(0, "", "")
    from ft_pipeline.ingest import hash_sources, ingest
    from ft_pipeline.records import Turn, read_table

    watermark = str(latest.facts["newest"])
    has_seen_all = not any("after_as_of" in name for name in latest.facts["reasons"])
    hashes = hash_sources(task.sources, shelf=project.shelf, environment=os.environ)
    if has_seen_all and hashes == latest.facts["file_hashes"]:
        return NewTickets(0, watermark, watermark)
    known = {turn.ticket_id for turn in read_table(latest.file("turns.parquet"), Turn)}
    tickets = [source for source in task.sources if source.kind in {"tickets", "pairs"}]
    salt = task.data.split_salt
    found = ingest(tickets, as_of=None, salt=salt, incoming=0, shelf=project.shelf, environment=os.environ)
    new = {turn.ticket_id for turn in found.turns} - known
    return NewTickets(len(new), watermark, max((turn.created_at for turn in found.turns), default=""))
