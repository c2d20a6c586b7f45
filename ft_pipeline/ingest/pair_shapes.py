"""Ready "instruction → output" rows in the usual shapes -> question and answer.

Here: alpaca (`instruction`, `input`, `output`), prompt and completion, chat (`messages` of role and content), ShareGPT
(`conversations` of from and value), one text with marked speakers. Not here: files, what a pair becomes (sources.py).

A row of several exchanges is several pairs, of which only the first can be understood alone: the others are rejected
as `needs_earlier_turns` (bring such dialogues as kind=tickets). System messages are instructions, no pairs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ft_pipeline.ingest.tables import Sheet

_CARRIED = ("id", "created_at", "customer_id", "category", "kind")
_ASKS = frozenset({"user", "human", "customer", "client", "prompter", "question", "instruction"})
_ANSWERS = frozenset({"assistant", "gpt", "agent", "model", "bot", "chatgpt", "answer", "response"})
_MARK = re.compile(r"#{2,3} ?(human|user|instruction|assistant|response|system) ?:\s*", re.IGNORECASE)
_SILENT = frozenset({"system", "developer", "tool", "function", "context"})


@dataclass(frozen=True)
class _Exchange:
    """One question with its answer, or why there is none."""

    question: str = ""
    answer: str = ""
    reason: str = ""
    detail: str = ""


def as_pairs(sheet: Sheet, mapped: Mapping[str, str]) -> Sheet:
    """The sheet with the columns `question` and `answer`; unchanged where it has them, or task.yaml maps them."""
    names = {name.lower(): name for name in sheet.names}
    if {"question", "answer"} & {*mapped, *names}:
        return sheet
    shape = next((read for needed, read in _SHAPES if set(needed) <= set(names)), None)
    if shape is None:
        return sheet
    columns = {lower: sheet.column(name) for lower, name in names.items()}
    if shape is _marked and not any(map(_MARK.search, columns["text"])):
        return sheet
    cells: dict[str, list[str]] = {name: [] for name in ("question", "answer", *(set(_CARRIED) & set(columns)))}
    numbers: list[int] = []
    files: list[str] = []
    bad: dict[int, tuple[str, str]] = {}
    for index, number in enumerate(sheet.numbers):
        row = {name: column[index] for name, column in columns.items()}
        lost = sheet.bad.get(index)
        for exchange in shape(row) if lost is None else [_Exchange(reason=lost[0], detail=lost[1])]:
            if exchange.reason:
                bad[len(numbers)] = (exchange.reason, exchange.detail)
            numbers.append(number)
            files.append(sheet.files[index] if sheet.files else "")
            found = {**row, "question": exchange.question, "answer": exchange.answer}
            for name, column in cells.items():
                column.append("" if exchange.reason else found[name])
    return Sheet(tuple(cells), cells, numbers, bad, files if any(files) else ())


def _alpaca(row: Mapping[str, str]) -> list[_Exchange]:
    if row.get("history", "").strip() not in {"", "[]"}:
        return [_Exchange(reason="needs_earlier_turns", detail="its `history` holds them; bring it as kind=tickets")]
    more = row.get("input", "") or row.get("context", "")
    question = "\n".join(part for part in (row["instruction"], more) if part.strip())
    return [_Exchange(question, row["output"] if "output" in row else row["response"])]


def _prompt(row: Mapping[str, str]) -> list[_Exchange]:
    answer = next(row[name] for name in ("completion", "response", "chosen") if name in row)
    prompts, answers = _messages(row["prompt"]), _messages(answer)
    if prompts is None or answers is None:
        return [_Exchange(row["prompt"], answer)]
    return _exchanges([*prompts, *answers])


def _chat(row: Mapping[str, str]) -> list[_Exchange]:
    text = next(row[name] for name in ("messages", "conversations", "conversation") if name in row)
    messages = _messages(text)
    if messages is None:
        return [_Exchange(reason="no_messages", detail="expected a list of {role, content} or {from, value}")]
    return _exchanges(messages)


def _marked(row: Mapping[str, str]) -> list[_Exchange]:
    """One text with its speakers marked: "### Human: … ### Assistant: …"."""
    pieces = _MARK.split(row["text"])
    said = [{"role": mark, "content": text.strip()} for mark, text in zip(pieces[1::2], pieces[2::2], strict=True)]
    return (
        _exchanges(said) if said else [_Exchange(reason="no_messages", detail="expected ### Human: … ### Assistant:")]
    )


def _messages(text: str) -> list[Any] | None:
    """The list of messages that a cell holds as JSON; None where it holds something else."""
    if not text.lstrip().startswith("["):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) and found and all(isinstance(item, dict) for item in found) else None


def _exchanges(messages: Sequence[Mapping[str, Any]]) -> list[_Exchange]:
    """Each question with the answer behind it; what one side says in several messages is one text."""
    said: list[tuple[bool, list[str]]] = []  # is an answer, texts
    for message in messages:
        role = str(message.get("role") or message.get("from") or "").lower()
        text = _content(message.get("content", message.get("value")))
        if role in _SILENT or not text.strip():
            continue
        if role not in _ASKS | _ANSWERS:
            return [_Exchange(reason="unknown_role", detail="expected user, assistant or system")]
        is_answer = role in _ANSWERS
        if said and said[-1][0] == is_answer:
            said[-1][1].append(text)
        else:
            said.append((is_answer, [text]))
    if said and said[0][0]:
        said = said[1:]  # a greeting before the question
    asked = ["\n".join(texts) for is_answer, texts in said if not is_answer]
    answered = ["\n".join(texts) for is_answer, texts in said if is_answer]
    if not asked or not answered:
        return [_Exchange(reason="missing_question" if not asked else "missing_answer")]
    later = [
        _Exchange(reason="needs_earlier_turns", detail=f"exchange {number} of {len(asked)}; bring it as kind=tickets")
        for number in range(2, len(asked) + 1)
    ]
    return [_Exchange(asked[0], answered[0]), *later]


def _content(value: object) -> str:
    """The text of a message, whether a string or a list of parts."""
    if isinstance(value, str):
        return value
    parts = value if isinstance(value, list) else []
    return "\n".join(str(part.get("text") or "") for part in parts if isinstance(part, dict) and "text" in part)


_SHAPES: tuple[tuple[tuple[str, ...], Callable[[Mapping[str, str]], list[_Exchange]]], ...] = (
    (("messages",), _chat),
    (("conversations",), _chat),
    (("conversation",), _chat),
    (("instruction", "output"), _alpaca),
    (("instruction", "response"), _alpaca),
    (("prompt", "completion"), _prompt),
    (("prompt", "response"), _prompt),
    (("prompt", "chosen"), _prompt),
    (("text",), _marked),
)
