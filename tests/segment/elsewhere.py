"""A third kind of operator, unlike the sample generator and unlike `population`.

Here a person is a vector of rates on the log scale: the group's, plus a random low-rank and a private part, so that
traits are correlated in another way for every seed; private parts are the log of a gamma for some kinds of traffic,
normal or heavy-tailed for others. Hours come from a mixture of a working, an evening and a night profile that
everybody has in other parts. Months are overdispersed (negative binomial), some are missing, and groups 12 and 14
rise and fall. Base rates differ by operator over a wide range (SMS 5 to 60 a month, roaming 0.2 to 3), and so does
the overall `level`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from population import SHARES, Floats, Ints

KINDS = (
    "local", "incoming", "domestic", "ip", "hk_macau", "taiwan", "international", "forward_own", "forward_unicom",
    "forward_telecom", "roaming", "sms", "mms", "data",
)  # fmt: skip
# Between which an operator's usual rate a month lies (log-uniform).
USUAL = {
    "local": (35, 75), "incoming": (35, 75), "domestic": (2, 10), "ip": (0.2, 1.2), "hk_macau": (0.03, 0.2),
    "taiwan": (0.01, 0.05), "international": (0.01, 0.06), "forward_own": (0.1, 0.5), "forward_unicom": (0.05, 0.3),
    "forward_telecom": (0.05, 0.3), "roaming": (0.2, 3), "sms": (5, 60), "mms": (0.1, 1.5), "data": (1, 20),
}  # fmt: skip
# What sets a group apart: factors on the usual rate.
TIMES: dict[int, dict[str, tuple[float, float]]] = {
    1: {"local": (0.3, 0.5), "incoming": (0.3, 0.5), "sms": (0.4, 0.9)},
    2: {"local": (1.3, 3), "incoming": (1.3, 3), "domestic": (2, 6)},
    3: {"local": (0.45, 0.75), "incoming": (0.45, 0.75), "sms": (0.3, 0.7), "data": (0.3, 0.7), "domestic": (0.4, 0.9)},
    4: {"local": (3, 5), "incoming": (3, 5), "domestic": (4, 12)},
    5: {"local": (0.8, 1.5)},
    6: {"sms": (3.5, 5), "local": (0.5, 0.8), "incoming": (0.5, 0.8), "data": (1, 3)},
    7: {"sms": (10, 16), "mms": (3, 10), "data": (1.5, 3)},
    8: {"local": (0.7, 1.1)},
    9: {"local": (1.2, 2.2), "domestic": (1, 4)},
    10: {"domestic": (1, 4), "local": (1, 1.6)},
    11: {"local": (1.2, 2)},
    12: {"local": (1.5, 2.2), "incoming": (1.5, 2.2)},
    13: {"local": (1.2, 1.6), "incoming": (1.2, 1.6), "sms": (2, 3), "mms": (5, 12), "data": (5, 9)},
    14: {"local": (1, 1.8), "incoming": (1, 1.8)},
    15: {"local": (1.2, 2)},
    16: {"local": (2.6, 4), "incoming": (2.4, 3.6)},
    17: {"local": (0.8, 1.4)},
}  # fmt: skip
# The same as rates a month, where the usual rate is next to nothing.
RATES: dict[int, dict[str, tuple[float, float]]] = {
    2: {"hk_macau": (6, 12)}, 4: {"roaming": (25, 50)}, 5: {"forward_telecom": (20, 50)}, 8: {"ip": (3, 6)},
    9: {"international": (12, 40)}, 10: {"ip": (11, 20)}, 11: {"forward_own": (22, 50)}, 12: {"roaming": (8, 15)},
    14: {"domestic": (90, 170)}, 15: {"taiwan": (9, 25)}, 17: {"forward_unicom": (20, 50)},
}  # fmt: skip
LONG = {1: (3, 5), 2: (1, 1.3), 3: (0.65, 0.9), 9: (1, 1.4)}  # factors on minutes per call
IP_LONG, IP_SHORT, HK_LONG = (9, 15), (2.5, 4), (3, 7)
WORKING = {1: 0.15, 4: 0.75, 12: 0.7, 16: 0.8, 8: 0.3}  # part of the traffic that has the working profile; others 0.45
TREND = {12: 1.15, 14: 0.93}
BUSY = {"work": 0.9, "evening": 0.25, "night": 0.03}  # shares of the three profiles between 8 and 20


@dataclass(frozen=True)
class Elsewhere:
    """`level`: factor on all rates; `missing`: share of months that a person is not there."""

    noise: float = 0.35
    level: float = 1.0
    equal: bool = False
    without: Sequence[int] = ()
    missing: float = 0.05
    months: int = 3


@dataclass(frozen=True)
class Drawn:
    """`inputs` of postpaid-17 (as `population` has them), true `group`, and the rates behind, for further months."""

    inputs: pd.DataFrame
    group: Ints
    rates: Floats
    each: dict[str, Floats]
    missing: float

    def again(self, seed: int, months: int = 3) -> pd.DataFrame:
        """Further months of the same people, whose rates have not changed but for the trends."""
        return _observed(np.random.default_rng(seed), self.rates, self.each, self.group, (months, self.missing))


def draw(seed: int, count: int = 20_000, operator: Elsewhere = Elsewhere()) -> Drawn:
    """An operator and its subscribers."""
    rng = np.random.default_rng(seed + 10_000)
    shares = {g: 1.0 if operator.equal else s for g, s in SHARES.items() if g not in operator.without}
    weights = np.array(list(shares.values()))
    group = rng.choice(np.array(list(shares)), count, p=weights / weights.sum())
    usual = {kind: np.exp(rng.uniform(*np.log(between))) for kind, between in USUAL.items()}
    centre = {g: [_rate(rng, g, kind, usual[kind]) for kind in KINDS] for g in SHARES}
    rates = np.array([centre[g] for g in SHARES])[np.argsort(list(SHARES))][np.searchsorted(sorted(SHARES), group)]
    shared = rng.standard_normal((count, 4)) @ (rng.standard_normal((4, len(KINDS))) * 0.3 * operator.noise)
    private = [_skewed(rng, operator.noise * 0.8, count, at % 3) for at in range(len(KINDS))]
    rates = rates * np.exp(shared + np.column_stack(private)) * operator.level
    each = _calls(rng, group, operator.noise)
    return Drawn(_observed(rng, rates, each, group, (operator.months, operator.missing)), group, rates, each,
                 operator.missing)  # fmt: skip


def _rate(rng: np.random.Generator, group: int, kind: str, usual: float) -> float:
    if kind in RATES.get(group, {}):
        return float(np.exp(rng.uniform(*np.log(RATES[group][kind]))))
    low, high = TIMES[group].get(kind, (0.85, 1.2))
    return float(usual * np.exp(rng.uniform(np.log(low), np.log(high))))


def _skewed(rng: np.random.Generator, sigma: float, count: int, law: int) -> Floats:
    """Private part on the log scale: normal, log of a gamma, or Student's t with 5 degrees of freedom."""
    if law == 0:
        return rng.normal(0, sigma, count)
    if law == 1:
        shape = 1 / sigma**2 + 0.5
        return np.log(rng.gamma(shape, 1 / shape, count))
    return rng.standard_t(5, count) * sigma * np.sqrt(0.6)


