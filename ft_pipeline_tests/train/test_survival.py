"""What a training survives: kills, too little memory, a full disk; and what it leaves then."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline.train import TrainError, TrainJob, prune_work, train_adapter
from ft_pipeline.train.checkpoints import newest, start_anew_where_inputs_changed
from ft_pipeline_tests.train.conftest import row

Make = Callable[..., TrainJob]
ROOT = Path(__file__).parents[2]
EMBEDDED = ROOT / "ft_pipeline" / "demo" / "base_model"
DAYS = ("понедельник", "вторник", "среду", "четверг", "пятницу", "субботу", "воскресенье", "праздник", "отпуск")


def test_a_killed_training_ends_at_the_same_adapter_byte_for_byte() -> None:
    """Two kills -9 at drawn moments; dropout, NEFTune and token dropout are on: a lost random state would show."""
    command = [sys.executable, "-m", "benchmarks.train.resume", "--kills", "2", "--seed", "3", "--json"]
    run = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False
    )
    assert run.stdout, run.stderr[-2000:]
    found = json.loads(run.stdout.splitlines()[-1])
    assert found["gates"]["finished"]["ok"] and found["gates"]["same"]["ok"], found["arms"]
    assert any(step > 0 for trial in found["arms"]["killed"] for step in trial["resumed_from"]), found["arms"]


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of another process are Linux only")
def test_memory_runs_out_then_the_disk_then_a_rerun_finishes(make_job: Make) -> None:
    """The kernel refuses memory to the first process and file space to the second; the third is left alone."""
    job = make_job(checkpoint_s=0, batch_size=2)
    limits = [resource.RLIMIT_AS, resource.RLIMIT_FSIZE]
    events: list[dict[str, Any]] = []

    def limit(event: dict[str, Any]) -> None:
        events.append(event)
        if event["event"] == "started" and limits:
            child = int((job.work / "lock").read_text())
            kind = limits.pop(0)
            used = int(Path(f"/proc/{child}/statm").read_text().split()[0]) * os.sysconf("SC_PAGESIZE")
            value = used if kind == resource.RLIMIT_AS else 2_000
            resource.prlimit(child, kind, (value, value))

    with pytest.raises(TrainError, match="disk is full"):
        train_adapter(job, on_event=limit)
    less = next(event for event in events if event["event"] == "less_memory")
    assert (less["split"], less["method"]) == (2, "lora") and "1 rows at once instead of 2" in less["done"]
    assert [event["rows_at_once"] for event in events if event["event"] == "started"] == [2, 1]
    assert not (job.output / "timing.json").exists() and not (job.output / "adapter").exists()
    result = train_adapter(job, on_event=events.append)
    assert events[-1]["event"] == "finished"
    assert result.timing["rows_at_once"] == 1  # it is remembered: memory does not run out once more
    prune_work(job.work)
    assert sorted(path.name for path in job.work.iterdir()) == ["job.json", "lock", "train.log"]


_LOSE_THE_GPU = """
import sys

if "ft_pipeline.train" in sys.orig_argv:
    from ft_pipeline.train.progress import Progress

    plain = Progress.step

    def step(self, state):
        plain(self, state)
        if state.global_step == 4:
            import torch

            raise torch.AcceleratorError("CUDA error: unspecified launch failure\\nCUDA kernel errors might be late")

    Progress.step = step
"""


def test_a_gpu_that_vanishes_is_named_and_the_rerun_goes_on_from_the_checkpoint(
    make_job: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trainer's own process raises what PyTorch raises then; all behind it is the real way."""
    (tmp_path / "sitecustomize.py").write_text(_LOSE_THE_GPU, encoding="utf-8")
    job = make_job(checkpoint_s=0)
    events: list[dict[str, Any]] = []
    with monkeypatch.context() as patched:
        patched.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
        with pytest.raises(
            TrainError, match=r"GPU went away.*unspecified launch failure.*dmesg.*nothing was published"
        ):
            train_adapter(job, on_event=events.append)
    assert any(event["event"] == "step" for event in events)
    assert not any(event["event"] == "less_memory" for event in events)  # fewer rows would not bring it back
    assert not (job.output / "timing.json").exists() and not (job.output / "adapter").exists()
    kept = newest(job.work)
    assert kept is not None
    train_adapter(job, on_event=events.append)
    assert [event["resumed_from_step"] for event in events if event["event"] == "started"] == [0, int(kept.name)]
    assert events[-1]["event"] == "finished" and (job.output / "adapter").is_dir()


