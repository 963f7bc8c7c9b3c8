"""The whole monthly run against a raw scan of the same files: CDRs a second, peak memory, ratio.

    python benchmarks/monthly_run.py [--subscribers 20000] [--months 6] [--rounds 3] [--threads 2 …]
                                     [--format parquet csv] [--dir DIR]

The input is made with `telco-crm sample` (kept in DIR between calls; its rate is printed). The raw scan reads every
column of the usage files with DuckDB on the same number of threads: Parquet as it is, CSV with all columns as text. The
run begins without a store and makes one, as a first run does; it is also timed with the store that it left. Each
contender runs in a process of its own, in turn. `--threads 1 2` does everything with each number of threads.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from functools import partial
from pathlib import Path

from cdrs import PER_MONTH, Cdrs, make_cdrs
from process import PROGRAM, Contender, command_line, machine, median, rounds

SCAN = Path(__file__).resolve().parent / "contenders" / "scan.py"
RUN = "telco-crm run"


def main() -> None:
    options = _options()
    print(f"{machine()}\n{command_line()}\n", flush=True)
    for form in options.format:
        rows = options.subscribers * options.months * PER_MONTH
        cdrs = make_cdrs(options.dir, rows, options.months, form)
        print(cdrs.told, flush=True)
        for threads in options.threads:
            _compare(cdrs, threads, options)


def _compare(cdrs: Cdrs, threads: int, options: argparse.Namespace) -> None:
    work = options.dir / "monthly"
    store = work / "store"
    out = ["-o", str(work / "out"), "--store", str(store), "--threads", str(threads), "-q"]
    run = [*PROGRAM, "run", cdrs.folder, *out]
    contenders = {
        "raw scan": Contender([sys.executable, str(SCAN), cdrs.relation, str(threads), "max"]),
        RUN: Contender(run, before=partial(_fresh, work)),
        f"{RUN}, all in the store": Contender(run),
    }
    # Not rotated: the last contender takes the store that the one before it leaves.
    found = {name: [] for name in contenders}
    for _ in range(options.rounds):
        for name, timings in rounds(contenders, 1).items():
            found[name] += timings
    shutil.rmtree(work)
    middle = {name: median(timings) for name, timings in found.items()}
    print(f"{cdrs.form}, {cdrs.rows:,} CDRs, {threads} threads, median of {options.rounds} rounds")
    for name, t in middle.items():
        rate = f"{cdrs.rows / t.wall:,.0f} CDRs a second"
        ratio = f"{t.wall / middle['raw scan'].wall:.1f} times the raw scan"
        print(f"  {name}: {t.wall:.2f} s, {t.cpu:.2f} s of processor, {t.memory:,.0f} MB, {rate}, {ratio}")


def _fresh(work: Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscribers", type=int, default=20_000)
    parser.add_argument("--months", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[2])
    parser.add_argument("--format", nargs="+", choices=["parquet", "csv"], default=["parquet", "csv"])
    parser.add_argument("--dir", type=Path, default=Path("/tmp/telco-crm-benchmarks"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
