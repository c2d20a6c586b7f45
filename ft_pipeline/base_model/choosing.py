"""The bake-off: which candidate fits the budget and answers the company's own questions best before any training.

Reads the candidates' folders and the validation side of the training set. Hands over a `Choice`; writes nothing. Here:
resolving, measuring, comparing. Not here: the memory formula (memory), licences (catalogue), the words (wording),
fine-tuning (train).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ft_pipeline.base_model import wording
from ft_pipeline.base_model.catalogue import judge_licence, known_facts
from ft_pipeline.base_model.memory import MemoryEstimate, estimate_memory
from ft_pipeline.base_model.shape import Shape, read_shape
from ft_pipeline.engines import Engine, EngineError, Message, load_engine, model_hash, resolve_base
from ft_pipeline.records import TrainingRow, earlier_turns
from ft_pipeline.scoring import score_answer
from ft_pipeline.task import BaseModelChoice, Candidate, Economics, Evaluation, Training

_TOKEN_SAMPLE = 200  # rows whose words and tokens are counted
_LONG_ROW_SHARE = 0.95  # the row length that memory is planned for: this quantile
_TEMPLATE_TOKENS = 8  # role and end tokens of a prompt
# LoRA: a forward pass (2 N) and the gradients of activations (2 N); frozen weights have none of their own (Hu et al.
# 2021, arXiv:2106.09685, section 4.2).
_FLOPS_PER_PARAMETER = 4
# Share of a matrix product's speed that a whole training reaches: 0.2 on a CPU (the embedded model: 4,080 tokens/s,
# docs/experiments.md), 0.35 on a GPU (not measured here; published fine-tunings reach 0.3-0.5).
_EFFICIENCY = {"cpu": 0.2, "cuda": 0.35}


class BaseModelError(RuntimeError):
    """No candidate can be used; the message gives each one's numbers and what to do."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The base model that is fine-tuned."""

    id: str
    path: Path
    base_hash: str
    method: str  # lora | qlora


@dataclass(frozen=True)
class Choice:
    """What was chosen, against what, and why."""

    chosen: Chosen
    table: list[dict[str, Any]]  # one row per candidate, JSON values; the same for the same inputs
    reasons: list[str]  # in the task's language
    times: dict[str, dict[str, Any]] = field(default_factory=dict)  # candidate -> seconds of a refresh, cost; measured
    language: Literal["ru", "en"] = "ru"

    def to_markdown(self) -> str:
        """The comparison as a table with the reasons below it."""
        return wording.markdown(self.table, self.times, self.reasons, self.language)


@dataclass(frozen=True, slots=True)
class Workload:
    """What a refresh will cost: known before training."""

    rows: int = 0  # training rows; 0 = unknown, no time is given
    tokens_per_s: Mapping[str, float] = field(default_factory=dict)  # base hash -> measured in an earlier training
    economics: Economics = field(default_factory=Economics)


@dataclass(frozen=True, slots=True)
class _Measured:
    name: str
    path: Path
    base_hash: str
    shape: Shape
    tokens_per_word: float
    row_tokens: float  # of a whole row, mean
    estimates: tuple[MemoryEstimate, ...]

    def within(self, budget_gib: float) -> MemoryEstimate | None:
        return next((item for item in self.estimates if item.total_gib <= budget_gib), None)

    def smallest(self) -> MemoryEstimate:
        return min(self.estimates, key=lambda item: item.total_gib)


def choose(
    candidates: Sequence[Candidate],
    rows: Sequence[TrainingRow],
    *,
    config: BaseModelChoice,
    training: Training,
    system_prompt: str,
    evaluation: Evaluation,
    hub_allowed: bool = True,
    language: Literal["ru", "en"] = "ru",
    workload: Workload | None = None,
) -> Choice:
    """Picks the best candidate within the memory budget: best score before training first, then fewer parameters.

    Args:
        candidates: base models in the order of task.yaml.
        rows: the validation side of the training set; eval questions are never used for a choice.
        config: memory budget, number of questions, what the licence must allow.
        training: batch size, length, rank: what memory depends on, and the method (auto: LoRA, QLoRA where LoRA is
            too large).
        system_prompt: as in training and serving.
        evaluation: how answers are scored.
        hub_allowed: whether a hub model may be fetched.
        language: of the table and the reasons.
        workload: what a refresh consists of; None = no time is estimated.

    Raises:
        BaseModelError: no candidate can be loaded, may be used or fits the budget.
    """
    sample = _draw(rows, most=_TOKEN_SAMPLE, seed=training.seed)
    drawn = _draw(rows, most=config.bakeoff_questions + config.few_shot, seed=training.seed)
    questions, examples = drawn[: config.bakeoff_questions], drawn[config.bakeoff_questions :]
    table: list[dict[str, Any]] = []
    fitting: list[tuple[tuple[float, int, int], Chosen, dict[str, Any]]] = []
    times: dict[str, dict[str, Any]] = {}
    for candidate in candidates:
        row = _empty_row(candidate, config)
        table.append(row)
        try:
            found = _measure(candidate, row["candidate"], sample, training, system_prompt, hub_allowed)
        except EngineError as error:
            _mark(row, "load", language, error=error)
            continue
        row |= _facts(found, candidate, config, language)
        if not _may_be_used(row, found, config, language):
            continue
        if workload is not None and workload.rows:
            times[row["candidate"]] = _time(found, training, workload)
        try:
            row |= _scores(found, questions, examples, training, system_prompt, evaluation)
        except EngineError as error:
            _mark(row, "answer", language, error=error)
            continue
        _mark(row, "fits", language)
        order = (-wording.best_score(row), found.shape.parameters, len(table))
        fitting.append((order, Chosen(row["candidate"], found.path, found.base_hash, row["method"]), row))
    if not fitting:
        lines = "; ".join(f"{row['candidate']}: {row['verdict']}" for row in table)
        raise BaseModelError(wording.say("none", language, budget=config.memory_gib, lines=lines))
    fitting.sort(key=lambda item: item[0])
    _, chosen, best = fitting[0]
    _mark(best, "chosen", language)
    reasons = wording.reasons(best, [item[2] for item in fitting[1:]], table, language)
    return Choice(chosen, table, reasons, times, language)


