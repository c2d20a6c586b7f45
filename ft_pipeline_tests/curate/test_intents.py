"""Words of many questions are counted as the pattern counts them in each."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from ft_pipeline.curate.intents import _WORD, _count_words
from ft_pipeline.curate.wording import normal_form

SIGNS = "абвгд  ё12²½éa□_ \u0301ßдоставка"


@pytest.mark.parametrize("signs", [SIGNS, "абвг дежзи   ", "аб1  2", "□ 0 слово "])
def test_the_words_of_many_forms_are_those_that_the_pattern_finds_in_each(signs: str) -> None:
    draw = random.Random(3)
    forms = [normal_form("".join(draw.choices(signs, k=draw.randrange(60)))) for _ in range(300)]
    expected = Counter(word for form in forms for word in set(_WORD.findall(form)))
    assert _count_words(forms) == expected
    assert _count_words(forms[:1]) == Counter(set(_WORD.findall(forms[0])))


def test_a_word_beside_a_digit_counts_once_in_a_question_that_holds_it_alone_too() -> None:
    assert _count_words(["груз груз24 24груза", "ок груз"]) == Counter({"груз": 2, "груза": 1})
