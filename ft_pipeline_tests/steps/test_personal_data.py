"""A few pairs with personal data left go to the quarantine; many stop the refresh."""

from __future__ import annotations

import pytest

from ft_pipeline.records import QAPair
from ft_pipeline.steps.data import _without_personal_data


def pair(
    number: int, question: str, *, answer: str = "Страховка стоит 2 % от стоимости груза.", context: str = ""
) -> QAPair:
    return QAPair(
        pair_id=f"p{number}",
        question=question,
        answer=answer,
        answer_id="a",
        intent="insurance",
        kind="standard",
        language="ru",
        split="train",
        cluster_id=f"c{number}",
        customer_id="",
        ticket_id=f"t{number}",
        turn_ids="",
        evidence=answer,
        created_at="2026-01-01T00:00:00+00:00",
        valid_from="",
        valid_to="",
        source="tickets",
        context=context,
    )


CLEAN = [pair(number, f"Сколько стоит страховка груза, вариант {number}?") for number in range(200)]


@pytest.mark.parametrize(
    "leaking",
    [
        pair(900, "Мой телефон +7 912 345-67-89, перезвоните"),
        pair(901, "Как оплатить?", answer="Переведите на карту 4276 3801 2345 6787."),
        pair(902, "А завтра?", context='[{"role": "user", "content": "Моя почта anna.orlova@mail.example"}]'),
    ],
)
def test_one_pair_of_many_is_rejected_with_its_ticket(leaking: QAPair) -> None:
    kept, rejected, left = _without_personal_data([*CLEAN, leaking], ())
    assert kept == CLEAN and left == []
    assert [(row.stage, row.reason, row.key) for row in rejected] == [
        ("redact", "personal_data_left", leaking.ticket_id)
    ]


def test_many_pairs_stay_and_are_named_for_the_contract() -> None:
    leaking = [pair(900 + number, f"Мой телефон +7 912 345-67-8{number}") for number in range(3)]
    kept, rejected, left = _without_personal_data([*CLEAN, *leaking], ())
    assert len(kept) == 203 and rejected == []
    assert left == ["p900", "p901", "p902"]


def test_the_company_s_own_contact_is_no_personal_data() -> None:
    own = [*CLEAN, pair(900, "Телефон 8 800 000-11-22 ещё работает?")]
    assert _without_personal_data(own, ("8 800 000-11-22",)) == (own, [], [])
