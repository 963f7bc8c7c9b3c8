"""Commas in numbers: decimal points, or between thousands."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from telco_crm.ingest.decimals import number, with_point
from telco_crm.ingest.widetable import WideTable, read_wide


def read(tmp_path: Path, delimiter: str, *columns: list[str], lang: str = "en") -> WideTable:
    """A table with columns a, b … of these cells, and a last one of text."""
    names = [chr(ord("a") + at) for at in range(len(columns))]
    lines = [[*names, "word"], *([*cells, "x"] for cells in zip(*columns, strict=True))]
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    (tmp_path / "t.csv").write_text(text + "\n", encoding="utf-8")
    return read_wide(str(tmp_path / "t.csv"), tmp_path, 1, lang)


@pytest.mark.parametrize(
    ("word", "value"),
    [("1,500", 1500), ("1,234,567.5", 1234567.5), ("¥1200", 1200), ("-12.5%", -12.5), ("$-3", -3), ("12 €", 12)],
)
def test_numbers_as_they_are_written(word: str, value: float) -> None:
    assert number(word) == value


@pytest.mark.parametrize("word", ["0,346", "-0,001", "00,346", "1,50", "12,3456", "--5", "+$-5", "1,23,456"])
def test_what_is_no_grouping_is_no_number(word: str) -> None:
    assert math.isnan(number(word))


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1.234,5", 1234.5),
        ("0,346", 0.346),
        ("1.500", 1500),
        ("0.5", 0.5),
        ("12,50 €", 12.5),
        ("1 234 567,8", 1234567.8),
    ],
)
def test_decimal_comma_becomes_a_point(word: str, value: float) -> None:
    assert number(with_point(word)) == value


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_commas_that_are_plainly_decimal(tmp_path: Path, delimiter: str) -> None:
    table = read(tmp_path, delimiter, ["0,346", "1,500", "-0,001", "12"], ["1,5", "2,25", "3", ""])
    assert table.typed("a")[1].tolist() == [0.346, 1.5, -0.001, 12]
    assert table.typed("b")[1].tolist()[:3] == [1.5, 2.25, 3]
    assert table.notes == ("a, b: the comma is read as decimal point, such as 0,346 as 0.346",)
    assert table.text("a").tolist() == ["0,346", "1,500", "-0,001", "12"]  # names of rows stay as they are


def test_three_digits_after_every_comma_go_by_the_delimiter(tmp_path: Path) -> None:
    cells = ["1,500", "-2,346", "12,001"]
    table = read(tmp_path, ";", cells, lang="zh")
    assert table.typed("a")[1].tolist() == [1.5, -2.346, 12.001]
    assert table.notes == ("a：逗号按小数点读取，如1,500为1.5",)
    table = read(tmp_path, "\t", cells)
    assert table.typed("a")[1].tolist() == [1500, -2346, 12001]
    assert table.notes == ("a: the comma is read as one between thousands, such as 1,500 as 1,500",)
    table = read(tmp_path, "\t", cells, ["0,5", "1,25", "7"])  # another column shows what commas are
    assert table.typed("a")[1].tolist() == [1.5, -2.346, 12.001]
    table = read(tmp_path, ",", cells)
    assert table.typed("a")[1].tolist() == [1500, -2346, 12001]
    assert table.notes == ()


def test_thousands_and_texts_in_a_file_with_semicolons(tmp_path: Path) -> None:
    table = read(tmp_path, ";", ["1,234,567", "1,234.5", "20"], ["Li, Lei", "Han, Mei", "1,5"])
    assert table.typed("a")[1].tolist() == [1234567, 1234.5, 20]
    assert table.typed("b")[0] == "text"
    assert table.notes == ()


def test_a_leading_zero_is_never_one_of_thousands(tmp_path: Path) -> None:
    table = read(tmp_path, ",", ["0,346", "0,500", "1,500"])
    assert table.typed("a")[0] == "text"
    assert math.isnan(table.typed("a", "number")[1][0])
