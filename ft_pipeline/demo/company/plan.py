"""Who writes when, on which channel and about what: the year of «Верстовик» before a word is said.

Here: the shares of each kind of ticket, the popularity of the intents, customers, times of day. Not here: the words
(conversation), the texts (YAML).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from ft_pipeline.demo.company.intents import FIRST_DAY, LAST_DAY, Intent

MOSCOW = timezone(timedelta(hours=3))
# shares of all tickets; the rest is normal
KINDS = {
    "unresolved": 0.04,
    "reopened": 0.03,
    "off_topic": 0.04,
    "english": 0.02,
    "duplicate": 0.03,
    "says_nothing": 0.03,
}
CHAT_SHARE = 0.60
REPEAT_SHARE = 0.20  # of the tickets: written by customers with two or three tickets
_WITHOUT_INTENT = {"off_topic", "english"}
_ZIPF = 0.7  # popularity of the intent of rank r ~ 1 / r**_ZIPF
# what a forwarder is asked most, the most frequent first; the rest follows in an order drawn from the seed
_POPULAR = (
    "where_is_cargo",
    "tariff_city",
    "my_delivery_date",
    "transit_time",
    "terminal_hours",
    "pickup_order",
    "closing_docs",
    "invoice_company",
    "free_storage",
    "door_delivery",
    "shipping_docs",
    "damage_claim",
    "pickup_window",
    "min_order",
    "insurance_price",
)
_WEEKDAY = (1.0, 1.0, 0.95, 0.95, 0.9, 0.35, 0.25)
_HOUR = (1, 1, 0.5, 0.5, 0.5, 1, 3, 8, 18, 34, 42, 42, 36, 34, 40, 40, 36, 28, 16, 11, 8, 6, 4, 2)


@dataclass(frozen=True, slots=True)
class Plan:
    """One ticket to be played. `intent` is None where the text stands in off_topic.yaml or english.yaml."""

    number: int  # 0-based, in the order of time
    kind: str  # normal | one of KINDS
    intent: Intent | None
    text_index: int  # index of the wording, or of the text in its file
    when: datetime
    channel: str  # chat | email
    customer: int
    original: int = -1  # kind duplicate: the number of the ticket that is sent again


def make_plans(intents: Sequence[Intent], *, seed: int, n: int, off_topic: int, english: int) -> list[Plan]:
    """The year's tickets in the order of time.

    Every wording is asked in a normal ticket where `n` allows it; the rest is drawn by popularity. `off_topic` and
    `english` are the numbers of texts to choose from.
    """
    rng = random.Random(seed)
    counts = {kind: round(share * n) for kind, share in KINDS.items()}
    counts["normal"] = n - sum(counts.values())
    moments = sorted(_moment(rng) for _ in range(n - counts["duplicate"]))
    topics = _topics(intents, rng, counts, {"off_topic": off_topic, "english": english})
    plans = [
        Plan(number=0, kind=kind, intent=intent, text_index=index, when=when, channel="", customer=-1)
        for (kind, intent, index), when in zip(topics, moments, strict=True)
    ]
    return _with_duplicates(_with_people(plans, rng, n), rng, counts["duplicate"])


def _moment(rng: random.Random) -> datetime:
    days = (LAST_DAY - FIRST_DAY).days + 1
    while True:
        day = FIRST_DAY + timedelta(days=rng.randrange(days))
        is_new_year = (day.month, day.day) <= (1, 8)
        if rng.random() < _WEEKDAY[day.weekday()] * (0.25 if is_new_year else 1.0):
            break
    hour = rng.choices(range(24), weights=_HOUR)[0]
    return datetime(day.year, day.month, day.day, hour, rng.randrange(60), rng.randrange(60), tzinfo=MOSCOW)


def _topics(
    intents: Sequence[Intent], rng: random.Random, counts: dict[str, int], texts: dict[str, int]
) -> list[tuple[str, Intent | None, int]]:
    rest = [intent.id for intent in intents if intent.id not in _POPULAR]
    rng.shuffle(rest)
    rank_of = {name: rank for rank, name in enumerate([*_POPULAR, *rest], 1)}
    weights = [1 / rank_of[intent.id] ** _ZIPF for intent in intents]
    standard = [weight if intent.kind == "standard" else 0.0 for intent, weight in zip(intents, weights, strict=True)]
    once = [(intent, index) for intent in intents for index in range(len(intent.wordings))]
    rng.shuffle(once)
    topics: list[tuple[str, Intent | None, int]] = []
    for kind, count in counts.items():
        if kind == "duplicate":
            continue
        if kind in _WITHOUT_INTENT:
            order = rng.sample(range(texts[kind]), texts[kind])
            topics += [(kind, None, order[place % texts[kind]]) for place in range(count)]
            continue
        first = once[:count] if kind == "normal" else []
        topics += [(kind, intent, index) for intent, index in first]
        drawn = rng.choices(intents, weights=standard if kind == "reopened" else weights, k=count - len(first))
        topics += [(kind, intent, rng.randrange(len(intent.wordings))) for intent in drawn]
    rng.shuffle(topics)
    return topics


def _with_people(plans: list[Plan], rng: random.Random, n: int) -> list[Plan]:
    """Channels in their exact share (a look-up needs the chat), and customers who come back."""
    chat_only = [place for place, plan in enumerate(plans) if plan.intent and plan.intent.kind == "needs_lookup"]
    others = [place for place in range(len(plans)) if place not in set(chat_only)]
    rng.shuffle(others)
    chats = set(chat_only) | set(others[: max(0, round(CHAT_SHARE * len(plans)) - len(chat_only))])
    customers = list(range(len(plans)))
    # a duplicate makes two tickets of one customer, which are part of the share
    left = round(REPEAT_SHARE * n) - 2 * round(KINDS["duplicate"] * n)
    pool = rng.sample(range(len(plans)), len(plans))
    while left >= 2:
        size = left if left <= 3 else rng.choice((2, 3))
        if left - size == 1:
            size = 2
        group = [pool.pop() for _ in range(size)]
        for place in group:
            customers[place] = customers[group[0]]
        left -= size
    return [
        replace(plan, channel="chat" if place in chats else "email", customer=customers[place])
        for place, plan in enumerate(plans)
    ]


def _with_duplicates(plans: list[Plan], rng: random.Random, count: int) -> list[Plan]:
    tickets: dict[int, int] = {}
    for plan in plans:
        tickets[plan.customer] = tickets.get(plan.customer, 0) + 1
    last = datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day, tzinfo=MOSCOW) - timedelta(days=2)
    fit = [
        place
        for place, plan in enumerate(plans)
        if plan.kind == "normal" and plan.when < last and tickets[plan.customer] == 1
    ]
    originals = rng.sample(fit, count)
    copies = [
        (
            replace(
                plans[place], kind="duplicate", when=plans[place].when + timedelta(minutes=rng.randrange(20, 1500))
            ),
            place,
        )
        for place in originals
    ]
    tagged = [(plan, place, -1) for place, plan in enumerate(plans)] + [(plan, -1, place) for plan, place in copies]
    tagged.sort(key=lambda item: (item[0].when, item[1]))
    number_of = {place: number for number, (_, place, _) in enumerate(tagged) if place >= 0}
    return [
        replace(plan, number=number, original=number_of[original] if original >= 0 else -1)
        for number, (plan, _, original) in enumerate(tagged)
    ]
