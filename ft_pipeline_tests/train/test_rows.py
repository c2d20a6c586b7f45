"""Tokens and labels against TRL's own preparation, and the proof of the mask."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline.records import as_context
from ft_pipeline.train import TrainError
from ft_pipeline.train.rows import MASKED, TokenRow, prompt_messages, prove_mask, tokenise
from ft_pipeline_tests.train.conftest import row, rows

SYSTEM = "Ты — помощник."


@pytest.fixture(scope="module")
def tokenizer(tiny_base: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_base)


def test_tokens_and_labels_are_those_of_trl(tokenizer: Any, tiny_base: Path, tmp_path: Path) -> None:
    from datasets import Dataset
    from transformers import AutoModelForCausalLM
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    table = [
        {
            "prompt": prompt_messages(item, system_prompt=SYSTEM),
            "completion": [{"role": "assistant", "content": item.answer}],
        }
        for item in rows()
    ]
    theirs = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(tiny_base),
        args=SFTConfig(output_dir=str(tmp_path), use_cpu=True, bf16=False, report_to=[]),
        train_dataset=Dataset.from_list(table),
        processing_class=tokenizer,
    ).train_dataset
    ours = tokenise(rows(), tokenizer, system_prompt=SYSTEM, max_length=256).rows
    assert [item.input_ids for item in ours] == [list(item["input_ids"]) for item in theirs]
    assert [item.labels for item in ours] == [list(item["labels"]) for item in theirs]


def test_the_loss_covers_the_answer_and_its_end_and_nothing_else(tokenizer: Any) -> None:
    made = tokenise(rows(), tokenizer, system_prompt=SYSTEM, max_length=256).rows
    for item in made:
        learned = tokenizer.decode([label for label in item.labels if label != MASKED])
        assert learned == item.row.answer + "<|end|>"
    assert prove_mask(made, tokenizer)["learned"] == made[0].row.answer + "<|end|>"


def test_a_row_that_is_too_long_is_rejected_with_its_length_and_never_cut(tokenizer: Any) -> None:
    table = [row("short-1", "Сколько?", "Три рубля."), row("long-1", "Сколько? " * 50, "Три рубля.")]
    made = tokenise(table, tokenizer, system_prompt=SYSTEM, max_length=120)
    assert [item.row.row_id for item in made.rows] == ["short-1"]
    assert [(item.reason, item.key) for item in made.rejected] == [("too_long_for_model", "long-1")]
    assert "at most 120" in made.rejected[0].detail
    length = len(made.rows[0].input_ids)
    assert len(tokenise(table[:1], tokenizer, system_prompt=SYSTEM, max_length=length).rows) == 1
    assert not tokenise(table[:1], tokenizer, system_prompt=SYSTEM, max_length=length - 1).rows


def _relabelled(item: TokenRow, how: str) -> TokenRow:
    labels = list(item.labels)
    first = next(place for place, label in enumerate(labels) if label != MASKED)
    if how == "end":
        labels[-1] = MASKED
    elif how == "answer":
        labels[first] = MASKED
    else:  # the last tokens of the question as well
        labels[first - 4 : first] = item.input_ids[first - 4 : first]
    return dataclasses.replace(item, labels=labels)


@pytest.mark.parametrize(
    ("how", "message"),
    [("end", "never learn to stop"), ("answer", "does not hold the whole answer"), ("prompt", "of the prompt")],
)
def test_a_wrong_mask_stops_the_training(tokenizer: Any, how: str, message: str) -> None:
    good = tokenise(rows(), tokenizer, system_prompt=SYSTEM, max_length=256).rows
    prove_mask(good, tokenizer)
    with pytest.raises(TrainError, match=message):
        prove_mask([*good[1:], _relabelled(good[0], how)], tokenizer)


def test_a_template_that_writes_the_prompt_differently_before_an_answer_is_noticed(tiny_base: Path) -> None:
    from transformers import AutoTokenizer

    changed = AutoTokenizer.from_pretrained(tiny_base)
    changed.chat_template = changed.chat_template.replace("<|assistant|>{% endif %}", "<|assistant|> {% endif %}")
    made = tokenise(rows()[:1], changed, system_prompt=SYSTEM, max_length=256)
    assert [item.reason for item in made.rejected] == ["prompt_is_no_prefix"]


def test_the_turns_before_a_follow_up_are_read_and_never_learned(tokenizer: Any) -> None:
    turns = [{"role": "user", "content": "Сколько стоит забор?"}, {"role": "assistant", "content": "Девять рублей."}]
    item = dataclasses.replace(row("f", "А если он тяжелее?", "Три рубля."), context=as_context(turns))
    (made,) = tokenise([item], tokenizer, system_prompt=SYSTEM, max_length=512).rows
    read = tokenizer.decode(made.input_ids, skip_special_tokens=False)
    assert read.index("Сколько стоит забор?") < read.index("Девять рублей.") < read.index("А если он тяжелее?")
    assert prove_mask([made], tokenizer)["learned"] == "Три рубля.<|end|>"
