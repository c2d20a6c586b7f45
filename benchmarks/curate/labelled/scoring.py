"""Which labelled entities a redaction hid, and which of its spans hid something that is no personal data.

Here: the counting and its intervals. An entity counts as found only when *every* letter and digit of it is hidden (of a
passport: every digit), by whichever kind; a span counts as right when at least half of its letters and digits belong
to entities. Not here: the redactions that are compared.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.curate.labelled.text import Entity, Labelled

Hidden = Callable[[str], Sequence[tuple[int, int]]]  # a text -> the spans that a redaction hides
NAME = "ИМЯ"


@dataclass(slots=True)
class Count:
    """`hits` of `total`."""

    hits: int = 0
    total: int = 0

    def figure(self) -> dict[str, float | int]:
        """Share with its 95 % Wilson interval."""
        low, high = wilson(self.hits, self.total)
        share = self.hits / self.total if self.total else 0.0
        return {"share": round(share, 4), "low": round(low, 4), "high": round(high, 4), "n": self.total}


@dataclass(slots=True)
class Tally:
    """What one redaction reached on one set."""

    recall: dict[str, Count] = field(default_factory=dict)  # per kind
    styles: dict[str, Count] = field(default_factory=dict)  # names, per way of writing
    precision: Count = field(default_factory=Count)
    missed: list[tuple[str, Entity]] = field(default_factory=list)
    wrong: list[tuple[str, int, int]] = field(default_factory=list)

    def of(self, kinds: Iterable[str]) -> Count:
        counts = [self.recall[kind] for kind in kinds if kind in self.recall]
        return Count(sum(count.hits for count in counts), sum(count.total for count in counts))


def tally(texts: Iterable[Labelled], hidden: Hidden) -> Tally:
    """Runs a redaction over labelled texts and counts."""
    result = Tally()
    for item in texts:
        spans = [span for span in hidden(item.text) if span[1] > span[0]]
        covered = {place for start, end in spans for place in range(start, end)}
        true_places = {place for entity in item.entities for place in range(entity.start, entity.end)}
        for entity in item.entities:
            is_found = _sensitive(item.text, entity) <= covered
            for counts, key in ((result.recall, entity.kind), (result.styles, entity.style)):
                if counts is result.recall or entity.kind == NAME:
                    count = counts.setdefault(key, Count())
                    count.hits += is_found
                    count.total += 1
            if not is_found:
                result.missed.append((item.text, entity))
        for start, end in spans:
            letters = [place for place in range(start, end) if item.text[place].isalnum()]
            is_right = 2 * sum(place in true_places for place in letters) >= max(1, len(letters))
            result.precision.hits += is_right
            result.precision.total += 1
            if not is_right:
                result.wrong.append((item.text, start, end))
    return result


def _sensitive(text: str, entity: Entity) -> set[int]:
    is_wanted = str.isdigit if entity.kind == "ПАСПОРТ" else str.isalnum
    return {place for place in range(entity.start, entity.end) if is_wanted(text[place])}


def wilson(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval (E. B. Wilson, 1927)."""
    if not total:
        return 0.0, 1.0
    share, square = hits / total, z * z
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = z * math.sqrt(share * (1 - share) / total + square / (4 * total * total)) / (1 + square / total)
    return max(0.0, middle - half), min(1.0, middle + half)


def styles_of(result: Tally) -> Counter[str]:
    """How many names of each style were missed."""
    return Counter(entity.style for _, entity in result.missed if entity.kind == NAME)
