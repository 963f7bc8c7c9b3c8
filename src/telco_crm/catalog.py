"""The table of contents: every analysis, in the order they are computed, and the tables a run writes."""

from __future__ import annotations

from telco_crm.churn.evaluate import BACKTEST
from telco_crm.churn.score import CHURN
from telco_crm.credit.arrears import ARREARS, LIMITS
from telco_crm.credit.stars import CREDIT
from telco_crm.retain.priority import RETENTION
from telco_crm.segment.arpu import ARPU
from telco_crm.segment.groups import GROUPS
from telco_crm.segment.segments import SEGMENTS
from telco_crm.value.lifecycle import LIFECYCLE
from telco_crm.value.profile import PROFILE
from telco_crm.value.tags import TAGS
from telco_crm.value.tiers import TIERS

ANALYSES = (ARPU, GROUPS, SEGMENTS, CREDIT, CHURN, RETENTION, PROFILE, TIERS, LIFECYCLE, ARREARS, LIMITS, TAGS)
ON_REQUEST = (BACKTEST,)  # not part of a run

# Table written → the order of its rows.
OUTPUTS = {
    "segments": "subscriber_id",
    "groups": "group_id",
    "arpu_bands": "band_no",
    "credit": "subscriber_id",
    "churn": "risk_rank",
    "retention": "rank",
    "value_tiers": "subscriber_id",
    "value_cuts": "measure_no, cut_no",
    "tier_migration": "from_tier, to_tier",
    "lifecycle": "subscriber_id",
    "stage_tiers": "stage_no, tier NULLS LAST",
    "arrears": "action_due DESC, action_on, subscriber_id",
    "arrears_ageing": "bucket_no",
    "stop_rules": "rule_no",
    "credit_limits": "subscriber_id",
    "tags": "subscriber_id, tag_no",
    "churn_evaluation": "cutoff, method",
}
