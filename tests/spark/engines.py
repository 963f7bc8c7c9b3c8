"""The same command on both engines, as real processes, and its tables to compare."""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

Table = list[dict[str, str]]


@dataclass(frozen=True)
class Both:
    """Tables by name, as the embedded engine and Spark gave them, and what Spark's manifest says."""

    duckdb: dict[str, Table]
    spark: dict[str, Table]
    manifest: dict[str, object]


def telco(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The program as a process."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TELCO_CRM_")}
    command = [sys.executable, "-m", "telco_crm", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def run_on_both(folder: Path, data: Path, master: str, *options: object) -> Both:
    """`run` and `features` of `data`, on the embedded engine and on the cluster."""
    tables: list[dict[str, Table]] = []
    for engine, flags in {"duckdb": [], "spark": ["--engine", "spark", "--master", master]}.items():
        store = ["--store", folder / f"store-{engine}", "-q"]
        out = folder / engine
        done = telco("run", data, "-o", out, *store, *flags, *options)
        assert done.returncode == 0, done.stderr
        done = telco("features", data, "-o", folder / f"{engine}.csv", *store, *flags, *options)
        assert done.returncode == 0, done.stderr
        found = {path.stem: read(path) for path in out.glob("*.csv")}
        found |= {f"rejects_{path.stem}": read(path) for path in (out / "rejects").glob("*.csv")}
        tables.append({**found, "features": read(folder / f"{engine}.csv")})
    manifest = json.loads((folder / "spark" / "manifest.json").read_text("utf-8"))
    return Both(*tables, manifest)


def read(path: Path) -> Table:
    """The rows of a CSV file."""
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def differing(one: Table, other: Table, column: str) -> list[tuple[str, str]]:
    """The values of a column that are not equal; numbers may differ by 1e-9 of their size."""
    pairs = [(a[column], b[column]) for a, b in zip(one, other, strict=True)]
    return [(a, b) for a, b in pairs if a != b and not _close(a, b)]


def _close(a: str, b: str) -> bool:
    try:
        return math.isclose(float(a), float(b), rel_tol=1e-9)
    except ValueError:
        return False
