"""The stage on which one ticket is played: its clock, its messages so far, what was planted in them.

Here: the row types `Message` and `Truth`, and what every scene needs (waiting, speaking, filling slots, noise). Not
here: what is said (question, conversation).
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ft_pipeline.demo.company.intents import LAST_DAY, Intent
from ft_pipeline.demo.company.noise import relaxed, with_typos
from ft_pipeline.demo.company.people import Person
from ft_pipeline.demo.company.plan import MOSCOW, Plan
from ft_pipeline.demo.company.texts import Agent, Texts

TYPO_SHARE = 0.20  # of the customers' messages
RELAXED_SHARE = 0.25
_END = datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day, 23, 59, 59, tzinfo=MOSCOW)
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Message:
    """One message as the help desk exports it; a line of tickets.jsonl."""

    ticket_id: str
    turn_id: str
    created_at: str  # ISO-8601, Moscow time
    role: str  # customer | agent | bot | note
    text: str
    customer_id: str
    channel: str  # chat | email
    status: str  # resolved | reopened | open
    category: str


@dataclass(frozen=True, slots=True)
class Truth:
    """What a ticket really is; a line of truth.jsonl, which no stage reads."""

    ticket_id: str
    intent: str  # "" for off-topic and English tickets
    wording_index: int
    kind: str
    personal_data: tuple[str, ...]  # every planted string, each once
    customer_messages: int
    typos: int  # customer messages with a typo
    relaxed: int  # customer messages without punctuation or capitals
    additions: int  # right answers with a harmless addition


@dataclass
class Stage:
    """The state of one play: the clock, the messages so far and what was planted in them."""

    plan: Plan
    person: Person
    texts: Texts
    intents: tuple[Intent, ...]
    rng: random.Random
    agent: Agent
    order: str
    clock: datetime
    spoken: list[tuple[str, datetime, str]] = field(default_factory=list)  # role, time, text
    planted: list[str] = field(default_factory=list)
    typos: int = 0
    relaxed: int = 0
    additions: int = 0

    def pick(self, key: str) -> str:
        """One of the phrases of a kind."""
        return self.rng.choice(self.texts.phrases[key])

    def intent(self) -> Intent:
        """The plan's intent; raises ValueError where this kind of ticket has none."""
        if self.plan.intent is None:
            raise ValueError(f"ticket {self.plan.number}: kind {self.plan.kind} needs an intent, found none")
        return self.plan.intent

    def chance(self, share: float) -> bool:
        """True in this share of the cases."""
        return self.rng.random() < share

    def say(self, role: str, text: str) -> None:
        """Adds a message at the present time."""
        self.spoken.append((role, self.clock, text))

    def wait(self, least_s: int, most_s: int) -> None:
        """Moves the clock; near the end of the year by less, so that every ticket ends within it."""
        step = timedelta(seconds=self.rng.randint(least_s, most_s))
        if self.clock + step > _END:
            step = (_END - self.clock) / 8
        self.clock = (self.clock + step).replace(microsecond=0)

    def pause(self) -> None:
        """The time that passes between two messages on this channel."""
        if self.plan.channel == "chat":
            self.wait(20, 300)
        else:
            self.wait(1200, 6 * 3600)

    def fill(self, phrase: str, **extra: str) -> str:
        """The phrase with its slots filled; what was filled in is noted as planted."""
        values = {"order": self.order} | extra

        def put(match: re.Match[str]) -> str:
            name = match.group(1)
            value = str(values[name] if name in values else getattr(self.person, name))
            self.planted.append(value)
            return value

        return _SLOT.sub(put, phrase)

    def noisy(self, text: str) -> str:
        """What a customer types: now and then with a typo, without punctuation, without capitals."""
        if self.chance(TYPO_SHARE):
            misspelt = with_typos(text, self.rng)
            self.typos += misspelt != text
            text = misspelt
        if self.chance(RELAXED_SHARE):
            loose = relaxed(text, self.rng)
            self.relaxed += loose != text
            text = loose
        return text
