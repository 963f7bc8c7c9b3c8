"""Records of people as files, and the table of indicators read back."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from oracle import Record

HEADER = "interaction,direction,correspondent_id,datetime,call_duration,antenna_id"
WORDS = {"call": "voice", "text": "sms", "": "data"}


def bandicoot_csv(records: Sequence[Record]) -> str:
    """One person's file as bandicoot has it."""
    rows = [
        f"{r.kind},{'out' if r.out else 'in'},{r.contact},{r.at:%Y-%m-%d %H:%M:%S},"
        f"{r.seconds if r.kind == 'call' else ''},{r.place}"
        for r in records
    ]
    return "\n".join([HEADER, *rows, ""])


def usage_csv(people: Mapping[str, Sequence[Record]]) -> str:
    """A usage table with everybody in it."""
    lines = ["subscriber_id,start_time,service,direction,counterpart,duration_s,cell_id"]
    for person, records in people.items():
        for r in records:
            way = ("out" if r.out else "in") if r.kind else ""
            seconds = r.seconds if r.kind == "call" else ""
            lines.append(f"{person},{r.at:%Y-%m-%d %H:%M:%S},{WORDS[r.kind]},{way},{r.contact},{seconds},{r.place}")
    return "\n".join([*lines, ""])


def antennas_csv(places: Mapping[str, tuple[float, float]]) -> str:
    """An antennas file."""
    return "\n".join(["antenna_id,latitude,longitude", *(f"{p},{n!r},{e!r}" for p, (n, e) in places.items()), ""])


def table(text: str) -> dict[str, dict[str, str]]:
    """subscriber → the row of a CSV table."""
    return {row["subscriber_id"]: row for row in csv.DictReader(io.StringIO(text))}


def table_in(path: Path) -> dict[str, dict[str, str]]:
    """subscriber → the row of a CSV file."""
    return table(path.read_text("utf-8"))


def differences(row: Mapping[str, str], wanted: Mapping[str, float | None], tolerance: float = 1e-6) -> list[str]:
    """What is not as wanted, with both values; a column that is missing raises KeyError."""
    wrong = []
    for name, value in wanted.items():
        found = {"": None, "true": 1.0, "false": 0.0}.get(row[name], row[name])
        near = value is not None and found is not None and abs(float(found) - value) <= tolerance * max(1, abs(value))
        if not (near or (value is None and found is None)):
            wrong.append(f"{name}: {found} instead of {value}")
    return wrong
