"""The table of contents: every analysis, in the order they are computed, and the rules they go by."""

from __future__ import annotations

from telco_crm.churn.circle import HISTORY
from telco_crm.churn.evaluate import BACKTEST
from telco_crm.churn.findrules import FOUND_RULES
from telco_crm.churn.monitor import MONITOR
from telco_crm.churn.rules import ChurnRules
from telco_crm.churn.score import CHURN, RATES
from telco_crm.config import Config, gathered
from telco_crm.credit.arrears import ARREARS, LIMITS
from telco_crm.credit.control import ArrearsRules
from telco_crm.credit.stars import CREDIT, CreditRules
from telco_crm.errors import RuleError
from telco_crm.features.loading import load_catalog
from telco_crm.indicators.rules import IndicatorRules
from telco_crm.market.alerts import ALERTS, AlertRules
from telco_crm.market.audit import AUDIT, AuditRules
from telco_crm.market.complaints import COMPLAINTS, LEAVING
from telco_crm.market.prospect_rules import ProspectRules
from telco_crm.market.prospects import CALLERS, PROSPECTS
from telco_crm.market.satisfaction import SATISFACTION, SatisfactionRules
from telco_crm.retain.arms import EffectRules
from telco_crm.retain.contact import ContactRules
from telco_crm.retain.ladder import RetentionRules
from telco_crm.retain.offers import OfferRules, unknown_steps
from telco_crm.retain.priority import RETENTION
from telco_crm.retain.products import RecommendRules
from telco_crm.retain.recommend import RECOMMEND
from telco_crm.retain.uplift.rules import UpliftRules
from telco_crm.rules import Model, line_of, load_rules
from telco_crm.segment.arpu import ARPU, ArpuRules
from telco_crm.segment.evaluate import SEGMENT_QUALITY
from telco_crm.segment.groups import GROUPS
from telco_crm.segment.moves import MOVES
from telco_crm.segment.past import GROUPS_BEFORE
from telco_crm.segment.prices import PRICES
from telco_crm.segment.segments import SEGMENTS
from telco_crm.segment.settings import SegmentRules
from telco_crm.segment.strategy import STRATEGY
from telco_crm.value.assessment import ASSESSMENT
from telco_crm.value.lifecycle import LIFECYCLE, LifecycleRules
from telco_crm.value.months import CONTACTED, SUBSCRIBER_MONTHS
from telco_crm.value.profile import PROFILE
from telco_crm.value.rules import ValueRules
from telco_crm.value.tags import TAGS, TagRules
from telco_crm.value.tiers import TIERS
from telco_crm.worth import WorthRules

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
    SUBSCRIBER_MONTHS,
)
ON_REQUEST = (BACKTEST, FOUND_RULES, MONITOR, SEGMENT_QUALITY)  # not part of a run

RULES: dict[str, type[Model]] = {
    "arpu": ArpuRules,
    "credit": CreditRules,
    "segment": SegmentRules,
    "churn": ChurnRules,
    "retention": RetentionRules,
    "offers": OfferRules,
    "value": ValueRules,
    "assessment": WorthRules,
    "lifecycle": LifecycleRules,
    "arrears": ArrearsRules,
    "tags": TagRules,
    "contact": ContactRules,
    "effect": EffectRules,
    "uplift": UpliftRules,
    "recommend": RecommendRules,
    "indicators": IndicatorRules,
    "audit": AuditRules,
    "alerts": AlertRules,
    "prospects": ProspectRules,
    "satisfaction": SatisfactionRules,
}


def check_rules(config: Config) -> None:
    """Look at all rules, features and words of the user before anything is read.

    Raises:
        RuleError: with all problems.
    """
    problems: list[str] = []
    good: dict[str, Model] = {}
    for name, model in RULES.items():
        with gathered(problems):
            good[name] = load_rules(model, name, config.rules.get(name), config.source)
    problems += _step_problems(config, good)
    with gathered(problems):
        load_catalog(config.features, config.vocabulary, config.source)
    if problems:
        raise RuleError(problems)


def _step_problems(config: Config, good: dict[str, Model]) -> list[str]:
    """Offers for steps that the ladder does not have."""
    offers, ladder = good.get("offers"), good.get("retention")
    if not isinstance(offers, OfferRules) or not isinstance(ladder, RetentionRules):
        return []
    problems = []
    for at, steps in unknown_steps(offers, {step.step for step in ladder.ladder}).items():
        path = f"rules.offers.offers.{at}.ladder_steps"
        place = f"{config.file}, line {line_of(path, config.text)}: " if config.file else ""
        problems.append(f"{place}{path}: the ladder has no step {', '.join(map(str, steps))}")
    return problems
