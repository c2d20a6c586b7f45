"""Files on S3, read from a real server that speaks its protocol (moto's), over HTTP."""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from fsspec import get_filesystem_class

from ft_pipeline.ingest import IngestError, hash_sources, ingest, remote
from ft_pipeline_tests.ingest.conftest import csv_rows, make_source, read_source, texts_of

_KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret-word", "AWS_DEFAULT_REGION": "us-east-1"}


def _zipped(**members: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.csv", text)
    return packed.getvalue()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[Any]:
    """A bucket `tickets` on a server of its own; the environment holds its address and keys."""
    s3fs = pytest.importorskip("s3fs", reason="pip install -e '.[dev]' brings s3fs")
    server_of = pytest.importorskip("moto.server", reason="pip install -e '.[dev]' brings moto, flask and flask-cors")
    server = server_of.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    for name, value in _KEYS.items():
        monkeypatch.setenv(name, value)
    # Servers of one process share what they hold.
    urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()
    s3fs.S3FileSystem.clear_instance_cache()
    files = s3fs.S3FileSystem()
    files.mkdir("tickets")
    files.pipe("tickets/2026/a.csv", csv_rows("первый").encode())
    files.pipe("tickets/2026/q2/b.csv.gz", gzip.compress(csv_rows("второй").encode()))
    files.pipe("tickets/2026/q2/c.zip", _zipped(inner=csv_rows("третий")))
    files.pipe("tickets/2026/.hidden.csv", csv_rows("скрыт").encode())
    yield files
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


def test_files_folders_globs_and_archives_on_s3_are_read_like_local_ones(bucket: Any) -> None:
    found = {
        "s3://tickets/2026/a.csv": ["первый"],
        "s3://tickets/2026/*.csv": ["первый"],
        "s3://tickets/2026": ["первый", "второй", "третий"],
        "s3://tickets/**/*.gz": ["второй"],
        "s3://tickets/2026/q2/c.zip": ["третий"],
    }
    for url, texts in found.items():
        source = make_source(url)
        result = read_source(source)
        assert texts_of(result) == texts, url
        assert hash_sources([source]) == result.file_hashes


def test_an_unchanged_object_is_fetched_once_and_a_changed_one_again(
    bucket: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = []
    download = remote._download
    monkeypatch.setattr(remote, "_download", lambda *given: fetched.append(given[1]) or download(*given))
    source, shelf = make_source("s3://tickets/2026/*.csv"), tmp_path / "shelf"
    assert texts_of(read_source(source, shelf=shelf)) == ["первый"]
    assert texts_of(read_source(source, shelf=shelf)) == ["первый"]
    assert fetched == ["tickets/2026/a.csv"]
    bucket.pipe("tickets/2026/a.csv", csv_rows("исправлен").encode())
    assert texts_of(read_source(source, shelf=shelf)) == ["исправлен"]
    assert fetched == ["tickets/2026/a.csv"] * 2


def test_what_is_not_there_or_not_allowed_is_told_with_the_remedy_and_without_a_secret(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(IngestError, match="found no file at s3://tickets/2025"):
        ingest([make_source("s3://tickets/2025/*.csv")])
    with pytest.raises(IngestError, match="no-such-bucket"):
        ingest([make_source("s3://no-such-bucket/a.csv")])
    for name in _KEYS:
        monkeypatch.delenv(name)
    type(bucket).clear_instance_cache()
    with pytest.raises(IngestError, match="AWS_ACCESS_KEY_ID") as told:
        ingest([make_source("s3://tickets/2026/a.csv")])
    assert "secret-word" not in str(told.value)


def test_s3_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    for name in ("s3", "s3a"):
        monkeypatch.delitem(sys.modules[get_filesystem_class.__module__]._registry, name, raising=False)  # type: ignore[attr-defined]
    with pytest.raises(IngestError, match=r"pip install 'ft-pipeline\[s3\]'"):
        ingest([make_source("s3://bucket/t.csv")])
