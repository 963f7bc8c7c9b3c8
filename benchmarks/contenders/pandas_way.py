"""The features with pandas, as an analyst would write them: categories for text, one integer key per subscriber and
month, a mask per condition.

    python benchmarks/contenders/pandas_way.py 'DIR/usage_*.parquet' OUT.parquet
"""

from __future__ import annotations

import glob
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from wanted import HOURS, LONG_S, RATIOS, RECORDS, SUMS, USED_COLUMNS, VALUES, WANTED, flags_of

TEXT = ["subscriber_id", "service", "direction", "counterpart", "counterpart_network", "toll", "roaming"]


class Usage:
    """The records: a frame, `flags` as masks, `key` as the number of each record's subscriber and month."""

    def __init__(self, files: str) -> None:
        self.frame = _read(files)
        start = self.frame["start_time"].dt
        month = (start.year * 12 + start.month - 1).to_numpy()
        people = self.frame["subscriber_id"].cat
        first, months = month.min(), int(month.max() - month.min() + 1)
        self.key, groups = pd.factorize(people.codes.to_numpy(np.int64) * months + month - first)
        month_no = groups % months + first
        self.owner = pd.DataFrame(
            {
                "subscriber_id": people.categories.take(groups // months),
                "month": month_no // 12 * 100 + month_no % 12 + 1,
            }
        )
        self.day = start.day.to_numpy()
        self.days = start.days_in_month.to_numpy()
        self.flags = self._flags()

    def _flags(self) -> dict[str, np.ndarray]:
        frame, start = self.frame, self.frame["start_time"].dt
        hour, seconds = start.hour.to_numpy(), frame["duration_s"].fillna(0).to_numpy()
        flags = {
            name: frame[column].isin(values).to_numpy()
            if len(values) > 1
            else (frame[column] == values[0]).to_numpy(bool)
            for name, (column, values) in VALUES.items()
        }
        flags |= {name: (hour >= low) & (hour < high) for name, (low, high) in HOURS.items()}
        return flags | {
            "ip": frame["ip_prefix"].eq(True).to_numpy(bool),
            "workday": start.day_of_week.to_numpy() < 5,
            "answered": seconds > 0,
            "long": seconds >= LONG_S,
            "first_half": (self.day - 1) * 24 + hour < self.days * 12,
        }

    def where(self, condition: str) -> np.ndarray:
        """The mask of a condition."""
        mask = np.ones(len(self.key), bool)
        for flag, negated in flags_of(condition):
            mask &= ~self.flags[flag] if negated else self.flags[flag]
        return mask

    def total(self, mask: np.ndarray, column: str | None = None) -> np.ndarray:
        """Per subscriber and month: how many records of the mask, or the sum of a column."""
        weights = None if column is None else self.frame[column].fillna(0).to_numpy()[mask]
        return np.bincount(self.key[mask], weights, minlength=len(self.owner))


def features(files: str) -> pd.DataFrame:
    """One row per subscriber and month."""
    usage = Usage(files)
    made = {name: usage.total(usage.where(condition)) for name, condition in RECORDS.items()}
    for names, column, divisor in SUMS:
        made |= {name: usage.total(usage.where(condition), column) / divisor for name, condition in names.items()}
    table = pd.concat([usage.owner, pd.DataFrame(made | _activity(usage)), _people(usage)], axis=1)
    ratios = {name: table.eval(top) / table.eval(bottom).replace(0, np.nan) for name, (top, bottom) in RATIOS.items()}
    return pd.concat([table, pd.DataFrame(ratios)], axis=1)[["subscriber_id", "month", *WANTED]]


def _activity(usage: Usage) -> dict[str, np.ndarray | pd.Series]:
    voice, seconds = usage.flags["voice"], usage.frame["duration_s"].fillna(0)
    answered, outgoing = voice & usage.flags["answered"], usage.flags["out"] | usage.flags["data"]
    last = pd.Series(usage.days - usage.day).groupby(usage.key).min()
    return {
        "active_days": _days(usage, np.ones(len(usage.key), bool)),
        "active_days_out": _days(usage, outgoing),
        "last_activity_gap_days": last,
        "median_call_s": seconds[answered].groupby(usage.key[answered]).median(),
        "longest_call_s": seconds[voice].groupby(usage.key[voice]).max(),
    }


def _days(usage: Usage, mask: np.ndarray) -> np.ndarray:
    used = pd.unique(usage.key[mask] * 32 + usage.day[mask])
    return np.bincount(used // 32, minlength=len(usage.owner))


def _people(usage: Usage) -> pd.DataFrame:
    """The features of the other parties, by the number of subscriber and month."""
    other = usage.frame["counterpart"].cat.codes.to_numpy(np.int64)
    known = (other >= 0) & ~usage.flags["data"] & ~usage.flags["forward"]
    pair, pairs = pd.factorize(usage.key[known] * (other.max() + 1) + other[known])
    n = np.bincount(pair)
    was = {f: np.bincount(pair[usage.flags[f][known]], minlength=len(n)) > 0 for f in ("out", "incoming", "rival")}
    key = pairs // (other.max() + 1)
    size = len(usage.owner)
    count, total = np.bincount(key, minlength=size), np.bincount(key, n, minlength=size)
    terms = np.bincount(key, n * np.log(n), minlength=size)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = np.where(total > 0, np.maximum(0, np.log(total) - terms / total), np.nan)
        share = pd.Series(n).groupby(key).max().reindex(range(size)).to_numpy() / total
    return pd.DataFrame(
        {
            "contacts": count,
            "contacts_out": np.bincount(key[was["out"]], minlength=size),
            "contacts_in": np.bincount(key[was["incoming"]], minlength=size),
            "contacts_mutual": np.bincount(key[was["out"] & was["incoming"]], minlength=size),
            "contacts_rival": np.bincount(key[was["rival"]], minlength=size),
            "contact_entropy": entropy,
            "top_contact_share": share,
        }
    )


def _read(files: str) -> pd.DataFrame:
    table = pq.read_table(sorted(glob.glob(files)), columns=list(USED_COLUMNS), read_dictionary=TEXT)
    place = table.column_names.index("charge")
    table = table.set_column(place, "charge", table["charge"].cast(pa.float64()))
    return table.unify_dictionaries().to_pandas(split_blocks=True, self_destruct=True)


def main() -> None:
    files, out = sys.argv[1:3]
    features(files).to_parquet(out)


if __name__ == "__main__":
    main()
