"""Whole trainings in their own process, on the tiny model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline.engines import load_engine
from ft_pipeline.store import hash_file
from ft_pipeline.train import TIMING, TrainError, TrainJob, TrainResult, train_adapter
from ft_pipeline_tests.train.conftest import row, rows

Make = Callable[..., TrainJob]


@pytest.fixture(scope="module")
def finished(make_job: Make) -> tuple[TrainJob, TrainResult, list[dict[str, Any]]]:
    job = make_job(table=[*rows(), row("long-1", "Сколько? " * 80, "Три рубля.")])
    events: list[dict[str, Any]] = []
    return job, train_adapter(job, on_event=events.append), events


def ignore(_event: dict[str, Any]) -> None:
    pass


def files(folder: Path) -> dict[str, str]:
    """What depends on the inputs alone."""
    found = {path.relative_to(folder).as_posix(): hash_file(path) for path in folder.rglob("*") if path.is_file()}
    return {name: value for name, value in found.items() if name != TIMING and not name.startswith("measured/")}


def test_a_training_tells_how_it_goes_and_leaves_everything_behind(finished: Any) -> None:
    _, result, events = finished
    names = [event["event"] for event in events]
    assert names[0] == "started" and names[-2:] == ["restored", "finished"]
    assert names.count("epoch") == 2 and "step" in names
    steps = [event for event in events if event["event"] == "step"]
    assert steps[-1]["step"] == steps[-1]["total"] == 6  # 6 training rows, 2 a step, 2 epochs
    assert set(steps[-1]) >= {"loss", "epoch", "tokens_per_s", "rss_mib", "seconds_left"}
    assert sorted(files(result.output)) == [
        "README.md",
        "adapter/adapter_config.json",
        "adapter/adapter_model.safetensors",
        "history.json",
        "overfit_panel.png",
        "rejected.parquet",
        "training.json",
    ]
    assert result.rejected == {"train.rows: too_long_for_model": 1}
    assert events[0]["rejected"] == 1 and events[0]["rows"] == 6 and events[0]["validation_rows"] == 2
    assert result.facts["learned"]["learned"].endswith("<|end|>")
    assert result.timing["peak_rss_mib"] > 0


def test_no_path_of_this_machine_is_in_what_is_published(finished: Any) -> None:
    job, result, _ = finished
    for name in files(result.output):
        content = (result.output / name).read_bytes()
        assert str(job.base).encode() not in content, name
        assert str(job.work.parent).encode() not in content, name


def test_the_best_epoch_is_what_the_adapter_holds_and_it_can_be_loaded(finished: Any) -> None:
    job, result, _ = finished
    assert hash_file(result.adapter / "adapter_model.safetensors") == result.facts["adapter_sha256"]
    assert not (job.work / "epochs").exists() and not (job.work / "checkpoints").exists()  # the rest is pruned
    engine = load_engine(job.base, adapter=result.adapter)
    assert engine.generate([[{"role": "user", "content": "Сколько?"}]], max_new_tokens=4)[0].tokens > 0
    assert result.history[0]["epoch"] == 1 and len(result.history) == 2


def test_training_lowers_the_loss_of_the_served_form(finished: Any) -> None:
    """Learned through TRL and PEFT with a tied embedding, measured on the merged model by plain Transformers."""
    import torch
    from transformers import AutoTokenizer

    from ft_pipeline.train.rows import tokenise

    job, result, _ = finished
    tokenizer = AutoTokenizer.from_pretrained(job.base)
    chosen = [item for item in rows() if item.split == "validation"]
    made = tokenise(chosen, tokenizer, system_prompt=job.system_prompt, max_length=256).rows

    def loss(adapter: Path | None) -> float:
        engine: Any = load_engine(job.base, adapter=adapter)
        total, tokens = 0.0, 0
        for item in made:
            with torch.no_grad():
                out = engine.model(input_ids=torch.tensor([item.input_ids]), labels=torch.tensor([item.labels]))
            total, tokens = total + float(out.loss) * item.answer_tokens, tokens + item.answer_tokens
        return total / tokens

    tuned = loss(result.adapter)
    assert tuned < loss(None) - 0.05
    assert tuned == pytest.approx(result.history[result.best_epoch - 1]["validation_loss"], rel=0.02)


def test_the_same_seed_gives_the_same_files(finished: Any, make_job: Make) -> None:
    _, result, _ = finished
    table = [*rows(), row("long-1", "Сколько? " * 80, "Три рубля.")]
    again = train_adapter(make_job(table=table), on_event=ignore)
    assert files(again.output) == files(result.output)


def test_rows_without_a_validation_side_are_refused_in_words(make_job: Make) -> None:
    job = make_job(table=[item for item in rows() if item.split == "train"])
    with pytest.raises(TrainError, match="no usable row with split=validation"):
        train_adapter(job, on_event=ignore)
    assert not list(job.output.iterdir())


def test_a_training_that_takes_too_long_is_ended(make_job: Make) -> None:
    started = time.monotonic()
    with pytest.raises(TrainError, match="max_seconds = 1 s"):
        train_adapter(make_job(max_seconds=1), on_event=ignore)
    assert time.monotonic() - started < 10


def test_two_trainers_never_run_side_by_side(make_job: Make) -> None:
    import fcntl

    job = make_job()
    job.work.mkdir(parents=True)
    with (job.work / "lock").open("w") as held:
        held.write("4711")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(TrainError, match=r"another training is running there \(process 4711\)"):
            train_adapter(job, on_event=ignore)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux only")
def test_the_trainer_dies_with_its_parent(make_job: Make, tmp_path: Path) -> None:
    job = make_job(max_epochs=500, min_epochs=500)
    (tmp_path / "job.json").write_text(job.model_dump_json(), encoding="utf-8")
    code = (
        "import sys, pathlib; from ft_pipeline.train import *\n"
        "job = TrainJob.model_validate_json(pathlib.Path(sys.argv[1]).read_text())\n"
        "train_adapter(job, on_event=lambda event: print(event['event'], flush=True))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "job.json")], stdout=subprocess.PIPE)
    guard = threading.Timer(240, parent.kill)
    guard.start()
    assert parent.stdout is not None and parent.stdout.readline() == b"started\n"
    child = int((job.work / "lock").read_text())
    os.kill(child, 0)  # it lives
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    guard.cancel()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while _is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_alive(child)


def _is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def test_four_bit_training_runs_where_bitsandbytes_does(make_job: Make) -> None:
    import shutil

    from transformers import LlamaConfig, LlamaForCausalLM

    given = make_job(method="qlora", max_epochs=1, min_epochs=1)
    wide = given.work.parent / "wide_base"  # bitsandbytes packs blocks of 64 values: narrower layers fail on a CPU
    shutil.copytree(given.base, wide)
    config = LlamaConfig.from_pretrained(given.base, hidden_size=64, intermediate_size=128, head_dim=16)
    LlamaForCausalLM(config).save_pretrained(wide)
    result = train_adapter(given.model_copy(update={"base": wide}), on_event=ignore)
    assert result.facts["method"] == "qlora"
    assert json.loads((result.adapter / "adapter_config.json").read_text())["r"] == 4


def test_four_bit_settings_are_those_of_the_paper() -> None:
    from ft_pipeline.train.adaptation import quantisation

    config = quantisation()
    assert (config.bnb_4bit_quant_type, config.bnb_4bit_use_double_quant, config.load_in_4bit) == ("nf4", True, True)


@pytest.mark.parametrize(("flags", "name"), [("avx512_bf16", "bf16"), ("amx_bf16", "bf16"), ("avx512f avx2", "fp32")])
def test_bf16_is_used_only_where_the_cpu_multiplies_it(tmp_path: Path, flags: str, name: str) -> None:
    import torch

    from ft_pipeline.train.adaptation import pick_precision

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU: its own precision is used")
    info = tmp_path / "cpuinfo"
    info.write_text(f"flags\t\t: fpu {flags}\n")
    assert pick_precision(info).name == name


def test_rows_laid_end_to_end_do_not_see_each_other(tiny_base: Path) -> None:
    from transformers import AutoModelForCausalLM

    from ft_pipeline.train.adaptation import Precision, keeps_documents_apart

    model = AutoModelForCausalLM.from_pretrained(tiny_base, attn_implementation="sdpa")
    assert keeps_documents_apart(model, Precision("cpu", False, "fp32"))
    forward = model.forward
    model.forward = lambda **given: forward(**{**given, "position_ids": None})  # a model that ignores positions
    assert not keeps_documents_apart(model, Precision("cpu", False, "fp32"))
