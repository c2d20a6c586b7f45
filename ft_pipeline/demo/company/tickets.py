"""The year of tickets: `make_tickets` plans it and plays it.

Not here: the files (write).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ft_pipeline.demo.company.conversation import play
from ft_pipeline.demo.company.intents import Intent, load_intents
from ft_pipeline.demo.company.plan import make_plans
from ft_pipeline.demo.company.stage import Message, Truth
from ft_pipeline.demo.company.texts import load_texts


@dataclass(frozen=True, slots=True)
class Tickets:
    """All messages, tickets in the order of their first message, and one row of truth per ticket."""

    messages: tuple[Message, ...]
    truth: tuple[Truth, ...]


def make_tickets(seed: int, n: int, *, intents: Sequence[Intent] = ()) -> Tickets:
    """`n` tickets of the demo year; the same for the same seed and number.

    Args:
        seed: any whole number.
        n: tickets, at least 100; every wording is asked at least once from about 2,400 on.
        intents: default: those of the package.

    Raises:
        ValueError: n is too small for the shares of the kinds.
    """
    if n < 100:
        raise ValueError(f"{n} tickets asked for; at least 100 are needed to hold every kind of ticket")
    known = tuple(intents) or load_intents()
    texts = load_texts()
    plans = make_plans(known, seed=seed, n=n, off_topic=len(texts.off_topic), english=len(texts.english))
    played = [play(plan, seed=seed, texts=texts, intents=known) for plan in plans]
    return Tickets(
        messages=tuple(message for messages, _ in played for message in messages),
        truth=tuple(truth for _, truth in played),
    )
