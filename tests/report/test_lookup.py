"""Rows of one subscriber out of large files: the same as reading them whole, wherever they stand."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telco_crm.output import lookup
from telco_crm.output.lookup import rows_in_csv

IDS = st.text("0123456789", min_size=1, max_size=4)
CELLS = st.text('ab,"', max_size=6)


def written(rows: list[tuple[str, str]], head: str = "subscriber_id,what\n") -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return (head + out.getvalue()).encode()


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a few rows are halved, too."""
    monkeypatch.setattr(lookup, "NEAR", 16)


@given(st.lists(st.tuples(IDS, CELLS), max_size=40), IDS)
@settings(max_examples=150, deadline=None)
def test_rows_are_those_of_the_whole_file(tmp_path_factory: pytest.TempPathFactory, rows: list, wanted: str) -> None:
    path = tmp_path_factory.mktemp("lookup") / "t.csv"
    for is_sorted in (False, True):
        there = sorted(rows, key=lambda row: row[0]) if is_sorted else rows
        path.write_bytes(written(there))
        found = rows_in_csv(path, "subscriber_id", wanted, is_sorted)
        assert found is not None
        assert found.to_pydict()["what"] == [what or None for who, what in there if who == wanted]


def test_cells_of_several_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = [(f"{n:02}", "two\nlines" if n == 7 else "one") for n in range(60)]
    path.write_bytes(written(rows))
    for is_sorted in (False, True):
        assert rows_in_csv(path, "subscriber_id", "07", is_sorted) is None  # it has to be read as a whole
        for n in (0, 6, 8, 59):
            assert rows_in_csv(path, "subscriber_id", f"{n:02}", is_sorted).to_pydict()["what"] == ["one"]


def test_the_id_may_stand_in_any_column_and_after_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"\xef\xbb\xbfrank,subscriber_id\r\n1,12\r\n2,112\r\n12,3\r\n")
    assert rows_in_csv(path, "subscriber_id", "12", False).to_pydict() == {"rank": ["1"], "subscriber_id": ["12"]}
    with pytest.raises(ValueError, match="not in list"):
        rows_in_csv(path, "who", "12", False)
