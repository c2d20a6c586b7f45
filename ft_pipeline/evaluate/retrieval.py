"""The arm that a buyer asks about first: the answer of the nearest training question.

Reads training rows; answers with the stored answer of the most similar question (character n-gram tf-idf, cosine).
It is a yardstick only: nothing of it is ever served.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from ft_pipeline.records import TrainingRow, asked_in_all
from ft_pipeline.scoring import normalise


@dataclass(frozen=True, slots=True)
class Looked:
    """What the look-up found for one question."""

    text: str
    similarity: float  # cosine, 0..1
    seconds: float  # share of the batch, s


def look_up(rows: Sequence[TrainingRow], questions: Sequence[str]) -> list[Looked]:
    """For each question the answer of the nearest training question; raises ValueError without training rows."""
    if not rows:
        raise ValueError("found no training rows; the retrieval arm needs the questions that the model learned from")
    if not questions:
        return []
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, preprocessor=normalise)
    known = vectorizer.fit_transform([asked_in_all(row.question, row.context) for row in rows])
    start = perf_counter()
    similarities = vectorizer.transform(questions) @ known.T
    nearest = np.asarray(similarities.argmax(axis=1)).ravel()
    seconds = (perf_counter() - start) / len(questions)
    return [
        Looked(rows[int(index)].answer, round(float(similarities[place, int(index)]), 6), seconds)
        for place, index in enumerate(nearest)
    ]
