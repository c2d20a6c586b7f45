"""Why something was decided: the rule, what it saw, what it needed. Fields only: words are made where they are shown.

Shared by the evaluation that decides, the step that adds the signature, the ledger that keeps and the report that
shows. Not here: any sentence (report).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SENTENCE = re.compile(r"(?P<rule>[a-z_]\w*): (?P<observed>.*?)(?: \(нужно: (?P<needed>.*)\))?", re.DOTALL)

_SERVED = "the challenger is the release that is served already"


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that decided."""

    rule: str  # a promotion rule, already_served, signature_missing, signed, signed_against
    observed: str = ""
    needed: str = ""


def read_reason(stored: Mapping[str, str] | str) -> Reason:
    """A reason as a result or the ledger holds it; what an earlier version stored is a sentence."""
    if not isinstance(stored, str):
        return Reason(**stored)
    if stored == _SERVED:
        return Reason("already_served")
    sentence = _SENTENCE.fullmatch(stored)
    return Reason(**sentence.groupdict(default="")) if sentence else Reason("", stored)
