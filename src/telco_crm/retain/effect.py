"""The effect of a campaign: treated against control, overall and by segment, what it earned, and a verdict in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from telco_crm.analysis import RunContext
from telco_crm.errors import InputError
from telco_crm.labels import text
from telco_crm.retain import followed
from telco_crm.retain.arms import EffectRules
from telco_crm.retain.outcome_file import OutcomeFile, find_file_arms, find_file_outcomes, how_far_file
from telco_crm.retain.trial import Difference, Values, mean_difference, share_difference, standardised_difference
from telco_crm.worth import WorthRules

MONEY = ("revenue",)
BEFORE = {"arpu_before": "ARPU", "tenure": "days on the network"}  # column: what the manifest calls it


@dataclass(frozen=True)
class Source:
    """Where outcomes come from: what makes `arms`, what makes `outcomes`, and what says how far they go."""

    arms: Callable[[RunContext, EffectRules, str], list[str]]
    outcomes: Callable[[RunContext, EffectRules], list[str]]
    how_far: Callable[[RunContext, EffectRules], str]


EXPORTS = Source(followed.find_arms, followed.find_outcomes, followed.how_far)


def of_file(file: OutcomeFile) -> Source:
    """A file that was read into table `outcome`, as a source of outcomes."""
    return Source(
        lambda context, rules, name: find_file_arms(context, rules, name, file),
        lambda context, rules: find_file_outcomes(context, rules, file),
        lambda context, rules: how_far_file(context, rules, file),
    )


def measure_effect(context: RunContext, name: str, source: Source = EXPORTS) -> dict[str, Any]:
    """Make `effect` (one row per measure and segment) from contacts and what came after; what the manifest keeps.

    Raises:
        InputError: there is no such campaign, one arm is empty, or nobody's outcome is known yet.
    """
    rules = context.rules(EffectRules, "effect")
    for trouble in source.arms(context, rules, name):
        context.note(trouble)
    measures = source.outcomes(context, rules)
    frame = context.engine.frame("FROM outcomes ORDER BY subscriber_id")
    is_open, everybody = context.engine.rows("SELECT count(*) FILTER (is_open), count(*) FROM arms")[0]
    late = ""
    if is_open:
        time = text("effect.takes", context.lang, days=rules.days, months=rules.months)
        late = text("effect.open", context.lang, open=is_open, all=everybody, takes=time) + source.how_far(
            context, rules
        )
    if min(frame["treated"].sum(), (~frame["treated"]).sum()) < 2:
        key = "effect.wait" if late else "effect.two_needed"
        raise InputError(text(key, context.lang, name=name, why=late))
    measures = [m for m in measures if min(map(len, _values(frame, m))) > 1]
    if late:
        context.note(text("effect.left_out", context.lang, why=late))
    whole = {m: compare(frame, m, rules, context.seed) for m in measures}
    _table(context, rules, frame, whole)
    before = _balance(frame)
    unlike = [what for what, (size, chance) in before.items() if abs(size) > max(rules.imbalance, chance)]
    words = verdict(whole["left"], (is_open, everybody), unlike, context.lang)
    context.say("effect_verdict", words=words)
    money = _money(context, frame, whole.get("revenue"))
    return {
        "name": name,
        "verdict": words,
        "open": is_open,
        "standardised_differences": {BEFORE[what]: size for what, (size, _) in before.items()},
        **money,
    }


def compare(frame: pd.DataFrame, measure: str, rules: EffectRules, seed: int) -> Difference:
    """A measure of the treated against that of the control group."""
    treated, control = _values(frame, measure)
    if measure in MONEY:
        return mean_difference(treated, control, rules.permutations, seed)
    return share_difference(int(treated.sum()), len(treated), int(control.sum()), len(control))


def verdict(left: Difference, counts: tuple[int, int], unlike: Sequence[str], lang: str = "en") -> str:
    """What the campaign did to leaving, in words; `counts` = whose outcome is not known yet, of how many; `unlike` =
    what differed between the arms before (keys of BEFORE).
    """
    points = {key: value * 100 for key, value in (("size", left.size), ("low", left.low), ("high", left.high))}
    figures = text("effect.figures", lang, treated=left.treated, control=left.control, **points)
    key = "none" if not left.shown else "fewer" if left.size < 0 else "more_left"
    words = text(f"effect.{key}", lang, figures=figures)
    if key == "none" and not left.low <= 0 <= left.high:
        words += text("effect.by_chance", lang, chance=left.chance)
    if counts[0]:
        words = text("effect.preliminary", lang, open=counts[0], all=counts[1], words=words)
    if unlike:
        names = text("effect.comma", lang).join(text(f"effect.{what}", lang) for what in unlike)
        words += text("effect.unlike", lang, names=names)
    return words


def _table(context: RunContext, rules: EffectRules, frame: pd.DataFrame, whole: dict[str, Difference]) -> None:
    """Make `effect`: every measure for all, and for each segment that is large enough."""
    rows = [_row(context, rules, measure, frame, difference) for measure, difference in whole.items()]
    for kind, segment, part in _segments(frame, rules):
        of = {"segment_kind": kind, "segment": text(f"effect.{segment}", context.lang) if kind == "band" else segment}
        known = [m for m in whole if min(map(len, _values(part, m))) > 1]
        rows += [_row(context, rules, m, part, compare(part, m, rules, context.seed)) | of for m in known]
    context.engine.register("effect_rows", pd.DataFrame(rows))
    context.create("effect", "SELECT * FROM effect_rows")


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
    for column in BEFORE:
        treated, control = _values(frame, column)
        size = standardised_difference(treated, control)
        if not np.isnan(size):
            found[column] = (round(size, 4), round(1.96 * float(np.sqrt(1 / len(treated) + 1 / len(control))), 4))
    return found


def _money(context: RunContext, frame: pd.DataFrame, revenue: Difference | None) -> dict[str, Any]:
    """Cost, and what the campaign brought in revenue and margin over the months looked at, with intervals."""
    cost, treated = float(frame.loc[frame["treated"], "cost"].sum()), int(frame["treated"].sum())
    if revenue is None:
        context.say("effect_no_revenue")
        return {"cost": cost}
    margin = context.rules(WorthRules, "assessment").margin
    saved = [treated * value for value in (revenue.size, revenue.low, revenue.high)]
    gain = [margin * value - cost for value in saved]
    names = ("size", "low", "high")
    context.say(
        "effect_money",
        cost=cost,
        margin=margin,
        **{f"saved_{name}": value for name, value in zip(names, saved, strict=True)},
        **{f"gain_{name}": value for name, value in zip(names, gain, strict=True)},
    )
    returns = [value / cost for value in gain] if cost > 0 else None
    return {"cost": cost, "saved_revenue": saved, "gain": gain, "return": returns}
