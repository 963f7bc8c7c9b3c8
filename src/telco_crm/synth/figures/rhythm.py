"""When traffic happens, how long it lasts, and how people differ."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from telco_crm.rules import Model
from telco_crm.synth.figures.groups import Away

Day = tuple[float, ...]


class Bands(Model):
    """Hours of the day by band; every hour belongs to one band."""

    busy: tuple[int, ...]
    off_peak: tuple[int, ...]
    night: tuple[int, ...]
    weekend_busy: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _whole_day(self) -> Self:
        if sorted((*self.busy, *self.off_peak, *self.night)) != list(range(24)):
            raise ValueError("busy, off_peak and night must hold each hour from 0 to 23 once")
        return self


class Shape(Model):
    """One weight per hour of the day."""

    voice: Day = Field(min_length=24, max_length=24)
    message: Day = Field(min_length=24, max_length=24)
    data: Day = Field(min_length=24, max_length=24)


class NightData(Model):
    """The day of people who use data at night."""

    busy: float
    off_peak: float
    night: float
    shape: Day = Field(min_length=24, max_length=24)


class Differences(Model):
    """How people, months, days and calls differ (log scale)."""

    activity_part: float = Field(ge=0, le=1)
    talk: float = Field(ge=0)
    month: float = Field(ge=0)
    day: float = Field(ge=0)
    call_minutes: float = Field(ge=0)
    session_bytes: float = Field(ge=0)
    longest_call_s: int = Field(gt=0)


class Missed(Model):
    """Parts of calls that nobody answered."""

    out: float = Field(ge=0, lt=1)
    incoming: float = Field(ge=0, lt=1, alias="in")
    empty: float = Field(ge=0, le=1)


class RoamingRhythm(Model):
    """Traffic while roaming, and how long journeys last."""

    traffic: Away
    days: Away


class Whereabouts(Model):
    """Parts of the records that begin at work and at home."""

    work: float = Field(ge=0, le=1)
    home: float = Field(ge=0, le=1)


class CellRhythm(Model):
    """Whereabouts during the busy hours of working days, and otherwise."""

    work_hours: Whereabouts
    other_hours: Whereabouts


class RhythmFigures(Model):
    """rhythm.toml."""

    bands: Bands
    shape: Shape
    night_data: NightData
    differences: Differences
    missed: Missed
    roaming: RoamingRhythm
    cells: CellRhythm
