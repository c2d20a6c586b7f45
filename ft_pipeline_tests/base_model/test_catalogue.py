"""The catalogue keeps its own rules, and licences are judged by the task's use."""

from __future__ import annotations

import pytest

from ft_pipeline.base_model import catalogue
from ft_pipeline.base_model.catalogue import judge_licence, load_catalogue, rows, to_markdown
from ft_pipeline.task import BaseModelChoice, Training


def test_it_holds_the_families_that_people_ask_for() -> None:
    families = {entry.family for entry in load_catalogue().models}
    assert {
        "Llama 3",
        "Mistral",
        "Qwen2.5",
        "Qwen3",
        "Gemma 3",
        "T-lite",
        "T-pro",
        "Vikhr",
        "Saiga",
        "GigaChat",
    } <= families


def test_every_shape_gives_the_parameters_that_stand_beside_it() -> None:
    off = {
        entry.id: entry.shape.counted_parameters() / entry.parameters
        for entry in load_catalogue().models
        if entry.shape is not None and abs(entry.shape.counted_parameters() / entry.parameters - 1) > 0.005
    }
    assert off == {}


def test_every_checked_fact_has_a_source_with_a_day_and_none_names_a_revision() -> None:
    text = catalogue.CATALOGUE.read_text(encoding="utf-8")
    assert "revision:" not in text
    used = {key for entry in load_catalogue().models for key in entry.checked.values()}
    used |= {licence.source for licence in load_catalogue().licences.values() if licence.source}
    assert used <= set(load_catalogue().sources)
    assert all(source.url.startswith("https://") for source in load_catalogue().sources.values())


@pytest.mark.parametrize(
    ("licence", "use", "users", "allowed"),
    [
        ("apache-2.0", "commercial", 0, "yes"),
        ("MIT", "internal", 0, "yes"),
        ("llama3.1", "commercial", 1_000, "conditions"),
        ("llama3.1", "commercial", 800_000_000, "no"),
        ("gemma", "commercial", 800_000_000, "conditions"),
        ("mrl", "commercial", 0, "no"),
        ("mrl", "internal", 0, "no"),
        ("mrl", "research", 0, "yes"),
        ("qwen-research", "commercial", 0, "no"),
        ("cc-by-nc-4.0", "commercial", 0, "no"),
        ("cc-by-nc-sa-4.0", "research", 0, "yes"),
        ("once-again", "commercial", 0, "unknown"),  # "nc" inside a word is no licence term
        ("", "commercial", 0, "unknown"),
    ],
)
def test_a_licence_is_judged_by_the_use(licence: str, use: str, users: int, allowed: str) -> None:
    config = BaseModelChoice(use=use, monthly_active_users=users)  # type: ignore[arg-type]
    assert judge_licence(licence, config, language="ru").allowed == allowed


@pytest.mark.parametrize(("language", "yes", "no"), [("ru", "да", "НЕЛЬЗЯ"), ("en", "yes", "NO")])
def test_the_table_says_what_fits_and_what_was_not_verified(language: str, yes: str, no: str) -> None:
    config = BaseModelChoice(memory_gib=24)
    found = rows(config, Training(batch_size=1), on_gpu=True, language=language)  # type: ignore[arg-type]
    by_id = {row["id"]: row for row in found}
    assert by_id["Qwen/Qwen3-8B"]["fits"] and by_id["Qwen/Qwen3-8B"]["allowed"] == "yes"
    assert not by_id["meta-llama/Llama-3.3-70B-Instruct"]["fits"]
    assert by_id["Qwen/Qwen2.5-3B-Instruct"]["allowed"] == "no"
    assert by_id["Qwen/Qwen3-8B"]["sources"]["licence"]["seen"] == "2026-11-22"
    text = to_markdown(found, budget_gib=24, language=language)  # type: ignore[arg-type]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) == len(found) + 2 and len({line.count("|") for line in lines}) == 1
    three = next(line for line in lines if "Qwen2.5-3B" in line)
    assert f"| {no} |" in three
    assert f"| {yes} |" in next(line for line in lines if "Qwen/Qwen3-8B" in line)
    assert " ? |" in next(line for line in lines if "saiga_nemo" in line)
