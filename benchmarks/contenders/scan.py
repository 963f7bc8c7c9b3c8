"""A raw scan with DuckDB: reads columns whole and does as little as possible with them.

    python benchmarks/contenders/scan.py "read_parquet('DIR/usage_*.parquet')" THREADS max|hash [COLUMN …]

max: the greatest value of each column, so that every value is looked at (of several columns at once: the maximum of a
single one is partly taken from the file's statistics); hash: one hash over each row's values, folded with XOR.
"""

from __future__ import annotations

import sys

import duckdb


def main() -> None:
    relation, threads, how, *columns = sys.argv[1:]
    connection = duckdb.connect(config={"threads": int(threads)})
    if not columns:
        columns = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()]
    names = [f'"{column}"' for column in columns]
    wanted = f"bit_xor(hash({', '.join(names)}))" if how == "hash" else ", ".join(f"max({name})" for name in names)
    connection.execute(f"SELECT {wanted} FROM {relation}").fetchall()


if __name__ == "__main__":
    main()
