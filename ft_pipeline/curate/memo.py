"""Masks each distinct text of a run once.

Here: the memo of one run. Not here: what is remembered from one refresh to the next (ticket_memo).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

_MOST_REMEMBERED = 100_000  # texts; then it begins anew, so that memory stays bounded


class RedactionMemo:
    """`redact` that masks each distinct text once.

    Args:
        redact: masks one text.
        redact_all: the same for many texts at once, where it is faster.

    Attributes:
        redacted_now: how many texts had to be redacted.
    """

    def __init__(
        self, redact: Callable[[str], str], redact_all: Callable[[Sequence[str]], Sequence[str]] | None = None
    ) -> None:
        self._redact = redact
        self._redact_all = redact_all
        self._known: dict[str, str] = {}
        self.redacted_now = 0

    def __call__(self, text: str) -> str:
        found = self._known.get(text)
        if found is None:
            self.redacted_now += 1
            found = self._known[text] = self._redact(text)
        return found

    def all(self, texts: Sequence[str]) -> list[str]:
        """The masked texts, in their order."""
        if len(self._known) > _MOST_REMEMBERED:
            self._known.clear()
        if self._redact_all is not None:
            new = [text for text in dict.fromkeys(texts) if text not in self._known]
            self.redacted_now += len(new)
            self._known.update(zip(new, self._redact_all(new), strict=True))
        return [self(text) for text in texts]
