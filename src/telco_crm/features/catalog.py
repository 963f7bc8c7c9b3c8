"""What a feature is: one TOML entry with one source, a unit, names in both languages and a definition."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from telco_crm.ingest.dialling import Dialling
from telco_crm.rules import Model

SOURCES = ("measure", "rows", "contacts", "bill", "events", "record", "value")

Measure = Literal["records", "first_half", "minutes", "fee", "mb", "days", "gap_days", "longest_s"]
MEASURED: dict[Measure, str] = {
    "records": "number of records",
    "first_half": "number of records in the first half of the month",
    "minutes": "sum of the minutes of the records",
    "fee": "sum of the charges of the records",
    "mb": "sum of the volume of the records, in units of 1024 x 1024 bytes",
    "days": "number of days with a record",
    "gap_days": "days from the last record to the end of the month",
    "longest_s": "longest duration of the records, in seconds",
}


class Term(Model):
    """A word of a condition: it restricts one property of a usage record."""

    about: str
    field: str | None = None
    values: tuple[str, ...] = ()
    hours: tuple[int, int] | None = None
    workday: bool | None = None
    answered: bool | None = None
    minimum_s: int | None = Field(None, gt=0)
    numbers: tuple[Annotated[str, Field(pattern=r"^[0-9]{1,18}$")], ...] | None = None

    @model_validator(mode="after")
    def _one_property(self) -> Term:
        given = [self.field, self.hours, self.workday, self.answered, self.minimum_s, self.numbers]
        if sum(g is not None for g in given) != 1:
            raise ValueError("a term restricts exactly one of field, hours, workday, answered, minimum_s, numbers")
        if self.hours and not all(0 <= h <= 24 for h in self.hours):
            raise ValueError("hours are [from, to) between 0 and 24")
        return self


class Calendar(Model):
    """Days that break the rule "Monday to Friday are working days"."""

    holidays: tuple[date, ...] = ()
    extra_workdays: tuple[date, ...] = ()


class Vocabulary(Model):
    """The words of conditions, the calendar and the dialling rules."""

    terms: dict[str, Term]
    calendar: Calendar
    dialling: Dialling


class Feature(Model):
    """One feature: where it comes from (exactly one of the sources) and what it is called.

    measure: what is taken of the usage records for which `where` holds (see Measure); rows: an aggregate over usage
    records; contacts: an aggregate over the other parties; bill: an expression over the bill; events: an aggregate over
    the events; record: an expression over the subscriber record; value: an expression over other features.
    `empty` is what a subscriber without any such row gets (measures that count or add up are 0).
    """

    en: str
    zh: str
    unit: str
    about: str = ""
    measure: Measure | None = None
    where: str | None = None
    rows: str | None = None
    contacts: str | None = None
    bill: str | None = None
    events: str | None = None
    record: str | None = None
    value: str | None = None
    empty: int | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Feature:
        given = [s for s in SOURCES if getattr(self, s) is not None]
        if len(given) != 1:
            raise ValueError(f"a feature has exactly one of {', '.join(SOURCES)}")
        if self.where is not None and self.measure is None:
            raise ValueError("where goes with measure")
        return self

    @property
    def source(self) -> str:
        """Which of the sources it has."""
        return next(s for s in SOURCES if getattr(self, s) is not None)

    def label(self, lang: str) -> str:
        """Its name in `lang` (en or zh)."""
        return self.zh if lang == "zh" else self.en

    @property
    def definition(self) -> str:
        """How it is computed, as people read it."""
        if self.measure is not None:
            return MEASURED[self.measure] + (f" where {self.where}" if self.where else "")
        return str(getattr(self, self.source))


class Catalog(Model):
    """Every feature in order, and the vocabulary their conditions use."""

    features: dict[str, Feature]
    vocabulary: Vocabulary

    def of(self, source: str) -> dict[str, Feature]:
        """The features of one source, in order."""
        return {name: f for name, f in self.features.items() if f.source == source}

    def unit_type(self, name: str) -> str:
        """SQL type of a feature in the feature table."""
        return "VARCHAR" if self.features[name].unit == "text" else "DOUBLE"
