"""What a month on the books brings, against what was billed before: measured from the landmark to the as-of month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal
from telco_crm.measures import landmark
from telco_crm.value.lives import index_of, month_of

Floats = npt.NDArray[np.float64]
NEW = -3  # noise of who has been on the network for less than a month
LEAST = 10  # subscribers of a band that tell what it brings
FACTORS = ("group_id", "brand")  # what revenue is told apart by, beside the band
ROUNDS, STILL = 50, 1e-6
ROUNDING = 1e-20  # a relative variance up to that is no variance: one subscriber, or all alike


@dataclass(frozen=True)
class Share:
    """What was billed in a month at risk ÷ the level before, and the variance of that estimate."""

    mean: float
    variance: float


@dataclass(frozen=True)
class Revenue:
    """Expected revenue of a month at risk = level × share of the band × factor of the group × factor of the brand.

    `factors` holds those of FACTORS, by level. `noise` is the squared coefficient of variation of a subscriber's mean
    about that, by band, and (NEW) of those whose level rests on part of a month; `shock` the variance of the logarithm
    of everybody's revenue from month to month that chance alone does not explain. `measured` is False where there is
    nothing to hold levels against.
    """

    bands: dict[int, Share]
    factors: dict[str, dict[object, Share]]
    noise: dict[int, float]
    shock: float
    measured: bool = True

    def of(self, profiles: pd.DataFrame) -> tuple[Floats, Floats]:
        """Share × factors, and noise, of subscribers with band and FACTORS (missing: not known)."""
        shares = _looked_up(profiles["band"], self.bands, self.bands[-2].mean)
        for kind, found in self.factors.items():
            shares = shares * _looked_up(profiles[kind], found, 1.0)
        usual = max((of for band, of in self.noise.items() if band != NEW), default=0.0)
        noise = np.asarray(profiles["band"].map(self.noise).fillna(usual), float)
        if NEW in self.noise and "months" in profiles:
            noise = np.where(profiles["months"] < 1, np.maximum(noise, self.noise[NEW]), noise)
        return shares, noise


def told_by_whole_months(profiles: pd.DataFrame) -> pd.DataFrame:
    """`profiles` without the group of who has been on the network for less than a month: it is told by the use of part
    of a month, while the level is that of a whole one, so it says nothing of what months bring.
    """
    return profiles.assign(group_id=profiles["group_id"].where(~(profiles["months"] < 1)))


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
    bands, factors = fit_shares(frame)
    shares, _ = Revenue(bands, factors, {}, 0.0).of(frame)
    frame["expected"] = frame["due"] * shares
    noise = {_code(band): _noise(members) for band, members in frame.groupby("band")}
    if len(new := frame[frame["is_new"]]) >= LEAST:
        noise[NEW] = _noise(new)
    return Revenue(bands, factors, noise, _shock(context))


def _noise(members: pd.DataFrame) -> float:
    about = ((members["paid"] - members["expected"]) / members["months"]) ** 2
    base = ((members["expected"] / members["months"]) ** 2).sum()
    return float(about.sum() / base) if base > 0 else 0.0


def fit_shares(frame: pd.DataFrame) -> tuple[dict[int, Share], dict[str, dict[object, Share]]]:
    """Shares of bands and factors of the others together (the columns band, FACTORS, due and paid, by subscriber): each
    in turn is measured against what the others expect, until nothing changes, so that what a band brings because of its
    groups is not counted twice.
    """
    paid, due = (frame[name].to_numpy(np.float64) for name in ("paid", "due"))
    band, *others = (_Levels.of(frame[kind]) for kind in ("band", *FACTORS))
    bands, before = _bands(band, paid, due), 0.0
    factors: list[dict[object, Share]] = [{} for _ in FACTORS]
    for _ in range(ROUNDS):
        for at, levels in enumerate(others):
            expected = due * band.means(bands, bands[-2].mean)
            for other, found in zip(others, factors, strict=True):
                if other is not levels:
                    expected = expected * other.means(found, 1.0)
            factors[at] = _factors(levels, paid, expected)
        expected = due
        for levels, found in zip(others, factors, strict=True):
            expected = expected * levels.means(found, 1.0)
        bands = _bands(band, paid, expected)
        now = sum(share.mean for share in bands.values())
        if abs(now - before) < STILL * now:
            break
        before = now
    return {_code(level): share for level, share in bands.items()}, dict(zip(FACTORS, factors, strict=True))


@dataclass(frozen=True)
class _Levels:
    """The `levels` of a column in their order, and the place of every subscriber's level; one more for none."""

    levels: tuple[Any, ...]
    places: npt.NDArray[np.int64]

    @classmethod
    def of(cls, values: pd.Series) -> _Levels:
        places, levels = pd.factorize(values, sort=True)
        return cls(tuple(levels), np.where(places < 0, len(levels), places).astype(np.int64))

    def sums(self, values: Floats | None = None) -> Floats:
        """Of every level; how many subscribers without `values`."""
        return np.bincount(self.places, values, len(self.levels) + 1)[:-1].astype(np.float64)

    def ratios(self, paid: Floats, due: Floats) -> dict[object, Share]:
        """Ratio of sums, with the usual linearised variance, of levels of which anything is due."""
        total = self.sums(due)
        ratio = np.divide(self.sums(paid), total, out=np.zeros(len(total)), where=total > 0)
        missed = self.sums((paid - np.append(ratio, 0.0)[self.places] * due) ** 2)
        found = zip(self.levels, ratio.tolist(), missed, total, strict=True)
        return {level: Share(mean, float(miss / of**2)) for level, mean, miss, of in found if of > 0}

    def means(self, found: Mapping[Any, Share], usual: float) -> Floats:
        """What was found for every subscriber's level."""
        known = [found[level].mean if level in found else usual for level in self.levels]
        return np.array([*known, usual])[self.places]


