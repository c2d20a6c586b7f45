"""Ready pairs in the shapes of instruction data sets become question and answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline.ingest import IngestError
from ft_pipeline_tests.ingest.exports import read, read_files, reasons

USER, ANSWER = {"role": "user", "content": "Вопрос?"}, {"role": "assistant", "content": "Ответ."}


def pairs(folder: Path, *rows: Any, name: str = "p.jsonl", **more: Any) -> list[tuple[str, str]]:
    content = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    result = read_files(folder, {name: content}, "auto", kind="pairs", **more)
    texts = [turn.text for turn in result.turns]
    return list(zip(texts[::2], texts[1::2], strict=True))


@pytest.mark.parametrize(
    "row",
    [
        {"instruction": "Вопрос?", "input": "", "output": "Ответ."},
        {"instruction": "Вопрос?", "output": "Ответ."},
        {"instruction": "Вопрос?", "context": "", "response": "Ответ."},
        {"prompt": "Вопрос?", "completion": "Ответ."},
        {"prompt": "Вопрос?", "response": "Ответ."},
        {"prompt": [USER], "completion": [ANSWER]},
        {"messages": [USER, ANSWER]},
        {"messages": [{"role": "system", "content": "Ты помощник"}, USER, ANSWER]},
        {"messages": [{"role": "assistant", "content": "Чем помочь?"}, USER, ANSWER]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Вопрос?"}]}, ANSWER]},
        {"conversations": [{"from": "human", "value": "Вопрос?"}, {"from": "gpt", "value": "Ответ."}]},
        {"conversation": [{"from": "user", "value": "Вопрос?"}, {"from": "assistant", "value": "Ответ."}]},
        {"question": "Вопрос?", "answer": "Ответ.", "prompt": "не я", "completion": "не я"},
    ],
)
def test_every_usual_shape_gives_the_same_pair(tmp_path: Path, row: dict[str, Any]) -> None:
    assert pairs(tmp_path, row) == [("Вопрос?", "Ответ.")]


def test_the_input_of_alpaca_belongs_to_the_question(tmp_path: Path) -> None:
    row = {"instruction": "Переведи", "input": "дом", "output": "house"}
    assert pairs(tmp_path, row) == [("Переведи\nдом", "house")]


def test_a_prompt_that_begins_with_a_bracket_is_no_list_of_messages(tmp_path: Path) -> None:
    row = {"prompt": "[срочно] где заказ?", "completion": "[1, 2]"}
    assert pairs(tmp_path, row) == [("[срочно] где заказ?", "[1, 2]")]


def test_later_exchanges_are_rejected_by_name_since_they_need_the_earlier_ones(tmp_path: Path) -> None:
    later = [{"role": "user", "content": "А для юрлиц?"}, {"role": "assistant", "content": "Так же."}]
    result = read_files(tmp_path, {"p.json": [{"id": "7", "messages": [USER, ANSWER, *later]}]}, "auto", kind="pairs")
    assert [turn.text for turn in result.turns] == ["Вопрос?", "Ответ."]
    assert {turn.ticket_id for turn in result.turns} == {"7"}
    assert reasons(result) == {"needs_earlier_turns": 1}


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([USER], "missing_answer"),
        ([ANSWER], "missing_question"),
        ([USER, {"role": "assistant", "content": " "}], "missing_answer"),
        ([USER, {"role": "narrator", "content": "и тут"}, ANSWER], "unknown_role"),
        ("не список", "no_messages"),
        ([], "no_messages"),
        ([1, 2], "no_messages"),
    ],
)
def test_a_row_that_gives_no_pair_is_named_and_the_next_is_read(tmp_path: Path, messages: Any, reason: str) -> None:
    content = "\n".join(json.dumps(row) for row in ({"messages": messages}, {"messages": [USER, ANSWER]}))
    result = read_files(tmp_path, {"p.jsonl": content}, "auto", kind="pairs")
    assert reasons(result) == {reason: 1}
    assert len(result.turns) == 2


def test_parquet_with_nested_messages_is_read_like_json(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"messages": [[USER, ANSWER]], "category": ["счёт"]}), tmp_path / "p.parquet")
    result = read(tmp_path / "p.parquet", "auto", kind="pairs")
    assert [(turn.text, turn.category) for turn in result.turns] == [("Вопрос?", "счёт"), ("Ответ.", "счёт")]


def test_a_mapping_in_the_task_wins_over_the_shape_and_an_unknown_shape_is_refused(tmp_path: Path) -> None:
    row = {"prompt": "П", "completion": "О", "q": "Вопрос?", "a": "Ответ."}
    assert pairs(tmp_path / "a", row, columns={"question": "q", "answer": "a"}) == [("Вопрос?", "Ответ.")]
    with pytest.raises(IngestError, match="expected question"):
        pairs(tmp_path / "b", {"text": "Q: a A: b"})
