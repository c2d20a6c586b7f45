"""A filled sheet as it was found in a file, before anything is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class ReviewError(ValueError):
    """A filled sheet cannot be accepted; the message names each place, what was found and what to write."""


@dataclass(frozen=True, slots=True)
class FilledRow:
    """One line; texts as found, "" where empty."""

    number: int  # row of the table, or place in the form
    code: str
    question: str
    answer: str
    verdict: str
    comment: str


@dataclass(frozen=True, slots=True)
class FilledSheet:
    """All lines and the fields of the signature."""

    file: str
    kind: str  # table | form
    fields: Mapping[str, str]  # sheet_id, release_id, adapter_hash, signer, decision, remark
    rows: tuple[FilledRow, ...]
