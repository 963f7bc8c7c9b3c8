"""A seventh month beside six that are in the store, against a run of that month alone.

    python benchmarks/seventh_month.py [--rows 3500000] [--rounds 3] [--threads 2] [--memory-limit 1GB]
                                       [--command features] [--dir DIR]

`--rows` is the number of CDRs of one month. Seven months are made with `telco-crm sample` and six of them read into a
store, which is copied before each round (not timed). `--command run` does the same with the whole monthly run; beside
six months of history it also fits and tests a churn model, which the month alone does not allow.
"""

from __future__ import annotations

import argparse
import shutil
from functools import partial
from pathlib import Path

from cdrs import Cdrs, make_cdrs
from process import PROGRAM, Contender, command_line, machine, median, rounds, timed

MONTHS = 7
SEVENTH, ALONE = "seventh month beside six", "that month alone"


def main() -> None:
    options = _options()
    print(f"{machine()}\n{command_line()}\n", flush=True)
    cdrs = make_cdrs(options.dir, options.rows * MONTHS, MONTHS)
    print(cdrs.told, flush=True)
    work = options.dir / "seventh"
    shutil.rmtree(work, ignore_errors=True)
    timings = {n: median(t) for n, t in rounds(contenders(cdrs, work, options), options.rounds).items()}
    print(f"telco-crm {options.command}, {options.threads} threads, median of {options.rounds} rounds")
    for name, t in timings.items():
        print(f"  {name}: {t.wall:.2f} s, {t.cpu:.2f} s of processor, {t.memory:,.0f} MB")
    print(f"  ratio: {timings[SEVENTH].wall / timings[ALONE].wall:.2f}")
    shutil.rmtree(work)


def contenders(cdrs: Cdrs, work: Path, options: argparse.Namespace) -> dict[str, Contender]:
    """Both ways, each on a store of its own; the store with six months is made here."""
    usage = sorted(Path(cdrs.folder).glob("usage_*"))

    def command(name: str, files: list[Path]) -> list[str]:
        flags = [flag for file in files for table in _tables(file, options) for flag in table]
        out = work / name / ("out.parquet" if options.command == "features" else "out")
        fixed = ["--threads", str(options.threads), "--memory-limit", options.memory_limit, "-q"]
        return [*PROGRAM, options.command, *flags, "-o", str(out), "--store", str(work / name / "store"), *fixed]

    (work / "six").mkdir(parents=True)
    timed(command("six", usage[:-1]))

    def prepare(name: str, store: Path | None) -> None:
        shutil.rmtree(work / name, ignore_errors=True)
        (work / name).mkdir()
        if store:
            shutil.copytree(store, work / name / "store")

    return {
        SEVENTH: Contender(command("seven", usage), before=partial(prepare, "seven", work / "six" / "store")),
        ALONE: Contender(command("alone", usage[-1:]), before=partial(prepare, "alone", None)),
    }


def _tables(usage: Path, options: argparse.Namespace) -> list[list[str]]:
    """The flags of one month: its usage, and for a whole run its bills and the tables without months."""
    flags = [["--usage", str(usage)]]
    if options.command == "run":
        flags.append(["--bills", str(usage.with_name(usage.name.replace("usage", "bills")))])
    return flags


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=3_500_000, help="CDRs of one month")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-limit", default="1GB")
    parser.add_argument("--command", choices=["features", "run"], default="features")
    parser.add_argument("--dir", type=Path, default=Path("/tmp/telco-crm-benchmarks"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
