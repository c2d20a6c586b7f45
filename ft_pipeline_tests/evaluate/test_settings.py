"""The settings of evaluation and promotion in task.yaml."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from ft_pipeline.task import Evaluation, Judge, Promotion


def test_the_defaults_ask_for_non_inferiority_and_plant_nothing() -> None:
    assert Promotion().against_champion == "non_inferiority"
    assert Evaluation().canaries == 0 and Evaluation().judge.url == ""


@pytest.mark.parametrize(
    "given",
    [{"url": "http://localhost:8000/v1"}, {"model": "judge"}, {"url": "http://x", "model": "m", "key": "secret"}],
)
def test_a_judge_needs_address_and_model_and_takes_no_key(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Judge.model_validate(given)


@pytest.mark.parametrize("given", [{"against_champion": "luck"}, {"margin": 5}, {"golden": 1}])
def test_a_promotion_setting_that_does_not_exist_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Promotion.model_validate(given)
