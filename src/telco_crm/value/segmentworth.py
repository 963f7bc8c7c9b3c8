"""The worth of segments: sums over their subscribers, and the interval in which the sum will lie.

Its variance has five parts: who leaves when and what each brings beside the expected (independent from one to the
next); what is not known of the hazard (`covariance`), nor of the revenue of bands and groups; and good and bad months
for everybody, of leaving and of revenue.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from telco_crm.value.hazard import Hazard
from telco_crm.value.horizon import Ahead
from telco_crm.value.revenue import Revenue, Share
from telco_crm.worth import WorthRules

Floats = npt.NDArray[np.float64]
Z = float(norm.ppf(0.975))


class Sums:
    """Adds up profiles by segment, chunk by chunk. A segment is (kind, level)."""

    def __init__(self, hazard: Hazard, revenue: Revenue, rules: WorthRules) -> None:
        """Nothing so far."""
        self._hazard, self._revenue, self._rules = hazard, revenue, rules
        self._rows: dict[tuple[str, object], dict[str, Floats]] = {}

    def add(self, profiles: pd.DataFrame, ahead: Ahead, kinds: tuple[str, ...]) -> None:
        """`profiles` as in `look_ahead`, with share and noise of their revenue, `n` subscribers, the sum of their
        levels `level` and of the squares `level2`, and the columns `kinds`.
        """
        margin = self._rules.margin
        base = margin * (profiles["level"] * profiles["share"]).to_numpy(float)
        squares = margin**2 * (profiles["level2"] * profiles["share"] ** 2).to_numpy(float)
        noise, n = profiles["noise"].to_numpy(float), profiles["n"].to_numpy(float)
        discounts = self._rules.monthly_discount ** np.arange(1, self._rules.horizon_months + 1)
        months = ahead.there * discounts
        year = min(12, self._rules.horizon_months) - 1
        values = {
            "n": n,
            "revenue": base / margin,
            "value": base * ahead.mean,
            "own": squares * (ahead.square * (1 + noise) - ahead.mean**2),
            "slope": base[:, None] * ahead.slope,
            "bad": base[:, None] * ahead.hazard * ahead.rest,
            "later": base[:, None] * np.cumsum(months[:, ::-1], axis=1)[:, ::-1],
            "stay": n * (ahead.there * (1 - ahead.hazard))[:, year],
            "months": n * ahead.there.sum(axis=1),
            "leave": n * ahead.hazard[:, 0],
        }
        for name, of in self._revenue_effects().items():
            each = [np.where(profiles[name] == key, values["value"] / share.mean, 0.0) if share.mean else 0 * base
                    for key, share in of.items()]  # fmt: skip
            values[f"by_{name}"] = np.column_stack([np.zeros(len(base)), *each])
        for kind in kinds:
            for level, members in profiles.groupby(kind, sort=True).indices.items():
                row = self._rows.setdefault((kind, level), {})
                for name, value in values.items():
                    row[name] = row.get(name, np.zeros(1)) + value[members].sum(axis=0)

    def table(self) -> pd.DataFrame:
        """One row per segment: kind, level, subscribers, revenue, stay, months, leave, value, low and high."""
        rows = [(*key, *self._figures(row)) for key, row in self._rows.items()]
        columns = ["kind", "level", "subscribers", "revenue", "leave", "stay", "months", "value", "low", "high"]
        return pd.DataFrame(rows, columns=columns)

    def _figures(self, row: dict[str, Floats]) -> tuple[float, ...]:
        n, value = float(row["n"].sum()), float(row["value"].sum())
        deviation = Z * float(np.sqrt(self._variance(row)))
        return (n, float(row["revenue"].sum()), *(float(row[k].sum()) / n for k in ("leave", "stay", "months")),
                value, max(value - deviation, 0.0), value + deviation)  # fmt: skip

    def _revenue_effects(self) -> dict[str, Mapping[Any, Share]]:
        return {"band": self._revenue.bands, **self._revenue.factors}

    def _variance(self, row: dict[str, Floats]) -> float:
        revenue = self._revenue
        unsure = sum(
            (row[f"by_{name}"] ** 2 * np.array([0.0, *(s.variance for s in of.values())])).sum()
            for name, of in self._revenue_effects().items()
        )
        return float(
            row["own"].sum()
            + row["slope"] @ self._hazard.covariance @ row["slope"]
            + unsure
            + self._hazard.shock * (row["bad"] ** 2).sum()
            + revenue.shock * (row["later"] ** 2).sum()
        )
