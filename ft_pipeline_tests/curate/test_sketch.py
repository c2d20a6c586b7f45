"""Near-same texts among many: the arrays say what sets say, and banding misses next to nothing."""

from __future__ import annotations

import random

import pytest

from ft_pipeline.curate import sketch
from ft_pipeline.curate.similar import Neighbours, grams, similar_pairs
from ft_pipeline.curate.sketch import near_pairs

LETTERS = "абвгдежзийклмнопрстуфхцчшщыэюя"


def questions(number: int, *, seed: int = 3) -> list[str]:
    """Questions of random words; every third is a copy of the one before it with one or two letters changed."""
    draw = random.Random(seed)
    words = ["".join(draw.choices(LETTERS, k=draw.randint(3, 9))) for _ in range(700)]
    made: list[str] = []
    for place in range(number):
        if place % 3 == 2:
            letters = list(made[-1])
            for _ in range(draw.randint(1, 2)):
                letters[draw.randrange(len(letters))] = draw.choice(LETTERS)
            made.append("".join(letters))
        else:
            made.append(" ".join(draw.sample(words, draw.randint(3, 12))))
    return made


def as_rows(forms: list[str], threshold: float) -> list[tuple[int, int, float]]:
    first, second, value = near_pairs(forms, threshold)
    return [
        (int(one), int(other), round(float(share), 9)) for one, other, share in zip(first, second, value, strict=True)
    ]


def by_sets(forms: list[str], threshold: float) -> list[tuple[int, int, float]]:
    return [(one, other, round(share, 9)) for one, other, share in similar_pairs([*map(grams, forms)], threshold)]


@pytest.mark.parametrize("forms", [[], ["груз"], ["", "а", "аб", "груз"], ["груз едет", "груз едет?"], questions(200)])
def test_few_texts_are_compared_exactly(forms: list[str]) -> None:
    assert as_rows(forms, 0.6) == by_sets(forms, 0.6)


def test_many_texts_lose_no_near_pair_and_return_no_wrong_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sketch, "EXACT_UP_TO", 10)
    forms = questions(1500)
    found, true = set(as_rows(forms, 0.6)), set(by_sets(forms, 0.6))
    assert found <= true
    near = {row for row in true if row[2] >= 0.75}
    assert len(near) > 200
    assert near <= found
    assert len(found) >= 0.97 * len(true)


def test_what_is_found_does_not_depend_on_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sketch, "EXACT_UP_TO", 10)
    forms = questions(300)
    shuffled = random.Random(1).sample(forms, len(forms))
    one, other = Neighbours(forms, 0.6), Neighbours(shuffled, 0.6)
    assert one.forms == other.forms
    assert one.near == other.near
    assert one.component == other.component


def test_a_thousand_copies_of_one_question_stay_one_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sketch, "EXACT_UP_TO", 10)
    draw = random.Random(5)
    forms = [
        f"где сейчас мой заказ из интернет магазина и когда его привезут {draw.choice(LETTERS)}{n % 9}"
        for n in range(400)
    ]
    assert len(set(Neighbours(forms, 0.6).component)) == 1
