"""How subscriptions end, what shows beforehand, and what else happens."""

from __future__ import annotations

from pydantic import Field

from telco_crm.rules import Model

Part = Field(ge=0, le=1)
Span = tuple[int, int]


class Words(Model):
    """A text in both languages."""

    en: str
    zh: str


class Area(Words):
    """What an event is about, how often it is, how content people are with it and how much that weighs for them."""

    share: float = Part
    survey: float = Field(ge=1, le=10)
    weight: float = Part


class Leaving(Model):
    """How many leave, and how."""

    monthly: float = Part
    port_out: float = Part


class Hazard(Model):
    """Multipliers of the chance to leave in a month."""

    first_days: int
    new: float
    new_months: int
    young: float
    young_months: int
    old: float
    old_months: int
    contract: float
    contract_ended: float
    open_complaint: float
    contact_gone: float
    dear: float
    silent: float
    largest: float = Part


class Rival(Model):
    """Parts of leavers seen in touch with a rival, by kind of leaving."""

    port_out: float = Part
    voluntary: float = Part


class Signs(Model):
    """What leavers, and some who stay, show."""

    fade: float = Part
    fade_long: float = Part
    fade_to: tuple[float, float, float]
    fade_to_short: tuple[float, float, float]
    fade_sigma: float = Field(ge=0)
    forward: float = Part
    forward_months: int = Field(ge=1)
    forward_part: float = Part
    forward_unicom: float = Part
    complain: float = Part
    ask_to_cancel: float = Part
    false_fade: float = Part
    false_forward: float = Part
    complain_days: Span
    ask_days: Span
    rival_days: Span
    kept: float = Field(ge=0, lt=1)
    power_off: float = Part
    rival: Rival


class EventRates(Model):
    """Events per subscriber and month, and their details."""

    complaint: float = Part
    unresolved: float = Part
    hours_open: float = Field(gt=0)
    enquiry: float = Part
    survey: float = Part
    plan_change: float = Part
    power_off: float = Part
    competitor_contact: float = Part
    overage: float = Part
    overage_mb: float = Field(ge=0)
    overage_amount: float = Field(gt=0)
    survey_mean: float
    survey_sigma: float
    survey_leaver: float
    survey_complaint: float
    price_reaction: float = Field(ge=0)


class Campaign(Model):
    """A campaign and whom it chooses."""

    en: str
    zh: str
    month: int = Field(ge=0)
    bill: float = Field(ge=0)
    reach: float = Part
    control: float = Part
    offer: Words
    channel: Words
    contact_cost: float = Field(ge=0)
    offer_cost: float = Field(ge=0)


class Reaction(Model):
    """How one kind of people reacts to a campaign."""

    share: float = Part
    accept: float = Part
    hazard: float = Field(ge=0)


class Reactions(Model):
    """How people react to being contacted, and for how many months it lasts."""

    months: int = Field(ge=0)
    persuadable: Reaction
    indifferent: Reaction
    annoyed: Reaction

    @property
    def kinds(self) -> dict[str, Reaction]:
        """The kinds of people by name."""
        return {"persuadable": self.persuadable, "indifferent": self.indifferent, "annoyed": self.annoyed}


class SurveyRounds(Model):
    """Surveys that ask for every area and for all together."""

    share: float = Part
    person_sigma: float = Field(ge=0)
    area_sigma: float = Field(ge=0)
    overall_sigma: float = Field(ge=0)


class Details(Model):
    """Free texts of events."""

    arrears: Words
    on_request: Words
    kept: Words
    not_kept: Words
    rival_shop: Words
    rival_call: Words
    phone_off: Words


class LifeFigures(Model):
    """lives.toml."""

    leaving: Leaving
    hazard: Hazard
    signs: Signs
    events: EventRates
    areas: dict[str, Area]
    survey_rounds: SurveyRounds
    details: Details
    campaigns: tuple[Campaign, ...]
    reactions: Reactions
