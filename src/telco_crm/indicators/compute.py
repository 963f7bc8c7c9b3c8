"""All indicators of one bucket of subscribers, as columns with one entry per subscriber."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from telco_crm.indicators.catalogue import SCALAR_STATISTICS, Shape, column, load_catalogue
from telco_crm.indicators.individual import INDIVIDUAL, Part, Values
from telco_crm.indicators.numbers import Flags, Floats, Ints, lengths, ratio, starts, summed, tally
from telco_crm.indicators.recharges import RECHARGES, Recharges, average_balance_recharges
from telco_crm.indicators.rows import (
    CALL,
    EITHER,
    NIGHT,
    PLACED,
    TEXT,
    WEEKEND,
    Bucket,
    Groups,
    Records,
    bucket_of,
    period_of,
    times,
)
from telco_crm.indicators.rules import IndicatorRules
from telco_crm.indicators.spatial import PLACE_BITS, SPATIAL, Places, Stays, churn_rate, homes, stays

Columns = dict[str, npt.NDArray[Any]]
Figures = tuple[str, Floats]  # name of a column, with one figure per group
# Part of week, part of day, kind of interaction → the bits of `use` that are looked at, and their values.
WEEK_PARTS = {"allweek": (0, 0), "weekday": (WEEKEND, 0), "weekend": (WEEKEND, WEEKEND)}
DAY_PARTS = {"allday": (0, 0), "day": (NIGHT, 0), "night": (NIGHT, NIGHT)}
KINDS = {"call": (CALL, CALL), "text": (TEXT, TEXT), "callandtext": (EITHER, EITHER)}


@dataclass(frozen=True)
class Coordinates:
    """Where places are: hashes of places, rising, with degrees."""

    place: npt.NDArray[np.uint64]
    latitude: Floats
    longitude: Floats

    def of(self, places: npt.NDArray[np.uint64]) -> tuple[Floats, Floats]:
        """Latitude and longitude of `places`; NaN where they are not known."""
        if not len(self.place):
            unknown = np.full(len(places), np.nan)
            return unknown, unknown
        at = np.minimum(np.searchsorted(self.place, places), len(self.place) - 1)
        known = self.place[at] == places
        return np.where(known, self.latitude[at], np.nan), np.where(known, self.longitude[at], np.nan)


@dataclass(frozen=True)
class Question:
    """What is asked for, beside the records."""

    shape: Shape
    rules: IndicatorRules
    coordinates: Coordinates


def compute(records: Records, recharges: Columns | None, question: Question) -> Columns:
    """Columns `sid` and those of indicator_schema for the subscribers of `records`, of whom there is at least one.

    `recharges` has columns sid, second and amount, by subscriber and time; those of other subscribers are left out.
    """
    bucket = bucket_of(records, question.shape.groupby, question.rules)
    latitude, longitude = question.coordinates.of(bucket.places)
    home = _homes(bucket, question.rules)
    rows, share = bucket.by_time.where(PLACED, PLACED), question.rules.pareto_share
    everywhere = stays(rows, question.rules.position_minutes, rows.group)
    places = Places(everywhere, bucket.groups.count, home[bucket.groups.user], latitude, longitude, share)
    columns: Columns = {"sid": bucket.sids, **_reporting(bucket, np.isnan(latitude), home)}
    figures = [*_individual(bucket, question), *_spatial(bucket, question, places)]
    columns |= _over_periods(figures, bucket.groups, bucket.users, question.shape)
    columns |= _churn(bucket, question, everywhere)
    return columns | (_recharges(bucket, question, recharges) if recharges is not None else {})


def _individual(bucket: Bucket, question: Question) -> Iterator[Figures]:
    wanted = {n: i for n, i in load_catalogue().indicators.items() if i.of == "interactions"}
    for week, day in question.shape.parts:
        for kind in KINDS:
            mask, bits = _bits(WEEK_PARTS[week], DAY_PARTS[day], KINDS[kind])
            rows, known = bucket.by_time.where(mask, bits), bucket.by_contact.where(mask, bits)
            part = Part(rows, known, bucket.groups.count, question.shape.statistics, question.rules)
            for name, indicator in wanted.items():
                if kind in indicator.interactions:
                    yield from _figures((name, week, day, kind), INDIVIDUAL[name](part), part.total > 0)


def _spatial(bucket: Bucket, question: Question, everywhere: Places) -> Iterator[Figures]:
    for week, day in question.shape.parts:
        here = everywhere
        if (week, day) != ("allweek", "allday"):
            rows = bucket.by_time.where(*_bits(WEEK_PARTS[week], DAY_PARTS[day], (PLACED, PLACED)))
            here = replace(everywhere, stays=stays(rows, question.rules.position_minutes, rows.group))
        for name, function in SPATIAL.items():
            yield from _figures((name, week, day), function(here), here.total > 0)


def _churn(bucket: Bucket, question: Question, everywhere: Stays) -> Columns:
    """About weeks, whatever the periods are."""
    weekly, user = everywhere, bucket.groups.user
    if question.shape.groupby != "week":
        rows = bucket.by_time.where(PLACED, PLACED)
        begins = starts(rows.user, period_of(rows.second, "week"))
        week, user = np.repeat(np.arange(len(begins)), lengths(begins, len(rows.user))), rows.user[begins]
        weekly = stays(rows, question.rules.position_minutes, week)
    return {column("churn_rate", s): values for s, values in churn_rate(weekly, user, bucket.users).items()}


def _recharges(bucket: Bucket, question: Question, recharges: Columns) -> Columns:
    order = np.argsort(bucket.sids)
    at = order[np.minimum(np.searchsorted(bucket.sids, recharges["sid"], sorter=order), bucket.users - 1)]
    mine = np.flatnonzero(bucket.sids[at] == recharges["sid"])
    mine = mine[np.argsort(at[mine], kind="stable")]
    user, second, amount = at[mine], recharges["second"][mine], recharges["amount"][mine]
    use = times(second, question.rules)
    period = period_of(second, question.shape.groupby)
    begins = starts(user, period)
    group, groups = np.repeat(np.arange(len(begins)), lengths(begins, len(user))), Groups(user[begins], period[begins])
    figures: list[Figures] = []
    for week, day in question.shape.parts:
        mask, bits = _bits(WEEK_PARTS[week], DAY_PARTS[day])
        inside = np.flatnonzero((use & mask) == bits)
        statistics, share = question.shape.statistics, question.rules.pareto_share
        part = Recharges(group[inside], second[inside], amount[inside], groups.count, statistics, share)
        for name, function in RECHARGES.items():
            figures += _figures((name, week, day), function(part), part.total > 0)
    count = tally(user, bucket.users)
    return {
        column("reporting", "number_of_recharges"): count,
        column("reporting", "has_recharges"): count > 0,
        **_over_periods(figures, groups, bucket.users, question.shape),
        "average_balance_recharges": average_balance_recharges(user, second, amount, bucket.users),
    }


def _reporting(bucket: Bucket, unknown: Flags, home: Ints) -> Columns:
    rows, first, users, groups = bucket.by_time, bucket.first, bucket.users, bucket.groups
    last = np.append(first[1:], len(rows.user)) - 1
    count = lengths(first, len(rows.user))
    begins = starts(groups.user)
    filled = lengths(begins, groups.count)
    spanned = groups.period[begins + filled - 1] - groups.period[begins] + 1
    lost = unknown[rows.place]
    antennas = np.sort((rows.user << PLACE_BITS | rows.place)[lost & rows.flag(PLACED)])
    reported = {
        "start_time": rows.second[first],
        "end_time": rows.second[last],
        "number_of_records": count,
        "bins": spanned,
        "bins_with_data": filled,
        "bins_without_data": spanned - filled,
        "has_call": np.bitwise_or.reduceat(rows.use, first) & CALL > 0,
        "has_text": np.bitwise_or.reduceat(rows.use, first) & TEXT > 0,
        "has_home": home >= 0,
        "percent_records_missing_location": summed(lost | ~rows.flag(PLACED), first) / count,
        "antennas_missing_locations": tally(antennas[starts(antennas)] >> PLACE_BITS, users),
    }
    return {column("reporting", name): values for name, values in reported.items()}


def _homes(bucket: Bucket, rules: IndicatorRules) -> Ints:
    rows = bucket.by_time.where(PLACED | NIGHT, PLACED | NIGHT)
    return homes(stays(rows, rules.position_minutes, rows.user), bucket.users)


def _figures(steps: tuple[str, ...], values: Values, present: Flags) -> Iterator[Figures]:
    """The figures of one indicator by the names of their columns; NaN for groups that are not `present`."""
    for statistic, figures in values.items() if isinstance(values, dict) else (("", values),):
        yield column(*steps, statistic), np.where(present, figures, np.nan)


def _over_periods(figures: list[Figures], groups: Groups, users: int, shape: Shape) -> Columns:
    """The figures of the single period, or their mean and spread over the periods that have one, per subscriber."""
    begins = starts(groups.user)
    if not len(begins):
        return {}
    user = groups.user[begins]
    table = np.stack([values for _, values in figures])
    if shape.groupby == "none":
        return {name: _placed(row, user, users) for (name, _), row in zip(figures, table, strict=True)}
    known = ~np.isnan(table)
    count = np.add.reduceat(known, begins, axis=1, dtype=np.int64)
    mean = ratio(np.add.reduceat(np.where(known, table, 0), begins, axis=1), count)
    away = np.where(known, table - np.repeat(mean, lengths(begins, groups.count), axis=1), 0)
    spread = np.sqrt(ratio(np.add.reduceat(away * away, begins, axis=1), count))
    out: Columns = {}
    for (name, _), *rows in zip(figures, mean, spread, strict=True):
        out |= {column(name, s): _placed(row, user, users) for s, row in zip(SCALAR_STATISTICS, rows, strict=True)}
    return out


def _placed(values: Floats, user: Ints, users: int) -> Floats:
    """`values` at their subscribers, NaN at others."""
    if len(values) == users:
        return values
    out = np.full(users, np.nan)
    out[user] = values
    return out


def _bits(*parts: tuple[int, int]) -> tuple[int, int]:
    """The bits of `use` to look at, and their values, for all conditions together."""
    return sum(mask for mask, _ in parts), sum(bits for _, bits in parts)
