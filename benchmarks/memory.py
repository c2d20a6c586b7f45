"""`python -m benchmarks.memory`: the memory estimate of base_model against measured peaks, shape by shape.

Each arm trains a model for a few steps through this project's own trainer, in a process of its own, and takes the most
resident memory (on a GPU: the most that PyTorch's allocator reserved) above what the process had before. That was
taken after a training of a model of 32 x 2, so that libraries and kernels are loaded. Weights are random. The last line
is JSON; exit code 1 where an estimate is more than 15 % off.

The arms with the note `fitted` were looked at while the constants of the estimate were set; the others were not.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LIMIT = 0.15  # largest share by which an estimate may be off
_STEPS = 2
_MIB = 2**20

# hidden, layers, feed-forward, heads, key-value heads, vocabulary, tied, stored as
_SHAPES: dict[str, tuple[int, int, int, int, int, int, bool, str]] = {
    "tiny": (32, 2, 64, 4, 2, 4096, True, "bfloat16"),
    "wide": (640, 8, 1728, 10, 5, 8192, True, "bfloat16"),
    "deep": (384, 16, 1024, 6, 2, 8192, False, "float32"),
    "vocabulary": (512, 4, 1408, 8, 8, 32000, True, "bfloat16"),
    "llama_3_8b": (4096, 32, 14336, 32, 8, 128256, False, "bfloat16"),
    "mistral_7b": (4096, 32, 14336, 32, 8, 32768, False, "bfloat16"),
}
# name -> shape, method, rows at once, tokens of a row, settings, note
_ARMS: dict[str, tuple[str, str, int, int, dict[str, Any], str]] = {
    "embedded lora": ("embedded", "lora", 8, 128, {"lora_dropout": 0.0}, ""),
    "wide lora dropout": ("wide", "lora", 8, 128, {"lora_dropout": 0.05}, "fitted"),
    "wide lora": ("wide", "lora", 4, 256, {"lora_dropout": 0.0, "lora_rank": 16}, ""),
    "deep lora dropout": ("deep", "lora", 8, 128, {"lora_dropout": 0.05, "lora_rank": 16}, ""),
    "vocabulary lora": ("vocabulary", "lora", 8, 128, {"lora_dropout": 0.0}, "fitted"),
    "wide qlora": ("wide", "qlora", 4, 128, {"lora_dropout": 0.0}, ""),
}
_GPU_ARMS: dict[str, tuple[str, str, int, int, dict[str, Any], str]] = {
    f"{shape} {method} {length}": (shape, method, batch, length, {"train_embeddings": False}, "")
    for shape in ("llama_3_8b", "mistral_7b")
    for method in ("lora", "qlora")
    for length, batch in ((512, 8), (2048, 2))
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--json", action="store_true", help="only the JSON line")
    parser.add_argument("--arms", default="", help="comma-separated parts of arm names; default: all")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(measure(json.loads(arguments.child))))
        return 0
    on_gpu = _has_gpu()
    wanted = [part for part in arguments.arms.split(",") if part]
    arms = {
        name: arm
        for name, arm in (_GPU_ARMS if on_gpu else _ARMS).items()
        if not wanted or any(part in name for part in wanted)
    }
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, arm in arms.items():
            found[name] = _run(arm, folder=Path(folder))
            if not arguments.json:
                print(_line(name, found[name]), flush=True)
    print(json.dumps(summary(found, on_gpu=on_gpu)))
    return 0 if all(arm["off"] <= LIMIT for arm in found.values()) else 1


def summary(found: Mapping[str, Mapping[str, Any]], *, on_gpu: bool) -> dict[str, Any]:
    """The result in the shape that every benchmark of this project prints."""
    worst = max((arm["off"] for arm in found.values()), default=0.0)
    machine = {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count(), "gpu": on_gpu}
    return {
        "name": "memory",
        "machine": machine,
        "arms": dict(found),
        "ratios": {name: round(arm["estimated_mib"] / arm["measured_mib"], 3) for name, arm in found.items()},
        "gates": {"largest_error": {"value": round(worst, 3), "limit": LIMIT, "ok": worst <= LIMIT}},
    }


def _line(name: str, arm: Mapping[str, Any]) -> str:
    return (
        f"{name:22} {arm['parameters'] / 1e6:8.1f} M  measured {arm['measured_mib']:8.0f} MiB  "
        f"estimated {arm['estimated_mib']:8.0f} MiB  off {100 * arm['off']:5.1f} %  {arm['note']}"
    )


def _run(arm: tuple[str, str, int, int, dict[str, Any], str], *, folder: Path) -> dict[str, Any]:
    """One arm in a process of its own."""
    from ft_pipeline.train.process import environment

    shape, method, batch, length, settings, note = arm
    spec = {
        "shape": shape,
        "method": method,
        "batch": batch,
        "length": length,
        "settings": settings,
        "folder": str(folder),
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", "--child", json.dumps(spec)],
        stdout=subprocess.PIPE,
        check=True,
        env=os.environ | environment(threads=1),
    )
    measured: dict[str, Any] = json.loads(done.stdout.decode("utf-8").splitlines()[-1])
    off = abs(measured["estimated_mib"] - measured["measured_mib"]) / measured["measured_mib"]
    return {**measured, "off": round(off, 4), "method": method, "rows": batch, "row_tokens": length, "note": note}


def measure(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Trains one shape in this process; its peak above the start, and the estimate, MiB."""
    import torch

    from ft_pipeline.base_model.memory import estimate_memory, process_gib
    from ft_pipeline.base_model.shape import read_shape
    from ft_pipeline.train.adaptation import pick_precision

    torch.set_num_threads(1)
    folder, precision = Path(spec["folder"]), pick_precision()
    on_gpu = precision.device == "cuda"
    base = _base(spec["shape"], folder)
    _train(_base("tiny", folder), folder, method="lora", batch=2, length=32, settings={"lora_rank": 4})
    gc.collect()
    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        before = 0.0
    else:
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forgets the peak so far: proc(5)
        before = _status_mib("VmRSS")
    settings = _train(
        base, folder, method=spec["method"], batch=spec["batch"], length=spec["length"], settings=spec["settings"]
    )
    peak = torch.cuda.max_memory_reserved() / _MIB if on_gpu else _status_mib("VmHWM")
    shape = read_shape(base)
    estimate = estimate_memory(
        shape,
        settings,
        method=spec["method"],
        on_gpu=on_gpu,
        row_tokens=spec["length"],
        autocast=precision.autocast,
    )
    estimated = (estimate.total_gib - process_gib(on_gpu=on_gpu)) * 1024
    return {
        "parameters": shape.parameters,
        "measured_mib": round(peak - before, 1),
        "estimated_mib": round(estimated, 1),
        "process_mib": round(before, 1),
        "precision": precision.name,
    }


