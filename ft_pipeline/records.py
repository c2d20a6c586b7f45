"""The tables that stages hand to each other: their rows, their columns and their column types.

Here: row types (frozen dataclasses), the table schema of each, and the conversion between rows, frames and Parquet.
Not here: how a row is made (stages), what a table promises (data_contracts/), where it is kept (store).

Conventions that hold for every table: text is `str` and never null (absent = ""), times are ISO-8601 strings in UTC
("2026-03-01T09:30:00+00:00"), identifiers are strings, lists of identifiers are joined by a space.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from array import array
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a ticket, as the source gave it."""

    ticket_id: str
    turn_id: str  # unique inside the ticket; turns of one ticket are ordered by `position`
    position: int  # 0-based
    role: str  # customer | agent | bot | note | system
    text: str
    created_at: str
    customer_id: str  # "" where the source has none
    channel: str  # chat | email | phone | pair | ...
    status: str  # resolved | reopened | open | "" (unknown)
    category: str
    source: str  # the source's name in task.yaml
    kind: str = ""  # standard | needs_lookup where the source says so, "" = unknown


@dataclass(frozen=True, slots=True)
class Document:
    """One text of the knowledge base."""

    document_id: str
    title: str
    text: str
    updated_at: str
    source: str


@dataclass(frozen=True, slots=True)
class HeldOutQuestion:
    """A question written for evaluation only, with the answer a human expects (`""` intent answer = hand over)."""

    question_id: str
    stratum: str  # usual | rare | noisy | out_of_scope
    question: str
    answer: str  # the right answer at `valid_from`; "" where the right reaction is to hand over
    kind: str  # standard | needs_lookup | out_of_scope
    valid_from: str
    valid_to: str  # "" = still valid
    source: str


@dataclass(frozen=True, slots=True)
class QAPair:
    """One self-contained question and the answer that resolved it, with the evidence for it."""

    pair_id: str
    question: str
    answer: str  # the canonical answer of `answer_id`
    answer_id: str  # near-same answers share it
    intent: str  # near-same questions and their answer group share it; a readable name
    kind: str  # standard | needs_lookup
    language: str  # ru | en | mixed
    split: str  # train | validation | eval
    cluster_id: str  # near-same questions share it; the unit of the split
    customer_id: str
    ticket_id: str
    turn_ids: str
    evidence: str  # the span of the (redacted) source that supports the answer
    created_at: str
    valid_from: str
    valid_to: str  # "" = still valid
    source: str
    context: str = ""  # the earlier turns that the question needs (`as_context`); "" = it stands alone


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that a stage did not let through: kept, named and counted."""

    stage: str  # ingest.parse | curate.pair | ...
    reason: str  # a fixed snake_case name, e.g. answer_says_nothing
    key: str  # ticket id, pair id, file name, ...
    detail: str  # what was found, redacted text at most
    source: str


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """One example for fine-tuning; `origin` says whether a ticket or augmentation made it."""

    row_id: str
    question: str
    answer: str
    answer_id: str
    intent: str
    kind: str
    split: str  # train | validation
    origin: str  # ticket | synthetic | document
    parent_id: str  # pair id of the parent ("" for origin=document without one)
    method: str  # "" for tickets; typo | layout | paraphrase | document | llm ... for synthetic rows
    context: str = ""  # as in QAPair: earlier messages of the chat, never learned from


@dataclass(frozen=True, slots=True)
class EvalRow:
    """One unseen question with its reference."""

    eval_id: str
    question: str
    reference: str  # "" where the right reaction is to hand over
    answer_id: str
    intent: str
    kind: str  # standard | needs_lookup | out_of_scope
    stratum: str  # tickets | usual | rare | noisy | out_of_scope
    customer_id: str
    created_at: str
    valid_from: str
    valid_to: str
    origin: str  # ticket | held_out_question
    source: str
    context: str = ""  # as in QAPair: asked as a conversation


@dataclass(frozen=True, slots=True)
class IncomingRow:
    """One raw ticket, drawn before any filtering: load reduction is measured on these."""

    ticket_id: str
    question: str  # first customer message(s), redacted
    reference: str  # the canonical answer where the ticket became a pair, else ""
    kind: str  # standard | needs_lookup | unknown
    created_at: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one arm answered to one question."""

    eval_id: str
    arm: str  # base | retrieval | champion | challenger
    text: str
    confidence: float  # higher is surer; scale depends on the arm
    answered: bool  # False = handed over
    tokens: int
    seconds: float  # generation time, s; 0.0 where it was not measured one by one


