"""The table of contents: every analysis, in the order they are computed, and the tables a run writes."""

from __future__ import annotations

from telco_crm.churn.evaluate import BACKTEST
from telco_crm.churn.score import CHURN
from telco_crm.credit.stars import CREDIT
from telco_crm.retain.priority import RETENTION
from telco_crm.segment.arpu import ARPU
from telco_crm.segment.groups import GROUPS
from telco_crm.segment.segments import SEGMENTS

ANALYSES = (ARPU, GROUPS, SEGMENTS, CREDIT, CHURN, RETENTION)
ON_REQUEST = (BACKTEST,)  # not part of a run

# Table written → the order of its rows.
OUTPUTS = {
    "segments": "subscriber_id",
    "groups": "group_id",
    "segment_drift": "kind, try_cast(name AS INTEGER), name",
    "migration": "level DESC, from_name IS NULL, from_id, from_name, to_name IS NULL, to_id, to_name",
    "migration_balance": "level DESC, id, name",
    "arpu_bands": "band_no",
    "credit": "subscriber_id",
    "churn": "risk_rank",
    "retention": "rank",
    "churn_evaluation": "cutoff, method",
}
