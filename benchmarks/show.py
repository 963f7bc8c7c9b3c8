"""One subscriber out of the tables of a run: seconds of `telco-crm show`, in all and without the start of the process.

    python benchmarks/show.py [--subscribers 1000000] [--rounds 5]

The tables are those of a run over a generated operator of 2,000 with six months, many times over with numbers of their
own, in the order in which a run writes them (kept in --dir between calls), as CSV and as Parquet. Every round asks for
another subscriber. The start of the process is what `telco-crm show --help` takes, and the imports.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

from process import PROGRAM, command_line, machine, median, timed

BASE = 2000  # subscribers of the operator that is multiplied


def main() -> None:
    options = _options()
    folder = options.dir / f"show-{options.subscribers}"
    if options.task:
        _work(options)
        return
    print(f"{machine()}\n{command_line()}\n", flush=True)
    for form in ("csv", "parquet"):
        if not (folder / form / "manifest.json").exists():
            _make(folder, form, options)
        size = sum(p.stat().st_size for p in (folder / form).iterdir()) / 1e6
        who = _some(folder / form, options.rounds)
        whole = median([timed([*PROGRAM, "show", w, "--from", str(folder / form)]) for w in who])
        work = sorted(_seconds([sys.executable, __file__, "--task", w, str(folder / form)]) for w in who)
        print(
            f"{form} ({size:,.0f} MB): {whole.wall:.2f} s, {whole.cpu:.2f} s of processor, {whole.memory:,.0f} MB; "
            f"of that work {work[len(work) // 2]:.2f} s"
        )


def _work(options: argparse.Namespace) -> None:
    """Print the seconds from a loaded program to the last line."""
    from telco_crm.run_report import run_show

    start = time.perf_counter()
    run_show(Path(options.task[1]), options.task[0], False, None)
    print(time.perf_counter() - start, file=sys.stderr)


def _seconds(command: list[str]) -> float:
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stderr.split()[-1])


def _some(folder: Path, count: int) -> list[str]:
    import duckdb

    rows = duckdb.sql(
        f"SELECT subscriber_id::VARCHAR FROM '{folder}/segments.{folder.name}' USING SAMPLE {count} ROWS (reservoir, 1)"
    )
    return [row[0] for row in rows.fetchall()]


def _make(folder: Path, form: str, options: argparse.Namespace) -> None:
    """The tables of a run, many times over."""
    from telco_crm.engine.duck import DuckEngine
    from telco_crm.output.tables import find_table, stored
    from telco_crm.output.writers import FORMATS, OutputStyle, write_table
    from telco_crm.outputs import OUTPUTS
    from telco_crm.schema import load_schema

    base, out, copies = folder / "base", folder / form, -(-options.subscribers // BASE)
    if not base.exists():
        size = ("--subscribers", str(BASE), "--months", "6", "--records", "0.2")
        subprocess.run([*PROGRAM, "sample", str(folder / "exports"), *size, "-q"], check=True)
        subprocess.run([*PROGRAM, "run", str(folder / "exports"), "-o", str(base), "-q", "--no-store"], check=True)
    out.mkdir(exist_ok=True)
    with DuckEngine(2, "2GB", folder) as engine:
        for name, order in OUTPUTS.items():
            path, schema = find_table(base, name), load_schema(name)
            if path and "subscriber_id" in schema.columns:
                engine.run(f"CREATE OR REPLACE TABLE base AS {stored(engine, path, name)}")
                many = (
                    "SELECT * REPLACE ((subscriber_id::BIGINT + copy * 7919)::VARCHAR AS subscriber_id) "
                    f"FROM base CROSS JOIN range({copies}) r(copy)"
                )
                engine.run(f"CREATE OR REPLACE TABLE {name} AS {_numbered(many, order)}")
                sql = f"FROM {name} ORDER BY {order}"
                write_table(engine, sql, out / (name + FORMATS[form]), schema, OutputStyle(form))
                engine.run(f"DROP TABLE {name}")
    shutil.copy(base / "manifest.json", out)


def _numbered(sql: str, order: str) -> str:
    """With the columns by which a run orders, but does not write."""
    wanted = {"weight": "CASE severity WHEN 'serious' THEN 3 WHEN 'warning' THEN 2 ELSE 1 END", "tag_no": "tag"}
    extra = [f"{made} AS {name}" for name, made in wanted.items() if name in order]
    return f"SELECT *, {', '.join(extra)} FROM ({sql})" if extra else sql


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscribers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dir", type=Path, default=Path("/tmp/telco-crm-benchmarks"))
    parser.add_argument("--task", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
