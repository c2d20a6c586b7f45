"""What single words mean: the open navec vectors (MIT licence, inside natasha's wheel) as a teacher in pre-training.

Here: word → unit vector, word → words of like meaning. Not here: any text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIMENSIONS = 300
_FILE = "navec_news_v1_1B_250K_300d_100q.tar"
_COMMON = 40_000  # so many of the most frequent words may be named as neighbours


class Meanings:
    """The teacher's vectors, centred on the mean of the common words and scaled to length one."""

    def __init__(self, path: Path | None = None) -> None:
        import numpy as np
        from navec import Navec

        if path is None:
            import natasha

            path = Path(natasha.__file__).parent / "data" / "emb" / _FILE
        self._navec = Navec.load(str(path))
        vocabulary = self._navec.vocab
        by_count = sorted(zip(vocabulary.words, vocabulary.counts, strict=False), key=lambda pair: (-pair[1], pair[0]))
        is_plain = re.compile(r"[а-яё]{3,16}").fullmatch
        self.common: list[str] = [word for word, _ in by_count if is_plain(word)][:_COMMON]
        matrix = np.stack([self._navec[word] for word in self.common]).astype(np.float32)
        self._mean: NDArray[np.float32] = matrix.mean(axis=0)
        matrix -= self._mean
        self._matrix: NDArray[np.float32] = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)

    @lru_cache(maxsize=200_000)  # noqa: B019 (one teacher lives as long as the process)
    def vector(self, word: str) -> NDArray[np.float32] | None:
        """Unit vector of a lower-case word, shape (300,), or None where the teacher does not know it."""
        import numpy as np

        for form in (word, word.replace("ё", "е")):
            if form in self._navec:
                centred = self._navec[form].astype(np.float32) - self._mean
                return np.asarray(centred / np.linalg.norm(centred), dtype=np.float32)
        return None

    @lru_cache(maxsize=50_000)  # noqa: B019 (one teacher lives as long as the process)
    def neighbours(self, word: str, count: int = 8) -> tuple[str, ...]:
        """The common words nearest in meaning, nearest first, without the word itself; empty where unknown."""
        import numpy as np

        vector = self.vector(word)
        if vector is None:
            return ()
        nearness = self._matrix @ vector
        best = np.argpartition(-nearness, count + 1)[: count + 1]
        ordered = sorted(best, key=lambda index: -nearness[index])
        return tuple(self.common[i] for i in ordered if self.common[i] != word and nearness[i] > 0.35)[:count]
