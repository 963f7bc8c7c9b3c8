"""The service history as a table of arrays: one entry per event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from telco_crm.schema import load_schema
from telco_crm.synth.arrays import Bools, Ints, Rng
from telco_crm.synth.world import World

OPEN = (8, 21)  # hours in which counters and hotlines are open
PAYING = ("payment", "recharge")


@dataclass(frozen=True)
class Events:
    """One entry per event; -1 where there is none.

    `kind` is a position in the schema's values, `area` in the figures' areas, `detail` in `detail_texts`;
    `second` and `resolved` are seconds since 1970; `cents` is money.
    """

    subscriber: Ints
    second: Ints
    kind: Ints
    area: Ints
    score: Ints
    resolved: Ints
    cents: Ints
    detail: Ints

    def take(self, rows: Ints | Bools) -> Events:
        """The events of `rows`."""
        return Events(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    @staticmethod
    def joined(parts: Sequence[Events]) -> Events:
        """All events of `parts`."""
        return Events(
            **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Events)}
        )


def detail_texts(world: World) -> list[str]:
    """All texts that details have: those of the figures, then the names of the plans."""
    setting = world.setting
    details = setting.figures.lives.details
    words = [getattr(getattr(details, name), setting.lang) for name in type(details).model_fields]
    return words + [getattr(plan, setting.lang) for plan in setting.plans]


def detail_code(world: World, name: str) -> int:
    """Position of a text of the figures in `detail_texts`."""
    return list(type(world.setting.figures.lives.details).model_fields).index(name)


def make_events(
    world: World, rng: Rng, kind: str, subscriber: Ints, day: Ints, hours: tuple[int, int] = OPEN
) -> Events:
    """Events of one kind between two hours of the day, without area, score, amount or detail so far.

    None lies outside the exported period or the subscription; only last bills are paid after leaving.
    """
    timeline = world.setting.timeline
    none = np.full(len(subscriber), -1)
    code = list(load_schema("events").columns["kind"].values).index(kind)
    second = timeline.seconds(day) + rng.integers(hours[0] * 3600, hours[1] * 3600, len(subscriber))
    events = Events(subscriber, second, none + 1 + code, none, none, none, none, none)
    begun = day >= world.people.joined[subscriber]
    over = (day >= world.fate.day[subscriber]) & (kind not in PAYING)
    return events.take(~timeline.outside(day) & begun & ~over)
