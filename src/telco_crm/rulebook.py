"""All rules by name, to be looked at before anything is read."""

from __future__ import annotations

import difflib
from contextlib import suppress

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
from telco_crm.retain.offers import OfferRules, unknown
from telco_crm.retain.products import RecommendRules
from telco_crm.retain.uplift.rules import UpliftRules
from telco_crm.rules import Model, line_of, load_rules
from telco_crm.segment.arpu import ArpuRules
from telco_crm.segment.scheme import load_scheme
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
    problems += _list_problems(config, good) + _named_groups(config, good)
    with gathered(problems):
        load_catalog(config.features, config.vocabulary, config.source)
    if problems:
        raise RuleError(problems)


def _list_problems(config: Config, good: dict[str, Model]) -> list[str]:
    """Offers for steps that the ladder does not have; and one's own for groups that the scheme does not have."""
    offers, ladder, segment = (good.get(name) for name in ("offers", "retention", "segment"))
    if not isinstance(offers, OfferRules) or not isinstance(ladder, RetentionRules):
        return []
    known = {"ladder_steps": (sorted(step.step for step in ladder.ladder), "the ladder has no step")}
    if isinstance(segment, SegmentRules) and "offers" in config.rules.get("offers", {}):
        with suppress(RuleError):  # whoever groups by it says what is wrong with a scheme
            scheme = load_scheme(segment.scheme)
            known["groups"] = (sorted(scheme.groups), f"the scheme {scheme.name} has no group")
    problems = []
    for key, (numbers, what) in known.items():
        for at, lost in unknown(offers, key, numbers).items():
            path = f"rules.offers.offers.{at}.{key}"
            words = ", ".join(map(str, lost))
            problems.append(f"{_place(config, path)}{path}: {what} {words}; it has {', '.join(map(str, numbers))}")
    return problems


def _named_groups(config: Config, good: dict[str, Model]) -> list[str]:
    """For groups that offers name by their words: which number they have in the scheme."""
    segment, offers = good.get("segment"), config.rules.get("offers", {}).get("offers", [])
    if "offers" in good or not isinstance(segment, SegmentRules) or not isinstance(offers, list):
        return []
    numbers: dict[str, int] = {}
    with suppress(RuleError):
        for number, group in load_scheme(segment.scheme).groups.items():
            numbers |= {group.en: number, group.zh: number}
    problems = []
    for at, offer in enumerate(offers):
        groups = offer.get("groups", []) if isinstance(offer, dict) else []
        for entry, word in enumerate(groups if isinstance(groups, list) else []):
            if isinstance(word, str) and (close := difflib.get_close_matches(word, numbers, n=1)):
                path = f"rules.offers.offers.{at}.groups.{entry}"
                problems.append(
                    f'{_place(config, path)}{path}: groups go by number; "{close[0]}" is {numbers[close[0]]}'
                )
    return problems


def _place(config: Config, path: str) -> str:
    """The file and line on which `path` is set."""
    return f"{config.file}, line {line_of(path, config.text)}: " if config.file else ""
