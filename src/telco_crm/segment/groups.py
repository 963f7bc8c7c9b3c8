"""The behavioural groups of a month: who belongs where, and the profile of every group (domain section 2)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pydantic import Field
from threadpoolctl import threadpool_limits

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import identifier, literal
from telco_crm.errors import CannotCompute
from telco_crm.rules import Model
from telco_crm.segment.behaviour import BehaviourSegmenter
from telco_crm.segment.scheme import Scheme, load_scheme

TRAITS_SHOWN = 3
CLEAR = 0.5  # standard deviations from which on a difference is called a trait


class SegmentRules(Model):
    """See rules/segment.toml."""

    scheme: str
    months: int = Field(ge=1)
    factors: int = Field(ge=1)
    seed_share: float = Field(gt=0, lt=1)
    seed_least: int = Field(ge=1)
    seed_most: int = Field(ge=1)
    subscribers_per_group: int = Field(ge=2)
    fit_subscribers: int = Field(ge=1000)


def compute_groups(context: RunContext) -> None:
    """Make `grouped` (subscriber_id, group and its probability, second group) and `groups` (a profile per group).

    Raises:
        CannotCompute: too few subscribers with usage.
    """
    rules = context.rules(SegmentRules, "segment")
    scheme = load_scheme(rules.scheme)
    inputs = _inputs(context, scheme, rules.months)
    active = inputs.index[(inputs.drop(columns="records") > 0).any(axis=1)]
    need = rules.subscribers_per_group * len(scheme.groups)
    if len(active) < need:
        raise CannotCompute(
            f"{len(scheme.groups)} groups need at least {need} subscribers with usage in the last {rules.months} "
            f"months, and there are {len(active)}"
        )
    segmenter = BehaviourSegmenter(
        scheme, rules.factors, rules.seed_share, rules.seed_least, rules.seed_most, context.seed
    )
    with threadpool_limits(1):  # so that sums do not depend on the number of threads
        sample = _sample(inputs.loc[active], rules.fit_subscribers, context.seed)
        segmenter.fit(sample)
        probability = segmenter.predict_proba(inputs)
    context.fitted("groups", len(sample), len(active))
    grouped = _grouped(inputs.index, probability, segmenter, scheme, context.lang)
    context.engine.register("group_members", grouped)
    context.create("grouped", "SELECT * FROM group_members")
    context.engine.register("group_traits", _profiles(inputs, grouped, segmenter, scheme, context.lang))
    context.create("groups", _profile_sql(context, rules.months))


def _inputs(context: RunContext, scheme: Scheme, months: int) -> pd.DataFrame:
    """The scheme's inputs from mean monthly features, by subscriber_id, of everybody with usage features in the
    months.
    """
    wanted = ", ".join(f"({i.sql})::DOUBLE AS {identifier(name)}" for name, i in scheme.inputs.items())
    known = ", ".join(literal(str(context.as_of.back(age))) for age in range(months))
    numeric = [
        f"avg({identifier(c)}) AS {identifier(c)}"
        for c, kind in context.engine.columns("features").items()
        if kind == "DOUBLE"
    ]
    means = (
        f"SELECT subscriber_id, {', '.join(numeric)} FROM features WHERE month IN ({known}) AND records IS NOT NULL "
        "AND subscriber_id IN (SELECT subscriber_id FROM people) GROUP BY subscriber_id"
    )
    frame = context.engine.frame(f"SELECT subscriber_id, {wanted}, records FROM ({means}) ORDER BY subscriber_id")
    return frame.set_index("subscriber_id")


def _sample(inputs: pd.DataFrame, most: int, seed: int) -> pd.DataFrame:
    if len(inputs) <= most:
        return inputs
    return inputs.iloc[np.sort(np.random.default_rng(seed).choice(len(inputs), most, replace=False))]


def _grouped(
    index: pd.Index, probability: np.ndarray, segmenter: BehaviourSegmenter, scheme: Scheme, lang: str
) -> pd.DataFrame:
    order = np.argsort(-probability, axis=1, kind="stable")
    names = {number: group.text(lang) for number, group in scheme.groups.items()}
    first, second = segmenter.group_ids_[order[:, 0]], segmenter.group_ids_[order[:, 1]]
    return pd.DataFrame(
        {
            "subscriber_id": index,
            "group_id": first,
            "group": [names[g] for g in first],
            "group_probability": probability[np.arange(len(order)), order[:, 0]].round(6),
            "second_group": [names[g] for g in second],
        }
    )


def _profiles(
    inputs: pd.DataFrame, grouped: pd.DataFrame, segmenter: BehaviourSegmenter, scheme: Scheme, lang: str
) -> pd.DataFrame:
    """Per group: traits in words, match, runner-up and recommendations."""
    z = segmenter.standardise(inputs)
    number_of = grouped["group_id"].to_numpy()
    labels = [i.text(lang) for i in scheme.inputs.values()]
    rows = []
    for cluster, number in enumerate(segmenter.group_ids_):
        group = scheme.groups[int(number)]
        mean = z[number_of == number].mean(axis=0) if (number_of == number).any() else np.zeros(len(labels))
        order = np.argsort(-mean, kind="stable")
        strong = [f"{labels[j]} {mean[j]:+.1f}" for j in order[:TRAITS_SHOWN] if mean[j] >= CLEAR]
        weak = [f"{labels[j]} {mean[j]:+.1f}" for j in order[::-1][:TRAITS_SHOWN] if mean[j] <= -CLEAR]
        rows.append(
            {
                "group_id": int(number),
                "group": group.text(lang),
                "strong": "; ".join(strong),
                "weak": "; ".join(weak),
                "match": float(segmenter.match_[cluster]),
                "runner_up": scheme.groups[int(segmenter.runner_up_[cluster])].text(lang),
                "business": group.business.text(lang) if group.business else "",
                "care": group.care.text(lang) if group.care else "",
            }
        )
    return pd.DataFrame(rows)


def _profile_sql(context: RunContext, months: int) -> str:
    before, as_of = (literal(str(context.as_of.back(age))) for age in (1, 0))
    last = ", ".join(literal(str(context.as_of.back(age))) for age in range(months))
    gender = "count_if(gender = 'female') / nullif(count_if(gender IN ('female', 'male')), 0)"
    months_arpu = [f"avg(CASE WHEN month = {m} THEN f.arpu END)" for m in (as_of, before)]
    calls = [f"sum(CASE WHEN month IN ({last}) THEN {n} END)" for n in ("ip_calls", "toll_out_calls")]
    mean_arpu = "(sum(arpu) / nullif(count(arpu), 0))::DOUBLE"
    return f"""
        WITH members AS (SELECT * FROM grouped JOIN people USING (subscriber_id)),
        change AS (SELECT group_id, {months_arpu[0]} / nullif({months_arpu[1]}, 0) - 1 AS arpu_change,
                          {calls[0]} / nullif({calls[1]}, 0) AS ip_ratio
                   FROM features f JOIN grouped USING (subscriber_id) WHERE month IN ({last}, {before})
                   GROUP BY group_id),
        sums AS (SELECT group_id, count(*) AS subscribers, {mean_arpu} AS arpu, {gender} AS share_women,
                        avg(months_on_network) AS mean_months_on_network FROM members GROUP BY group_id),
        overall AS (SELECT count(*) AS everybody, {mean_arpu} AS mean_arpu FROM members)
        SELECT t.group_id, t."group", coalesce(subscribers, 0) AS subscribers,
               coalesce(subscribers, 0) / nullif(everybody, 0) AS share, arpu,
               arpu / nullif(mean_arpu, 0) AS arpu_ratio, arpu_change, share_women, mean_months_on_network, ip_ratio,
               strong, weak, "match", runner_up, business, care
        FROM group_traits t LEFT JOIN sums USING (group_id) LEFT JOIN change USING (group_id) CROSS JOIN overall"""


GROUPS = Analysis("groups", ("people", "usage"), ("grouped", "groups"), compute_groups)
