"""Finds near-same texts among many: 4-grams as arrays, and every pair at or above a Jaccard similarity.

Here: arrays of grams; the exact product for a few thousand texts; MinHash with banding (Broder 1997; Leskovec,
Rajaraman, Ullman, ch. 3) and exact verification for more. Not here: what counts as the same (callers).

The sketch hashes each gram once into 64 bins and keeps the least of each (one permutation hashing, Li, Owen, Zhang
2012), two times over; an empty bin borrows from another one (Shrivastava 2017). That is a thirtieth of the work of 128
hash functions.

Written by hand in numpy because rensa takes Python lists of Python strings, which costs more than the hashing itself;
`python -m benchmarks.curate` has both side by side. Up to `EXACT_UP_TO` texts nothing is missed; above it banding
misses about two in a hundred of the pairs at 0.6 and next to none at 0.75. What is returned is verified and never
wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

EXACT_UP_TO = 4_000  # texts
_SKETCHES, _BIN_BITS = 2, 6  # sketches of 2**6 bins
_BINS = 2**_BIN_BITS
_ROWS = 4  # values of a band; a sketch has 16 bands
_COMPARED = 64  # bytes kept per text to throw out most false candidates before they are verified
_SLACK = 0.2  # of the similarity that the bytes estimate: 3 standard errors
_WINDOW = 32  # neighbours inside one bucket; bounds what a thousand copies of one question cost
_BANDS = 4  # whose pairs are compared together
_PAIRS = 50_000  # compared or verified at once
_FORMS = 2_000  # turned into grams at once, so that the arrays stay in the processor's cache
_EMPTY = 0xFFFFFFFF


class GramSets:
    """Distinct character 4-grams of texts, hashed to 32 bits, one run of sorted values per text."""

    def __init__(self, forms: Sequence[str]) -> None:
        import numpy as np

        parts = [_distinct(*_grams(forms[start : start + _FORMS])) for start in range(0, len(forms), _FORMS)]
        self.values = np.concatenate([values for values, _ in parts]) if parts else np.empty(0, dtype=np.uint32)
        self.sizes = np.concatenate([sizes for _, sizes in parts]) if parts else np.empty(0, dtype=np.int64)
        self.starts = np.concatenate(([0], np.cumsum(self.sizes)))[:-1]


def near_pairs(forms: Sequence[str], threshold: float) -> tuple[Any, Any, Any]:
    """Arrays (first, second, jaccard) with first < second, sorted: the pairs at or above the threshold."""
    import numpy as np

    if len(forms) < 2:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0)
    if len(forms) <= EXACT_UP_TO:
        return _exact(GramSets(forms), threshold)
    keys = _candidates(forms, threshold)
    found = [_verified(forms, keys[start : start + _PAIRS], threshold) for start in range(0, len(keys), _PAIRS)]
    first, second, value = (np.concatenate([part[place] for part in found]) if found else keys for place in range(3))
    return first, second, value


def _grams(forms: Sequence[str]) -> tuple[Any, Any]:
    """Hashes of all 4-grams of all texts, and how many each text has; a gram that repeats stands there again."""
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
    return values[inside], lengths - 3


def _distinct(values: Any, sizes: Any) -> tuple[Any, Any]:
    """The same with each gram of a text once, sorted inside the text."""
    import numpy as np

    owner = np.repeat(np.arange(len(sizes), dtype=np.uint64), sizes)
    keys = np.sort((owner << np.uint64(32)) | values)
    keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))]
    sizes = np.bincount((keys >> np.uint64(32)).astype(np.int64), minlength=len(sizes))
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


def _candidates(forms: Sequence[str], threshold: float) -> Any:
    """Sorted distinct `first * n + second` of the pairs that share a band and look alike in their sketches."""
    import numpy as np

    bands, kept = _sketches(forms)
    least = (threshold - _SLACK) * _COMPARED
    found = [np.empty(0, dtype=np.int64)]
    for start in range(0, len(bands), _BANDS):  # who shares one band mostly shares the next one too
        pairs = np.unique(np.concatenate([_sharing(band) for band in bands[start : start + _BANDS]]))
        for some in range(0, len(pairs), _PAIRS):
            first, second = np.divmod(pairs[some : some + _PAIRS], len(forms))
            alike = np.count_nonzero(kept[first] == kept[second], axis=1) >= least
            found.append(pairs[some : some + _PAIRS][alike])
    return np.unique(np.concatenate(found))


def _sharing(band: Any) -> Any:
    """`first * n + second` of the texts with the same key in a band, as far as the window reaches."""
    import numpy as np

    count = len(band)
    keys = np.sort((band.astype(np.uint64) << np.uint64(32)) | np.arange(count, dtype=np.uint64))
    ordered, order = keys >> np.uint64(32), (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)
    places = (ordered[1:] == ordered[:-1]).nonzero()[0]
    found = []
    for offset in range(1, _WINDOW + 1):
        found.append(order[places] * count + order[places + offset])  # equal keys stand in the order of their texts
        places = places[: np.searchsorted(places, count - offset - 1)]
        places = places[ordered[places + offset + 1] == ordered[places]]
    return np.concatenate(found)


def _sketches(forms: Sequence[str]) -> tuple[Any, Any]:
    """Per band a 32-bit key of each text; and the bytes of each text by which two are compared."""
    import numpy as np

    per_sketch = _BINS // _ROWS
    bands = np.empty((_SKETCHES * per_sketch, len(forms)), dtype=np.uint32)
    kept = np.empty((len(forms), _COMPARED), dtype=np.uint8)
    factors = (0x9E3779B1, 0xC2B2AE3D)  # odd: each is a permutation of the hashes
    for start in range(0, len(forms), _FORMS):
        values, sizes = _grams(forms[start : start + _FORMS])
        block = slice(start, start + len(sizes))
        bins = np.repeat(np.arange(len(sizes), dtype=np.int64) * _BINS, sizes)
        for number in range(_SKETCHES):
            table = _filled(_least_of_bins(values * np.uint32(factors[number]), bins, len(sizes)), number)
            grouped = table.reshape(len(sizes), per_sketch, _ROWS)
            keys = np.zeros((len(sizes), per_sketch), dtype=np.uint32)
            for row in range(_ROWS):
                keys = (keys ^ grouped[:, :, row]) * np.uint32(0x85EBCA6B)
                keys ^= keys >> np.uint32(15)
            bands[number * per_sketch : (number + 1) * per_sketch, block] = keys.T
            half = _COMPARED // _SKETCHES
            compared = (table[:, :half] * np.uint32(0xC2B2AE3D)) >> np.uint32(24)
            kept[block, number * half : (number + 1) * half] = compared
    return bands, kept


def _least_of_bins(hashes: Any, first_bin: Any, count: int) -> Any:
    """A row of bins per text: the upper bits of a hash name its bin, the least of the rest stays."""
    import numpy as np

    table = np.full(count * _BINS, _EMPTY, dtype=np.uint32)
    # The bits that name the bin go, else the least value of a bin would tell its number and nothing more.
    np.minimum.at(table, first_bin + (hashes >> np.uint32(32 - _BIN_BITS)), (hashes << np.uint32(_BIN_BITS)) >> 1)
    return table.reshape(count, _BINS)


def _filled(table: Any, number: int) -> Any:
    """The rows with each empty bin filled from a bin that is not, drawn by the bin's number alone."""
    flat = table.ravel()
    filled = flat.copy()
    places = (flat == _EMPTY).nonzero()[0]
    for away in _draws(number):
        if not len(places):
            break
        borrowed = flat[places + away[places & (_BINS - 1)]]
        filled[places] = borrowed
        places = places[borrowed == _EMPTY]
    return filled.reshape(table.shape)


