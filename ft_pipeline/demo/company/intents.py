"""What the customers of «Верстовик» ask and what is right to answer on which day.

Reads the five wording files, the evaluation questions and facts.yaml beside this module. Here: loading and checking
them. Not here: how a wording becomes a ticket (conversation), which wording is drawn (plan).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
SECTIONS = {
    "a_tariffs.yaml": "Тарифы и оплата",
    "b_documents.yaml": "Документы и таможня",
    "c_delivery.yaml": "Забор и доставка",
    "d_service.yaml": "Претензии и сервис",
    "e_lookup.yaml": "Статус отправки",
}
FIRST_DAY = date(2025, 10, 1)
LAST_DAY = date(2026, 9, 30)
STRATA = ("usual", "rare", "noisy", "out_of_scope")
OUT_OF_SCOPE = "out_of_scope"
_LEAST_INTENTS = 60
_LEAST_WORDINGS = 20
_CHANGED_SHARE = (0.10, 0.25)  # of the intents: an answer that changes within the year


class CompanyError(ValueError):
    """The texts of the demo company contradict each other; the message names the file's intent."""


@dataclass(frozen=True, slots=True)
class Validity:
    """An answer (or a fact) and the first day on which it is right."""

    valid_from: date
    text: str


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing that customers ask; `answers` are in the order of their days."""

    id: str
    name: str
    kind: str  # standard | needs_lookup
    section: str  # the category that the help desk gives it
    answers: tuple[Validity, ...]
    wordings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EvalQuestion:
    """A question written for evaluation by people who did not see the wordings; `intent` may be out_of_scope."""

    intent: str
    stratum: str
    text: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A value in the documents that follows an intent's answer."""

    id: str
    intent: str
    values: tuple[Validity, ...]


def in_effect(values: Sequence[Validity], when: date) -> Validity:
    """The value that is right on a day; before the first day it is the first one."""
    return max((value for value in values if value.valid_from <= when), key=lambda v: v.valid_from, default=values[0])


def answer_at(intent: Intent, when: date) -> str:
    """The right answer to an intent on a day (Moscow time)."""
    return in_effect(intent.answers, when).text


def load_intents(folder: Path = FOLDER) -> tuple[Intent, ...]:
    """All intents, in the order of the files; raises CompanyError where they break a promise."""
    intents = tuple(
        Intent(
            id=str(raw["id"]),
            name=str(raw["name"]),
            kind=str(raw["kind"]),
            section=section,
            answers=_validities(raw["answers"]),
            wordings=tuple(str(wording).strip() for wording in raw["wordings"]),
        )
        for name, section in SECTIONS.items()
        for raw in _read(folder / name)
    )
    check_intents(intents)
    return intents


def check_intents(intents: Sequence[Intent]) -> None:
    """Raises CompanyError unless the intents can carry the demo."""
    ids = [intent.id for intent in intents]
    problems = [f"{intent_id}: the id stands twice" for intent_id in sorted({i for i in ids if ids.count(i) > 1})]
    if len(intents) < _LEAST_INTENTS:
        problems.append(f"{len(intents)} intents found, at least {_LEAST_INTENTS} expected")
    for intent in intents:
        days = [answer.valid_from for answer in intent.answers]
        if intent.kind not in {"standard", "needs_lookup"}:
            problems.append(f"{intent.id}: kind {intent.kind!r}, expected standard or needs_lookup")
        if len(set(intent.wordings)) < _LEAST_WORDINGS:
            problems.append(f"{intent.id}: {len(set(intent.wordings))} wordings, at least {_LEAST_WORDINGS} expected")
        if not days or days[0] != FIRST_DAY or days != sorted(set(days)) or days[-1] > LAST_DAY:
            problems.append(f"{intent.id}: answers valid from {days}; expected {FIRST_DAY} first, then rising days")
    low, high = _CHANGED_SHARE
    changed = sum(len(intent.answers) > 1 for intent in intents)
    if not low * len(intents) <= changed <= high * len(intents):
        problems.append(f"{changed} of {len(intents)} intents change, expected {low:.0%}–{high:.0%}")
    if problems:
        raise CompanyError("the demo company cannot be used: " + "; ".join(problems))


def load_eval_questions(intents: Sequence[Intent], folder: Path = FOLDER) -> tuple[EvalQuestion, ...]:
    """The evaluation questions; raises CompanyError for an unknown intent or stratum, or a repeat."""
    known = {intent.id for intent in intents} | {OUT_OF_SCOPE}
    questions = tuple(
        EvalQuestion(intent=str(raw["intent"]), stratum=str(raw["stratum"]), text=str(raw["text"]).strip())
        for raw in _read(folder / "evaluation.yaml")
    )
    seen: set[str] = set()
    for question in questions:
        fits = (question.intent == OUT_OF_SCOPE) == (question.stratum == OUT_OF_SCOPE)
        if question.intent not in known or question.stratum not in STRATA or not fits:
            raise CompanyError(
                f"evaluation question {question.text!r}: {question.intent}/{question.stratum} is unknown"
            )
        if question.text in seen:
            raise CompanyError(f"evaluation question {question.text!r} stands twice; keep one")
        seen.add(question.text)
    return questions


def load_facts(intents: Sequence[Intent], folder: Path = FOLDER) -> tuple[Fact, ...]:
    """The changing facts of the documents; raises CompanyError where one is not what its intent answers."""
    by_id = {intent.id: intent for intent in intents}
    facts = tuple(
        Fact(id=name, intent=raw["intent"], values=_validities(raw["values"]))
        for name, raw in _read(folder / "facts.yaml").items()
    )
    for fact in facts:
        days = [value.valid_from for value in fact.values]
        answers = by_id[fact.intent].answers
        agrees = all(value.text in answer.text for value, answer in zip(fact.values, answers, strict=False))
        if days != [answer.valid_from for answer in answers] or not agrees:
            raise CompanyError(f"facts.yaml: {fact.id} does not agree with the answers of {fact.intent}")
    return facts


def _validities(raw: Sequence[dict[str, Any]]) -> tuple[Validity, ...]:
    return tuple(Validity(date.fromisoformat(str(item["valid_from"])), str(item["text"]).strip()) for item in raw)


def _read(path: Path) -> Any:
    if not path.is_file():
        raise CompanyError(f"{path} is missing; it belongs to the package, install it again")
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
