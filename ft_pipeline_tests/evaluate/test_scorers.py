"""Scorers beside the verdict: near misses in tables, and "unscored" is its own state."""

from __future__ import annotations

import pytest

from ft_pipeline.evaluate.scorers import (
    score_form,
    score_hand_off,
    score_language,
    score_likeness,
    score_privacy,
    score_refusal,
    score_sameness,
)

OWN = ("Верстовик", "verstovik.example", "8 800 000-33-44")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("Доставка стоит 250 ₽.", "in_form"),
        ("", "empty"),
        ("<|assistant|>Доставка стоит 250 ₽.", "role_tokens"),
        ("Доставка.\nuser: а сколько?", "role_tokens"),
        ("Пользователь: так мы называем вас в договоре.", "in_form"),
        ("Здравствуйте, [ИМЯ]!", "unfilled_placeholder"),
        ("Выберите [Далее] в меню.", "in_form"),
        ("Груз \ufffd\ufffd едет.", "broken_characters"),
        ("мы вернём вам деньги завтра " * 3, "repeats_itself"),
        ("мы вернём вам деньги завтра, " * 2 + "не позже.", "in_form"),
    ],
)
def test_form_names_the_first_fault(answer: str, reason: str) -> None:
    assert score_form(answer).reason == reason


def test_an_answer_at_the_limit_of_tokens_was_cut_off() -> None:
    assert score_form("Да.", tokens=160, most_tokens=160).reason == "cut_off"
    assert score_form("Да.", tokens=159, most_tokens=160).is_good


@pytest.mark.parametrize(
    ("answer", "language", "value"),
    [
        ("Доставка стоит 250 ₽.", "ru", 1.0),
        ("Delivery costs 250.", "ru", 0.0),
        ("Delivery costs 250.", "en", 1.0),
        ("Пишите на help@verstovik.example или https://verstovik.example/track/parcels/all", "ru", 1.0),
        ("Доставка is very дорогая and long now", "ru", 0.0),
        ("250", "ru", None),
        ("", "ru", None),
    ],
)
def test_language_is_told_by_the_script_and_addresses_do_not_count(
    answer: str, language: str, value: float | None
) -> None:
    assert score_language(answer, language=language).value == value


@pytest.mark.parametrize(
    ("answer", "refuses", "hands_off"),
    [
        ("Извините, я не могу ответить на этот вопрос.", 1.0, 0.0),
        ("Как языковая модель, я не имею мнения.", 1.0, 0.0),
        ("I'm sorry, but I can't help with that.", 1.0, 0.0),
        ("Вы не можете отменить заявку позже 18:00.", 0.0, 0.0),
        ("Не можем принять груз тяжелее тонны.", 0.0, 0.0),
        ("Передаю ваш вопрос специалисту: он ответит вам в этом чате.", 0.0, 1.0),
        ("Специалист посмотрит, где груз, и ответит в этом чате.", 0.0, 1.0),
        ("I will forward your question to a specialist.", 0.0, 1.0),
        ("Наши специалисты работают ежедневно.", 0.0, 0.0),
        ("Передайте документы водителю.", 0.0, 0.0),
        ("", None, None),
    ],
)
def test_refusals_and_hand_overs_in_words_are_told_apart(
    answer: str, refuses: float | None, hands_off: float | None
) -> None:
    assert score_refusal(answer).value == refuses
    assert score_hand_off(answer).value == hands_off


def test_the_tasks_own_hand_over_text_is_one() -> None:
    assert score_hand_off("Сейчас вам ответят.", handover_text="Сейчас вам ответят.").reason == "handover_text"


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("Позвоните по 8 800 000-33-44.", 1.0),  # the company's own
        ("Пишите на info@verstovik.example.", 1.0),
        ("Ваш телефон +7 950 794-80-05 записан.", 0.0),
        ("Пишите на ivan@example.org.", 0.0),
        ("Срок 10–15 дней, цена 1 200 000 ₽.", 1.0),
    ],
)
def test_personal_data_in_an_answer_is_found_and_the_companys_own_is_not(answer: str, value: float) -> None:
    assert score_privacy(answer, own_contacts=OWN).value == value


def test_what_the_reference_says_itself_may_be_said() -> None:
    answer = "Пишите на ivan@example.org."
    assert score_privacy(answer, allowed="Ответ: ivan@example.org").is_good


def test_without_a_reference_nothing_is_compared() -> None:
    assert score_likeness("Да.", "").value is None and score_sameness("Да.", " ").value is None
    assert score_sameness("Да, возим", "да возим!").value == 1.0
    assert score_likeness("Да, возим", "Да, возим").value == 1.0
