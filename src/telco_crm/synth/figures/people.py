"""Who the subscribers are, whom they know and how they pay."""

from __future__ import annotations

from pydantic import Field

from telco_crm.rules import Model

Span = tuple[int, int]
Part = Field(ge=0, le=1)


class Region(Model):
    """A home region and how many cells it has."""

    en: str
    zh: str
    share: float = Part
    cells: int = Field(gt=0)


class AwayCells(Model):
    """Cells of one kind of roaming."""

    code: str
    cells: int = Field(gt=0)


class AwayPlaces(Model):
    """Cells by kind of roaming."""

    domestic: AwayCells
    hk_macau: AwayCells
    taiwan: AwayCells
    international: AwayCells


class Prefixes(Model):
    """What the numbers of each kind begin with; short numbers are whole."""

    own: tuple[str, ...]
    unicom: tuple[str, ...]
    telecom: tuple[str, ...]
    fixed: tuple[str, ...]
    phs: tuple[str, ...]
    fixed_away: tuple[str, ...]
    hk_macau: tuple[str, ...]
    taiwan: tuple[str, ...]
    international: tuple[str, ...]
    short: tuple[str, ...]
    short_networks: tuple[str, ...]


class Digits(Model):
    """How many digits follow a prefix."""

    mobile: int
    fixed: int
    fixed_away: int
    phs: int
    hk_macau: int
    taiwan: int
    international: int


class Pool(Model):
    """Numbers that exist beside the subscribers, per subscriber: place → network (or country) → how many."""

    local: dict[str, float]
    domestic: dict[str, float]
    abroad: dict[str, float]


class CircleFigures(Model):
    """How circles of contacts are made."""

    friends: float = Field(ge=0)
    spread: float = Part
    size_sigma: float = Field(ge=0)
    stranger: float = Part
    short_number: float = Part
    own_network: float = Part
    unicom: float = Part
    telecom: float = Part
    fixed: float = Part
    phs: float = Part
    away: dict[str, float]


class Demography(Model):
    """Age, tenure, contracts and accounts."""

    age_sigma: float = Field(ge=0)
    youngest: int
    oldest: int
    unknown_gender: float = Part
    unknown_birth: float = Part
    tenure_shape: float = Field(gt=0)
    tenure_most: float = Field(gt=0)
    joining: float = Part
    shared_account: float = Part
    bundle: float = Part
    contract_days: Span
    on_request: float = Part
    on_request_days: Span


class Card(Model):
    """A VIP card: the expected bill that earns it, and the part of those who hold it."""

    bill: float
    share: float = Part


class PaymentMethod(Model):
    """A way of paying; `recharge` ones leave recharges rather than payments in the events."""

    en: str
    zh: str
    share: float = Part
    recharge: bool


class Payer(Model):
    """A kind of payer."""

    share: float = Part
    late: float = Part
    days: float = Field(ge=0)
    leaving: float = Field(ge=0)
    cut_off: float = Part


class Stopping(Model):
    """When unpaid bills stop and end a subscription."""

    grace_days: Span
    longest_late: int
    terminate_days: int

    @property
    def terminate_months(self) -> int:
        """Months from the stop to the end, in whole months."""
        return round(self.terminate_days / 30)


class ProspectFigures(Model):
    """Rivals' customers who call several subscribers a lot."""

    per_subscriber: float = Part
    networks: dict[str, float]
    contacts: Span
    share: tuple[float, float]
    minutes: float = Field(gt=0)


class PeopleFigures(Model):
    """people.toml."""

    regions: dict[str, Region]
    away_cells: AwayPlaces
    numbers: Prefixes
    digits: Digits
    pool: Pool
    circle: CircleFigures
    prospects: ProspectFigures
    demography: Demography
    vip: dict[str, Card]
    payment_methods: dict[str, PaymentMethod]
    payers: dict[str, Payer]
    stopping: Stopping
