"""Helpers of the hand-worked world: records as text, exports as CSV files, the program as a process or a call."""

from __future__ import annotations

import csv
import itertools
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from telco_crm.cli import cli

# (subscriber, month) → feature → value worked out by hand; None stands for an empty cell.
Hand = Mapping[tuple[str, str], Mapping[str, Any]]
Row = dict[str, str]
# A table as text (for `table_of`) or as rows.
Table = str | list[Row]
Run = Callable[..., dict[str, list[Row]]]

MB = 1024 * 1024
USAGE_FIELDS = "date time service direction counterpart counterpart_network toll roaming ip_prefix duration_s "
USAGE_FIELDS += "volume_bytes charge"
TABLE_OF = {
    "audit": "audit",
    "alerts": "alerts",
    "prospects": "prospects",
    "satisfaction": "satisfaction",
    "segment": "segments",
    "credit": "credit",
    "retain": "retention",
    "features": "features",
}
USAGE_COLUMNS = ["subscriber_id", "start_time", *USAGE_FIELDS.split()[2:]]


def records(subscriber: str, text: str) -> list[Row]:
    """Usage rows from lines of USAGE_FIELDS; `-` is an empty cell, 4M are 4 × 1024 × 1024 bytes, # begins a comment."""
    rows = []
    for line in _lines(text):
        row = dict(zip(USAGE_FIELDS.split(), line, strict=True))
        row["start_time"] = f"{row.pop('date')} {row.pop('time')}"
        if row["volume_bytes"].endswith("M"):
            row["volume_bytes"] = str(round(float(row["volume_bytes"][:-1]) * MB))
        rows.append({"subscriber_id": subscriber, **row})
    return rows


def table_of(text: str) -> list[Row]:
    """Rows from text whose first line names the columns; `-` is an empty cell, ~ a blank within a cell."""
    header, *lines = _lines(text)
    return [dict(zip(header, [c.replace("~", " ") for c in line], strict=True)) for line in lines]


def _lines(text: str) -> list[list[str]]:
    bare = (line.split("#")[0] for line in text.strip().splitlines())
    return [["" if cell == "-" else cell for cell in line.split()] for line in bare if line.strip()]


def write(path: Path, rows: Iterable[Mapping[str, Any]], columns: Iterable[str] | None = None) -> None:
    """A CSV file; the columns are those of the first row unless they are given."""
    rows = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns or rows[0]), restval="", extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def process(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The program as a real process."""
    command = [sys.executable, "-m", "telco_crm", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def call(*arguments: str | Path) -> int:
    """The program called within this process (quicker); its exit code."""
    given = [*map(str, arguments)]
    threads = [] if "--threads" in given else ["--threads", "1"]
    return int(cli.main([*given, *threads], standalone_mode=False) or 0)


def export(folder: Path, tables: Mapping[str, Table]) -> Path:
    """A folder with one CSV file per table that is named; a table without rows is a header only."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        rows = table_of(table) if isinstance(table, str) else table
        columns = None if rows else table.split() if isinstance(table, str) else USAGE_COLUMNS
        write(folder / f"{name}.csv", rows, columns)
    return folder


def called(scratch: Path) -> Run:
    """`run(exports, *options, command="run", code=0)` calls a command; the CSV tables it writes, by name.

    `exports` is a folder, or tables by name to be put into one. The exit code must be `code`.
    """
    numbers = itertools.count()

    def run(
        exports: Path | Mapping[str, Table], *options: str | Path, command: str = "run", code: int = 0
    ) -> dict[str, list[Row]]:
        number = next(numbers)
        folder = exports if isinstance(exports, Path) else export(scratch / f"in{number}", exports)
        out = scratch / f"out{number}"
        target = out if command == "run" else out / f"{TABLE_OF.get(command, command)}.csv"
        out.mkdir(exist_ok=True)
        assert call(command, folder, "-o", target, *options) == code
        return {path.stem: read(path) for path in sorted(out.glob("*.csv"))}

    return run


def read(path: Path) -> list[Row]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by(rows: Iterable[Row], *keys: str) -> dict[Any, Row]:
    """Rows by the values of `keys` (a plain value for one key); no two rows may share them."""
    found: dict[Any, Row] = {}
    for row in rows:
        key = tuple(row[k] for k in keys) if len(keys) > 1 else row[keys[0]]
        assert key not in found, f"two rows for {key}"
        found[key] = row
    return found


def cases(*tables: Hand) -> list[Any]:
    """One test case per hand value."""
    return [
        pytest.param(who, month, feature, value, id=f"{who}-{month}-{feature}")
        for table in tables
        for (who, month), values in table.items()
        for feature, value in values.items()
    ]


def agrees(cell: str, value: Any) -> bool:
    """Whether a cell of a CSV file says `value`."""
    if value is None or isinstance(value, str):
        return cell == (value or "")
    return cell != "" and float(cell) == pytest.approx(value, rel=1e-9, abs=1e-9)
