"""The rules of value tiers and VIP levels; see rules/value.toml."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from telco_crm.engine.sql import literal
from telco_crm.rules import Model
from telco_crm.signs import Sign

Dimension = Literal["rfm", "contribution", "loyalty"]
DIMENSIONS: tuple[Dimension, ...] = ("rfm", "contribution", "loyalty")


class Measure(Model):
    """One measure of a dimension: SQL over p, m1, m2, m3, and its cut points or the quantiles they are taken at."""

    dimension: Dimension
    en: str
    zh: str
    sql: str
    low_is_good: bool = False
    cuts: tuple[float, ...] = ()
    quantiles: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> Measure:
        if not self.cuts and not self.quantiles:
            raise ValueError("give cuts or quantiles")
        if any(a >= b for a, b in pairwise(self.cuts)) or any(a >= b for a, b in pairwise(self.quantiles)):
            raise ValueError("cuts and quantiles must rise")
        if any(not 0 < q < 1 for q in self.quantiles):
            raise ValueError("quantiles must lie between 0 and 1")
        return self


class Tier(Model):
    """A tier, and the signs of which any makes it so."""

    name: str
    en: str
    zh: str
    signs: tuple[Sign, ...] = ()


class VipRules(Model):
    """VIP levels and policy bands of those without a card."""

    silver_brand: str
    silver_months: int = Field(ge=0)
    plus_spend: float = Field(gt=0)
    high: float
    mid_high: float

    @model_validator(mode="after")
    def _rising(self) -> VipRules:
        if self.mid_high >= self.high:
            raise ValueError("mid_high must be below high")
        return self


class ValueRules(Model):
    """The whole rule file."""

    mean_bills: int = Field(ge=1)
    falling_months: int = Field(ge=1, le=12)
    sign_months: int = Field(ge=1)
    complaint_months: int = Field(ge=1)
    migration_months: int = Field(ge=1)
    weights: dict[Dimension, float]
    measures: dict[str, Measure]
    tiers: tuple[Tier, ...] = Field(min_length=1)
    warnings: tuple[Sign, ...]
    vip: VipRules

    @model_validator(mode="after")
    def _whole(self) -> ValueRules:
        if set(self.weights) != set(DIMENSIONS) or any(weight <= 0 for weight in self.weights.values()):
            raise ValueError("weights must be positive numbers for rfm, contribution and loyalty")
        if self.tiers[-1].signs or any(not tier.signs for tier in self.tiers[:-1]):
            raise ValueError("every tier but the last needs signs, and the last must have none")
        if len({tier.name for tier in self.tiers} | {"churn_warning"}) <= len(self.tiers):
            raise ValueError("names of tiers must differ, also from churn_warning")
        return self

    def of(self, dimension: Dimension) -> list[str]:
        """The names of the measures of a dimension."""
        return [name for name, measure in self.measures.items() if measure.dimension == dimension]

    def label_sql(self, tier: str, lang: str) -> str:
        """SQL for the name of a tier in words."""
        whens = [f"WHEN {literal(t.name)} THEN {literal(t.zh if lang == 'zh' else t.en)}" for t in self.tiers]
        return f"CASE {tier} {' '.join(whens)} END"
