"""Calls and sessions: how long they last, how much they carry, and that nobody makes two calls at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telco_crm.synth.arrays import Ints, Rng, spread
from telco_crm.synth.clock import DAY_S
from telco_crm.synth.rating import MB
from telco_crm.synth.setting import Setting
from telco_crm.synth.streams import DATA, INDEX, PLACES, STREAMS, VOICE
from telco_crm.synth.world import World

NONE = -1  # no seconds, no bytes
_LINE = np.array([stream.service == VOICE and stream.direction != "forward" for stream in STREAMS])


def draw_amounts(world: World, rng: Rng, stream: Ints, subscriber: Ints) -> tuple[Ints, Ints]:
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


def one_at_a_time(second: Ints, subscriber: Ints, stream: Ints, seconds: Ints) -> Ints:
    """Seconds of the day, put off where a call would begin before the subscriber's last one is over.

    A call begins when it wanted to or when the last one ends: begin_i = max(want_i, begin_{i-1} +
    length_{i-1}). With running sums of the lengths this is a running maximum.
    """
    calls = np.flatnonzero(_LINE[stream] & (seconds >= 0))
    calls = calls[time_order(second[calls])]
    calls = calls[np.argsort(subscriber[calls], kind="stable")]
    length = seconds[calls] + 1
    before = np.cumsum(length) - length
    # So far apart that no subscriber's maximum reaches into the next one's.
    apart = subscriber[calls] * (int(length.sum()) + DAY_S)
    begin = np.maximum.accumulate(second[calls] - before + apart) + before - apart
    out = second.copy()
    out[calls] = np.minimum(begin, DAY_S - 1)
    return out


def time_order(second: Ints) -> Ints:
    """Positions in time order; ties keep their order, on every machine."""
    return np.asarray(np.sort((second << 32) | np.arange(len(second))) & 0xFFFFFFFF)


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
