"""Time-based back-test: every past cut-off is scored by a model fitted only on what was known at that time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from telco_crm.analysis import Analysis, RunContext
from telco_crm.churn.dataset import (
    check_signals,
    outcomes_at,
    past_cutoffs,
    rule_hits,
    signals_at,
    values_at,
)
from telco_crm.churn.known import SOURCES
from telco_crm.churn.labels import create_leavers
from telco_crm.churn.metrics import measures
from telco_crm.churn.profit import profit
from telco_crm.churn.rules import ChurnRules
from telco_crm.churn.score import fit_on_history, rule_probability
from telco_crm.errors import CannotCompute
from telco_crm.months import Month


def compute_backtest(context: RunContext) -> None:
    """Make `churn_evaluation`: one row per cut-off and method (model, rules), with all measures and profits.

    Raises:
        CannotCompute: no past cut-off has both leavers and stayers.
    """
    rules = context.rules(ChurnRules, "churn")
    check_signals(context, rules)
    rows = [row for cutoff in past_cutoffs(context, rules) for row in _tested(context, rules, cutoff)]
    if not rows:
        raise CannotCompute("no past cut-off has a known outcome with leavers and stayers")
    if all(row["method"] == "rules" for row in rows):
        context.say("backtest_short")
    context.engine.register("backtest", pd.DataFrame(rows))
    context.create("churn_evaluation", "SELECT * FROM backtest")


def _tested(context: RunContext, rules: ChurnRules, cutoff: Month) -> list[dict[str, object]]:
    outcome = outcomes_at(context, rules, cutoff)
    if outcome.nunique() < 2:
        return []
    signals = signals_at(context, rules, cutoff)
    both = signals.index.intersection(outcome.index)
    truth = outcome.loc[both].to_numpy()
    scores = {"rules": rule_probability(rule_hits(context, rules, cutoff), rules).loc[both].to_numpy()}
    fitted_on = ""
    then = replace(context, as_of=cutoff, months=[m for m in context.months if m <= cutoff])
    create_leavers(then, rules.leaving)  # who is known to have left by then
    try:
        model = fit_on_history(then, rules)
        fitted_on = ", ".join(model.training.cutoffs)
        scores["model"] = model.probability(signals.loc[both], context.engine.threads).to_numpy()
    except CannotCompute:
        pass  # too early for a model
    finally:
        create_leavers(context, rules.leaving)
    campaign = replace(rules.profit.campaign, value=values_at(context, rules, cutoff).loc[both].to_numpy(np.float64))
    return [
        {
            "cutoff": str(cutoff),
            "method": method,
            "fitted_on": fitted_on if method == "model" else "",
            "subscribers": len(truth),
            "leavers": int(truth.sum()),
            "churn_rate": truth.mean(),
            **measures(truth, score),
            **profit(truth, score, campaign)._asdict(),
        }
        for method, score in sorted(scores.items())
    ]


BACKTEST = Analysis(
    "churn evaluate", ("people", "features", "subscribers"), ("churn_evaluation",), compute_backtest, uses=SOURCES
)
