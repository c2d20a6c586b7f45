"""The whole graph on a small demo company: real Dagster runs, the real embedded model, a real gateway."""

import csv
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
import yaml
from typer.testing import CliRunner

from ft_pipeline import cli, contracts, serve, steps
from ft_pipeline.definitions import build_defs
from ft_pipeline.demo.company.write import write_company
from ft_pipeline.engines import load_engine
from ft_pipeline.steps import exporting
from ft_pipeline.store import MEASURED, Store, read_json
from ft_pipeline.task import load_task

UNPROVEN = {"correct_share": 0.99, "answer_s": 5, "load_reduction_share": 0.9}
EASY = {
    "correct_share": 0.01,
    "answer_s": 30,
    "load_reduction_share": 0.0,
    "least_answered_share": 0.0,
    "rule": "point",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def keep_every_fourth(table: Path) -> None:
    """Leaves a quarter of the held-out questions: what is tested is the way, not the model."""
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    kept = [row for number, row in enumerate(rows) if number % 4 == 0]
    with table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(kept)


@dataclass(frozen=True)
class World:
    """A task in a folder of its own, with a Dagster instance."""

    folder: Path
    instance: dg.DagsterInstance
    port: int

    @property
    def task_path(self) -> Path:
        return self.folder / "task.yaml"

    def write_task(self, kpis: dict[str, object], **changes: object) -> None:
        settings: dict[str, object] = {
            "name": "verstovik",
            "goal": "Отвечать клиентам транспортной компании на вопросы верно не реже, чем требует задача",
            "kpis": kpis,
            "sources": [
                {"name": "tickets", "kind": "tickets", "path": "company/tickets.jsonl"},
                {"name": "knowledge_base", "kind": "documents", "path": "company/documents"},
                {"name": "held_out", "kind": "held_out_questions", "path": "company/eval_questions.csv"},
            ],
            "data": {
                "min_pairs": 150,
                "own_contacts": ["Верстовик", "verstovik.example", "8 800 000-11-22", "8 800 000-33-44"],
                "incoming_sample": 30,
            },
            "augmentation": {"target_rows": 100},
            "base_model": {"bakeoff_questions": 4},
            "training": {"min_epochs": 1, "max_epochs": 5, "lora_dropout": 0, "validation_questions": 20},
            "evaluation": {"timed_questions": 3, "samples": 20},
            # what is tested is the way: a model of few epochs answers whatever it is asked
            "promotion": {
                "golden_share": 0,
                "out_of_scope_share": 0,
                "injection_share": 0,
                "form_share": 0,
                "personal_data_answers": 10,  # so little training garbles the company's own phone number
            },
            "deployment": {"port": self.port, "switch_timeout_s": 90},
        }
        self.task_path.write_text(yaml.safe_dump({**settings, **changes}, allow_unicode=True), encoding="utf-8")

    def refresh(self) -> dg.ExecuteInProcessResult:
        defs = build_defs(load_task(self.task_path), executor=dg.in_process_executor)
        return defs.resolve_job_def("refresh").execute_in_process(instance=self.instance, raise_on_error=False)

    def metadata(self, result: dg.ExecuteInProcessResult) -> dict[str, dict[str, object]]:
        return {
            event.asset_key.to_user_string(): {
                name: value.value for name, value in event.materialization.metadata.items()
            }
            for event in result.get_asset_materialization_events()
            if event.asset_key is not None
        }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    write_company(folder / "company", tickets=700)
    keep_every_fourth(folder / "company" / "eval_questions.csv")
    with dg.DagsterInstance.ephemeral() as instance:
        yield World(folder, instance, free_port())
    serve.stop(folder / "task.yaml")


@pytest.fixture(scope="module")
def first(world: World) -> dg.ExecuteInProcessResult:
    world.write_task(UNPROVEN)
    return world.refresh()


def test_a_refresh_that_does_not_reach_its_targets_ends_green_and_deploys_nothing(
    world: World, first: dg.ExecuteInProcessResult
) -> None:
    assert first.success
    shown = world.metadata(first)
    assert set(shown) == {
        "raw_transcripts",
        "cleaned_qa_pairs",
        "eval_set",
        "synthetic_augmentation",
        "training_set",
        "base_model_choice",
        "lora_adapter",
        "eval_report",
    }
    assert shown["eval_report"]["verdict"] == "refuse"


def test_every_contract_rule_was_shown_as_a_check_and_none_that_blocks_failed(first: dg.ExecuteInProcessResult) -> None:
    checks = {(item.asset_key.to_user_string(), item.check_name): item for item in first.get_asset_check_evaluations()}
    for path in contracts.CONTRACTS_FOLDER.glob("*.yaml"):
        for _, rule in contracts.load_contract(path.stem).rules():
            evaluation = checks[(path.stem, rule.id)]
            assert evaluation.passed or evaluation.severity == dg.AssetCheckSeverity.WARN, rule.id
    assert not checks[("eval_report", "correct_of_answers_given")].passed


def test_the_report_has_the_promised_shape_on_the_command_line(world: World, first: dg.ExecuteInProcessResult) -> None:
    assert first.success
    shown = CliRunner().invoke(cli.app, ["report", "--json", "--task", str(world.task_path)])
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.stdout)
    assert found["task"] == "verstovik"
    assert found["decision"]["verdict"] == "refuse"
    assert found["decision"]["reasons"]
    assert found["arms"]["champion"] is None
    for arm in ("base", "retrieval", "challenger"):
        for name in ("correct", "answered", "correct_of_answered", "usual", "rare", "noisy"):
            share = found["arms"][arm][name]
            assert set(share) == {"share", "low", "high", "n"}
        assert set(found["arms"][arm]["answer_s"]) == {"p50", "p95"}
    assert found["arms"]["challenger"]["usual"]["n"] > 30
    assert found["arms"]["retrieval"]["answered"]["n"] == found["arms"]["challenger"]["answered"]["n"]
    assert found["load_reduction"]["kind"] == "estimated"
    assert found["load_reduction"]["n"] == 30


