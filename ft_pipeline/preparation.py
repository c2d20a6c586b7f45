"""How a customer's question is made ready for the model: one way for training, evaluation and the gateway.

Here: redaction, then the question out of the letter around it, and the version of both. Not here: the rules themselves
(redact, letter).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path


def prepare_question(text: str, own_contacts: Sequence[str]) -> str:
    """The question as the model sees it: personal data masked, no salutation, contacts or signature around it."""
    from ft_pipeline.letter import strip_frame
    from ft_pipeline.redact import redact

    return strip_frame(redact(text, own_contacts=own_contacts).text)


@lru_cache(maxsize=1)
def preparation_version() -> str:
    """16 hex digits over all rules of both; a release names it and the gateway checks it."""
    from ft_pipeline import letter
    from ft_pipeline.redact import REDACTION_VERSION

    digest = hashlib.sha256(REDACTION_VERSION.encode("utf-8"))
    for path in sorted(Path(letter.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
