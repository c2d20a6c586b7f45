"""The two import rules of the house, and what loading the code location may cost."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import ft_pipeline

PACKAGE = Path(ft_pipeline.__file__).resolve().parent
STAGES = (
    *("ingest", "curate", "augment", "base_model", "train", "evaluate"),
    *("report", "review", "serve", "monitor", "demo"),
)
HEAVY = ("torch", "transformers", "trl", "peft", "great_expectations", "sklearn", "natasha")


def imported(path: Path) -> set[str]:
    """Every module that a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def modules_after(code: str) -> set[str]:
    """sys.modules of a fresh interpreter that ran `code`."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(found.stdout.splitlines()[-1]))


def test_only_the_dagster_layer_imports_dagster() -> None:
    allowed = {PACKAGE / "definitions.py", *(PACKAGE / "defs").rglob("*.py")}
    guilty = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if path not in allowed and any(name.split(".")[0].startswith("dagster") for name in imported(path))
    ]
    assert guilty == []


def test_only_one_module_of_contracts_imports_great_expectations() -> None:
    allowed = PACKAGE / "contracts" / "expectations.py"
    guilty = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if path != allowed and any(name.split(".")[0] == "great_expectations" for name in imported(path))
    ]
    assert guilty == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_imports_no_other_stage(stage: str) -> None:
    others = [f"ft_pipeline.{other}" for other in STAGES if other != stage]
    guilty = {
        (path.name, name)
        for path in (PACKAGE / stage).rglob("*.py")
        for name in imported(path)
        if any(name == other or name.startswith(f"{other}.") for other in others)
    }
    assert guilty == set()


def test_no_module_of_the_dagster_layer_postpones_its_annotations() -> None:
    guilty = [path.name for path in (PACKAGE / "defs").rglob("*.py") if "__future__.annotations" in imported(path)]
    assert guilty == []


def test_all_stages_load_in_a_fresh_interpreter_without_dagster_and_without_heavy_libraries() -> None:
    modules = modules_after("\n".join(f"import ft_pipeline.{stage}" for stage in STAGES))
    assert {"ft_pipeline.ingest", "ft_pipeline.serve"} <= modules
    assert [name for name in ("dagster", *HEAVY) if name in modules] == []


def test_the_code_location_loads_without_heavy_libraries() -> None:
    modules = modules_after("import ft_pipeline.definitions")
    assert "dagster" in modules
    assert [name for name in HEAVY if name in modules] == []


def test_the_command_line_loads_without_dagster() -> None:
    modules = modules_after("import ft_pipeline.cli")
    assert [name for name in ("dagster", *HEAVY) if name in modules] == []
