"""Reasons: kept as fields, said in the task's language, and read from stores that hold sentences."""

from __future__ import annotations

import pytest

from ft_pipeline.evaluate.decision import RULES
from ft_pipeline.reasons import Reason, read_reason
from ft_pipeline.report import reason_text
from ft_pipeline.report.wording import RULES as NAMES

TIME = Reason("answer_time_p95", "2.00 s", "< 1 s")


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        ({"rule": "answer_time_p95", "observed": "2.00 s", "needed": "< 1 s"}, TIME),
        ("answer_time_p95: 2.00 s (нужно: < 1 s)", TIME),
        (
            "better_than_base: +1.0%, p = 0.5, n = 9 (нужно: better than the untuned base, p < 0.05 (McNemar))",
            Reason("better_than_base", "+1.0%, p = 0.5, n = 9", "better than the untuned base, p < 0.05 (McNemar)"),
        ),
        ("the challenger is the release that is served already", Reason("already_served")),
        ("Подписано: Анна", Reason("", "Подписано: Анна")),  # no name of a rule stands in front
    ],
)
def test_a_reason_is_read_from_fields_and_from_the_sentences_of_earlier_stores(
    stored: dict[str, str] | str, reason: Reason
) -> None:
    assert read_reason(stored) == reason


@pytest.mark.parametrize(
    ("reason", "russian", "english"),
    [
        (
            TIME,
            "Время ответа (в 95 случаях из 100 не дольше): 2,00\u00a0с; нужно: < 1\u00a0с",
            "Answer time (in 95 of 100 cases at most): 2.00 s; expected: < 1 s",
        ),
        (
            Reason("already_served"),
            "Проверенная модель и есть та, что уже работает",
            "The model that was judged is served already",
        ),
        # a remark is a person's: no word of it is translated
        (
            Reason("signed_against", "Анна Петрова: none of the answers"),
            "Подписано: не выпускать: Анна Петрова: none of the answers",
            "Signed: do not release: Анна Петрова: none of the answers",
        ),
    ],
)
def test_a_reason_is_said_in_one_language(reason: Reason, russian: str, english: str) -> None:
    assert reason_text(reason, "ru") == russian
    assert reason_text(reason, "en") == english


def test_every_promotion_rule_has_a_name_in_both_languages() -> None:
    assert set(NAMES) == set(RULES)
