"""Whether a contender's features are the program's: same subscribers and months, same values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from contenders.wanted import WANTED

TOLERANCE = 1e-9  # relative, and absolute for values below 1
KEY = ["subscriber_id", "month"]


def differences(program: pd.DataFrame, other: pd.DataFrame) -> list[str]:
    """What is not equal, in words; nothing if all is."""
    ours, theirs = (frame.sort_values(KEY).reset_index(drop=True) for frame in (program, other))
    if not ours[KEY].equals(theirs[KEY]):
        return [f"{len(ours):,} and {len(theirs):,} rows, of other subscribers or months"]
    return [told for name in WANTED if (told := _difference(name, ours[name], theirs[name]))]


def read_features(path: Path) -> pd.DataFrame:
    """A written feature table; months that are numbers (202601) as text (2026-01)."""
    frame = pd.read_parquet(path)
    frame["subscriber_id"] = frame["subscriber_id"].astype("object")
    months = frame["month"].astype(str)
    frame["month"] = months.where(months.str.contains("-"), months.str[:4] + "-" + months.str[4:]).astype("object")
    return frame


def _difference(name: str, ours: pd.Series, theirs: pd.Series) -> str:
    a, b = ours.to_numpy(np.float64, na_value=np.nan), theirs.to_numpy(np.float64, na_value=np.nan)
    empty = np.isnan(a) != np.isnan(b)
    wrong = empty | (np.abs(a - b) > TOLERANCE * np.maximum(1, np.abs(a)))
    if not wrong.any():
        return ""
    first = int(np.flatnonzero(wrong)[0])
    return f"{name}: {wrong.sum():,} of {len(a):,} differ, the first {a[first]!r} against {b[first]!r}"
