"""Material with every part of the report in it, from a trial evaluation."""

from __future__ import annotations

import dataclasses
from typing import Any

from ft_pipeline.evaluate import Evaluation
from ft_pipeline.records import EvalRow, QAPair, TrainingRow
from ft_pipeline.report import Confirmed, Contract, Material, Sheet, Usage, group_mistakes, intent_lines
from ft_pipeline.task import Economics, Refresh, Task
from ft_pipeline_tests.evaluate.trial import ANSWERS, make_task, training_rows
from ft_pipeline_tests.report.test_report import material

PRICES = Economics(
    tickets_per_month=1000,
    human_cost_per_ticket=100,
    server_cost_per_month=5000,
    hour_cost=1000,
    review_hours_per_refresh=2,
    labelling_hours_per_refresh=3,
    cpu_core_hour_cost=2,
    project_cost=100000,
    api_input_price=0.5,
    api_output_price=2,
    spread=0.2,
)
USAGE = Usage(training_s=1800, evaluation_s=1800, cores=2, question_chars=150, answer_chars=250)
FACTS: dict[str, dict[str, Any]] = {
    "raw_transcripts": {"tickets": 6000, "rows_unaccounted": 0},
    "cleaned_qa_pairs": {"pairs": 2900, "pairs_after_cleaning": 3000, "residue_rows": 0},
    "eval_set": {"rows": 119},
    "training_set": {"leaks_exact": 0, "leaks_near": 0, "leaks_same_customer": 0, "leaks_synthetic_child": 0},
    "base_model_choice": {"id": "embedded", "method": "lora", "reasons": ["Выбрана модель embedded."]},
    "lora_adapter": {"best_epoch": 3, "rows": {"train": 2300}},
}


def full_task(**changes: Any) -> Task:
    people = Refresh(owner="дежурный инженер", reviewer="руководитель поддержки")
    return make_task().model_copy(update={"economics": PRICES, "refresh": people, **changes})


def pair(number: int, answer: str, **changes: str) -> QAPair:
    values = {field.name: "" for field in dataclasses.fields(QAPair)}
    known = {
        "pair_id": f"p{number}",
        "question": f"Вопрос пары {number}?",
        "answer": answer,
        "ticket_id": f"T-{number}",
    }
    return QAPair(**(values | known | {"created_at": "2026-03-05T10:00:00+00:00"} | changes))


def taught(number: int, topic: str, question: str = "", origin: str = "ticket") -> TrainingRow:
    return TrainingRow(
        f"p{number}",
        question or f"Учебный {number}?",
        ANSWERS[topic],
        topic,
        topic,
        "standard",
        "train",
        origin,
        "",
        "",
    )


def full_material(evaluation: Evaluation, rows: list[EvalRow], language: Any, task: Task | None = None) -> Material:
    training = training_rows()
    return dataclasses.replace(
        material(evaluation, rows, language),
        task=task or full_task(),
        intents=intent_lines(rows, evaluation.scores),
        mistakes=group_mistakes(rows, evaluation.answers, evaluation.scores, training=training, pairs=[]),
        facts=FACTS,
        contracts={"training_set": Contract(passed=9, failed=())},
        sheet=Sheet("abc123", 20, 55, "reviews/inbox"),
        confirmed=Confirmed(asked=10, answered=4, rated=3, rated_right=2, since="2026-10-01T00:00:00+00:00"),
        usage=USAGE,
    )
