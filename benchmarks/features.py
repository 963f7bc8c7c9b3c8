"""Features of CDRs: telco-crm against a raw scan of the same columns, and against three other ways to compute them.

    python benchmarks/features.py [--rows 20000000 …] [--rounds 3] [--threads 2] [--memory-limit 1GB] [--dir DIR]
                                  [--json FILE] [--markdown] [--check]

The input is made with `telco-crm sample` (kept in DIR between calls). Each contender runs in a process of its own, in
turn, every round beginning with another one; medians of the rounds are printed. telco-crm computes every feature of
its catalogue that needs usage records only, the others those of contenders/wanted.py. `--check` compares all values on
a small input instead of timing. DIR should be on the disk whose speed counts; the input is in the page cache.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from cdrs import Cdrs, make_cdrs
from contenders.wanted import USED_COLUMNS, WANTED
from process import PROGRAM, Contender, Limits, Timing, command_line, machine, median, rounds, timed

WAYS = Path(__file__).resolve().parent / "contenders"
SCAN, SECOND_SCAN = "raw scan", "raw scan, hashed"
COLD, WARM, KEPT = "telco-crm, cold", "telco-crm, warm store", "telco-crm, nothing new"
DUCKDB, DUCKDB_LIMITED, POLARS, PANDAS = "DuckDB query", "DuckDB query, limited", "Polars", "pandas"
BANDICOOT, BANDICOOT_RATE = "bandicoot (recorded)", 19_400  # records a second and core, measured once and not here
ABOUT = {
    SCAN: "the yardstick: the greatest value of each used column, with DuckDB",
    SECOND_SCAN: "a cheaper way to look at every row: a hash over the used columns",
    COLD: "no store yet: reads, checks and stores the files, then computes",
    WARM: "the files are in the store, the features are not",
    KEPT: "the features are in the store too: they are only put together and written",
    DUCKDB: "one SQL query, no memory limit",
    DUCKDB_LIMITED: "the same with telco-crm's memory limit",
    POLARS: "lazy, streaming engine",
    PANDAS: "categories, integer keys",
    BANDICOOT: f"recorded, not measured here: {BANDICOOT_RATE:,} records a second and core",
}


def main() -> None:
    options = _options()
    about = {"machine": machine(), "command": command_line(), "threads": options.threads}
    print(f"{about['machine']}\n{about['command']}\n", flush=True)
    if options.check:
        sys.exit(_check(options))
    for rows in options.rows:
        cdrs = make_cdrs(options.dir, rows, options.months)
        print(cdrs.told, flush=True)
        timings = {name: median(t) for name, t in _run(cdrs, options).items()}
        print(_table(cdrs, timings, options), flush=True)
        if options.json:
            shown = {name: asdict(t) for name, t in timings.items()}
            _note(options.json, {"cdrs": asdict(cdrs), "timings": shown, **about})


def _run(cdrs: Cdrs, options: argparse.Namespace) -> dict[str, list[Timing]]:
    limits = Limits(options.time_limit, options.memory_cap * 1024)
    with_pandas = cdrs.rows <= options.pandas_rows
    chosen = {n: c for n, c in contenders(cdrs, options).items() if not options.only or n in options.only}
    if not with_pandas and chosen.pop(PANDAS, None):
        print(f"{PANDAS}: left out above {options.pandas_rows:,} CDRs (--pandas-rows)")
    found = rounds(chosen, options.rounds, limits)
    shutil.rmtree(_work(options), ignore_errors=True)
    return found


def contenders(cdrs: Cdrs, options: argparse.Namespace) -> dict[str, Contender]:
    """Everybody, in the order of the table."""
    work, python, threads = _work(options), sys.executable, str(options.threads)
    work.mkdir(parents=True, exist_ok=True)
    store = work / "store"
    scan = [python, str(WAYS / "scan.py"), cdrs.relation, threads]
    ours = [*PROGRAM, "features", "--usage", cdrs.files, "-o", str(work / "program.parquet"), "--store", str(store)]
    ours += ["--threads", threads, "--memory-limit", options.memory_limit, "--temp-dir", str(work / "temp"), "-q"]
    query = [python, str(WAYS / "duckdb_way.py"), cdrs.files, str(work / "duckdb.parquet"), threads]
    polars = [python, str(WAYS / "polars_way.py"), cdrs.files, str(work / "polars.parquet")]
    found = {
        SCAN: Contender([*scan, "max", *USED_COLUMNS]),
        SECOND_SCAN: Contender([*scan, "hash", *USED_COLUMNS]),
        COLD: Contender(ours, before=partial(shutil.rmtree, store, ignore_errors=True)),
        WARM: Contender(ours, before=partial(_stored, ours, store, features=False)),
        KEPT: Contender(ours, before=partial(_stored, ours, store, features=True)),
        DUCKDB: Contender(query),
        DUCKDB_LIMITED: Contender([*query, options.memory_limit]),
        POLARS: Contender(polars, env={"POLARS_MAX_THREADS": threads}),
        PANDAS: Contender([python, str(WAYS / "pandas_way.py"), cdrs.files, str(work / "pandas.parquet")]),
    }
    if importlib.util.find_spec("polars") is None:
        print(f"{POLARS}: not installed, left out (pip install polars)")
        del found[POLARS]
    return found


def _stored(ours: list[str], store: Path, features: bool) -> None:
    """A store that has the files, with or without the features made from them."""
    if not (store / "usage").exists() or (features and not list(store.glob("features/*"))):
        timed(ours)
    if not features:
        shutil.rmtree(store / "features", ignore_errors=True)


def _table(cdrs: Cdrs, timings: Mapping[str, Timing], options: argparse.Namespace) -> str:
    """The results, as text or as Markdown."""
    head = [
        "",
        "seconds",
        "processor seconds",
        "peak MB",
        "CDRs a second",
        "× raw scan",
        "× telco-crm cold",
        "what it is",
    ]
    lines = [head, *(_line(name, t, cdrs.rows, timings) for name, t in timings.items())]
    if not options.only:
        recorded = cdrs.rows / BANDICOOT_RATE / options.threads
        lines.append(_line(BANDICOOT, Timing(recorded, recorded * options.threads, float("nan")), cdrs.rows, timings))
    if options.markdown:
        marked = [f"| {' | '.join(line)} |" for line in lines]
        return "\n".join([marked[0], "|" + " --- |" + " ---: |" * 6 + " --- |", *marked[1:], ""])
    wide = [max(len(line[i]) for line in lines) for i in range(len(head))]
    shown = [
        "  ".join(c.ljust(w) if i in (0, 7) else c.rjust(w) for i, (c, w) in enumerate(zip(line, wide, strict=True)))
        for line in lines
    ]
    return "\n".join(["", *(line.rstrip() for line in shown), ""])


def _line(name: str, t: Timing, rows: int, timings: Mapping[str, Timing]) -> list[str]:
    if t.failure:
        return [name, t.failure, "", f"{t.memory:,.0f}", "", "", "", ABOUT[name]]
    ratios = [f"{t.wall / timings[base].wall:.1f}" if _whole(timings, base) else "" for base in (SCAN, COLD)]
    memory = "" if t.memory != t.memory else f"{t.memory:,.0f}"
    return [name, f"{t.wall:.1f}", f"{t.cpu:.1f}", memory, f"{rows / t.wall:,.0f}", *ratios, ABOUT[name]]


def _whole(timings: Mapping[str, Timing], name: str) -> bool:
    return name in timings and not timings[name].failure


def _note(path: Path, size: dict[str, Any]) -> None:
    """Put the results of a size into the JSON file, in place of earlier ones of the same size."""
    noted = json.loads(path.read_text())["sizes"] if path.exists() else []
    sizes = [*(s for s in noted if s["cdrs"]["rows"] != size["cdrs"]["rows"]), size]
    path.write_text(json.dumps({"sizes": sorted(sizes, key=lambda s: s["cdrs"]["rows"])}, indent=1))


def _check(options: argparse.Namespace) -> int:
    """Compare every contender's features with the program's on a small input; the exit code."""
    # Not imported when timing: a child's peak memory is never below its parent's.
    from contenders.compare import differences, read_features

    cdrs = make_cdrs(options.dir, min(options.rows[0], options.check_rows), 2)
    print(cdrs.told)
    every = contenders(cdrs, options)
    timed(every[COLD].command)
    program = read_features(_work(options) / "program.parquet")
    print(f"{len(program):,} subscriber-months, {len(WANTED)} features")
    bad = 0
    for name in (n for n in (DUCKDB, POLARS, PANDAS) if n in every):
        timed(every[name].command, every[name].env)
        found = differences(program, read_features(Path(every[name].command[3])))
        print(f"{name}: {'; '.join(found) or 'all values equal to telco-crm'}")
        bad += bool(found)
    shutil.rmtree(_work(options))
    return 1 if bad else 0


def _work(options: argparse.Namespace) -> Path:
    return Path(options.dir) / f"work-{os.getpid()}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000_000])
    parser.add_argument("--months", type=int, default=3, help="months the rows are spread over")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-limit", default="1GB", help="of telco-crm and of the limited DuckDB query")
    parser.add_argument("--dir", type=Path, default=Path("/tmp/telco-crm-benchmarks"))
    parser.add_argument("--only", nargs="+", choices=[n for n in ABOUT if n != BANDICOOT], help="these contenders only")
    parser.add_argument("--pandas-rows", type=int, default=30_000_000, help="pandas is left out above")
    parser.add_argument("--time-limit", type=float, default=3600, help="seconds after which a contender is stopped")
    parser.add_argument("--memory-cap", type=float, default=memory * 0.8, help="GB at which a contender is stopped")
    parser.add_argument("--json", type=Path, help="file for the results, sizes added to those there")
    parser.add_argument("--markdown", action="store_true", help="tables as Markdown")
    parser.add_argument("--check", action="store_true", help="compare all values on a small input, time nothing")
    parser.add_argument("--check-rows", type=int, default=250_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
