from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from telco_crm.synth import SampleOptions, generate
from telco_crm.synth.figures import load_figures

SMALL = {"subscribers": 120, "months": 2, "seed": 4}


def make(folder: Path, **options: object) -> Path:
    generate(folder, SampleOptions(**{**SMALL, **options}))
    return folder


def rejects(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "truth_rejects.csv")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_without_the_listed_lines_the_file_is_clean(tmp_path, lang):
    clean, dirty = make(tmp_path / "clean", lang=lang), make(tmp_path / "dirty", lang=lang, dirty=0.03)
    listed = rejects(dirty)
    for path in clean.glob("*.csv"):
        lines = (dirty / path.name).read_bytes().split(b"\n")
        bad = set(listed[listed.file == path.name].line)
        assert b"\n".join(line for number, line in enumerate(lines, 1) if number not in bad) == path.read_bytes()
        good = path.read_bytes().count(b"\n") - 1
        if path.name != "truth.csv":
            assert len(bad) == pytest.approx(0.03 * good, abs=1)


def test_lines_have_the_defect_that_is_listed(tmp_path):
    folder = make(tmp_path, dirty=0.05)
    lines = {path.name: path.read_bytes().split(b"\n") for path in folder.glob("*.csv")}
    seen = set()
    for row in rejects(folder).itertuples():
        defect = getattr(load_figures().defects, row.table)[row.defect]
        line, before = lines[row.file][row.line - 1], lines[row.file][row.line - 2]
        if defect.keep:
            assert line.count(b",") == defect.keep - 1
        elif defect.twice:
            assert line.split(b",")[0] in {other.split(b",")[0] for other in lines[row.file][1 : row.line - 1]}
        elif defect.value or defect.hex:
            assert defect.content("en") in line
        else:
            assert line.startswith(b",")
        assert before
        seen.add((row.table, row.defect))
    wanted = {
        (table, name) for table in ("usage", "bills", "subscribers") for name in getattr(load_figures().defects, table)
    }
    assert {item for item in wanted if item[0] == "usage"} <= seen
    assert {table for table, _ in seen} == {"usage", "bills", "subscribers", "events", "contacts"}


def test_a_binary_byte_is_no_text(tmp_path):
    folder = make(tmp_path, dirty=0.01)
    data = (folder / "usage_2026-01.csv").read_bytes()
    assert b"\xff" in data
    assert b"\x00" in data


def test_parquet_defects(tmp_path):
    clean = make(tmp_path / "clean", format="parquet")
    dirty = make(tmp_path / "dirty", format="parquet", dirty=0.04)
    listed = rejects(dirty)
    assert set(listed.table) == {"usage", "bills", "subscribers", "events", "contacts"}
    for path in clean.glob("*.parquet"):
        rows = pq.read_table(dirty / path.name)
        bad = listed[listed.file == path.name]
        good = pa.array([number not in set(bad.line) for number in range(1, rows.num_rows + 1)])
        assert rows.filter(good).equals(pq.read_table(path))
        for row in bad.itertuples():
            found = rows.slice(row.line - 1, 1).to_pylist()[0]
            if row.defect == "negative_duration":
                assert found["duration_s"] == -35
            elif row.defect in ("bad_date", "bad_time", "bad_amount"):
                column = {
                    "usage": "start_time",
                    "events": "time",
                    "bills": "total",
                    "contacts": "contacted_on",
                }
                assert found[column[row.table]] is None
            elif row.defect == "empty_id":
                assert found["subscriber_id"] == ""


def test_the_report_counts_defects(tmp_path):
    report = generate(tmp_path, SampleOptions(**SMALL, dirty=1.0))
    assert report.defects == len(rejects(tmp_path)) == sum(report.rows.values()) // 2


def test_no_list_without_defects(tmp_path):
    assert not (make(tmp_path) / "truth_rejects.csv").exists()
