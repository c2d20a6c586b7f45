"""`python -m benchmarks.train.quality`: CPU-seconds until a training answers as well as a fair baseline at its end.

The baseline: TRL's SFTTrainer with what its documentation recommends for LoRA (all linear layers, packing; learning
rates from the 2e-4 of its guide "LoRA Without Regret" upwards, the best one by validation counts) on raw pairs: a
ticket's first message and the longest reply, as the export has them: the simplest rule that finds answers. Ours:
curated pairs through this project's trainer. Between them, what the data and what the trainer contribute, apart: our
trainer on raw pairs, TRL's best on curated ones. TRL's plain defaults (2e-5) are a second arm only, with fewer epochs
(`--default-epochs`): they cost most and learn least.

All arms: the embedded base model, the demo company's tickets, the same number of rows at most, the same held-out
questions (whose tickets no arm has), answers generated, taken out of the letter around them and judged by this
project's scorer, one thread. Loading, scoring and curation are not counted as training. An arm that has finished is
kept in a file (`--results`) and not trained again while settings and code are the same: what was broken off goes on.
The last line is JSON; exit code 1 where a gate is not met.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ft_pipeline.records import QAPair, TrainingRow, Turn

LIMIT = 3.0  # times faster; the aim is 10
RATES = (2e-4, 1e-3, 3e-3)
_DEFAULT_RATE = 2e-5
_OURS: dict[str, Any] = {"lora_alpha": 32, "lora_dropout": 0.0}  # as in the demo's task
_RESULTS = Path("build/train_quality.json")
_LOOKS = 2  # at the answers, in each epoch


@dataclass(frozen=True)
class Tables:
    """What the arms learn from, and what they are asked."""

    raw: list[TrainingRow]
    curated: list[TrainingRow]
    asked: list[TrainingRow]
    curation_s: float


@dataclass
class Course:
    """One training: CPU-seconds and share of right answers at each look."""

    looks: list[tuple[float, float]] = field(default_factory=list)

    @property
    def last(self) -> float:
        return self.looks[-1][1]

    def reaches(self, share: float) -> float | None:
        """CPU-seconds at the first look that is at least as good."""
        return next((seconds for seconds, found in self.looks if found >= share), None)


def make_tables(folder: Path, *, tickets: int, rows: int) -> Tables:
    """The demo company's tickets, raw and curated, without the tickets of the questions that are asked."""
    from ft_pipeline.augment import build_training_set
    from ft_pipeline.curate import curate
    from ft_pipeline.demo.company.write import write_company
    from ft_pipeline.ingest import ingest
    from ft_pipeline.redact import redact
    from ft_pipeline.task import Data, Source

    files = write_company(folder, seed=2026, tickets=tickets)
    sources = [Source(name="tickets", kind="tickets", path=files.tickets)]
    turns = ingest(sources, as_of=None, salt="quality", incoming=0).turns
    started = time.process_time()
    pairs = curate(turns, data=Data(), as_of=None, redact=lambda text: redact(text).text).pairs
    curated = build_training_set(pairs, [])
    curation_s = time.process_time() - started
    asked = [row for row in curated if row.split == "validation"]
    return Tables(
        raw=raw_pairs(turns, pairs)[:rows],
        curated=_shuffled([row for row in curated if row.split == "train"])[:rows],
        asked=asked,
        curation_s=round(curation_s, 1),
    )


def bare(answer: str) -> str:
    """An answer without greeting, signature and names: what a model learned from raw replies is judged by its facts."""
    from ft_pipeline.letter import strip_edges
    from ft_pipeline.redact import redact

    return strip_edges(redact(answer).text)


def raw_pairs(turns: Sequence[Turn], pairs: Sequence[QAPair]) -> list[TrainingRow]:
    """First message and longest reply of every ticket that no held-out question comes from.

    The longest, since the first is a greeting in a chat and the last a farewell: a fair rule for who curates nothing.
    """
    from ft_pipeline.records import TrainingRow

    held_out = {pair.ticket_id for pair in pairs if pair.split != "train"}
    found: dict[str, dict[str, str]] = {}
    for turn in sorted(turns, key=lambda turn: (turn.ticket_id, turn.position)):
        said = found.setdefault(turn.ticket_id, {})
        if turn.role == "customer":
            said.setdefault("customer", turn.text)
        elif turn.role == "agent" and "customer" in said:
            said["agent"] = max(said.get("agent", ""), turn.text, key=len)
    return _shuffled(
        [
            TrainingRow(ticket, said["customer"], said["agent"], ticket, "", "standard", "train", "ticket", "", "")
            for ticket, said in found.items()
            if len(said) == 2 and ticket not in held_out
        ]
    )


def _shuffled(rows: list[TrainingRow]) -> list[TrainingRow]:
    import hashlib

    return sorted(rows, key=lambda row: hashlib.sha256(row.row_id.encode()).hexdigest())


