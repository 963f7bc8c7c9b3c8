"""bandicoot's indicators for many users, as whole processes: records a second, processor time, peak memory.

    python benchmarks/indicators.py [--records 20000000] [--users 60000] [--folder-users 3000] [--rounds 3] [--dir DIR]

The records are made here (kept in DIR between calls): calls and texts of users with circles of contacts and antennas,
over 13 weeks, as one usage table in Parquet and, for the first --folder-users of them, as a folder of bandicoot's CSV
files. What bandicoot's `utils.all` gives by default is timed (weekly, no splits), and once all splits. bandicoot's own
rate, 19,400 records a second on one core, was recorded elsewhere.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb

from process import machine, median, rounds, timed

BANDICOOT = 19_400  # records a second and core
COLUMNS = "interaction,direction,correspondent_id,datetime,call_duration,antenna_id"
# Draws that depend on nothing but the number of the record: u(k) is the k-th number from 0 to 1 of record i.
RECORDS = """
    SELECT 'u' || (i % {users}) AS user,
        CASE WHEN u1 < 0.55 THEN 'call' ELSE 'text' END AS interaction,
        CASE WHEN u2 < 0.5 THEN 'in' ELSE 'out' END AS direction,
        'c' || (i % {users} * 7919 + floor(40 * u3 * u3 * u3)::BIGINT) % {users} AS correspondent_id,
        TIMESTAMP '2026-01-05' + to_seconds(floor(91 * u4)::BIGINT * 86400 + floor(86399 * sqrt(u5))::BIGINT)
            AS datetime,
        CASE WHEN u1 < 0.55 THEN floor(600 * u6 * u6)::BIGINT END AS call_duration,
        'a' || (i % {users} * 104729 + floor(12 * u7 * u7 * u7 * u7)::BIGINT) % 5000 AS antenna_id
    FROM (SELECT i, {draws} FROM range({records}) r(i))
"""
# In a process of its own: what this one has in memory would count for those it starts.
MAKE = "import duckdb, sys; duckdb.sql(sys.argv[1])"


def main() -> None:
    options = _options()
    options.dir.mkdir(parents=True, exist_ok=True)
    table, folder = _table(options), None
    counts = {"Parquet, one table": options.records}
    form = ["--threads", str(options.threads), "--no-store", "-q"]
    command = [sys.executable, "-m", "telco_crm", "indicators"]
    out = str(options.dir / "indicators.csv")
    contenders = {"Parquet, one table": [*command, str(table), "-o", out, *form]}
    if options.folder_users:
        folder, count = _folder(options, table)
        counts["CSV, one file a user"] = count
        contenders["CSV, one file a user"] = [*command, str(folder), "-o", out, *form]
    contenders["Parquet, all splits"] = [*contenders["Parquet, one table"], "--split-week", "--split-day"]
    counts["Parquet, all splits"] = options.records
    print(machine())
    print(f"{options.users:,} users, {options.threads} threads, median of {options.rounds} rounds")
    for name, t in ((n, median(t)) for n, t in rounds(contenders, options.rounds).items()):
        count = counts[name]
        print(f"  {name}: {count:,} records, {t.wall:.2f} s, {t.memory:,.0f} MB, {t.cpu:.2f} s of processor", end="")
        print(f" ({t.cpu / count * 1e6:.2f} a million), {count / t.wall:,.0f} records a second", end="")
        print(f", {count / t.wall / BANDICOOT:.0f} × bandicoot on one core")


def _table(options: argparse.Namespace) -> Path:
    path = options.dir / f"indicators-{options.records}-{options.users}.parquet"
    if not path.exists():
        draws = ", ".join(f"hash(i * 8 + {k}) / 18446744073709551616.0 AS u{k}" for k in range(1, 8))
        records = RECORDS.format(users=options.users, records=options.records, draws=draws)
        table = f"SELECT user AS subscriber_id, * EXCLUDE user FROM ({records}) ORDER BY datetime"
        timed([sys.executable, "-c", MAKE, f"COPY ({table}) TO '{path}'"])
    return path


def _folder(options: argparse.Namespace, table: Path) -> tuple[Path, int]:
    folder = options.dir / f"indicators-{options.records}-{options.users}-{options.folder_users}"
    mine = f"FROM '{table}' WHERE substr(subscriber_id, 2)::BIGINT < {options.folder_users}"
    count = duckdb.sql(f"SELECT count(*) {mine}").fetchall()[0][0]
    if not folder.exists():
        folder.mkdir()
        lines: dict[str, list[str]] = {}
        reader = duckdb.sql(f"SELECT subscriber_id, concat_ws(',', {_texts()}) AS line {mine} ORDER BY datetime")
        for user, line in reader.fetchall():
            lines.setdefault(user, []).append(line)
        for user, own in lines.items():
            (folder / f"{user}.csv").write_text("\n".join([COLUMNS, *own, ""]))
    return folder, int(count)


def _texts() -> str:
    shown = {"datetime": "strftime(datetime, '%Y-%m-%d %H:%M:%S')"}
    return ", ".join(f"coalesce({shown.get(c, c)}::VARCHAR, '')" for c in COLUMNS.split(","))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000_000)
    parser.add_argument("--users", type=int, default=60_000)
    parser.add_argument("--folder-users", type=int, default=3_000, help="0: no folder")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dir", type=Path, default=Path("/tmp/telco-crm-benchmarks"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
