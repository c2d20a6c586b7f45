"""One preparation of questions: what the gateway sends to the model is what training and evaluation saw."""

from __future__ import annotations

import pytest

from ft_pipeline.preparation import preparation_version, prepare_question

OWN = ("verstovik.example", "8 800 000-11-22")


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        (
            "Тема: Вопрос\n\nДобрый день!\n\nКак вернуть переплату за рейс?\n\n"
            "С уважением,\nПётр Зимин\nтел. +7 912 345-67-89",
            "Как вернуть переплату за рейс?",
        ),
        ("Здравствуйте! Сколько стоит страховка груза?", "Сколько стоит страховка груза?"),
        ("crjkmrj cnjbn cnhf[jdrf", "сколько стоит страховка"),
        ("Телефон 8 800 000-11-22 всё ещё работает?", "Телефон 8 800 000-11-22 всё ещё работает?"),
    ],
)
def test_the_question_is_masked_and_taken_out_of_its_letter(asked: str, seen: str) -> None:
    assert prepare_question(asked, OWN) == seen


def test_preparing_twice_changes_nothing_more() -> None:
    once = prepare_question("Добрый день! Меня зовут Анна Орлова, договор № 4471. Где мой груз 4471-2093?", OWN)
    assert "Орлова" not in once
    assert prepare_question(once, OWN) == once


def test_the_version_names_the_rules() -> None:
    assert len(preparation_version()) == 16
