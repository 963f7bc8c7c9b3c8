"""An operator that shares nothing with the sample generator but the meaning of the 17 groups.

Every seed is another operator: other rates per group, other hour profiles, other latent traits. Whatever a person
does is the group's rate × an activity (gamma) × latent traits that run through several kinds of traffic (correlated)
× a habit per kind of traffic (lognormal or gamma, by kind), and is counted with Poisson noise over the months that
the person was there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Shares of domain section 2, in percent.
SHARES = {
    9: 1.5, 4: 1.8, 2: 1.6, 14: 1.0, 15: 1.4, 16: 11.8, 11: 1.2, 10: 2.9, 12: 4.7, 13: 2.1, 5: 1.9, 7: 2.0, 17: 1.6,
    8: 6.9, 6: 4.3, 1: 14.4, 3: 39.0,
}  # fmt: skip
# A typical subscriber: records a month, minutes per call, share of calls in busy hours.
TYPICAL = {
    "local": (25, 60), "incoming": (25, 60), "domestic": (3, 8), "ip": (0.3, 0.9), "hk_macau": (0.02, 0.1),
    "taiwan": (0.01, 0.04), "international": (0.01, 0.05), "forward_own": (0.1, 0.4), "forward_unicom": (0.05, 0.2),
    "forward_telecom": (0.05, 0.2), "roaming": (0.5, 2.5), "sms": (12, 30), "mms": (0.3, 1.0), "data": (4, 10),
    "minutes": (1.3, 2.2), "ip_minutes": (2.2, 3.5), "hk_minutes": (0.8, 1.6), "mb": (1, 4), "busy": (0.4, 0.52),
}  # fmt: skip
COUNTED = tuple(n for n in TYPICAL if "minutes" not in n and n not in ("busy", "mb"))
# What sets a group apart: "x" ranges multiply the typical level, "=" ranges replace it.
APART: dict[int, dict[str, tuple[str, float, float]]] = {
    1: {"local": ("x", 0.35, 0.6), "incoming": ("x", 0.35, 0.6), "minutes": ("x", 3, 5), "busy": ("=", 0.15, 0.3),
        "sms": ("x", 0.4, 0.8)},
    2: {"hk_macau": ("=", 6, 14), "hk_minutes": ("=", 3, 7), "local": ("x", 1.5, 3), "incoming": ("x", 1.5, 3)},
    3: {"local": ("x", 0.5, 0.8), "incoming": ("x", 0.5, 0.8), "minutes": ("x", 0.7, 1), "sms": ("x", 0.4, 0.7),
        "data": ("x", 0.4, 0.8), "domestic": ("x", 0.5, 1)},
    4: {"local": ("x", 4, 6), "incoming": ("x", 4, 6), "busy": ("=", 0.62, 0.75), "roaming": ("=", 30, 60),
        "domestic": ("x", 5, 12)},
    5: {"forward_telecom": ("=", 25, 60), "local": ("x", 1, 1.8)},
    6: {"sms": ("x", 4, 6), "local": ("x", 0.6, 0.9), "incoming": ("x", 0.6, 0.9), "data": ("x", 2.5, 4)},
    7: {"sms": ("x", 13, 20), "mms": ("=", 6, 12), "data": ("x", 2, 4)},
    8: {"ip": ("=", 3, 6), "ip_minutes": ("=", 11, 18), "busy": ("=", 0.3, 0.4)},
    9: {"international": ("=", 15, 50), "local": ("x", 1.5, 2.5)},
    10: {"ip": ("=", 12, 25), "ip_minutes": ("=", 2.5, 4.5), "domestic": ("x", 3, 8)},
    11: {"forward_own": ("=", 30, 60), "local": ("x", 1.2, 2)},
    12: {"local": ("x", 1.5, 2.2), "incoming": ("x", 1.5, 2.2), "busy": ("=", 0.6, 0.7), "roaming": ("=", 9, 16)},
    13: {"sms": ("x", 2.5, 4), "mms": ("=", 8, 15), "data": ("x", 7, 12), "local": ("x", 1.2, 1.7)},
    14: {"domestic": ("=", 100, 200), "local": ("x", 1, 2), "incoming": ("x", 1, 2)},
    15: {"taiwan": ("=", 10, 30), "local": ("x", 1.2, 2)},
    16: {"local": ("x", 3, 4.5), "incoming": ("x", 2.5, 4), "busy": ("=", 0.68, 0.8)},
    17: {"forward_unicom": ("=", 25, 60), "local": ("x", 0.8, 1.4)},
}  # fmt: skip
# A group that postpaid-17 does not know: lives abroad on data, sends no messages.
STRANGERS = {"roaming": ("=", 25.0, 40.0), "sms": ("x", 0.03, 0.06), "data": ("x", 5.0, 8.0), "local": ("x", 0.2, 0.3)}
STRANGER = 99


@dataclass(frozen=True)
class Operator:
    """What the operator is like: see the module."""

    noise: float = 0.35
    equal: bool = False
    without: Sequence[int] = ()
    strangers: float = 0.0
    newcomers: float = 0.03
    silent: float = 0.02
    months: int = 3


@dataclass(frozen=True)
class People:
    """`inputs` of postpaid-17 by subscriber, true `group` of each, and their true `rates` for drawing more months."""

    inputs: pd.DataFrame
    group: Ints
    rates: Mapping[str, Floats]
    months: Ints

    def again(self, seed: int, months: int = 3) -> pd.DataFrame:
        """Inputs of another stretch of months of the same people, whose behaviour has not changed."""
        return observed(np.random.default_rng(seed), self.rates, np.full(len(self.group), months))


def people(seed: int, count: int = 20_000, operator: Operator = Operator()) -> People:
    """Draw an operator and its subscribers."""
    rng = np.random.default_rng(seed)
    group = _groups(rng, count, operator)
    rates = _rates(rng, group, operator)
    silent = rng.random(count) < operator.silent
    group = np.where(silent, 3, group) if 3 not in operator.without else group
    for name in rates:
        if name in COUNTED:
            rates[name] = np.where(silent, 0.0, rates[name])
    months = np.where(rng.random(count) < operator.newcomers, 1, operator.months)
    return People(observed(rng, rates, months), group, rates, months)


def observed(rng: np.random.Generator, rates: Mapping[str, Floats], months: Ints) -> pd.DataFrame:
    """Mean monthly inputs as the feature table would have them."""
    n = {k: rng.poisson(rates[k] * months) / months for k in COUNTED}
    out = n["local"] + n["domestic"] + n["ip"] + n["hk_macau"] + n["taiwan"] + n["international"]
    calls = out + n["incoming"]
    busy = rng.binomial(np.rint(calls * months).astype(int), rates["busy"]) / months
    ip_minutes = _minutes(rng, n["ip"], rates["ip_minutes"])
    hk_minutes = _minutes(rng, n["hk_macau"], rates["hk_minutes"])
    minutes = _minutes(rng, calls - n["ip"] - n["hk_macau"], rates["minutes"]) + ip_minutes + hk_minutes
    with np.errstate(invalid="ignore", divide="ignore"):
        per_call, per_ip = minutes / calls, ip_minutes / n["ip"]
    circle = rng.poisson(rates["circle"] * (1 - np.exp(-calls / rates["circle"])))
    return pd.DataFrame(
        {
            "busy_calls": busy, "offpeak_calls": calls - busy, "out_calls": out, "in_calls": n["incoming"],
            "minutes": minutes, "minutes_per_call": per_call, "local_calls": n["local"],
            "domestic_calls": n["domestic"], "toll_calls": out - n["local"], "ip_calls": n["ip"],
            "ip_minutes": ip_minutes, "ip_minutes_per_call": per_ip, "hk_macau_calls": n["hk_macau"],
            "hk_macau_minutes": hk_minutes, "taiwan_calls": n["taiwan"], "international_calls": n["international"],
            "forward_own": n["forward_own"], "forward_unicom": n["forward_unicom"],
            "forward_telecom": n["forward_telecom"], "roaming_calls": n["roaming"], "sms": n["sms"], "mms": n["mms"],
            "data_sessions": n["data"], "data_mb": _minutes(rng, n["data"], rates["mb"]), "contacts": circle,
        },
        index=pd.Index([f"{i:07d}" for i in range(len(months))], name="subscriber_id"),
    )  # fmt: skip


def _groups(rng: np.random.Generator, count: int, operator: Operator) -> Ints:
    shares = {g: 1.0 if operator.equal else s for g, s in SHARES.items() if g not in operator.without}
    if operator.strangers:
        shares[STRANGER] = operator.strangers * sum(shares.values()) / (1 - operator.strangers)
    weights = np.array(list(shares.values())) / sum(shares.values())
    return rng.choice(np.array(list(shares)), count, p=weights)


def _rates(rng: np.random.Generator, group: Ints, operator: Operator) -> dict[str, Floats]:
    """Everybody's true rate of every kind of traffic."""
    typical = {name: rng.uniform(*between) for name, between in TYPICAL.items()}
    count, noise = len(group), operator.noise
    activity = _log_gamma(rng, noise * 0.6, count)
    latent = rng.standard_normal((count, 3))
    rates = {}
    for at, name in enumerate(TYPICAL):
        usual = np.array([_level(rng, g, name, typical[name]) for g in (*sorted(SHARES), STRANGER)])
        usual = usual[np.searchsorted(np.array([*sorted(SHARES), STRANGER]), group)]
        if name == "busy":
            odds = np.log(usual / (1 - usual)) + rng.normal(0, noise * 0.8, count)
            rates[name] = 1 / (1 + np.exp(-odds))
            continue
        common = latent @ rng.normal(0, noise * 0.25, 3) + (0 if "minutes" in name else activity)
        own = _log_gamma(rng, noise * 0.7, count) if at % 2 else rng.normal(0, noise * 0.7, count)
        rates[name] = usual * np.exp(common + own)
    rates["circle"] = (rates["local"] + rates["domestic"]) * 0.6 * np.exp(rng.normal(0, noise * 0.7, count)) + 2
    return rates


def _level(rng: np.random.Generator, group: int, name: str, typical: float) -> float:
    known = STRANGERS if group == STRANGER else APART[group]
    if name not in known:
        return float(np.clip(typical * np.exp(rng.normal(0, 0.15)), 0, 0.9 if name == "busy" else np.inf))
    how, low, high = known[name]
    return float(rng.uniform(low, high) * (typical if how == "x" else 1))


def _log_gamma(rng: np.random.Generator, sigma: float, count: int) -> Floats:
    """Logarithm of a gamma factor whose logarithm has about that standard deviation."""
    shape = 1 / max(sigma, 1e-6) ** 2 + 0.5
    return np.log(rng.gamma(shape, 1 / shape, count))


def _minutes(rng: np.random.Generator, calls: Floats, each: Floats) -> Floats:
    """Total of `calls` durations of mean `each` (exponential: the relative spread falls with the root)."""
    return calls * each * np.exp(rng.normal(0, 1, len(calls)) / np.sqrt(np.maximum(calls * 3, 1)))
