"""The whole monthly run against a raw scan of the same files: CDRs a second, peak memory, ratio.

    python benchmarks/monthly_run.py [--subscribers 20000] [--months 6] [--rounds 3] [--format parquet csv] [--dir DIR]

The input is made with `telco-crm sample` (kept in DIR between calls). The raw scan reads every column of the usage
files with DuckDB on the same number of threads: Parquet as it is, CSV with all columns as text. Each contender runs in
a process of its own, in turn.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import duckdb

from process import machine, median, rounds, timed

SCAN = """
import duckdb, sys
con = duckdb.connect(config={"threads": int(sys.argv[2])})
names = [row[0] for row in con.execute("DESCRIBE SELECT * FROM " + sys.argv[1]).fetchall()]
con.execute("SELECT " + ", ".join(f'max("{n}")' for n in names) + " FROM " + sys.argv[1]).fetchall()
"""


def main() -> None:
    options = _options()
    program = [sys.executable, "-m", "telco_crm"]
    print(machine())
    for form in options.format:
        data, out = options.dir / f"sample-{options.subscribers}-{options.months}-{form}", options.dir / f"out-{form}"
        if not data.exists():
            size = ["--subscribers", str(options.subscribers), "--months", str(options.months)]
            made = timed([*program, "sample", str(data), *size, "--seed", "1", "--format", form, "-q"])
            print(f"sample, {form}: {_count(data, form) / made.wall:,.0f} CDRs a second, {made.memory:,.0f} MB")
        cdrs = _count(data, form)
        contenders = {
            "raw scan": [sys.executable, "-c", SCAN, _relation(data, form), str(options.threads)],
            "telco-crm run": [*program, "run", str(data), "-o", str(out), "-q", "--threads", str(options.threads)],
        }
        found = {name: median(timings) for name, timings in rounds(contenders, options.rounds).items()}
        scan, run = found["raw scan"], found["telco-crm run"]
        print(f"{form}, {cdrs:,} CDRs, {options.threads} threads, median of {options.rounds} rounds")
        for name, t in found.items():
            rate = f"{cdrs / t.wall:,.0f} CDRs a second"
            print(f"  {name}: {t.wall:.2f} s, {t.cpu:.2f} s of processor, {t.memory:,.0f} MB, {rate}")
        print(f"  run / raw scan: {run.wall / scan.wall:.1f}")
        shutil.rmtree(out, ignore_errors=True)


def _relation(data: Path, form: str) -> str:
    files = f"'{data}/usage_*.{form}'"
    return f"read_csv({files}, all_varchar=true, header=true)" if form == "csv" else f"read_parquet({files})"


def _count(data: Path, form: str) -> int:
    return int(duckdb.sql(f"SELECT count(*) FROM {_relation(data, form)}").fetchall()[0][0])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscribers", type=int, default=20_000)
    parser.add_argument("--months", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--format", nargs="+", choices=["parquet", "csv"], default=["parquet", "csv"])
    parser.add_argument("--dir", type=Path, default=Path("/tmp/telco-crm-benchmarks"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
