"""Dagster on a real Postgres, with the storage settings that production uses."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "dagster.yaml"


@pytest.fixture
def instance(tmp_path: Path, postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """An instance made from deploy/dagster.yaml; only the address of the database is another."""
    settings = yaml.safe_load(DEPLOY.read_text(encoding="utf-8"))
    assert settings["storage"]["postgres"]["postgres_db"]["scheme"] == "postgresql+psycopg2"
    settings["storage"]["postgres"] = {"postgres_url": postgres_database}
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with dg.DagsterInstance.get() as found:
        yield found


def test_a_run_and_its_materializations_are_kept_in_postgres(instance: dg.DagsterInstance) -> None:
    @dg.asset
    def numbers() -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata={"rows": 3}, data_version=dg.DataVersion("v1"))

    result = dg.materialize([numbers], instance=instance, tags={"ft/quarter": "2026-Q4"})
    assert result.success
    assert "postgres" in type(instance.run_storage).__module__
    (run,) = instance.get_runs(dg.RunsFilter(tags={"ft/quarter": "2026-Q4"}))
    event = instance.get_latest_materialization_event(dg.AssetKey("numbers"))
    assert event is not None
    assert event.run_id == run.run_id
    assert event.asset_materialization is not None
    assert event.asset_materialization.metadata["rows"].value == 3