@dataclass(frozen=True, slots=True)
class Score:
    """One verdict of one scorer on one answer; `value` is None where it could not be scored."""

    eval_id: str
    arm: str
    scorer: str
    value: float | None  # 0..1
    reason: str


@dataclass(frozen=True, slots=True)
class SourceCount:
    """What became of the rows of one source, and how it compares with the last sound refresh."""

    source: str
    rows_in: int
    rows_out: int
    rejected: int
    rows_unaccounted: int  # rows_in - rows_out - rejected: 0, or something lost rows
    rows_before: int  # rows_in of the last refresh whose contract passed; 0 = there is none
    change: float | None  # rows_in / rows_before - 1, e.g. -0.25; None where there is nothing to compare
    newest: str  # time of its newest message; "" where it has none
    days_since_newest: float | None  # from there to as_of


def as_context(turns: Sequence[Mapping[str, str]]) -> str:
    """Earlier turns (role user or assistant, content), oldest first, as the text of a `context` column."""
    return json.dumps([{"role": turn["role"], "content": turn["content"]} for turn in turns], ensure_ascii=False)


def earlier_turns(context: str) -> list[dict[str, str]]:
    """The turns of a `context` column; none where the question stands alone."""
    return [dict(turn) for turn in json.loads(context)] if context else []


def asked_in_all(question: str, context: str) -> str:
    """What the customer said up to and with the question, in one text: what decides whether two rows ask the same."""
    before = [turn["content"] for turn in earlier_turns(context) if turn["role"] == "user"]
    return "\n".join([*before, question])


def shown_question(question: str, context: str) -> str:
    """The question for human eyes: with the turns before it, one per line, where it needs them."""
    marks = {"user": "— ", "assistant": "    — "}
    before = [f"{marks[turn['role']]}{turn['content']}" for turn in earlier_turns(context)]
    return "\n".join([*before, f"— {question}"]) if before else question


Row = TypeVar("Row")
_DTYPES = {str: "str", int: "int64", float: "float64", bool: "bool"}


def columns(row_type: type) -> dict[str, str]:
    """Column names and pandas dtypes of a row type, in order."""
    hints = get_type_hints(row_type)
    return {field.name: _DTYPES.get(hints[field.name], "float64") for field in dataclasses.fields(row_type)}


def to_frame(rows: Iterable[Any], row_type: type) -> pd.DataFrame:
    """Rows of one type as a frame with exactly the columns and dtypes of that type (also when there are none).

    Raises:
        ValueError: a text is None; absent text is "".
    """
    import pandas as pd

    names = list(columns(row_type))
    records = [[getattr(row, name) for name in names] for row in rows]
    frame = pd.DataFrame(records, columns=names)
    empty = [name for name, dtype in columns(row_type).items() if dtype == "str" and frame[name].isna().any()]
    if empty:
        raise ValueError(f"{row_type.__name__}: found None in text columns {empty}; write '' where text is absent")
    return frame.astype(columns(row_type))


def from_frame(frame: pd.DataFrame, row_type: type[Row]) -> list[Row]:
    """The rows of a frame; raises ValueError where a column of the type is missing.

    What is missing in an optional column comes back as None: as a float it would be NaN, which counts as true.
    """
    names = list(columns(row_type))
    absent = _absent(row_type, list(frame.columns))
    frame = frame.assign(**absent)
    hints = get_type_hints(row_type)
    optional = [place for place, name in enumerate(names) if hints[name] == float | None]
    rows = []
    for values in frame[names].itertuples(index=False, name=None):
        cells = list(values)
        for place in optional:
            cells[place] = None if cells[place] != cells[place] else cells[place]
        rows.append(row_type(*cells))
    return rows


