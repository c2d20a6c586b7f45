"""Finds and takes away sentences that repeat at the edges of many tickets.

Here: what only many tickets together can tell. Not here: greetings and closings that one message shows (letter).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ft_pipeline.curate.forms import masked_forms
from ft_pipeline.curate.wording import masked_form
from ft_pipeline.letter import SENTENCE_END, sentences

_LEAST_TICKETS = 12  # a sentence at the edge of fewer tickets is no boilerplate
_LEAST_NEIGHBOURS = 8  # … and it must stand beside so many different texts
_LONGEST_BOILERPLATE = 240  # characters


def find_boilerplate(messages: Sequence[tuple[str, str]]) -> frozenset[str]:
    """Masked forms of the sentences that stand at the edge of many tickets, each time beside another text.

    Args:
        messages: (ticket, text) of agent messages, greetings and closings already stripped.

    A canonical answer repeats too, but always beside the same sentences; boilerplate stands beside any. Where an
    answer of one sentence stands beside many closings, the one with more different neighbours is the boilerplate, and
    what is boilerplate already is no neighbour that counts.
    """
    tickets: dict[str, set[str]] = defaultdict(set)
    beside: dict[str, set[str]] = defaultdict(set)
    tickets_of: dict[str, set[str]] = defaultdict(set)
    for ticket, text in messages:
        tickets_of[text].add(ticket)
    parts_of = {text: parts for text in tickets_of if len(parts := sentences(text)) > 1}
    distinct = list({part: None for parts in parts_of.values() for part in parts})
    form_of = dict(zip(distinct, masked_forms(distinct), strict=True))
    for text, parts in parts_of.items():
        where = tickets_of[text]
        forms = [form_of[part] for part in parts]
        for edge in {0, len(parts) - 1}:
            if forms[edge] and len(parts[edge]) <= _LONGEST_BOILERPLATE:
                others = forms[:edge] + forms[edge + 1 :]
                tickets[forms[edge]] |= where
                beside[forms[edge]].add(max(others, key=lambda form: (len(form), form)))
    least = max(_LEAST_TICKETS, len({ticket for ticket, _ in messages}) // 200)
    known: set[str] = set()
    for form in sorted(tickets, key=lambda form: (-len(beside[form]), form)):
        if len(tickets[form]) >= least and len(beside[form] - known) >= _LEAST_NEIGHBOURS:
            known.add(form)
    return frozenset(known)


def without_boilerplate(text: str, known: frozenset[str]) -> str:
    """The text without known boilerplate sentences at its edges."""
    while True:
        breaks = list(SENTENCE_END.finditer(text))
        if not breaks:
            return text
        if masked_form(text[: breaks[0].start()]) in known:
            text = text[breaks[0].end() :].strip()
        elif masked_form(text[breaks[-1].end() :]) in known:
            text = text[: breaks[-1].start()].strip()
        else:
            return text
