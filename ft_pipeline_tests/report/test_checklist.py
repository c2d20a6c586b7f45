"""The nine points and the refresh plan: each fact decides its point, and nothing is done by default."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ft_pipeline.report import Contract, Material
from ft_pipeline.report.checklist import checklist_table, launch_points
from ft_pipeline.report.plan import cron_words, plan_table
from ft_pipeline.task import Deployment, Refresh
from ft_pipeline_tests.evaluate.trial import eval_row, make_task, trial
from ft_pipeline_tests.report.full import FACTS, full_material, full_task


@pytest.fixture(scope="module")
def whole() -> Material:
    rows = [eval_row(number) for number in range(120)]
    return full_material(trial(rows), rows, "ru")


def states(material: Material) -> list[str]:
    return [point.state for point in launch_points(material)]


def with_fact(material: Material, asset: str, **facts: Any) -> Material:
    return dataclasses.replace(material, facts={**FACTS, asset: {**FACTS[asset], **facts}})


def test_with_every_fact_there_only_the_eyes_are_left_to_a_person(whole: Material) -> None:
    assert states(whole) == ["done"] * 7 + ["person", "done"]
    names = [row[0] for row in checklist_table(launch_points(whole), "ru").rows]
    assert [name.split(".")[0] for name in names] == [str(number) for number in range(1, 10)]


@pytest.mark.parametrize(
    ("place", "asset", "facts"),
    [
        (2, "raw_transcripts", {"rows_unaccounted": 3}),
        (2, "cleaned_qa_pairs", {"pairs_after_cleaning": 499}),
        (3, "cleaned_qa_pairs", {"residue_rows": 1}),
        (4, "training_set", {"leaks_near": 1}),
        (4, "eval_set", {"rows": 0}),
        (5, "base_model_choice", {"id": ""}),
        (6, "lora_adapter", {"best_epoch": 0}),
    ],
)
def test_one_bad_fact_undoes_exactly_its_point(whole: Material, place: int, asset: str, facts: dict[str, Any]) -> None:
    found = states(with_fact(whole, asset, **facts))
    assert [number for number, state in enumerate(found, 1) if state == "not_done"] == [place]


def test_without_manifests_the_points_that_need_them_are_not_done(whole: Material) -> None:
    bare = dataclasses.replace(whole, facts={}, contracts={}, sheet=None)
    assert states(bare)[1:6] == ["not_done"] * 5
    assert states(bare)[7] == "not_done"


def test_a_broken_contract_rule_is_named(whole: Material) -> None:
    broken = dataclasses.replace(whole, contracts={"training_set": Contract(8, ("no_leaks",))})
    point = launch_points(broken)[2]
    assert point.state == "not_done" and "training_set: no_leaks" in point.fact


def test_rules_that_are_not_met_leave_the_proof_undone() -> None:
    rows = [eval_row(number) for number in range(120)]
    assert states(full_material(trial(rows, wrong=range(60)), rows, "en"))[6] == "not_done"


def test_the_plan_waits_for_people_until_they_are_named(whole: Material) -> None:
    nameless = dataclasses.replace(whole, task=make_task())
    point = launch_points(nameless)[8]
    assert point.state == "person" and "refresh.owner" in point.fact
    assert "refresh.reviewer" in str(plan_table(make_task(), "ru").rows)


def test_the_plan_is_filled_from_the_task() -> None:
    task = full_task(deployment=Deployment(signature_required=True))
    text = str(plan_table(task, "ru").rows)
    for words in ("1 января, апреля, июля, октября, 06:00", "200 новых обращений", "дежурный инженер", "rollback"):
        assert words in text
    assert "Без подписи выпуска не будет" in text
    assert "не обязательна" in str(plan_table(full_task(), "ru").rows)


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("0 6 1 1,4,7,10 *", "1 января, апреля, июля, октября, 06:00"),
        ("30 14 15 12 *", "15 декабря, 14:30"),
        ("0 6 * * 1", "cron: 0 6 * * 1"),  # weekly: not a date
        ("0 6 1 */3 *", "cron: 0 6 1 */3 *"),
        ("0 6 1 13 *", "cron: 0 6 1 13 *"),
        (Refresh().cron + " ", "1 января, апреля, июля, октября, 06:00"),
    ],
)
def test_a_cron_line_is_put_into_words_only_where_they_are_certain(cron: str, expected: str) -> None:
    assert cron_words(cron, "ru") == expected
