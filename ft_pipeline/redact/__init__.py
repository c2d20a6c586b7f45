"""Personal data found and masked, versioned: curation, evaluation and the gateway call the same function.

Here: `redact` (one text), `redact_many` and `redact_all` (texts in bulk), `redact_ticket` (the messages of one ticket),
`REDACTION_VERSION` (a hash of the rules and of the libraries behind them), `find_residue` (an independent second
look). Own thin recognisers: a shape, a checksum, a keyword; names by dictionary and by the words around them. Not
here: reading tickets, deciding what to do with a text.
"""

from __future__ import annotations

from ft_pipeline.redact.findings import ANY_PLACEHOLDER, RedactionError
from ft_pipeline.redact.masking import Redacted, Span, redact, redact_all, redact_many, redact_ticket, rules_version
from ft_pipeline.redact.residue import find_residue

__all__ = [
    "ANY_PLACEHOLDER",
    "REDACTION_VERSION",
    "Redacted",
    "RedactionError",
    "Span",
    "find_residue",
    "redact",
    "redact_all",
    "redact_many",
    "redact_ticket",
    "rules_version",
]

REDACTION_VERSION: str


def __getattr__(name: str) -> str:
    """`REDACTION_VERSION` is computed when first asked for: importing this room does no work."""
    if name == "REDACTION_VERSION":
        return rules_version()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
