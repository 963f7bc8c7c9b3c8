"""The table of contents: every analysis, in the order they are computed.

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
from telco_crm.value.months import CONTACTED, SERVICE_HISTORY, SUBSCRIBER_MONTHS
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
    CONTACTED,
    SERVICE_HISTORY,
    SUBSCRIBER_MONTHS,
)
ON_REQUEST = (BACKTEST, FOUND_RULES, MONITOR, SEGMENT_QUALITY)  # not part of a run
