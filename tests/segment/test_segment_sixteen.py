"""The second scheme on people drawn from its traits: its 16 groups and three classes are found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from finding import names_right

from telco_crm.segment.behaviour import BehaviourSegmenter
from telco_crm.segment.scheme import load_scheme

# What everybody does a month, and what groups do that many times as much of.
USUAL = {"busy": 40, "day": 25, "night": 4, "in": 60, "ip": 0.8, "hk": 0.1, "forward": 1, "roam": 1.5, "sms": 30}
TIMES = {
    1: {"each": 2.2, "hk": 40, "day": 3, "busy": 0.6}, 2: {"busy": 4, "roam": 15, "hk": 12, "in": 3}, 4: {"ip": 18},
    6: {"ip": 6, "sms": 5, "day": 0.6}, 9: {"forward": 40, "sms": 0.6}, 12: {"day": 3, "night": 8, "sms": 0.5},
    14: {"busy": 4, "day": 0.7, "roam": 0.3, "in": 2.5}, 16: {"busy": 4, "forward": 20, "hk": 25, "in": 2},
    8: {"sms": 9, "forward": 0.3}, 11: {"forward": 18, "busy": 0.4, "sms": 0.4},
    15: {"roam": 15, "sms": 0.5, "busy": 0.7}, 3: {"each": 4, "busy": 0.35, "sms": 0.4},
    5: {"in": 1.2, "busy": 0.2, "day": 0.3, "each": 0.6, "sms": 0.3}, 7: {"in": 3, "busy": 0.8, "day": 0.8, "sms": 0.3},
    10: {"busy": 0.35, "day": 0.35, "in": 0.12, "each": 0.6},
    13: {"busy": 0.03, "day": 0.04, "night": 0.04, "in": 0.04, "sms": 0.05},
}  # fmt: skip
SHARES = {1: 2, 2: 2, 4: 2, 6: 2, 9: 2, 12: 2, 14: 3, 16: 2, 8: 5, 11: 4, 15: 5, 3: 15, 5: 14, 7: 15, 10: 14, 13: 11}


def drawn(seed: int, count: int, noise: float = 0.35) -> tuple[pd.DataFrame, np.ndarray]:
    """Inputs of behaviour-16 over three months, and true groups; habits are lognormal, counts Poisson."""
    rng = np.random.default_rng(seed)
    group = rng.choice(list(SHARES), count, p=np.array(list(SHARES.values())) / sum(SHARES.values()))
    activity, n = rng.normal(0, noise * 0.6, count), {}
    for kind, usual in USUAL.items():
        times = {g: own.get(kind, 1.0) * np.exp(rng.normal(0, 0.1)) for g, own in TIMES.items()}
        rate = usual * np.array([times[g] for g in group]) * np.exp(activity + rng.normal(0, noise * 0.75, count))
        n[kind] = rng.poisson(rate * 3) / 3
    each = 1.8 * np.array([TIMES[g].get("each", 1.0) for g in group]) * np.exp(rng.normal(0, noise * 0.6, count))
    out = (n["busy"] + n["day"] + n["night"]) / 2 + n["ip"] + n["hk"]
    calls = out + n["in"]
    inputs = {
        "busy_calls": n["busy"], "offpeak_calls": n["day"] + n["night"], "night_calls": n["night"], "out_calls": out,
        "minutes": calls * each, "minutes_per_call": np.where(calls > 0, each, np.nan),
        "in_out_ratio": (n["in"] + 2) / (out + 2), "ip_calls": n["ip"], "hk_macau_calls": n["hk"],
        "forward_calls": n["forward"], "roaming_calls": n["roam"], "sms": n["sms"],
        "contacts": 30 * (1 - np.exp(-calls / 40)),
    }  # fmt: skip
    return pd.DataFrame(inputs), group


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_groups_and_classes_of_the_second_scheme(seed: int) -> None:
    inputs, group = drawn(seed, 8_000)
    scheme = load_scheme("behaviour-16").complete()
    given = BehaviourSegmenter(scheme, random_state=0).fit(inputs).labels_
    assert (given == group).mean() >= 0.95
    assert names_right(group, given) == 16
    classes = {number: found.class_ for number, found in scheme.groups.items()}
    true, found = (pd.Series(groups).map(classes) for groups in (group, given))
    assert (true == found).mean() >= 0.97
    assert (found == "premium").mean() == pytest.approx((true == "premium").mean(), abs=0.01)
