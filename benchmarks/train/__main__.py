"""`python -m benchmarks.train`: real tokens per CPU-second and memory of a training, arms side by side, one thread.

Arms: TRL with its defaults, TRL with the fastest settings that its documentation names (packing, bf16 weights, no
gradient checkpointing), ours. All three train the same adapter (every linear layer) on the same rows, while
`ours_and_embedding` is what this project trains by default. Padding is no token; a row's tokens count whether or not
they had to be computed anew in it. That the fast training is the same training is measured beside it (fidelity). The
last line is JSON; exit code 1 where a gate is not met.

Every arm runs in a process of its own, forked from one that has loaded the libraries; first steps are not counted. The
arms run in turn, several rounds of them, and the middle one of each figure counts: a machine's CPU-seconds are not
equally long. A part of the memory is the libraries' own, `libraries_mib`: below it no training can come.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SHAPES: dict[str, dict[str, int]] = {
    "embedded": {},
    "5M": {"hidden_size": 320, "intermediate_size": 832, "num_attention_heads": 5, "num_key_value_heads": 1},
}
_ROWS_PER_STEP = 8
_WARM_STEPS, _STEPS = 6, 40  # of eight rows: the same for every arm, since memory grows with every new batch shape
_LORA: dict[str, Any] = {
    "r": 32,
    "lora_alpha": 32,
    "lora_dropout": 0.0,
    "target_modules": "all-linear",
    "task_type": "CAUSAL_LM",
}
BEST: dict[str, Any] = {  # what TRL's documentation recommends for speed
    "gradient_checkpointing": False,
    "packing": True,
    "max_length": 512,
    "per_device_train_batch_size": 1,
    "model_init_kwargs": {"dtype": "bfloat16"},
}

Measured = dict[str, float]


def ours(folder: Path, base: Path, table: list[Any], *, embedding: bool = False) -> Any:
    """This project's trainer as its training process builds it."""
    from benchmarks.train import tiny
    from ft_pipeline.train import adaptation, answer_trainer, process, rows

    os.environ.update(process.environment(1))
    job = tiny.job(
        folder, base, table, max_epochs=1, min_epochs=1, lora_alpha=32, lora_dropout=0.0, train_embeddings=embedding
    )
    precision = adaptation.pick_precision()
    model, tokenizer = adaptation.load_base(base, method="lora", precision=precision)
    made = rows.tokenise(table, tokenizer, system_prompt=tiny.SYSTEM, max_length=512).rows
    model = adaptation.add_adapter(model, job.settings)
    return answer_trainer.build_trainer(model, tokenizer, made, job=job, precision=precision, padding_free=False)


def ours_and_embedding(folder: Path, base: Path, table: list[Any]) -> Any:
    """The same with the adapter on the tied embedding: this project's default."""
    return ours(folder, base, table, embedding=True)


def trl_defaults(folder: Path, base: Path, table: list[Any]) -> Any:
    """TRL as it comes: bf16 autocast, gradient checkpointing, batches padded in the order of the rows."""
    return trl_with(folder, base, table, num_train_epochs=1)


def trl_best(folder: Path, base: Path, table: list[Any]) -> Any:
    """TRL with what its documentation recommends for speed."""
    return trl_with(folder, base, table, num_train_epochs=1, **BEST)


def trl_with(folder: Path, base: Path, table: list[Any], **settings: Any) -> Any:
    """TRL's trainer with these settings beside its defaults."""
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    from benchmarks.train import tiny

    system = {"role": "system", "content": tiny.SYSTEM}
    examples = [
        {
            "prompt": [system, {"role": "user", "content": row.question}],
            "completion": [{"role": "assistant", "content": row.answer}],
        }
        for row in table
    ]
    arguments = SFTConfig(
        output_dir=str(folder), use_cpu=True, report_to=[], save_strategy="no", seed=7,
        logging_strategy="no", disable_tqdm=True, **settings,
    )  # fmt: skip
    dataset = Dataset.from_list(examples)
    return SFTTrainer(model=str(base), args=arguments, train_dataset=dataset, peft_config=LoraConfig(**_LORA))


ARMS: dict[str, Callable[..., Any]] = {
    "trl_defaults": trl_defaults,
    "trl_best": trl_best,
    "ours": ours,
    "ours_and_embedding": ours_and_embedding,
}


