"""How a customer's question is made ready for the model: one way for training, evaluation and the gateway.

Here: the keyboard, redaction, the question out of the letter around it, misspelt words; the version of them all. Not
here: the rules themselves (reading, redact, letter).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path


def prepare_question(text: str, own_contacts: Sequence[str], lexicon: Path | None = None) -> str:
    """The question as the model sees it: personal data masked, nothing around it, spelt as it was meant.

    Args:
        text: the question as it came.
        own_contacts: the company's own contacts, which stay.
        lexicon: the words of the release's training set; None = words are left as they are spelt.
    """
    from ft_pipeline.letter import strip_frame
    from ft_pipeline.reading import open_reader, read_keyboard
    from ft_pipeline.redact import redact

    question = strip_frame(redact(read_keyboard(text), own_contacts=own_contacts).text)
    return open_reader(lexicon).read(question) if lexicon else question


@lru_cache(maxsize=1)
def preparation_version() -> str:
    """16 hex digits over all these rules; a release names it and the gateway checks it."""
    from ft_pipeline import letter, reading
    from ft_pipeline.redact import REDACTION_VERSION

    digest = hashlib.sha256(REDACTION_VERSION.encode("utf-8"))
    for package in (letter, reading):
        for path in sorted(Path(str(package.__file__)).parent.glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
