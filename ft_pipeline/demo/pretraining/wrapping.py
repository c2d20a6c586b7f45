"""What stands around a question: greetings, closings, small talk, system prompts, facts in slots, synonyms.

Here: hand-written lists and the seeded choice among them. Not here: mistyping (noise), topics (corpus/).
"""

from __future__ import annotations

import random
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

FIRST = "Ты — помощник службы поддержки. Отвечай вежливо, на «вы», коротко и по делу."
_PLACE = re.compile(r"\{(\w+)\}")


@lru_cache(maxsize=1)
def phrases() -> dict[str, tuple[str, ...]]:
    """The hand-written lists: system prompts, greetings, closings, remarks, names, cities, goods and more."""
    lists = yaml.safe_load((Path(__file__).parent / "phrases.yaml").read_text(encoding="utf-8"))
    return {name: tuple(items) for name, items in lists.items()}


def _number(rng: random.Random) -> str:
    return "".join(rng.choice("0123456789") for _ in range(rng.randint(4, 10)))


def _company(rng: random.Random) -> str:
    return "«" + "".join(rng.sample(phrases()["name_syllables"], rng.randint(2, 3))).capitalize() + "»"


def _domain(rng: random.Random) -> str:
    return "".join(rng.sample(phrases()["domain_syllables"], 2)) + ".example"


def _fact(slot: str, rng: random.Random) -> str:
    """One invented value; the same slot differs from company to company."""
    hour = rng.randint(6, 11)
    makers: dict[str, Any] = {
        "company": lambda: _company(rng),
        "city": lambda: rng.choice(phrases()["cities"]),
        "city2": lambda: rng.choice(phrases()["cities"]),
        "street": lambda: f"ул. {rng.choice(phrases()['streets'])}, {rng.randint(1, 180)}",
        "goods": lambda: rng.choice(phrases()["goods"]),
        "name": lambda: rng.choice(phrases()["names"]),
        "price": lambda: f"{rng.choice((rng.randint(4, 99) * 10, rng.randint(2, 60) * 500))} ₽",
        "percent": lambda: f"{rng.choice((rng.randint(1, 60), round(rng.random() * 4, 1)))} %".replace(".", ","),
        "days": lambda: rng.choice(("{} дня", "{} дней", "{} рабочих дней", "до {} дней")).format(rng.randint(2, 45)),
        "hours": lambda: rng.choice(("{} часа", "{} часов", "{} минут")).format(rng.randint(2, 48)),
        "time_from": lambda: f"{hour}:{rng.choice(('00', '30'))}",
        "time_to": lambda: f"{hour + rng.randint(6, 12)}:{rng.choice(('00', '30'))}",
        "phone": lambda: f"8 800 {rng.randint(100, 999)}-{rng.randint(10, 99)}-{rng.randint(10, 99)}",
        "email": lambda: rng.choice(("info", "help", "client", "office", "zakaz")) + "@" + _domain(rng),
        "site": lambda: _domain(rng),
        "weight": lambda: f"{rng.randint(2, 900)} кг",
        "count": lambda: str(rng.randint(2, 40)),
        "number": lambda: _number(rng),
    }
    return str(makers[slot]()) if slot in makers else str(rng.randint(2, 90))


def fill(template: str, rng: random.Random) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The template with invented facts in its slots, and where they stand (start, end)."""
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    at = last = 0
    for match in _PLACE.finditer(template):
        value = _fact(match[1], rng)
        at += match.start() - last
        parts += [template[last : match.start()], value]
        spans.append((at, at + len(value)))
        at += len(value)
        last = match.end()
    parts.append(template[last:])
    return "".join(parts), tuple(spans)


def wrap(question: str, rng: random.Random) -> str:
    """The question with a greeting, something beside the point, a closing, or none of them."""
    parts = [question]
    if rng.random() < 0.25:
        parts.insert(0, rng.choice(phrases()["before"]))
    if rng.random() < 0.30:
        parts.insert(0, rng.choice(phrases()["greetings"]))
    if rng.random() < 0.18:
        parts.append(rng.choice(phrases()["closings"]))
    return fill(" ".join(parts), rng)[0] if len(parts) > 1 else question


@lru_cache(maxsize=1)
def _lexicon() -> dict[str, tuple[str, ...]]:
    """lemma → the other lemmas of its groups."""
    groups = yaml.safe_load((Path(__file__).parent / "lexicon.yaml").read_text(encoding="utf-8"))
    table: dict[str, set[str]] = {}
    for group in groups:
        for word in group:
            table.setdefault(word, set()).update(other for other in group if other != word)
    return {word: tuple(sorted(others)) for word, others in table.items()}


@lru_cache(maxsize=1)
def _morph() -> Any:
    import pymorphy3

    return pymorphy3.MorphAnalyzer()


@lru_cache(maxsize=200_000)
def lemma(word: str) -> str:
    """The dictionary form, with ё as е."""
    return str(_morph().parse(word)[0].normal_form).replace("ё", "е")


_KEPT = ("NOUN", "VERB", "INFN", "ADJF", "ADVB", "PRTF")


@lru_cache(maxsize=50_000)
def _substitutes(word: str) -> tuple[str, ...]:
    """Words of like meaning in the same form, so that the sentence stays grammatical wherever that can be had."""
    parse = _morph().parse(word.lower())[0]
    out = []
    for lemma in _lexicon().get(parse.normal_form.replace("ё", "е"), _lexicon().get(parse.normal_form, ())):
        if " " in lemma:
            continue
        other = _morph().parse(lemma)[0]
        if other.tag.POS not in (parse.tag.POS, "INFN" if parse.tag.POS == "VERB" else parse.tag.POS):
            continue
        if parse.tag.POS == "NOUN" and parse.tag.gender != other.tag.gender:
            wanted = {g for g in (parse.tag.case, parse.tag.number) if g}
        else:
            wanted = {
                str(g)
                for g in (parse.tag.case, parse.tag.number, parse.tag.tense, parse.tag.person, parse.tag.mood)
                if g
            }
            if parse.tag.POS in ("ADJF", "VERB") and parse.tag.gender:
                wanted.add(str(parse.tag.gender))
        if parse.tag.POS == "VERB":
            wanted.add("VERB")
            if parse.tag.mood == "impr":
                wanted.add("excl")
            elif parse.tag.tense in ("pres", "futr") and parse.tag.person is None:
                wanted.add("3per")
        form = other.inflect(wanted) if wanted else other
        if form is not None:
            out.append(form.word.capitalize() if word[0].isupper() else form.word)
    return tuple(out)


def synonyms(text: str, rng: random.Random, *, share: float = 0.25) -> str:
    """Replace about `share` of the words that the lexicon knows by a word of like meaning in the same form."""

    def swap(match: re.Match[str]) -> str:
        if rng.random() >= share:
            return match[0]
        others = _substitutes(match[0])
        return rng.choice(others) if others else match[0]

    return re.sub(r"[А-Яа-яЁё]{3,}", swap, text)
