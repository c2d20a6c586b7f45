"""Pairing many tickets by their shape gives what pairing each by the rules gives."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

from ft_pipeline.curate.pair import pair
from ft_pipeline.curate.plans import _plan, pair_all
from ft_pipeline.curate.rows import Exchange, Refused
from ft_pipeline.curate.talks import Talks, as_talks
from ft_pipeline.curate.tickets import Boilerplate, Texts, as_ticket, as_tickets, group
from ft_pipeline.curate.verdicts import (
    UNLESS_PLAIN,
    asks_back,
    asks_for_number,
    holds_for_one_case,
    is_off_topic,
    says_nothing,
    without_empty_promises,
)
from ft_pipeline.records import Turn
from ft_pipeline.screen import Column
from ft_pipeline.task import Data
from ft_pipeline_tests.curate.test_forms import texts as odd_texts

RUTUBE = Path(__file__).parents[3] / "shared" / "data" / "rutube_support" / "cases.csv"
ASKED = (
    *("Сколько дней груз хранится на терминале бесплатно?", "Оператор", "ау", "Спасибо!", "Здравствуйте!", "", "да"),
    *(
        "Не помогло, всё равно не работает",
        "А если он тяжелее?",
        "Номер 123456",
        "AB-1234",
        "Позовите человека",
        "????",
    ),
    *("Город Тверь", "слово " * 70, "Нужен оператор", "Хочу оператора по грузу", "я" * 20_001),
)
ANSWERED = (
    *("Доставка занимает три дня.", "Бесплатно трое суток, дальше 50 рублей в день.", "Передал коллегам.", "Ожидайте."),
    *("Пришлите, пожалуйста, номер накладной, посмотрим.", "Укажите номер заявки", "Уточните город?", "Готово", ""),
    *("Ваш груз прибыл сегодня в Москву.", "Мы не занимаемся этим.", "Минуту, смотрю.", "Какой у вас тариф?"),
    *("Здравствуйте! Передам ваш вопрос. Доставка занимает 3 дня. Хорошего дня!", "Проверили заявку, всё верно."),
    *("Пришлите заявление с номером накладной на почту.", "да\nДоставка занимает три дня", "x" * 20_001),
)


def dialogues(count: int, *, seed: int) -> list[Turn]:
    """Random dialogues, many of them of the plain shapes."""
    draw = random.Random(seed)
    turns: list[Turn] = []
    for number in range(count):
        status = draw.choice(("resolved", "resolved", "reopened", "", "open"))
        length = draw.choice((1, 2, 2, 2, 3, 4, 4, 5, 6, 7))
        for place in range(length):
            plain = "customer" if place % 2 == 0 else "agent"
            role = plain if draw.random() < 0.7 else draw.choice(("customer", "agent", "bot", "note"))
            text = draw.choice(ASKED if role == "customer" else ANSWERED)
            at = f"2026-01-01T00:{place:02d}:00+00:00"
            turns.append(Turn(f"t{number}", f"m{place}", place, role, text, at, "c", "chat", status, "", "desk"))
    return turns


def _as_talks(turns: list[Turn]) -> Talks:
    by_key = group(turns)
    return as_talks({key: as_ticket(key, mine, None) for key, mine in by_key.items()}, by_key, Texts(by_key.values()))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tickets_paired_by_their_shape_are_paired_as_by_the_rules(seed: int) -> None:
    turns = dialogues(1500, seed=seed)
    talks = _as_talks(turns)
    whole = as_tickets(turns, data=Data(drop_repeated_boilerplate=False))
    _plan.cache_clear()
    found = pair_all(talks, talks.texts)
    assert [ticket.key for ticket in talks.tickets] == [ticket.key for ticket in whole]
    expected: list[Exchange | Refused] = [
        Refused("curate.repair", "message_too_long", "above 20000 characters")
        if any(message.is_too_long for message in ticket.messages)
        else pair(ticket)
        for ticket in whole
    ]
    assert found == expected
    by_shape = [one for one in expected if isinstance(one, Exchange) and one.kind == "standard"]
    assert len(by_shape) > 100
    assert _plan.cache_info().hits > 300


@pytest.mark.parametrize(
    ("shape", "is_told"),
    [
        *(
            ("cp", True),
            ("bcp", True),
            ("cbp", True),
            ("-c-p-", True),
            ("cqcp", True),
            ("cncqcpcc", True),
            ("cnn", True),
        ),
        *(
            ("ccp", False),
            ("cpp", False),
            ("cpcp", False),
            ("cx", False),
            ("cq", False),
            ("cqccp", False),
            ("pcp", False),
        ),
        *(("c", False), ("p", False), ("", False), ("b", False), ("cqp", False), ("cnp", False)),
    ],
)
def test_only_plain_shapes_have_a_plan(shape: str, is_told: bool) -> None:
    assert (_plan(shape) is not None) == is_told


def test_what_no_screen_hits_is_a_plain_answer() -> None:
    texts = [text for text in (*ASKED, *ANSWERED, *odd_texts()) if text.strip()]
    if RUTUBE.is_file():
        with RUTUBE.open(encoding="utf-8-sig", newline="") as stream:
            texts += [cell.strip() for row in csv.reader(stream) for cell in row[:4] if cell.strip()]
    column = Column(texts)
    hit = {number for pattern in UNLESS_PLAIN for number in column.hits(pattern)}
    passed = [text for number, text in enumerate(texts) if number not in hit]
    assert len(passed) > 300
    for text in passed:
        assert not says_nothing(text)
        assert without_empty_promises(text) == text
        assert not asks_back(text)
        assert not asks_for_number(text, has_reply_with_number=True)
        assert not is_off_topic(text)
        assert not holds_for_one_case(text)


def test_what_agents_said_is_taken_from_the_columns_and_loses_its_boilerplate() -> None:
    ends = [
        f"Доставка в {town} идёт быстро." for town in ("Тверь", "Омск", "Псков", "Уфу", "Читу", "Пермь", "Сочи", "Орёл")
    ]
    turns = []
    for number in range(40):
        text = f"{ends[number % 8]} Наш бот в телеграме ответит вам быстрее всех."
        turns.append(Turn(f"t{number}", "0", 0, "customer", "Где мой груз?", "", "c", "chat", "", "", "desk"))
        turns.append(Turn(f"t{number}", "1", 1, "agent", text, "", "c", "chat", "", "", "desk"))
    talks = _as_talks(turns)
    said = talks.said_by_agents()
    assert list(said.values()) == [(text,) for text in talks.texts[1::2]]
    assert set(talks.without(Boilerplate(said))) == {"Где мой груз?", *ends}


def test_turns_come_in_order_whatever_the_order_of_the_table() -> None:
    turns = dialogues(60, seed=9)
    mixed = random.Random(3).sample(turns, len(turns))
    assert group(mixed) == group(turns)
    assert list(group(mixed)) == sorted(group(mixed))
