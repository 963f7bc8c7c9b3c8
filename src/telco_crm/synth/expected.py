"""Expected traffic: what each subscriber's month would be like on average."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from telco_crm.synth.arrays import Bools, Floats, Floats32, spread
from telco_crm.synth.setting import Setting
from telco_crm.synth.streams import INDEX, STREAMS, VOICE
from telco_crm.synth.world import World

_INCOMING = np.flatnonzero([stream.service == VOICE and stream.direction == "in" for stream in STREAMS])


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


def _day_weights(setting: Setting, month: int, weekend: Floats) -> Floats:
    """Days of a month, weekend days counted by what they weigh in each group: rates hold for a month of any
    length.
    """
    start = setting.timeline.start(month)
    free = sum(setting.timeline.is_weekend(day) for day in range(start, start + setting.timeline.length(month)))
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
