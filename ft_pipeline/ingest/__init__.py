"""Every source of a task -> transcripts, documents and held-out questions, with each lost row named.

Here: rows of files become `Turn`, `Document` and `HeldOutQuestion`. Not here: repair of texts, redaction, pairing
(curate/). Reads the files that task.yaml names. Writes nothing: it returns tables.

What always holds: for each source, rows in = rows out + rows rejected. A row is a table row or a document file; a
file that cannot be read as a whole is one row.
"""

from __future__ import annotations

from ft_pipeline.ingest.files import IngestError
from ft_pipeline.ingest.sources import Ingested, hash_sources, ingest

__all__ = ["IngestError", "Ingested", "hash_sources", "ingest"]
