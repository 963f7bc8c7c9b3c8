"""Traffic: the records of one day, drawn for one block of subscribers after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from telco_crm.synth.arrays import Bools, Floats, Ints, spread
from telco_crm.synth.calls import draw_amounts, one_at_a_time, time_order
from telco_crm.synth.counterparts import pick_counterparts
from telco_crm.synth.expected import MonthTraffic
from telco_crm.synth.rating import rate
from telco_crm.synth.records import Records, merged, packed
from telco_crm.synth.setting import Setting
from telco_crm.synth.streams import ROAMING
from telco_crm.synth.world import World

_BLOCK = 50_000  # subscribers drawn at a time: bounds memory, and is part of what a seed means


@dataclass(frozen=True)
class _Today:
    """The state of every subscriber (N) on one day; `level` is a factor on their traffic."""

    day: int
    weekend: bool
    present: Bools
    level: Floats
    away: Ints
    journey: Ints


def day_traffic(world: World, traffic: MonthTraffic, day: int) -> Records:
    """All records of one day in time order."""
    today = _today(world, traffic, day)
    starts = range(0, world.setting.n, _BLOCK)
    return merged([_block(world, traffic, today, start) for start in starts])


def _today(world: World, traffic: MonthTraffic, day: int) -> _Today:
    setting, n = world.setting, world.setting.n
    weekend = setting.timeline.is_weekend(day)
    present: Bools = (world.people.joined <= day) & (day < world.fate.day)
    away, journey = world.journeys.on(day, n)
    level = spread(setting.dice.rng("day", day), setting.figures.rhythm.differences.day, n)
    level *= present & (world.payments.stops.on(day, n) == 0)
    level *= _roaming_level(setting)[away] * (traffic.weekend if weekend else 1.0)
    return _Today(day, weekend, present, level, away, journey)


def _block(world: World, traffic: MonthTraffic, today: _Today, start: int) -> Records:
    """The day's records of the subscribers from `start` on, in time order."""
    setting = world.setting
    rng = setting.dice.rng("traffic", today.day, start // _BLOCK)
    count = rng.poisson(traffic.daily[:, start : start + _BLOCK] * today.level[start : start + _BLOCK])
    place = np.repeat(np.arange(count.size), count.ravel())
    stream, subscriber = np.divmod(place, count.shape[1])
    subscriber += start
    seconds, volume = draw_amounts(world, rng, stream, subscriber)
    second = world.clock.seconds(rng, subscriber, stream, weekend=today.weekend)
    second = one_at_a_time(second, subscriber, stream, seconds)
    order = time_order(second)
    second, stream, subscriber = second[order], stream[order], subscriber[order]
    seconds, volume, where = seconds[order], volume[order], today.away[subscriber]
    plan = world.plans.of_month[traffic.month][subscriber]
    at_work = _at_work(setting, second, today.weekend)
    party = pick_counterparts(world, rng, stream, subscriber, today.present)
    moved = setting.dice.rng("prospect calls", today.day, start // _BLOCK)
    return packed(
        second=second,
        subscriber=subscriber,
        stream=stream,
        counterpart=world.prospects.redirect(moved, stream, subscriber, party),
        where=where,
        seconds=seconds,
        volume=volume,
        cents=rate(world.prices, stream, where, plan, (seconds, volume)),
        cell=world.cells.pick(rng, subscriber, at_work, where, today.journey),
    )


def _roaming_level(setting: Setting) -> Floats:
    """Traffic at each place relative to home."""
    traffic = setting.figures.rhythm.roaming.traffic
    return np.array([1.0, *(getattr(traffic, place) for place in ROAMING[1:])])


def _at_work(setting: Setting, second: Ints, weekend: bool) -> Bools:
    busy = np.isin(np.arange(24), [] if weekend else list(setting.figures.rhythm.bands.busy))
    return busy[second // 3600]
