"""The features with Polars, as an analyst would write them: lazy, on the streaming engine.

POLARS_MAX_THREADS=2 python benchmarks/contenders/polars_way.py 'DIR/usage_*.parquet' OUT.parquet
"""

from __future__ import annotations

import sys

import polars as pl
from wanted import CONTACTS, HOURS, LONG_S, RATIOS, RECORDS, SHARES, SUMS, VALUES, WANTED, flags_of

KEY = ["subscriber_id", "month"]


def features(files: str) -> pl.LazyFrame:
    """One row per subscriber and month."""
    records = _records(files)
    table = _sums(records).join(_people(records), on=KEY, how="left")
    ratios = []
    for name, (top, bottom) in RATIOS.items():
        below = pl.sql_expr(bottom)
        ratios.append((pl.sql_expr(top) / pl.when(below != 0).then(below)).alias(name))
    counts = [pl.col(name).cast(pl.Int64) for name in (*RECORDS, *CONTACTS[:5])]
    return table.with_columns(counts).with_columns(ratios).select(*KEY, *WANTED)


def _records(files: str) -> pl.LazyFrame:
    start, duration = pl.col("start_time"), pl.col("duration_s").fill_null(0)
    hour, day, days = start.dt.hour(), start.dt.day(), start.dt.month_end().dt.day()
    flags = [
        (pl.col(column).is_in(values) if len(values) > 1 else pl.col(column) == values[0]).fill_null(False).alias(name)
        for name, (column, values) in VALUES.items()
    ]
    return pl.scan_parquet(files).select(
        "subscriber_id",
        (start.dt.year() * 100 + start.dt.month()).alias("month"),
        "counterpart",
        "duration_s",
        "volume_bytes",
        pl.col("charge").cast(pl.Float64),
        day.alias("day"),
        days.alias("days"),
        *flags,
        *[((hour >= low) & (hour < high)).alias(name) for name, (low, high) in HOURS.items()],
        pl.col("ip_prefix").fill_null(False).alias("ip"),
        (start.dt.weekday() < 6).alias("workday"),
        (duration > 0).alias("answered"),
        (duration >= LONG_S).alias("long"),
        ((day.cast(pl.Int32) - 1) * 24 + hour < days.cast(pl.Int32) * 12).alias("first_half"),
    )


def _sums(records: pl.LazyFrame) -> pl.LazyFrame:
    made = [_where(c).sum().alias(name) if c else pl.len().alias(name) for name, c in RECORDS.items()]
    for names, column, divisor in SUMS:
        for name, condition in names.items():
            values = pl.col(column).filter(_where(condition)) if condition else pl.col(column)
            made.append((values.sum() / divisor).alias(name))
    voice = pl.col("duration_s").filter(pl.col("voice") & pl.col("answered"))
    return records.group_by(KEY).agg(
        *made,
        pl.col("day").n_unique().alias("active_days"),
        pl.col("day").filter(pl.col("out") | pl.col("data")).n_unique().alias("active_days_out"),
        (pl.col("days").first() - pl.col("day").max()).alias("last_activity_gap_days"),
        voice.median().alias("median_call_s"),
        pl.col("duration_s").fill_null(0).filter(pl.col("voice")).max().alias("longest_call_s"),
    )


def _people(records: pl.LazyFrame) -> pl.LazyFrame:
    known = pl.col("counterpart").is_not_null() & ~pl.col("data") & ~pl.col("forward")
    n = pl.col("n")
    return (
        records.filter(known)
        .group_by([*KEY, "counterpart"])
        .agg(
            pl.len().cast(pl.Float64).alias("n"),
            pl.col("out").any().alias("any_out"),
            pl.col("incoming").any().alias("any_in"),
            pl.col("rival").any().alias("with_rival"),
        )
        .group_by(KEY)
        .agg(
            pl.len().alias("contacts"),
            pl.col("any_out").sum().alias("contacts_out"),
            pl.col("any_in").sum().alias("contacts_in"),
            (pl.col("any_out") & pl.col("any_in")).sum().alias("contacts_mutual"),
            pl.col("with_rival").sum().alias("contacts_rival"),
            (n.sum().log() - (n * n.log()).sum() / n.sum()).clip(lower_bound=0).alias("contact_entropy"),
            (n.max() / n.sum()).alias(SHARES[0]),
        )
    )


def _where(condition: str) -> pl.Expr:
    return pl.all_horizontal(~pl.col(flag) if negated else pl.col(flag) for flag, negated in flags_of(condition))


def main() -> None:
    files, out = sys.argv[1:3]
    features(files).sink_parquet(out, engine="streaming")


if __name__ == "__main__":
    main()
