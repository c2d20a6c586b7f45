"""What is done to whole columns is what the functions for one text do."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from ft_pipeline.curate import forms, wording
from ft_pipeline.letter import strip_edges, strip_edges_all, strip_frame, strip_frame_all
from ft_pipeline.screen import Column

SIGNS = "абвёЁЯ aZ 019.,:-_[]□№@ΣİßΔ²½\u00a0\u202f\n\t🙂\U0001d7d8é٣一\ud800" + "1234567890   "
PIECES = (
    *("Здравствуйте! ", "Добрый день, Анна! ", "hi ", "[ИМЯ], ", "Уважаемый клиент! ", "Меня зовут Мария. "),
    *("> старое\n", "Где мой груз?", " Стоит 1 200 ₽ за 3,5 кг.", " ghbdtn rfr ltkf ", " user@mail.ru "),
    *(" verstovik.example/x ", " 5 5 5 ", " Спасибо!", " Заранее спасибо", " жду ответа.", " С уважением, Иван"),
    *("\n", " 🙂", "…", ") ", " пожалуйста", " [НОМЕР]", " Рады помочь!", " Если будут вопросы, пишите."),
    *(" Ответьте скорее, пожалуйста", " sent from iPhone", "  ", "«", "-- \n"),
)


def texts(*, seed: int = 4) -> list[str]:
    draw = random.Random(seed)
    noise = ["".join(draw.choices(SIGNS, k=draw.randrange(24))) for _ in range(800)]
    letters = ["".join(draw.choices(PIECES, k=draw.randint(1, 6))) for _ in range(1500)]
    return [*noise, *letters, "", "я" * 30_000]


@pytest.mark.parametrize(
    ("of_all", "of_one"),
    [
        (forms.normal_forms, wording.normal_form),
        (forms.question_forms, wording.question_form),
        (forms.masked_forms, wording.masked_form),
        (forms.all_facts, wording.facts),
        (strip_edges_all, strip_edges),
        (strip_frame_all, strip_frame),
    ],
)
def test_a_column_gives_what_each_of_its_texts_gives(
    of_all: Callable[[Sequence[str]], list[object]], of_one: Callable[[str], object]
) -> None:
    given = texts()
    wrong = [(text, many) for text, many in zip(given, of_all(given), strict=True) if many != of_one(text)]
    assert wrong == []
    assert of_all([]) == []


def test_a_pattern_finds_texts_whatever_the_case_and_never_passes_over_what_cannot_be_written() -> None:
    column = Column(["Спасибо большое", "где груз", "СПАСИБО", "\ud800"])
    assert column.hits("спасибо") == [0, 2, 3]
    assert column.hits("спасибо", ignore_case=False) == [3]
    assert column.replaced("груз", "заказ") == ["Спасибо большое", "где заказ", "СПАСИБО", "\ud800"]
