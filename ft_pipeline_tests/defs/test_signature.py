"""The sensor `signature_arrived` and the job `deploy`: a release waits for its signature and goes out when it comes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import openpyxl
import pytest
from typer.testing import CliRunner

from ft_pipeline import cli, steps
from ft_pipeline.definitions import build_defs
from ft_pipeline.ledger import Ledger, ledger_url
from ft_pipeline.records import Answer, Score, write_table
from ft_pipeline.serve import Parity, write_bundle
from ft_pipeline.steps import reviewing
from ft_pipeline.steps.project import Project
from ft_pipeline.store import MEASURED, Version, write_json
from ft_pipeline.task import Deployment, Evaluation, Kpis, Source, Task
from ft_pipeline_tests.evaluate.trial import WRONG, eval_row
from ft_pipeline_tests.serve.conftest import TASK, Scripted, a_bundle, a_gateway, served

ROWS = [eval_row(number, question=f"Вопрос номер {number}?") for number in range(12)]


@dataclass
class World:
    """A task that waits for a signature, with its store and a Dagster instance."""

    task: Task
    project: Project
    instance: dg.DagsterInstance

    def defs(self) -> dg.Definitions:
        return build_defs(self.task, executor=dg.in_process_executor)

    def tick(self) -> Any:
        sensor = self.defs().resolve_sensor_def("signature_arrived")
        return sensor.evaluate_tick(dg.build_sensor_context(instance=self.instance))

    def deploy(self) -> dg.ExecuteInProcessResult:
        return self.defs().resolve_job_def("deploy").execute_in_process(instance=self.instance, raise_on_error=False)

    def verdict(self) -> tuple[str, str]:
        ledger = Ledger(ledger_url(self.task)).open()
        newest = ledger.decisions(TASK)[0]
        ledger.close()
        return newest.verdict, " ".join(f"{reason.rule}: {reason.observed}" for reason in newest.reasons)

    def evaluate(self, release_id: str, adapter: str, verdict: str = "wait_for_signature") -> Version:
        """Publishes what an evaluation publishes, with answers written by hand."""
        store, base = self.project.store, self.project.folder / "base"
        base.mkdir(parents=True, exist_ok=True)

        def adapter_files(folder: Path) -> dict[str, Any]:
            (folder / "weights").write_text(adapter, encoding="utf-8")
            return {}

        trained = store.publish("lora_adapter", inputs={}, config={"adapter": adapter}, build=adapter_files)
        choice = {"id": "tiny", "base_hash": "b"}
        store.publish("base_model_choice", inputs={}, config={}, build=lambda _: choice)

        def report_files(folder: Path) -> dict[str, Any]:
            said = {"base": [WRONG] * len(ROWS), "challenger": [row.reference for row in ROWS]}
            answers = [
                Answer(row.eval_id, arm, texts[place], -0.1, True, 5, 0.0)
                for arm, texts in said.items()
                for place, row in enumerate(ROWS)
            ]
            scores = [
                Score(answer.eval_id, answer.arm, "key_facts", float(answer.arm == "challenger"), "")
                for answer in answers
            ]
            write_table(folder / "scores.parquet", scores, Score)
            reasons = [{"rule": "share_answered", "observed": "75.0%, n = 400", "needed": "observed >= 40%"}]
            decision = {"verdict": verdict, "reasons": reasons, "rules": []}
            result = {"release": release_id, "as_of": "2026-10-01", "threshold": {"value": -1.0}, "decision": decision}
            write_json(folder / MEASURED / "result.json", result)
            parity = (Parity(question="Привет", answer=Scripted.text),)
            bundle = a_bundle(base, release_id, threshold=-5.0, parity=parity)
            write_bundle(folder / MEASURED / "release", bundle)
            sheet = reviewing.write_sheet(
                self.project,
                folder,
                adapter_hash=trained.data_hash,
                rows=ROWS,
                answers=answers,
                scores=scores,
                shown=frozenset(row.eval_id for row in ROWS[:2]),
            )
            assert sheet is not None
            return {}

        return store.publish("eval_report", inputs={"lora_adapter": trained.data_hash}, config={}, build=report_files)

    def fill(self, report: Version, name: str, decision: str = "выпускать", *, until: int = 999) -> Path:
        """The sheet as a reviewer fills it in, dropped into the inbox."""
        book = openpyxl.load_workbook(report.path / reviewing.SHEET / "sheet.xlsx")
        tab = book["Ответы"]
        for row in range(2, min(tab.max_row, until) + 1):
            tab.cell(row, 4).value = "неверно" if tab.cell(row, 3).value == WRONG else "верно"
        book["Подпись"]["B4"], book["Подпись"]["B5"] = "Анна Петрова", decision
        path = self.project.folder / reviewing.INBOX / name
        book.save(path)
        return path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    task = Task(
        name=TASK,
        goal="Отвечать покупателям на вопросы о доставке и возврате верно в девяти случаях из десяти",
        kpis=Kpis(correct_share=0.9, answer_s=1.0, load_reduction_share=0.3),
        sources=(Source(name="tickets", kind="tickets", path=tmp_path / "tickets.jsonl"),),
        deployment=Deployment(signature_required=True, switch_timeout_s=20),
        evaluation=Evaluation(review_questions=6),
        store=tmp_path / "store",
    )
    with dg.DagsterInstance.ephemeral() as instance:
        yield World(task, steps.open_project(task), instance)


def with_gateway(world: World, url: str) -> None:
    deployment = world.task.deployment.model_copy(update={"port": int(url.rsplit(":", 1)[1])})
    world.task = world.task.model_copy(update={"deployment": deployment})
    world.project = steps.open_project(world.task)


def test_a_release_waits_and_goes_out_when_the_signed_sheet_is_dropped(world: World) -> None:
    assert "no evaluation yet" in str(world.tick().skip_message)
    report = world.evaluate("freight-1", "one")
    assert world.deploy().success
    assert world.verdict()[0] == "wait_for_signature"
    assert "freight-1 waits for a signature" in str(world.tick().skip_message)
    ledger = Ledger(ledger_url(world.task)).open()
    double = Scripted()
    double.may_answer.set()
    with served(a_gateway(ledger, lambda _: double)) as url:
        with_gateway(world, url)
        dropped = world.fill(report, "лист Анны.xlsx")
        (request,) = world.tick().run_requests
        (again,) = world.tick().run_requests
        assert request.run_key == again.run_key and request.run_key.startswith("signature:freight-1:")
        assert request.tags["ft/task"] == TASK
        result = world.deploy()
        assert result.success
        (event,) = result.get_asset_materialization_events()
        assert event.materialization.metadata["release"].value == "freight-1"
        assert "needs no signature" in str(world.tick().skip_message)
        verdict, reasons = world.verdict()
        live = ledger.live(TASK)
    assert verdict == "promote" and "signed: Анна Петрова" in reasons
    assert live is not None and live.release_id == "freight-1"
    (review,) = ledger.reviews(TASK, "freight-1")
    assert review.counts["challenger"] == {"right": 6} and review.counts["base"] == {"wrong": 6}
    assert review.kappa == 1.0 and review.kappa_answers == 12 and review.at
    assert not dropped.exists()
    accepted = world.project.folder / "reviews" / "accepted" / f"{review.review_id}.xlsx"
    assert accepted.is_file(), "what was signed is kept"
    ledger.close()


def test_a_signature_for_another_adapter_is_refused_with_the_reason_beside_the_file(world: World) -> None:
    old = world.evaluate("freight-1", "one")
    new = world.evaluate("freight-2", "two")
    assert old.inputs != new.inputs or old.key != new.key
    dropped = world.fill(old, "old.xlsx")
    before = dropped.read_bytes()
    reason = str(world.tick().skip_message)
    assert "эта подпись — про адаптер" in reason
    note = dropped.with_name("old.xlsx" + reviewing.REASON_ENDING)
    assert "Возьмите новый лист" in note.read_text(encoding="utf-8")
    assert world.deploy().success
    assert world.verdict()[0] == "wait_for_signature"
    assert dropped.read_bytes() == before
    world.fill(new, "old.xlsx")
    assert world.tick().run_requests
    assert not note.exists(), "a file that became right loses its note"


def test_a_half_filled_sheet_starts_nothing_and_names_the_row(world: World) -> None:
    report = world.evaluate("freight-1", "one")
    world.fill(report, "half.xlsx", until=7)
    assert "строка 8" in str(world.tick().skip_message)
    assert not world.tick().run_requests


def test_a_signed_no_holds_the_release_back(world: World) -> None:
    report = world.evaluate("freight-1", "one")
    world.fill(report, "no.xlsx", "не выпускать")
    assert world.tick().run_requests
    assert world.deploy().success
    verdict, reasons = world.verdict()
    assert verdict == "refuse" and "signed_against: Анна Петрова" in reasons
    assert "waits for a signature" in str(world.tick().skip_message)


def test_a_signature_never_lifts_a_rule_that_is_not_met(world: World) -> None:
    report = world.evaluate("freight-1", "one", verdict="refuse")
    world.fill(report, "yes.xlsx")
    assert world.deploy().success
    assert world.verdict()[0] == "refuse"


def test_the_sensor_runs_by_itself_only_where_a_signature_is_wanted(world: World) -> None:
    sensor = world.defs().resolve_sensor_def("signature_arrived")
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
    free = world.task.model_copy(update={"deployment": Deployment()})
    assert build_defs(free).resolve_sensor_def("signature_arrived").default_status == dg.DefaultSensorStatus.STOPPED


def written_task(world: World, folder: Path, *, more: str = "") -> Path:
    path = folder / "task.yaml"
    path.write_text(
        f"name: {TASK}\ngoal: {world.task.goal}\nkpis: {{correct_share: 0.9, answer_s: 1, load_reduction_share: 0.3}}\n"
        f"sources: [{{kind: tickets, path: t.csv}}]\nstore: store\n{more}",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("ru", "Доля вопросов, на которые модель отвечает сама: 75,0\u00a0%, n = 400; нужно: не ниже 40\u00a0%"),
        ("en", "Share of questions the model answers itself: 75.0\u00a0%, n = 400; expected: observed ≥ 40\u00a0%"),
    ],
)
def test_the_printed_reasons_are_sentences_in_the_tasks_language(
    world: World, tmp_path: Path, language: str, sentence: str
) -> None:
    world.evaluate("freight-1", "one")
    path = written_task(world, tmp_path, more=f"language: {language}\n")
    shown = CliRunner().invoke(cli.app, ["report", "--task", str(path), "--json"])
    assert json.loads(shown.output)["decision"]["reasons"] == [sentence]


def test_the_command_hands_the_sheet_out_and_takes_it_back(world: World, tmp_path: Path) -> None:
    report = world.evaluate("freight-1", "one")
    task_file = written_task(world, tmp_path)

    def review(*arguments: str) -> Any:
        return CliRunner().invoke(cli.app, ["review", "--task", str(task_file), *arguments])

    assert review("--export", str(tmp_path / "out")).exit_code == 0
    handed = next((tmp_path / "out").glob("*.xlsx"))
    empty = review("--import", str(handed), "--signer", "Анна Петрова")
    assert empty.exit_code == 2 and "строка 2" in empty.output
    filled = world.fill(report, "mine.xlsx").rename(handed)
    again = review("--export", str(tmp_path / "out"))
    assert again.exit_code == 2 and "nothing was written" in again.output.replace("\n", " ")
    done = review("--import", str(filled), "--signer", "Анна Петрова")
    assert done.exit_code == 0 and "approve by Анна Петрова" in done.output
    assert review("--import", str(filled)).exit_code == 0, "the same file again is the same review"
    assert review("--json").output.count('"review_id"') == 1


def test_shown_questions_are_never_on_the_sheet(world: World) -> None:
    sheet = reviewing.given_sheet(world.evaluate("freight-1", "one"))
    shown = {row.question for row in ROWS[:2]}
    assert {row.question for row in sheet.rows} & shown == set()
