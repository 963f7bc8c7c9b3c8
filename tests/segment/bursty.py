"""A fourth kind of operator: many people never use a service at all, and those who do use it in bursts.

Usual rates, what sets the groups apart, and the sizes of the groups (each up to twice or half the practice's) are drawn
by operator. A person is the group's rate × a gamma activity × a lognormal habit, with correlations drawn at random
between all kinds of traffic; but of what does not make the group, a share of the people has nothing (`nonusers`).
Counts are negative binomial by month: roaming, forwarding and toll come in journeys and spells. Some people carry the
trait of a second group in part (`between`); one in a hundred is a heavy user of everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from elsewhere import KINDS, Drawn, inputs_of
from population import SHARES, Floats, Ints

USUAL = {
    "local": (25, 90), "incoming": (25, 90), "domestic": (1.5, 9), "ip": (0.15, 1.2), "hk_macau": (0.02, 0.2),
    "taiwan": (0.005, 0.05), "international": (0.005, 0.08), "forward_own": (0.05, 0.6),
    "forward_unicom": (0.03, 0.4), "forward_telecom": (0.03, 0.4), "roaming": (0.3, 2.5), "sms": (6, 50),
    "mms": (0.1, 1.2), "data": (1.5, 18),
}  # fmt: skip
NEVER = {
    "domestic": 0.15, "ip": 0.6, "hk_macau": 0.8, "taiwan": 0.9, "international": 0.9, "forward_own": 0.7,
    "forward_unicom": 0.8, "forward_telecom": 0.8, "roaming": 0.4, "sms": 0.03, "mms": 0.5, "data": 0.25,
}  # fmt: skip
# Shape of the counts of a month: the smaller, the more they come in bursts.
SHAPE = {"roaming": 1.5, "forward_own": 3, "forward_unicom": 3, "forward_telecom": 3, "hk_macau": 4, "taiwan": 4,
         "international": 4, "mms": 3}  # fmt: skip
STEADY = 12.0
TIMES: dict[int, dict[str, tuple[float, float]]] = {
    1: {"local": (0.3, 0.55), "incoming": (0.3, 0.55), "sms": (0.3, 0.8)},
    2: {"local": (1, 2.5), "incoming": (1, 2.5), "domestic": (1, 5)},
    3: {"local": (0.4, 0.7), "incoming": (0.4, 0.7), "sms": (0.3, 0.6), "data": (0.3, 0.6), "mms": (0.3, 0.8),
        "domestic": (0.3, 0.8), "roaming": (0.3, 0.8), "ip": (0.3, 0.8)},
    4: {"local": (2.5, 5), "incoming": (2.5, 5), "domestic": (2, 8)},
    6: {"sms": (3, 5), "local": (0.4, 0.8), "incoming": (0.4, 0.8), "data": (1.5, 3)},
    7: {"sms": (9, 15), "mms": (3, 10), "data": (1, 3)},
    9: {"local": (1, 2.2), "domestic": (1, 3)},
    10: {"domestic": (1, 3), "local": (1, 1.6)},
    12: {"local": (1.3, 2), "incoming": (1.3, 2)},
    13: {"local": (1.1, 1.5), "incoming": (1.1, 1.5), "sms": (1.8, 3), "mms": (5, 12), "data": (4, 9)},
    16: {"local": (2.4, 4), "incoming": (2.2, 3.8)},
}  # fmt: skip
RATES: dict[int, dict[str, tuple[float, float]]] = {
    2: {"hk_macau": (5, 14)}, 4: {"roaming": (20, 50)}, 5: {"forward_telecom": (18, 55)}, 8: {"ip": (2.5, 6)},
    9: {"international": (8, 40)}, 10: {"ip": (10, 22)}, 11: {"forward_own": (20, 55)}, 12: {"roaming": (7, 14)},
    14: {"domestic": (60, 170)}, 15: {"taiwan": (7, 25)}, 17: {"forward_unicom": (18, 55)},
}  # fmt: skip
LONG = {1: (3, 5), 2: (1, 1.4), 3: (0.6, 0.9)}  # factors on minutes per call
# Parts of the day (morning, office, evening, night) by kind of people, and how much of each lies between 8 and 20.
DAYS = {4: (1, 9, 2, 0.3), 16: (1, 10, 2, 0.3), 12: (1, 7, 2.5, 0.4), 1: (0.7, 1.2, 6, 2), 8: (1, 3, 5, 1)}
USUAL_DAY, BUSY = (1.5, 4, 4, 0.8), (0.3, 1.0, 0.15, 0.0)


@dataclass(frozen=True)
class Bursty:
    """`between`: share of people who have half of another group's trait as well."""

    noise: float = 0.35
    equal: bool = False
    without: Sequence[int] = ()
    nonusers: float = 1.0
    between: float = 0.03
    heavy: float = 0.01
    months: int = 3


