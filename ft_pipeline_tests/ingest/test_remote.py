"""Files behind URLs: read like local ones, fetched once, and no secret ever stands in a message."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import fsspec
import pytest
from pydantic import ValidationError

from ft_pipeline.ingest import IngestError, hash_sources, ingest, remote
from ft_pipeline.task import load_task
from ft_pipeline_tests.ingest.conftest import csv_rows, make_source, read_source, texts_of


@pytest.fixture
def bucket() -> Any:
    """An object store in memory."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.pipe("/bucket/2026/a.csv", csv_rows("первый").encode())
    files.pipe("/bucket/2026/q2/b.csv.gz", gzip.compress(csv_rows("второй").encode()))
    files.pipe("/bucket/2026/.hidden.csv", csv_rows("скрыт").encode())
    yield files
    files.store.clear()


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("memory://bucket/2026/a.csv", ["первый"]),
        ("memory://bucket/2026/*.csv", ["первый"]),
        ("memory://bucket/2026", ["первый", "второй"]),
        ("memory://bucket/**/*.gz", ["второй"]),
    ],
)
def test_a_file_a_folder_and_a_glob_behind_a_url_are_read(bucket: Any, url: str, found: list[str]) -> None:
    source = make_source(url)
    result = read_source(source)
    assert texts_of(result) == found
    assert hash_sources([source]) == result.file_hashes


def test_a_remote_file_is_fetched_again_only_when_it_looks_different(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = []
    download = remote._download
    monkeypatch.setattr(remote, "_download", lambda *given: fetched.append(given[1]) or download(*given))
    path = tmp_path / "far" / "t.csv"
    path.parent.mkdir()
    path.write_text(csv_rows("раз"), encoding="utf-8")
    source, shelf = make_source(f"file://{path.parent}"), tmp_path / "shelf"
    assert texts_of(read_source(source, shelf=shelf)) == ["раз"]
    assert texts_of(read_source(source, shelf=shelf)) == ["раз"]
    assert len(fetched) == 1
    path.write_text(csv_rows("два"), encoding="utf-8")
    os.utime(path, (1, 1))
    assert texts_of(read_source(source, shelf=shelf, tidy=True)) == ["два"]
    assert len(fetched) == 2
    assert len(list((shelf / "copies").iterdir())) == 1, "the copy of what is gone is thrown away"


def test_a_url_that_cannot_be_read_is_told_without_secrets(bucket: Any) -> None:
    with pytest.raises(IngestError, match="found no file at memory://bucket/nothing"):
        ingest([make_source("memory://bucket/nothing")])
    with pytest.raises(IngestError, match="cannot be read"):
        ingest([make_source("nosuchscheme://bucket/t.csv")])
    with pytest.raises(IngestError, match="at most 10 are read"):
        ingest([make_source("memory://bucket/2026/a.csv")], max_file_bytes=10)
    with pytest.raises(ValidationError, match="must not hold a user or a password"):
        make_source("s3://key:secret@bucket/t.csv")


def test_task_yaml_takes_a_url_as_path_and_recursive_globs(tmp_path: Path) -> None:
    (tmp_path / "docs" / "deep").mkdir(parents=True)
    (tmp_path / "docs" / "deep" / "a.md").write_text("# А", encoding="utf-8")
    (tmp_path / "task.yaml").write_text(
        "name: shop\ngoal: Отвечать на вопросы клиентов о тарифах и доставке верно\n"
        "kpis: {correct_share: 0.9, answer_s: 1.0, load_reduction_share: 0.3}\n"
        "sources:\n  - {kind: tickets, path: 's3://bucket/tickets/*.csv'}\n  - {kind: documents, path: docs/**/*.md}\n"
        "  - {kind: tickets, format: sql, url_env: HELPDESK_URL, table: public.messages, cursor: created_at}\n",
        encoding="utf-8",
    )
    first, second, third = load_task(tmp_path / "task.yaml").sources
    assert (first.url, first.name) == ("s3://bucket/tickets/*.csv", "*.csv") or first.name == "tickets"
    assert second.path == tmp_path / "docs" / "**" / "*.md"
    assert (third.name, third.place()) == ("messages", "$HELPDESK_URL")
