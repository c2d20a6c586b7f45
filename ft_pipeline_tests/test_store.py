"""The store: published whole or not at all, found again, never changed in silence."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline.store import (
    MANIFEST,
    Store,
    StoreError,
    Version,
    hash_folder,
    hash_json,
    read_json,
    version_key,
    write_json,
    write_text,
)

Build = Callable[[Path], Mapping[str, Any]]


def writes(text: str) -> Build:
    def build(folder: Path) -> Mapping[str, Any]:
        (folder / "part").mkdir()
        (folder / "part" / "rows.txt").write_text(text, encoding="utf-8")
        return {"rows": len(text)}

    return build


def publish(store: Store, text: str = "да", *, inputs: Mapping[str, str] | None = None, **more: Any) -> Version:
    return store.publish("training_set", inputs=inputs or {"source": text}, config={"k": 1}, build=writes(text), **more)


def must_not_build(folder: Path) -> Mapping[str, Any]:
    raise AssertionError(f"nothing should be built in {folder}")


def folders(store: Store) -> list[str]:
    folder = store.folder / "training_set"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_a_version_is_found_again_with_everything_it_was_published_with(tmp_path: Path) -> None:
    store = Store(tmp_path, "trial")
    version = publish(store, now=datetime(2026, 3, 1, tzinfo=UTC))
    assert version.created_at == "2026-03-01T00:00:00+00:00"
    assert not version.reused
    assert (
        store.find("training_set", version.key) == version == store.latest("training_set") == store.need("training_set")
    )
    assert version.file("part/rows.txt").read_text(encoding="utf-8") == "да"
    assert version.facts == {"rows": 2} and version.inputs == {"source": "да"}
    manifest = read_json(version.path / MANIFEST)
    assert manifest["task"] == "trial" and manifest["code_version"] and manifest["data_hash"] == version.data_hash
    assert folders(store) == sorted([version.key, "latest"])


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path, "trial")

    def fails_late(folder: Path) -> Mapping[str, Any]:
        writes("половина")(folder)
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        store.publish("training_set", inputs={}, config={}, build=fails_late)
    assert folders(store) == []
    assert store.latest("training_set") is None and store.versions("training_set") == []


def test_a_seal_that_fails_leaves_nothing_and_the_older_version_stays_the_newest(tmp_path: Path) -> None:
    store = Store(tmp_path, "trial")
    older = publish(store, "старое")

    def refuses(folder: Path, data_hash: str) -> None:
        assert data_hash == hash_folder(folder)
        raise RuntimeError("contract broken")

    with pytest.raises(RuntimeError, match="contract broken"):
        publish(store, "новое", seal=refuses)
    assert store.latest("training_set") == older and len(store.versions("training_set")) == 1


def test_unchanged_inputs_are_not_built_again(tmp_path: Path) -> None:
    store = Store(tmp_path, "trial")
    first = publish(store, "раз")
    publish(store, "два")
    again = store.publish("training_set", inputs={"source": "раз"}, config={"k": 1}, build=must_not_build)
    assert again.reused and again.key == first.key and again.data_hash == first.data_hash
    latest = store.latest("training_set")
    assert latest is not None and latest.key == first.key  # what was asked for last is the newest


@pytest.mark.parametrize("inputs, config", [({"source": "b"}, {"k": 1}), ({"source": "a"}, {"k": 2}), ({}, {"k": 1})])
def test_another_input_or_setting_is_another_version(inputs: Mapping[str, str], config: Mapping[str, Any]) -> None:
    assert version_key("x", inputs, config) != version_key("x", {"source": "a"}, {"k": 1})
    assert version_key("x", {"a": "1", "b": "2"}, {}) == version_key("x", {"b": "2", "a": "1"}, {})


def _change(folder: Path) -> None:
    (folder / "part" / "rows.txt").write_text("нет", encoding="utf-8")


def _remove(folder: Path) -> None:
    (folder / "part" / "rows.txt").unlink()


def _add(folder: Path) -> None:
    (folder / "more.txt").write_text("", encoding="utf-8")


def _rename(folder: Path) -> None:
    (folder / "part" / "rows.txt").rename(folder / "part" / "other.txt")


@pytest.mark.parametrize("tamper", [_change, _remove, _add, _rename])
def test_verify_finds_a_version_that_was_changed_after_publishing(
    tmp_path: Path, tamper: Callable[[Path], None]
) -> None:
    store = Store(tmp_path, "trial")
    version = publish(store)
    store.verify(version)
    tamper(version.path)
    with pytest.raises(StoreError, match="changed after publishing"):
        store.verify(version)


def test_the_manifest_and_measured_times_are_no_part_of_the_data_hash(tmp_path: Path) -> None:
    writes("да")(tmp_path)
    before = hash_folder(tmp_path)
    for name in (MANIFEST, "contract_report.json", "timing.json"):
        write_json(tmp_path / name, {"seconds": 1})
    write_json(tmp_path / "measured" / "page.json", {})
    assert hash_folder(tmp_path) == before
    write_json(tmp_path / "part" / MANIFEST, {})  # deeper down it is a file like any other
    assert hash_folder(tmp_path) != before


def test_what_is_missing_is_named_with_what_to_do(tmp_path: Path) -> None:
    store = Store(tmp_path, "trial")
    with pytest.raises(StoreError, match=r"no published version of eval_set .* materialize eval_set first"):
        store.need("eval_set")
    with pytest.raises(StoreError, match=r"no rows\.parquet .* publish the asset again"):
        publish(store).file("rows.parquet")
    assert store.versions("eval_set") == []


def test_versions_come_oldest_first_and_a_half_written_one_is_none(tmp_path: Path) -> None:
    store = Store(tmp_path, "trial")
    made = [publish(store, str(day), now=datetime(2026, 3, day, tzinfo=UTC)) for day in (3, 1, 2)]
    crashed = store.folder / "training_set" / ".staging-abc"
    crashed.mkdir()
    (crashed / MANIFEST).write_text((made[0].path / MANIFEST).read_text(encoding="utf-8"), encoding="utf-8")
    assert [version.created_at[:10] for version in store.versions("training_set")] == [
        "2026-03-01",
        "2026-03-02",
        "2026-03-03",
    ]


def test_another_content_under_the_same_key_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path, "trial")

    def overtaken(folder: Path) -> Mapping[str, Any]:
        publish(store, "первый", inputs={"source": "x"})  # somebody else is faster
        return writes("второй")(folder)

    with pytest.raises(StoreError, match="another content was published under the same key"):
        store.publish("training_set", inputs={"source": "x"}, config={"k": 1}, build=overtaken)
    assert (
        publish(store, "первый", inputs={"source": "x"}).file("part/rows.txt").read_text(encoding="utf-8") == "первый"
    )


def _publish_slowly(root: Path, barrier: Any, results: Any) -> None:
    def build(folder: Path) -> Mapping[str, Any]:
        barrier.wait(timeout=30)  # both are building at this moment
        time.sleep(0.05)
        return writes("то же")(folder)

    version = Store(root, "trial").publish("training_set", inputs={"a": "1"}, config={}, build=build)
    results.put((version.key, version.data_hash))


def test_two_processes_publishing_the_same_key_at_once_both_get_the_one_version(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(2), context.Queue()
    workers = [context.Process(target=_publish_slowly, args=(tmp_path, barrier, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    got = [results.get(timeout=30) for _ in workers]
    for worker in workers:
        worker.join(timeout=30)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert got[0] == got[1]
    store = Store(tmp_path, "trial")
    (version,) = store.versions("training_set")
    store.verify(version)
    assert folders(store) == sorted([version.key, "latest"])


def test_tasks_do_not_see_each_other(tmp_path: Path) -> None:
    publish(Store(tmp_path, "one"))
    assert Store(tmp_path, "two").latest("training_set") is None


def test_a_text_is_replaced_whole_and_leaves_no_file_beside(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "latest", "старый\n")
    write_text(tmp_path / "a" / "latest", "новый\n")
    assert (tmp_path / "a" / "latest").read_text(encoding="utf-8") == "новый\n"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["latest"]


def test_json_hashes_do_not_depend_on_the_order_of_keys() -> None:
    assert hash_json({"а": 1, "b": [2]}) == hash_json(json.loads('{"b": [2], "а": 1}'))
    assert hash_json({"a": 1}) != hash_json({"a": "1"})
