"""Pairs most tickets by the shape of their dialogue: one letter a message, one plan for all tickets of the same shape.

Here: the letters (what a text is worth, found for whole columns of texts), and the plans of the plain shapes: question,
clarifications, answer. Not here: the rules. They are those of `pair`, which takes every ticket of another shape; a test
compares both ways on random dialogues.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ft_pipeline.curate.pair import answered_plainly, is_to_bot, pair
from ft_pipeline.curate.rows import Exchange, Refused
from ft_pipeline.curate.talks import Talks
from ft_pipeline.curate.tickets import MOST_CHARS
from ft_pipeline.curate.verdicts import (
    UNLESS_PLAIN,
    asks_back,
    holds_for_one_case,
    is_off_topic,
    may_ask_for_number,
    says_nothing,
    without_empty_promises,
)
from ft_pipeline.screen import Column

# Letters of messages. Customers: c = asks or tells, b = speaks to the bot. Agents: p = a plain answer, n = says
# nothing, q = asks back, x = anything that wants a closer look. Both: - = not looked at.
_ANSWERED = re.compile(r"[b-]*(?P<asked>c)[b-]*(?P<clarified>(?:[nq]-*[cb]-*)*)(?P<answer>p)[cb-]*")
_UNANSWERED = re.compile(r"[b-]*c[cb-]*(?:n[cb-]*)+")
_MAY_BE_TO_BOT = (
    r"^[^\pL]*(?:$|позовите|соедините|переключите|нужен|хочу|дайте|жив|оператор|человек|менеджер|специалист|ещё вопрос"
    r"|другое|да|нет|ок|ау|алло|start|меню|начать|есть кто|вы )"
)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which messages of a ticket are taken."""

    asked: tuple[int, ...]
    answer: int


def pair_all(talks: Talks, texts: Sequence[str]) -> list[Exchange | Refused]:
    """What `pair` says of each ticket.

    Args:
        talks: the tickets.
        texts: of their messages, without boilerplate.
    """
    letters = _letters(talks.roles, texts)
    ids, created_at = talks.turn_ids, talks.created_at
    found: list[Exchange | Refused] = []
    for ticket, start, end in talks.spans():
        if ticket.key in talks.too_long:
            found.append(Refused("curate.repair", "message_too_long", f"above {MOST_CHARS} characters"))
            continue
        plan = _plan("".join(letters[start:end])) if ticket.status != "open" else None
        if plan is None:
            found.append(pair(talks.whole(ticket, texts, start, end)))
        elif isinstance(plan, Refused):
            found.append(plan)
        else:
            answer = start + plan.answer
            asked = [(texts[start + place], ids[start + place]) for place in plan.asked]
            found.append(answered_plainly(asked, (texts[answer], ids[answer], created_at[answer])))
    return found


@lru_cache(maxsize=20_000)
def _plan(shape: str) -> _Plan | Refused | None:
    """What becomes of all tickets of one shape; None = not told by the shape."""
    if _UNANSWERED.fullmatch(shape):
        return Refused("curate.pair", "answer_says_nothing")
    found = _ANSWERED.fullmatch(shape)
    if found is None:
        return None
    told = [place for place in range(*found.span("clarified")) if shape[place] in "cb"]
    return _Plan((found.start("asked"), *told), found.start("answer"))


def _letters(roles: Sequence[str], texts: Sequence[str]) -> list[str]:
    """The letter of each message."""
    of_role = {
        role: find(list({text: None for one, text in zip(roles, texts, strict=True) if one == role and text}))
        for role, find in (("customer", _of_customers), ("agent", _of_agents))
    }
    return [of_role[role][text] if text and role in of_role else "-" for role, text in zip(roles, texts, strict=True)]


def _of_customers(texts: Sequence[str]) -> dict[str, str]:
    letters = dict.fromkeys(texts, "c")
    for number in Column(texts).hits(_MAY_BE_TO_BOT):
        if is_to_bot(texts[number]):
            letters[texts[number]] = "b"
    return letters


def _of_agents(texts: Sequence[str]) -> dict[str, str]:
    column = Column(texts)
    suspicious = {number for pattern in UNLESS_PLAIN for number in column.hits(pattern)}
    letters = dict.fromkeys(texts, "p")
    for number in suspicious:
        letters[texts[number]] = _of_agent(texts[number])
    return letters


def _of_agent(text: str) -> str:
    if may_ask_for_number(text):
        return "x"
    if says_nothing(text):
        return "n"
    if asks_back(text):
        return "q"
    is_changed = without_empty_promises(text) != text
    return "x" if is_changed or is_off_topic(text) or holds_for_one_case(text) else "p"
