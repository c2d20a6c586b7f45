"""Scoring: which facts an answer holds, and near misses that must not pass for right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ft_pipeline.scoring import normalise, score_answer, similarity


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("Доставка стоит 1 250 рублей.", "Доставка стоит 1 200 рублей."),
        ("Доставка стоит 12 000 рублей.", "Доставка стоит 1 200 рублей."),
        ("Доставка стоит 15 рублей за кг.", "Доставка стоит 1,5 рубля за кг."),
        ("Храним груз при 18 °C.", "Храним груз при −18 °C."),
        ("Храним груз при 18 °C.", "Храним груз при -18 °C."),
        ("Срок доставки 10-16 дней.", "Срок доставки 10-15 дней."),
        ("Работаем с 8:00 до 21:00.", "Работаем с 8:00 до 20:00."),
        ("Звоните 8 800 555-35-36.", "Звоните 8 800 555-35-35."),
        ("Пишите на help@example.ru.", "Пишите на info@example.ru."),
        ("Смотрите example.ru/price.", "Смотрите example.ru/track."),
        ("Нужен сертификат М-1.", "Нужен сертификат СТ-1."),
        ("Нужен сертификат СТ2.", "Нужен сертификат СТ1."),
        ("Доставка стоит 1 200 рублей, минимум 3 места.", "Доставка стоит 1 200 рублей, минимум."),
        ("Доставка стоит дорого, уточните у нас.", "Доставка стоит 1 200 рублей."),
    ],
)
@pytest.mark.parametrize("scorer", ["key_facts", "exact"])
def test_a_near_miss_is_wrong(answer: str, reference: str, scorer: str) -> None:
    scored = score_answer(answer, reference, scorer=scorer, min_chrf=0.3)
    assert not scored.correct, scored


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("Доставка стоит 1200 рублей.", "Доставка стоит 1 200 рублей."),
        ("Работаем 8:00-20:00, без выходных", "Работаем 8:00–20:00, без выходных."),
        ("Звоните: +7 (800) 555-35-35", "Звоните: 8 800 555-35-35."),
        (
            "Всё о грузе покажет сайт, раздел «Отследить»: example.ru",
            "Все о грузе покажет сайт, раздел «Отследить»: https://example.ru.",
        ),
        ("ДОСТАВКА СТОИТ 1 200 РУБЛЕЙ!", "Доставка стоит 1 200 рублей."),
        ("Храним груз при -18 °C.", "Храним груз при −18 °C."),
    ],
)
def test_another_spelling_of_the_same_facts_is_right(answer: str, reference: str) -> None:
    assert score_answer(answer, reference, scorer="key_facts", min_chrf=0.6).correct


@pytest.mark.parametrize(
    ("answer", "reference", "reason"),
    [
        ("", "Да, возим.", "empty"),
        ("  \n", "Да, возим.", "empty"),
        ("Да, возим.", "", "no_reference"),
        ("Да, возим", "да возим!", "exact"),
        ("Доставка стоит 5 рублей", "Доставка стоит 7 рублей", "missing_facts: 7 rub"),
        ("Доставка стоит 7 рублей или 5", "Доставка стоит 7 рублей", "contradicting_facts: 5"),
        ("Совсем другие слова", "Груз можно забрать в терминале", "other_words"),
    ],
)
def test_a_verdict_names_its_reason(answer: str, reference: str, reason: str) -> None:
    assert score_answer(answer, reference, scorer="key_facts", min_chrf=0.6).reason == reason


def test_words_too_far_from_the_reference_are_wrong_even_with_the_same_facts() -> None:
    answer, reference = "Никогда, забудьте: 7", "Доставка до терминала занимает 7 дней"
    assert not score_answer(answer, reference, scorer="key_facts", min_chrf=0.6).correct
    assert score_answer(answer, reference, scorer="key_facts", min_chrf=0.0).reason == "same_facts"


def test_similarity_of_identical_russian_texts_is_one_and_of_nothing_zero() -> None:
    assert similarity("Доставка в Казань", "Доставка в Казань") == pytest.approx(1.0)
    assert similarity("", "Доставка") == similarity("Доставка", "") == 0.0
    assert 0 < similarity("Доставка в Казань", "Доставка в Омск") < 1


def test_normalising_folds_case_yo_and_punctuation() -> None:
    assert normalise("  Ещё — раз:  «ЁЖ»! ") == "еще раз еж"


@given(st.text(max_size=80))
def test_an_answer_is_right_against_itself_unless_it_says_nothing(text: str) -> None:
    scored = score_answer(text, text, scorer="exact", min_chrf=1.0)
    assert scored.correct == bool(text.strip())


@given(st.text(max_size=60), st.text(max_size=60))
def test_both_scorers_agree_that_exact_words_are_right(answer: str, reference: str) -> None:
    if score_answer(answer, reference, scorer="exact", min_chrf=0.6).correct:
        assert score_answer(answer, reference, scorer="key_facts", min_chrf=0.6).correct
