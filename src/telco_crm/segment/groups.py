"""The behavioural groups of a month: a model is fitted or taken over, and everybody is assigned (domain section 2)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import Field
from threadpoolctl import threadpool_limits

from telco_crm.analysis import Analysis, RunContext
from telco_crm.errors import CannotCompute, RuleError
from telco_crm.labels import text
from telco_crm.rules import Model
from telco_crm.segment.drift import group_drift, input_drift
from telco_crm.segment.inputs import check_inputs, inputs_sql, numeric_features, observed_months, sample
from telco_crm.segment.model import SegmentModel, fit_model
from telco_crm.segment.profiles import GroupMeans, profiles, profiles_sql
from telco_crm.segment.scheme import Scheme, load_scheme


class SegmentRules(Model):
    """See rules/segment.toml."""

    scheme: str
    months: int = Field(ge=1)
    factors: int = Field(ge=0)
    subscribers_per_group: int = Field(ge=2)
    fit_subscribers: int = Field(ge=1000)
    thin_group: int = Field(ge=0)
    certain: float = Field(ge=0, le=1)
    clear_match: float = Field(ge=0, le=1)
    drift_some: float = Field(gt=0)
    drift_large: float = Field(gt=0)


def compute_groups(context: RunContext) -> None:
    """Make `grouped` (per subscriber), `groups` (a profile per group) and `segment_drift`.

    The model is settings["segment_model"]; else settings["former_segment_model"] where it was fitted on earlier
    months; else it is fitted now. It is left in facts["segment_model"].

    Raises:
        CannotCompute: too few subscribers with usage.
    """
    rules = context.rules(SegmentRules, "segment")
    model = model_of(context, rules)
    with threadpool_limits(1):  # so that sums do not depend on the number of threads
        means = create_grouped(context, rules, model)
    shown = profiles(model, means, context.lang, rules.thin_group, rules.clear_match)
    context.engine.register("group_profiles", shown)
    context.create("groups", profiles_sql(context, rules.months))
    context.facts["segment_model"] = model


def model_of(context: RunContext, rules: SegmentRules) -> SegmentModel:
    """The model to use: a given one, a former one, or one fitted now."""
    given = context.settings.get("segment_model")
    if given is not None:
        _check_given(context, given)
        return given
    scheme = load_scheme(rules.scheme).complete(numeric_features(context))
    former = context.settings.get("former_segment_model")
    if former is not None and former.scheme == scheme and former.last_month < str(context.as_of):
        context.note(
            f"groups: by the model of {former.last_month} in the output folder, so that groups can be compared; "
            "telco-crm segment fit makes a new one"
        )
        return former
    return fitted(context, rules, scheme)


def fitted(context: RunContext, rules: SegmentRules, scheme: Scheme, former: SegmentModel | None = None) -> SegmentModel:
    """A model fitted on the months up to the as-of month.

    Raises:
        CannotCompute: too few subscribers with usage. RuleError: an input of the scheme cannot be computed.
    """
    check_inputs(context, scheme)
    sql = inputs_sql(context, scheme, rules.months)
    active = " OR ".join(f'"{name}" > 0' for name in scheme.inputs)
    rows, busy = context.engine.rows(f"SELECT count(*), count_if({active}) FROM ({sql})")[0]
    need = rules.subscribers_per_group * len(scheme.groups)
    if busy < need:
        raise CannotCompute(
            f"{len(scheme.groups)} groups need at least {need} subscribers with usage in the last {rules.months} "
            f"months, and there are {busy}"
        )
    months = observed_months(context, rules.months)
    if len(months) < rules.months:
        context.note(f"groups: rates rest on {len(months)} of {rules.months} months, since the data has no more")
    options = {"rows": rows, "seed": context.seed, "factors": rules.factors or None}
    with threadpool_limits(1):
        model = fit_model(sample(context, sql, rules.fit_subscribers), scheme, months, options, former)
    unused = [i.text(context.lang) for n, i in scheme.inputs.items() if model.scaling[n].scale == 0]
    if unused:
        context.note(f"groups: {', '.join(unused)} is the same or unknown for everybody and was not looked at")
    absent = [g.text(context.lang) for n, g in scheme.groups.items() if n not in model.group_shares]
    if absent:
        context.note(f"groups: nobody is like {', '.join(absent)}; these groups are absent")
    return model


def create_grouped(context: RunContext, rules: SegmentRules, model: SegmentModel) -> GroupMeans:
    """Make `grouped` by assigning everybody, batch by batch, and `segment_drift` against the model's training; what
    the members do on average.
    """
    sql = inputs_sql(context, model.scheme, rules.months)
    means = GroupMeans(model)
    tables = []
    for batch in context.engine.batches(f"SELECT * FROM ({sql}) ORDER BY subscriber_id"):
        people = batch.to_pandas()
        given = assigned(people, model, context.lang, rules.certain)
        means.add(people[list(model.scheme.inputs)].to_numpy(np.float64), given["group_id"].to_numpy())
        tables.append(pa.Table.from_pandas(given, preserve_index=False))
    if not tables:
        raise CannotCompute("nobody has usage in the months that are looked at")
    context.engine.register("group_members", pa.concat_tables(tables))
    context.create("grouped", "SELECT * FROM group_members")
    context.engine.register("segment_psi", _drift(context, rules, model, sql))
    context.create("segment_drift", "SELECT * FROM segment_psi")
    return means


def assigned(inputs: pd.DataFrame, model: SegmentModel, lang: str, certain: float) -> pd.DataFrame:
    """The groups of subscribers, from subscriber_id and the model's inputs: a function of each row alone."""
    ids = model.solution.group_ids
    probability = model.solution.probability(inputs[list(model.scheme.inputs)].to_numpy(np.float64))
    order = np.argsort(-probability, axis=1, kind="stable")
    at, best, second = np.arange(len(order)), order[:, 0], order[:, min(1, len(ids) - 1)]
    names = np.array([model.name_of(int(g), lang) for g in ids], dtype=object)
    classes = np.array([model.class_of(int(g)) for g in ids], dtype=object)
    first = probability[at, best].round(6)
    return pd.DataFrame(
        {
            "subscriber_id": inputs["subscriber_id"].astype(object),
            "group_id": ids[best],
            "group": names[best],
            "group_probability": first,
            "second_group": names[second],
            "second_probability": probability[at, second].round(6),
            "group_class": classes[best],
            "group_uncertain": first < certain,
        }
    ).astype({"group_class": "string", "group": "string", "second_group": "string", "subscriber_id": "string"})


def _check_given(context: RunContext, model: SegmentModel) -> None:
    try:
        check_inputs(context, model.scheme)
    except RuleError as error:
        raise RuleError([f"the segment model does not fit this data: {p}" for p in error.problems]) from None


def _drift(context: RunContext, rules: SegmentRules, model: SegmentModel, sql: str) -> pd.DataFrame:
    """One row per input and group: PSI against the training population; a note where it is large."""
    now = sample(context, sql, rules.fit_subscribers)
    shares: dict[int, float] = dict(
        context.engine.rows("SELECT group_id, count(*) / sum(count(*)) OVER () FROM grouped GROUP BY group_id")
    )
    rows: list[tuple[Any, ...]] = []
    for name, then in model.inputs.items():
        rows.append(("input", name, model.scheme.inputs[name].text(context.lang), input_drift(then, now[name].to_numpy())))
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
        context.note(
            f"groups: since the model of {model.last_month} the population has changed in {', '.join(large)}; "
            "consider a new one with telco-crm segment fit --previous"
        )
    return table


GROUPS = Analysis("groups", ("people", "usage"), ("grouped", "groups", "segment_drift"), compute_groups)
