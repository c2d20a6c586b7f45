"""Training rows as tokens and labels, and the proof that the loss is on the answer and on nothing else.

Here: rendering by the model's own chat template, the mask, rejected rows, the check that decodes what is not masked.
Not here: batches (answer_trainer).

Tokens are made once and before TRL sees them: its own preparation gives the same tokens and labels (a test compares
them), yet costs more time than an epoch of a tiny model and leaves files in a cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from ft_pipeline.engines import Message
from ft_pipeline.records import Rejected, TrainingRow, earlier_turns
from ft_pipeline.train.job import TrainError

MASKED = -100  # the label that PyTorch's cross entropy ignores


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One row in tokens; `labels` equal `input_ids` on the answer and its end, and are MASKED elsewhere."""

    row: TrainingRow
    input_ids: list[int]
    labels: list[int]

    @property
    def answer_tokens(self) -> int:
        return sum(label != MASKED for label in self.labels)


@dataclass(frozen=True)
class Tokenised:
    """The rows that fit and those that do not."""

    rows: list[TokenRow]
    rejected: list[Rejected]


def prompt_messages(row: TrainingRow, *, system_prompt: str) -> list[Message]:
    """What the model is asked: the same messages as in evaluation and serving."""
    system, question = {"role": "system", "content": system_prompt}, {"role": "user", "content": row.question}
    return [system, *earlier_turns(row.context), question]


def tokenise(rows: Sequence[TrainingRow], tokenizer: Any, *, system_prompt: str, max_length: int) -> Tokenised:
    """Rows in the model's chat format; a row longer than `max_length` tokens is rejected, never cut."""
    kept: list[TokenRow] = []
    rejected: list[Rejected] = []
    for row in rows:
        made = _tokens(row, tokenizer, system_prompt=system_prompt)
        if made is None:
            detail = "the chat template writes the prompt differently when an answer follows"
            rejected.append(Rejected("train.rows", "prompt_is_no_prefix", row.row_id, detail, row.origin))
        elif len(made.input_ids) > max_length:
            detail = f"{len(made.input_ids)} tokens, at most {max_length} fit"
            rejected.append(Rejected("train.rows", "too_long_for_model", row.row_id, detail, row.origin))
        else:
            kept.append(made)
    return Tokenised(kept, rejected)


def _tokens(row: TrainingRow, tokenizer: Any, *, system_prompt: str) -> TokenRow | None:
    prompt = prompt_messages(row, system_prompt=system_prompt)
    answer = {"role": "assistant", "content": row.answer}
    prompt_text = tokenizer.apply_chat_template(prompt, add_generation_prompt=True, tokenize=False)
    whole_text = tokenizer.apply_chat_template([*prompt, answer], tokenize=False)
    prompt_ids = tokenizer(prompt_text, add_special_tokens=False)["input_ids"]
    whole_ids = tokenizer(whole_text, add_special_tokens=False)["input_ids"]
    length = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(prompt_ids, whole_ids, strict=False))))
    if length < len(prompt_ids):
        return None
    labels = [MASKED] * length + whole_ids[length:]
    return TokenRow(row, list(whole_ids), labels)


def prove_mask(rows: Sequence[TokenRow], tokenizer: Any) -> dict[str, Any]:
    """Decodes what is not masked of every row; returns the first as a sample, and how much was looked at.

    Raises:
        TrainError: part of an answer or its end-of-turn token is outside the loss (the model would never learn to
            stop), or part of the prompt is inside it.
    """
    ends = set(tokenizer.all_special_ids)
    for item in rows:
        learned = [label for label in item.labels if label != MASKED]
        text = tokenizer.decode(learned, skip_special_tokens=False)
        where = text.find(item.row.answer.strip())
        if where < 0:
            raise TrainError(
                f"row {item.row.row_id}: the loss covers {text[:200]!r}, which does not hold the whole answer; "
                "expected the answer and its end; the tokenizer or the chat template of the base model changes it: "
                "use another base model or correct its chat template"
            )
        if not any(token in ends for token in learned):
            raise TrainError(
                f"row {item.row.row_id}: no end-of-turn token is in the loss, so the model would never learn to stop; "
                "expected the chat template to write one after the answer; use the instruct variant of the base model"
            )
        before = _without_special(text[:where], tokenizer)
        question = item.row.question.strip()
        if before and question and (before in question or question in before):
            raise TrainError(
                f"row {item.row.row_id}: the loss covers {before[-200:]!r} of the prompt; expected the answer alone; "
                "use another base model or correct its chat template"
            )
    if not rows:
        return {}
    first = rows[0]
    masked = [token for token, label in zip(first.input_ids, first.labels, strict=True) if label == MASKED]
    learned = [label for label in first.labels if label != MASKED]
    return {
        "row_id": first.row.row_id,
        "rows": len(rows),
        "learned_tokens": sum(item.answer_tokens for item in rows),
        "masked_tokens": sum(len(item.labels) - item.answer_tokens for item in rows),
        "not_learned": tokenizer.decode(masked, skip_special_tokens=False),
        "learned": tokenizer.decode(learned, skip_special_tokens=False),
    }


def _without_special(text: str, tokenizer: Any) -> str:
    for token in tokenizer.all_special_tokens:
        text = text.replace(token, "")
    return text.strip()
