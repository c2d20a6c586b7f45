"""Short Russian, foreign Cyrillic and Latin texts go where they belong."""

from __future__ import annotations

import pytest

from ft_pipeline.curate.language import language_of
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