def _train(base: Path, folder: Path, *, method: str, batch: int, length: int, settings: Mapping[str, Any]) -> Any:
    """A few steps through the project's own trainer on random tokens, the second half of each row learned."""
    import torch
    from transformers.utils import logging

    from ft_pipeline.records import TrainingRow
    from ft_pipeline.task import Training
    from ft_pipeline.train import TrainJob, adaptation, answer_trainer
    from ft_pipeline.train.rows import MASKED, TokenRow

    logging.disable_progress_bar()
    chosen = Training(max_epochs=1, min_epochs=1, batch_size=batch, max_length=length, **settings)
    job = TrainJob(
        base=base,
        rows=base,
        output=folder / "out",
        work=folder / "work",
        system_prompt="",
        settings=chosen,
        method=method,
    )
    precision = adaptation.pick_precision()
    model, tokenizer = adaptation.load_base(base, method=method, precision=precision)
    source = TrainingRow("r", "?", "!", "a", "i", "standard", "train", "ticket", "", "")
    dice = torch.Generator().manual_seed(0)
    table = []
    for _ in range(batch * _STEPS):
        ids = torch.randint(10, model.config.get_text_config().vocab_size, (length,), generator=dice).tolist()
        table.append(TokenRow(source, ids, [MASKED] * (length // 2) + ids[length // 2 :]))
    model = adaptation.add_adapter(model, chosen)
    answer_trainer.build_trainer(model, tokenizer, table, job=job, precision=precision, padding_free=False).train()
    return chosen


def _base(name: str, folder: Path) -> Path:
    """The embedded model, or a folder with a random model of that shape and the embedded tokenizer."""
    from ft_pipeline.engines.base_models import EMBEDDED_FOLDER

    target = folder / name
    if name == "embedded":
        return EMBEDDED_FOLDER
    if target.exists():
        return target
    script = f"from benchmarks.memory import write_base; write_base({name!r}, {str(target)!r})"
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return target


def write_base(name: str, target: str) -> None:
    """Writes a random Llama of one of the shapes; in a process of its own: the arm's memory must not show it."""
    import shutil

    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from ft_pipeline.engines.base_models import EMBEDDED_FOLDER

    hidden, layers, feed_forward, heads, kv_heads, vocabulary, is_tied, dtype = _SHAPES[name]
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=feed_forward,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        max_position_embeddings=4096,
        tie_word_embeddings=is_tied,
    )
    torch.manual_seed(0)
    torch.set_default_dtype(getattr(torch, dtype))
    LlamaForCausalLM(config).save_pretrained(target)
    for path in EMBEDDED_FOLDER.iterdir():
        if path.name.startswith("tokenizer") or path.suffix == ".jinja":
            shutil.copy(path, target)


def _status_mib(key: str) -> float:
    """A value of /proc/self/status, MiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(f"{key}:")).split()[1]) / 1024


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


if __name__ == "__main__":
    sys.exit(main())
