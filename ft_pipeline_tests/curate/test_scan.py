"""One pass over many texts says the same as the patterns that look at one."""

from __future__ import annotations

import csv
import random
import re
from pathlib import Path

import pytest

from ft_pipeline.curate.language import language_of, languages_of
from ft_pipeline.curate.repair import repair, repair_all
from ft_pipeline.curate.scan import clean_and_russian, letter_grades
from ft_pipeline.reading.letters import russian_score

RUTUBE = Path(__file__).parents[3] / "shared" / "data" / "rutube_support" / "cases.csv"
PLAIN = (
    "Сколько дней груз хранится на терминале бесплатно?",
    "Привет, подскажите: где мой заказ № 12345 — он ещё едет?",
    "Строка первая.\nСтрока вторая.\n\nСтрока третья",
    "how can i track my order",
    "ок",
    "«Ёлки» едут…",
)
DAMAGED = (
    "Сколько  дней",
    "Сколько дней ",
    " Сколько дней",
    "Сколько дней\n",
    "\nСколько дней",
    "строка \nдругая",
    "строка\n другая",
    "строка\n\n\nдругая",
    "груз,который едет",
    "Груз едет.Когда приедет",
    "Правилhttps://rutube.ru/info по которым",
    "до\u00a0терминала",
    "груз\u200b едет",
    "<p>груз едет</p>",
    "груз &amp; терминал",
    "груз\tедет",
    "груз\r\nедет",
    "Сколько стоит доставка?".encode().decode("cp1251", errors="ignore"),
    "Сколько стоит доставка?".encode("koi8-r").decode("cp1251"),
    "",
)


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_text_needs_no_second_look(text: str) -> None:
    assert clean_and_russian([text])[0] == [True]
    assert repair(text) == text


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_text_is_never_called_clean(text: str) -> None:
    around = ["Сколько стоит доставка?", text, "Когда приедет груз?"]
    assert clean_and_russian(around)[0] == [True, False, True]
    assert repair_all(around) == [repair(one) for one in around]


def test_repairing_many_and_repairing_one_by_one_give_the_same_on_broken_mixtures() -> None:
    draw = random.Random(7)
    pieces = [*PLAIN, *DAMAGED, "Ы", ",", ".", "!", "а", "Я", "z", "&nbsp;", "😊", "ї", "ß", "ñ", "http://x.ru"]
    texts = ["".join(draw.sample(pieces, 3)) for _ in range(600)]
    assert repair_all(texts) == [repair(text) for text in texts]


def test_the_languages_of_many_are_those_of_each() -> None:
    texts = [*PLAIN, "Де моє замовлення і коли його доставлять", "Wann kommt die Lieferung", "crjkmrj cnjbn", "", "123"]
    texts += ["Колко струва доставката до офиса и кога ще пристигне поръчката ми", "Пишите на info@verstovik.example"]
    assert languages_of(texts) == [language_of(text) for text in texts]


def test_real_messages_are_repaired_and_judged_as_one_by_one() -> None:
    if not RUTUBE.is_file():
        pytest.skip(f"the real support cases are missing: {RUTUBE}")
    with RUTUBE.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))[:250]
    texts = [row[name] for row in rows for name in ("Вопрос пользователя", "Ответ сотрудника")]
    repaired = repair_all(texts)
    assert repaired == [repair(text) for text in texts]
    assert languages_of(repaired) == [language_of(text) for text in repaired]


def test_grades_of_many_are_those_of_each() -> None:
    draw = random.Random(11)
    signs = "абвёЁЯЪъ aZ 019.,ї\u00a0🙂\n"
    texts = [*PLAIN, *DAMAGED, *("".join(draw.choices(signs, k=draw.randrange(30))) for _ in range(500))]
    swapped = re.compile(r"(?<=[а-яё])[А-ЯЁ]|(?<=[a-z])[А-Яа-яЁё]|[А-Яа-яЁё](?=[a-z])")
    for text, graded in zip(texts, letter_grades(texts), strict=True):
        assert graded == (russian_score(text), len(re.findall("[А-Яа-яЁё]", text)), len(swapped.findall(text)))
