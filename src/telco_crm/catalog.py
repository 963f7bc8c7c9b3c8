"""The table of contents: every analysis, in the order they are computed, and the tables a run writes."""

from __future__ import annotations

from telco_crm.churn.evaluate import BACKTEST
from telco_crm.churn.findrules import RULES
from telco_crm.churn.monitor import MONITOR
from telco_crm.churn.score import CHURN, RATES
from telco_crm.credit.stars import CREDIT
from telco_crm.retain.priority import RETENTION
from telco_crm.segment.arpu import ARPU
from telco_crm.segment.groups import GROUPS
from telco_crm.segment.segments import SEGMENTS

ANALYSES = (ARPU, GROUPS, SEGMENTS, CREDIT, RATES, CHURN, RETENTION)
ON_REQUEST = (BACKTEST, RULES, MONITOR)  # not part of a run

# Table written → the order of its rows.
OUTPUTS = {
    "segments": "subscriber_id",
    "groups": "group_id",
    "arpu_bands": "band_no",
    "credit": "subscriber_id",
    "churn": "risk_rank",
    "churn_rates": "month",
    "retention": "rank",
    "churn_evaluation": "cutoff, method",
    "churn_rules": "rule_no",
    "churn_monitor": "row_no",
}
