"""The bake-off: which candidate fits the budget and answers the company's own questions best before any training.

Reads the candidates' folders and the validation side of the training set. Hands over a `Choice`; writes nothing. Here:
resolving, measuring, comparing, the reasons. Not here: the memory formula (memory), fine-tuning (train).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ft_pipeline.base_model.memory import MemoryEstimate, Shape, estimate_memory, read_shape
from ft_pipeline.engines import EngineError, load_engine, model_hash, resolve_base
from ft_pipeline.records import TrainingRow
from ft_pipeline.scoring import score_answer
from ft_pipeline.task import BaseModelChoice, Candidate, Evaluation, Training

_TOKEN_SAMPLE = 200  # rows whose words and tokens are counted
_LONG_ROW_SHARE = 0.95  # the row length that memory is planned for: this quantile


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
    table: list[dict[str, Any]]  # one row per candidate, JSON values
    reasons: list[str]  # in Russian

    def to_markdown(self) -> str:
        """The comparison as a table with the reasons below it."""
        lines = [
            "| кандидат | параметров, млн | лицензия | токенов на слово | память, ГиБ | верно до обучения | решение |",
            "|---|---:|---|---:|---:|---:|---|",
        ]
        for row in self.table:
            score = "—" if row["score"] is None else f"{100 * row['score']:.1f} % из {row['questions']}"
            per_word = "—" if row["tokens_per_word"] is None else f"{row['tokens_per_word']:.2f}"
            memory = "—" if row["memory_gib"] is None else f"{row['memory_gib']:.2f} ({row['method']})"
            size = "—" if row["parameters"] is None else f"{row['parameters'] / 1e6:.1f}"
            cells = [row["candidate"], size, row["licence"], per_word, memory, score, row["verdict"]]
            lines.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
        return "\n".join([*lines, "", *(f"- {reason}" for reason in self.reasons)]) + "\n"


@dataclass(frozen=True, slots=True)
class _Measured:
    name: str
    path: Path
    base_hash: str
    shape: Shape
    tokens_per_word: float
    licence: str
    memory: MemoryEstimate
    fits: bool


def choose(
    candidates: Sequence[Candidate],
    rows: Sequence[TrainingRow],
    *,
    config: BaseModelChoice,
    training: Training,
    system_prompt: str,
    evaluation: Evaluation,
    hub_allowed: bool = True,
) -> Choice:
    """Picks the best candidate within the memory budget: zero-shot score first, then fewer parameters.

    Args:
        candidates: base models in the order of task.yaml.
        rows: the validation side of the training set; eval questions are never used for a choice.
        config: memory budget and number of questions.
        training: batch size, length, rank: what memory depends on, and the method (auto: LoRA, QLoRA where LoRA is
            too large).
        system_prompt: as in training and serving.
        evaluation: how answers are scored.
        hub_allowed: whether a hub model may be fetched.

    Raises:
        BaseModelError: no candidate can be loaded or none fits the budget.
    """
    sample = _draw(rows, most=_TOKEN_SAMPLE, seed=training.seed)
    questions = _draw(rows, most=config.bakeoff_questions, seed=training.seed)
    table: list[dict[str, Any]] = []
    fitting: list[tuple[tuple[float, int, int], Chosen, dict[str, Any]]] = []
    for candidate in candidates:
        name = candidate.id or (candidate.path.name if candidate.path is not None else "?")
        row: dict[str, Any] = dict.fromkeys(_COLUMNS) | {"candidate": name, "licence": "неизвестна", "questions": 0}
        table.append(row)
        try:
            found = _measure(candidate, name, sample, config, training, system_prompt, hub_allowed)
        except EngineError as error:
            row["verdict"] = f"не загружается: {error}"
            continue
        row |= _facts(found)
        if not found.fits:
            row["verdict"] = f"не помещается: нужно {found.memory.total_gib:.2f} ГиБ, есть {config.memory_gib:g} ГиБ"
            continue
        try:
            score = _zero_shot(found, questions, training, system_prompt, evaluation) if questions else 0.0
        except EngineError as error:
            row["verdict"] = f"не отвечает: {error}"
            continue
        row |= {"score": round(score, 4) if questions else None, "questions": len(questions), "verdict": "подходит"}
        order = (-score, found.shape.parameters, len(table))
        fitting.append((order, Chosen(name, found.path, found.base_hash, found.memory.method), row))
    if not fitting:
        raise BaseModelError(_none_fits(table, config))
    fitting.sort(key=lambda item: item[0])
    _, chosen, row = fitting[0]
    row["verdict"] = "выбрана"
    return Choice(chosen, table, _reasons(chosen, row, [item[2] for item in fitting[1:]], table, config))


_COLUMNS = (
    "candidate",
    "parameters",
    "licence",
    "tokens_per_word",
    "method",
    "memory_gib",
    "memory",
    "score",
    "verdict",
)


def _draw(rows: Sequence[TrainingRow], *, most: int, seed: int) -> list[TrainingRow]:
    """At most `most` validation rows: customers' own first, drawn by a hash of their id."""

    def place(row: TrainingRow) -> tuple[bool, str]:
        return row.origin != "ticket", hashlib.sha256(f"{seed}:{row.row_id}".encode()).hexdigest()

    return sorted((row for row in rows if row.split == "validation"), key=place)[:most]


