"""The behavioural groups: who they are and how much of what they do."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from telco_crm.rules import Model, merge


class Rates(Model):
    """Records per month and subscriber, by kind of traffic, named as in `telco_crm.synth.streams`."""

    local_out: float = Field(ge=0)
    local_in: float = Field(ge=0)
    domestic: float = Field(ge=0)
    domestic_ip: float = Field(ge=0)
    hk_macau: float = Field(ge=0)
    taiwan: float = Field(ge=0)
    international: float = Field(ge=0)
    domestic_in: float = Field(ge=0)
    hk_macau_in: float = Field(ge=0)
    taiwan_in: float = Field(ge=0)
    international_in: float = Field(ge=0)
    forward_own: float = Field(ge=0)
    forward_unicom: float = Field(ge=0)
    forward_telecom: float = Field(ge=0)
    sms_out: float = Field(ge=0)
    sms_in: float = Field(ge=0)
    mms_out: float = Field(ge=0)
    mms_in: float = Field(ge=0)
    data: float = Field(ge=0)


class Minutes(Model):
    """Minutes per answered call."""

    local: float = Field(gt=0)
    domestic: float = Field(gt=0)
    ip: float = Field(gt=0)
    hk_macau: float = Field(gt=0)
    taiwan: float = Field(gt=0)
    international: float = Field(gt=0)
    forward: float = Field(gt=0)


class Hours(Model):
    """Shares of a working day's traffic."""

    busy: float = Field(ge=0)
    off_peak: float = Field(ge=0)
    night: float = Field(ge=0)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if abs(self.busy + self.off_peak + self.night - 1) > 1e-6:
            raise ValueError("busy, off_peak and night must add up to 1")
        return self


class Away(Model):
    """One number for each kind of roaming."""

    domestic: float = Field(ge=0)
    hk_macau: float = Field(ge=0)
    taiwan: float = Field(ge=0)
    international: float = Field(ge=0)


class Circle(Model):
    """How many different people a subscriber is in touch with, by how far away they are."""

    local: float = Field(ge=1)
    domestic: float = Field(ge=1)
    hk_macau: float = Field(ge=1)
    taiwan: float = Field(ge=1)
    international: float = Field(ge=1)


class Group(Model):
    """One behavioural group; units as in groups.toml."""

    en: str
    zh: str
    share: float = Field(gt=0)
    arpu: float = Field(gt=0)
    trend: float = Field(gt=-1)
    women: float = Field(ge=0, le=1)
    tenure: float = Field(gt=0)
    age: float = Field(gt=0)
    weekend: float = Field(ge=0)
    silent: float = Field(ge=0, le=1)
    leaving: float = Field(ge=0)
    megabytes: float = Field(gt=0)
    night_data: float = Field(ge=0, le=1)
    contract: float = Field(ge=0, le=1)
    rates: Rates
    minutes: Minutes
    hours: Hours
    trips: Away
    circle: Circle
    plans: dict[str, float]


class GroupFigures(Model):
    """groups.toml, every group complete."""

    groups: dict[str, Group]


def fill_in(data: dict[str, Any]) -> dict[str, Any]:
    """Give each group of groups.toml what is `typical` where it says nothing; its plans replace the typical
    ones.
    """
    typical = data.pop("typical")
    groups = data.get("groups", {})
    filled = {key: {**merge(typical, own), **_plans(typical, own)} for key, own in groups.items()}
    return {**data, "groups": filled}


def _plans(typical: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    return {"plans": own.get("plans", typical.get("plans"))}
