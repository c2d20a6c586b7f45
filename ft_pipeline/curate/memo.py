"""Remembers what redaction made of a text, from one refresh to the next, so that only new texts are redacted again.

Reads and writes one Parquet file beside the pairs: the hash of a text, and what redaction made of it (null where it
changed nothing). The texts themselves are not in it, and only what this run used is written, so that a rebuild from
nothing writes the same bytes and an erased text leaves no trace in the next version.

Here: the memo. Not here: when an old memo may be trusted (the step that publishes compares versions of the rules).
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

_KEY_BYTES = 16


class RedactionMemo:
    """`redact` that masks each distinct text once, and not at all where an earlier run did.

    Attributes:
        redacted_now: how many texts had to be redacted.
    """

    def __init__(self, redact: Callable[[str], str], earlier: Path | None = None) -> None:
        self._redact = redact
        self._earlier = _read(earlier) if earlier is not None else {}
        self._known: dict[str, str] = {}
        self.redacted_now = 0

    def __call__(self, text: str) -> str:
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = self._look_up(text) if self._earlier else self._masked(text)
        return found

    def write(self, path: Path) -> None:
        """Writes what was asked for in this run, sorted by hash; the bytes depend on the texts alone."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = sorted((_key(text), None if masked == text else masked) for text, masked in self._known.items())
        table = pa.table(
            {
                "hash": pa.array([key for key, _ in rows], type=pa.binary(_KEY_BYTES)),
                "redacted": pa.array([masked for _, masked in rows], type=pa.string()),
            }
        )
        pq.write_table(table, path, compression="zstd")

    def _look_up(self, text: str) -> str:
        key = _key(text)
        if key not in self._earlier:
            return self._masked(text)
        masked = self._earlier[key]
        return text if masked is None else masked

    def _masked(self, text: str) -> str:
        self.redacted_now += 1
        return self._redact(text)


def _key(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_KEY_BYTES).digest()


def _read(path: Path) -> dict[bytes, str | None]:
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    return dict(zip(table["hash"].to_pylist(), table["redacted"].to_pylist(), strict=True))
