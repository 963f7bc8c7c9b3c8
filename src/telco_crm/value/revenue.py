"""What a month on the books brings, against what was billed before: measured from the landmark to the as-of month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal
from telco_crm.measures import landmark
from telco_crm.value.lives import index_of

Floats = npt.NDArray[np.float64]
LEAST = 10  # subscribers of a band that tell what it brings


@dataclass(frozen=True)
class Share:
    """What was billed in a month at risk ÷ the level before, and the variance of that estimate."""

    mean: float
    variance: float


@dataclass(frozen=True)
class Revenue:
    """Expected revenue of a month at risk = level × share of the band × factor of the group.

    `noise` is the squared coefficient of variation of a subscriber's mean about that, by band; `shock` the variance of
    the logarithm of everybody's revenue from month to month that chance alone does not explain. `measured` is False
    where there is nothing to hold levels against.
    """

    bands: dict[int, Share]
    groups: dict[int, Share]
    noise: dict[int, float]
    shock: float
    measured: bool = True

    def of(self, band: Floats, group: Floats) -> tuple[Floats, Floats]:
        """Share × factor, and noise, of subscribers in these bands and groups (NaN: not known)."""
        shares = pd.Series(band).map({k: s.mean for k, s in self.bands.items()}).fillna(self._usual).to_numpy()
        factor = pd.Series(group).map({k: s.mean for k, s in self.groups.items()}).fillna(1.0).to_numpy()
        noise = pd.Series(band).map(self.noise).fillna(max(self.noise.values(), default=0.0)).to_numpy()
        return np.asarray(shares * factor, float), np.asarray(noise, float)

    @property
    def _usual(self) -> float:
        return self.bands[-2].mean


def unmeasured(share: float) -> Revenue:
    """Every month at risk brings `share` of the level."""
    return Revenue({-2: Share(share, 0.0)}, {}, {}, 0.0, measured=False)


def measure_revenue(context: RunContext) -> Revenue | None:
    """From `lives` and `arpu`; None where the data does not have both sides of a landmark."""
    then = landmark(context.months)
    if then is None or not context.has("arpu"):
        return None
    frame = context.engine.frame(_paid_sql(context, index_of(then)))
    if not len(frame) or frame["level"].sum() <= 0:
        return None
    frame["due"] = frame["level"] * frame["months"]
    bands = {-2: _ratio(frame["paid"], frame["due"])}
    for band, members in frame.groupby("band"):
        if len(members) >= LEAST:
            bands[_code(band)] = _ratio(members["paid"], members["due"])
    usual = frame["band"].map({k: s.mean for k, s in bands.items()}).fillna(bands[-2].mean)
    frame["expected"] = frame["due"] * usual
    noise = {}
    for band, members in frame.groupby("band"):
        about = ((members["paid"] - members["expected"]) / members["months"]) ** 2
        base = ((members["expected"] / members["months"]) ** 2).sum()
        noise[_code(band)] = float(about.sum() / base) if base > 0 else 0.0
    return Revenue(bands, _group_factors(frame), noise, _shock(context))


def _paid_sql(context: RunContext, then: int) -> str:
    """band, group_id, level, months (at risk since the landmark, with bills) and paid, of who was there at the
    landmark.
    """
    return f"""
        WITH billed AS (SELECT DISTINCT month FROM arpu),
             months AS (SELECT month, CAST(month || '-01' AS DATE) AS start FROM billed),
             ahead AS (SELECT * FROM months WHERE year(start) * 12 + month(start) > {then})
        SELECT band, group_id, level, count(*) AS months, coalesce(sum(arpu), 0)::DOUBLE AS paid
        FROM lives JOIN ahead ON coalesce(left_on >= start, true)
        LEFT JOIN arpu USING (subscriber_id, month)
        WHERE band IS NOT NULL GROUP BY subscriber_id, band, group_id, level ORDER BY subscriber_id"""


def _ratio(paid: pd.Series, due: pd.Series) -> Share:
    """Ratio of sums, with the usual linearised variance."""
    ratio = float(paid.sum() / due.sum())
    return Share(ratio, float(((paid - ratio * due) ** 2).sum() / due.sum() ** 2))


def _group_factors(frame: pd.DataFrame) -> dict[int, Share]:
    """What groups bring beyond their bands, drawn to 1 as far as they do not differ more than by chance (DerSimonian
    and Laird 1986).
    """
    found = {
        _code(g): _ratio(m["paid"], m["expected"]) for g, m in frame.groupby("group_id") if m["expected"].sum() > 0
    }
    found = {g: s for g, s in found.items() if s.variance > 0}
    if len(found) < 3:
        return {}
    mean, variance = (np.array([getattr(s, name) for s in found.values()]) for name in ("mean", "variance"))
    weight = 1 / variance
    middle = (weight * mean).sum() / weight.sum()
    spare = (weight * (mean - middle) ** 2).sum() - (len(found) - 1)
    between = max(0.0, spare / (weight.sum() - (weight**2).sum() / weight.sum()))
    return {
        g: Share(1 + between / (between + s.variance) * (s.mean - 1), between * s.variance / (between + s.variance))
        for g, s in found.items()
    }


def _code(level: object) -> int:
    return int(float(str(level)))


def _shock(context: RunContext) -> float:
    """By the method of moments, from the change of all bills of those who were there in two months running."""
    pairs = f"""
        SELECT b.month, sum(a.arpu)::DOUBLE AS before, sum(b.arpu)::DOUBLE AS after,
               sum(((b.arpu - a.arpu)::DECIMAL(18,2) * (b.arpu - a.arpu)::DECIMAL(18,2)))::DOUBLE AS squares
        FROM arpu b JOIN arpu a ON a.subscriber_id = b.subscriber_id
             AND a.month = strftime(CAST(b.month || '-01' AS DATE) - INTERVAL 1 MONTH, '%Y-%m')
        JOIN lives l ON l.subscriber_id = b.subscriber_id
        WHERE b.month <= {literal(str(context.as_of))} AND since <= CAST(a.month || '-01' AS DATE)
              AND coalesce(left_on > last_day(CAST(b.month || '-01' AS DATE)), true)
        GROUP BY b.month ORDER BY b.month"""
    rows = np.array([row[1:] for row in context.engine.rows(pairs)], float).reshape(-1, 3)
    rows = rows[(rows[:, :2] > 0).all(axis=1)]
    if len(rows) < 2:
        return 0.0
    change, chance = np.log(rows[:, 1] / rows[:, 0]), rows[:, 2] / rows[:, 0] ** 2
    return float(max(0.0, (change**2 - chance).mean()))
