"""Facts: which spellings are one fact, and which near misses are another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ft_pipeline.facts import find_facts, key_facts


def same(one: str, two: str) -> bool:
    """Whether every strong fact of each text has its match in the other."""
    first, second = find_facts(one), find_facts(two)
    return all(
        any(fact.matches(other) for other in others)
        for facts, others in ((first, second), (second, first))
        for fact in facts
        if not fact.is_weak
    )


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("стоит 250 ₽", "стоит 250 руб."),
        ("стоит 250 ₽", "стоит 250 рублей"),
        ("стоит 250 ₽", "стоит двести пятьдесят рублей"),
        ("стоит 1 500 ₽", "стоит 1500 рублей"),
        ("стоит 1 500 ₽", "стоит 1\u00a0500 р."),
        ("стоит 1 500 ₽", "стоит 1,5 тыс. руб."),
        ("от 1 200 000 ₽", "от 1,2 млн рублей"),
        ("$6.99 a month", "6.99 dollars a month"),
        ("за 3 дня", "за три дня"),
        ("за 2 недели", "за 14 дней"),
        ("за 24 часа", "за сутки"),
        ("гарантия 12 месяцев", "гарантия 1 год"),
        ("гарантия полгода", "гарантия 6 месяцев"),
        ("3–5 дней", "от 3 до 5 дней"),
        ("3–5 дней", "от трёх до пяти дней"),
        ("10 — 15 дней", "10-15 дней"),
        ("с 8:00–20:00", "с 8 до 20"),
        ("с 7:30", "с 7.30"),
        ("с 9:00 до 18:00", "с 9 утра до 6 вечера"),
        ("9 am to 6 pm", "9:00–18:00"),
        ("работаем 24/7", "работаем круглосуточно"),
        ("скидка 5 %", "скидка 5%"),
        ("скидка 5 %", "скидка пять процентов"),
        ("скидка 0,5 %", "скидка 0.5%"),
        ("до 31 августа", "до 31.08"),
        ("5 и 19 декабря", "05.12 и 19.12"),
        ("при −18 °C", "при -18 градусов"),
        ("при +5 °C", "при 5 °C"),
        ("8 (800) 555-35-35", "+7 800 555-35-35."),
        ("8 (800) 555-35-35", "88005553535"),
        ("на Info@Example.ru.", "на info@example.ru"),
        ("https://example.ru/track.", "example.ru/track/"),
        ("сертификат СТ-1", "сертификат ст1"),
        ("форма № 9", "форма 9"),
        ("по вторникам", "во вторник"),
        ("бесплатно", "бесплатная"),
        ("вес 1,5 т", "вес 1.5 тонны"),
        ("бутыль 19 л", "бутыль 19 литров"),
    ],
)
def test_another_spelling_is_the_same_fact(one: str, two: str) -> None:
    assert same(one, two), (find_facts(one), find_facts(two))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("за 3 дня", "за 3 недели"),
        ("за 3 дня", "за 3 рабочих дня"),
        ("за 3 часа", "за 3 дня"),
        ("стоит 250 ₽", "стоит 250 $"),
        ("стоит 250 ₽", "стоит 205 ₽"),
        ("стоит 1 500 ₽", "стоит 15 000 ₽"),
        ("стоит 1,5 тыс. ₽", "стоит 1,5 ₽"),
        ("скидка 25 %", "скидка 25 ₽"),
        ("скидка 0,5 %", "скидка 5 %"),
        ("с 9:00 до 18:00", "с 9:00 до 19:00"),
        ("с 9:00", "с 9:30"),
        ("в 6 утра", "в 6 вечера"),
        ("до 31 августа", "до 31 июля"),
        ("5 и 19 декабря", "5 и 19 ноября"),
        ("при −18 °C", "при 18 °C"),
        ("10 ГБ", "10 МБ"),
        ("10 кг", "10 г"),
        ("5 км", "5 м"),
        ("8 (800) 555-35-35", "8 (800) 555-35-36"),
        ("info@example.ru", "help@example.ru"),
        ("example.ru/price", "example.ru/track"),
        ("форма М-2", "форма М-15"),
        ("по вторникам", "по средам"),
        ("24/7", "12/7"),
        ("бесплатно", "платно"),
        ("бесплатно", ""),
    ],
)
def test_a_near_miss_is_another_fact(one: str, two: str) -> None:
    assert not same(one, two), (find_facts(one), find_facts(two))


@pytest.mark.parametrize(
    "text",
    [
        "Спасибо за обращение!",
        "Один из наших специалистов ответит вам.",
        "В среднем так и бывает, сами по себе они стоят на месте.",
        "Стоит уточнить: семья, стопка, одиночка.",
        "",
    ],
)
def test_a_text_without_facts_has_none(text: str) -> None:
    assert not key_facts(text)


@given(st.text(max_size=60))
def test_any_text_has_the_facts_of_itself(text: str) -> None:
    assert same(text, text)
