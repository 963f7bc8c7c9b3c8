"""Time-based back-test: every past cut-off is scored by a model fitted only on outcomes that were known before it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from telco_crm.analysis import Analysis, RunContext
from telco_crm.churn.dataset import outcomes_at, past_cutoffs, rule_hits, signals_at, training_set
from telco_crm.churn.model import TrainingWindow, fit_model
from telco_crm.churn.rules import ChurnRules
from telco_crm.churn.score import rule_probability
from telco_crm.errors import CannotCompute
from telco_crm.months import Month

LIFTS = (0.01, 0.05, 0.10)


def compute_backtest(context: RunContext) -> None:
    """Make `churn_evaluation`: one row per cut-off and method (model, rules).

    Columns: cutoff, method, fitted_on, subscribers, leavers, churn_rate, auc, average_precision, brier, lift_1,
    lift_5, lift_10.

    Raises:
        CannotCompute: no past cut-off has both leavers and stayers.
    """
    rules = context.rules(ChurnRules, "churn")
    rows = [row for cutoff in past_cutoffs(context, rules) for row in _tested(context, rules, cutoff)]
    if not rows:
        raise CannotCompute("no past cut-off has a known outcome with leavers and stayers")
    context.engine.register("backtest", pd.DataFrame(rows))
    context.create("churn_evaluation", "SELECT * FROM backtest")


def measures(outcome: npt.NDArray[np.int64], score: npt.NDArray[np.float64]) -> dict[str, float]:
    """ROC AUC, average precision, Brier score, and lift among the highest 1, 5 and 10% of the scores (ties in
    input order).
    """
    order = np.argsort(-score, kind="stable")
    rate = outcome.mean()
    lifts = {
        f"lift_{share:.0%}".rstrip("%"): outcome[order[: max(1, round(share * len(order)))]].mean() / rate
        for share in LIFTS
    }
    return {
        "auc": roc_auc_score(outcome, score),
        "average_precision": average_precision_score(outcome, score),
        "brier": brier_score_loss(outcome, score),
        **lifts,
    }


def _tested(context: RunContext, rules: ChurnRules, cutoff: Month) -> list[dict[str, object]]:
    outcome = outcomes_at(context, rules, cutoff)
    if outcome.nunique() < 2:
        return []
    earlier = [c for c in past_cutoffs(context, rules) if c.back(-rules.horizon_months) <= cutoff]
    signals = signals_at(context, rules, cutoff)
    both = signals.index.intersection(outcome.index)
    scores = {"rules": rule_probability(rule_hits(context, rules, cutoff), rules).loc[both]}
    if earlier:
        past, left = training_set(context, rules, earlier)
        if min(left.sum(), len(left) - left.sum()) >= rules.minimum_leavers:
            window = TrainingWindow(tuple(map(str, earlier)), rules.horizon_months, rules.target)
            model = fit_model(past, left, rules.meaning(), window, context.seed)
            scores["model"] = model.probability(signals.loc[both])
    truth = outcome.loc[both].to_numpy()
    return [
        {
            "cutoff": str(cutoff),
            "method": method,
            "fitted_on": ", ".join(map(str, earlier)) if method == "model" else "",
            "subscribers": len(truth),
            "leavers": int(truth.sum()),
            "churn_rate": truth.mean(),
            **measures(truth, score.to_numpy()),
        }
        for method, score in sorted(scores.items())
    ]


BACKTEST = Analysis("churn evaluate", ("people", "features", "subscribers"), ("churn_evaluation",), compute_backtest)
