"""The arms: few-shot on a sample, follow-ups in a conversation, and what each of them was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ft_pipeline.engines import Generation, Message, PromptTooLongError
from ft_pipeline.evaluate.arms import ask, ask_few_shot, ask_follow_ups, spread
from ft_pipeline.records import as_context
from ft_pipeline.task import Economics
from ft_pipeline_tests.evaluate.trial import (
    TableEngine,
    answerer,
    eval_row,
    knowing,
    make_task,
    training_rows,
    trial,
)


class Listening(TableEngine):
    """Remembers what it was asked, and has room for so many turns."""

    def __init__(self, turns: int = 99) -> None:
        super().__init__({})
        self.turns = turns
        self.heard: list[list[Message]] = []

    def generate(
        self, prompts: Sequence[Sequence[Message]], *, max_new_tokens: int, batch_size: int = 32
    ) -> list[Generation]:
        if any(len(prompt) > self.turns for prompt in prompts):
            raise PromptTooLongError("too long")
        self.heard += [list(prompt) for prompt in prompts]
        return super().generate(prompts, max_new_tokens=max_new_tokens, batch_size=batch_size)


@pytest.mark.parametrize(("number", "expected"), [(0, 0), (1, 1), (7, 7), (20, 20), (99, 20)])
def test_a_sample_is_spread_over_all_rows(number: int, expected: int) -> None:
    rows = [eval_row(place) for place in range(20)]
    found = spread(rows, number)
    assert len(found) == len({row.eval_id for row in found}) == expected


CONTEXT = as_context([{"role": "user", "content": "Сколько стоит забор?"}, {"role": "assistant", "content": "900 ₽."}])


def test_a_question_that_needs_the_turns_before_it_is_asked_with_them() -> None:
    engine = Listening()
    rows = [eval_row(0), eval_row(1, question="А если он тяжелее?", context=CONTEXT)]
    found = ask("challenger", replace(answerer({}), engine=engine), rows)
    assert [answer.eval_id for answer in found] == ["e0000", "e0001"]
    assert [len(prompt) for prompt in engine.heard] == [2, 4]
    assert [turn["content"] for turn in engine.heard[1][1:]] == ["Сколько стоит забор?", "900 ₽.", "А если он тяжелее?"]


def test_where_the_conversation_is_too_long_the_question_is_asked_alone_as_the_gateway_does() -> None:
    engine = Listening(turns=3)
    rows = [eval_row(0), eval_row(1, question="А если он тяжелее?", context=CONTEXT)]
    assert len(ask("challenger", replace(answerer({}), engine=engine), rows)) == 2
    assert [len(prompt) for prompt in engine.heard] == [2, 2]
    with pytest.raises(PromptTooLongError):
        ask("challenger", replace(answerer({}), engine=Listening(turns=1)), rows[:1])


def test_rows_that_need_context_are_counted_apart_with_and_without_it() -> None:
    rows = [eval_row(number) for number in range(20)]
    rows += [eval_row(20 + number, question=f"А если {number}?", context=CONTEXT) for number in range(4)]
    found = trial(rows)
    assert found.needing_context.n == found.needing_context_alone.n == 4
    assert found.needing_context.share == 1.0 and found.follow_ups.n == 20
    assert trial(rows[:20]).needing_context.n == 0


def test_few_shot_puts_right_examples_of_training_before_the_question() -> None:
    engine = Listening()
    model = replace(answerer({}), engine=engine)
    rows, training = [eval_row(place) for place in range(30)], training_rows(20, 0)
    asked = ask_few_shot(model, rows, training, examples=3, number=6)
    assert len(asked.answers) == len(asked.rows) == 6 and asked.examples == 3
    turns = engine.heard[0]
    assert [turn["role"] for turn in turns] == ["system", *["user", "assistant"] * 3, "user"]
    known = {row.question: row.answer for row in training}
    assert all(known[turns[place]["content"]] == turns[place + 1]["content"] for place in (1, 3, 5))
    assert turns[-1]["content"] == asked.rows[0].question


@pytest.mark.parametrize(("turns", "examples"), [(8, 3), (7, 2), (4, 1), (3, 0)])
def test_where_the_context_is_short_fewer_examples_are_shown(turns: int, examples: int) -> None:
    model = replace(answerer({}), engine=Listening(turns))
    asked = ask_few_shot(model, [eval_row(1)], training_rows(20, 0), examples=3, number=1)
    assert asked.examples == examples and bool(asked.answers) == (examples > 0)


def test_a_follow_up_comes_after_another_matter() -> None:
    engine = Listening()
    rows = [eval_row(place) for place in range(30)]
    asked = ask_follow_ups(replace(answerer({}), engine=engine), rows, number=10)
    by_question = {row.question: row for row in rows}
    assert len(asked.rows) == 10
    for turns in engine.heard:
        assert [turn["role"] for turn in turns] == ["system", "user", "assistant", "user"]
        first, last = by_question[turns[1]["content"]], by_question[turns[3]["content"]]
        assert first.intent != last.intent and turns[2]["content"] == first.reference


def test_follow_ups_are_compared_with_the_same_rows_asked_alone() -> None:
    evaluation = trial(wrong=range(120))
    assert (evaluation.follow_ups.share, evaluation.follow_ups.n) == (0.0, 60)
    assert evaluation.follow_ups_alone.share == 0.0
    assert trial().follow_ups.share == 1.0
    one_intent = [eval_row(place, intent="one") for place in range(30)]
    assert trial(one_intent).follow_ups.n == 0  # there is no other matter


def test_the_few_shot_arm_says_of_how_many_rows_it_speaks() -> None:
    rows = [eval_row(place) for place in range(120)]
    evaluation = trial(rows, base=knowing(rows))
    assert evaluation.shares["base_few_shot"]["correct"].n == 60
    assert evaluation.comparisons["base_few_shot"].n == 60 and evaluation.comparisons["base"].n == 120
    without = make_task()
    without = without.model_copy(update={"evaluation": without.evaluation.model_copy(update={"few_shot_rows": 0})})
    assert "base_few_shot" not in trial(rows, task=without).shares


def test_each_arm_has_its_intents_strata_tokens_and_price() -> None:
    task = make_task()
    priced = task.model_copy(update={"economics": Economics(server_cost_per_month=25920.0)})
    evaluation = trial(wrong=[0, 5], task=priced)
    assert evaluation.by_intent["challenger"]["Тема 1"].share == pytest.approx(22 / 24)
    assert sum(share.n for share in evaluation.by_stratum["challenger"].values()) == 120
    assert evaluation.tokens["challenger"] is not None and evaluation.tokens["retrieval"] is None
    assert evaluation.cost_per_1000["challenger"] == pytest.approx(5.0)  # 0.5 s of a server at 0.01 a second
    assert evaluation.cost_per_1000["champion" if "champion" in evaluation.cost_per_1000 else "retrieval"] is None
    assert trial().cost_per_1000["challenger"] is None  # no price, no figure


def test_a_difference_comes_with_an_interval_and_the_rows_that_would_show_it() -> None:
    detail = trial(wrong=range(3), champion_wrong=range(6)).details["champion"]
    assert detail.low <= detail.test.difference <= detail.high
    assert detail.rows_needed is not None and detail.rows_needed > 120
    assert trial(champion_wrong=[]).details["champion"].rows_needed is None  # equals differ nowhere