def run_arm(name: str, base: Path, folder: Path, *, profile: bool = False) -> Measured:
    """Trains one arm in this process."""
    import torch
    from transformers import TrainerCallback

    from benchmarks.train import tiny

    torch.set_num_threads(1)
    begin_mib = _peak_mib()
    trainer = ARMS[name](folder, base, tiny.company_rows((_STEPS + _WARM_STEPS) * _ROWS_PER_STEP))
    seen: list[tuple[float, int]] = []  # CPU seconds and tokens after every step
    tokens = 0
    plain_step = trainer.training_step

    def counted_step(model: Any, inputs: Any, *rest: Any, **given: Any) -> Any:
        nonlocal tokens
        tokens += int((inputs["input_ids"] != 0).sum())  # 0 is the padding token of this tokenizer
        return plain_step(model, inputs, *rest, **given)

    class Clock(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
            seen.append((time.process_time(), tokens))

    trainer.training_step = counted_step
    trainer.add_callback(Clock())
    if profile:
        with torch.profiler.profile() as found:
            trainer.train()
        print(found.key_averages().table(sort_by="self_cpu_time_total", row_limit=25))
    else:
        trainer.train()
    warm = max(1, len(seen) * _WARM_STEPS // (_STEPS + _WARM_STEPS))
    (begin_s, begin_tokens), (end_s, end_tokens) = seen[warm - 1], seen[-1]
    return {
        "tokens_per_cpu_s": round((end_tokens - begin_tokens) / (end_s - begin_s), 1),
        "cpu_s": round(end_s - begin_s, 2),
        "peak_mib": _peak_mib(),
        "libraries_mib": begin_mib,
        "above_libraries_mib": round(_peak_mib() - begin_mib, 1),
        "steps": len(seen),
    }


def _peak_mib() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def _forked(name: str, base: Path, folder: Path) -> Measured:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "measured.json"
    pid = os.fork()
    if not pid:
        code = 1
        try:
            log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT)
            os.dup2(log, 1)
            os.dup2(log, 2)
            target.write_text(json.dumps(run_arm(name, base, folder)), encoding="utf-8")
            code = 0
        finally:
            if code:
                import traceback

                traceback.print_exc()
            os._exit(code)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0:
        raise SystemExit(f"{name}: {(folder / 'log').read_text(encoding='utf-8')[-2000:]}")
    found: Measured = json.loads(target.read_text(encoding="utf-8"))
    return found


def measure(shapes: list[str], arms: list[str], *, rounds: int, has_fidelity: bool) -> dict[str, Any]:
    """Every arm in every shape, ratios and gates."""
    import peft  # noqa: F401
    import trl.trainer.sft_trainer  # noqa: F401

    from benchmarks.train import fidelity, tiny

    found: dict[str, dict[str, Measured]] = {}
    with tempfile.TemporaryDirectory(prefix="ft-bench-") as scratch:
        for shape in shapes:
            base = tiny.write_base(Path(scratch) / shape, **SHAPES[shape])
            runs: dict[str, list[Measured]] = {arm: [] for arm in arms}
            for number in range(rounds):
                for arm in arms:
                    runs[arm].append(_forked(arm, base, Path(scratch) / f"{shape}-{arm}-{number}"))
                    print(f"{shape} {arm}: {runs[arm][-1]}", file=sys.stderr, flush=True)
            found[shape] = {arm: _middle(each) for arm, each in runs.items()}
    ratios: dict[str, float] = {}
    gates: dict[str, Any] = {}
    for shape, by_arm in found.items():
        if {"ours", "trl_defaults", "trl_best"} <= set(by_arm):
            speed = {arm: values["tokens_per_cpu_s"] for arm, values in by_arm.items()}
            figures = {
                "times_defaults": (speed["ours"] / speed["trl_defaults"], 4.0),
                "times_best": (speed["ours"] / speed["trl_best"], 1.1),
                "memory_of_defaults": (by_arm["ours"]["peak_mib"] / by_arm["trl_defaults"]["peak_mib"], 0.6),
            }
            for name, (value, limit) in figures.items():
                ok = value <= limit if name.startswith("memory") else value >= limit
                ratios[f"{shape}.{name}"] = round(value, 3)
                gates[f"{shape}.{name}"] = {"value": round(value, 3), "limit": limit, "ok": ok}
            above = {arm: values["above_libraries_mib"] for arm, values in by_arm.items()}
            ratios[f"{shape}.memory_above_libraries"] = round(above["ours"] / above["trl_defaults"], 3)
    same = fidelity.measure() if has_fidelity else {"gates": {}, "facts": {}}
    gates |= same["gates"]
    machine = {"cpu_cores": os.cpu_count(), "threads": 1, "rounds": rounds}
    arms_and_facts = {"arms": found, "fidelity": same["facts"]}
    return {"name": "train", "machine": machine, **arms_and_facts, "ratios": ratios, "gates": gates}


def _middle(runs: list[Measured]) -> Measured:
    """The median of every figure."""
    return {name: round(statistics.median(run[name] for run in runs), 1) for name in runs[0]}


def main() -> int:
    """Exit code 0 where every gate is met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train", description=__doc__)
    parser.add_argument("--shape", choices=SHAPES, action="append", help="default: all")
    parser.add_argument("--arm", choices=ARMS, action="append", help="default: all")
    parser.add_argument("--rounds", type=int, default=3, help="of all arms; the median of each figure counts")
    parser.add_argument("--no-fidelity", action="store_true", help="speed and memory alone")
    parser.add_argument(
        "--profile", action="store_true", help="show where the time of the one arm goes, in this process"
    )
    parser.add_argument("--json", action="store_true", help="nothing but the last line")
    arguments = parser.parse_args()
    shapes, arms = arguments.shape or list(SHAPES), arguments.arm or list(ARMS)
    if arguments.profile:
        from benchmarks.train import tiny

        with tempfile.TemporaryDirectory(prefix="ft-bench-") as scratch:
            base = tiny.write_base(Path(scratch) / "base", **SHAPES[shapes[0]])
            print(run_arm(arms[0], base, Path(scratch) / "run", profile=True))
        return 0
    has_fidelity = not arguments.no_fidelity and arms == list(ARMS)
    found = measure(shapes, arms, rounds=arguments.rounds, has_fidelity=has_fidelity)
    if not arguments.json:
        for shape in shapes:
            for arm, values in found["arms"][shape].items():
                print(
                    f"{shape:10} {arm:20} {values['tokens_per_cpu_s']:8.0f} tokens/CPU-s "
                    f"{values['peak_mib']:8.0f} MiB, {values['libraries_mib']:.0f} of them libraries"
                )
        for name, fact in found["fidelity"].items():
            print(f"fidelity   {name:20} {fact}")
        for name, gate in found["gates"].items():
            print(f"{name:32} {gate['value']:10.6g}  limit {gate['limit']}  {'ok' if gate['ok'] else 'NOT MET'}")
    print(json.dumps(found, ensure_ascii=False))
    return 0 if all(gate["ok"] for gate in found["gates"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
