"""The indicators in order, what they are called, and the columns that they make."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from telco_crm.indicators.numbers import STATISTICS
from telco_crm.indicators.rules import GroupBy
from telco_crm.rules import Model, Wording, explain
from telco_crm.schema import Column, Schema, load_schema

Interaction = Literal["call", "text", "callandtext"]
Summary = Literal["default", "extended"]
SCALAR_STATISTICS = STATISTICS["default"]


class Indicator(Model):
    """One indicator. `of` says what it is about; `interactions` for which kinds of record it is given; `each` whether
    it is a distribution, of which statistics are given; `whole` whether it is a whole number in a single period;
    `split` whether it is given by part of week and day.
    """

    of: Literal["interactions", "positions", "recharges"]
    en: str
    zh: str
    about: str
    unit: str = ""
    interactions: tuple[Interaction, ...] = ()
    each: bool = False
    whole: bool = False
    split: bool = True


class Reported(Model):
    """A column about a subscriber's records themselves."""

    type: Literal["int", "number", "time", "bool"]
    en: str
    zh: str
    about: str


class Catalogue(Model):
    """See indicators.toml."""

    indicators: dict[str, Indicator]
    reporting: dict[str, Reported]
    words: dict[str, Wording]


@dataclass(frozen=True)
class Shape:
    """What is asked for: periods, parts of the week and the day, and statistics of distributions."""

    groupby: GroupBy = "week"
    split_week: bool = False
    split_day: bool = False
    summary: Summary = "default"

    @property
    def statistics(self) -> tuple[str, ...]:
        """Statistics of a distribution."""
        return STATISTICS[self.summary]

    @property
    def parts(self) -> list[tuple[str, str]]:
        """Parts of the week with parts of the day."""
        week = ("allweek", "weekday", "weekend") if self.split_week else ("allweek",)
        day = ("allday", "day", "night") if self.split_day else ("allday",)
        return [(w, d) for w in week for d in day]


@cache
def load_catalogue() -> Catalogue:
    """The shipped catalogue."""
    text = resources.files("telco_crm.indicators").joinpath("indicators.toml").read_text("utf-8")
    return explain(Catalogue, tomllib.loads(text), "indicators")


def column(*steps: str) -> str:
    """The name of a column, as bandicoot writes it."""
    return "__".join(step for step in steps if step)


def indicator_schema(shape: Shape) -> Schema:
    """Columns of the table of indicators, in bandicoot's order and with its names."""
    catalogue = load_catalogue()
    columns = {"subscriber_id": load_schema("segments").columns["subscriber_id"]}
    for name, about in catalogue.reporting.items():
        columns[column("reporting", name)] = Column(type=about.type, en=about.en, zh=about.zh, about=about.about)
    for name, indicator in catalogue.indicators.items():
        for steps in _steps(indicator, shape):
            columns[column(name, *steps)] = _column(catalogue, indicator, steps, shape)
    return Schema(
        name="indicators",
        en="Indicators",
        zh="行为指标",
        about="One row per subscriber with a call, text or position; the columns of the default call are shown.",
        columns=columns,
        key=("subscriber_id",),
    )


def _steps(indicator: Indicator, shape: Shape) -> Iterator[tuple[str, ...]]:
    """The rest of the name of every column of an indicator."""
    over = SCALAR_STATISTICS if shape.groupby != "none" else ("",)
    if not indicator.split:
        yield from ((s,) for s in (SCALAR_STATISTICS if indicator.each else ("",)))
        return
    for week, day in shape.parts:
        for interaction in indicator.interactions or ("",):
            for statistic in shape.statistics if indicator.each else ("",):
                for outer in over:
                    yield (week, day, interaction, statistic, outer)


def _column(catalogue: Catalogue, indicator: Indicator, steps: tuple[str, ...], shape: Shape) -> Column:
    named = [
        *steps[:4],
        *(f"periods_{outer}" for outer in steps[4:]),
    ]  # week, day, interaction, statistic; over periods
    words = [catalogue.words[s] for s in named if s in catalogue.words]
    en = ", ".join([indicator.en, *(w.en for w in words)])
    zh = "，".join([indicator.zh, *(w.zh for w in words)])
    whole = indicator.whole and shape.groupby == "none"
    return Column(type="int" if whole else "number", en=en, zh=zh, about=indicator.about, unit=indicator.unit)
