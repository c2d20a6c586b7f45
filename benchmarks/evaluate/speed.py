"""What evaluating costs beside generating, on the embedded base model; CPU-seconds of one thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import ft_pipeline
from ft_pipeline.answering import Answerer
from ft_pipeline.demo.company.intents import Intent, load_eval_questions, load_intents
from ft_pipeline.engines import Engine, Generation, Message, load_engine
from ft_pipeline.evaluate import Contestants, evaluate
from ft_pipeline.records import EvalRow, TrainingRow
from ft_pipeline.task import Task, load_task

ANSWER_TOKENS = 40  # about the length of the demo company's answers
ONE_BY_ONE = 24  # prompts; enough for a ratio
ROWS = 1000


@dataclass(frozen=True)
class Spent:
    """CPU-seconds per 1,000 answers, and the gain of batches."""

    generating_s: float
    evaluating_s: float
    tokens_per_answer: float
    batch_gain: float


class _Recorded:
    """Gives back what was generated before: what is timed then is everything but generating."""

    def __init__(self, said: dict[str, Generation]) -> None:
        self.name = self.model_hash = "recorded"
        self.said = said
        self.answers = 0

    def generate(
        self, prompts: Sequence[Sequence[Message]], *, max_new_tokens: int, batch_size: int = 32
    ) -> list[Generation]:
        assert max_new_tokens == ANSWER_TOKENS and batch_size > 0
        self.answers += len(prompts)
        spare = next(iter(self.said.values()))
        return [self.said.get(prompt[-1]["content"], spare) for prompt in prompts]


def measure(task_file: Path) -> Spent:
    """Generates 1,000 answers in batches, evaluates them, and generates some one by one."""
    task = load_task(task_file, check_paths=False)
    rows, training = _rows()
    base = Path(ft_pipeline.__file__).parent / "demo" / "base_model"
    answerer = _answerer(load_engine(base, threads=1), task)
    answerer.answer(["Сколько стоит доставка?"])  # the first call pays for what is loaded lazily
    prompts = [answerer.prompt([{"role": "user", "content": row.question}]) for row in rows]
    start = process_time()
    said = answerer.engine.generate(prompts, max_new_tokens=ANSWER_TOKENS)
    generating = process_time() - start
    some = prompts[:: len(prompts) // ONE_BY_ONE][:ONE_BY_ONE]
    start = process_time()
    answerer.engine.generate(some, max_new_tokens=ANSWER_TOKENS, batch_size=1)
    one_by_one = (process_time() - start) / len(some)
    recorded = _Recorded({row.question: found for row, found in zip(rows, said, strict=True)})
    replay = _answerer(recorded, task)
    start = process_time()
    evaluate(rows, [], training, contestants=Contestants(replay, replay, None), task=task, timings={})
    evaluating = process_time() - start
    answers = recorded.answers + len(rows)  # the look-up's are judged as well
    return Spent(
        generating_s=generating * 1000 / len(rows),
        evaluating_s=evaluating * 1000 / answers,
        tokens_per_answer=sum(item.tokens for item in said) / len(said),
        batch_gain=one_by_one / (generating / len(rows)),
    )


def _answerer(engine: Engine, task: Task) -> Answerer:
    return Answerer(
        engine=engine,
        prepare=lambda text: text,
        system_prompt=task.system_prompt(),
        threshold=-1e9,
        handover_text=task.deployment.handover_text,
        max_answer_tokens=ANSWER_TOKENS,
    )


def _rows() -> tuple[list[EvalRow], list[TrainingRow]]:
    """1,000 evaluation rows of the demo company (wordings, where its questions do not suffice), some training rows."""
    intents = {intent.id: intent for intent in load_intents()}
    asked = [
        (item.text, intents[item.intent])
        for item in load_eval_questions(list(intents.values()))
        if item.intent in intents
    ]
    asked += [(wording, intent) for intent in intents.values() for wording in intent.wordings]
    rows = [
        EvalRow(
            eval_id=f"e{place}",
            question=text,
            reference=intent.answers[0].text,
            answer_id=intent.id,
            intent=intent.name,
            kind="standard",
            stratum="usual",
            customer_id="",
            created_at="",
            valid_from="",
            valid_to="",
            origin="held_out_question",
            source="demo",
        )
        for place, (text, intent) in enumerate(asked[:ROWS])
    ]
    training = [_training_row(place, *item) for place, item in enumerate(asked[ROWS : ROWS + 300])]
    return rows, training


def _training_row(place: int, question: str, intent: Intent) -> TrainingRow:
    return TrainingRow(
        row_id=f"t{place}",
        question=question,
        answer=intent.answers[0].text,
        answer_id=intent.id,
        intent=intent.name,
        kind="standard",
        split="train" if place % 10 else "validation",
        origin="ticket",
        parent_id="",
        method="",
    )
