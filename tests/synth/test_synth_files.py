from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from telco_crm.errors import OutputError
from telco_crm.schema import load_schema
from telco_crm.synth import SampleOptions, generate
from telco_crm.synth import sample as sample_module

SMALL = {"subscribers": 150, "months": 2, "seed": 11}
TABLES = ("usage", "bills", "subscribers", "events", "contacts")
# Cells have no coordinates in the sample, nobody has opted out, and everybody treated was reached.
NOT_MADE = ("latitude", "longitude", "opted_out", "reached")


def make(folder: Path, **options: object) -> Path:
    generate(folder, SampleOptions(**{**SMALL, **options}))
    return folder


@pytest.fixture(scope="module")
def english(tmp_path_factory):
    return make(tmp_path_factory.mktemp("english"))


def frames(folder: Path, ending: str, **reading: object) -> dict[str, pd.DataFrame]:
    read = pd.read_parquet if ending == "parquet" else pd.read_csv
    return {path.stem: read(path, **reading) for path in sorted(folder.glob(f"*_*.{ending}"))}


def test_files_and_report(tmp_path):
    said: list[str] = []
    report = generate(tmp_path / "new" / "out", SampleOptions(**SMALL), said.append)
    names = {
        "usage_2026-01.csv", "usage_2026-02.csv", "bills_2026-01.csv", "bills_2026-02.csv", "subscribers.csv",
        "events.csv", "contacts.csv", "truth.csv", "truth_prospects.csv",
    }  # fmt: skip
    assert {path.name for path in report.files} == names
    assert {path.name for path in (tmp_path / "new" / "out").iterdir()} == names
    lines = {path.name: len(path.read_bytes().splitlines()) - 1 for path in report.files}
    assert report.rows["usage"] == lines["usage_2026-01.csv"] + lines["usage_2026-02.csv"]
    assert report.rows["subscribers"] == lines["subscribers.csv"] == lines["truth.csv"] == 150
    assert report.rows["events"] == lines["events.csv"]
    assert report.cdrs_per_second == pytest.approx(report.rows["usage"] / report.seconds)
    assert any("2026-02" in line for line in said)


@pytest.mark.parametrize("options", [{}, {"format": "parquet", "lang": "zh", "dirty": 0.02}])
def test_equal_options_give_equal_bytes(tmp_path, options):
    one, two = make(tmp_path / "one", **options), make(tmp_path / "two", **options)
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes(), path.name


def test_another_seed_gives_another_sample(tmp_path, english):
    other = make(tmp_path, seed=12)
    assert (other / "truth.csv").read_bytes() != (english / "truth.csv").read_bytes()


def test_parquet_holds_the_rows_of_the_csv(tmp_path, english):
    make(tmp_path, format="parquet")
    for path in sorted(english.glob("*.csv")):
        if path.name.startswith("truth"):
            assert path.read_bytes() == (tmp_path / path.name).read_bytes()
            continue
        text = pd.read_csv(path, dtype=str, keep_default_na=False)
        table = pq.read_table(tmp_path / f"{path.stem}.parquet")
        assert table.column_names == list(text.columns)
        for name in table.column_names:
            column = table.column(name)
            assert [as_text(value) for value in column.to_pylist()] == text[name].tolist(), name


def as_text(value: object) -> str:
    """A Parquet value as the CSV file writes it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_parquet_columns_are_plain_and_typed(tmp_path):
    make(tmp_path, format="parquet", lang="zh")
    schema = pq.read_schema(tmp_path / "usage_2026-01.parquet")
    types = {field.name: str(field.type) for field in schema}
    assert types["用户号码"] == types["业务类型"] == types["对方号码"] == "string"
    assert types["开始时间"].startswith("timestamp")
    assert types["费用"] == "decimal128(12, 2)"
    assert types["IP拨号"] == "bool"


@pytest.mark.parametrize("table", TABLES)
def test_chinese_files_say_the_same_in_gb18030(tmp_path_factory, english, table):
    folder = tmp_path_factory.getbasetemp() / "chinese"
    if not folder.exists():
        make(folder, lang="zh")
    schema = load_schema(table)
    for path in sorted(english.glob(f"{table}*.csv")):
        ours = pd.read_csv(path, dtype=str, keep_default_na=False)
        theirs = pd.read_csv(folder / path.name, dtype=str, keep_default_na=False, encoding="gb18030")
        assert list(theirs.columns) == [schema.columns[name].zh for name in ours.columns]
        with pytest.raises(UnicodeDecodeError):
            (folder / path.name).read_text("utf-8")
        for name in ours.columns:
            column = schema.columns[name]
            back = theirs[column.zh]
            if column.type == "enum":
                back = back.replace({column.value_label(value, "zh"): value for value in column.values})
            elif column.type == "bool":
                back = back.replace({"是": "true", "否": "false"})
            if column.type == "text":
                assert ((back == "") == (ours[name] == "")).all()
                assert back[back != ""].nunique() == ours[name][ours[name] != ""].nunique()
            else:
                assert back.tolist() == ours[name].tolist(), name


def test_columns_are_those_of_the_schemas(english):
    for table in TABLES:
        path = next(english.glob(f"{table}*.csv"))
        with path.open(newline="", encoding="utf-8") as file:
            assert next(csv.reader(file)) == [c for c in load_schema(table).columns if c not in NOT_MADE]


def test_values_are_those_of_the_schemas(operator):
    for table in TABLES:
        for name, column in load_schema(table).columns.items():
            if column.values:
                found = operator.ask(f"select distinct {name} as v from {table} where {name} is not null").v
                assert set(found) <= set(column.values), (table, name)


def test_another_sample_in_the_folder_is_refused_and_kept(tmp_path):
    old = tmp_path / "usage_2025-12.csv"
    old.write_text("something")
    with pytest.raises(OutputError, match=r"usage_2025-12.csv is not part of this sample"):
        make(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["usage_2025-12.csv"]


def test_a_sample_without_defects_over_one_with_them(tmp_path):
    make(tmp_path, months=1, dirty=True)
    (tmp_path / "truth_of_mine.csv").write_text("mine")  # no command reads it by its name
    make(tmp_path, months=1)
    assert {p.name for p in tmp_path.glob("truth*")} == {"truth.csv", "truth_prospects.csv", "truth_of_mine.csv"}


def test_the_same_sample_may_be_made_again(tmp_path):
    make(tmp_path, months=1)
    (tmp_path / "notes.txt").write_text("mine")
    before = (tmp_path / "usage_2026-01.csv").read_bytes()
    make(tmp_path, months=1)
    assert (tmp_path / "usage_2026-01.csv").read_bytes() == before
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_failure_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sample_module, "contacts_table", fail)
    with pytest.raises(OutputError, match="No space left on device"):
        make(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made a folder"):
        make(tmp_path / "file")
