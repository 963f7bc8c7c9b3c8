"""All rules by name, to be looked at before anything is read."""

from __future__ import annotations

from telco_crm.churn.rules import ChurnRules
from telco_crm.config import Config, gathered
from telco_crm.credit.control import ArrearsRules
from telco_crm.credit.stars import CreditRules
from telco_crm.errors import RuleError
from telco_crm.features.loading import load_catalog
from telco_crm.indicators.rules import IndicatorRules
from telco_crm.market.alerts import AlertRules
from telco_crm.market.audit import AuditRules
from telco_crm.market.prospect_rules import ProspectRules
from telco_crm.market.satisfaction_rules import SatisfactionRules
from telco_crm.retain.arms import EffectRules
from telco_crm.retain.contact import ContactRules
from telco_crm.retain.ladder import RetentionRules
from telco_crm.retain.offers import OfferRules, unknown_steps
from telco_crm.retain.products import RecommendRules
from telco_crm.retain.uplift.rules import UpliftRules
from telco_crm.rules import Model, line_of, load_rules
from telco_crm.segment.arpu import ArpuRules
from telco_crm.segment.settings import SegmentRules
from telco_crm.value.lifecycle import LifecycleRules
from telco_crm.value.rules import ValueRules
from telco_crm.value.tags import TagRules
from telco_crm.worth import WorthRules

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
