"""Finds all pairs of texts whose Jaccard similarity reaches a threshold.

Here: character 4-grams, word sets, the exact join, connected components. Not here: what counts as the same (callers).

`similar_pairs` is exact, not probabilistic, and shares no code with the split's own join (sketch): the check of
leaks relies on it. It stays sub-quadratic by prefix filtering (Chaudhuri, Ganti, Kaushik 2006; Bayardo, Ma, Srikant
2007): two sets with Jaccard >= t share one of their rarest n - ceil(t * n) + 1 elements, so only those are indexed.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence

from ft_pipeline.curate.sketch import near_pairs

GRAM = 4  # characters


def grams(form: str) -> frozenset[str]:
    """Character 4-grams of a normal form with its edges; the whole form where it is shorter."""
    edged = f" {form} "
    if len(edged) <= GRAM:
        return frozenset((edged,))
    return frozenset(edged[start : start + GRAM] for start in range(len(edged) - GRAM + 1))


def jaccard(first: frozenset[Hashable], second: frozenset[Hashable]) -> float:
    """Size of the intersection over size of the union; 0 for two empty sets."""
    common = len(first & second)
    return common / (len(first) + len(second) - common) if common else 0.0


def similar_pairs(sets: Sequence[frozenset[str]], threshold: float) -> list[tuple[int, int, float]]:
    """Every (i, j, jaccard) with i < j and jaccard >= threshold, sorted; threshold must be above 0."""
    ordered = _by_rarity(sets)
    sizes = [len(members) for members in ordered]
    as_sets = [frozenset(members) for members in ordered]
    index: dict[int, list[int]] = defaultdict(list)
    found: list[tuple[int, int, float]] = []
    for number in sorted(range(len(sets)), key=lambda item: (sizes[item], item)):
        size = sizes[number]
        if size == 0:
            continue
        prefix = ordered[number][: prefix_length(size, threshold)]
        least = math.ceil(threshold * size - 1e-9)
        candidates = {other for gram in prefix for other in index[gram] if sizes[other] >= least}
        mine = as_sets[number]
        for other in candidates:
            common = len(mine & as_sets[other])
            value = common / (size + sizes[other] - common)
            if value >= threshold:
                found.append((min(number, other), max(number, other), value))
        for gram in prefix:
            index[gram].append(number)
    return sorted(found)


def prefix_length(size: int, threshold: float) -> int:
    """How many of a set's rarest elements must be indexed."""
    return size - math.ceil(threshold * size - 1e-9) + 1


def _by_rarity(sets: Sequence[frozenset[str]]) -> list[list[int]]:
    counts = Counter(gram for members in sets for gram in members)
    rank = {
        gram: number for number, (gram, _) in enumerate(sorted(counts.items(), key=lambda item: (item[1], item[0])))
    }
    return [sorted(rank[gram] for gram in members) for members in sets]


def components(size: int, edges: Iterable[tuple[int, int]]) -> list[int]:
    """For each of `size` nodes the smallest node that it is connected to."""
    root = list(range(size))

    def find(node: int) -> int:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    for first, second in edges:
        one, other = find(first), find(second)
        if one != other:
            root[max(one, other)] = min(one, other)
    return [find(node) for node in range(size)]


class Neighbours:
    """The texts of one run as distinct forms, with every pair of forms at or above a threshold.

    Attributes:
        form_of: for each text the number of its form.
        forms: the distinct forms.
        near: for a form that has any, its near forms with their Jaccard similarity.
        component: for each form the smallest form that it is connected to.
    """

    def __init__(self, forms: Sequence[str], threshold: float) -> None:
        self.forms = sorted(set(forms))
        number = {form: position for position, form in enumerate(self.forms)}
        self.form_of = [number[form] for form in forms]
        firsts, seconds, values = (array.tolist() for array in near_pairs(self.forms, threshold))
        self.near: dict[int, dict[int, float]] = defaultdict(dict)
        for first, second, value in zip(firsts, seconds, values, strict=True):
            self.near[first][second] = value
            self.near[second][first] = value
        self.component = components(len(self.forms), zip(firsts, seconds, strict=True))

    def near_forms(self, form: int, threshold: float) -> list[int]:
        """The form itself and all forms at or above a threshold (not below the one of the join)."""
        near = self.near.get(form)
        return [form, *sorted(other for other, value in near.items() if value >= threshold)] if near else [form]