@lru_cache(maxsize=_SKETCHES)
def _draws(number: int) -> Any:
    """For each try: how far from each bin lies the one that it borrows from."""
    import numpy as np

    draws = np.random.default_rng(20_261_101 + number).integers(0, _BINS, size=(8 * _BINS, _BINS))
    return draws - np.arange(_BINS)


def _verified(forms: Sequence[str], keys: Any, threshold: float) -> tuple[Any, Any, Any]:
    """The pairs that are as alike as they look, by the grams that both rows of the matrix texts × grams hold."""
    import numpy as np
    from scipy.sparse import csr_matrix

    first, second = keys // len(forms), keys % len(forms)
    numbers, place = np.unique(np.concatenate((first, second)), return_inverse=True)
    sets = GramSets([forms[number] for number in numbers.tolist()])
    rows = np.concatenate((sets.starts, [len(sets.values)]))
    held = np.ones(len(sets.values), dtype=np.int8)
    matrix = csr_matrix((held, sets.values.astype(np.int64), rows), shape=(len(numbers), 2**32))
    one, other = place[: len(keys)], place[len(keys) :]
    common = matrix[one].multiply(matrix[other]).getnnz(axis=1)
    value = common / (sets.sizes[one] + sets.sizes[other] - common)
    kept = value >= threshold
    return first[kept], second[kept], value[kept]
