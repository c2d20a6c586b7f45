"""The whole evaluation on synthetic answers whose truth is known."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from ft_pipeline.evaluate import Evaluation, as_json, fit_threshold
from ft_pipeline.evaluate.arms import ask_retrieval
from ft_pipeline.evaluate.retrieval import look_up
from ft_pipeline.records import Answer, EvalRow, IncomingRow
from ft_pipeline_tests.evaluate.trial import (
    ANSWERS,
    answerer,
    eval_row,
    incoming_rows,
    knowing,
    known_training,
    make_task,
    training_rows,
    trial,
)

OUT_OF_SCOPE = {"kind": "out_of_scope", "stratum": "out_of_scope", "reference": ""}


def count(evaluation: Evaluation, arm: str, figure: str) -> tuple[int, int]:
    share = evaluation.shares[arm][figure]
    assert share.share is not None
    return round(share.share * share.n), share.n


def test_planted_right_wrong_and_unsure_answers_come_out_as_planted() -> None:
    evaluation = trial(wrong=range(10), unsure=range(5, 30))  # 10 wrong, 5 of them unsure; 25 handed over
    assert count(evaluation, "challenger", "correct") == (110, 120)
    assert count(evaluation, "challenger", "answered") == (95, 120)
    assert count(evaluation, "challenger", "correct_of_answered") == (90, 95)
    assert count(evaluation, "base", "correct") == (0, 120)
    assert sum(count(evaluation, "challenger", stratum)[1] for stratum in ("usual", "rare", "noisy", "tickets")) == 120


def test_a_tuned_model_that_answers_like_its_base_is_never_promoted() -> None:
    rows = [eval_row(number) for number in range(120)]
    evaluation = trial(rows, base=knowing(rows))
    assert evaluation.comparisons["base"].difference == 0
    assert evaluation.decision.verdict == "refuse"
    assert [reason.rule for reason in evaluation.decision.reasons] == ["better_than_base"]


def test_the_champion_answers_the_same_rows_in_the_same_run() -> None:
    evaluation = trial(wrong=range(40), champion_wrong=[])
    asked = {arm: [item.eval_id for item in evaluation.answers if item.arm == arm] for arm in evaluation.shares}
    assert set(asked) == {"base", "base_few_shot", "champion", "challenger", "retrieval"}
    assert asked["champion"] == asked["challenger"] == asked["base"] == asked["retrieval"]
    against = evaluation.comparisons["champion"]
    assert (against.only_first, against.only_second, against.n) == (0, 40, 120)
    assert evaluation.decision.verdict == "keep_champion"


def test_a_missing_reference_is_neither_right_nor_wrong_and_leaves_the_denominator() -> None:
    rows = [eval_row(number) for number in range(100)] + [eval_row(500, reference=" ")]
    evaluation = trial(rows)
    assert count(evaluation, "challenger", "correct") == (100, 100)
    assert evaluation.shares["base"]["correct_of_answered"].n == 100
    unscored = [score for score in evaluation.scores if score.value is None]
    assert {score.eval_id for score in unscored} == {"e0500"} and {score.reason for score in unscored} == {
        "no_reference"
    }


def test_an_answered_out_of_scope_question_is_a_wrong_answer_given() -> None:
    rows = [eval_row(number) for number in range(100)]
    rows += [eval_row(200 + number, question=f"Погода {number}?", **OUT_OF_SCOPE) for number in range(4)]
    evaluation = trial(rows)
    assert count(evaluation, "challenger", "correct_of_answered") == (100, 100)  # it handed all four over
    assert evaluation.out_of_scope_handed_over.share == 1.0 and evaluation.out_of_scope_handed_over.n == 4
    assert evaluation.shares["base"]["correct_of_answered"].n == 104  # it answered them
    assert evaluation.shares["base"]["correct"].n == 100
    reasons = {(score.arm, score.reason) for score in evaluation.scores if score.eval_id == "e0200"}
    assert {("challenger", "handed_over"), ("base", "answered_out_of_scope")} <= reasons


def test_load_reduction_counts_only_tickets_answered_alone_and_right() -> None:
    tickets = incoming_rows(60)
    tickets[0] = replace(tickets[0], kind="needs_lookup")
    tickets[1] = IncomingRow("i-none", "Обращение без пары?", "", "unknown", "")
    task = make_task()
    with_lookup = task.model_copy(update={"evaluation": task.evaluation.model_copy(update={"lookup_configured": True})})
    assert trial(incoming=tickets, task=task).load_reduction.share == pytest.approx(58 / 60)
    evaluation = trial(incoming=tickets, task=with_lookup)
    assert evaluation.load_reduction.share == pytest.approx(59 / 60)
    unscored = [score for score in evaluation.incoming_scores if score.eval_id == "i-none"]
    assert [(score.value, score.reason) for score in unscored] == [(None, "no_reference")]
    assert trial(incoming=[]).load_reduction.share is None


def test_the_threshold_is_chosen_on_validation_rows_only() -> None:
    training = training_rows()
    asked = known_training([row for row in training if row.split == "validation"])
    train_only = {row.question: (row.answer, -99.0) for row in training if row.split == "train"}
    threshold = fit_threshold(answerer(asked | train_only), training, task=make_task())
    assert (threshold.n, threshold.value, threshold.coverage) == (80, -0.5, 1.0)
    with pytest.raises(ValueError, match="validation"):
        fit_threshold(answerer({}), training_rows(n_validation=0), task=make_task())


def test_the_look_up_answers_with_the_nearest_known_questions_answer() -> None:
    rows = training_rows(5, 0)
    found = look_up(rows, ["учебный вопрос 2 на тема 3", "Учебный вопрос 4 на Тема 5?"])
    assert [item.text for item in found] == [ANSWERS["Тема 3"], ANSWERS["Тема 5"]]
    assert found[1].similarity == pytest.approx(1.0, abs=1e-5)
    assert look_up(rows, []) == []
    with pytest.raises(ValueError, match="no training rows"):
        look_up([], ["вопрос"])


@pytest.mark.parametrize("answered", [0, 1, 3, 8])
def test_the_look_up_is_cut_at_the_same_share_answered(answered: int) -> None:
    words = ["тариф", "срок", "терминал", "договор", "страховка", "забор груза", "возврат", "таможня"]
    rows: list[EvalRow] = [eval_row(number, question=" ".join(words[: number + 1])) for number in range(8)]
    like = [Answer(row.eval_id, "challenger", "", 0.0, place < answered, 0, 0.0) for place, row in enumerate(rows)]
    known = [replace(row, question="тариф срок") for row in training_rows(1, 0)]
    found = ask_retrieval(known, rows, prepare=str, like=like, in_scope=frozenset(row.eval_id for row in rows))
    assert sum(item.answered for item in found) == answered


def test_answer_times_are_the_ones_measured_as_served() -> None:
    evaluation = trial(timings={"challenger": [0.2] * 18 + [0.9] * 2})
    assert evaluation.seconds["challenger"] == {"p50": 0.2, "p95": 0.9}
    assert evaluation.seconds["base"] == {"p50": None, "p95": None}
    assert trial(timings={}).decision.verdict == "refuse"  # not measured is not fast


def test_the_json_has_the_promised_shape_and_holds_no_nan() -> None:
    for champion in (None, [1, 2]):
        data = as_json(
            trial(champion_wrong=champion), task=make_task(), release="r1", as_of="2026-09-30T00:00:00+00:00"
        )
        json.dumps(data, allow_nan=False)
        assert {"task", "release", "as_of", "decision", "arms", "load_reduction"} <= set(data)
        assert (data["arms"]["champion"] is None) == (champion is None)
        assert set(data["arms"]["challenger"]) == {
            *("correct", "answered", "correct_of_answered", "usual", "rare", "noisy", "tickets", "answer_s"),
            *("tokens", "cost_per_1000"),
        }
        assert set(data["arms"]["challenger"]["correct"]) == {"share", "low", "high", "n"}
        assert data["load_reduction"]["kind"] == "estimated"
        assert data["targets"]["correct_share"] == 0.9


def test_the_same_input_gives_the_same_evaluation() -> None:
    first, second = (trial(wrong=range(9), unsure=range(5, 30), champion_wrong=range(4)) for _ in range(2))
    assert first.scores == second.scores and first.decision == second.decision and first.curve == second.curve
    assert not any(math.isnan(point.precision) for point in first.curve)


def test_a_model_below_its_target_on_validation_answers_nobody_and_it_says_so() -> None:
    said: list[str] = []
    asked = known_training(training_rows())
    evaluation = trial(challenger_says=dict.fromkeys(asked, ("Не знаю.", -0.1)), progress=said.append)
    assert evaluation.threshold.reason == "never" and not any(
        answer.answered for answer in evaluation.answers if answer.arm in {"challenger", "retrieval"}
    )
    assert any("everything is handed over" in line for line in said)
    assert evaluation.load_reduction.share == 0.0 and evaluation.decision.verdict == "refuse"
    assert {"correct_of_answers_given", "share_answered"} <= {reason.rule for reason in evaluation.decision.reasons}
