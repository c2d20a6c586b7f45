"""Invented customers: names in their cases, companies, phones, tax numbers, passports, cards, addresses.

Here: lists written by hand, and a draw from them. Nobody of them exists: phones have the middle group 000, tax numbers
a region code that was never given out, mail addresses the reserved domain .example; check digits are right, so that
redaction has something to recognise. Not here: what the people say (texts/speech.yaml).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parent / "texts" / "people.yaml"
_CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_SOUNDS = "a,b,v,g,d,e,e,zh,z,i,y,k,l,m,n,o,p,r,s,t,u,f,h,ts,ch,sh,sch,,y,,e,yu,ya"


@dataclass(frozen=True, slots=True)
class Lists:
    """The words that people, routes and goods are drawn from."""

    men: tuple[tuple[str, str, str], ...]  # first name, its genitive and instrumental
    women: tuple[tuple[str, str, str], ...]
    fathers: tuple[str, ...]  # stems before -ович, -овна
    surnames: tuple[str, ...]  # in -ов, -ев, -ин only: they decline by rule
    companies: tuple[str, ...]
    streets: tuple[str, ...]
    cities: tuple[tuple[str, str], ...]  # nominative, and where something is
    goods: tuple[str, ...]  # accusative = nominative
    goods_of: dict[str, tuple[str, ...]]  # intent id -> goods, where any others would make nonsense


@cache
def load_lists() -> Lists:
    """Reads texts/people.yaml once."""
    raw: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    goods_of = {intent: tuple(goods) for intent, goods in raw.pop("goods_of").items()}
    plain: dict[str, Any] = {
        key: tuple(tuple(item) if isinstance(item, list) else item for item in items) for key, items in raw.items()
    }
    return Lists(**plain, goods_of=goods_of)


@dataclass(frozen=True, slots=True)
class Person:
    """One customer, always the same in all tickets of a customer id."""

    customer_id: str
    name: str
    surname: str
    full_name: str  # name, patronymic, surname as people sign
    name_gen: str  # first name and surname, genitive
    name_ins: str  # first name and surname, instrumental
    phone: str
    email: str
    company: str
    inn: str
    passport: str
    card: str
    address: str
    contract: str

    def personal_data(self) -> tuple[str, ...]:
        """Every string that redaction may have to find."""
        names = (self.full_name, self.name_gen, self.name_ins, f"{self.name} {self.surname}", self.name)
        return (*names, self.phone, self.email, self.inn, self.passport, self.card, self.address, self.contract)


def make_person(customer_id: str, rng: random.Random) -> Person:
    """One invented customer."""
    lists = load_lists()
    is_woman = rng.random() < 0.5
    name, genitive, instrumental = rng.choice(lists.women if is_woman else lists.men)
    stem = rng.choice(lists.surnames)
    surname, surname_gen, surname_ins = _surname(stem, is_woman=is_woman)
    legal = rng.random()
    company = f"ИП {surname}" if legal < 0.2 else f"{'ООО' if legal < 0.9 else 'АО'} «{rng.choice(lists.companies)}»"
    return Person(
        customer_id=customer_id,
        name=name,
        surname=surname,
        full_name=f"{name} {_patronymic(rng, is_woman=is_woman)} {surname}"
        if rng.random() < 0.5
        else f"{surname} {name}",
        name_gen=f"{genitive} {surname_gen}",
        name_ins=f"{instrumental} {surname_ins}",
        phone=make_phone(rng),
        email=f"{_latin(stem)}{rng.randrange(10, 99)}@{rng.choice(('pochta', 'yashchik', 'kontora'))}.example",
        company=company,
        inn=make_inn(rng, digits=12 if company.startswith("ИП") else 10),
        passport=_passport(rng),
        card=make_card(rng),
        address=_address(rng),
        contract=f"{rng.randrange(100, 999)}/{rng.randrange(24, 27)}",
    )


def make_phone(rng: random.Random) -> str:
    """A mobile number in one of the ways in which people write it; its middle group is 000."""
    code, first, second = rng.randrange(950, 1000), rng.randrange(10, 100), rng.randrange(10, 100)
    form = rng.choice(
        ("+7 {} 000-{}-{}", "+7 ({}) 000-{}-{}", "8 {} 000 {} {}", "8{}000{}{}", "8-{}-000-{}-{}", "+7{}000{}{}")
    )
    return form.format(code, first, second)


def make_inn(rng: random.Random, *, digits: int) -> str:
    """A tax number of 10 (company) or 12 digits (person) with right check digits.

    Weights: order of the Federal Tax Service ММВ-7-6/435, as python-stdnum implements them.
    """
    body = [9, 6] + [rng.randrange(10) for _ in range(digits - 3 if digits == 10 else digits - 4)]
    weights = (
        ((2, 4, 10, 3, 5, 9, 4, 6, 8),)
        if digits == 10
        else ((7, 2, 4, 10, 3, 5, 9, 4, 6, 8), (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8))
    )
    for row in weights:
        body.append(sum(weight * digit for weight, digit in zip(row, body, strict=True)) % 11 % 10)
    return "".join(map(str, body))


def make_card(rng: random.Random) -> str:
    """A card number of 16 digits with the right Luhn digit, in groups of four or in one piece."""
    body = [2, 2, 0, 0, 0, 0] + [rng.randrange(10) for _ in range(9)]
    doubled = [digit * 2 - 9 * (digit > 4) if index % 2 == 0 else digit for index, digit in enumerate(body)]
    text = "".join(map(str, [*body, -sum(doubled) % 10]))
    return text if rng.random() < 0.3 else " ".join(text[start : start + 4] for start in range(0, 16, 4))


def make_order(rng: random.Random) -> str:
    """A waybill or order number as the company writes it."""
    return (
        f"ВР-{rng.randrange(1_000_000, 9_999_999)}" if rng.random() < 0.7 else str(rng.randrange(1_000_000, 9_999_999))
    )


def _passport(rng: random.Random) -> str:
    series, number = f"{rng.randrange(1, 98):02d}{rng.randrange(10, 26)}", f"{rng.randrange(100_000, 999_999)}"
    form = rng.choice(("{0} {1}", "{2} {3} {1}", "серия {0} номер {1}"))
    return form.format(series, number, series[:2], series[2:])


def _address(rng: random.Random) -> str:
    text = (
        f"г. {rng.choice(load_lists().cities)[0]}, ул. {rng.choice(load_lists().streets)}, д. {rng.randrange(1, 120)}"
    )
    return text + (f", кв. {rng.randrange(1, 200)}" if rng.random() < 0.5 else "")


def _surname(stem: str, *, is_woman: bool) -> tuple[str, str, str]:
    return (stem + "а", stem + "ой", stem + "ой") if is_woman else (stem, stem + "а", stem + "ым")


def _patronymic(rng: random.Random, *, is_woman: bool) -> str:
    return rng.choice(load_lists().fathers) + ("овна" if is_woman else "ович")


def _latin(text: str) -> str:
    sounds = dict(zip(_CYRILLIC, _SOUNDS.split(","), strict=True))
    return "".join(sounds.get(letter, letter) for letter in text.lower())
