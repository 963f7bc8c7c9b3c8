"""The benchmarks' input: usage files of a wanted number of rows, made with `telco-crm sample` and kept."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from process import PROGRAM, timed

PER_MONTH = 250  # records that the generator makes of a subscriber and month, about
# Without the bar that the engine draws on its output when a query takes long.
COUNT = """
import duckdb, sys
duckdb.sql("SET enable_progress_bar = false")
print(duckdb.sql(f"SELECT count(*) FROM {sys.argv[1]}").fetchall()[0][0])
"""


@dataclass(frozen=True)
class Cdrs:
    """A folder of exports: its exact number of usage rows, and how long the generator took."""

    folder: str
    form: str
    rows: int
    subscribers: int
    months: int
    seconds: float
    memory: float

    @property
    def files(self) -> str:
        """The usage files, as a pattern."""
        return f"{self.folder}/usage_*.{self.form}"

    @property
    def relation(self) -> str:
        """The usage files as a FROM item; CSV with every column as text."""
        if self.form == "csv":
            return f"read_csv('{self.files}', all_varchar=true, header=true)"
        return f"read_parquet('{self.files}')"

    @property
    def told(self) -> str:
        """What was made, in a sentence."""
        rate = f"{self.rows / self.seconds:,.0f} CDRs a second, {self.memory:,.0f} MB"
        return (
            f"input: {self.rows:,} CDRs of {self.subscribers:,} subscribers and {self.months} months ({self.form}), "
            f"made by telco-crm sample in {self.seconds:.1f} s: {rate}"
        )


def make_cdrs(root: Path, rows: int, months: int, form: str = "parquet") -> Cdrs:
    """About `rows` usage records over `months` months in a folder below `root`; made once."""
    subscribers = max(1, round(rows / months / PER_MONTH))
    folder = root / f"sample-{subscribers}-{months}-{form}"
    note = folder / "made.json"
    if not note.exists():
        shutil.rmtree(folder, ignore_errors=True)
        size = ["--subscribers", str(subscribers), "--months", str(months), "--seed", "1", "--format", form]
        made = timed([*PROGRAM, "sample", str(folder), *size, "-q"])
        draft = Cdrs(str(folder), form, 0, subscribers, months, made.wall, made.memory)
        # Counted in another process, so that this one stays small: a child's peak memory is never below its parent's.
        counted = subprocess.run([sys.executable, "-c", COUNT, draft.relation], stdout=subprocess.PIPE, check=True)
        note.write_text(json.dumps(asdict(draft) | {"rows": int(counted.stdout)}))
    found = Cdrs(**json.loads(note.read_text()))
    for path in sorted(folder.glob(f"usage_*.{form}")):  # into the page cache, as for everybody after the first
        with path.open("rb") as stream:
            while stream.read(1 << 24):
                pass
    return found
