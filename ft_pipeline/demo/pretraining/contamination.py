"""Keeps the demo company out of the pre-training text: nothing it is trained or tested on may have been seen.

Here: the comparison of texts (normalised exact match, near-duplicate by character 4-grams), the cleaning of the corpus,
the count for the model card. Reads demo/company/*.yaml for this purpose only. Not here: making text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from ft_pipeline.demo.pretraining.generate import Conversation, Topic

COMPANY = Path(__file__).parent.parent / "company"
NEAR = 0.6  # Jaccard index of the sets of character 4-grams at or above which two texts count as the same
_GRAM = 4


@dataclass(frozen=True)
class Found:
    """What the comparison saw; figures for the model card."""

    protected: int  # texts of the demo company: wordings, evaluation questions, answers
    compared: int  # hand-written texts of the corpus
    dropped: tuple[tuple[str, str, str], ...]  # (topic, our text, the demo text it is too near to)
    sampled: int  # generated turns compared
    sampled_near: tuple[tuple[str, str], ...]  # (generated turn, demo text)


def normalise(text: str) -> str:
    """Lower case, ё as е, slots and digits as one mark, everything but letters and marks as single spaces."""
    text = re.sub(r"\{\w+\}|\d+", " # ", text.lower().replace("ё", "е"))
    return " ".join(re.findall(r"[^\W\d_]+|#", text))


def _grams(text: str) -> frozenset[str]:
    padded = f" {text} "
    return frozenset(padded[i : i + _GRAM] for i in range(max(1, len(padded) - _GRAM + 1)))


class Protected:
    """The texts to keep out, indexed by their 4-grams."""

    def __init__(self, texts: Iterable[str]) -> None:
        import numpy as np

        self.texts = sorted(set(texts))
        self._exact = {normalise(text): text for text in self.texts}
        grams = [_grams(normalise(text)) for text in self.texts]
        self._sizes = np.array([len(each) for each in grams], dtype=np.int64)
        holders: dict[str, list[int]] = defaultdict(list)
        for number, each in enumerate(grams):
            for gram in each:
                holders[gram].append(number)
        self._holders = {gram: np.array(numbers, dtype=np.int64) for gram, numbers in holders.items()}

    def near(self, text: str, *, threshold: float = NEAR) -> str | None:
        """The protected text that `text` repeats or nearly repeats, or None."""
        import numpy as np

        normal = normalise(text)
        if normal in self._exact:
            return self._exact[normal]
        grams = _grams(normal)
        found = [self._holders[gram] for gram in grams if gram in self._holders]
        if len(found) < threshold * len(grams):  # too few grams are known at all to reach the threshold
            return None
        shared = np.bincount(np.concatenate(found), minlength=len(self.texts))
        jaccard = shared / (len(grams) + self._sizes - shared)
        best = int(jaccard.argmax())
        return self.texts[best] if jaccard[best] >= threshold else None

    def touches(self, conversation: Conversation) -> bool:
        """Whether a turn of the conversation repeats or nearly repeats a protected text."""
        return any(
            self.near(part.text) is not None for part in conversation.parts if part.role != "system" and part.text
        )


def _texts(node: Any) -> Iterable[str]:
    """Every text of a company file: wordings, `text` of questions and of answers, whatever the nesting."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "text" and isinstance(value, str):
                yield value
            elif key == "wordings":
                yield from (item for item in value if isinstance(item, str))
            else:
                yield from _texts(value)
    elif isinstance(node, list):
        for item in node:
            yield from _texts(item)


def protected_texts(folder: Path = COMPANY) -> list[str]:
    """All wordings, evaluation questions and answers of the demo company."""
    found = [text for path in sorted(folder.glob("*.yaml")) for text in _texts(yaml.safe_load(path.read_text("utf-8")))]
    if not found:
        raise FileNotFoundError(f"no texts found in {folder}: without them nothing can be kept out; expected *.yaml")
    return found


def clean(topics: Sequence[Topic], protected: Protected) -> tuple[list[Topic], Found]:
    """The topics without any wording or answer that is too near to a protected text."""
    dropped: list[tuple[str, str, str]] = []
    kept: list[Topic] = []
    for topic in topics:
        near = {text: hit for text in (*topic.wordings, *topic.answers) if (hit := protected.near(text)) is not None}
        dropped += [(topic.name, text, hit) for text, hit in near.items()]
        answers = tuple(text for text in topic.answers if text not in near)
        if answers:
            wordings = tuple(text for text in topic.wordings if text not in near)
            kept.append(replace(topic, wordings=wordings, answers=answers))
    compared = sum(len(topic.wordings) + len(topic.answers) for topic in topics)
    return kept, Found(len(protected.texts), compared, tuple(dropped), 0, ())


def sample(
    stream: Iterable[Conversation], protected: Protected, *, conversations: int
) -> tuple[int, list[tuple[str, str]]]:
    """Compare the turns of so many generated conversations; returns how many turns, and those that are too near."""
    turns, near = 0, []
    for conversation in islice(stream, conversations):
        for part in conversation.parts:
            if part.role != "system" and part.text:
                turns += 1
                if (hit := protected.near(part.text)) is not None:
                    near.append((part.text, hit))
    return turns, near
