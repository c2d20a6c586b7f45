"""One entry of `sources`: where tickets, pairs, documents or held-out questions come from, and in which format.

Here: its settings, what contradicts what among them, and how its place is written. Not here: opening it (ingest).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from ft_pipeline.task.strict import Strict

_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)

SourceFormat = Literal[
    "auto",
    # tables
    "csv",
    "tsv",
    "xlsx",
    "json",
    "jsonl",
    "parquet",
    "sql",
    # help desks, messengers, mail
    "zendesk",
    "freshdesk",
    "intercom",
    "jira",
    "helpscout",
    "telegram",
    "whatsapp",
    "mbox",
    "eml",
    # documents
    "markdown",
    "html",
    "txt",
    "docx",
    "pdf",
]


class Source(Strict):
    """One place that tickets, question-answer pairs, documents or held-out questions come from."""

    name: str = ""  # default: the file name or folder
    kind: Literal["tickets", "pairs", "documents", "held_out_questions"]
    path: Path  # file, folder or glob (** too), relative to task.yaml; .gz and .zip are opened; or an fsspec URL
    url: str = ""  # s3://bucket/tickets/*.csv: what `path` names where it is a URL; keys come from the environment
    format: SourceFormat = "auto"
    columns: dict[str, str] = Field(default_factory=dict)  # our column -> the file's column
    sheet: str = ""  # xlsx: sheet name; "" = the first
    encoding: str = ""  # "" = detect
    roles: dict[str, str] = Field(default_factory=dict)  # role word, name, id, domain -> customer | agent | bot | note
    url_env: str = ""  # sql: the environment variable that holds the database's SQLAlchemy URL
    table: str = ""  # sql: a table or view, schema.table; or
    query: str = ""  # sql: a SELECT without parameters
    cursor: str = ""  # sql: a column that grows (a time, a number): only what is new is read; "" = read all
    cursor_lag_s: float = Field(default=3600.0, ge=0)  # a time cursor: so far back is read again, for late commits
    cursor_lag_rows: int = Field(default=10_000, ge=0)  # a numeric cursor: the same, in numbers

    @model_validator(mode="before")
    @classmethod
    def _place_of(cls, given: Any) -> Any:
        """A URL in `path` moves to `url`; a database needs no path."""
        if not isinstance(given, Mapping):
            return given
        path = str(given.get("path", ""))
        if _URL.match(path):
            return {**given, "path": ".", "url": path}
        has_other_place = bool(given.get("url")) or given.get("format") == "sql"
        return {**given, "path": "."} if has_other_place and not path else given

    @model_validator(mode="after")
    def _one_way_in(self) -> Source:
        if self.url and not _URL.match(self.url):
            raise ValueError("`url` is no fsspec URL; write for example s3://bucket/tickets/*.csv")
        if "@" in self.url.split("://", 1)[-1].split("/", 1)[0]:
            raise ValueError("a URL must not hold a user or a password; they come from the environment")
        if self.format != "sql":
            asked = [name for name in ("url_env", "table", "query", "cursor") if getattr(self, name)]
            if asked:
                raise ValueError(f"{', '.join(asked)}: only with format: sql")
        elif not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", self.url_env):
            raise ValueError("format sql needs `url_env`: the name of the environment variable with the database's URL")
        elif bool(self.table) == bool(self.query):
            raise ValueError("format sql needs either `table` or `query`")
        return self

    def place(self) -> str:
        """Where it comes from, for messages; never holds a secret."""
        return self.url or (f"${self.url_env}" if self.format == "sql" else str(self.path))


def default_name(source: Source) -> str:
    """The name of a source that the task file gives none: its table, file or folder."""
    if source.url:
        return next((part for part in reversed(source.url.split("/")) if re.search(r"\w", part)), "source")
    return source.table.split(".")[-1] or (source.path.stem if source.format != "sql" else "sql") or "source"


def split_glob(path: Path) -> tuple[Path, str]:
    """(folder, pattern) of a path with * ? or [ in any of its parts; the pattern is "" where there is none."""
    for index, part in enumerate(path.parts):
        if any(sign in part for sign in "*?["):
            return Path(*path.parts[:index]), "/".join(path.parts[index:])
    return path, ""