def _calls(rng: np.random.Generator, group: Ints, noise: float) -> dict[str, Floats]:
    """Minutes per call of the three kinds, share of calls in busy hours, size of the circle, MB per session."""
    count, usual = len(group), rng.uniform(1.2, 2.4)
    factor = np.ones(count)
    for g, between in LONG.items():
        factor[group == g] = rng.uniform(*between)
    working = np.full(count, 0.45)
    for g, part in WORKING.items():
        working[group == g] = np.clip(part + rng.uniform(-0.05, 0.05), 0.05, 0.95)
    concentration = 3 / noise**2
    parts = rng.gamma(np.column_stack([working, (1 - working) * 0.8, (1 - working) * 0.2]) * concentration)
    parts /= parts.sum(axis=1, keepdims=True)
    ip = np.where(group == 8, rng.uniform(*IP_LONG), rng.uniform(*IP_SHORT))
    hk = np.where(group == 2, rng.uniform(*HK_LONG), rng.uniform(0.8, 2))
    spread = {name: np.exp(rng.normal(0, noise * 0.6, count)) for name in ("call", "ip", "hk", "circle", "mb")}
    return {
        "call": usual * factor * spread["call"], "ip": ip * spread["ip"], "hk": hk * spread["hk"],
        "busy": parts @ np.array(list(BUSY.values())), "circle": rng.uniform(12, 25) * spread["circle"],
        "mb": rng.uniform(0.5, 6) * spread["mb"],
    }  # fmt: skip


