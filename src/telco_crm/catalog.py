"""The table of contents: every analysis, in the order they are computed, and the tables a run writes.

Loading it takes a while, since everything is loaded with it.
"""

from __future__ import annotations

from telco_crm.churn.circle import HISTORY
from telco_crm.churn.evaluate import BACKTEST
from telco_crm.churn.findrules import FOUND_RULES
from telco_crm.churn.monitor import MONITOR
from telco_crm.churn.score import CHURN, RATES
from telco_crm.credit.arrears import ARREARS, LIMITS
from telco_crm.credit.stars import CREDIT
from telco_crm.market.alerts import ALERTS
from telco_crm.market.audit import AUDIT
from telco_crm.market.complaints import COMPLAINTS, LEAVING
from telco_crm.market.prospects import CALLERS, PROSPECTS
from telco_crm.market.satisfaction import SATISFACTION
from telco_crm.retain.priority import RETENTION
from telco_crm.retain.recommend import RECOMMEND
from telco_crm.segment.arpu import ARPU
from telco_crm.segment.evaluate import SEGMENT_QUALITY
from telco_crm.segment.groups import GROUPS
from telco_crm.segment.moves import MOVES
from telco_crm.segment.past import GROUPS_BEFORE
from telco_crm.segment.prices import PRICES
from telco_crm.segment.segments import SEGMENTS
from telco_crm.segment.strategy import STRATEGY
from telco_crm.value.assessment import ASSESSMENT
from telco_crm.value.lifecycle import LIFECYCLE
from telco_crm.value.months import SUBSCRIBER_MONTHS
from telco_crm.value.profile import PROFILE
from telco_crm.value.tags import TAGS
from telco_crm.value.tiers import TIERS

ANALYSES = (
    ARPU,
    PRICES,
    GROUPS,
    GROUPS_BEFORE,
    SEGMENTS,
    STRATEGY,
    MOVES,
    CREDIT,
    HISTORY,
    RATES,
    CHURN,
    ASSESSMENT,
    RETENTION,
    PROFILE,
    TIERS,
    LIFECYCLE,
    ARREARS,
    LIMITS,
    TAGS,
    RECOMMEND,
    AUDIT,
    ALERTS,
    CALLERS,
    PROSPECTS,
    SATISFACTION,
    COMPLAINTS,
    LEAVING,
    SUBSCRIBER_MONTHS,
)
ON_REQUEST = (BACKTEST, FOUND_RULES, MONITOR, SEGMENT_QUALITY)  # not part of a run

# Table written → the order of its rows.
OUTPUTS = {
    "segments": "subscriber_id",
    "groups": "group_id",
    "segment_drift": "kind, try_cast(name AS INTEGER), name",
    "price_sensitivity": "subscriber_id",
    "strategy": "group_id",
    "migration": "level DESC, from_name IS NULL, from_id, from_name, to_name IS NULL, to_id, to_name",
    "migration_balance": "level DESC, id, name",
    "arpu_bands": "band_no",
    "credit": "subscriber_id",
    "churn": "risk_rank",
    "churn_rates": "month",
    "retention": "rank",
    "value_tiers": "subscriber_id",
    "value_cuts": "measure_no, cut_no",
    "tier_migration": "from_tier, to_tier",
    "value_assessment": "subscriber_id",
    "value_segments": "kind_no, segment_no, segment",
    "survival": "kind_no, segment_no, segment, months_on_network",
    "value_calibration": "kind_no, segment_no, segment",
    "lifecycle": "subscriber_id",
    "stage_tiers": "stage_no, tier NULLS LAST",
    "arrears": "action_due DESC, action_on, subscriber_id",
    "arrears_ageing": "bucket_no",
    "stop_rules": "rule_no",
    "credit_limits": "subscriber_id",
    "tags": "subscriber_id, tag_no",
    "recommendations": "rank NULLS LAST, expected_value DESC, subscriber_id",
    "churn_evaluation": "cutoff, method",
    "churn_rules": "rule_no",
    "churn_monitor": "row_no",
    "segment_quality": "measure_no",
    "audit": "weight DESC, no",
    "alerts": "weight DESC, alert, first_seen DESC, subscriber_id",
    "prospects": "rank",
    "prospect_contacts": "rank, contact_no",
    "prospect_totals": "month NULLS FIRST, level_no, callers DESC, name NULLS LAST",
    "satisfaction": "level_no, question DESC, name, area",
    "satisfaction_drivers": "importance DESC NULLS LAST, people DESC, area",
    "complaints": "typed, complaints DESC, area",
    "satisfaction_leaving": "sign",
    "subscriber_months": "subscriber_id, month",
}
