"""No input breaks ingest, and no row of one vanishes; `python -m benchmarks.ingest` does the same 5,000 times."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks.ingest.malformed import SUFFIXES, Case, by_hand, harmed, judge, sound

_SLOW = "10 MB"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_sound_file_is_read_whole(tmp_path: Path, suffix: str) -> None:
    assert judge(Case("sound", suffix, sound(suffix)), tmp_path).kind == "read"


def test_what_people_and_programs_did_to_files_breaks_nothing(tmp_path: Path) -> None:
    cases = [case for index, case in enumerate(by_hand()) if index % 3 == 0 and _SLOW not in case.name]
    bad = [(case.name, case.suffix, outcome) for case in cases if (outcome := judge(case, tmp_path)).kind in BAD]
    assert len(cases) > 100
    assert not bad


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(harmed())
def test_harm_of_any_kind_breaks_nothing(tmp_path_factory: pytest.TempPathFactory, case: Case) -> None:
    outcome = judge(case, tmp_path_factory.getbasetemp())
    assert outcome.kind not in BAD, outcome


def test_the_judge_sees_a_row_that_vanished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ft_pipeline.ingest import table_formats

    read = table_formats.TABLES["csv"]

    def losing(path: Path, options: object) -> object:
        sheet = read(path, options)  # type: ignore[arg-type]
        cells = {name: column[1:] for name, column in sheet.cells.items()}
        return type(sheet)(sheet.names, cells, sheet.numbers[1:])

    monkeypatch.setitem(table_formats.TABLES, "csv", losing)
    assert judge(Case("sound", "csv", sound("csv")), tmp_path).kind == "lost"


BAD = ("crash", "lost")