def draw(seed: int, count: int = 20_000, operator: Bursty = Bursty()) -> Drawn:
    """An operator and its subscribers."""
    rng = np.random.default_rng(seed + 20_000)
    group = rng.choice(list(SHARES), count, p=_shares(rng, operator))
    usual = {kind: float(np.exp(rng.uniform(*np.log(between)))) for kind, between in USUAL.items()}
    centre = {g: np.array([_rate(rng, g, kind, usual[kind]) for kind in KINDS]) for g in SHARES}
    rates = np.stack([centre[g] for g in SHARES])[_place(group)]
    for at, kind in enumerate(KINDS):
        makes = [g for g in SHARES if kind in RATES.get(g, {}) or kind in TIMES.get(g, {})]
        never = (rng.random(count) < NEVER.get(kind, 0) * operator.nonusers) & ~np.isin(group, makes)
        rates[:, at] *= np.where(never, 0, 1 / (1 - NEVER.get(kind, 0) * operator.nonusers * ~np.isin(group, makes)))
    second = np.stack([centre[g] for g in SHARES])[_place(rng.choice(list(SHARES), count, p=_shares(rng, operator)))]
    mixed = rng.random(count) < operator.between
    rates[mixed] = np.maximum(rates[mixed], second[mixed] / 2)
    mixing = rng.standard_normal((len(KINDS), len(KINDS)))
    root = np.linalg.cholesky(0.7 * np.eye(len(KINDS)) + 0.3 * mixing @ mixing.T / len(KINDS))
    shape = 1 / (0.5 * operator.noise) ** 2
    activity = rng.gamma(shape, 1 / shape, count) * np.where(rng.random(count) < operator.heavy, 4, 1)
    habit = np.exp(rng.standard_normal((count, len(KINDS))) @ root.T * operator.noise * 0.85)
    rates = rates * habit * activity[:, None]
    each = _calls(rng, group, operator.noise)
    there = rng.random((operator.months, count)) >= 0.04
    there[-1] |= ~there.any(axis=0)
    counts = dict(zip(KINDS, _counted(rng, rates, there).T, strict=True))
    inputs = inputs_of(rng, counts, each, there.sum(axis=0))
    return Drawn(inputs, group, rates, each, 0.04)


def later(drawn: Drawn, seed: int, months: int = 3) -> Drawn:
    """Further months of the same people, whose rates have not changed."""
    rng = np.random.default_rng(seed)
    there = np.ones((months, len(drawn.group)), dtype=bool)
    counts = dict(zip(KINDS, _counted(rng, drawn.rates, there).T, strict=True))
    inputs = inputs_of(rng, counts, drawn.each, there.sum(axis=0))
    return Drawn(inputs, drawn.group, drawn.rates, drawn.each, 0.0)


def _shares(rng: np.random.Generator, operator: Bursty) -> Floats:
    sizes = np.exp(rng.uniform(-np.log(2), np.log(2), len(SHARES)))
    weights = np.array([0 if g in operator.without else 1.0 if operator.equal else s for g, s in SHARES.items()])
    weights = weights if operator.equal else np.maximum(weights * sizes, np.where(weights > 0, 0.8, 0))
    return np.asarray(weights / weights.sum())


def _place(group: Ints) -> Ints:
    place = {g: at for at, g in enumerate(SHARES)}
    return np.array([place[g] for g in group.tolist()])


def _rate(rng: np.random.Generator, group: int, kind: str, usual: float) -> float:
    if kind in RATES.get(group, {}):
        return float(np.exp(rng.uniform(*np.log(RATES[group][kind]))))
    low, high = TIMES.get(group, {}).get(kind, (0.8, 1.25))
    return float(usual * np.exp(rng.uniform(np.log(low), np.log(high))))


def _counted(rng: np.random.Generator, rates: Floats, there: np.ndarray) -> Floats:
    """Means over the months that a person is there."""
    shapes = np.array([SHAPE.get(kind, STEADY) for kind in KINDS])
    total = np.zeros_like(rates)
    for month in there:
        total += rng.poisson(rates * rng.gamma(shapes, 1 / shapes, rates.shape)) * month[:, None]
    return np.asarray(total / there.sum(axis=0)[:, None])


def _calls(rng: np.random.Generator, group: Ints, noise: float) -> dict[str, Floats]:
    """Minutes per call of the three kinds, share of calls in busy hours, size of the circle, MB per session."""
    count, factor = len(group), np.ones(len(group))
    for g, between in LONG.items():
        factor[group == g] = rng.uniform(*between)
    day = np.tile(np.array(USUAL_DAY, dtype=float), (count, 1))
    for g, parts in DAYS.items():
        day[group == g] = parts
    parts = rng.gamma(day / noise**2 / 3)
    busy = (parts / parts.sum(axis=1, keepdims=True)) @ np.array(BUSY)
    spread = {name: np.exp(rng.normal(0, noise * 0.6, count)) for name in ("call", "ip", "hk", "circle", "mb")}
    ip = np.where(group == 8, rng.uniform(9, 16), rng.uniform(2.2, 4))
    hk = np.where(group == 2, rng.uniform(2.5, 7), rng.uniform(0.7, 2))
    return {
        "call": rng.uniform(1.1, 2.4) * factor * spread["call"], "ip": ip * spread["ip"], "hk": hk * spread["hk"],
        "busy": np.clip(busy, 0.01, 0.99), "circle": rng.uniform(12, 30) * spread["circle"],
        "mb": rng.uniform(0.5, 6) * spread["mb"],
    }  # fmt: skip