def hash_rows(rows: Sequence[Any], row_type: type) -> str:
    """sha256 of the content of rows of one type, hex; two tables have the same hash where all their values are equal.

    Column by column, with the length of every value, so that no two different tables share their bytes.
    """
    digest = hashlib.sha256(f"{row_type.__name__} {len(rows)}".encode())
    for name in columns(row_type):
        texts = [str(getattr(row, name)) for row in rows]
        digest.update(f"\n{name} ".encode())
        digest.update(array("Q", map(len, texts)).tobytes())
        digest.update("".join(texts).encode("utf-8", errors="surrogatepass"))
    return digest.hexdigest()


def write_table(path: Path, rows: Iterable[Any], row_type: type) -> int:
    """Writes rows as Parquet and returns how many. The bytes depend on the rows alone."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    given = list(rows)
    schema = _schema(row_type)
    cells = zip(*map(attrgetter(*schema.names), given), strict=True) if given else [()] * len(schema.names)
    try:
        values = [pa.array(column, field.type, from_pandas=True) for column, field in zip(cells, schema, strict=True)]
        table = pa.table(values, schema=schema)
        if any(column.null_count for column, field in zip(values, schema, strict=True) if field.type != pa.float64()):
            raise TypeError("a text is missing")
    except (pa.ArrowException, TypeError, ValueError):  # pandas takes some more types, and says what is wrong
        table = pa.Table.from_pandas(to_frame(given, row_type), preserve_index=False)
    pq.write_table(table, path, compression="zstd")
    return len(given)


@lru_cache(maxsize=64)
def _schema(row_type: type) -> Any:
    """The Arrow schema of a row type as pandas writes it, so that pandas reads its own dtypes back."""
    import pyarrow as pa

    return pa.Schema.from_pandas(to_frame((), row_type), preserve_index=False)


def read_table(path: Path, row_type: type[Row]) -> list[Row]:
    """The rows of a Parquet file written by `write_table`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    absent, size = _absent(row_type, file.schema_arrow.names), file.metadata.num_rows
    # Filling the slots column by column takes half the time of a frozen row's constructor, and needs one column in
    # memory at a time beside the rows: tables of transcripts have millions of them.
    rows = list(map(object.__new__, repeat(row_type, size)))
    for name in columns(row_type):
        cells = repeat(absent[name], size) if name in absent else _cells(file.read([name])[name])
        deque(map(getattr(row_type, name).__set__, rows, cells), maxlen=0)
    pa.default_memory_pool().release_unused()
    return rows


def _cells(column: Any) -> list[Any]:
    """The values of a column; where most of its texts repeat, equal ones are one object."""
    import pyarrow as pa

    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return list(column.to_pylist())
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray) or encoded.null_count or 2 * len(encoded.dictionary) > len(encoded):
        return list(column.to_pylist())
    return list(map(encoded.dictionary.to_pylist().__getitem__, encoded.indices.to_pylist()))


def _absent(row_type: type, found: Sequence[str]) -> dict[str, Any]:
    """Columns that a table of an earlier version does not have, with their defaults.

    Raises:
        ValueError: a column without a default is missing.
    """
    missing = [field for field in dataclasses.fields(row_type) if field.name not in found]
    needed = [field.name for field in missing if field.default is dataclasses.MISSING]
    if needed:
        raise ValueError(f"{row_type.__name__}: columns {needed} are missing, found {list(found)}")
    return {field.name: field.default for field in missing}


def count_reasons(rejected: Sequence[Rejected]) -> dict[str, int]:
    """Rejected rows counted by `stage: reason`, most frequent first."""
    counts: dict[str, int] = {}
    for row in rejected:
        name = f"{row.stage}: {row.reason}"
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def as_dict(row: Any) -> dict[str, Any]:
    """A row as a plain mapping, for JSON."""
    return dict(dataclasses.asdict(row))
