"""Damage of exports is undone, and clean text is left alone."""

from __future__ import annotations

import contextlib
import re

import pytest

from ft_pipeline.curate.repair import repair

CLEAN = [
    "Сколько стоит заезд машины по городу?",
    "Здравствуйте! Где мой груз № 12345678?",
    "Цена — 1 350 ₽, срок 2–4 дня; «Экспресс» дороже на 40 %.",
    "Температура +2…+8 °C и −18 °C, объём 3 м³",
    "How much is delivery to Moscow?",
    "если a < b и c > d, то что?",
    "Привет 😊 как отключить СМС?",
    "API: https://dev.verstovik.example/docs?a=1&b=2",
    "ООО «Ёлка», ИНН",
    "crjkmrj cnjbn",
    "Café déjà vu",
]


@pytest.mark.parametrize("text", CLEAN)
def test_a_clean_text_stays_as_it_is(text: str) -> None:
    assert repair(text) == text


def wrong_decodings() -> list[tuple[str, str, str]]:
    """(text, the encoding it was written in, another one that its bytes can be read as)."""
    found = []
    for text in ("Где мой груз и когда он придёт", "Привет, сколько стоит доставка?"):
        for was in ("utf-8", "cp1251", "koi8-r", "cp866"):
            for read_as in ("latin-1", "cp1251", "koi8-r", "cp866"):
                with contextlib.suppress(UnicodeDecodeError):
                    if text.encode(was).decode(read_as) != text:
                        found.append((text, was, read_as))
    return found


@pytest.mark.parametrize(("text", "was", "read_as"), wrong_decodings())
def test_a_wrong_decoding_is_undone(text: str, was: str, read_as: str) -> None:
    assert repair(text.encode(was).decode(read_as)) == text


def test_a_short_string_is_never_re_decoded() -> None:
    assert repair("Ïðèâ") == "Ïðèâ"


def test_no_invisible_character_survives() -> None:
    damaged = "нару\u00adшение\u200b правил\u200c\u00a0\u200c\u2060 RUTUBE\ufeff\u0000"
    assert repair(damaged) == "нарушение правил RUTUBE"


@pytest.mark.parametrize(
    ("damaged", "whole"),
    [
        ("С уважением,Дмитрий", "С уважением, Дмитрий"),
        ("уточнить причины Правилhttps://rutube.ru/info/taboo", "уточнить причины Правил https://rutube.ru/info/taboo"),
        ("https://rutube.ru/info/Если не помогло", "https://rutube.ru/info/ Если не помогло"),
        ("Откройте кабинет.Нажмите кнопку", "Откройте кабинет. Нажмите кнопку"),
        ("цена 2,5 % и г.Москва", "цена 2,5 % и г.Москва"),
        ("пишите на a.b@rutube.ru", "пишите на a.b@rutube.ru"),
    ],
)
def test_glued_words_are_parted_and_numbers_and_addresses_are_not(damaged: str, whole: str) -> None:
    assert repair(damaged) == whole


def test_markup_becomes_the_text_that_the_writer_saw() -> None:
    html = "<p>Добрый&nbsp;день!</p><script>alert(1)</script><div>Цена <b>1&nbsp;200</b>"
    html += " &laquo;руб&raquo;<br>за заезд</div>"
    text = repair(html)
    assert "alert" not in text and "<" not in text and "&" not in text
    assert re.sub(r"\s+", " ", text) == "Добрый день! Цена 1 200 «руб» за заезд"


def test_markup_nested_fifty_thousand_deep_loses_no_text_and_costs_no_time() -> None:
    text = repair("<div>" * 50_000 + "Где мой груз?" + "</div>" * 50_000)
    assert text == "Где мой груз?"
