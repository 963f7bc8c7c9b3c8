"""The catalogue of offers as a run uses it, and what is to be said of one's own."""

from __future__ import annotations

from telco_crm.analysis import RunContext
from telco_crm.labels import text
from telco_crm.retain.offers import OfferRules, never_proposed, overlaps
from telco_crm.rules import line_of

OFFERS = "offers"
SHIPPED_SCHEME = "postpaid-17"  # whose groups the shipped offers name
SHOWN = 5  # pairs that are named


def choose_offers(context: RunContext) -> None:
    """Leave the catalogue in context.facts["offers"]. The shipped one is without the offers that name groups where the
    groups are those of another scheme than it means; of one's own is said which offers overlap.
    """
    rules = context.rules(OfferRules, "offers")
    context.facts[OFFERS] = rules
    if OFFERS in context.overrides.get("offers", {}):
        _say_overlaps(context, rules)
        return
    model = context.facts.get("segment_model")
    if model is not None and model.scheme.name != SHIPPED_SCHEME:
        kept = tuple(offer for offer in rules.offers if not offer.groups)
        left = ", ".join(f'"{offer.id}"' for offer in rules.offers if offer.groups)
        context.say("offers_of_scheme", names=left, meant=SHIPPED_SCHEME, scheme=model.scheme.name)
        context.facts[OFFERS] = rules.model_copy(update={"offers": kept})


def say_unserved(context: RunContext, table: str) -> None:
    """Say how many rows of a list have no step, no offer that fits, or no alternative."""
    cases = {
        "no_step": "ladder_step IS NULL",
        "no_offer": "offer_id = ''",
        "no_alternative": "offer_id <> '' AND alternative_id = ''",
    }
    counts = ", ".join(f"count(*) FILTER ({case})" for case in cases.values())
    for key, count in zip(cases, context.engine.rows(f"SELECT {counts} FROM {table}")[0], strict=True):
        if count:
            context.say(key, n=count)


def _say_overlaps(context: RunContext, rules: OfferRules) -> None:
    """Say which offers are never the first choice, and which overlap in part, with their lines."""
    comma = text("effect.comma", context.lang)
    second = never_proposed(rules.offers, within=1)
    for at, before in second.items():
        names = comma.join(_named(context, rules, other) for other in before)
        context.say("offer_second", offer=_named(context, rules, at), names=names)
    pairs = [pair for pair in overlaps(rules.offers) if pair[1] not in second]
    for pair in pairs[:SHOWN]:
        first, other = (_named(context, rules, at) for at in pair)
        context.say("offer_overlap", first=first, second=other)
    if len(pairs) > SHOWN:
        context.say("offer_overlaps", n=len(pairs) - SHOWN)


def _named(context: RunContext, rules: OfferRules, at: int) -> str:
    """An offer with its line in the configuration."""
    name, source = f'"{rules.offers[at].id}"', context.source
    line = line_of(f"rules.offers.offers.{at}", source[1]) if source else None
    return text("notes.at_line", context.lang, name=name, line=line) if line else name