def candidate_name(candidate: Candidate) -> str:
    """What a candidate is called in tables: its hub id, or its folder's name."""
    return candidate.id or (candidate.path.name if candidate.path is not None else "?")


_COLUMNS = (
    "parameters",
    "licence",
    "terms",
    "allowed",
    "tokens_per_word",
    "method",
    "memory_gib",
    "memory",
    "score",
    "few_shot_score",
)


def _empty_row(candidate: Candidate, config: BaseModelChoice) -> dict[str, Any]:
    known: dict[str, Any] = {"candidate": candidate_name(candidate), "revision": candidate.revision, "questions": 0}
    return (
        known | dict.fromkeys(_COLUMNS) | {"methods": {}, "budget_gib": config.memory_gib, "state": "", "verdict": ""}
    )


def _mark(row: dict[str, Any], state: str, language: Literal["ru", "en"], **values: Any) -> None:
    row |= {"state": state, "verdict": wording.say(state, language, **values)}


def _draw(rows: Sequence[TrainingRow], *, most: int, seed: int) -> list[TrainingRow]:
    """At most `most` validation rows: customers' own first, drawn by a hash of their id."""

    def place(row: TrainingRow) -> tuple[bool, str]:
        return row.origin != "ticket", hashlib.sha256(f"{seed}:{row.row_id}".encode()).hexdigest()

    return sorted((row for row in rows if row.split == "validation"), key=place)[:most]


def _measure(
    candidate: Candidate,
    name: str,
    sample: Sequence[TrainingRow],
    training: Training,
    system_prompt: str,
    hub_allowed: bool,
) -> _Measured:
    import torch
    from transformers import AutoTokenizer

    from ft_pipeline.base_model.machine import multiplies_bf16

    path = resolve_base(candidate, hub_allowed=hub_allowed)
    try:
        shape = read_shape(path)
        tokenizer = AutoTokenizer.from_pretrained(path, trust_remote_code=False, local_files_only=True)
    except (KeyError, ValueError, OSError) as error:
        raise EngineError(f"{path}: cannot be read ({type(error).__name__}: {error}); use another candidate") from error
    lengths = [len(tokenizer(f"{row.question}\n{row.answer}", add_special_tokens=False)["input_ids"]) for row in sample]
    words = sum(len(re.findall(r"\w+", f"{row.question} {row.answer}")) for row in sample)
    prompt = len(tokenizer(system_prompt, add_special_tokens=False)["input_ids"]) + _TEMPLATE_TOKENS
    longest = sorted(lengths)[int(_LONG_ROW_SHARE * (len(lengths) - 1))] + prompt if lengths else training.max_length
    methods = ("lora", "qlora") if training.method == "auto" else (training.method,)
    on_gpu, autocast, row_tokens = torch.cuda.is_available(), multiplies_bf16(), min(longest, training.max_length)
    return _Measured(
        name=name,
        path=path,
        base_hash=model_hash(path),
        shape=shape,
        tokens_per_word=round(sum(lengths) / max(words, 1), 3),
        row_tokens=sum(lengths) / len(lengths) + prompt if lengths else float(training.max_length),
        estimates=tuple(
            estimate_memory(
                shape, training, method=method, on_gpu=on_gpu, row_tokens=row_tokens, autocast=autocast or on_gpu
            )
            for method in methods
        ),
    )


