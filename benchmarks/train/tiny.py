"""A small training that every measure here can run: shapes around the embedded model, rows with short answers.

Here: base models of a given shape with random weights and the embedded tokenizer, rows, jobs. Not here: measuring.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from ft_pipeline.records import TrainingRow, write_table
from ft_pipeline.task import Training
from ft_pipeline.train import TrainJob

EMBEDDED = Path(__file__).parents[2] / "ft_pipeline" / "demo" / "base_model"
SYSTEM = "Ты — помощник службы поддержки. Отвечай вежливо, на «вы», коротко и по делу."

_ANSWERS = (
    "Доставка до двери стоит 350 рублей, срок — 3 дня.",
    "Нужны накладная и паспорт получателя.",
    "Груз хранится на складе 5 дней бесплатно, затем 40 рублей в сутки.",
    "Претензию рассматриваем за 10 рабочих дней, ответ придёт на почту.",
    "Адрес можно изменить до выдачи груза курьеру, это бесплатно.",
)
_STARTS = ("Скажите,", "Здравствуйте!", "Подскажите, пожалуйста,", "Добрый день,", "Ещё раз здравствуйте,", "А вот")
_ASKED = ("сколько стоит доставка", "какие нужны бумаги", "как долго хранится груз", "когда ответят на претензию")
_ASKED += ("можно ли поменять адрес",)


def write_base(folder: Path, **shape: int) -> Path:
    """Writes a Llama of the embedded model's kind with random weights; `shape` overrides its configuration."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    shutil.copytree(EMBEDDED, folder, ignore=shutil.ignore_patterns("*.safetensors", "manifest.json", "README.md"))
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig.from_pretrained(EMBEDDED, **shape))
    model.to(torch.bfloat16).save_pretrained(folder)
    return folder


def rows(count: int, *, validation: int = 0) -> list[TrainingRow]:
    """`count` training rows, and validation rows after them; the same every time."""
    made = []
    for number in range(count + validation):
        topic = number % len(_ANSWERS)
        start = _STARTS[(number // len(_ANSWERS)) % len(_STARTS)]
        question = f"{start} {_ASKED[topic]}{' груза' * (number % 7)} по заказу {1000 + number}?"
        split = "train" if number < count else "validation"
        made.append(
            TrainingRow(
                row_id=f"row-{number}",
                question=question,
                answer=_ANSWERS[topic],
                answer_id=f"answer-{topic}",
                intent=f"intent-{topic}",
                kind="standard",
                split=split,
                origin="ticket",
                parent_id="",
                method="",
            )
        )
    return made


def company_rows(count: int) -> list[TrainingRow]:
    """`count` questions of the embedded company with their answers, drawn by a seed: rows as long as tickets are."""
    import random

    import yaml

    company = EMBEDDED.parent / "company"
    pairs = []
    for name in ("a_tariffs", "b_documents", "c_delivery", "d_service"):
        for intent in yaml.load((company / f"{name}.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader):
            pairs += [(wording, intent["answers"][0]["text"]) for wording in intent["wordings"]]
    drawn = random.Random(0).choices(pairs, k=count)
    made = rows(count)
    return [replace(row, question=question, answer=answer) for row, (question, answer) in zip(made, drawn, strict=True)]


def job(folder: Path, base: Path, table: list[TrainingRow], **settings: Any) -> TrainJob:
    """A job in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / "rows.parquet", table, TrainingRow)
    for name in ("output", "work"):
        (folder / name).mkdir(exist_ok=True)
    return TrainJob(
        base=base,
        rows=folder / "rows.parquet",
        output=folder / "output",
        work=folder / "work",
        system_prompt=SYSTEM,
        settings=Training(**settings),
        max_answer_tokens=8,
    )