def test_the_pages_show_the_owners_table_and_twenty_samples(world: World, first: dg.ExecuteInProcessResult) -> None:
    report = steps.open_project(load_task(world.task_path)).store.need("eval_report")
    table = (report.path / MEASURED / "table.md").read_text(encoding="utf-8")
    assert "До" in table
    assert "После" in table
    assert "Цель" in table
    page = (report.path / MEASURED / "report.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html")
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert world.metadata(first)["eval_report"]["table"] == table


def test_the_adapter_learned_what_the_base_model_did_not_know(world: World, first: dg.ExecuteInProcessResult) -> None:
    report = steps.open_project(load_task(world.task_path)).store.need("eval_report")
    arms = read_json(report.file(f"{MEASURED}/result.json"))["arms"]
    assert arms["base"]["correct"]["share"] <= 0.1
    assert arms["challenger"]["correct"]["share"] > arms["base"]["correct"]["share"]


def test_unchanged_inputs_are_not_computed_again(world: World, first: dg.ExecuteInProcessResult) -> None:
    again = world.refresh()
    assert again.success
    before, after = world.metadata(first), world.metadata(again)
    assert {name: values["reused"] for name, values in after.items()} == dict.fromkeys(before, True)
    assert {name: values["data_hash"] for name, values in after.items()} == {
        name: values["data_hash"] for name, values in before.items()
    }