def _bands(band: _Levels, paid: Floats, due: Floats) -> dict[Any, Share]:
    """What each band brings of what is `due`; -2 is all of them together."""
    ratio = float(paid.sum() / due.sum())
    every = Share(ratio, float(((paid - ratio * due) ** 2).sum() / due.sum() ** 2))
    large = dict(zip(band.levels, band.sums() >= LEAST, strict=True))
    return {-2: every, **{level: share for level, share in band.ratios(paid, due).items() if large[level]}}


def _paid_sql(context: RunContext, then: int) -> str:
    """band, FACTORS, level, months (at risk since the landmark, with bills) and paid, of who was there at the
    landmark.
    """
    is_new = f"coalesce(activated_on > DATE '{month_of(then).start}', false)"  # the group is told by part of a month
    return f"""
        WITH billed AS (SELECT DISTINCT month FROM arpu),
             months AS (SELECT month, CAST(month || '-01' AS DATE) AS start FROM billed),
             ahead AS (SELECT * FROM months WHERE year(start) * 12 + month(start) > {then})
        SELECT band, CASE WHEN NOT {is_new} THEN group_id END AS group_id, brand, level, {is_new} AS is_new,
               count(*) AS months, coalesce(sum(arpu), 0)::DOUBLE AS paid
        FROM lives JOIN ahead ON coalesce(left_on >= start, true)
        LEFT JOIN arpu USING (subscriber_id, month)
        WHERE band IS NOT NULL GROUP BY subscriber_id, band, activated_on, group_id, brand, level
        ORDER BY subscriber_id"""


def _factors(levels: _Levels, paid: Floats, expected: Floats) -> dict[object, Share]:
    """What the levels bring beyond what is expected, drawn to 1 as far as they do not differ more than by chance
    (DerSimonian and Laird 1986).
    """
    known = levels.ratios(paid, expected)
    found = {level: s for level, s in known.items() if s.variance > ROUNDING * s.mean**2}
    if len(found) < 3:
        return {}
    mean, variance = (np.array([getattr(s, name) for s in found.values()]) for name in ("mean", "variance"))
    weight = 1 / variance
    middle = (weight * mean).sum() / weight.sum()
    spare = (weight * (mean - middle) ** 2).sum() - (len(found) - 1)
    between = max(0.0, spare / (weight.sum() - (weight**2).sum() / weight.sum()))
    return {
        level: Share(1 + between / (between + s.variance) * (s.mean - 1), between * s.variance / (between + s.variance))
        for level, s in found.items()
    }


def _looked_up(levels: pd.Series, found: Mapping[Any, Share], usual: float) -> Floats:
    return np.asarray(levels.map({level: s.mean for level, s in found.items()}).fillna(usual), float)


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
