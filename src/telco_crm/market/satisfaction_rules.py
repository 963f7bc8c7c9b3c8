"""The rules of satisfaction and complaints."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from telco_crm.rules import Model


class DriverRules(Model):
    """What it takes to say which areas move the score of everything."""

    minimum: int = Field(ge=10)
    most_areas: int = Field(ge=1, le=10)
    resamples: int = Field(ge=20)


class ComplaintRules(Model):
    """When a complaint is a repeated or a late one."""

    repeat_days: int = Field(ge=0)
    late_hours: float = Field(gt=0)


class LeavingRules(Model):
    """For how long people are followed, and what counts as leaving."""

    follow: int = Field(ge=1)
    kinds: tuple[Literal["voluntary", "port_out", "involuntary", "inactive"], ...] = Field(min_length=1)


class SatisfactionRules(Model):
    """rules/satisfaction.toml."""

    months: int = Field(ge=1)
    overall: tuple[str, ...]
    low_score: float = Field(ge=1, le=10)
    minimum: int = Field(ge=2)
    drivers: DriverRules
    complaints: ComplaintRules
    leaving: LeavingRules
