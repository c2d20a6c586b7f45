"""The bake-off on real tiny models: who fits, who wins, what is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ft_pipeline.base_model import BaseModelError, Choice, Workload, choose, machine
from ft_pipeline.engines import load_engine, model_hash
from ft_pipeline.records import TrainingRow
from ft_pipeline.task import BaseModelChoice, Candidate, Economics, Evaluation, Training
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


def licensed(base: Path, folder: Path, licence: str) -> Path:
    shutil.copytree(base, folder)
    (folder / "README.md").write_text(f"---\nlicense: {licence}\n---\n", encoding="utf-8")
    return folder


def test_a_licence_that_forbids_the_use_rules_a_candidate_out_whatever_it_answers(
    tiny_base: Path, other_base: Path, tmp_path: Path
) -> None:
    best = licensed(other_base, tmp_path / "best", "cc-by-nc-4.0")
    choice = run([best, tiny_base], rows_that(best))
    assert choice.chosen.path == tiny_base
    assert choice.table[0]["state"] == "licence" and choice.table[0]["score"] is None
    assert any("лицензия не подходит" in reason for reason in choice.reasons)
    research = BaseModelChoice(candidates=(Candidate(path=best),), use="research")
    given = {"training": TRAINING, "system_prompt": SYSTEM, "evaluation": EVALUATION}
    assert choose(research.candidates, rows_that(best), config=research, **given).chosen.path == best  # type: ignore[arg-type]


def test_terms_that_come_with_a_licence_are_told(tiny_base: Path, tmp_path: Path) -> None:
    base = licensed(tiny_base, tmp_path / "llama", "llama3.1")
    choice = run([base], [])
    assert any("Условия лицензии: llama3.1" in reason and "700" in reason for reason in choice.reasons)


def test_solved_examples_come_from_validation_rows_that_are_not_asked(tiny_base: Path) -> None:
    rows = [*rows_that(tiny_base), *(row(10 + place, f"Вопрос {place}?", "Ответ.") for place in range(3))]
    table = run([tiny_base], rows, questions=3).table
    assert table[0]["questions"] == 3 and table[0]["few_shot_score"] is not None
    assert run([tiny_base], rows, questions=24).table[0]["few_shot_score"] is None, "nothing is left to show"


def test_without_4_bit_products_a_model_that_needs_them_is_refused_with_both_numbers(
    tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ft_pipeline.base_model import estimate_memory, read_shape

    broken = machine.FourBits(works=False, device="cpu", version="0", problem="no such kernel")
    monkeypatch.setattr(machine, "try_four_bits", lambda: broken)
    training = TRAINING.model_copy(update={"method": "qlora"})
    need = estimate_memory(read_shape(tiny_base), training, method="qlora", on_gpu=False, row_tokens=64).total_gib
    config = BaseModelChoice(candidates=(Candidate(path=tiny_base),), memory_gib=need + 0.1)
    with pytest.raises(BaseModelError, match=r"QLoRA 0\.\d+.*no such kernel"):
        choose(config.candidates, [], config=config, training=training, system_prompt=SYSTEM, evaluation=EVALUATION)


def test_time_and_cost_come_from_an_earlier_training_where_there_was_one(tiny_base: Path) -> None:
    config = BaseModelChoice(candidates=(Candidate(path=tiny_base),), bakeoff_questions=0)
    known = Workload(
        rows=1_000,
        tokens_per_s={model_hash(tiny_base): 500.0},
        economics=Economics(cpu_core_hour_cost=36.0, gpu_hour_cost=36.0),
    )
    given = {"config": config, "training": TRAINING, "system_prompt": SYSTEM, "evaluation": EVALUATION}
    choice = choose(config.candidates, rows_that(tiny_base), workload=known, **given)  # type: ignore[arg-type]
    found = choice.times["tiny_base"]
    assert found["is_measured"] and found["seconds"] == pytest.approx(found["tokens"] / 500, rel=0.01)
    assert found["cost"] == pytest.approx(found["seconds"] / 100, rel=0.01)
    assert "₽" in choice.to_markdown() and "≈ " not in choice.to_markdown().splitlines()[2]
    guessed = choose(config.candidates, rows_that(tiny_base), workload=Workload(rows=1_000), **given)  # type: ignore[arg-type]
    assert not guessed.times["tiny_base"]["is_measured"] and guessed.times["tiny_base"]["cost"] is None
    assert guessed.table == choice.table, "what is measured stays out of the table that is hashed"


def test_an_english_task_is_answered_in_english(tiny_base: Path, tmp_path: Path) -> None:
    config = BaseModelChoice(candidates=(Candidate(path=tiny_base), Candidate(path=tmp_path / "absent")))
    given = {"config": config, "training": TRAINING, "system_prompt": SYSTEM, "evaluation": EVALUATION}
    text = choose(config.candidates, rows_that(tiny_base), language="en", **given).to_markdown()  # type: ignore[arg-type]
    russian = [line for line in text.splitlines() if any("а" <= sign <= "я" for sign in line.lower())]
    assert russian == []
    assert "| chosen |" in text and "does not load" in text