def _facts(
    found: _Measured, candidate: Candidate, config: BaseModelChoice, language: Literal["ru", "en"]
) -> dict[str, Any]:
    memory = found.within(config.memory_gib) or found.smallest()
    parts = ("weights_gib", "adapter_gib", "activations_gib", "logits_gib", "overhead_gib")
    licence = read_licence(found.path) or str(known_facts(candidate.id).get("licence", ""))
    verdict = judge_licence(licence, config, language=language)
    return {
        "parameters": found.shape.parameters,
        "licence": licence,
        "terms": verdict.words,
        "allowed": verdict.allowed,
        "tokens_per_word": found.tokens_per_word,
        "method": memory.method,
        "memory_gib": memory.total_gib,
        "memory": {part: getattr(memory, part) for part in parts},
        "methods": {item.method: item.total_gib for item in found.estimates},
    }


def _may_be_used(row: dict[str, Any], found: _Measured, config: BaseModelChoice, language: Literal["ru", "en"]) -> bool:
    """Licence, memory, and 4-bit products where they are needed; writes the verdict where one stands in the way."""
    methods = ", ".join(
        f"{name.replace('lora', 'LoRA').replace('qL', 'QL')} {need:.2f}" for name, need in row["methods"].items()
    )
    if row["allowed"] == "no":
        _mark(row, "licence", language, use=config.use, terms=row["terms"])
        return False
    if found.within(config.memory_gib) is None:
        _mark(row, "memory", language, need=row["memory_gib"], budget=config.memory_gib, methods=methods)
        return False
    if row["method"] == "qlora":
        from ft_pipeline.base_model.machine import try_four_bits

        tried = try_four_bits()
        if not tried.works:
            _mark(row, "four_bits", language, budget=config.memory_gib, methods=methods, error=tried.problem)
            return False
    return True


def _time(found: _Measured, training: Training, workload: Workload) -> dict[str, Any]:
    """Seconds of training and their cost: by an earlier training's speed, else by that of matrix products."""
    import torch

    from ft_pipeline.base_model.machine import flops_per_s

    on_gpu = torch.cuda.is_available()
    tokens = workload.rows * found.row_tokens * training.max_epochs
    speed = workload.tokens_per_s.get(found.base_hash)
    is_measured = speed is not None
    if speed is None:
        flops = flops_per_s(threads=training.threads) * _EFFICIENCY["cuda" if on_gpu else "cpu"]
        speed = flops / (_FLOPS_PER_PARAMETER * max(found.shape.parameters, 1))
    prices = workload.economics
    price = prices.gpu_hour_cost if on_gpu else prices.cpu_core_hour_cost * training.threads
    seconds = tokens / max(speed, 1e-9)
    return {
        "seconds": round(seconds, 1),
        "tokens": round(tokens),
        "tokens_per_s": round(speed, 1),
        "is_measured": is_measured,
        "cost": round(price * seconds / 3600, 4) if price else None,
        "currency": prices.currency,
    }


def _scores(
    found: _Measured,
    questions: Sequence[TrainingRow],
    examples: Sequence[TrainingRow],
    training: Training,
    system_prompt: str,
    evaluation: Evaluation,
) -> dict[str, Any]:
    """Share of right answers without and with solved examples before the question; None where nothing was asked."""
    if not questions:
        return {"score": None, "few_shot_score": None, "questions": 0}
    engine = load_engine(found.path, threads=training.threads)
    score = _ask(engine, questions, [{"role": "system", "content": system_prompt}], evaluation)
    few_shot: float | None = None
    if examples:
        shown: list[Message] = [{"role": "system", "content": system_prompt}]
        for row in examples:
            shown += [{"role": "user", "content": row.question}, {"role": "assistant", "content": row.answer}]
        try:
            few_shot = round(_ask(engine, questions, shown, evaluation), 4)
        except EngineError:  # the examples do not fit into a small model's context: it is judged without them
            few_shot = None
    return {"score": round(score, 4), "few_shot_score": few_shot, "questions": len(questions)}


def _ask(engine: Engine, questions: Sequence[TrainingRow], before: Sequence[Message], evaluation: Evaluation) -> float:
    prompts = [[*before, *earlier_turns(row.context), {"role": "user", "content": row.question}] for row in questions]
    generations = engine.generate(prompts, max_new_tokens=evaluation.max_answer_tokens)
    right = sum(
        score_answer(answer.text, row.answer, scorer=evaluation.scorer, min_chrf=evaluation.min_chrf).correct
        for answer, row in zip(generations, questions, strict=True)
    )
    return right / len(questions)


def read_licence(path: Path) -> str:
    """The licence from the model card's front matter or the manifest; "" where none is written."""
    card = path / "README.md"
    if card.is_file():
        text = card.read_text(encoding="utf-8", errors="replace")
        stated = {
            key: match.group(1).strip("\"'").lower()
            for key in ("license", "license_name")
            if (match := re.search(rf"^{key}:\s*(\S+)", text, re.MULTILINE))
        }
        named = stated.get("license", "")
        if named and named != "other":
            return named
        if stated.get("license_name"):
            return stated["license_name"]
    manifest = path / "manifest.json"
    if manifest.is_file():
        data = json.loads(manifest.read_text(encoding="utf-8"))
        return str(data.get("licence") or data.get("license") or "").lower()
    return ""
