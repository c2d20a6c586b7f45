"""The bake-off on real tiny models: who fits, who wins, what is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ft_pipeline.base_model import BaseModelError, Choice, choose
from ft_pipeline.engines import load_engine, model_hash
from ft_pipeline.records import TrainingRow
from ft_pipeline.task import BaseModelChoice, Candidate, Evaluation, Training
from ft_pipeline_tests.conftest import make_tiny_base

SYSTEM = "Ты — помощник."
TRAINING = Training(batch_size=2, max_length=128, lora_rank=4)
EVALUATION = Evaluation(scorer="exact", max_answer_tokens=8)
QUESTIONS = ("Сколько стоит доставка?", "Какие документы нужны?", "Как оплатить?")


@pytest.fixture(scope="module")
def other_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("other") / "other_base"
    make_tiny_base(folder, seed=5)
    return folder


def row(place: int, question: str, answer: str, *, split: str = "validation") -> TrainingRow:
    return TrainingRow(f"r{place}", question, answer, "a", "i", "standard", split, "ticket", "", "")


def rows_that(base: Path) -> list[TrainingRow]:
    """Validation rows to which this base happens to know the answers: its own."""
    prompts = [[{"role": "system", "content": SYSTEM}, {"role": "user", "content": item}] for item in QUESTIONS]
    answers = load_engine(base).generate(prompts, max_new_tokens=EVALUATION.max_answer_tokens)
    return [row(place, item, answer.text) for place, (item, answer) in enumerate(zip(QUESTIONS, answers, strict=True))]


def run(candidates: list[Path], rows: list[TrainingRow], *, memory_gib: float = 4.0, questions: int = 24) -> Choice:
    chosen = tuple(Candidate(path=path) for path in candidates)
    config = BaseModelChoice(candidates=chosen, memory_gib=memory_gib, bakeoff_questions=questions)
    return choose(
        config.candidates, rows, config=config, training=TRAINING, system_prompt=SYSTEM, evaluation=EVALUATION
    )


def test_the_candidate_that_answers_best_is_chosen_wherever_it_stands(tiny_base: Path, other_base: Path) -> None:
    rows = rows_that(other_base)
    for order in ([tiny_base, other_base], [other_base, tiny_base]):
        choice = run(order, rows)
        assert choice.chosen.path == other_base and choice.chosen.method == "lora"
        assert choice.chosen.base_hash == model_hash(other_base)
        scores = {item["candidate"]: item["score"] for item in choice.table}
        assert scores["other_base"] == 1.0 > scores["tiny_base"]
        assert any("большее число проверочных вопросов" in reason for reason in choice.reasons)


def test_only_the_validation_side_is_asked(tiny_base: Path) -> None:
    rows = [*rows_that(tiny_base), row(9, "Где мой груз?", "Не знаю.", split="train")]
    table = run([tiny_base], rows).table
    assert table[0]["questions"] == 3 and table[0]["score"] == 1.0


def test_a_candidate_that_cannot_be_loaded_is_named_and_the_next_one_taken(tiny_base: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(tiny_base, broken)
    (broken / "model.safetensors").unlink()
    choice = run([broken, tiny_base], rows_that(tiny_base))
    assert choice.chosen.path == tiny_base
    assert choice.table[0]["verdict"].startswith("не загружается")
    assert any("broken" in reason for reason in choice.reasons)


def test_when_nothing_fits_the_refusal_has_the_numbers(tiny_base: Path) -> None:
    with pytest.raises(BaseModelError, match=r"бюджет 0.1 ГиБ.*нужно 0\.\d+ ГиБ, есть 0.1 ГиБ.*memory_gib"):
        run([tiny_base], [], memory_gib=0.1)


def test_lora_falls_back_to_qlora_where_memory_asks_for_it(tiny_base: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    from ft_pipeline.base_model import estimate_memory, read_shape

    big = tmp_path / "big"
    shutil.copytree(tiny_base, big)
    save_file({"weight": torch.zeros(6_000_000, dtype=torch.bfloat16)}, big / "more.safetensors")
    estimates = [
        estimate_memory(read_shape(big), TRAINING, method=method, on_gpu=False, row_tokens=32).total_gib
        for method in ("qlora", "lora")
    ]
    assert estimates[0] < estimates[1]
    choice = run([big], [row(1, "Да?", "Да.")], memory_gib=sum(estimates) / 2, questions=0)
    assert choice.chosen.method == "qlora"
    assert any("QLoRA" in reason for reason in choice.reasons)


def test_the_table_is_markdown_with_a_line_per_candidate(tiny_base: Path, other_base: Path) -> None:
    (other_base / "README.md").write_text("---\nlicense: apache-2.0\n---\n", encoding="utf-8")
    text = run([tiny_base, other_base], rows_that(tiny_base)).to_markdown()
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) == 4 and len({line.count("|") for line in lines}) == 1
    assert "apache-2.0" in lines[3] and "выбрана" in lines[2]
