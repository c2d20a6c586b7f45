"""The application database: which releases exist, what was decided, what should be and what is served, who asked what.

Here: the tables (tables), their migrations, and `Ledger`, the one way to read and write them. SQLite by default,
Postgres in production. Not here: Dagster's own storage, files of any version (store), raw customer text: everything
that enters is redacted before.
"""

from ft_pipeline.ledger.ledger import Ledger, LedgerError, ledger_url
from ft_pipeline.ledger.rows import (
    Decision,
    Event,
    EventKind,
    Interaction,
    JudgeCheck,
    Rating,
    Release,
    Review,
    Verdict,
)

__all__ = [
    "Decision",
    "Event",
    "EventKind",
    "Interaction",
    "JudgeCheck",
    "Ledger",
    "LedgerError",
    "Rating",
    "Release",
    "Review",
    "Verdict",
    "ledger_url",
]