def _observed(
    rng: np.random.Generator, rates: Floats, each: dict[str, Floats], group: Ints, period: tuple[int, float]
) -> pd.DataFrame:
    """Means over the months that a person is there, at least one."""
    months, missing = period
    trend = np.ones(len(group))
    for g, factor in TREND.items():
        trend[group == g] = factor
    there: npt.NDArray[np.bool_] = rng.random((months, len(group))) >= missing
    there[-1] |= ~there.any(axis=0)
    total = np.zeros((len(group), len(KINDS)))
    for month in range(months):
        now = rates * (trend ** (month - (months - 1) / 2))[:, None] * rng.gamma(12, 1 / 12, rates.shape)
        total += rng.poisson(now) * there[month][:, None]
    counts = dict(zip(KINDS, (total / there.sum(axis=0)[:, None]).T, strict=True))
    return inputs_of(rng, counts, each, there.sum(axis=0))


def inputs_of(rng: np.random.Generator, n: dict[str, Floats], each: dict[str, Floats], months: Ints) -> pd.DataFrame:
    out = n["local"] + n["domestic"] + n["ip"] + n["hk_macau"] + n["taiwan"] + n["international"]
    calls = out + n["incoming"]
    busy = rng.binomial(np.rint(calls * months).astype(int), each["busy"]) / months
    long = {
        kind: _total(rng, n[name] * months, each[kind]) / months for kind, name in (("ip", "ip"), ("hk", "hk_macau"))
    }
    minutes = _total(rng, (calls - n["ip"] - n["hk_macau"]) * months, each["call"]) / months + long["ip"] + long["hk"]
    with np.errstate(invalid="ignore", divide="ignore"):
        per_call, per_ip = minutes / calls, long["ip"] / n["ip"]
    return pd.DataFrame(
        {
            "busy_calls": busy, "offpeak_calls": calls - busy, "out_calls": out, "in_calls": n["incoming"],
            "minutes": minutes, "minutes_per_call": per_call, "local_calls": n["local"],
            "domestic_calls": n["domestic"], "toll_calls": out - n["local"], "ip_calls": n["ip"],
            "ip_minutes": long["ip"], "ip_minutes_per_call": per_ip, "hk_macau_calls": n["hk_macau"],
            "hk_macau_minutes": long["hk"], "taiwan_calls": n["taiwan"], "international_calls": n["international"],
            "forward_own": n["forward_own"], "forward_unicom": n["forward_unicom"],
            "forward_telecom": n["forward_telecom"], "roaming_calls": n["roaming"], "sms": n["sms"], "mms": n["mms"],
            "data_sessions": n["data"], "data_mb": _total(rng, n["data"] * months, each["mb"]) / months,
            "contacts": each["circle"] * (1 - np.exp(-calls / each["circle"] / 2)),
        },
        index=pd.Index([f"{i:07d}" for i in range(len(months))], name="subscriber_id"),
    )  # fmt: skip


def _total(rng: np.random.Generator, count: Floats, each: Floats) -> Floats:
    """Sum of `count` gamma-distributed durations (shape 0.8) of mean `each`."""
    return np.where(count > 0, rng.gamma(np.maximum(count * 0.8, 1e-9)) * each / 0.8, 0.0)