def test_a_finished_training_is_not_repeated_until_its_inputs_change(make_job: Make, tmp_path: Path) -> None:
    work, output = tmp_path / "work", tmp_path / "output"
    work.mkdir()
    assert not start_anew_where_inputs_changed(work, inputs="a", output=output)
    checkpoint = work / "checkpoints" / "000000001"
    checkpoint.mkdir(parents=True)
    (output / "timing.json").write_text("{}")
    assert start_anew_where_inputs_changed(work, inputs="a", output=output)
    assert checkpoint.is_dir() and (output / "timing.json").exists()
    assert not start_anew_where_inputs_changed(work, inputs="b", output=output)
    assert not checkpoint.exists() and not list(output.iterdir())


@pytest.mark.parametrize(
    ("damage", "whole"),
    [
        (lambda _folder: None, "2"),
        (lambda folder: (folder / "weights").write_bytes(b"tor"), "1"),
        (lambda folder: (folder / "weights").unlink(), "1"),
        (lambda folder: (folder / "checkpoint.json").unlink(), "1"),
        (lambda folder: (folder / "checkpoint.json").write_text('{"files"'), "1"),
        (lambda folder: (folder.parents[1] / "epochs" / "1" / "a.safetensors").write_bytes(b""), "1"),
    ],
)
def test_a_torn_checkpoint_is_passed_over(tmp_path: Path, damage: Callable[[Path], object], whole: str) -> None:
    from ft_pipeline.store import hash_file

    epoch = tmp_path / "epochs" / "1" / "a.safetensors"
    epoch.parent.mkdir(parents=True)
    epoch.write_bytes(b"adapter")
    for name, epochs in (("1", {}), ("2", {"epochs/1/a.safetensors": hash_file(epoch)})):
        folder = tmp_path / "checkpoints" / name
        folder.mkdir(parents=True)
        (folder / "weights").write_bytes(b"torch" + name.encode())
        noted = {"files": {"weights": hash_file(folder / "weights")}, "epochs": epochs}
        (folder / "checkpoint.json").write_text(json.dumps(noted))
    damage(tmp_path / "checkpoints" / "2")
    found = newest(tmp_path)
    assert found is not None and found.name == whole


def test_an_overtrained_run_rises_on_validation_and_is_stepped_back(make_job: Make) -> None:
    """Ten epochs at a constant rate over rows of which a third is wrong.

    The first thing to learn is what most rows say, and that is right for every validation row; what comes after is
    learning the wrong rows by heart, and validation asks about just those.
    """
    from ft_pipeline.train.process import read_result
    from ft_pipeline.train.session import run

    right, wrong = "Да, можно.", "Нет, это платно."
    asked = [f"Можно ли {what} в {day}?" for what in ("забрать груз", "сдать груз") for day in DAYS]
    train = [
        row(f"t{number}", question, wrong if number % 3 == 0 else right, split="train")
        for number, question in enumerate(asked)
    ]
    held = [row(f"v{number}", question, right, split="validation") for number, question in enumerate(asked[::3])]
    job = make_job(
        table=[*train, *held], schedule="constant", max_epochs=10, patience=10, learning_rate=5e-3, lora_rank=16
    ).model_copy(update={"base": EMBEDDED})
    job.output.mkdir(parents=True)
    events: list[dict[str, Any]] = []
    run(job, events.append)
    found = read_result(job.output)
    losses = [item["validation_loss"] for item in found.history]
    assert found.history[-1]["train_loss"] < 0.5 * found.history[0]["train_loss"]
    scores = [item["answer_score"] for item in found.history]
    assert len(losses) == 10 and losses[-1] > 2 * min(losses), losses
    assert scores[found.best_epoch - 1] == max(scores) > scores[-1], scores
    assert found.best_epoch < 10
    assert f"эпоха {found.best_epoch}" in found.facts["words_ru"]
    assert not (job.work / "epochs").exists()
    assert list((job.output / "measured" / "tensorboard").glob("events.out.tfevents.*"))
    manifest = json.loads((job.output / "measured" / "adapter_manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["hashes"]) == {"data", "config", "base", "code", "libraries"}
    assert manifest["measured"]["attempts"] == 1 and manifest["seed"] == 7
    card = (job.output / "measured" / "model_card.md").read_text(encoding="utf-8")
    assert manifest["adapter_sha256"] in card and "стоимость · cost" in card
    again: list[dict[str, Any]] = []
    run(job, again.append)  # the parent was gone before it could publish: nothing is trained a second time
    assert [event["event"] for event in again] == ["finished"]
