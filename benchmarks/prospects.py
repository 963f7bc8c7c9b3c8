"""Competitor customers of CDRs in the store: both passes against a raw scan, and against one SQL query.

    python benchmarks/prospects.py [--rows 20000000] [--months 6] [--rounds 3] [--threads 2] [--memory-limit 1GB]
                                   [--dir DIR]

The input is made with `telco-crm sample` and read into a store (both kept in DIR between calls). All contenders run on
one engine, in turn; medians of the rounds are printed. The query goes over the exports and finds the same numbers,
which is checked; it knows neither unlike ways of writing a number nor who is ours.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cdrs import Cdrs, make_cdrs
from process import command_line, machine
from telco_crm.analysis import RunContext
from telco_crm.market.prospects import CALLERS, PROSPECTS
from telco_crm.session import Loaded, Settings, analyse, loaded

CALL = "service = 'voice' AND direction = 'in' AND counterpart_network <> 'own' AND duration_s > 0"
COLUMNS = ("subscriber_id", "start_time", "service", "direction", "counterpart", "counterpart_network", "duration_s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--months", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-limit", default="1GB")
    parser.add_argument("--dir", type=Path, default=Path("benchmark-data"))
    options = parser.parse_args()
    print(f"{machine()}\n{command_line()}\n", flush=True)
    cdrs = make_cdrs(options.dir, options.rows, options.months)
    print(cdrs.told, flush=True)
    settings = Settings(
        threads=options.threads, memory_limit=options.memory_limit, store=options.dir / "prospects-store"
    )
    with loaded(Path(cdrs.folder), {}, settings) as data:
        context, _ = analyse(data, ())
        _compare(cdrs, data, context, options.rounds)
    print(f"peak memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def _compare(cdrs: Cdrs, data: Loaded, context: RunContext, times: int) -> None:
    scan = ", ".join(f"max({column})" for column in COLUMNS)
    ways: dict[str, Callable[[], object]] = {
        "raw scan": lambda: data.engine.rows(f"SELECT {scan} FROM {cdrs.relation}"),
        "SQL query": lambda: data.engine.run(f"CREATE OR REPLACE TABLE by_query AS {_query(cdrs.relation)}"),
        "telco-crm": lambda: (CALLERS.run(context, data.workers), PROSPECTS.run(context, data.workers)),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(times):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    for name, median in medians.items():
        print(f"{name:10} {median:7.2f} s   {median / medians['raw scan']:5.2f} × the scan", flush=True)
    counts = data.engine.rows(
        "SELECT (SELECT count(DISTINCT counterpart) FROM by_query), (SELECT count(*) FROM prospects)"
    )
    print(f"numbers found: {counts[0][0]:,} by the query, {counts[0][1]:,} by telco-crm")
    if counts[0][0] != counts[0][1]:
        sys.exit("they do not agree")


def _query(usage: str) -> str:
    """Every contact of the numbers that reach 100 minutes in a month."""
    return (
        f"WITH called AS (SELECT strftime(start_time, '%Y-%m') AS month, * FROM {usage} WHERE {CALL}), "
        "reached AS (SELECT DISTINCT counterpart FROM (SELECT month, counterpart FROM called "
        "WHERE length(counterpart) >= 7 GROUP BY ALL HAVING sum(duration_s) >= 6000)) "
        "SELECT counterpart, subscriber_id, month, sum(duration_s) AS seconds, count(*) AS calls FROM called "
        "SEMI JOIN reached USING (counterpart) GROUP BY ALL"
    )


if __name__ == "__main__":
    main()
