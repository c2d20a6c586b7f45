"""What reading brings near an evaluation question is found; a leak of the split is not hidden by it."""

from __future__ import annotations

from ft_pipeline.curate.leaks import brought_near, find_leaks
from ft_pipeline.records import EvalRow, TrainingRow


def training(row_id: str, question: str) -> TrainingRow:
    return TrainingRow(
        row_id=row_id,
        question=question,
        answer="Страховка стоит 2 %.",
        answer_id="a",
        intent="insurance",
        kind="faq",
        split="train",
        origin="ticket",
        parent_id="",
        method="",
    )


def asked(question: str) -> EvalRow:
    return EvalRow(
        eval_id="e1",
        question=question,
        reference="Страховка стоит 2 %.",
        answer_id="a",
        intent="insurance",
        kind="faq",
        stratum="usual",
        customer_id="",
        created_at="2026-01-01T00:00:00+00:00",
        valid_from="",
        valid_to="",
        origin="held_out",
        source="held_out",
    )


def mend(text: str) -> str:
    return text.replace("страхофка", "страховка").replace("скока", "сколько").replace("груса", "груза")


def test_a_row_that_reading_makes_equal_to_an_eval_question_is_named() -> None:
    raw = "скока стоит страхофка груса"
    rows = [training("near", mend(raw)), training("far", "Где получить договор?")]
    found = brought_near(rows, {"near": raw}, [asked("сколько стоит страховка груза")], read=mend, threshold=0.6)
    assert found == {"near"}


def test_a_noisy_row_that_only_the_read_eval_question_is_near_to_is_named() -> None:
    rows = [training("near", "сколько стоит страховка груза?")]
    found = brought_near(rows, {}, [asked("скока стоит страхофка груса")], read=mend, threshold=0.6)
    assert found == {"near"}


def test_a_row_that_was_near_before_reading_stays_and_is_a_leak() -> None:
    rows = [training("leak", "Сколько стоит страховка груза?")]
    eval_rows = [asked("сколько стоит страховка груза")]
    assert brought_near(rows, {"leak": "Сколько стоит страховка груза?"}, eval_rows, read=mend, threshold=0.6) == set()
    assert find_leaks(eval_rows, rows, pairs=[], threshold=0.6)["exact"] == ["leak"]