class Arms:
    """Trains and asks."""

    def __init__(self, tables: Tables, base: Path, folder: Path, *, epochs: int, is_quiet: bool) -> None:
        self.tables, self.base, self.folder, self.epochs, self.is_quiet = tables, base, folder, epochs, is_quiet
        self._count = 0

    def trl(self, table: list[TrainingRow], **settings: Any) -> Course:
        """TRL's trainer."""
        from benchmarks.train.__main__ import trl_with

        chosen = {"num_train_epochs": self.epochs} | settings
        return self._run(trl_with(self._folder(), self.base, table, **chosen))

    def trl_best(self, table: list[TrainingRow], rate: float) -> Course:
        """TRL's trainer with what its documentation recommends."""
        from benchmarks.train.__main__ import BEST

        return self.trl(table, learning_rate=rate, **BEST)

    def ours(self, table: list[TrainingRow]) -> Course:
        """This project's trainer as its training process builds it."""
        from benchmarks.train import tiny
        from ft_pipeline.train import adaptation, answer_trainer, rows

        settings = {"max_epochs": self.epochs, "min_epochs": self.epochs} | _OURS
        job = tiny.job(self._folder(), self.base, table, **settings)
        precision = adaptation.pick_precision()
        model, tokenizer = adaptation.load_base(self.base, method="lora", precision=precision)
        made = rows.tokenise(table, tokenizer, system_prompt=tiny.SYSTEM, max_length=job.settings.max_length).rows
        model = adaptation.add_adapter(model, job.settings)
        build = answer_trainer.build_trainer
        return self._run(build(model, tokenizer, made, job=job, precision=precision, padding_free=False))

    def _folder(self) -> Path:
        self._count += 1
        folder = self.folder / str(self._count)
        folder.mkdir()
        return folder

    def _run(self, trainer: Any) -> Course:
        """Trains; the answers are looked at twice an epoch, and that time is not counted."""
        from transformers import TrainerCallback

        course, outer = Course(), self
        clock = {"start": 0.0, "away": 0.0}

        class Looks(TrainerCallback):
            def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002 - Transformers' signature
                clock["start"] = time.process_time()

            def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002 - Transformers' signature
                every = max(1, state.max_steps // (int(args.num_train_epochs) * _LOOKS))
                if state.global_step % every == 0 or state.global_step == state.max_steps:
                    now = time.process_time()
                    course.looks.append((round(now - clock["start"] - clock["away"], 1), outer.right(trainer.model)))
                    clock["away"] += time.process_time() - now
                    if not outer.is_quiet:
                        print("   ", *course.looks[-1], flush=True)

        trainer.add_callback(Looks())
        trainer.train()
        return course

    def right(self, model: Any) -> float:
        """Share of the held-out questions that the adapter, merged as it is served, answers rightly."""
        from benchmarks.train import tiny
        from ft_pipeline.engines import load_engine
        from ft_pipeline.scoring import score_answer
        from ft_pipeline.train import adaptation
        from ft_pipeline.train.rows import prompt_messages

        folder = self.folder / "asked"
        adaptation.save_adapter(model, folder, base_name="base")
        asked = self.tables.asked
        found = load_engine(self.base, adapter=folder, threads=1).generate(
            [prompt_messages(row, system_prompt=tiny.SYSTEM) for row in asked], max_new_tokens=80, batch_size=64
        )
        verdicts = [
            score_answer(bare(answer.text), row.answer, scorer="key_facts", min_chrf=0.6).correct
            for answer, row in zip(found, asked, strict=True)
        ]
        return round(sum(verdicts) / len(verdicts), 4)


class Kept:
    """Finished arms on disk."""

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self.path, self.settings = path, settings
        known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        self.arms: dict[str, Any] = known["arms"] if known.get("settings") == settings else {}

    def course(self, name: str, train: Callable[[], Course]) -> Course:
        """The arm as it was measured before, or as it is measured now."""
        if name not in self.arms:
            self.arms[name] = train().looks
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self.path.with_suffix(".new")
            fresh.write_text(json.dumps({"settings": self.settings, "arms": self.arms}) + "\n", encoding="utf-8")
            fresh.replace(self.path)
        return Course([(seconds, share) for seconds, share in self.arms[name]])


def code_hash() -> str:
    """Of what an arm's figures depend on beside its settings."""
    import ft_pipeline
    from ft_pipeline.store import hash_file, hash_json

    folder = Path(ft_pipeline.__file__).parent
    files = [Path(__file__), *sorted((folder / "train").glob("*.py")), *sorted((folder / "curate").glob("*.py"))]
    return hash_json([hash_file(path) for path in files])


def measure(
    *, tickets: int, rows: int, epochs: int, default_epochs: int, results: Path, is_quiet: bool
) -> dict[str, Any]:
    """All arms, ratios and the gate."""
    import torch

    from benchmarks.train import tiny
    from ft_pipeline.train import process

    os.environ.update(process.environment(1))
    torch.set_num_threads(1)
    chosen = {"tickets": tickets, "rows": rows, "epochs": epochs, "default_epochs": default_epochs}
    kept = Kept(results, chosen | {"code": code_hash()})
    with tempfile.TemporaryDirectory(prefix="ft-quality-") as scratch:
        root = Path(scratch)
        tables = make_tables(root, tickets=tickets, rows=rows)
        arms = Arms(tables, tiny.EMBEDDED, root, epochs=epochs, is_quiet=is_quiet)
        found: dict[str, Course] = {}

        def run(name: str, train: Callable[[], Course]) -> Course:
            found[name] = course = kept.course(name, train)
            if not is_quiet:
                print(f"{name}: {100 * course.last:.1f} % after {course.looks[-1][0]} CPU-s", flush=True)
            return course

        run("ours", lambda: arms.ours(tables.curated))
        by_rate = {
            rate: run(f"trl_best_{rate:g}", lambda rate=rate: arms.trl_best(tables.raw, rate))  # type: ignore[misc]
            for rate in RATES
        }
        best_rate = max(by_rate, key=lambda rate: by_rate[rate].last)
        run("ours_on_raw", lambda: arms.ours(tables.raw))
        run("trl_best_on_curated", lambda: arms.trl_best(tables.curated, best_rate))
        plain = {"learning_rate": _DEFAULT_RATE, "num_train_epochs": default_epochs}
        run("trl_defaults", lambda: arms.trl(tables.raw, **plain))
    return summary(found, best_rate, tables, epochs={"epochs": epochs, "epochs_of_trl_defaults": default_epochs})


def summary(found: dict[str, Course], best_rate: float, tables: Tables, *, epochs: dict[str, int]) -> dict[str, Any]:
    """Times to the baseline's last share, and how many times sooner each arm is there."""
    baseline = found[f"trl_best_{best_rate:g}"]
    target, whole_s = baseline.last, baseline.looks[-1][0]
    # A baseline that answers nothing is no target: every training is there before its first step.
    reached = {name: course.reaches(target) if target else None for name, course in found.items()}
    ratios = {
        f"{name}_times_sooner": round(whole_s / seconds, 2) if seconds else None for name, seconds in reached.items()
    }
    ours = ratios["ours_times_sooner"] or 0.0
    gates = {
        "times_sooner": {"value": ours, "limit": LIMIT, "ok": ours >= LIMIT},
        "quality_not_below": {
            "value": found["ours"].last,
            "limit": target,
            "ok": found["ours"].last >= target > 0,
        },
    }
    facts = {"baseline_rate": best_rate, "baseline_share": target, "baseline_s": whole_s, **epochs}
    facts |= {"rows_raw": len(tables.raw), "rows_curated": len(tables.curated), "asked": len(tables.asked)}
    return {
        "name": "train.quality",
        "machine": {"cpu_cores": os.cpu_count(), "threads": 1, "curation_s": tables.curation_s},
        "facts": facts,
        "arms": {
            name: {"looks": course.looks, "last": course.last, "reached_s": reached[name]}
            for name, course in found.items()
        },
        "ratios": ratios,
        "gates": gates,
    }


def table(found: dict[str, Any]) -> str:
    """The result for the eye."""
    facts = found["facts"]
    lines = [
        f"{facts['epochs']} epochs an arm, {facts['epochs_of_trl_defaults']} of TRL's plain defaults",
        f"target: {100 * facts['baseline_share']:.1f} % of {facts['asked']} held-out questions, reached by TRL's best "
        f"settings at {facts['baseline_rate']:g} on {facts['rows_raw']} raw pairs in {facts['baseline_s']} CPU-s",
        f"{'arm':24} {'last':>7} {'CPU-s in all':>13} {'to the target':>14} {'times sooner':>13}",
    ]
    for name, arm in found["arms"].items():
        ratio, seconds = found["ratios"][f"{name}_times_sooner"], arm["reached_s"]
        lines.append(
            f"{name:24} {100 * arm['last']:6.1f}% {arm['looks'][-1][0]:13.1f} "
            f"{seconds if seconds is not None else 'not reached':>14} {ratio if ratio is not None else '-':>13}"
        )
    lines += [
        f"{name:24} {gate['value']}  limit {gate['limit']}  {'ok' if gate['ok'] else 'NOT MET'}"
        for name, gate in found["gates"].items()
    ]
    return "\n".join(lines)


def main() -> int:
    """Exit code 0 where every gate is met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train.quality", description=__doc__)
    parser.add_argument("--tickets", type=int, default=1500, help="of the demo company")
    parser.add_argument("--rows", type=int, default=600, help="most training rows of an arm")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--default-epochs", type=int, default=1, help="of TRL's plain defaults")
    parser.add_argument("--results", type=Path, default=_RESULTS, help="finished arms; remove it to measure anew")
    parser.add_argument("--json", action="store_true", help="nothing but the last line")
    arguments = parser.parse_args()
    found = measure(
        tickets=arguments.tickets,
        rows=arguments.rows,
        epochs=arguments.epochs,
        default_epochs=arguments.default_epochs,
        results=arguments.results,
        is_quiet=arguments.json,
    )
    if not arguments.json:
        print(table(found))
    print(json.dumps(found, ensure_ascii=False))
    return 0 if all(gate["ok"] for gate in found["gates"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
