"""Every column as small integers: at most 254 codes in the order of the values, and one code for "missing".

Numbers are cut at quantiles, so heavy tails need no care. Text with few values keeps one code per value; text with many
values is ordered by the share of leavers among its rows, shrunk to the overall share where rows are few (an empirical
Bayes estimate; Micci-Barreca 2001) and, for the rows that are fitted on, taken from the other folds only, so that no
row sees its own outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_crm.rules import Model

Codes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MISSING = 255
MOST_CODES = 250
FEW_VALUES = 30  # text with more values than that is ordered by its share of leavers
LARGEST = 1e140  # larger numbers count as that, so that sums and squares stay finite
UNSTEADY_BITS = 12  # of the 52 of a number
RARE = 10  # values with fewer rows share one code
EDGE_ROWS = 200_000  # quantiles are taken from at most that many rows


class ColumnCode(Model):
    """How one column becomes codes.

    kind number: the code is how many of `edges` lie below the value. kind category: `levels` gives the code of each
    value, `other` that of every value not listed; `ordered` says that codes follow the share of leavers.
    """

    name: str
    kind: Literal["number", "category"]
    edges: tuple[float, ...] = ()
    levels: dict[str, int] = {}
    other: int = MISSING
    ordered: bool = False

    @property
    def count(self) -> int:
        """How many codes there are, "missing" not counted."""
        if self.kind == "number":
            return len(self.edges) + 1
        return max((*self.levels.values(), self.other if self.other != MISSING else -1), default=-1) + 1

    @property
    def nominal(self) -> bool:
        """Whether the codes have no order."""
        return self.kind == "category" and not self.ordered

    def codes(self, values: pd.Series) -> Codes:
        """The codes of `values`: numbers (NaN missing) or text (None missing)."""
        if self.kind == "number":
            numbers = steady(values.to_numpy(np.float64, na_value=np.nan))
            found = np.searchsorted(np.array(self.edges), numbers, side="left").astype(np.uint8)
            found[np.isnan(numbers)] = MISSING
            return found
        places, texts = pd.factorize(values, use_na_sentinel=True)
        table = [self.levels.get(str(text), self.other) for text in texts]
        return np.array([*table, self.levels.get("", MISSING)], np.uint8)[places]

    def unseen(self, values: pd.Series) -> list[str]:
        """The values of a text column that have no code of their own, in order."""
        return sorted(set(map(str, values.dropna().unique())) - set(self.levels)) if self.kind == "category" else []


def steady(values: Floats) -> Floats:
    """`values` to 40 binary digits (12 decimal ones).

    The last digits of a sum depend on the order of its terms: on the engine and its threads. A model must not.
    """
    return np.asarray(((values.view(np.int64) + (1 << UNSTEADY_BITS - 1)) >> UNSTEADY_BITS) << UNSTEADY_BITS).view(
        np.float64
    )


def encode(columns: Sequence[ColumnCode], frame: pd.DataFrame, threads: int = 1) -> Codes:
    """The codes of a frame, one row per column (columns × rows); a column that is not there is all missing."""
    codes = np.full((len(columns), len(frame)), MISSING, np.uint8)

    def work(at: int) -> None:
        if columns[at].name in frame:
            codes[at] = columns[at].codes(frame[columns[at].name])

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(len(columns))))
    return codes


def fit_coding(frame: pd.DataFrame, outcome: Ints, fold: Ints) -> tuple[list[ColumnCode], Codes]:
    """The coding of every column of `frame` (float64 or text), and the codes of these rows.

    `fold` (the same for rows that belong together) keeps a row's own outcome out of its codes.
    """
    columns: list[ColumnCode] = []
    codes = np.full((frame.shape[1], len(frame)), MISSING, np.uint8)
    for at, name in enumerate(map(str, frame.columns)):
        values = frame[name]
        if pd.api.types.is_numeric_dtype(values):
            column = ColumnCode(name=name, kind="number", edges=_edges(steady(values.to_numpy(np.float64))))
            codes[at] = column.codes(values)
        elif values.nunique() <= FEW_VALUES:
            column = _nominal(name, values)
            codes[at] = column.codes(values)
        else:
            column, codes[at] = _ordered(name, values, outcome, fold)
        columns.append(column)
    return columns, codes


def _edges(values: Floats) -> tuple[float, ...]:
    """Where numbers are cut: between any two values if they are few, else at quantiles."""
    known = values[~np.isnan(values)].clip(-LARGEST, LARGEST)
    if len(known) > EDGE_ROWS:
        known = known[np.linspace(0, len(known) - 1, EDGE_ROWS).astype(np.int64)]
    distinct = np.unique(known)
    if len(distinct) > MOST_CODES:
        at = np.linspace(0, 1, MOST_CODES + 1)[1:-1]
        edges = np.unique(np.quantile(known, at, method="averaged_inverted_cdf"))
    else:
        edges = distinct[:-1] / 2 + distinct[1:] / 2
    return tuple(float(edge) for edge in edges)


def _nominal(name: str, values: pd.Series) -> ColumnCode:
    counts = values.value_counts()
    common = sorted(str(v) for v, n in counts.items() if n >= RARE)
    pooled = len(common) if len(common) < len(counts) else MISSING
    levels = {value: code for code, value in enumerate(common)}
    return ColumnCode(name=name, kind="category", levels=levels, other=pooled)


def _ordered(name: str, values: pd.Series, outcome: Ints, fold: Ints) -> tuple[ColumnCode, Codes]:
    places, texts = pd.factorize(values.fillna(""), sort=True)
    share = _shares(places, outcome, len(texts))
    prior = float(outcome.mean())
    edges = _edges(np.append(share, prior))
    levels = dict(zip(map(str, texts), np.searchsorted(edges, share).tolist(), strict=True))
    codes = np.empty(len(values), np.uint8)
    for held in np.unique(fold):
        inside = fold == held
        others = _shares(places[~inside], outcome[~inside], len(texts)) if not inside.all() else share
        codes[inside] = np.searchsorted(edges, others)[places[inside]]
    other = int(np.searchsorted(edges, prior))
    return ColumnCode(name=name, kind="category", levels=levels, other=other, ordered=True), codes


def _shares(places: Ints, outcome: Ints, count: int) -> Floats:
    """Share of leavers by value, each shrunk to the overall share by as much as its rows are few.

    With between-value variance v and overall share p, a value of n rows gets weight n / (n + p(1 - p) / v).
    """
    rows = np.bincount(places, minlength=count).astype(np.float64)
    left = np.bincount(places, weights=outcome, minlength=count)
    prior = outcome.mean()
    noise = prior * (1 - prior)
    raw = np.divide(left, rows, out=np.full(count, prior), where=rows > 0)
    spread = (rows * (raw - prior) ** 2).sum() - noise * ((rows > 0).sum() - 1)
    size = rows.sum() - (rows**2).sum() / max(rows.sum(), 1)
    between = max(spread / max(size, 1e-12), noise / 1000)
    weight = rows / (rows + noise / max(between, 1e-12))
    return np.asarray(prior + weight * (raw - prior), np.float64)
