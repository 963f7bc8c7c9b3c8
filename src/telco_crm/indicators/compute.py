"""All indicators of one bucket of subscribers, as columns with one entry per subscriber."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from telco_crm.indicators.catalogue import SCALAR_STATISTICS, Shape, column, load_catalogue
from telco_crm.indicators.individual import INDIVIDUAL, Part, Values
from telco_crm.indicators.numbers import Flags, Floats, Ints, distribution, starts, summed, tally
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
    bucket_of,
    period_of,
    times,
)
from telco_crm.indicators.rules import IndicatorRules
from telco_crm.indicators.spatial import SPATIAL, Places, churn_rate, homes, stays

Columns = dict[str, npt.NDArray[Any]]
Array = npt.NDArray[Any]
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


def compute(records: Array, recharges: Columns | None, question: Question) -> Columns:
    """Columns `sid` and those of indicator_schema for the subscribers of `records` (of type RECORD, at least one).

    `recharges` has columns sid, second and amount, by subscriber and time; those of other subscribers are left out.
    """
    bucket = bucket_of(records, question.shape.groupby, question.rules)
    latitude, longitude = question.coordinates.of(bucket.places)
    home = _homes(bucket, question.rules)
    columns: Columns = {"sid": bucket.sids}
    columns |= _reporting(bucket, np.isnan(latitude), home)
    columns |= dict(_individual(bucket, question))
    columns |= dict(_spatial(bucket, question, home, (latitude, longitude)))
    if recharges is not None:
        columns |= _recharges(bucket, question, recharges)
    return columns


def _individual(bucket: Bucket, question: Question) -> Iterator[tuple[str, Array]]:
    wanted = {n: i for n, i in load_catalogue().indicators.items() if i.of == "interactions"}
    for week, day in question.shape.parts:
        for kind in KINDS:
            mask, bits = _selection(week, day, kind)
            rows, known = bucket.by_time.where(mask, bits), bucket.by_contact.where(mask, bits)
            part = Part(rows, known, bucket.groups.count, question.shape.statistics, question.rules)
            for name, indicator in wanted.items():
                if kind in indicator.interactions:
                    values = INDIVIDUAL[name](part)
                    yield from _columns((name, week, day, kind), values, part.total > 0, bucket, question)


def _spatial(
    bucket: Bucket, question: Question, home: Ints, coordinates: tuple[Floats, Floats]
) -> Iterator[tuple[str, Array]]:
    minutes, shape = question.rules.position_minutes, question.shape
    for week, day in shape.parts:
        rows = bucket.by_time.where(*_selection(week, day, None))
        found = stays(rows, minutes, rows.group)
        places = Places(found, bucket.groups.count, home[bucket.groups.user], *coordinates, question.rules.pareto_share)
        for name, function in SPATIAL.items():
            yield from _columns((name, week, day), function(places), places.total > 0, bucket, question)
    rows = bucket.by_time.where(PLACED, PLACED)
    begins = starts(rows.user, period_of(rows.second, "week"))
    weeks = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(rows.user)))
    moved = churn_rate(stays(rows, minutes, weeks), rows.user[begins], bucket.users)
    yield from ((column("churn_rate", statistic), values) for statistic, values in moved.items())


def _recharges(bucket: Bucket, question: Question, recharges: Columns) -> Columns:
    at = np.minimum(np.searchsorted(bucket.sids, recharges["sid"]), bucket.users - 1)
    mine = np.flatnonzero(bucket.sids[at] == recharges["sid"])
    user, second, amount = at[mine], recharges["second"][mine], recharges["amount"][mine]
    use = times(second, question.rules)
    period = period_of(second, question.shape.groupby)
    begins = starts(user, period)
    group = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(user)))
    groups = Groups(user[begins], period[begins])
    columns: Columns = {column("reporting", "number_of_recharges"): tally(user, bucket.users)}
    columns[column("reporting", "has_recharges")] = tally(user, bucket.users) > 0
    for week, day in question.shape.parts:
        mask, bits = _bits(WEEK_PARTS[week], DAY_PARTS[day])
        inside = np.flatnonzero((use & mask) == bits)
        statistics, share = question.shape.statistics, question.rules.pareto_share
        part = Recharges(group[inside], second[inside], amount[inside], groups.count, statistics, share)
        for name, function in RECHARGES.items():
            columns |= dict(
                _columns((name, week, day), function(part), part.total > 0, bucket, question, groups)
            )
    columns["average_balance_recharges"] = average_balance_recharges(user, second, amount, bucket.users)
    return columns


def _reporting(bucket: Bucket, unknown: Flags, home: Ints) -> Columns:
    rows, first, users = bucket.by_time, bucket.first, bucket.users
    last = np.append(first[1:], len(rows.user)) - 1
    count = tally(rows.user, users)
    groups = bucket.groups
    begins = starts(groups.user)
    filled = np.diff(begins, append=groups.count)
    spanned = groups.period[begins + filled - 1] - groups.period[begins] + 1
    placed = rows.flag(PLACED)
    lost = tally(rows.user, users, ~placed | unknown[rows.place])
    missing = np.unique((rows.user << 32 | rows.place)[placed & unknown[rows.place]]) >> 32
    reported = {
        "start_time": rows.second[first],
        "end_time": rows.second[last],
        "number_of_records": count,
        "bins": spanned,
        "bins_with_data": filled,
        "bins_without_data": spanned - filled,
        "has_call": tally(rows.user, users, rows.flag(CALL)) > 0,
        "has_text": tally(rows.user, users, rows.flag(TEXT)) > 0,
        "has_home": home >= 0,
        "percent_records_missing_location": lost / count,
        "antennas_missing_locations": tally(missing, users),
    }
    return {column("reporting", name): values for name, values in reported.items()}


def _homes(bucket: Bucket, rules: IndicatorRules) -> Ints:
    rows = bucket.by_time.where(PLACED | NIGHT, PLACED | NIGHT)
    return homes(stays(rows, rules.position_minutes, rows.user), bucket.users)


def _columns(
    steps: tuple[str, ...],
    values: Values,
    present: Flags,
    bucket: Bucket,
    question: Question,
    groups: Groups | None = None,
) -> Iterator[tuple[str, Array]]:
    """The columns of one indicator: its figures in the single period, or their mean and spread over the periods that
    are `present`.
    """
    groups = groups or bucket.groups
    for statistic, figures in values.items() if isinstance(values, dict) else (("", values),):
        held = np.flatnonzero(present & ~np.isnan(figures))
        user, figures = groups.user[held], figures[held]
        if question.shape.groupby == "none":
            whole = np.full(bucket.users, np.nan)
            whole[user] = figures
            yield column(*steps, statistic), whole
        else:
            for outer, summary in distribution(figures, user, bucket.users, SCALAR_STATISTICS).items():
                yield column(*steps, statistic, outer), summary


def _selection(week: str, day: str, kind: str | None) -> tuple[int, int]:
    """The bits of `use` to look at, and their values, for part of week, part of day and kind of interaction (None: any
    record with a place).
    """
    return _bits(WEEK_PARTS[week], DAY_PARTS[day], KINDS[kind] if kind else (PLACED, PLACED))


def _bits(*parts: tuple[int, int]) -> tuple[int, int]:
    return sum(mask for mask, _ in parts), sum(bits for _, bits in parts)
