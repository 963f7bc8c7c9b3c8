"""What can be set about the indicators: see rules/indicators.toml."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from telco_crm.rules import Model

GroupBy = Literal["day", "week", "month", "year", "none"]
Service = Literal["voice", "sms", "mms", "data"]


class IndicatorRules(Model):
    """Night, weekend, conversations and what counts as a call, a text and a position; see rules/indicators.toml."""

    night_start: str
    night_end: str
    weekend: tuple[int, ...]
    conversation_minutes: int = Field(gt=0)
    position_minutes: int = Field(gt=0, le=1440)
    pareto_share: float = Field(gt=0, le=1)
    call: tuple[Service, ...]
    text: tuple[Service, ...]
    position: tuple[Service, ...]

    @field_validator("night_start", "night_end")
    @classmethod
    def _time(cls, value: str) -> str:
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", value):
            raise ValueError('a time of day is "HH:MM" or "HH:MM:SS"')
        return value

    @field_validator("position_minutes")
    @classmethod
    def _spells(cls, value: int) -> int:
        if 1440 % value:
            raise ValueError("a day must have a whole number of spells")
        return value

    @field_validator("weekend")
    @classmethod
    def _days(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not all(1 <= day <= 7 for day in value):
            raise ValueError("days of the week are 1 (Monday) to 7 (Sunday)")
        return value

    @property
    def night_seconds(self) -> tuple[int, int]:
        """Start and end of the night in seconds of the day."""
        return _seconds(self.night_start), _seconds(self.night_end)


def _seconds(time: str) -> int:
    hours, minutes, seconds = (*map(int, time.split(":")), 0)[:3]
    return hours * 3600 + minutes * 60 + seconds
