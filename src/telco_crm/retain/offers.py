"""The offer catalogue: which offers fit a subscriber, what they cost and bring (domain section 10)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from telco_crm.engine.sql import literal, number
from telco_crm.rules import Model, Wording

NO_WORDS = Wording(en="", zh="")


class Offer(Model):
    """One offer; a condition that is not given holds for everybody."""

    id: str
    en: str
    zh: str
    arpu_from: float | None = None
    arpu_below: float | None = None
    groups: tuple[int, ...] = ()
    ladder_steps: tuple[int, ...] = ()
    tiers: tuple[Literal["high", "mid_high", "mass"], ...] = ()
    contracts: tuple[Literal["none", "running", "ending"], ...] = ()
    cost: float = Field(default=0, ge=0)
    cost_bills: float = Field(default=0, ge=0)
    take_up: float = Field(default=0.1, ge=0, le=1)
    channel: str = "call"
    talking_points: Wording = NO_WORDS

    @model_validator(mode="after")
    def _possible(self) -> Offer:
        if self.arpu_from is not None and self.arpu_below is not None and self.arpu_from >= self.arpu_below:
            raise ValueError(
                f'offer "{self.id}" fits nobody: arpu_from {self.arpu_from:g} is not below arpu_below '
                f"{self.arpu_below:g}"
            )
        return self

    def condition(self) -> str:
        """SQL over arpu, group_id, ladder_step, tier and contract."""
        tests = [f"arpu >= {number(self.arpu_from)}"] if self.arpu_from is not None else []
        tests += [f"arpu < {number(self.arpu_below)}"] if self.arpu_below is not None else []
        tests += [f"group_id IN ({', '.join(map(str, self.groups))})"] if self.groups else []
        tests += [f"ladder_step IN ({', '.join(map(str, self.ladder_steps))})"] if self.ladder_steps else []
        tests += [f"tier IN ({', '.join(map(literal, self.tiers))})"] if self.tiers else []
        tests += [f"contract IN ({', '.join(map(literal, self.contracts))})"] if self.contracts else []
        return " AND ".join(tests) or "true"

    def covers(self, other: Offer) -> bool:
        """Whether this offer fits everybody whom `other` fits."""
        above = self.arpu_from is None or (other.arpu_from is not None and other.arpu_from >= self.arpu_from)
        below = self.arpu_below is None or (other.arpu_below is not None and other.arpu_below <= self.arpu_below)
        lists = ("groups", "ladder_steps", "tiers", "contracts")
        return above and below and all(_within(getattr(other, key), getattr(self, key)) for key in lists)


class OfferRules(Model):
    """See rules/offers.toml."""

    offers: tuple[Offer, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> OfferRules:
        ids = [o.id for o in self.offers]
        repeated = sorted({i for i in ids if ids.count(i) > 1})
        if repeated:
            raise ValueError(f"offer ids must differ; {', '.join(repeated)} stands twice")
        for at, offer in enumerate(self.offers):
            first = [o.id for o in self.offers[:at] if o.covers(offer)]
            if len(first) > 1:
                raise ValueError(
                    f'offer "{offer.id}" would never be proposed: "{first[0]}" and "{first[1]}" stand before it '
                    "and fit everybody it fits; put it first, or narrow their conditions"
                )
        return self


def fits_sql(rules: OfferRules) -> str:
    """SQL for the list of the numbers, from 1, of the offers that fit."""
    fits = ", ".join(f"CASE WHEN {o.condition()} THEN {at} END" for at, o in enumerate(rules.offers, 1))
    return f"list_filter([{fits}], lambda x: x IS NOT NULL)"


def texts_sql(rules: OfferRules, which: str, key: str, lang: str = "en") -> str:
    """SQL for a text of the offer number `which`; empty where there is none."""
    texts = [getattr(o, key) for o in rules.offers]
    words = [t.text(lang) if isinstance(t, Wording) else t for t in texts]
    return f"coalesce(([{', '.join(map(literal, words))}])[{which}], '')"


def numbers_sql(rules: OfferRules, which: str, key: str) -> str:
    """SQL for a figure of the offer number `which`; NULL where there is none."""
    return f"([{', '.join(number(getattr(o, key)) for o in rules.offers)}]::DOUBLE[])[{which}]"


def _within(part: tuple[object, ...], whole: tuple[object, ...]) -> bool:
    return not whole or (bool(part) and set(part) <= set(whole))
