"""Every figure of the report is that of the output files, computed a second way; and what is read is what is meant."""

from __future__ import annotations

import re
from math import isclose
from pathlib import Path

import pytest
from expected import EXPECTED, KEYS, Files, headlines
from report_page import Page, Part, parsed
from telco_process import Telco


@pytest.fixture(scope="module")
def files(telco: Telco) -> Files:
    return Files(telco.folder / "out")


def number(text: str) -> tuple[float, float]:
    """A figure as it is read, and half a unit of its last digit."""
    if set(text) == {"★"}:
        return float(len(text)), 0.0
    scale = 100 if text.endswith("%") else 1
    plain = text.rstrip("%").replace(",", "")
    digits = len(plain.partition(".")[2])
    return float(plain) / scale, 0.5 * 10**-digits / scale


def same(given: str, wanted: object) -> bool:
    """Whether a value of the page is that of the file: equal as text, or as the number it stands for."""
    wanted = "" if wanted is None or wanted != wanted else str(wanted)
    if given == wanted:
        return True
    try:
        digits = len(given.partition(".")[2]) if "e" not in given else 15
        tolerance = 0.5 * 10**-digits * 1.001 if 0 < digits <= 6 else 0
        return isclose(float(given), float(wanted), rel_tol=1e-9, abs_tol=tolerance)
    except ValueError:
        return False


def test_all_parts_are_computed_a_second_way(page: Page) -> None:
    assert set(page.parts) == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_cell_is_that_of_the_files(page: Page, files: Files, name: str) -> None:
    part, wanted = page.parts[name], EXPECTED[name](files)
    keys = KEYS.get(name, part.columns[:1])
    rows = {tuple(str(row[k]) for k in keys): row for row in wanted.to_dict("records")}
    assert len(rows) == len(wanted) == len(part.rows)
    for record in part.records():
        row = rows[tuple(record[k] for k in keys)]
        wrong = {c: (given, row[c]) for c, given in record.items() if not same(given, row[c])}
        assert not wrong, f"{name} {record}"


def test_every_cell_reads_as_its_value(page: Page) -> None:
    read = 0
    for part in page.parts.values():
        for row in part.rows:
            for value, text in row:
                if value == "" or (value == "0" and text == "–"):
                    assert text == "–"
                elif re.fullmatch(r"[+-]?[\d,.]+%?|★+", text) and re.fullmatch(r"-?[\d.]+(e-?\d+)?", value):
                    shown, half = number(text)
                    assert isclose(shown, float(value), abs_tol=half * 1.0001), (part.name, value, text)
                    read += 1
                else:
                    assert " ".join(value.split()) in (text, text.replace(" ", "_")), (part.name, value, text)
    assert read > 500


def test_headline_figures_and_their_change(page: Page, files: Files) -> None:
    wanted = headlines(files)
    assert set(page.figures) == set(wanted)
    for name, (now, before) in wanted.items():
        figure = page.figures[name]
        assert isclose(float(figure["value"]), now, rel_tol=1e-9), name
        shown, half = number(figure["text"])
        assert isclose(shown, now, abs_tol=half * 1.0001), name
        assert (figure["before"] == "") == (before is None)
        if before is not None:
            assert isclose(float(figure["before"]), before, rel_tol=1e-9), name
            sign, change, unit = re.search(r"([+-])([\d.]+)(%| points) against", figure["change"]).groups()
            moved = (now - before) * 100 if unit == " points" else (now / before - 1) * 100
            assert isclose(float(sign + change), moved, abs_tol=0.0501), name


def test_charts_draw_what_the_tables_say(page: Page) -> None:
    assert len(page.charts) == len(page.described) >= 14
    for name, spec in page.charts.items():
        part = page.parts[name.rpartition(".")[0]]
        if spec["kind"] in ("bar", "line") and len(spec["series"]) and spec["series"][0]["name"] in part.labels:
            for series in spec["series"]:
                column = _column(part, series["name"])
                assert _inside(series["values"], column), name
        else:
            drawn = [v for v in _numbers(spec) if v is not None]
            assert drawn
            assert _inside(drawn, _cells(part)), name


def _column(part: Part, label: str) -> list[float]:
    at = part.labels.index(label)
    return [float(row[at][0]) for row in part.rows if row[at][0]]


def _cells(part: Part) -> list[float]:
    return [float(v) for row in part.rows for v, _ in row if re.fullmatch(r"-?[\d.]+(e-?\d+)?", v)]


def _inside(drawn: list[float | None], cells: list[float]) -> bool:
    left = list(cells)
    for value in drawn:
        if value is not None:
            left.remove(value)
    return True


def _numbers(spec: dict) -> list[float]:  # type: ignore[type-arg]
    if spec["kind"] == "flow":
        return [flow[2] for flow in spec["flows"]]
    if spec["kind"] == "dots":
        return [v for dot in spec["dots"] for v in (dot["x"], dot["y"])]
    return [v for series in spec["series"] for v in series["values"]]


def test_the_same_from_any_format_and_from_the_folder(telco: Telco) -> None:
    made = (telco.folder / "out" / "report.html").read_bytes()
    telco.good("report", "out", "-o", "again.html")
    assert (telco.folder / "again.html").read_bytes() == made
    assert telco.good("report", "out", "-o", "-").out.encode() == made


@pytest.mark.slow
@pytest.mark.parametrize("form", ["parquet", "jsonl", "xlsx"])
def test_other_formats_give_the_same_figures(telco: Telco, page: Page, form: str) -> None:
    sample = Path(__file__).parents[2] / "data" / "samples" / "operator"
    telco.good("run", sample, "-o", form, "-q", "--format", form)
    telco.good("report", form, "-o", f"{form}.html")
    assert (telco.folder / f"{form}.html").read_bytes() == (telco.folder / form / "report.html").read_bytes()
    other = parsed((telco.folder / f"{form}.html").read_text("utf-8"))
    for name, part in page.parts.items():
        assert [[text for _, text in row] for row in other.parts[name].rows] == [
            [text for _, text in row] for row in part.rows
        ], name
