"""How columns and scores are spread, and how far they have moved: the population stability index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from telco_crm.learn.coding import MISSING, Codes, ColumnCode, Floats
from telco_crm.rules import Model

BINS = 10
LEAST_SHARE = 1e-4  # an empty bin counts as that much, so that the index stays finite
DECIMALS = 6


class Spread(Model):
    """Shares of rows in bins: bin i holds what is at most upper[i] (and above the bin before), the last bin but one all
    that is higher, the last what is missing. `upper` are codes of a column, or probabilities.
    """

    name: str
    upper: tuple[float, ...]
    share: tuple[float, ...]

    def shares(self, values: Floats) -> Floats:
        """The shares of `values` in these bins; NaN is missing."""
        return _shares(np.array(self.upper), values)

    def psi(self, values: Floats) -> float:
        """Population stability index of `values` against this spread: Σ (now − then) ln(now / then)."""
        now, then = (np.maximum(s, LEAST_SHARE) for s in (self.shares(values), np.array(self.share)))
        return float(((now - then) * np.log(now / then)).sum())


def spread_of(values: Floats, name: str = "") -> Spread:
    """The spread of `values` in ten parts of about equal size (fewer where values repeat)."""
    known = values[~np.isnan(values)]
    at = np.linspace(0, 1, BINS + 1)[1:-1]
    upper = np.unique(np.quantile(known, at, method="inverted_cdf")) if len(known) else np.zeros(0)
    upper = np.round(upper, DECIMALS)
    shares = np.round(_shares(upper, values), DECIMALS)
    return Spread(name=name, upper=tuple(upper.tolist()), share=tuple(shares.tolist()))


def spreads_of(columns: Sequence[ColumnCode], codes: Iterable[Codes]) -> tuple[Spread, ...]:
    """The spread of every column's codes; each code is a bin where codes have no order."""
    out = []
    for column, code in zip(columns, codes, strict=True):
        values = as_values(code)
        if column.nominal:
            upper = np.arange(max(column.count - 1, 0), dtype=np.float64)
            shares = np.round(_shares(upper, values), DECIMALS)
            out.append(Spread(name=column.name, upper=tuple(upper.tolist()), share=tuple(shares.tolist())))
        else:
            out.append(spread_of(values, column.name))
    return tuple(out)


def as_values(codes: Codes) -> Floats:
    """Codes as numbers, NaN where missing."""
    values = codes.astype(np.float64)
    values[codes == MISSING] = np.nan
    return values


def _shares(upper: Floats, values: Floats) -> Floats:
    missing = np.isnan(values)
    bins = np.searchsorted(upper, values[~missing], side="left")
    counts = np.append(np.bincount(bins, minlength=len(upper) + 1), missing.sum())
    return np.asarray(counts / max(len(values), 1))
