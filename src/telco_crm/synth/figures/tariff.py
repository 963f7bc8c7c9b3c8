"""What records and months cost."""

from __future__ import annotations

from pydantic import Field

from telco_crm.rules import Model


class HomePrices(Model):
    """Prices at home, beside the local minute that each plan sets."""

    forward_own: float = Field(ge=0)
    forward_rival: float = Field(ge=0)
    domestic: float = Field(ge=0)
    domestic_ip: float = Field(ge=0)
    hk_macau: float = Field(ge=0)
    taiwan: float = Field(ge=0)
    international: float = Field(ge=0)
    sms: float = Field(ge=0)
    mms: float = Field(ge=0)
    data_mb: float = Field(ge=0)


class RoamingPrices(Model):
    """Prices while roaming; a toll call costs its home price on top of `out`."""

    out: float = Field(ge=0)
    incoming: float = Field(ge=0, alias="in")
    forward: float = Field(ge=0)
    sms: float = Field(ge=0)
    mms: float = Field(ge=0)
    data_mb: float = Field(ge=0)


class Roaming(Model):
    """Prices of each kind of roaming."""

    domestic: RoamingPrices
    hk_macau: RoamingPrices
    taiwan: RoamingPrices
    international: RoamingPrices


class Plan(Model):
    """A tariff plan."""

    en: str
    zh: str
    brand: str
    rent: float = Field(ge=0)
    local: float = Field(gt=0)
    discount: float = Field(ge=0, le=1)


class Service(Model):
    """A service held beside the plan, with its share of holders (by group where that differs)."""

    en: str
    zh: str
    price: float = Field(ge=0)
    share: float = Field(ge=0, le=1)
    by_group: dict[str, float] = Field(default_factory=dict)


class Billing(Model):
    """How a bill is made up beyond the charges."""

    due_day: int = Field(ge=1, le=28)
    late_fee_per_day: float = Field(ge=0)
    late_fee_days: int = Field(ge=0)
    bundle_discount: float = Field(ge=0)
    gift_share: float = Field(ge=0, le=1)
    gift: float = Field(ge=0)


class TariffFigures(Model):
    """tariff.toml."""

    home: HomePrices
    roaming: Roaming
    plans: dict[str, Plan]
    services: dict[str, Service]
    billing: Billing
