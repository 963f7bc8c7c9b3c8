"""The behavioural groups of a month: a model is chosen, everybody is assigned, groups are described (domain
section 2).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from telco_crm.analysis import Analysis, RunContext
from telco_crm.errors import CannotCompute
from telco_crm.labels import text
from telco_crm.segment.assign import assign
from telco_crm.segment.drift import group_drift, input_drift
from telco_crm.segment.fitting import MODEL, choose_model
from telco_crm.segment.inputs import sample
from telco_crm.segment.model import SegmentModel
from telco_crm.segment.profiles import GroupMeans, profiles, profiles_sql
from telco_crm.segment.settings import SegmentRules


def describe(context: RunContext) -> None:
    """Make `groups` (a profile per group) and `segment_drift` (against the training of the model).

    Raises:
        CannotCompute: nobody has usage in the months that are looked at.
    """
    rules, model = context.rules(SegmentRules, "segment"), context.facts[MODEL]
    means = GroupMeans(model)
    means.take(context.engine.frame("SELECT * FROM group_sums ORDER BY ALL"))
    if not means.counts.sum():
        raise CannotCompute(text("notes.nobody", context.lang))
    shown = profiles(model, means, context.lang, rules.thin_group, rules.clear_match)
    context.engine.register("group_profiles", shown)
    context.create("groups", profiles_sql(context, rules))
    context.engine.register("segment_psi", _drift(context, rules, model, means))
    context.create("segment_drift", "SELECT * FROM segment_psi")


def _drift(context: RunContext, rules: SegmentRules, model: SegmentModel, means: GroupMeans) -> pd.DataFrame:
    """One row per input and group: PSI against the training population; a note where it is large."""
    now, _ = sample(context, model.scheme, rules.months, rules.fit_subscribers)
    shares = dict(zip(map(int, model.solution.group_ids), means.counts / means.counts.sum(), strict=True))
    rows: list[tuple[Any, ...]] = []
    for name, then in model.inputs.items():
        psi = input_drift(then, now[name].to_numpy(np.float64))
        rows.append(("input", name, model.scheme.inputs[name].text(context.lang), psi))
    parts = group_drift(model.group_shares, shares)
    rows += [("group", str(g), model.name_of(g, context.lang), psi) for g, psi in parts.items()]
    rows.append(("groups", "", text("segment.all_groups", context.lang), sum(parts.values())))
    table = pd.DataFrame(rows, columns=["kind", "name", "label", "psi"])
    table["psi"] = table["psi"].round(6)
    table["level"] = np.select(
        [table["psi"] >= rules.drift_large, table["psi"] >= rules.drift_some], ["large", "some"], "stable"
    )
    table["model_month"] = model.last_month
    large = table.loc[table["level"] == "large", "label"].tolist()
    if large:
        context.say("drifted", month=model.last_month, names=text("segment.comma", context.lang).join(large))
    return table


GROUPS = Analysis(
    "groups",
    ("people", "usage"),
    ("grouped", "groups", "segment_drift"),
    choose_model,
    uses=("features", "price_sensitivity"),
    each=assign,
    makes=("grouped", "group_sums"),
    finish=describe,
)
