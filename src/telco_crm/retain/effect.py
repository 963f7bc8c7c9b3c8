"""The effect of a campaign: treated against control, overall and by segment, what it earned, and a verdict in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from telco_crm.analysis import RunContext
from telco_crm.errors import InputError
from telco_crm.retain.arms import EffectRules, find_arms, find_outcomes
from telco_crm.retain.trial import Difference, Values, mean_difference, share_difference, standardised_difference
from telco_crm.worth import WorthRules

MONEY = ("revenue",)
BEFORE = {"arpu_before": "ARPU", "tenure": "days on the network"}


def measure_effect(context: RunContext, name: str) -> dict[str, Any]:
    """Make `effect` (one row per measure and segment) from contacts and what came after; what the manifest keeps.

    Raises:
        InputError: there is no such campaign, one arm is empty, or nobody's outcome is known yet.
    """
    rules = context.rules(EffectRules, "effect")
    for trouble in find_arms(context, rules, name):
        context.note(trouble)
    measures = find_outcomes(context, rules)
    frame = context.engine.frame("FROM outcomes ORDER BY subscriber_id")
    is_open, everybody = context.engine.rows("SELECT count(*) FILTER (is_open), count(*) FROM arms")[0]
    if min(frame["treated"].sum(), (~frame["treated"]).sum()) < 2:
        raise InputError(
            f'campaign "{name}": the outcome of {is_open:,} of {everybody:,} subscribers is not known yet: it takes '
            f"{rules.days} days and {rules.months} whole months from the contact, and the data ends with "
            f"{context.as_of}"
        )
    measures = [m for m in measures if min(map(len, _values(frame, m))) > 1]
    whole = {m: compare(frame, m, rules, context.seed) for m in measures}
    rows = [_row(context, rules, m, frame, whole[m]) for m in measures]
    for kind, segment, part in _segments(frame, rules):
        of = {"segment_kind": kind, "segment": segment}
        known = [m for m in measures if min(map(len, _values(part, m))) > 1]
        rows += [_row(context, rules, m, part, compare(part, m, rules, context.seed)) | of for m in known]
    context.engine.register("effect_rows", pd.DataFrame(rows))
    context.create("effect", "SELECT * FROM effect_rows")
    before = _balance(frame)
    unlike = [words for words, (size, chance) in before.items() if abs(size) > max(rules.imbalance, chance)]
    words = verdict(whole["left"], is_open, everybody, unlike)
    context.note(f"campaign: {words}")
    money = _money(context, frame, whole.get("revenue"))
    return {
        "name": name,
        "verdict": words,
        "open": is_open,
        "standardised_differences": {k: v[0] for k, v in before.items()},
        **money,
    }


def compare(frame: pd.DataFrame, measure: str, rules: EffectRules, seed: int) -> Difference:
    """A measure of the treated against that of the control group."""
    treated, control = _values(frame, measure)
    if measure in MONEY:
        return mean_difference(treated, control, rules.permutations, seed)
    return share_difference(int(treated.sum()), len(treated), int(control.sum()), len(control))


def verdict(left: Difference, is_open: int, everybody: int, unlike: Sequence[str]) -> str:
    """What the campaign did to leaving, in words."""
    shares = f"{left.treated:.1%} of the treated left and {left.control:.1%} of the control group"
    interval = f"{left.size * 100:+.1f} points, 95% interval {left.low * 100:+.1f} to {left.high * 100:+.1f}"
    if left.shown:
        words = f"{'fewer' if left.size < 0 else 'MORE'} of those contacted left: {shares} ({interval})"
    else:
        words = f"no measurable effect on leaving: {shares} ({interval})"
    if is_open:
        known = f"the outcome of {is_open:,} of {everybody:,} is not known yet"
        words = f"preliminary, do not decide on it: {known}; so far {words}"
    if unlike:
        words += (
            f"; the arms were unlike before the campaign ({', '.join(unlike)}), more than chance makes them, so the "
            "split was not random"
        )
    return words


def _values(frame: pd.DataFrame, measure: str) -> tuple[Values, Values]:
    """The known values of the treated and of the control group."""
    values, treated = frame[measure].to_numpy(float), frame["treated"].to_numpy(bool)
    known = ~np.isnan(values)
    return values[known & treated], values[known & ~treated]


def _segments(frame: pd.DataFrame, rules: EffectRules) -> list[tuple[str, str, pd.DataFrame]]:
    """(kind, name, subscribers) of every segment that is large enough in both arms."""
    edges = [-float("inf"), rules.mid_high, rules.high, float("inf")]
    bands = pd.cut(frame["arpu_before"], edges, right=False)
    kinds = {
        "band": bands.cat.rename_categories(["mass", "mid_high", "high"]).astype(object),
        "region": frame["region"],
    }
    found = []
    for kind, values in kinds.items():
        for name, part in frame.groupby(values.to_numpy(object), sort=True):
            if min(part["treated"].sum(), (~part["treated"]).sum()) >= rules.minimum_segment:
                found.append((kind, str(name), part))
    return found


def _row(context: RunContext, rules: EffectRules, measure: str, part: pd.DataFrame, d: Difference) -> dict[str, Any]:
    return {
        "measure": measure,
        "name": rules.measures[measure].text(context.lang),
        "segment_kind": "",
        "segment": "",
        "treated": len(_values(part, measure)[0]),
        "control": len(_values(part, measure)[1]),
        "treated_mean": d.treated,
        "control_mean": d.control,
        "difference": d.size,
        "low": d.low,
        "high": d.high,
        "permutation_p": d.chance,
        "is_shown": d.shown,
    }


def _balance(frame: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """What the arms were like before the campaign: the standardised differences, and how large chance alone makes one
    (95%: 1.96 × root of 1/treated + 1/control).
    """
    found = {}
    for column, words in BEFORE.items():
        treated, control = _values(frame, column)
        size = standardised_difference(treated, control)
        if not np.isnan(size):
            found[words] = (round(size, 4), round(1.96 * float(np.sqrt(1 / len(treated) + 1 / len(control))), 4))
    return found


def _money(context: RunContext, frame: pd.DataFrame, revenue: Difference | None) -> dict[str, Any]:
    """Cost, and what the campaign brought in revenue and margin over the months looked at, with intervals."""
    cost, treated = float(frame.loc[frame["treated"], "cost"].sum()), int(frame["treated"].sum())
    if revenue is None:
        context.note("campaign: there are no bills, so nothing can be said of revenue")
        return {"cost": cost}
    margin = context.rules(WorthRules, "assessment").margin
    saved = [treated * value for value in (revenue.size, revenue.low, revenue.high)]
    gain = [margin * value - cost for value in saved]
    context.note(
        f"campaign: it cost {cost:,.0f}; revenue changed by {saved[0]:+,.0f} (95% interval {saved[1]:+,.0f} to "
        f"{saved[2]:+,.0f}), so with a margin of {margin:.0%} it gained {gain[0]:+,.0f} ({gain[1]:+,.0f} to "
        f"{gain[2]:+,.0f})"
    )
    returns = [value / cost for value in gain] if cost > 0 else None
    return {"cost": cost, "saved_revenue": saved, "gain": gain, "return": returns}
