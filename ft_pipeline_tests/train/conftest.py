"""A tiny training: a dozen rows on the tiny random base model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline.records import TrainingRow, write_table
from ft_pipeline.task import Training
from ft_pipeline.train import TrainJob

ANSWERS = {
    "price": "Доставка до двери стоит 350 рублей, срок — 3 дня.",
    "papers": "Нужны накладная и паспорт.",
}
QUESTIONS = {
    "price": ("Сколько стоит доставка?", "Какая цена доставки?", "Почём доставка до двери?", "Доставка сколько стоит?"),
    "papers": ("Какие документы нужны?", "Что взять с собой?", "Нужен ли паспорт?", "Какие бумаги нужны?"),
}


def row(row_id: str, question: str, answer: str, *, split: str = "train", origin: str = "ticket") -> TrainingRow:
    return TrainingRow(row_id, question, answer, row_id[:5], row_id[:5], "standard", split, origin, "", "")


def rows() -> list[TrainingRow]:
    return [
        row(f"{intent}-{place}", question, ANSWERS[intent], split="validation" if place == 3 else "train")
        for intent, questions in QUESTIONS.items()
        for place, question in enumerate(questions)
    ]


@pytest.fixture(scope="session")
def make_job(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., TrainJob]:
    """Jobs in folders of their own; keywords change the settings, `rows` the table."""

    def make(*, table: list[TrainingRow] | None = None, method: Any = "lora", **settings: Any) -> TrainJob:
        folder = tmp_path_factory.mktemp("job")
        write_table(folder / "rows.parquet", table if table is not None else rows(), TrainingRow)
        chosen = {"max_epochs": 2, "batch_size": 2, "lora_rank": 4, "lora_alpha": 8, "max_length": 256} | settings
        return TrainJob(
            base=tiny_base,
            rows=folder / "rows.parquet",
            output=folder / "output",
            work=folder / "work",
            system_prompt="Ты — помощник.",
            settings=Training(**chosen),
            method=method,
            max_answer_tokens=12,
        )

    return make
