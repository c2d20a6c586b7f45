"""Costs and savings: worked examples by hand, unknown prices, what counts as confirmed."""

from __future__ import annotations

from typing import Any

import pytest

from ft_pipeline.report import Confirmed, Usage
from ft_pipeline.report.economics import (
    confirmed_words,
    economics_notes,
    missing_prices,
    money,
    refresh_cost,
    refresh_table,
    scenario_table,
    scenarios,
)
from ft_pipeline.task import Economics
from ft_pipeline_tests.report.full import PRICES, USAGE

NBSP = "\u00a0"
LOAD: dict[str, Any] = {"share": 0.3, "low": 0.2, "high": 0.4, "n": 150}


def test_a_refresh_costs_machine_hours_and_the_hours_of_people() -> None:
    cost = refresh_cost(USAGE, PRICES)
    assert cost.machine_hours == 2.0  # one hour on two cores
    assert (cost.machine, cost.labelling, cost.review, cost.total) == (4.0, 3000.0, 2000.0, 5004.0)
    on_gpu = refresh_cost(
        Usage(training_s=1800, cores=16, gpu="H200"), PRICES.model_copy(update={"gpu_hour_cost": 300})
    )
    assert on_gpu.machine == 150.0  # a GPU hour is not multiplied by the cores beside it


def test_the_base_scenario_is_what_one_reckons_by_hand() -> None:
    base = scenarios(LOAD, USAGE, PRICES)[1]
    assert base.handled == pytest.approx(300)
    assert base.saved == pytest.approx(30_000)
    assert base.costs == pytest.approx(5000 + 5004 * 4 / 12)
    assert base.net == pytest.approx(30_000 - 6668)
    assert base.per_question == pytest.approx(6.668)
    assert base.per_handled == pytest.approx(6668 / 300)
    assert base.per_question_api == pytest.approx((150 / 2.5 * 0.5 + 250 / 2.5 * 2) / 1000)
    assert base.break_even_month == 5  # 105,004 / 23,332 a month = 4.5


def test_low_is_worse_than_base_and_high_is_better_in_every_line() -> None:
    low, base, high = scenarios(LOAD, USAGE, PRICES)
    assert (low.share, base.share, high.share) == (0.2, 0.3, 0.4)
    assert low.net < base.net < high.net
    assert low.per_question > base.per_question > high.per_question
    assert low.break_even_month is not None and high.break_even_month is not None
    assert low.break_even_month > high.break_even_month


def test_a_model_that_costs_more_than_it_saves_never_breaks_even() -> None:
    found = scenarios(LOAD, USAGE, PRICES.model_copy(update={"server_cost_per_month": 90_000}))
    assert [item.break_even_month for item in found] == [None, None, None]
    last = scenario_table(found, PRICES, "ru").rows[-1]
    assert last == ("Окупится на месяце", "не окупится", "не окупится", "не окупится")


@pytest.mark.parametrize("key", ["tickets_per_month", "human_cost_per_ticket"])
def test_without_a_basic_price_there_are_no_scenarios_and_the_key_is_named(key: str) -> None:
    prices = PRICES.model_copy(update={key: 0})
    assert scenarios(LOAD, USAGE, prices) == []
    assert key in missing_prices(prices)
    assert key in economics_notes([], USAGE, prices, "en")[-1]


def test_without_any_price_the_table_of_the_refresh_says_so_and_shows_the_hours() -> None:
    table = refresh_table(USAGE, Economics(), "ru")
    assert table.rows[0][1:] == (f"2,00{NBSP}ч ядра", "цена не указана", "цена не указана")
    assert len(missing_prices(Economics())) == 6


def test_without_an_api_price_its_line_is_left_out() -> None:
    prices = PRICES.model_copy(update={"api_input_price": 0, "api_output_price": 0})
    found = scenarios(LOAD, USAGE, prices)
    assert not any("API" in row[0] for row in scenario_table(found, prices, "ru").rows)
    assert any("API" in row[0] for row in scenario_table(scenarios(LOAD, USAGE, PRICES), PRICES, "ru").rows)


def test_no_measured_load_reduction_means_no_scenarios() -> None:
    assert scenarios({"share": None, "low": None, "high": None, "n": 0}, USAGE, PRICES) == []


def test_only_answers_that_customers_called_right_count_as_confirmed() -> None:
    confirmed = Confirmed(asked=100, answered=60, rated=10, rated_right=7, since="2026-10-01T08:00:00+00:00")
    words = confirmed_words(confirmed, PRICES, "ru")
    assert f"Подтверждённая экономия: 700{NBSP}₽" in words and "2026-10-01" in words
    assert "0" in confirmed_words(Confirmed(), PRICES, "ru")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, "0 ₽"), (0.084, "0,08 ₽"), (9.5, "9,50 ₽"), (12.4, "12 ₽"), (-3800.0, "−3 800 ₽"), (-0.001, "0 ₽")],
)
def test_money_is_written_as_people_write_it(value: float, expected: str) -> None:
    assert money(value, "₽", "ru").replace(NBSP, " ") == expected
