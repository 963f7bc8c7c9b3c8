"""Formats: the same values in CSV, Parquet, XLSX and JSON Lines; identifiers stay text, formulas stay text."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from telco_process import Telco

from telco_crm.safety import neutral

IDS = [
    "0139",
    "+8613800138000",
    "00139",
    "9223372036854775808",
    "1e5",
    "=1+1",
    "@cmd",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "-5",
    "1.50",
]
REGIONS = [
    '=HYPERLINK("http://x")',
    "\u0009tab",
    "＝1",
    "Nanshan",
    "a,b",
    'say "hi"',
    "南山",
    "-",
    "+",
    "'quoted",
    "-1",
]
HARMLESS = [
    "0139",
    "+8613800138000",
    "00139",
    "9223372036854775808",
    "1e5",
    "'=1+1",
    "'@cmd",
    "'+cmd|' /C calc'!A0",
    "'-2+3",
    "-5",
    "1.50",
]


@pytest.fixture
def odd(telco: Telco) -> Telco:
    """Subscribers whose names are formulas to a spreadsheet."""
    quoted = ['"' + region.replace('"', '""') + '"' for region in REGIONS]
    telco.write(
        "bills.csv", "subscriber_id\tmonth\ttotal\n" + "".join(f"{i}\t2026-03\t{n}.5\n" for n, i in enumerate(IDS))
    )
    rows = "".join(f'"{i}","gotone",{region}\n' for i, region in zip(IDS, quoted, strict=True))
    telco.write("people.csv", "subscriber_id,brand,region\n" + rows)
    return telco


def segments(telco: Telco, name: str, *options: str) -> Path:
    telco.good("segment", "--bills", "bills.csv", "--subscribers", "people.csv", "-o", name, "-q", *options)
    return telco.folder / name


def csv_rows(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    with path.open(newline="", encoding=encoding) as stream:
        return list(csv.DictReader(stream))


def test_formulas_in_csv_are_text(odd: Telco) -> None:
    rows = csv_rows(segments(odd, "x.csv"))
    assert {row["subscriber_id"] for row in rows} == set(HARMLESS)
    regions = {row["subscriber_id"]: row["region"] for row in rows}
    assert regions["0139"] == '\'=HYPERLINK("http://x")'
    assert regions["+8613800138000"] == "tab"  # blanks around a cell go when it is read
    assert regions["00139"] == "'＝1"
    assert regions["1e5"] == "a,b"
    assert regions["'=1+1"] == 'say "hi"'
    assert regions["'@cmd"] == "南山"
    assert regions["-5"] == "'quoted"
    assert regions["1.50"] == "-1"


def test_xlsx_has_text_cells_and_no_formula(odd: Telco) -> None:
    sheet = openpyxl.load_workbook(segments(odd, "x.xlsx")).active
    header = [cell.value for cell in sheet[1]]
    cells = {
        n: [row[header.index(n)] for row in sheet.iter_rows(min_row=2)] for n in ("subscriber_id", "arpu", "region")
    }
    assert {cell.value for cell in cells["subscriber_id"]} == set(HARMLESS)
    assert {cell.data_type for cell in cells["subscriber_id"]} == {"s"}
    assert {cell.data_type for cell in cells["arpu"]} == {"n"}
    assert {cell.data_type for cell in cells["region"]} == {"s"}
    assert all(cell.hyperlink is None for row in sheet.iter_rows() for cell in row)


def test_the_same_values_in_every_format(odd: Telco) -> None:
    plain = csv_rows(segments(odd, "x.csv"))
    stored = pq.read_table(segments(odd, "x.parquet"))
    lines = [json.loads(line) for line in segments(odd, "x.jsonl").read_text("utf-8").splitlines()]
    sheet = openpyxl.load_workbook(segments(odd, "x.xlsx")).active
    first, *others = sheet.iter_rows(values_only=True)
    table = [dict(zip(first, row, strict=True)) for row in others]
    assert list(plain[0]) == stored.column_names == list(lines[0]) == list(first)
    assert stored.schema.field("subscriber_id").type == pa.string()
    assert stored.schema.field("arpu").type == pa.float64()
    for cells, values, line, row in zip(plain, stored.to_pylist(), lines, table, strict=True):
        assert cells["subscriber_id"] == neutral(values["subscriber_id"]) == neutral(line["subscriber_id"])
        assert row["subscriber_id"] == cells["subscriber_id"]
        for name, cell in cells.items():
            assert same(cell, values[name]), name
            assert same(cell, line[name]), name
            assert same(cell, row[name]), name


def same(cell: str, value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return cell == {None: "", True: "true", False: "false"}[value]
    return (
        float(cell) == pytest.approx(value)
        if isinstance(value, int | float)
        else cell == neutral(value) or cell == value
    )


def test_excel_adds_a_byte_order_mark_to_csv_only(odd: Telco) -> None:
    plain, marked = segments(odd, "x.csv").read_bytes(), segments(odd, "y.csv", "--excel").read_bytes()
    assert marked == b"\xef\xbb\xbf" + plain
    assert segments(odd, "x.jsonl").read_bytes() == segments(odd, "y.jsonl", "--excel").read_bytes()
    odd.good("run", "--bills", "bills.csv", "-o", "out", "--excel", "-q")
    assert (odd.folder / "out" / "arpu_bands.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert not (odd.folder / "out" / "rejects" / "bills.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("name", "option", "begins"),
    [
        ("x.csv", None, b"subscriber_id,"),
        ("x.CSV", None, b"subscriber_id,"),
        ("x", None, b"subscriber_id,"),
        ("x.pq", None, b"PAR1"),
        ("x.xlsx", None, b"PK"),
        ("x.ndjson", None, b"{"),
        ("x.csv", "parquet", b"PAR1"),
        ("x.anything", "jsonl", b"{"),
    ],
)
def test_the_format_follows_the_ending_or_the_option(odd: Telco, name: str, option: str | None, begins: bytes) -> None:
    options = ("--format", option) if option else ()
    assert segments(odd, name, *options).read_bytes().startswith(begins)


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx", "jsonl"])
def test_all_tables_of_a_run_have_the_format(odd: Telco, form: str) -> None:
    odd.good("run", "--bills", "bills.csv", "--subscribers", "people.csv", "-o", "out", "--format", form, "-q")
    files = {p.name for p in (odd.folder / "out").iterdir() if not p.name.startswith(".")}
    assert {"segments." + form, "arpu_bands." + form, "credit." + form, "manifest.json", "rejects"} <= files
    manifest = json.loads((odd.folder / "out" / "manifest.json").read_text("utf-8"))
    assert {o["file"] for o in manifest["outputs"]} == files - {"manifest.json", "rejects"} | {
        f"rejects/{table}.csv" for table in ("bills", "subscribers")
    }


def test_chinese_headings_in_xlsx_and_the_same_bytes_twice(odd: Telco) -> None:
    path = segments(odd, "x.xlsx", "--lang", "zh")
    first = path.read_bytes()
    assert openpyxl.load_workbook(path).active["A1"].value == "用户号码"
    assert segments(odd, "x.xlsx", "--lang", "zh").read_bytes() == first
