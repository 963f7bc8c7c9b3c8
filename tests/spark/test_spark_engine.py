"""Both engines give the same: every feature and every table, on a cluster of a master and a worker process."""

from __future__ import annotations

from pathlib import Path

import pytest
from engines import Both, differing, run_on_both, telco
from operator_world import write_world

from telco_crm.catalog import ANALYSES
from telco_crm.features.loading import load_catalog
from telco_crm.outputs import OUTPUTS

FEATURES = tuple(load_catalog({}, {}).features)
RULE_TABLES = (
    "segments",
    "price_sensitivity",
    "arpu_bands",
    "credit",
    "churn",
    "churn_rates",
    "retention",
    "value_tiers",
    "tier_migration",
    "value_assessment",
    "value_segments",
    "survival",
    "value_calibration",
    "lifecycle",
    "arrears",
    "tags",
)
MARKET_TABLES = ("prospects", "prospect_contacts", "prospect_totals", "satisfaction", "complaints")  # none in the world


@pytest.fixture(scope="module")
def world(cluster: str, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """The hand-worked world on both engines."""
    folder = tmp_path_factory.mktemp("world-on-spark")
    return run_on_both(folder, write_world(folder / "exports"), cluster)


@pytest.fixture(scope="module")
def operator(cluster: str, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """A sample with groups, leavers and defects on both engines."""
    folder = tmp_path_factory.mktemp("operator-on-spark")
    size = ("--subscribers", 520, "--months", 6, "--seed", 3, "--churn-level", 3, "--records", 0.1, "--dirty", 0.01)
    made = telco("sample", folder / "exports", *size, "-q")
    assert made.returncode == 0, made.stderr
    return run_on_both(folder, folder / "exports", cluster)


@pytest.mark.parametrize("feature", FEATURES)
def test_feature_is_the_same_on_both_engines(world: Both, operator: Both, feature: str) -> None:
    for both in (world, operator):
        assert differing(both.duckdb["features"], both.spark["features"], feature) == []


@pytest.mark.parametrize(
    "table", [*RULE_TABLES, *MARKET_TABLES, "groups", "segment_drift", "strategy", "migration", "features"]
)
def test_table_is_the_same_on_both_engines(operator: Both, table: str) -> None:
    one, other = operator.duckdb[table], operator.spark[table]
    assert one
    assert list(one[0]) == list(other[0])
    assert {c: differing(one, other, c) for c in one[0]} == {c: [] for c in one[0]}


@pytest.mark.parametrize("table", RULE_TABLES)
def test_table_of_the_hand_worked_world_is_the_same_on_both_engines(world: Both, table: str) -> None:
    one, other = world.duckdb[table], world.spark[table]
    assert len(one) == len(other)  # some are empty in so small a world
    columns = list(one[0]) if one else []
    assert {c: differing(one, other, c) for c in columns} == {c: [] for c in columns}


def test_scores_are_by_a_model_that_looks_at_circles(operator: Both) -> None:
    for tables in (operator.duckdb, operator.spark):
        assert {row["method"] for row in tables["churn"]} == {"model"}
        assert any("contacts have left the network" in row[f"reason_{n}"] for row in tables["churn"] for n in (1, 2, 3))


def test_no_table_is_forgotten(operator: Both) -> None:
    given = {table for analysis in ANALYSES for table in analysis.gives} & set(OUTPUTS)
    assert given <= set(operator.duckdb)
    assert set(operator.duckdb) == set(operator.spark)


def test_every_feature_has_values_to_compare(world: Both, operator: Both) -> None:
    rows = [*world.spark["features"], *operator.spark["features"]]
    assert [f for f in FEATURES if not any(row[f] for row in rows)] == []


def test_rejected_rows_are_the_same_on_both_engines(operator: Both) -> None:
    for table in ("usage", "bills", "events"):
        one, other = operator.duckdb[f"rejects_{table}"], operator.spark[f"rejects_{table}"]
        assert one
        assert one == other


def test_the_manifest_names_the_engine(operator: Both) -> None:
    assert operator.manifest["engine"] == "spark"


def test_a_problem_found_by_an_executor_is_one_sentence(cluster: str, tmp_path: Path) -> None:
    (tmp_path / "bills.csv").write_text("subscriber_id,total\n1,5\n", "utf-8")
    (tmp_path / "usage.csv").write_text("who,when\n1,5\n", "utf-8")
    done = telco("run", tmp_path, "-o", tmp_path / "out", "--engine", "spark", "--master", cluster)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert all(line.startswith("telco-crm: ") for line in lines), done.stderr
    assert any("bills.csv" in line and "month" in line for line in lines)
    assert any("usage.csv" in line for line in lines)
    assert not (tmp_path / "out").exists()