def test_the_same_seed_gives_the_same_data_adapter_answers_and_scores_twice(
    world: World, first: dg.ExecuteInProcessResult, tmp_path: Path
) -> None:
    shown = CliRunner().invoke(
        cli.app, ["repeat", "--json", "--task", str(world.task_path), "--scratch", str(tmp_path / "second")]
    )
    compared = {item["name"]: item["same"] for item in json.loads(shown.stdout)}
    assert compared == dict.fromkeys(compared, True)
    assert {"lora_adapter", "eval_report: answers", "eval_report: scores"} <= set(compared)
    assert shown.exit_code == 0
    reused = [version.reused for version in Store(tmp_path / "second", "verstovik").versions("lora_adapter")]
    assert reused == [False], "the second run must have made its own adapter"
    again = CliRunner().invoke(
        cli.app, ["repeat", "--task", str(world.task_path), "--scratch", str(tmp_path / "second")]
    )
    assert again.exit_code == 2
    assert "not empty" in again.output


def test_a_promoted_release_is_served_and_the_openai_client_is_answered_by_it(
    world: World, first: dg.ExecuteInProcessResult
) -> None:
    from openai import OpenAI

    world.write_task(EASY)
    serve.start_detached(world.task_path, timeout_s=120)
    result = world.refresh()
    assert result.success
    shown = world.metadata(result)
    assert shown["lora_adapter"]["reused"] is True
    release = str(shown["deployed_endpoint"]["release"])
    client = OpenAI(base_url=f"http://127.0.0.1:{world.port}/v1", api_key="none")
    answer = client.chat.completions.create(
        model="verstovik", messages=[{"role": "user", "content": "Сколько дней груз хранится бесплатно?"}]
    )
    assert answer.model == release
    assert answer.choices[0].message.content
    listed = CliRunner().invoke(cli.app, ["releases", "--json", "--task", str(world.task_path)])
    assert [row["release"] for row in json.loads(listed.stdout) if row["live"]] == [release]


def test_the_live_release_is_exported_for_other_servers(
    world: World, first: dg.ExecuteInProcessResult, tmp_path: Path
) -> None:
    to, task = tmp_path / "out", ["--task", str(world.task_path)]
    done = CliRunner().invoke(cli.app, ["export", "--to", str(to), "--gguf", "q8_0", *task])
    assert done.exit_code == 0, done.output
    release = serve.status(world.task_path).release
    assert (to / f"{release}.q8_0.gguf").read_bytes()[:4] == b"GGUF"
    bundle = serve.read_bundle(Path(exporting.release_of(steps.open_project(load_task(world.task_path))).bundle))
    exported = load_engine(to / "model")
    for item in bundle.parity:
        answer = exported.generate([bundle.prompt(item.question)], max_new_tokens=bundle.max_answer_tokens)[0]
        assert answer.text == item.answer, "the folder answers as the release does"
    assert "Чего в этих файлах нет" in (to / "README.md").read_text(encoding="utf-8")
    again = CliRunner().invoke(cli.app, ["export", "--to", str(to), *task])
    unknown = CliRunner().invoke(cli.app, ["export", "--to", str(tmp_path / "other"), "--release", "nobody", *task])
    assert (again.exit_code, unknown.exit_code) == (2, 2)
    assert "exists already" in again.output
    assert f"no release 'nobody'; expected one of: {release}" in unknown.output


def test_a_refresh_that_breaks_its_contract_stops_and_what_was_published_stays_served(
    world: World, first: dg.ExecuteInProcessResult
) -> None:
    project = steps.open_project(load_task(world.task_path))
    live = serve.status(world.task_path).release
    assert live
    world.write_task(EASY, data={"min_pairs": 100_000, "own_contacts": ["verstovik.example"], "incoming_sample": 30})
    result = world.refresh()
    assert not result.success
    shown = world.metadata(result)
    assert "cleaned_qa_pairs" in shown
    assert "training_set" not in shown
    with pytest.raises(contracts.ContractViolation, match="enough_pairs"):
        contracts.require_passing(project.store.need("cleaned_qa_pairs"))
    walked_past = CliRunner().invoke(cli.app, ["run", "--task", str(world.task_path)])
    assert walked_past.exit_code == 2
    assert "enough_pairs" in walked_past.output
    assert serve.status(world.task_path).release == live
