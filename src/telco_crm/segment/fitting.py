"""Which model a run groups by: one that was given, that of an earlier month, or one fitted now."""

from __future__ import annotations

import pandas as pd
from threadpoolctl import threadpool_limits

from telco_crm.analysis import RunContext
from telco_crm.errors import CannotCompute, RuleError
from telco_crm.labels import text
from telco_crm.segment.inputs import check_inputs, numeric_features, observed_months, sample
from telco_crm.segment.model import SegmentModel, fit_model
from telco_crm.segment.scheme import Scheme, load_scheme
from telco_crm.segment.settings import SegmentRules

MODEL = "segment_model"


def choose_model(context: RunContext) -> None:
    """Leave the model in facts["segment_model"]: settings["segment_model"]; else settings["former_segment_model"] where
    it was fitted on earlier months with the same scheme; else it is fitted now.

    Raises:
        CannotCompute: too few subscribers with usage. RuleError: an input of the scheme cannot be computed.
    """
    rules = context.rules(SegmentRules, "segment")
    given = context.settings.get(MODEL)
    if given is not None:
        _check_given(context, given)
    context.facts[MODEL] = given or _former(context, rules) or fitted(context, rules, own_scheme(context, rules))


def own_scheme(context: RunContext, rules: SegmentRules) -> Scheme:
    """The scheme of the rules, with an input for every trait.

    Raises:
        RuleError: a trait is neither an input nor a feature.
    """
    return load_scheme(rules.scheme).complete(numeric_features(context))


def fitted(
    context: RunContext, rules: SegmentRules, scheme: Scheme, former: SegmentModel | None = None
) -> SegmentModel:
    """A model fitted on the months up to the as-of month; of very many subscribers a sample is looked at.

    Raises:
        CannotCompute: too few subscribers with usage. RuleError: an input of the scheme cannot be computed.
    """
    check_inputs(context, scheme)
    inputs, everybody = sample(context, scheme, rules.months, rules.fit_subscribers)
    _check_enough(inputs, scheme, rules, context.lang)
    months = observed_months(context, rules.months)
    if len(months) < rules.months:
        context.say("few_months", n=len(months), months=rules.months)
    context.fitted("groups", len(inputs), everybody)
    options = {"rows": everybody, "seed": context.seed, "factors": rules.factors or None}
    with threadpool_limits(1):  # so that sums do not depend on the number of threads
        model = fit_model(inputs, scheme, months, options, former)
    unused = [i.text(context.lang) for n, i in scheme.inputs.items() if model.scaling[n].scale == 0]
    if unused:
        context.say("unused", names=text("segment.comma", context.lang).join(unused))
    absent = [g.text(context.lang) for n, g in scheme.groups.items() if n not in model.group_shares]
    if absent:
        context.say("absent_groups", names=text("segment.comma", context.lang).join(absent))
    return model


def _check_enough(inputs: pd.DataFrame, scheme: Scheme, rules: SegmentRules, lang: str) -> None:
    busy = int((inputs > 0).any(axis=1).sum())
    need = rules.subscribers_per_group * len(scheme.groups)
    if busy < need:
        counts = {"groups": len(scheme.groups), "need": need, "months": rules.months, "n": busy}
        raise CannotCompute(text("notes.few_people", lang, **counts))
    if not (inputs.nunique() > 1).any():
        raise CannotCompute(text("notes.all_alike", lang, n=len(inputs)))


def _former(context: RunContext, rules: SegmentRules) -> SegmentModel | None:
    """The model of an earlier run, if it is of the same scheme and an earlier month; says why it is not used."""
    former: SegmentModel | None = context.settings.get("former_segment_model")
    if former is None:
        if context.settings.get("former_segment_model_damaged"):
            context.say("damaged_model")
        return None
    if former.scheme != own_scheme(context, rules):
        context.say("other_scheme", month=former.last_month)
        return None
    if former.last_month >= str(context.as_of):
        return None
    context.say("former_model", month=former.last_month)
    return former


def _check_given(context: RunContext, model: SegmentModel) -> None:
    try:
        check_inputs(context, model.scheme)
    except RuleError as error:
        raise RuleError([f"the segment model does not fit this data: {p}" for p in error.problems]) from None
