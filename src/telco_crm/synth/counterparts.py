"""The other party of each record: mostly someone of the circle, sometimes a stranger or a short number."""

from __future__ import annotations

import numpy as np

from telco_crm.synth.arrays import Bools, Ints, Rng
from telco_crm.synth.numbering import network_code, span
from telco_crm.synth.streams import CIRCLES, INDEX, MMS, PLACES, SMS, STREAMS, VOICE
from telco_crm.synth.world import World

_CIRCLE = np.array([CIRCLES.index(stream.circle) if stream.circle else -1 for stream in STREAMS])
_OPEN = np.array([stream.service == VOICE and stream.direction != "forward" for stream in STREAMS])
_MESSAGE = np.array([stream.service in (SMS, MMS) for stream in STREAMS])

_PLACE = [stream.circle if stream.circle in PLACES else "local" for stream in STREAMS]
_FIXED = network_code("fixed")


def pick_counterparts(world: World, rng: Rng, stream: Ints, subscriber: Ints, present: Bools) -> Ints:
    """Positions in the number book, -1 for data; nobody who is not `present` (N) is called."""
    figures = world.setting.figures.people.circle
    circle = _CIRCLE[stream]
    party = _from_circle(world, rng, circle, subscriber)
    unfit = np.flatnonzero(_unfit(world, stream, party, present))
    party[unfit] = _from_circle(world, rng, circle[unfit], subscriber[unfit])
    chance = rng.random(len(stream), dtype=np.float32)
    strange = (chance < figures.stranger) & _OPEN[stream] | _unfit(world, stream, party, present)
    who = np.flatnonzero(strange)
    party[who] = _strangers(world, rng, stream[who])
    short = np.flatnonzero((chance > 1 - figures.short_number) & (stream == INDEX["local_out"]))
    bounds = world.book.ranges["short", ""]
    party[short] = bounds.low + rng.integers(0, bounds.size, len(short))
    party[circle < 0] = -1
    return party


def _from_circle(world: World, rng: Rng, circle: Ints, subscriber: Ints) -> Ints:
    """Members of the circles: the k-th is drawn with a weight of about 1/k."""
    circles = world.circles
    size = circles.size[circle, subscriber]
    rank = np.exp(rng.random(len(circle), dtype=np.float32) * np.log(size + np.float32(1))).astype(np.int64) - 1
    place = circles.start[circle, subscriber] + np.clip(rank, 0, size - 1)
    return np.asarray(circles.members[place], dtype=np.int64)


def _unfit(world: World, stream: Ints, party: Ints, present: Bools) -> Bools:
    """Which parties are subscribers that have left or not yet joined, or fixed lines that get a message."""
    unfit: Bools = _MESSAGE[stream] & (world.book.network[party] == _FIXED)
    ours = np.flatnonzero(party < world.setting.n)
    unfit[ours] |= ~present[party[ours]]
    return unfit


def _strangers(world: World, rng: Rng, stream: Ints) -> Ints:
    """Any number of the place that the circle belongs to; for messages, of the own network."""
    mobile = world.book.ranges["local", "own"]
    ranges = [mobile if message else span(world.book, place) for message, place in zip(_MESSAGE, _PLACE, strict=True)]
    low = np.array([bounds.low for bounds in ranges])[stream]
    count = np.array([bounds.size for bounds in ranges])[stream]
    return np.asarray(low + (rng.random(len(stream)) * count).astype(np.int64))
