"""Records: tables keep their columns, types and missing values on the way to Parquet and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_type_hints

import pandas as pd
import pytest

from ft_pipeline.records import (
    Answer,
    EvalRow,
    QAPair,
    Rejected,
    Score,
    SourceCount,
    Turn,
    as_dict,
    columns,
    count_reasons,
    from_frame,
    read_table,
    to_frame,
    write_table,
)
from ft_pipeline.store import hash_file
from ft_pipeline_tests.evaluate.trial import eval_row

TURN = Turn("00123", "1", 0, "customer", "NA", "2026-03-01T09:30:00+00:00", "", "chat", "", "null", "csv")


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    rows = [TURN, Turn("7", "2", 1, "agent", "a\r\nb\t«ё» 😀", "", "0042", "", "None", "", "csv", "standard")]
    assert write_table(tmp_path / "turns.parquet", rows, Turn) == 2
    back = read_table(tmp_path / "turns.parquet", Turn)
    assert back == rows
    assert back[0].ticket_id == "00123" and back[0].text == "NA" and back[0].category == "null"
    assert type(back[0].position) is int and type(back[0].text) is str


def test_a_score_that_could_not_be_given_comes_back_as_none_and_never_as_true(tmp_path: Path) -> None:
    scores = [Score("e1", "base", "key_facts", None, "no_reference"), Score("e2", "base", "key_facts", 0.0, "empty")]
    write_table(tmp_path / "scores.parquet", scores, Score)
    back = read_table(tmp_path / "scores.parquet", Score)
    assert back == scores
    assert [bool(score.value) for score in back] == [False, False]


def test_a_table_written_before_a_column_with_a_default_was_added_is_read(tmp_path: Path) -> None:
    rows = [eval_row(number) for number in range(3)]
    frame = to_frame(rows, EvalRow).drop(columns="context")
    frame.to_parquet(tmp_path / "rows.parquet", index=False)
    assert read_table(tmp_path / "rows.parquet", EvalRow) == from_frame(frame, EvalRow) == rows
    frame.drop(columns="intent").to_parquet(tmp_path / "broken.parquet", index=False)
    with pytest.raises(ValueError, match="intent"):
        read_table(tmp_path / "broken.parquet", EvalRow)


def test_flags_and_infinite_confidences_survive(tmp_path: Path) -> None:
    answers = [Answer("e1", "base", "Да", float("-inf"), False, 3, 0.0), Answer("e2", "base", "", -0.25, True, 0, 1.5)]
    write_table(tmp_path / "answers.parquet", answers, Answer)
    back = read_table(tmp_path / "answers.parquet", Answer)
    assert back == answers and back[0].answered is False


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [eval_row(number) for number in range(5)]
    write_table(tmp_path / "a.parquet", rows, EvalRow)
    write_table(tmp_path / "b.parquet", rows, EvalRow)
    assert hash_file(tmp_path / "a.parquet") == hash_file(tmp_path / "b.parquet")


@pytest.mark.parametrize("row_type", [Turn, QAPair, EvalRow, Answer, Score, SourceCount, Rejected])
@pytest.mark.parametrize("size", [0, 1, 50])
def test_a_table_has_the_bytes_that_pandas_writes_of_its_frame(row_type: type, size: int, tmp_path: Path) -> None:
    hints = get_type_hints(row_type)
    cells: dict[object, Callable[[int], object]] = {str: "слово {}".format, int: int, float: float, bool: bool}

    def cell(name: str, number: int) -> object:
        return cells[hints[name]](number) if hints[name] in cells else (None if number % 3 else number / 7)

    rows = [row_type(*[cell(name, number) for name in columns(row_type)]) for number in range(size)]
    write_table(tmp_path / "rows.parquet", rows, row_type)
    to_frame(rows, row_type).to_parquet(tmp_path / "frame.parquet", index=False, compression="zstd")
    assert (tmp_path / "rows.parquet").read_bytes() == (tmp_path / "frame.parquet").read_bytes()


def test_a_table_without_rows_keeps_its_columns_and_types(tmp_path: Path) -> None:
    assert write_table(tmp_path / "none.parquet", [], Turn) == 0
    frame = pd.read_parquet(tmp_path / "none.parquet")
    assert list(frame.columns) == list(columns(Turn))
    assert str(frame["text"].dtype) == "str" and str(frame["position"].dtype) == "int64"
    assert read_table(tmp_path / "none.parquet", Turn) == []


def test_a_missing_column_is_named() -> None:
    frame = to_frame([TURN], Turn).drop(columns=["text", "role"])
    with pytest.raises(ValueError, match=r"Turn: columns \['role', 'text'\] are missing"):
        from_frame(frame, Turn)


def test_text_that_is_none_is_refused_instead_of_becoming_nan() -> None:
    broken = Rejected("ingest.parse", "bad_row", "k", None, "csv")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"Rejected: found None in text columns \['detail'\]"):
        to_frame([broken], Rejected)


def test_reasons_are_counted_most_frequent_first() -> None:
    rows = [Rejected("curate.pair", name, str(number), "", "s") for number, name in enumerate(["b", "a", "b", "c"])]
    assert list(count_reasons(rows).items()) == [("curate.pair: b", 2), ("curate.pair: a", 1), ("curate.pair: c", 1)]
    assert count_reasons([]) == {}


def test_a_row_is_a_plain_mapping_for_json() -> None:
    assert as_dict(TURN)["ticket_id"] == "00123" and list(as_dict(TURN)) == list(columns(Turn))
