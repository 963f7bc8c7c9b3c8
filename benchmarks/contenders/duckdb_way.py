"""The features with DuckDB, as an analyst would write them: one query, sums and other parties grouped apart.

python benchmarks/contenders/duckdb_way.py 'DIR/usage_*.parquet' OUT.parquet THREADS [MEMORY_LIMIT]
"""

from __future__ import annotations

import sys

import duckdb
from wanted import HOURS, LONG_S, RATIOS, RECORDS, SUMS, VALUES, WANTED, flags_of


def query(files: str) -> str:
    """One row per subscriber and month."""
    wanted = ", ".join(WANTED)
    ratios = ", ".join(f"{top} / nullif({bottom}, 0) AS {name}" for name, (top, bottom) in RATIOS.items())
    return f"""
        WITH records AS ({_records(files)}), sums AS ({_sums()}), people AS ({_people()})
        SELECT subscriber_id, month, {wanted}
        FROM (SELECT *, {ratios} FROM sums LEFT JOIN people USING (subscriber_id, month))"""


def _records(files: str) -> str:
    equal = ", ".join(
        f"{column} IN ({', '.join(map(repr, values))}) AS {name}" for name, (column, values) in VALUES.items()
    )
    hours = ", ".join(
        f"hour(start_time) >= {low} AND hour(start_time) < {high} AS {n}" for n, (low, high) in HOURS.items()
    )
    return f"""
        SELECT subscriber_id, year(start_time) * 100 + month(start_time) AS month, counterpart, duration_s,
               volume_bytes, charge::DOUBLE AS charge, day(start_time) AS day, day(last_day(start_time)) AS days,
               {equal}, {hours}, ip_prefix AS ip, isodow(start_time) < 6 AS workday,
               coalesce(duration_s, 0) > 0 AS answered, coalesce(duration_s, 0) >= {LONG_S} AS long,
               (day(start_time) - 1) * 24 + hour(start_time) < day(last_day(start_time)) * 12 AS first_half
        FROM read_parquet('{files}')"""


def _sums() -> str:
    columns = [f"count_if({_where(condition)}) AS {name}" for name, condition in RECORDS.items()]
    for features, column, divisor in SUMS:
        columns += [
            f"coalesce(sum(CASE WHEN {_where(c)} THEN {column} END), 0) / {divisor} AS {name}"
            for name, c in features.items()
        ]
    return f"""
        SELECT subscriber_id, month, {", ".join(columns)}, bit_count(bit_or(1 << day)) AS active_days,
               coalesce(bit_count(bit_or(1 << day) FILTER (out OR data)), 0) AS active_days_out,
               any_value(days) - max(day) AS last_activity_gap_days,
               median(duration_s) FILTER (voice AND answered) AS median_call_s,
               max(coalesce(duration_s, 0)) FILTER (voice) AS longest_call_s
        FROM records GROUP BY subscriber_id, month"""


def _people() -> str:
    return """
        SELECT subscriber_id, month, count(*) AS contacts, count_if(n_out > 0) AS contacts_out,
               count_if(n_in > 0) AS contacts_in, count_if(n_out > 0 AND n_in > 0) AS contacts_mutual,
               count_if(with_rival) AS contacts_rival, max(n) / sum(n) AS top_contact_share,
               greatest(0, ln(sum(n)) - sum(n * ln(n)) / sum(n)) AS contact_entropy
        FROM (SELECT subscriber_id, month, counterpart, count(*) AS n, count_if(out) AS n_out,
                     count_if(incoming) AS n_in, coalesce(bool_or(rival), false) AS with_rival
              FROM records WHERE counterpart IS NOT NULL AND NOT data AND NOT forward
              GROUP BY subscriber_id, month, counterpart)
        GROUP BY subscriber_id, month"""


def _where(condition: str) -> str:
    return " AND ".join(("NOT " if negated else "") + flag for flag, negated in flags_of(condition)) or "true"


def main() -> None:
    files, out, threads, *limit = sys.argv[1:]
    settings = {"threads": int(threads), "preserve_insertion_order": False}
    if limit:
        settings["memory_limit"] = limit[0]
    duckdb.connect(config=settings).execute(f"COPY ({query(files)}) TO '{out}' (FORMAT parquet)")


if __name__ == "__main__":
    main()
