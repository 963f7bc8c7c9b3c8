"""The same inputs, options and seed give the same bytes: twice, whatever the threads, from CSV and from Parquet."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from telco_process import Telco, environment, tree


def outputs(out: Path) -> dict[str, str]:
    """Every output by hash; of the manifest everything but the times."""
    files = {name: digest for name, digest in tree(out).items() if not name.startswith(".")}
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest.pop("started")
    assert manifest.pop("seconds") >= 0
    files["manifest.json"] = json.dumps(manifest)
    return files


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Telco:
    return Telco(tmp_path_factory.mktemp("same"))


@pytest.fixture(scope="module")
def first(place: Telco, operator: Path) -> dict[str, str]:
    place.good("run", operator, "-o", "first", "-q", "--threads", "2", "--no-store")
    return outputs(place.folder / "first")


def test_two_runs(place: Telco, operator: Path, first: dict[str, str]) -> None:
    place.good("run", operator, "-o", "second", "-q", "--threads", "2", "--no-store")
    assert outputs(place.folder / "second") == first
    assert {"segments.csv", "groups.csv", "arpu_bands.csv", "credit.csv", "churn.csv", "retention.csv"} <= set(first)


def test_any_number_of_threads_and_little_memory(place: Telco, operator: Path, first: dict[str, str]) -> None:
    place.good("run", operator, "-o", "one", "-q", "--threads", "1", "--no-store", "--memory-limit", "400MB")
    place.good("run", operator, "-o", "five", "-q", "--threads", "5", "--no-store")
    assert outputs(place.folder / "one") == first
    assert outputs(place.folder / "five") == first


EVERY_DIGIT = """
import sys
from telco_crm.features import compute
from telco_crm.output import writers
shaped = writers.shaped
def unrounded(sql, schema, style):
    columns = {n: c.model_copy(update={"decimals": None}) for n, c in schema.columns.items()}
    return shaped(sql, schema.model_copy(update={"columns": columns}), style)
writers.shaped = unrounded
compute.FEATURES_FORMAT = compute.FEATURES_FORMAT.replace(str(compute.ROW_GROUP), "2048")
from telco_crm.cli import main
main()
"""


def test_every_digit_is_the_same(place: Telco, operator: Path) -> None:
    """Sums of fractions in another order differ in the last digits, which rounding hides until one lies on its edge.

    Row groups are small here, so that threads share the few subscribers.
    """
    found = []
    for threads in ("1", "2", "2", "3"):
        options = ["run", operator, "-o", "digits", "-q", "--no-store", "--threads", threads]
        command = [sys.executable, "-c", EVERY_DIGIT, *map(str, options)]
        subprocess.run(command, check=True, cwd=place.folder, env=environment())
        files = sorted((place.folder / "digits").glob("*.csv"))
        found.append({path.name: path.read_text("utf-8") for path in files})
    assert len(found[0]) > 20
    for other in found[1:]:
        assert [name for name, text in other.items() if text != found[0][name]] == []


def test_with_and_without_a_store(place: Telco, operator: Path, first: dict[str, str]) -> None:
    for _ in range(2):
        place.good("run", operator, "-o", "stored", "-q", "--threads", "2", "--store", "store")
        assert outputs(place.folder / "stored") == first


def test_in_another_environment(place: Telco, operator: Path, first: dict[str, str]) -> None:
    """Neither hash seeds nor locale nor zone nor the folder matter."""
    other = {"PYTHONHASHSEED": "7", "LC_ALL": "C", "TZ": "America/New_York", "COLUMNS": "40"}
    place.good("run", operator, "-o", "other", "-q", "--no-store", env=other)
    assert outputs(place.folder / "other") == first


def test_the_manifest_says_what_is_needed_to_repeat_and_to_check(
    place: Telco, operator: Path, first: dict[str, str]
) -> None:
    manifest: dict[str, Any] = json.loads((place.folder / "first" / "manifest.json").read_text("utf-8"))
    files = tree(operator)
    for entry in manifest["inputs"]:
        path = Path(entry["file"])
        assert (entry["bytes"], entry["sha256"]) == (path.stat().st_size, files[path.name])
        assert entry["read"] == entry["accepted"] + entry["rejected"]
    assert {Path(e["file"]).name for e in manifest["inputs"]} | {
        "truth.csv",
        "truth_prospects.csv",
        "truth_rejects.csv",
    } >= set(files)
    for entry in manifest["outputs"]:
        path = place.folder / "first" / entry["file"]
        assert (entry["bytes"], entry["sha256"]) == (path.stat().st_size, first[entry["file"]])
    assert {o["file"] for o in manifest["outputs"]} == {n for n, h in first.items() if h and n != "manifest.json"}
    assert manifest["parameters"]["seed"] == 0
    assert {"telco-crm", "duckdb", "scikit-learn"} <= set(manifest["versions"])


def test_csv_and_parquet_of_the_same_exports(place: Telco) -> None:
    options = ("--subscribers", 60, "--months", 3, "--seed", 3, "--records", 0.05, "-q")
    for form in ("csv", "parquet"):
        place.good("sample", form, "--format", form, *options)
        place.good("run", form, "-o", f"from-{form}", "-q", "--no-store")
    csv, parquet = (outputs(place.folder / f"from-{form}") for form in ("csv", "parquet"))
    assert csv.pop("manifest.json") != parquet.pop("manifest.json")  # it names the files
    assert csv == parquet
    place.good("sample", "zh", "--lang", "zh", *options)
    place.good("run", "zh", "-o", "from-zh", "-q", "--no-store")
    chinese = outputs(place.folder / "from-zh")
    assert {n: h for n, h in chinese.items() if n in ("arpu_bands.csv", "credit.csv")} == {
        n: h for n, h in csv.items() if n in ("arpu_bands.csv", "credit.csv")
    }


def test_another_seed_changes_only_what_is_drawn_by_lot(place: Telco, operator: Path, first: dict[str, str]) -> None:
    place.good("run", operator, "-o", "seed", "-q", "--no-store", "--seed", "9")
    other = outputs(place.folder / "seed")
    for name in ("arpu_bands.csv", "credit.csv", *(n for n in first if n.startswith("rejects"))):
        assert other[name] == first[name]
