"""What stands around a message: greetings, signatures, quotes, subject lines. Shared by curation and the gateway.

Here: `strip_edges` for any message, `strip_frame` for a redacted question, `LETTER_VERSION` (a hash of these rules).
Not here: personal data (redact), what only many tickets together can tell (curate).
"""

from ft_pipeline.letter.column import strip_edges_all, strip_frame_all
from ft_pipeline.letter.frame import strip_frame
from ft_pipeline.letter.strip import SENTENCE_END, sentences, strip_edges, strip_quotes

__all__ = [
    "SENTENCE_END",
    "sentences",
    "strip_edges",
    "strip_edges_all",
    "strip_frame",
    "strip_frame_all",
    "strip_quotes",
]
