"""The time of day at which traffic begins, by group, kind of traffic and kind of day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telco_crm.synth.arrays import Floats, Floats32, Ints, Rng
from telco_crm.synth.figures import Figures
from telco_crm.synth.people import People
from telco_crm.synth.setting import Setting
from telco_crm.synth.streams import DATA, STREAMS, VOICE

_STEPS = 4096  # resolution of the quantile tables
DAY_S = 86_400


@dataclass(frozen=True)
class Clock:
    """Quantiles of the second of day, one row per profile, for working days and weekends.

    `profile` (3 × N) is the profile of each subscriber for voice, messages and data; `kind` maps a kind of
    traffic to the row of `profile`.
    """

    workday: Floats32
    weekend: Floats32
    profile: NDArray[np.int16]
    kind: NDArray[np.int8]

    def seconds(self, rng: Rng, subscriber: Ints, stream: Ints, *, weekend: bool) -> Ints:
        """Seconds of the day for records of `subscriber` and kind of traffic `stream`."""
        table = self.weekend if weekend else self.workday
        row = self.profile[self.kind[stream], subscriber].astype(np.int64)
        at = rng.random(len(subscriber), dtype=np.float32) * np.float32(_STEPS)
        step = np.minimum(at.astype(np.int64), _STEPS - 1)
        flat = table.ravel()
        place = row * (_STEPS + 1) + step
        low = flat[place]
        second = low + (flat[place + 1] - low) * (at - step)
        return np.minimum(second.astype(np.int64), DAY_S - 1)


def make_clock(setting: Setting, people: People) -> Clock:
    """The profiles of all groups, and one for people who use data at night."""
    figures, groups = setting.figures, len(setting.groups)
    night = 3 * groups
    profile = np.array([people.group, people.group + groups, people.group + 2 * groups], dtype=np.int16)
    profile[2, people.night_data] = night
    kind = [0 if stream.service == VOICE else 2 if stream.service == DATA else 1 for stream in STREAMS]
    tables = [_table(_profiles(setting, figures, weekend=weekend)) for weekend in (False, True)]
    return Clock(tables[0], tables[1], profile, np.array(kind, dtype=np.int8))


def _profiles(setting: Setting, figures: Figures, *, weekend: bool) -> Floats:
    """Hourly shares (profiles × 24): voice, messages and data of each group, then night data."""
    shape = figures.rhythm.shape
    own = [(g.hours.busy, g.hours.off_peak, g.hours.night) for g in setting.groups]
    rows = [
        _day(figures, bands, hourly, weekend) for hourly in (shape.voice, shape.message, shape.data) for bands in own
    ]
    night = figures.rhythm.night_data
    rows.append(_day(figures, (night.busy, night.off_peak, night.night), night.shape, weekend))
    return np.array(rows)


def _day(figures: Figures, shares: tuple[float, float, float], hourly: tuple[float, ...], weekend: bool) -> Floats:
    """Hourly shares of one profile: the bands' shares, each spread over its hours by the hourly weights."""
    bands = figures.rhythm.bands
    busy, off_peak, night = shares
    if weekend:
        moved = busy * (1 - bands.weekend_busy)
        busy, off_peak = busy - moved, off_peak + moved
    weights, out = np.array(hourly), np.zeros(24)
    for hours, share in ((bands.busy, busy), (bands.off_peak, off_peak), (bands.night, night)):
        within = weights[list(hours)]
        out[list(hours)] = share * within / within.sum()
    return out


def _table(hourly: Floats) -> Floats32:
    """Quantiles of the second of day (profiles × steps + 1)."""
    quantiles, edges = np.linspace(0, 1, _STEPS + 1), np.arange(25) * (DAY_S / 24)
    rows = [np.interp(quantiles, np.concatenate([[0], np.cumsum(row) / row.sum()]), edges) for row in hourly]
    return np.array(rows, dtype=np.float32)
