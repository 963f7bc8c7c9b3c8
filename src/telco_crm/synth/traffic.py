"""Traffic: the records of one day, in time order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telco_crm.synth.arrays import Bools, Floats, Floats32, Ints, Rng, spread
from telco_crm.synth.counterparts import pick_counterparts
from telco_crm.synth.rating import MB, rate
from telco_crm.synth.setting import Setting
from telco_crm.synth.streams import DATA, INDEX, PLACES, ROAMING, STREAMS, VOICE
from telco_crm.synth.world import World

NONE = -1  # no seconds, no bytes, no counterpart
_INCOMING = np.flatnonzero([stream.service == VOICE and stream.direction == "in" for stream in STREAMS])


@dataclass(frozen=True)
class Records:
    """Records in time order, one entry each: second of the day, subscriber, kind of traffic
    (streams.STREAMS), position of the other party in the number book, kind of roaming, seconds, bytes, cents,
    cell; NONE where there is none.
    """

    second: Ints
    subscriber: Ints
    stream: Ints
    counterpart: Ints
    where: Ints
    seconds: Ints
    volume: Ints
    cents: Ints
    cell: Ints


@dataclass(frozen=True)
class MonthTraffic:
    """Expected records (kinds × N) of a working day of one month at home, and what does not change within the
    month.
    """

    month: int
    daily: Floats32
    weekend: Floats


def month_traffic(world: World, month: int) -> MonthTraffic:
    """What each subscriber's traffic of a month is expected to be."""
    setting, people, signs = world.setting, world.people, world.signs
    rng = setting.dice.rng("month", month)
    wobble = spread(rng, setting.figures.rhythm.differences.month, setting.n)
    middle = (setting.timeline.months - 1) / 2
    trend = (1 + setting.by_group(lambda g: g.trend)) ** (month - middle)
    factor = trend[people.group] * wobble * world.plans.reaction[month] * signs.fade[month]
    weekend = setting.by_group(lambda g: g.weekend)
    factor /= _day_weights(setting, month, weekend)[people.group]
    daily = people.rates * factor.astype(np.float32)
    _forward_to_rivals(world, daily, signs.forwards[month])
    return MonthTraffic(month, daily, weekend[people.group])


def day_traffic(world: World, traffic: MonthTraffic, day: int) -> Records:
    """All records of one day."""
    setting, n = world.setting, world.setting.n
    rng, weekend = setting.dice.rng("day", day), setting.timeline.is_weekend(day)
    present: Bools = (world.people.joined <= day) & (day < world.fate.day)
    away, journey = world.journeys.on(day, n)
    level = spread(rng, setting.figures.rhythm.differences.day, n)
    level *= present & (world.payments.stops.on(day, n) == 0)
    level *= _roaming_level(setting)[away] * (traffic.weekend if weekend else 1.0)
    count = rng.poisson(traffic.daily * level)
    place = np.repeat(np.arange(count.size), count.ravel())
    stream, subscriber = np.divmod(place, n)
    second = world.clock.seconds(rng, subscriber, stream, weekend=weekend)
    order = _time_order(second)
    second, stream, subscriber = second[order], stream[order], subscriber[order]
    where = away[subscriber]
    seconds, volume = _amounts(world, rng, stream, subscriber)
    plan = world.plans.of_month[traffic.month][subscriber]
    return Records(
        second=second,
        subscriber=subscriber,
        stream=stream,
        counterpart=pick_counterparts(world, rng, stream, subscriber, present),
        where=where,
        seconds=seconds,
        volume=volume,
        cents=rate(world.prices, stream, where, plan, (seconds, volume)),
        cell=world.cells.pick(rng, subscriber, _at_work(setting, second, weekend), where, journey),
    )


def _day_weights(setting: Setting, month: int, weekend: Floats) -> Floats:
    """Days of a month, weekend days counted by what they weigh in each group: rates hold for a month of any
    length.
    """
    start = setting.timeline.start(month)
    free = sum(
        setting.timeline.is_weekend(day) for day in range(start, start + setting.timeline.length(month))
    )
    return np.asarray(setting.timeline.length(month) - free + free * weekend)


def _forward_to_rivals(world: World, daily: Floats32, forwards: Bools) -> None:
    """Turn part of the incoming calls of those who forward them into calls to a rival's number."""
    figures = world.setting.figures.lives.signs
    part = np.float32(figures.forward_part)
    who = np.flatnonzero(forwards)
    incoming = daily[np.ix_(_INCOMING, who)]
    unicom = world.setting.dice.rng("rival").random(world.setting.n)[who] < figures.forward_unicom
    for name, chosen in (("forward_unicom", unicom), ("forward_telecom", ~unicom)):
        daily[INDEX[name], who] += part * incoming.sum(axis=0) * chosen
    daily[np.ix_(_INCOMING, who)] = incoming * (1 - part)


def _roaming_level(setting: Setting) -> Floats:
    """Traffic at each place relative to home."""
    traffic = setting.figures.rhythm.roaming.traffic
    return np.array([1.0, *(getattr(traffic, place) for place in ROAMING[1:])])


def _time_order(second: Ints) -> Ints:
    """Positions in time order; ties keep their order, on every machine."""
    return np.asarray(np.sort((second << 32) | np.arange(len(second))) & 0xFFFFFFFF)


def _at_work(setting: Setting, second: Ints, weekend: bool) -> Bools:
    busy = np.isin(np.arange(24), [] if weekend else list(setting.figures.rhythm.bands.busy))
    return busy[second // 3600]


def _amounts(world: World, rng: Rng, stream: Ints, subscriber: Ints) -> tuple[Ints, Ints]:
    """Seconds of voice calls and bytes of data sessions, NONE where there are none."""
    setting, group = world.setting, world.people.group[subscriber]
    differences, missed = setting.figures.rhythm.differences, setting.figures.rhythm.missed
    usual, chance = _usual_seconds(setting), _missed(setting)
    normal = rng.standard_normal(len(stream), dtype=np.float32)
    sigma = np.float32(differences.call_minutes)
    drawn = usual[stream, group] * world.people.talk[subscriber] * np.exp(normal * sigma - sigma * sigma / 2)
    seconds = np.clip(np.rint(drawn), 1, differences.longest_call_s).astype(np.int64)
    lost = rng.random(len(stream), dtype=np.float32)
    threshold = chance[stream]
    seconds[lost < threshold] = 0
    seconds[lost < threshold * np.float32(missed.empty)] = NONE
    seconds[usual[stream, 0] == 0] = NONE
    volume = np.full(len(stream), NONE)
    data = np.flatnonzero(stream == INDEX[DATA])
    megabytes = setting.by_group(lambda g: g.megabytes)[group[data]]
    volume[data] = np.rint(megabytes * MB * spread(rng, differences.session_bytes, len(data))) + 1
    return seconds, volume


def _usual_seconds(setting: Setting) -> NDArray[np.float32]:
    """Mean seconds of an answered call (kinds × groups), 0 where a record has none."""
    rows = [
        [60 * getattr(group.minutes, stream.minutes) if stream.minutes else 0.0 for group in setting.groups]
        for stream in STREAMS
    ]
    return np.array(rows, dtype=np.float32)


def _missed(setting: Setting) -> NDArray[np.float32]:
    """Chance (kinds) that nobody answers; abroad such calls leave no record."""
    missed = setting.figures.rhythm.missed
    chances = []
    for stream in STREAMS:
        recorded = stream.service == VOICE and stream.toll in PLACES[:2]
        chances.append((missed.incoming if stream.direction == "in" else missed.out) if recorded else 0.0)
    return np.array(chances, dtype=np.float32)
