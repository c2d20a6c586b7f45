"""What a whole question says, as a vector: the second teacher in pre-training.

Here: the rare words of a text weigh more than the frequent ones; each stands for its navec vector (likeness) and for a
random direction of its lemma's own (identity); greetings and side remarks weigh next to nothing. Not here: topics.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from ft_pipeline.demo.pretraining.generate import Topic
from ft_pipeline.demo.pretraining.meanings import DIMENSIONS, Meanings
from ft_pipeline.demo.pretraining.noise import WORD
from ft_pipeline.demo.pretraining.wrapping import lemma, phrases

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IDENTITY = 212  # dimensions of the lemma's own direction
SIZE = DIMENSIONS + IDENTITY
_RARE = 2e-3  # share of all words at which a lemma's weight has fallen to a half (smooth inverse frequency)


class Gist:
    """Adds up the words of a question; the weights come from the corpus and from the wrapping phrases."""

    def __init__(self, topics: Sequence[Topic], meanings: Meanings) -> None:
        import numpy as np

        self._meanings = meanings
        counts = Counter(lemma(word) for topic in topics for text in topic.wordings for word in _words(text))
        for name in ("greetings", "closings", "before"):
            for text in phrases()[name]:
                for word in _words(text):
                    counts[lemma(word)] += 40
        total = sum(counts.values())
        self._weight = {name: _RARE / (_RARE + count / total) for name, count in counts.items()}
        sample = [self.sum_of(_words(text)) for topic in topics for text in topic.wordings[:5]]
        self._mean: NDArray[np.float32] = np.stack(
            [vector / max(1e-6, float(np.linalg.norm(vector))) for vector in sample]
        )
        self._mean = self._mean.mean(axis=0)

    @lru_cache(maxsize=200_000)  # noqa: B019 (one teacher lives as long as the process)
    def word(self, word: str) -> NDArray[np.float32]:
        """The weighted vector of one lower-case word, shape (SIZE,)."""
        import numpy as np

        name = lemma(word)
        likeness = self._meanings.vector(word)
        if likeness is None:
            likeness = self._meanings.vector(name)
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
        identity = np.random.default_rng(seed).standard_normal(IDENTITY).astype(np.float32) / IDENTITY**0.5
        known = np.zeros(DIMENSIONS, dtype=np.float32) if likeness is None else likeness
        weight = self._weight.get(name, 1.0)
        return np.asarray(weight * np.concatenate([known, identity]), dtype=np.float32)

    def sum_of(self, words: Iterable[str]) -> NDArray[np.float32]:
        """The plain sum of the words' vectors."""
        import numpy as np

        return np.asarray(np.sum([np.zeros(SIZE)] + [self.word(word) for word in words], axis=0), dtype=np.float32)

    def finish(self, sums: NDArray[np.float32]) -> NDArray[np.float32]:
        """Sums (n, SIZE) to targets: length one, then centred on the mean question."""
        import numpy as np

        lengths = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)
        return np.asarray(sums / lengths - self._mean, dtype=np.float32)


def _words(text: str) -> list[str]:
    return [match.lower() for match in WORD.findall(text)]
