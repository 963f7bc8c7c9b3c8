"""All rule analyses of a month against one scan and sort of the same tables with DuckDB: seconds, ratio, peak memory.

    python benchmarks/rules.py [--subscribers 1000000] [--months 6] [--rounds 3] [--threads 2] [--memory-limit 1GB]

The tables are bills, subscribers, events, contacts and monthly features, as a run has them before its analyses: those
of a generated operator of 2,000, many times over with numbers of their own, spread by the hash that the feature table
goes by (kept in --dir between calls). No call records are needed for that many subscribers.

The yardstick reads every column of these tables and sorts them by subscriber and month, on the same number of threads
and within the same memory. The program reads them into its engine and computes every analysis of the catalogue that
is rules in SQL (and the look-alikes of recommendations); groups, churn scores and what needs them are models and
measured elsewhere. Each is a process of its own, in turn. The time of every analysis is printed, too.

With --lifetimes the customer value assessment alone, with groups (stand-ins by the hash of the number) and with dates
of activation and ends of contracts that differ from copy to copy, so that there are as many different lives as among
real subscribers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from process import PROGRAM, command_line, machine, median, rounds

BASE = 2000  # subscribers of the operator that is multiplied
SMALL = ("bills", "subscribers", "events", "contacts")
ELSEWHERE = {"groups", "segments", "strategy", "churn history", "churn", "retention"}  # models, and what needs them


def main() -> None:
    options = _options()
    folder = options.dir / f"rules-{options.subscribers}-{options.months}"
    if options.task:
        {"make": _make, "sort": _sort, "rules": _rules, "lifetimes": _lifetimes}[options.task](folder, options)
        return
    print(f"{machine()}\n{command_line()}\n", flush=True)
    me = [sys.executable, __file__, *sys.argv[1:], "--task"]
    if not (folder / "done").exists():  # in a process of its own: the memory of a process counts for those it starts
        subprocess.run([*me, "make"], check=True)
    names = {"scan and sort": "sort", "rule analyses": "rules"}
    if options.lifetimes:
        names = {"scan and sort": "sort", "lifetimes": "lifetimes"}
    found = rounds({name: [*me, task] for name, task in names.items()}, options.rounds)
    middle = {name: median(timings) for name, timings in found.items()}
    for name, t in middle.items():
        ratio = t.wall / middle["scan and sort"].wall
        print(f"{name}: {t.wall:.1f} s, {t.cpu:.1f} s of processor, {t.memory:,.0f} MB, {ratio:.1f} times the sort")
    print("seconds of each analysis in the last round:", (folder / "seconds.json").read_text())


def _sort(folder: Path, options: argparse.Namespace) -> None:
    """Read the tables and sort them."""
    import duckdb

    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        settings = {"threads": options.threads, "memory_limit": options.memory_limit, "temp_directory": scratch}
        connection = duckdb.connect(f"{scratch}/sorted.duckdb", config=settings)
        for name in (*SMALL, "features"):
            month = ", month" if name in ("bills", "features") else ""
            query = f"SELECT * FROM read_parquet('{folder}/{name}*.parquet') ORDER BY subscriber_id{month}"
            connection.execute(f"CREATE TABLE {name} AS {query}")


def _rules(folder: Path, options: argparse.Namespace) -> None:
    """Compute the analyses; their seconds into a file of the folder."""
    from telco_crm.analysis import RunContext
    from telco_crm.catalog import ANALYSES
    from telco_crm.engine.duck import DuckEngine
    from telco_crm.engine.workers import LocalWorkers
    from telco_crm.errors import CannotCompute
    from telco_crm.features.loading import load_catalog
    from telco_crm.features.people import people_analysis
    from telco_crm.ingest.told import tell
    from telco_crm.months import Month

    months = [Month(f"2026-{number:02d}") for number in range(1, options.months + 1)]
    seconds: dict[str, float] = {}
    with DuckEngine(options.threads, options.memory_limit, folder) as engine:
        start = time.perf_counter()
        for name in SMALL:
            engine.run(f"CREATE TABLE {name} AS FROM read_parquet('{folder}/{name}.parquet')")
        engine.run(f"CREATE VIEW features AS FROM read_parquet('{folder}/features*.parquet')")
        seconds["reading"] = time.perf_counter() - start
        tables = {*SMALL, "usage", "features", *tell(engine, [], {}, None)}
        context = RunContext(engine, months[-1], months, tables)
        for analysis in (people_analysis(load_catalog({}, {}, None)), *ANALYSES):
            if analysis.name in ELSEWHERE or not context.has(*analysis.needs):
                print(f"  left out: {analysis.name}", file=sys.stderr)
                continue
            start = time.perf_counter()
            try:
                analysis.run(context, LocalWorkers(engine))
            except CannotCompute as why:  # competitor customers, which need call records
                print(f"  left out: {analysis.name}: {why}", file=sys.stderr)
            seconds[analysis.name] = time.perf_counter() - start
    (folder / "seconds.json").write_text(json.dumps({name: round(s, 2) for name, s in seconds.items()}) + "\n")


def _lifetimes(folder: Path, options: argparse.Namespace) -> None:
    """Compute the customer value assessment; seconds of what it needs and of itself into a file of the folder."""
    from telco_crm.analysis import RunContext
    from telco_crm.catalog import ANALYSES
    from telco_crm.engine.duck import DuckEngine
    from telco_crm.engine.workers import LocalWorkers
    from telco_crm.features.loading import load_catalog
    from telco_crm.features.people import people_analysis
    from telco_crm.months import Month

    months = [Month(f"2026-{number:02d}") for number in range(1, options.months + 1)]
    needed = [a for a in ANALYSES if a.name in ("arpu", "who left", "value assessment")]
    spread = (
        "activated_on - to_months((hash(subscriber_id) % 96)::INTEGER) AS activated_on, "
        "contract_end + to_months((hash(subscriber_id || 'c') % 18)::INTEGER) AS contract_end"
    )
    group = "1 + hash(subscriber_id || 'g') % 17"
    seconds: dict[str, float] = {}
    with DuckEngine(options.threads, options.memory_limit, folder) as engine:
        for name in SMALL:
            replaced = f"SELECT * REPLACE ({spread})" if name == "subscribers" else "SELECT *"
            engine.run(f"CREATE TABLE {name} AS {replaced} FROM read_parquet('{folder}/{name}.parquet')")
        engine.run(f"CREATE VIEW features AS FROM read_parquet('{folder}/features*.parquet')")
        for name in ("grouped", "groups_before"):
            word = f"SELECT subscriber_id, ({group})::BIGINT AS group_id, 'group ' || {group} AS \"group\""
            engine.run(f"CREATE TABLE {name} AS {word} FROM subscribers")
        context = RunContext(engine, months[-1], months, {*SMALL, "usage", "features", "grouped", "groups_before"})
        for analysis in (people_analysis(load_catalog({}, {}, None)), *needed):
            start = time.perf_counter()
            analysis.run(context, LocalWorkers(engine))
            seconds[analysis.name] = time.perf_counter() - start
        profiles = engine.rows("SELECT max(profile) FROM assessed")[0][0]
    told = {name: round(s, 2) for name, s in seconds.items()} | {"different lives": profiles}
    (folder / "seconds.json").write_text(json.dumps(told) + "\n")


def _make(folder: Path, options: argparse.Namespace) -> None:
    """The tables of the operator, many times over."""
    from telco_crm.cli_options import DEFAULT_STORE
    from telco_crm.engine.duck import DuckEngine
    from telco_crm.session import Settings, features_of, loaded

    base = folder / "base"
    folder.mkdir(parents=True, exist_ok=True)
    made = ["--subscribers", str(BASE), "--months", str(options.months), "--records", "0.2", "--format", "parquet"]
    subprocess.run([*PROGRAM, "sample", str(base), *made, "-q"], check=True)
    copies = -(-options.subscribers // BASE)
    settings = Settings(threads=options.threads, store=folder / DEFAULT_STORE)
    with loaded(base, {}, settings) as data, DuckEngine(options.threads, options.memory_limit, folder) as engine:
        features_of(data)
        for name in (*SMALL, "features"):
            engine.register("base", data.engine.batches(f"FROM {name}").read_all())
            columns = engine.columns("base")
            shifted = {
                c: f"({c}::BIGINT + copy * 7919)::VARCHAR" for c in ("subscriber_id", "account_id") if c in columns
            }
            replaced = ", ".join(f"{sql} AS {c}" for c, sql in shifted.items())
            order = "hash(subscriber_id), subscriber_id" if name != "features" else "month, hash(subscriber_id)"
            engine.run(
                f"COPY (SELECT * REPLACE ({replaced}) FROM base CROSS JOIN range({copies}) r(copy) ORDER BY {order}) "
                f"TO '{folder}/{name}.parquet' (FORMAT parquet, ROW_GROUP_SIZE 61440)"
            )
    (folder / "done").touch()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscribers", type=int, default=1_000_000)
    parser.add_argument("--months", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-limit", default="1GB")
    parser.add_argument("--lifetimes", action="store_true")
    parser.add_argument("--dir", type=Path, default=Path("/tmp/telco-crm-benchmarks"))
    parser.add_argument("--task", choices=["make", "sort", "rules", "lifetimes"], help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
