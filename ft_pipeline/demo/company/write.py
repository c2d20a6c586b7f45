"""The demo company as files: tickets.jsonl, documents/*.md, eval_questions.csv, and truth.jsonl for tests.

Here: formats and names of the files, the documents' facts on a day. Not here: what is in the tickets (tickets).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from ft_pipeline.demo.company.intents import (
    FIRST_DAY,
    FOLDER,
    LAST_DAY,
    OUT_OF_SCOPE,
    CompanyError,
    EvalQuestion,
    Fact,
    Intent,
    in_effect,
    load_eval_questions,
    load_facts,
    load_intents,
)
from ft_pipeline.demo.company.stage import Message
from ft_pipeline.demo.company.tickets import make_tickets
from ft_pipeline.store import write_text

EVAL_COLUMNS = ("question_id", "stratum", "question", "answer", "kind", "valid_from", "valid_to")
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class CompanyFiles:
    """Where the files are and how much is in them."""

    tickets: Path
    documents: Path  # folder
    eval_questions: Path
    truth: Path  # for tests only; no stage reads it
    ticket_count: int
    message_count: int
    eval_rows: int


def write_company(folder: Path, *, seed: int = 2026, tickets: int = 3600, until: date | None = None) -> CompanyFiles:
    """Writes the company into a folder, byte for byte the same for the same arguments.

    Args:
        folder: made where it does not exist; the files of an earlier call are replaced.
        seed: of everything that is drawn.
        tickets: number of tickets of the whole year.
        until: only tickets that were finished on this day or before, and documents as they were on it (Moscow time).
            The evaluation questions are always those of the whole year: they carry their validity.
    """
    intents = load_intents()
    made = make_tickets(seed, tickets, intents=intents)
    day = until or LAST_DAY
    kept = _finished_by(made.messages, day)
    messages = [message for message in made.messages if message.ticket_id in kept]
    truth = [row for row in made.truth if row.ticket_id in kept]
    rows = eval_rows(intents, load_eval_questions(intents))
    _write_lines(folder / "tickets.jsonl", (asdict(message) for message in messages))
    _write_lines(folder / "truth.jsonl", (asdict(row) for row in truth))
    write_text(folder / "eval_questions.csv", _csv(rows))
    for name, text in documents_at(load_facts(intents), day).items():
        write_text(folder / "documents" / name, text)
    return CompanyFiles(
        tickets=folder / "tickets.jsonl",
        documents=folder / "documents",
        eval_questions=folder / "eval_questions.csv",
        truth=folder / "truth.jsonl",
        ticket_count=len(kept),
        message_count=len(messages),
        eval_rows=len(rows),
    )


def eval_rows(intents: Sequence[Intent], questions: Sequence[EvalQuestion]) -> list[dict[str, str]]:
    """One row per question and period of its answer; `valid_to`: first day of the next period, "" = still valid."""
    by_id = {intent.id: intent for intent in intents}
    counts: dict[str, int] = {}
    rows = []
    for question in questions:
        group = f"{question.intent}-{question.stratum}" if question.intent != OUT_OF_SCOPE else OUT_OF_SCOPE
        counts[group] = counts.get(group, 0) + 1
        base = {"question_id": f"{group}-{counts[group]}", "stratum": question.stratum, "question": question.text}
        if question.intent == OUT_OF_SCOPE:
            rows.append(
                {**base, "answer": "", "kind": OUT_OF_SCOPE, "valid_from": FIRST_DAY.isoformat(), "valid_to": ""}
            )
            continue
        intent = by_id[question.intent]
        ends = [answer.valid_from.isoformat() for answer in intent.answers[1:]] + [""]
        for place, (answer, end) in enumerate(zip(intent.answers, ends, strict=True)):
            start = answer.valid_from.isoformat()
            name = base["question_id"] + (f"-from-{start}" if place else "")
            rows.append(
                {
                    **base,
                    "question_id": name,
                    "answer": answer.text,
                    "kind": intent.kind,
                    "valid_from": start,
                    "valid_to": end,
                }
            )
    return rows


def documents_at(facts: Sequence[Fact], day: date, folder: Path = FOLDER / "documents") -> dict[str, str]:
    """File name -> the document as it was on a day; raises CompanyError for a slot that facts.yaml does not know."""
    values = {fact.id: in_effect(fact.values, day) for fact in facts}
    documents = {}
    for path in sorted(folder.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        slots = set(_SLOT.findall(text)) - {"edition"}
        if not slots <= values.keys():
            raise CompanyError(f"{path.name}: slots {sorted(slots - values.keys())} are not in facts.yaml; add them")
        edition = max([FIRST_DAY, *(values[slot].valid_from for slot in slots)])
        text = text.replace("{edition}", f"{edition:%d.%m.%Y}")
        for slot in slots:
            text = text.replace(f"{{{slot}}}", values[slot].text)
        documents[path.name] = text
    return documents


def _finished_by(messages: Iterable[Message], day: date) -> set[str]:
    last = {message.ticket_id: datetime.fromisoformat(message.created_at).date() for message in messages}
    return {ticket_id for ticket_id, finished in last.items() if finished <= day}


def _write_lines(path: Path, rows: Iterable[dict[str, object]]) -> None:
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def _csv(rows: Sequence[dict[str, str]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, EVAL_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()
