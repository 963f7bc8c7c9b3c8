"""The parameters of behavioural grouping."""

from __future__ import annotations

from pydantic import Field

from telco_crm.rules import Model


class PriceRules(Model):
    """Price sensitivity: see rules/segment.toml."""

    least_calls: int = Field(ge=1)
    insensitive: float = Field(ge=0, le=1)
    sensitive: float = Field(ge=0, le=1)
    plan_months: int = Field(ge=1)


class StrategyRules(Model):
    """Cuts of the strategy matrix: see rules/segment.toml."""

    many_subscribers: int = Field(ge=0)
    many_share: float = Field(ge=0, le=1)
    high_contribution: float = Field(gt=0)


class SegmentRules(Model):
    """See rules/segment.toml."""

    scheme: str
    months: int = Field(ge=1)
    factors: int = Field(ge=0)
    subscribers_per_group: int = Field(ge=2)
    fit_subscribers: int = Field(ge=1000)
    thin_group: int = Field(ge=0)
    certain: float = Field(ge=0, le=1)
    clear_match: float = Field(ge=0, le=1)
    drift_some: float = Field(gt=0)
    drift_large: float = Field(gt=0)
    price: PriceRules
    strategy: StrategyRules
