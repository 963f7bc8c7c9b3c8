"""The benchmarks' own machinery: the contenders compute what the program computes, and failures are told as such."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pandas as pd
import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))


def test_contenders_equal_the_program(tmp_path):
    command = [sys.executable, SCRIPTS / "features.py", "--check", "--check-rows", "20000", "--dir", tmp_path]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "DuckDB query: all values equal to telco-crm" in done.stdout
    assert "pandas: all values equal to telco-crm" in done.stdout
    assert "Polars: all values equal" in done.stdout or "Polars: not installed" in done.stdout


def test_contenders_compute_every_feature_of_usage():
    from contenders.wanted import WANTED
    from telco_crm.features.loading import load_catalog

    catalog = load_catalog()
    known = {n for n, f in catalog.features.items() if f.source in {"measure", "rows", "contacts"}}
    for name, feature in catalog.of("value").items():  # each after what it is computed from
        words = set(re.findall(r"[a-z_0-9]+", str(feature.value))) & set(catalog.features)
        known |= {name} if words <= known else set()
    assert set(WANTED) == known


def test_a_difference_is_told():
    from contenders.compare import differences
    from contenders.wanted import WANTED

    people = pd.DataFrame({"subscriber_id": ["a", "b"], "month": "2026-01"})
    program = pd.concat([people, pd.DataFrame(1.0, index=[0, 1], columns=list(WANTED))], axis=1)
    other = program.iloc[::-1].copy()  # the order of rows does not count
    assert differences(program, other) == []
    other.loc[0, "contact_entropy"] = 1 + 3e-9
    other.loc[1, "ip_ratio"] = None
    told = differences(program, other)
    assert [text.split(":")[0] for text in told] == ["contact_entropy", "ip_ratio"]
    assert "1 of 2 differ" in told[0]
    assert differences(program, other.assign(month="2026-02"))[0].endswith("of other subscribers or months")


def test_a_failure_is_a_result_with_limits_and_an_end_without():
    from process import Limits, median, rounds, timed

    sleeper = [sys.executable, "-c", "import time; time.sleep(30)"]
    eater = [sys.executable, "-c", "import time; x = bytearray(400 << 20); time.sleep(30)"]
    failing = [sys.executable, "-c", "raise MemoryError"]
    found = rounds({"sleeper": sleeper, "failing": failing}, 2, Limits(0.5, 10_000))
    assert [median(t).failure for t in found.values()] == ["over 0.5 s", "out of memory"]
    assert [len(t) for t in found.values()] == [1, 1]  # not run again
    assert timed(eater, limits=Limits(20, 200)).failure == "over 0.2 GB"
    with pytest.raises(SystemExit, match="exit code 1"):
        timed(failing)


def test_picture_of_results(tmp_path):
    from picture import picture

    def timing(wall: float, memory: float, failure: str = "") -> dict[str, object]:
        return {"wall": wall, "cpu": wall, "memory": memory, "failure": failure}

    sizes = [
        {"cdrs": {"rows": 20_000_000}, "timings": {"raw scan": timing(1, 150), "Polars": timing(20, 4000)}},
        {"cdrs": {"rows": 100_000_000}, "timings": {"raw scan": timing(5, 150), "Polars": timing(9, 9, "over 5 GB")}},
    ]
    drawn = picture(json.loads(json.dumps(sizes)))
    root = ElementTree.fromstring(drawn)
    lines = root.findall("{*}polyline")
    assert len(lines) == 4  # two contenders in each of two panels
    assert [len(line.get("points").split()) for line in lines] == [2, 1, 2, 1]
    assert drawn.count("<path") == 2  # Polars failed at the next size
