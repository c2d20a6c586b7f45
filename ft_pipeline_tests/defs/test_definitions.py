"""The graph: its keys, its gates, its job, schedule and sensor."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from ft_pipeline import contracts
from ft_pipeline.definitions import build_defs
from ft_pipeline.task import Kpis, Source, Task

ASSETS = {
    "raw_transcripts": set(),
    "cleaned_qa_pairs": {"raw_transcripts"},
    "eval_set": {"cleaned_qa_pairs"},
    "synthetic_augmentation": {"cleaned_qa_pairs"},
    "training_set": {"cleaned_qa_pairs", "synthetic_augmentation", "eval_set"},
    "base_model_choice": {"training_set"},
    "lora_adapter": {"training_set", "base_model_choice"},
    "eval_report": {"eval_set", "training_set", "base_model_choice", "lora_adapter"},
    "deployed_endpoint": {"eval_report"},
}


@pytest.fixture
def task(tmp_path: Path) -> Task:
    return Task(
        name="shop",
        goal="Отвечать покупателям на вопросы о доставке и возврате верно в девяти случаях из десяти",
        kpis=Kpis(correct_share=0.9, answer_s=1.0, load_reduction_share=0.3),
        sources=(Source(name="tickets", kind="tickets", path=tmp_path / "tickets.jsonl"),),
        store=tmp_path / "store",
    )


def test_the_graph_has_the_nine_assets_and_their_lineage(task: Task) -> None:
    graph = build_defs(task).resolve_asset_graph()
    found = {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
    }
    assert found == ASSETS


def test_every_rule_of_every_contract_is_an_asset_check_and_errors_block(task: Task) -> None:
    graph = build_defs(task).resolve_asset_graph()
    for path in contracts.CONTRACTS_FOLDER.glob("*.yaml"):
        contract = contracts.load_contract(path.stem)
        for _, rule in contract.rules():
            node = graph.get(dg.AssetCheckKey(dg.AssetKey(path.stem), rule.id))
            assert node.blocking == (rule.severity == "error"), rule.id


def test_what_the_loss_was_on_is_an_asset_check_that_blocks(task: Task) -> None:
    graph = build_defs(task).resolve_asset_graph()
    assert graph.get(dg.AssetCheckKey(dg.AssetKey("lora_adapter"), "loss_on_the_answer_only")).blocking


def test_a_further_task_of_a_workspace_has_its_own_keys(task: Task) -> None:
    defs = build_defs(task, key_prefix=[task.name])
    keys = {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()}
    assert keys == {f"shop/{name}" for name in ASSETS}
    assert defs.resolve_schedule_def("quarterly_refresh_shop").job_name == "refresh_shop"


def test_the_schedule_builds_the_quarter_that_has_just_closed(task: Task) -> None:
    defs = build_defs(task)
    schedule = defs.resolve_schedule_def("quarterly_refresh")
    assert schedule.cron_schedule == "0 6 1 1,4,7,10 *"
    moment = datetime(2026, 10, 1, 3, 0, tzinfo=UTC)
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(instance=instance, scheduled_execution_time=moment)
        data = schedule.evaluate_tick(context)
    (request,) = data.run_requests or []
    assert request.tags["ft/quarter"] == "2026-Q3"
    assert request.run_config["ops"]["raw_transcripts"]["config"]["as_of"] == moment.isoformat()


def test_the_sensor_skips_with_a_reason_before_the_first_refresh(task: Task) -> None:
    sensor = build_defs(task).resolve_sensor_def("new_tickets")
    with dg.DagsterInstance.ephemeral() as instance:
        result = sensor.evaluate_tick(dg.build_sensor_context(instance=instance))
    assert result.run_requests == []
    assert "no refresh yet" in str(result.skip_message)
