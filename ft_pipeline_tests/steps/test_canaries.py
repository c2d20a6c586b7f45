"""Canaries are planted by the step that reads the sources, so that they go the whole way of a ticket."""

from __future__ import annotations

import csv
from pathlib import Path

from ft_pipeline.curate import curate
from ft_pipeline.evaluate.canaries import SOURCE, as_turns, find_extracted, make_canaries
from ft_pipeline.records import Turn, as_dict, read_table
from ft_pipeline.redact import redact
from ft_pipeline.steps import open_project, publish_raw_transcripts
from ft_pipeline.task import Evaluation, Kpis, Source, Task
from ft_pipeline_tests.curate.test_curate import SMALL, many_tickets

PLANTED = 12
TOPICS = ("тариф", "возврат", "доставку", "договор", "скидку", "счёт", "пропуск", "накладную")


def make_task(folder: Path) -> Task:
    path = folder / "pairs.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["question", "answer", "created_at"])
        for place, topic in enumerate(TOPICS * 3):
            said = f"Чтобы получить {topic}, откройте раздел {place} личного кабинета и нажмите кнопку «Создать»."
            writer.writerow(
                [f"Подскажите, как мне оформить {topic} в городе {place}?", said, "2026-05-01T10:00:00+00:00"]
            )
    return Task(
        name="trial",
        goal="Отвечать на вопросы клиентов о тарифах и доставке верно",
        kpis=Kpis(correct_share=0.9, answer_s=1.0, load_reduction_share=0.3),
        sources=(Source(name="pairs", kind="pairs", path=path),),
        evaluation=Evaluation(canaries=PLANTED),
        store=folder / "store",
    )


def test_planted_canaries_are_among_the_raw_tickets_and_no_rows_of_a_source(tmp_path: Path) -> None:
    task = make_task(tmp_path)
    project, canaries = open_project(task), make_canaries(PLANTED, seed=task.training.seed)
    raw = publish_raw_transcripts(project)
    turns = read_table(raw.file("turns.parquet"), Turn)
    assert len(find_extracted(canaries, [turn.text for turn in turns])) == PLANTED
    assert raw.facts["rows_in"] == raw.facts["rows_out"] + raw.facts["rows_rejected"]


def test_canaries_go_the_way_of_a_ticket_and_change_nothing_that_is_learned_or_measured() -> None:
    def mask(text: str) -> str:
        return redact(text).text

    tickets, canaries = many_tickets(), make_canaries(40)
    turns = [*tickets, *as_turns(canaries, created_at=tickets[-1].created_at)]
    alone = curate(tickets, data=SMALL, as_of=None, redact=mask)
    found = curate(turns, data=SMALL, as_of=None, redact=mask, never_sampled=(SOURCE,))
    assert (found.pairs, found.incoming) == (alone.pairs, alone.incoming)
    refused = [row for row in found.rejected if row.source == SOURCE]
    assert {row.reason for row in refused} == {"answer_for_one_case"} and len(refused) == 40
    assert find_extracted(canaries, [str(as_dict(row)) for row in [*found.pairs, *found.rejected]]) == []
    raw = curate(turns, data=SMALL, as_of=None, redact=str, never_sampled=(SOURCE,))
    assert {row.reason for row in raw.rejected if row.source == SOURCE} != {"answer_for_one_case"}  # redaction did it
