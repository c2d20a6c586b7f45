"""The join finds every near pair: it is compared with all pairs."""

from __future__ import annotations

import random

import pytest

from ft_pipeline.curate.similar import Neighbours, components, grams, jaccard, similar_pairs
from ft_pipeline.curate.wording import fingerprint, question_form


@pytest.mark.parametrize("threshold", [0.3, 0.6, 0.75, 1.0])
def test_the_join_finds_exactly_what_comparing_all_pairs_finds(threshold: float) -> None:
    rng = random.Random(5)
    words = [
        "груз",
        "заказ",
        "номер",
        "цена",
        "срок",
        "доставка",
        "терминал",
        "склад",
        "машина",
        "город",
        "оплата",
        "счёт",
    ]
    forms = [" ".join(rng.choices(words, k=rng.randrange(1, 7))) for _ in range(300)]
    sets = [grams(form) for form in forms]
    expected = [
        (one, other)
        for one in range(len(sets))
        for other in range(one + 1, len(sets))
        if jaccard(sets[one], sets[other]) >= threshold
    ]
    assert [(one, other) for one, other, _ in similar_pairs(sets, threshold)] == expected
    assert expected, "the sample must hold near pairs"


def test_components_follow_chains() -> None:
    assert components(5, [(0, 1), (1, 2), (3, 4)]) == [0, 0, 0, 3, 3]


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("Где груз 12345678?", "где груз № 87654321", True),
        ("Всё ещё едет?", "все еще едет", True),
        ("Сколько стоит?", "crjkmrj cnjbn?", True),
        ("Груз на имя [ИМЯ_1]", "груз на имя [ИМЯ]!", True),
        ("Сколько стоит 1 200 кг", "сколько стоит 900 кг", True),
        ("Где груз?", "Где заказ?", False),
    ],
)
def test_questions_that_differ_in_form_only_share_a_fingerprint(first: str, second: str, is_same: bool) -> None:
    assert (fingerprint(question_form(first)) == fingerprint(question_form(second))) is is_same


def test_a_form_is_near_to_itself_and_to_its_neighbours() -> None:
    forms = [
        question_form(text)
        for text in ("Где сейчас мой груз?", "где сейчас мой груз", "Где сейчас мой груз, а?", "Оплата")
    ]
    near = Neighbours(forms, 0.6)
    assert near.form_of[0] == near.form_of[1]
    assert set(near.near_forms(near.form_of[0], 0.6)) == {near.form_of[0], near.form_of[2]}
