"""A refresh redacts only new texts and writes byte for byte what a rebuild from nothing writes."""

from __future__ import annotations

from pathlib import Path

from ft_pipeline.curate import RedactionMemo, curate
from ft_pipeline.records import QAPair, Turn, write_table
from ft_pipeline_tests.curate.test_curate import SMALL, many_tickets


class Masking:
    """Masks one word and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, text: str) -> str:
        self.asked.append(text)
        return text.replace("лодка", "[ИМЯ]")


def build(turns: list[Turn], memo: RedactionMemo, folder: Path) -> bytes:
    folder.mkdir()
    write_table(folder / "pairs.parquet", curate(turns, data=SMALL, as_of=None, redact=memo).pairs, QAPair)
    memo.write(folder / "memo.parquet")
    return (folder / "pairs.parquet").read_bytes() + (folder / "memo.parquet").read_bytes()


def test_a_refresh_with_few_new_tickets_asks_for_these_only_and_equals_a_clean_rebuild(tmp_path: Path) -> None:
    turns = many_tickets()
    old = [turn for turn in turns if int(turn.ticket_id[1:]) < 158]
    build(old, RedactionMemo(Masking()), tmp_path / "before")
    few, all_of_them = Masking(), Masking()
    refreshed = build(turns, RedactionMemo(few, tmp_path / "before" / "memo.parquet"), tmp_path / "after")
    clean = build(turns, RedactionMemo(all_of_them), tmp_path / "clean")
    assert refreshed == clean
    assert 0 < len(few.asked) <= 4 < 150 < len(all_of_them.asked)


def test_what_left_the_source_leaves_the_memo_and_no_raw_text_is_in_it(tmp_path: Path) -> None:
    turns = many_tickets()
    build(turns, RedactionMemo(Masking()), tmp_path / "before")
    kept = [turn for turn in turns if turn.ticket_id != "t3"]
    memo = RedactionMemo(Masking(), tmp_path / "before" / "memo.parquet")
    again = build(kept, memo, tmp_path / "after")
    assert memo.redacted_now == 0
    assert again == build(kept, RedactionMemo(Masking()), tmp_path / "clean")
    import pyarrow.parquet as pq

    table = pq.read_table(tmp_path / "after" / "memo.parquet").to_pydict()
    texts = [text for text in table["redacted"] if text is not None]
    assert texts and all("[ИМЯ]" in text and "лодка" not in text for text in texts), "unchanged texts are not stored"
    assert table["hash"] == sorted(table["hash"])
