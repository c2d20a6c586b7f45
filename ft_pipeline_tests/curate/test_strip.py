"""What stands around a message goes, the message stays."""

from __future__ import annotations

import random
import re

import pytest

from ft_pipeline.curate.boilerplate import find_boilerplate
from ft_pipeline.letter import SENTENCE_END, strip, strip_edges
from ft_pipeline_tests.curate.test_forms import PIECES


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Здравствуйте! Где мой груз?", "Где мой груз?"),
        ("Добрый день, Анна! Где мой груз?", "Где мой груз?"),
        ("Анна, здравствуйте! Где мой груз?", "Где мой груз?"),
        ("Здравствуйте, [ИМЯ]! Груз хранится 3 дня.", "Груз хранится 3 дня."),
        ("здравствуйте подскажите цену", "подскажите цену"),
        ("Уважаемый клиент! Груз хранится 3 дня.", "Груз хранится 3 дня."),
        ("Добрый день! Меня зовут Мария, я специалист поддержки. Груз хранится 3 дня.", "Груз хранится 3 дня."),
        ("Спасибо за обращение! Груз хранится 3 дня.", "Груз хранится 3 дня."),
        ("Груз хранится 3 дня. Если будут вопросы, пишите.", "Груз хранится 3 дня."),
        ("Груз испорчен, куда жаловаться\n\nОчень жду ответа.", "Груз испорчен, куда жаловаться"),
        ("Есть ли договор? Ответьте поскорее, пожалуйста.", "Есть ли договор?"),
        ("Есть ли договор? Буду очень благодарна за ответ!", "Есть ли договор?"),
        ("Груз хранится 3 дня. Рады помочь! Хорошего дня!", "Груз хранится 3 дня."),
        ("Груз хранится 3 дня.\nС уважением, служба поддержки", "Груз хранится 3 дня."),
        ("Где груз? Заранее спасибо! С уважением, Дмитрий", "Где груз?"),
        ("запрещённые грузы перечень заранее спасибо", "запрещённые грузы перечень"),
        ("Где груз?\n\nОтправлено с iPhone", "Где груз?"),
        ("Где груз?\n-- \nИван Петров\nООО «Ромашка»", "Где груз?"),
        ("Где груз?\n\n12.03.2026 10:11, Поддержка <a@b.ru> пишет:\n> Добрый день\n> ответ", "Где груз?"),
        ("> Старое\nГде груз?", "Где груз?"),
        ("Спасибо!", ""),
        ("Здравствуйте!", ""),
    ],
)
def test_edges_go(text: str, left: str) -> None:
    assert strip_edges(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "Подскажите, пожалуйста, сколько стоит доставка?",
        "Будем рады вашему отклику: заполните анкету на rabota.verstovik.example. Отдел кадров ответит за 3 дня.",
        "Пишите на kachestvo@verstovik.example, ответим за 2 рабочих дня.",
        "Звоните 8 800 000-11-22, звонок бесплатный.",
        "Спасибо, что напомнили про акт: где его скачать?",
        "Доброта спасёт мир, а когда приедет машина?",
        "Обращайтесь в любой терминал с паспортом.",
        "Привезите груз до 20:00. Пожалуйста, возьмите паспорт.",
        "Почему я так долго жду ответа от поддержки?",
        "Сообщите срочно, где мой груз.",
    ],
)
def test_what_only_looks_like_an_edge_stays(text: str) -> None:
    assert strip_edges(text) == text


def test_a_capital_verb_after_a_greeting_is_not_taken_for_a_name() -> None:
    assert strip_edges("Здравствуйте, Подскажите, где груз?") == "Подскажите, где груз?"


def test_a_sentence_that_repeats_beside_many_answers_is_boilerplate_and_half_of_one_answer_is_not() -> None:
    topics = ["груза", "счёта", "акта", "пропуска", "договора", "адреса", "заявки", "забора", "паллеты", "машины"]
    advert = "Скачайте наше приложение: в нём все накладные под рукой."
    messages = [(f"a{n}", f"Срок для {topic} равен одному дню. {advert}") for n, topic in enumerate(topics * 3)]
    messages += [(f"b{n}", "Груз хранится бесплатно. Потом хранение платное.") for n in range(40)]
    found = find_boilerplate(messages)
    assert len(found) == 1 and "приложение" in next(iter(found))


def _random_texts(*, seed: int) -> list[str]:
    draw = random.Random(seed)
    signs = [" ", "\n", "  ", ".", "!", ")", "…", "А", "a", "1", "«", "\t", "\u00a0", "\x1c", "\r", "я"]
    signed = [
        "С уважением",
        "\n  — с искренним уважением, Пётр",
        "! Best regards",
        "всегда ваша",
        "уважением",
        "İ",
        "–",
    ]
    short = ["".join(draw.choices(signs, k=draw.randint(1, 9))) for _ in range(4000)]
    return [*short, *("".join(draw.choices([*PIECES, *signed], k=draw.randint(1, 8))) for _ in range(2000))]


def test_sentences_end_where_the_plainly_written_pattern_says() -> None:
    plain = re.compile(r"(?<=[.!?…)])\s+(?=[А-ЯЁA-Z«\"\[\d—–🙂])|\n+")
    last = re.compile(rf"(?s).*(?:{plain.pattern})")
    for text in _random_texts(seed=5):
        assert [found.span() for found in SENTENCE_END.finditer(text)] == [end.span() for end in plain.finditer(text)]
        end = last.match(text)
        assert strip._start_of_last(text) == (end.end() if end is not None else 0)


def test_no_signature_begins_before_the_place_where_the_search_for_it_begins() -> None:
    seen = 0
    for text in _random_texts(seed=6):
        found = strip._SIGNATURE.search(text)
        start = strip._start_of_signature(text)
        if found is not None:
            seen += 1
            assert 0 <= start <= found.start()
    assert seen > 200
