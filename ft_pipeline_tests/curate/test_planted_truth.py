"""The truth that the curation benchmark measures against holds for the tickets that it makes."""

from __future__ import annotations

import re
from collections import defaultdict

from benchmarks.curate.tickets import Planted, make


def planted() -> list[tuple[str, str, Planted]]:
    """What the customer wrote first, what the agent wrote last, and the truth of each ticket."""
    columns, truth = make(4_000)
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    for ticket, role, text in zip(columns["ticket_id"], columns["role"], columns["text"], strict=True):
        if role == "customer":
            first.setdefault(ticket, text)
        else:
            last[ticket] = text
    return [(first[ticket], last[ticket], item) for ticket, item in zip(first, truth, strict=True)]


def test_tickets_of_one_foreign_template_ask_the_same_and_junk_asks_nothing() -> None:
    templates: dict[int, set[str]] = defaultdict(set)
    for question, _, item in planted():
        if item.kind in {"english", "other_language"} and not item.name and not item.contact:
            assert item.origin < -1
            templates[item.origin].update(
                re.findall(r"track my order|invoice|delivery|price|Liefer|замовл|fact|тапсыр", question)
            )
        if item.kind == "junk":
            assert item.origin == -1
    assert {len(found) for found in templates.values()} == {1}
    assert len(templates) == 8


def test_every_other_question_has_an_origin_of_its_own_unless_it_is_a_planted_copy() -> None:
    usual = [item for _, _, item in planted() if item.kind in {"unique", "says_nothing"}]
    assert len({item.origin for item in usual}) == len(usual)
    assert all(item.origin >= 0 for item in usual)
    copies = [item for _, _, item in planted() if item.kind in {"exact", "near"}]
    assert {item.origin for item in copies} <= {item.origin for item in usual}


def test_a_copy_is_answered_as_its_origin_so_nothing_usual_contradicts() -> None:
    answers: dict[int, set[str]] = defaultdict(set)
    copies = 0
    for _, answer, item in planted():
        if item.kind in {"unique", "exact", "near"} and (found := re.search(r"в течение \d+ .*?рублей\.", answer)):
            answers[item.origin].add(found.group())
            copies += item.kind != "unique"
    assert copies > 300
    assert {len(found) for found in answers.values()} == {1}
