"""The table of contents: every analysis, in the order they are computed, and the tables a run writes."""

from __future__ import annotations

from telco_crm.churn.circle import HISTORY
from telco_crm.churn.evaluate import BACKTEST
from telco_crm.churn.findrules import FOUND_RULES
from telco_crm.churn.monitor import MONITOR
from telco_crm.churn.rules import ChurnRules
from telco_crm.churn.score import CHURN, RATES
from telco_crm.config import Config, gathered
from telco_crm.credit.stars import CREDIT, CreditRules
from telco_crm.errors import RuleError
from telco_crm.features.loading import load_catalog
from telco_crm.indicators.rules import IndicatorRules
from telco_crm.retain.arms import EffectRules
from telco_crm.retain.contact import ContactRules
from telco_crm.retain.ladder import RetentionRules
from telco_crm.retain.offers import OfferRules
from telco_crm.retain.priority import RETENTION
from telco_crm.rules import Model, load_rules
from telco_crm.segment.arpu import ARPU, ArpuRules
from telco_crm.segment.groups import GROUPS, SegmentRules
from telco_crm.segment.segments import SEGMENTS

ANALYSES = (ARPU, GROUPS, SEGMENTS, CREDIT, HISTORY, RATES, CHURN, RETENTION)
ON_REQUEST = (BACKTEST, FOUND_RULES, MONITOR)  # not part of a run

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

RULES: dict[str, type[Model]] = {
    "arpu": ArpuRules,
    "credit": CreditRules,
    "segment": SegmentRules,
    "churn": ChurnRules,
    "retention": RetentionRules,
    "offers": OfferRules,
    "contact": ContactRules,
    "effect": EffectRules,
    "indicators": IndicatorRules,
}


def check_rules(config: Config) -> None:
    """Look at all rules, features and words of the user before anything is read.

    Raises:
        RuleError: with all problems.
    """
    problems: list[str] = []
    for name, model in RULES.items():
        with gathered(problems):
            load_rules(model, name, config.rules.get(name), config.source)
    with gathered(problems):
        load_catalog(config.features, config.vocabulary, config.source)
    if problems:
        raise RuleError(problems)
