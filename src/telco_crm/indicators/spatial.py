"""Indicators of the places a subscriber was in: one function each, named as in bandicoot.

A subscriber is in one place per spell of 30 minutes; see `stays`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from telco_crm.indicators.numbers import (
    Floats,
    Ints,
    distribution,
    entropy,
    lengths,
    ordered,
    pareto,
    ratio,
    starts,
    tally,
)
from telco_crm.indicators.rows import DAY, Rows

EARTH_RADIUS_KM = 6371.0
PLACE_BITS = 22  # of the number of a place in a bucket
TIME_BITS = 17  # of a second of the day
WEEK_BITS = 24  # of the number of a week of a subscriber in a bucket
LAST_PLACE, LAST_TIME = (1 << PLACE_BITS) - 1, (1 << TIME_BITS) - 1


@dataclass(frozen=True)
class Stays:
    """One entry per group and spell, in the order of time: where the subscriber was."""

    group: Ints
    place: Ints


@dataclass(frozen=True)
class Places:
    """The stays of one part of week and day; `home` is the place of each group's subscriber (-1: none known),
    `latitude` and `longitude` those of every place (NaN: unknown).
    """

    stays: Stays
    groups: int
    home: Ints
    latitude: Floats
    longitude: Floats
    share: float

    @cached_property
    def total(self) -> Floats:
        """How many stays each group has."""
        return tally(self.stays.group, self.groups)

    @cached_property
    def visits(self) -> tuple[Ints, Ints, Ints]:
        """group, place and number of stays, for every place of every group."""
        return visits(self.stays)


def stays(rows: Rows, minutes: int, group: Ints) -> Stays:
    """The stays of rows that are sorted by group and time.

    The place of a spell is that of most of its records; of places alike, the one with the earliest record.
    """
    spell = rows.second // (minutes * 60)
    begins = starts(group, spell)
    place = rows.place[begins]
    number = np.repeat(np.arange(len(begins)), lengths(begins, len(group)))
    mixed = np.zeros(len(begins), bool)
    mixed[number[np.flatnonzero(rows.place != place[number])]] = True
    inside = np.flatnonzero(mixed[number])
    if len(inside):
        chosen, most = _most(number[inside], rows.place[inside], rows.second[inside] % DAY)
        place[chosen] = most
    return Stays(group[begins], place)


def _most(spell: Ints, place: Ints, second: Ints) -> tuple[Ints, Ints]:
    """For every spell, the place with most entries, then the earliest one, then the least number."""
    key = np.sort((spell << PLACE_BITS | place) << TIME_BITS | second)
    at, first = key >> TIME_BITS, key & LAST_TIME
    begins = starts(at)
    count, at, first = lengths(begins, len(at)), at[begins], first[begins]
    spell, place = at >> PLACE_BITS, at & LAST_PLACE
    best = starts(spell)
    score = ((count << TIME_BITS) + (LAST_TIME - first) << PLACE_BITS) + (LAST_PLACE - place)
    return spell[best], LAST_PLACE - (np.maximum.reduceat(score, best) & LAST_PLACE)


def visits(where: Stays) -> tuple[Ints, Ints, Ints]:
    """group, place and number of stays, for every place of every group."""
    key = np.sort(where.group << PLACE_BITS | where.place)
    begins = starts(key)
    return key[begins] >> PLACE_BITS, key[begins] & LAST_PLACE, lengths(begins, len(key))


def homes(night: Stays, users: int) -> Ints:
    """The place of most stays at night of every subscriber (the group of a stay); the earliest one of places alike; -1
    without any.
    """
    order = ordered(night.group << PLACE_BITS | night.place)
    begins = starts(night.group[order], night.place[order])
    user, place = night.group[order][begins], night.place[order][begins]
    count = lengths(begins, len(order))
    earliest = np.minimum.reduceat(order, begins) if len(begins) else begins
    ranked = np.lexsort((earliest, -count, user))
    best = ranked[starts(user[ranked])]
    home = np.full(users, -1)
    home[user[best]] = place[best]
    return home


def number_of_antennas(places: Places) -> Floats:
    """Different places."""
    return tally(places.visits[0], places.groups)


def entropy_of_antennas(places: Places) -> Floats:
    """Entropy (nats) of the stays over the places."""
    group, _, count = places.visits
    return entropy(count, group, places.groups)


def percent_at_home(places: Places) -> Floats:
    """Share of stays at the home antenna; nothing where no home is known."""
    group, place, count = places.visits
    at_home = tally(group, places.groups, np.where(place == places.home[group], count, 0))
    return np.where(places.home >= 0, ratio(at_home, places.total), np.nan)


def radius_of_gyration(places: Places) -> Floats:
    """Root of the mean squared distance (km) of the stays from their mean place; nothing without coordinates.

    M. C. González, C. A. Hidalgo, A.-L. Barabási, "Understanding individual human mobility patterns", Nature 453, 2008.
    """
    group, place, count = places.visits
    latitude, longitude = places.latitude[place], places.longitude[place]
    known = np.flatnonzero(~np.isnan(latitude))
    group, count, latitude, longitude = group[known], count[known], latitude[known], longitude[known]
    weight = tally(group, places.groups, count)
    north = ratio(tally(group, places.groups, count * latitude), weight)[group]
    east = ratio(tally(group, places.groups, count * longitude), weight)[group]
    away = great_circle(north, east, latitude, longitude)
    return np.sqrt(ratio(tally(group, places.groups, count * away**2), weight))


def frequent_antennas(places: Places) -> Floats:
    """How many places account for 80 % of the stays."""
    group, _, count = places.visits
    return pareto(count, group, places.groups, places.share)


def churn_rate(weekly: Stays, user: Ints, users: int) -> dict[str, Floats]:
    """Mean and standard deviation, over successive weeks with stays, of the cosine distance between the shares of time
    at each place. `user` is the subscriber of each group of `weekly`, whose groups are subscribers in weeks.
    """
    group, place, count = visits(weekly)
    begins = starts(group)  # weeks with stays, numbered without gaps
    week, owner = np.repeat(np.arange(len(begins)), lengths(begins, len(group))), user[group[begins]]
    length = np.sqrt(tally(week, len(owner), count * count))
    order = ordered(place << WEEK_BITS | week)
    week, place, count = week[order], place[order], count[order]
    again = np.flatnonzero((place[1:] == place[:-1]) & (week[1:] == week[:-1] + 1))
    dot = tally(week[again], len(owner), count[again] * count[again + 1])
    follows = np.flatnonzero(owner[1:] == owner[:-1])
    distance = np.maximum(1 - dot[follows] / (length[follows] * length[follows + 1]), 0)
    return distribution(distance, owner[follows], users, ("mean", "std"))


def great_circle(latitude: Floats, longitude: Floats, other_latitude: Floats, other_longitude: Floats) -> Floats:
    """Kilometres between places given in degrees (haversine formula)."""
    north, east, other_north, other_east = map(np.radians, (latitude, longitude, other_latitude, other_longitude))
    half = np.sin((north - other_north) / 2) ** 2
    half += np.cos(north) * np.cos(other_north) * np.sin((east - other_east) / 2) ** 2
    angle: Floats = 2 * np.arcsin(np.sqrt(np.minimum(half, 1)))
    return EARTH_RADIUS_KM * angle


SPATIAL: dict[str, Callable[[Places], Floats]] = {
    function.__name__: function
    for function in (number_of_antennas, entropy_of_antennas, percent_at_home, radius_of_gyration, frequent_antennas)
}
