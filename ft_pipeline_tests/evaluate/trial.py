"""A trial evaluation on synthetic answers: an engine that says what a table tells it to, and rows to ask it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ft_pipeline.answering import Answerer
from ft_pipeline.engines import Generation, Message
from ft_pipeline.evaluate import Contestants, Evaluation, Trials, evaluate
from ft_pipeline.records import EvalRow, IncomingRow, TrainingRow
from ft_pipeline.task import Kpis, Source, Task

WRONG = "Это зависит от многого, посмотрите в интернете."
ANSWERS = {
    f"Тема {number}": f"Доставка по тарифу {number} стоит {number}50 рублей и занимает {number} дня."
    for number in range(1, 6)
}


class TableEngine:
    """Says what its table holds for the customer's words; anything else is answered wrongly and unsurely."""

    def __init__(self, table: Mapping[str, tuple[str, float]], *, name: str = "table") -> None:
        self.table = dict(table)
        self.name = name
        self.model_hash = name

    def generate(
        self, prompts: Sequence[Sequence[Message]], *, max_new_tokens: int, batch_size: int = 32
    ) -> list[Generation]:
        assert max_new_tokens > 0 and batch_size > 0
        said = [self.table.get(prompt[-1]["content"], (WRONG, -9.0)) for prompt in prompts]
        return [Generation(text, len(text.split()), logprob, logprob, 0.1) for text, logprob in said]


def make_task(**kpis: object) -> Task:
    targets = {"correct_share": 0.9, "answer_s": 1.0, "load_reduction_share": 0.3} | kpis
    return Task(
        name="trial",
        goal="Отвечать на вопросы клиентов о тарифах и доставке верно",
        kpis=Kpis.model_validate(targets),
        sources=(Source(kind="tickets", path=Path("tickets.csv")),),
    )


def answerer(table: Mapping[str, tuple[str, float]], *, threshold: float = -math.inf) -> Answerer:
    return Answerer(
        engine=TableEngine(table),
        prepare=lambda text: text,
        system_prompt="Ты — помощник.",
        threshold=threshold,
        handover_text="Передаю специалисту.",
        max_answer_tokens=40,
    )


def eval_row(number: int, **changes: str) -> EvalRow:
    topics = list(ANSWERS)
    topic = topics[number % len(topics)]
    values = {
        "eval_id": f"e{number:04}",
        "question": f"Вопрос {number} на {topic}?",
        "reference": ANSWERS[topic],
        "answer_id": topic,
        "intent": topic,
        "kind": "standard",
        "stratum": ("usual", "rare", "noisy", "tickets")[number % 4],
        "customer_id": "",
        "created_at": "",
        "valid_from": "",
        "valid_to": "",
        "origin": "held_out_question",
        "source": "questions",
    }
    return EvalRow(**(values | changes))


def training_rows(n_train: int = 20, n_validation: int = 80) -> list[TrainingRow]:
    topics = list(ANSWERS)
    rows = []
    for number in range(n_train + n_validation):
        topic = topics[number % len(topics)]
        split = "train" if number < n_train else "validation"
        question = f"Учебный вопрос {number} на {topic}?"
        rows.append(
            TrainingRow(
                f"t{number}", question, ANSWERS[topic], topic, topic, "standard", split, "ticket", f"p{number}", ""
            )
        )
    return rows


def knowing(
    rows: Sequence[EvalRow | IncomingRow], *, wrong: Sequence[int] = (), unsure: Sequence[int] = ()
) -> dict[str, tuple[str, float]]:
    """A table that answers every row rightly and surely, save the places named."""
    table = {}
    for place, row in enumerate(rows):
        if row.reference:
            table[row.question] = (WRONG if place in wrong else row.reference, -8.0 if place in unsure else -0.5)
    return table


def known_training(rows: Sequence[TrainingRow]) -> dict[str, tuple[str, float]]:
    return {row.question: (row.answer, -0.5) for row in rows}


def incoming_rows(n: int = 60) -> list[IncomingRow]:
    topics = list(ANSWERS)
    return [
        IncomingRow(f"i{number}", f"Обращение {number}?", ANSWERS[topics[number % 5]], "standard", "")
        for number in range(n)
    ]


def trial(
    rows: Sequence[EvalRow] | None = None,
    *,
    wrong: Sequence[int] = (),
    unsure: Sequence[int] = (),
    champion_wrong: Sequence[int] | None = None,
    timings: Mapping[str, Sequence[float]] | None = None,
    incoming: Sequence[IncomingRow] | None = None,
    task: Task | None = None,
    is_champion: bool = False,
    signature_required: bool = False,
    base: Mapping[str, tuple[str, float]] | None = None,
    trials: Trials | None = None,
    challenger_says: Mapping[str, tuple[str, float]] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """An evaluation whose challenger is right everywhere except `wrong`; its threshold hands `unsure` over."""
    asked = [eval_row(number) for number in range(120)] if rows is None else list(rows)
    tickets = incoming_rows() if incoming is None else list(incoming)
    training = training_rows()
    challenger = knowing(asked, wrong=wrong, unsure=unsure) | known_training(training) | knowing(tickets)
    unsure_validation = [row for row in training if row.split == "validation"][:20]
    challenger |= {row.question: (WRONG, -8.0) for row in unsure_validation}
    challenger |= challenger_says or {}
    champion = None if champion_wrong is None else answerer(knowing(asked, wrong=champion_wrong))
    return evaluate(
        asked,
        tickets,
        training,
        contestants=Contestants(answerer(base or {}), answerer(challenger), champion, is_champion),
        task=task or make_task(),
        timings={"base": [0.4] * 20, "challenger": [0.5] * 20} if timings is None else timings,
        trials=trials,
        signature_required=signature_required,
        progress=progress,
    )
