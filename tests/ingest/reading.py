"""What the program makes of files: counts by file, rejected rows and features."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from telco_process import Telco

HEADERS = {
    "usage": ("subscriber_id", "start_time", "service", "direction", "duration_s"),
    "bills": ("subscriber_id", "month", "total"),
    "subscribers": ("subscriber_id", "brand", "activated_on"),
    "events": ("subscriber_id", "time", "kind"),
    "contacts": ("subscriber_id", "campaign", "contacted_on", "arm"),
}
MONTH = "2026-03"


@dataclass(frozen=True)
class Read:
    """What became of the files of one table."""

    counts: dict[str, tuple[int, int, int]]  # file → read, accepted, rejected
    rejects: list[dict[str, str]]
    features: dict[tuple[str, str], dict[str, str]]  # (subscriber, month) → feature → value

    @property
    def total(self) -> tuple[int, int, int]:
        """Read, accepted, rejected of all files."""
        counts = list(self.counts.values())
        return sum(c[0] for c in counts), sum(c[1] for c in counts), sum(c[2] for c in counts)

    @property
    def places(self) -> list[tuple[int, str]]:
        """(line, column) of every rejected row."""
        return [(int(row["line"]), row["column"]) for row in self.rejects]

    def of(self, subscriber: str, month: str = MONTH) -> dict[str, str]:
        """The features of a subscriber."""
        return self.features[subscriber, month]

    @property
    def people(self) -> set[str]:
        """Everybody with a feature row."""
        return {who for who, _ in self.features}


def read(telco: Telco, table: str, *files: object, stdin: bytes = b"", flags: Sequence[object] = ()) -> Read:
    """Read files of a table through `features`; the sums of every file are checked.

    Tables that make no months of their own get a file `months.csv` with bills of the subscribers 01 to 20 beside them.
    """
    beside: list[object] = []
    if table not in ("usage", "bills"):
        telco.write("months.csv", lines("bills", *([f"{i:02d}", MONTH, "1"] for i in range(1, 21))))
        beside = ["--bills", "months.csv"]
    given = [part for file in files for part in (f"--{table}", file)]
    telco.good("features", *given, *beside, *flags, "-o", "read.csv", "-q", stdin=stdin)
    manifest = json.loads((telco.folder / "read.csv.manifest.json").read_text("utf-8"))
    counts = {i["file"]: (i["read"], i["accepted"], i["rejected"]) for i in manifest["inputs"] if i["table"] == table}
    rejects = rows_of(telco.folder / "read.csv.rejects" / f"{table}.csv")
    for file, (seen, accepted, rejected) in counts.items():
        assert seen == accepted + rejected
        assert rejected == sum(row["file"] == file for row in rejects)
    features = {(row["subscriber_id"], row["month"]): row for row in rows_of(telco.folder / "read.csv")}
    return Read(counts, rejects, features)


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file; none if there is no such file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def lines(table: str, *rows: Iterable[str], delimiter: str = ",", header: Iterable[str] | None = None) -> str:
    """Rows as delimited text below a header (that of HEADERS unless told); cells are written as they are."""
    return "".join(delimiter.join(row) + "\n" for row in (header or HEADERS[table], *rows))
