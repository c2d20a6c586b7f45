"""The machine is looked at before a training: in Dagster by a blocking check, without it by the step."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from ft_pipeline.base_model import BaseModelError
from ft_pipeline.defs.checks import build_checks
from ft_pipeline.steps import open_project
from ft_pipeline.steps.model import require_ready_machine
from ft_pipeline.task import BaseModelChoice, Candidate, Kpis, Source, Task


def task(folder: Path, base: Path, memory_gib: float) -> Task:
    return Task(
        name="support",
        goal="Отвечать на вопросы клиентов о доставке: верно в 90 % ответов",
        kpis=Kpis(correct_share=0.9, answer_s=1, load_reduction_share=0.3),
        sources=(Source(kind="tickets", path=Path("tickets.csv")),),
        store=folder,
        base_model=BaseModelChoice(candidates=(Candidate(path=base),), memory_gib=memory_gib),
    )


def machine_check(given: Task) -> dg.AssetChecksDefinition:
    def names(check: dg.AssetChecksDefinition) -> set[str]:
        return {key.name for key in check.check_keys}

    checks = build_checks(open_project(given), key_prefix=[])
    return next(check for check in checks if names(check) == {"machine_ready"})


def test_a_ready_machine_passes_and_shows_what_was_seen(tmp_path: Path, tiny_base: Path) -> None:
    given = task(tmp_path, tiny_base, 0.1)
    check = machine_check(given)
    spec = next(iter(check.check_specs))
    assert spec.blocking and spec.asset_key == dg.AssetKey("base_model_choice")
    result = check()
    assert isinstance(result, dg.AssetCheckResult) and result.passed
    assert "Оперативная память" in str(result.metadata["machine"].value)
    require_ready_machine(given)


def test_a_budget_above_the_machine_stops_the_training_with_the_numbers(tmp_path: Path, tiny_base: Path) -> None:
    given = task(tmp_path, tiny_base, 1e6)
    result = machine_check(given)()
    assert isinstance(result, dg.AssetCheckResult) and not result.passed
    assert "1e+06 ГиБ" in (result.description or "")
    with pytest.raises(BaseModelError, match=r"1e\+06 ГиБ.*уменьшите base_model.memory_gib"):
        require_ready_machine(given)
