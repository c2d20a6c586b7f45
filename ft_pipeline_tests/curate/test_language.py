"""Short Russian, foreign Cyrillic and Latin texts go where they belong."""

from __future__ import annotations

import pytest

from ft_pipeline.curate.language import _lingua, language_of
from ft_pipeline.reading.letters import is_wrong_layout


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("где груз", "ru"),
        ("Что за Smart TV?", "ru"),
        ("Как получить ключ API на RUTUBE", "ru"),
        ("crjkmrj cnjbn", "ru"),
        ("yt hf,jnftn kbxysq rf,bytn", "ru"),
        ("Where is my cargo?", "en"),
        ("how much is delivery to Moscow", "en"),
        ("I want a refund, please", "en"),
        ("Де мій вантаж і коли він приїде?", "other"),
        ("Менің жүгім қайда және қашан келеді?", "other"),
        ("Wo ist meine Sendung und wann kommt sie?", "other"),
        ("我的货物在哪里", "other"),
        ("Please send invoice for the cargo, груз ушёл вчера", "mixed"),
        ("12345", "other"),
    ],
)
def test_the_language_of_a_line(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    "text", ["API key", "hello", "what is the price of insurance", "HTTP 401 error", "a@b.ru", "iPhone 12"]
)
def test_english_is_not_taken_for_the_wrong_layout(text: str) -> None:
    assert not is_wrong_layout(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("what is the price for 723811 storage in your warehouse Пётр Лаптев", "en"),
        ("please tell me where to find the invoice for my account", "en"),
        ("i need help with the 109511 delivery, it has not arrived yet Елена Мельников", "en"),  # reads as mistyped
        ("👍 Айгуль Ахметов", "ru"),
        ("???? Р·Р°РєР°Р· в„– 63431648", "other"),  # could not be repaired: no language
        ("Подскажите, сколько стоит доставка груза до склада, если его заберёт Ўткир?", "ru"),
        ("Подскажите, где мой груз, он ехал из США, С–Пб и РФ·", "ru"),  # a near miss of a wrong decoding
    ],
)
def test_what_words_and_letters_decide_is_not_asked_of_lingua(text: str, language: str) -> None:
    before = _lingua.cache_info()
    assert language_of(text) == language
    assert _lingua.cache_info() == before


@pytest.mark.parametrize(
    "text",
    [
        "Де мій вантаж, коли буде доставлено товар до складу та чи можна змінити адресу",
        "Wann kommt meine Lieferung an und wer is in Berlin for me da, Елена",
    ],
)
def test_foreign_texts_with_a_word_or_two_of_ours_stay_foreign(text: str) -> None:
    assert language_of(text) == "other"
