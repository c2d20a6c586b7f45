"""A question without the letter around it."""

from __future__ import annotations

import time

import pytest

from ft_pipeline.curate.boilerplate import find_boilerplate
from ft_pipeline.letter import strip_frame


@pytest.mark.parametrize(
    ("letter", "question"),
    [
        (
            "Тема: Re: обращение\n\nУважаемые сотрудники «Лотоса», добрый день!\n\nКак вернуть переплату?\n\n"
            "Всего доброго,\n[ИМЯ]\nдиректор, ООО «Гранит»\nтел. [ТЕЛЕФОН]",
            "Как вернуть переплату?",
        ),
        ("Меня зовут [ИМЯ], договор [НОМЕР]. Сколько стоит страховка?", "Сколько стоит страховка?"),
        ("Везёте ли вы лодку целиком? Отправитель [ИМЯ], паспорт [ПАСПОРТ].", "Везёте ли вы лодку целиком?"),
        ("Нужен акт сверки за квартал. Перезвоните мне: [ТЕЛЕФОН].", "Нужен акт сверки за квартал."),
        # near misses: what asks or tells something stays
        ("Что с претензией [НОМЕР]?", "Что с претензией [НОМЕР]?"),
        (
            "Груз от [ИМЯ] пришёл битый, коробка мокрая, что делать?",
            "Груз от [ИМЯ] пришёл битый, коробка мокрая, что делать?",
        ),
        ("Тема письма для претензии какая должна быть?", "Тема письма для претензии какая должна быть?"),
        ("Где мой груз", "Где мой груз"),
        ("Мой номер [ТЕЛЕФОН].", "Мой номер [ТЕЛЕФОН]."),
    ],
)
def test_only_the_letter_goes_and_the_question_stays(letter: str, question: str) -> None:
    assert strip_frame(letter) == question


def test_a_one_sentence_answer_beside_many_closings_is_no_boilerplate() -> None:
    closings = [
        f"Желаю вам прекрасных выходных номер {word}."
        for word in ["раз", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять"]
    ]
    answers = [
        f"Ответ про {word} стоит отдельных денег."
        for word in ["дверь", "лифт", "двор", "мост", "лес", "поле", "реку", "гору", "море", "сад"]
    ]
    messages = [
        (f"t{i}-{j}-{k}", f"{answer} {closing}")
        for i, answer in enumerate(answers)
        for j, closing in enumerate(closings)
        for k in range(2)
    ]
    messages += [
        (f"u{i}", f"Отдельный ответ {word} без повторов. {closings[0]}")
        for i, word in enumerate(["аист", "барс", "волк", "гусь", "дрозд", "ёж", "жук", "заяц"])
    ]
    known = find_boilerplate(messages)
    assert len(known) == 9
    assert all("желаю" in form for form in known)


def test_many_lines_under_a_sign_off_are_no_signature_and_cost_no_time() -> None:
    body = "Где посмотреть правила перевозки?\nСпасибо!\n"
    long = (
        body
        + "\n".join("строка договора, которая ничего не подписывает и тянется почти до края" for _ in range(60))
        + "?"
    )
    started = time.process_time()
    assert strip_frame(long).endswith("края?")
    assert time.process_time() - started < 1.0