def _measure(
    candidate: Candidate,
    name: str,
    sample: Sequence[TrainingRow],
    config: BaseModelChoice,
    training: Training,
    system_prompt: str,
    hub_allowed: bool,
) -> _Measured:
    import torch
    from transformers import AutoTokenizer

    path = resolve_base(candidate, hub_allowed=hub_allowed)
    try:
        shape = read_shape(path)
        tokenizer = AutoTokenizer.from_pretrained(path, trust_remote_code=False, local_files_only=True)
    except (KeyError, ValueError, OSError) as error:
        raise EngineError(f"{path}: cannot be read ({type(error).__name__}: {error}); use another candidate") from error
    lengths, tokens, words = [], 0, 0
    for row in sample:
        own = len(tokenizer(f"{row.question}\n{row.answer}", add_special_tokens=False)["input_ids"])
        tokens, words = tokens + own, words + len(re.findall(r"\w+", f"{row.question} {row.answer}"))
        lengths.append(own)
    prompt = len(tokenizer(system_prompt, add_special_tokens=False)["input_ids"]) + 8  # role and end tokens
    longest = sorted(lengths)[int(_LONG_ROW_SHARE * (len(lengths) - 1))] + prompt if lengths else training.max_length
    row_tokens = min(longest, training.max_length)
    on_gpu = torch.cuda.is_available()
    methods = ("lora", "qlora") if training.method == "auto" else (training.method,)
    estimates = [
        estimate_memory(shape, training, method=method, on_gpu=on_gpu, row_tokens=row_tokens) for method in methods
    ]
    fitting = [item for item in estimates if item.total_gib <= config.memory_gib]
    smallest = min(estimates, key=lambda item: item.total_gib)
    return _Measured(
        name=name,
        path=path,
        base_hash=model_hash(path),
        shape=shape,
        tokens_per_word=round(tokens / max(words, 1), 3),
        licence=_licence(path),
        memory=fitting[0] if fitting else smallest,
        fits=bool(fitting),
    )


def _facts(found: _Measured) -> dict[str, Any]:
    memory = found.memory
    parts = ("weights_gib", "adapter_gib", "activations_gib", "logits_gib", "overhead_gib")
    return {
        "parameters": found.shape.parameters,
        "licence": found.licence,
        "tokens_per_word": found.tokens_per_word,
        "method": memory.method,
        "memory_gib": memory.total_gib,
        "memory": {part: getattr(memory, part) for part in parts},
    }


def _zero_shot(
    found: _Measured, questions: Sequence[TrainingRow], training: Training, system_prompt: str, evaluation: Evaluation
) -> float:
    engine = load_engine(found.path, threads=training.threads)
    prompts = [
        [{"role": "system", "content": system_prompt}, {"role": "user", "content": row.question}] for row in questions
    ]
    generations = engine.generate(prompts, max_new_tokens=evaluation.max_answer_tokens)
    right = sum(
        score_answer(answer.text, row.answer, scorer=evaluation.scorer, min_chrf=evaluation.min_chrf).correct
        for answer, row in zip(generations, questions, strict=True)
    )
    return right / len(questions)


def _licence(path: Path) -> str:
    """The licence from the model card's front matter or the manifest, where one is written."""
    card = path / "README.md"
    if card.is_file():
        match = re.search(r"^license:\s*(\S+)", card.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
        if match:
            return match.group(1)
    manifest = path / "manifest.json"
    if manifest.is_file():
        data = json.loads(manifest.read_text(encoding="utf-8"))
        return str(data.get("licence") or data.get("license") or "неизвестна")
    return "неизвестна"


def _reasons(
    chosen: Chosen,
    row: dict[str, Any],
    others: Sequence[dict[str, Any]],
    table: Sequence[dict[str, Any]],
    config: BaseModelChoice,
) -> list[str]:
    reasons = [
        f"Выбрана модель {chosen.id}: по оценке обучение займёт {row['memory_gib']:.2f} ГиБ памяти "
        f"из {config.memory_gib:g} ГиБ, метод {chosen.method}."
    ]
    if row["method"] == "qlora":
        reasons.append("LoRA в бюджет не помещается или не задана, поэтому QLoRA: веса в 4 битах.")
    if not others:
        reasons.append("Других кандидатов, подходящих по бюджету, нет.")
    elif row["score"] is None:
        reasons.append("Пробных вопросов не задано, поэтому выбрана модель с наименьшим числом параметров.")
    elif row["score"] > max(other["score"] for other in others):
        reasons.append("До обучения она верно отвечает на большее число проверочных вопросов, чем остальные.")
    else:
        reasons.append("До обучения лучшие кандидаты отвечают одинаково, поэтому выбрана модель меньшего размера.")
    reasons += [
        f"{other['candidate']}: {other['verdict']}."
        for other in table
        if other["verdict"] not in {"выбрана", "подходит"}
    ]
    return reasons


def _none_fits(table: Sequence[dict[str, Any]], config: BaseModelChoice) -> str:
    lines = [f"{row['candidate']}: {row['verdict']}" for row in table]
    return (
        f"ни один из кандидатов не подходит (бюджет {config.memory_gib:g} ГиБ): "
        + "; ".join(lines)
        + ". Увеличьте base_model.memory_gib, уменьшите training.batch_size или max_length, "
        "или добавьте в base_model.candidates модель меньшего размера"
    )
