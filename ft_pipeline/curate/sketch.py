"""Finds near-same texts among many: 4-grams as arrays, and every pair at or above a Jaccard similarity.

Here: arrays of grams; the exact product for a few thousand texts; MinHash with banding (Broder 1997; Leskovec,
Rajaraman, Ullman, ch. 3) and exact verification for more. Not here: what counts as the same (callers).

Written by hand in numpy because rensa takes Python lists of Python strings, which costs more than the hashing itself;
`python -m benchmarks.curate` has both side by side. Up to `EXACT_UP_TO` texts nothing is missed. Above it, 32 bands of
4 rows miss 1.2 % of the pairs at 0.6 and 5 in a million at 0.75; what is returned is verified and never wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

EXACT_UP_TO = 4_000  # texts
_BANDS, _ROWS = 32, 4
_SKETCH = 64  # bytes kept per text to throw out most false candidates before they are verified
_SLACK = 0.2  # of the similarity that the bytes estimate: 3 standard errors
_WINDOW = 32  # neighbours inside one bucket; bounds what a thousand copies of one question cost
_CELLS = 400_000  # of a block of work, so that it stays in the processor's cache
_PAIRS = 100_000  # verified at once
_FORMS = 20_000  # turned into grams at once


class GramSets:
    """Distinct character 4-grams of texts, hashed to 32 bits, one run of sorted values per text."""

    def __init__(self, forms: Sequence[str]) -> None:
        import numpy as np

        parts = [_grams(forms[start : start + _FORMS]) for start in range(0, len(forms), _FORMS)]
        self.values = np.concatenate([values for values, _ in parts]) if parts else np.empty(0, dtype=np.uint32)
        self.sizes = np.concatenate([sizes for _, sizes in parts]) if parts else np.empty(0, dtype=np.int64)
        self.starts = np.concatenate(([0], np.cumsum(self.sizes)))[:-1]


def near_pairs(forms: Sequence[str], threshold: float) -> tuple[Any, Any, Any]:
    """Arrays (first, second, jaccard) with first < second, sorted: the pairs at or above the threshold."""
    import numpy as np

    if len(forms) < 2:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0)
    sets = GramSets(forms)
    if len(forms) <= EXACT_UP_TO:
        return _exact(sets, threshold)
    keys = _candidates(sets, threshold)
    found = [_verified(sets, keys[start : start + _PAIRS], threshold) for start in range(0, len(keys), _PAIRS)]
    first, second, value = (np.concatenate([part[place] for part in found]) if found else keys for place in range(3))
    return first, second, value


def _grams(forms: Sequence[str]) -> tuple[Any, Any]:
    import numpy as np

    edged = [f" {form} ".ljust(4, "\0") for form in forms]
    codes = np.frombuffer("".join(edged).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.fromiter(map(len, edged), dtype=np.int64, count=len(edged))
    values = codes[:-3].copy()
    for shift in (1, 2, 3):
        values *= np.uint32(0x01000193)
        values ^= codes[shift : len(codes) - 3 + shift]
        values ^= values >> np.uint32(13)
    values *= np.uint32(0x85EBCA6B)
    values ^= values >> np.uint32(16)
    ends = np.cumsum(lengths)[:-1]
    inside = np.ones(len(values), dtype=bool)
    for back in (1, 2, 3):
        inside[ends - back] = False
    owner = np.repeat(np.arange(len(edged), dtype=np.uint64), lengths - 3)
    keys = np.sort((owner << np.uint64(32)) | values[inside])
    keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))]
    sizes = np.bincount((keys >> np.uint64(32)).astype(np.int64), minlength=len(edged))
    return (keys & np.uint64(0xFFFFFFFF)).astype(np.uint32), sizes


def _exact(sets: GramSets, threshold: float) -> tuple[Any, Any, Any]:
    """By the product of the matrix texts × grams with its transpose."""
    import numpy as np
    from scipy.sparse import csr_matrix

    known, columns = np.unique(sets.values, return_inverse=True)
    rows = np.concatenate((sets.starts, [len(sets.values)]))
    shape = (len(sets.sizes), len(known))
    matrix = csr_matrix((np.ones(len(columns), dtype=np.int32), columns, rows), shape=shape)
    turned = matrix.T.tocsr()
    found = []
    for start in range(0, shape[0], 512):
        common = (matrix[start : start + 512] @ turned).tocoo()
        first, second = common.row.astype(np.int64) + start, common.col.astype(np.int64)
        value = common.data / (sets.sizes[first] + sets.sizes[second] - common.data)
        kept = (first < second) & (value >= threshold)
        found.append((first[kept], second[kept], value[kept]))
    first, second, value = (np.concatenate([part[place] for part in found]) for place in range(3))
    order = np.lexsort((second, first))
    return first[order], second[order], value[order]


def _candidates(sets: GramSets, threshold: float) -> Any:
    """Sorted distinct `first * n + second` of the pairs that share a band and look alike in their sketches."""
    import numpy as np

    count = len(sets.sizes)
    bands, sketch = _signatures(sets)
    least = (threshold - _SLACK) * _SKETCH
    found = [np.empty(0, dtype=np.int64)]
    for band in bands:
        order = np.argsort(band, kind="stable")
        ordered = band[order]
        for offset in range(1, _WINDOW + 1):
            places = np.flatnonzero(ordered[offset:] == ordered[:-offset])
            if not len(places):
                break
            for start in range(0, len(places), _PAIRS):
                one, other = order[places[start : start + _PAIRS]], order[places[start : start + _PAIRS] + offset]
                alike = (sketch[one] == sketch[other]).sum(axis=1) >= least
                found.append(np.minimum(one, other)[alike] * count + np.maximum(one, other)[alike])
    return np.unique(np.concatenate(found))


def _signatures(sets: GramSets) -> tuple[Any, Any]:
    """Per band a 64-bit key of each text; and the sketch bytes of each text."""
    import numpy as np

    hashes = _BANDS * _ROWS
    factors = np.random.default_rng(20_261_101).integers(1, 2**32, size=hashes, dtype=np.uint64).astype(np.uint32) | 1
    bands = np.zeros((_BANDS, len(sets.sizes)), dtype=np.uint64)
    sketch = np.empty((len(sets.sizes), _SKETCH), dtype=np.uint8)
    for block, table in _blocks(sets):
        scratch = np.empty_like(table)
        for number in range(hashes):
            np.multiply(table, factors[number], out=scratch)
            least = scratch.min(axis=0)
            band = number // _ROWS
            bands[band, block] = (bands[band, block] ^ least) * np.uint64(0x9E3779B97F4A7C15)
            if number < _SKETCH:
                sketch[block, number] = (least * np.uint32(0x85EBCA6B)) >> np.uint32(24)
    return bands, sketch


def _blocks(sets: GramSets) -> Iterator[tuple[Any, Any]]:
    """Texts of about one size: their numbers, and their grams as a table with a column per text."""
    import numpy as np

    order = np.argsort(sets.sizes, kind="stable")
    start = 0
    while start < len(order):
        wide = max(1, _CELLS // int(sets.sizes[order[start]]))
        block = order[start : start + wide]
        longest = int(sets.sizes[block[-1]])
        places = np.minimum(np.arange(longest)[:, None], sets.sizes[block] - 1) + sets.starts[block]
        yield block, sets.values[places]
        start += wide


def _verified(sets: GramSets, keys: Any, threshold: float) -> tuple[Any, Any, Any]:
    import numpy as np

    first, second = keys // len(sets.sizes), keys % len(sets.sizes)
    both = np.concatenate((first, second))
    sizes = sets.sizes[both]
    owner = np.repeat(np.concatenate((np.arange(len(keys)), np.arange(len(keys)))), sizes)
    inside = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    grams = sets.values[np.repeat(sets.starts[both], sizes) + inside]
    ordered = np.sort((owner.astype(np.uint64) << np.uint64(32)) | grams)
    shared = ordered[1:][ordered[1:] == ordered[:-1]] >> np.uint64(32)
    common = np.bincount(shared.astype(np.int64), minlength=len(keys))
    value = common / (sets.sizes[first] + sets.sizes[second] - common)
    kept = value >= threshold
    return first[kept], second[kept], value[kept]
