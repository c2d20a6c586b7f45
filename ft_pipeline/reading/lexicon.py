"""The words that a company and its customers use, counted: what a misspelt word may have been meant to be.

Here: counting, `lexicon.json`. Not here: choosing among the words (spelling).
Reads and writes `lexicon.json`, which travels with the training set and with every release.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from ft_pipeline.store import write_json

LEXICON_FILE = "lexicon.json"
WORD = re.compile(r"(?<![\w\[@./-])[А-Яа-яЁё]+(?![\w\]@])")  # no part of a placeholder, an address or a code
_LEAST = 3  # a word seen less often may itself be a slip
_SURE = 10  # a word seen so often is the company's own, in no dictionary though it be
_MOST = 20_000


class LexiconError(ValueError):
    """A lexicon cannot be read; the message names what was found, what was expected and what to do."""


def count_words(texts: Iterable[str]) -> dict[str, int]:
    """The Cyrillic words of the texts with their counts, lower case, «ё» as «е», most frequent first.

    Kept are words of the dictionary that occur three times or more, and others that occur ten times or more.
    """
    from ft_pipeline.reading.spelling import is_in_dictionary

    counts = Counter(plain(word) for text in texts for word in WORD.findall(text))
    kept = {
        word: count for word, count in counts.items() if count >= _SURE or (count >= _LEAST and is_in_dictionary(word))
    }
    return dict(sorted(kept.items(), key=lambda item: (-item[1], item[0]))[:_MOST])


def plain(word: str) -> str:
    """The form under which words are counted and compared."""
    return word.lower().replace("ё", "е")


def write_lexicon(path: Path, words: dict[str, int]) -> None:
    """Writes the counted words (JSON)."""
    write_json(path, {"words": words})


def read_lexicon(path: Path) -> dict[str, int]:
    """Reads counted words.

    Raises:
        LexiconError: the file is missing or not a lexicon.
    """
    try:
        words = json.loads(path.read_text(encoding="utf-8"))["words"]
        return {str(word): int(count) for word, count in words.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LexiconError(
            f"{path}: {type(error).__name__}: {error}; expected a lexicon as `write_lexicon` writes it; "
            "materialize training_set again"
        ) from error
