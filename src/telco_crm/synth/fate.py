"""Who leaves, when and how: a monthly hazard that depends on what the operator could have known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from telco_crm.synth.arrays import NEVER, Bools, Floats, Ints
from telco_crm.synth.campaigns import Contacts
from telco_crm.synth.circles import Circles
from telco_crm.synth.people import MONTH_DAYS, People
from telco_crm.synth.plans import Plans
from telco_crm.synth.setting import Setting

AFTERMATH = 2  # months whose fate is drawn beyond the exported ones
STAYS, VOLUNTARY, PORT_OUT, INVOLUNTARY = -1, 0, 1, 2
KINDS = ("voluntary", "port_out", "involuntary")


@dataclass(frozen=True)
class Fate:
    """When (month and day, NEVER for those who stay) and how each subscriber leaves.

    `stopped` is the day on which the service of those who leave involuntarily was stopped. `complains` and
    `unresolved` (months + 4 × N, two months before the period first) are the complaints of everyday life.
    """

    month: Ints
    day: Ints
    kind: Ints
    stopped: Ints
    complains: Bools
    unresolved: Bools

    @property
    def left(self) -> Bools:
        """Who leaves, the two months after the period included."""
        return np.asarray(self.kind != STAYS)

    @property
    def willing(self) -> Bools:
        """Who leaves of their own will."""
        return np.asarray((self.kind == VOLUNTARY) | (self.kind == PORT_OUT))


@dataclass(frozen=True)
class Known:
    """What the hazard of leaving depends on."""

    people: People
    plans: Plans
    circles: Circles
    contacts: Contacts
    open_complaint: Bools


def make_fate(setting: Setting, people: People, plans: Plans, circles: Circles, contacts: Contacts) -> Fate:
    """Draw month by month who leaves; two months more than are exported."""
    rng, figures = setting.dice.rng("complaints"), setting.figures.lives
    shape = (setting.timeline.months + AFTERMATH + 2, setting.n)
    complains = rng.random(shape) < figures.events.complaint
    unresolved = complains & (rng.random(shape) < figures.events.unresolved)
    known = Known(people, plans, circles, contacts, unresolved)
    month, kind = np.full(setting.n, NEVER), np.full(setting.n, STAYS)
    for now in range(setting.timeline.months + AFTERMATH):
        rng = setting.dice.rng("leaving", now)
        gone = month < now
        leaving = rng.random(setting.n) < _chances(setting, known, month, now)
        month[leaving & ~gone] = now
        kind[leaving & ~gone] = _kinds(setting, people, now)[leaving & ~gone]
    day, stopped = _days(setting, people, month, kind)
    return Fate(month, day, kind, stopped, complains, unresolved)


def _chances(setting: Setting, known: Known, left: Ints, now: int) -> Floats:
    """Chance (N) of leaving in month `now`: 0 for those who left or have not joined, its mean over the others
    as asked.
    """
    present = (left >= now) & (
        known.people.joined < setting.timeline.start(now) - setting.figures.lives.hazard.first_days
    )
    hazard = _hazard(setting, known, left, now) * present
    mean = hazard.sum() / max(int(present.sum()), 1)
    figures = setting.figures.lives
    wanted = figures.leaving.monthly * setting.options.churn_level
    return np.asarray(np.minimum(hazard / max(mean, 1e-12) * wanted, figures.hazard.largest))


def _hazard(setting: Setting, known: Known, left: Ints, now: int) -> Floats:
    people, figures = known.people, setting.figures.lives.hazard
    start = setting.timeline.start(now)
    hazard = setting.by_group(lambda g: g.leaving)[people.group]
    tenure = (start - people.joined) / MONTH_DAYS
    hazard[tenure < figures.young_months] *= figures.young
    hazard[tenure < figures.new_months] *= figures.new
    hazard[tenure >= figures.old_months] *= figures.old
    hazard[(people.contract_end >= start) & (people.contract_end < NEVER)] *= figures.contract
    hazard[(people.contract_end < start) & (people.contract_end >= start - 61)] *= figures.contract_ended
    hazard[known.open_complaint[now : now + 2].any(axis=0)] *= figures.open_complaint
    hazard[people.silent] *= figures.silent
    payers = np.array([payer.leaving for payer in setting.figures.people.payers.values()])
    price = np.array([plan.local for plan in setting.plans])[known.plans.of_month[min(now, setting.timeline.months)]]
    hazard *= payers[people.payer] * (price / price.mean()) ** figures.dear
    hazard *= figures.contact_gone ** np.minimum(_friends_gone(known.circles, left, now), 3)
    return hazard * known.contacts.hazard(setting, people, now)


def _friends_gone(circles: Circles, left: Ints, now: int) -> Ints:
    """How many friends of each subscriber left in the last two months."""
    lately = (left < now) & (left >= now - 2)
    return np.bincount(circles.friends[0], weights=lately[circles.friends[1]], minlength=len(left)).astype(np.int64)


def _kinds(setting: Setting, people: People, now: int) -> Ints:
    """How each subscriber would leave: poor payers mostly by being cut off, whoever is new never so."""
    rng = setting.dice.rng("leave kinds", now)
    cut_off = np.array([payer.cut_off for payer in setting.figures.people.payers.values()])[people.payer]
    long_ago = now - 2 * setting.figures.people.stopping.terminate_months
    chance = np.where(people.joined < setting.timeline.start(long_ago), cut_off, 0)
    own_will = np.where(rng.random(setting.n) < setting.figures.lives.leaving.port_out, PORT_OUT, VOLUNTARY)
    return np.where(rng.random(setting.n) < chance, INVOLUNTARY, own_will)


def _days(setting: Setting, people: People, month: Ints, kind: Ints) -> tuple[Ints, Ints]:
    """Day of leaving, and for the involuntary the day on which the service had been stopped before."""
    rng, figures, timeline = setting.dice.rng("leave days"), setting.figures.people.stopping, setting.timeline
    day, stopped = np.full(setting.n, NEVER), np.full(setting.n, NEVER)
    low, high = figures.grace_days
    due = setting.figures.tariff.billing.due_day - 1
    for now in range(timeline.months + AFTERMATH):
        leaving = month == now
        drawn = timeline.start(now) + rng.integers(1, timeline.length(now), setting.n)
        # Cut off after a fixed number of days, so the stop follows the due day of an earlier month.
        stop = timeline.start(now - figures.terminate_months) + due + rng.integers(low, high + 1, setting.n)
        forced = leaving & (kind == INVOLUNTARY)
        stopped[forced] = stop[forced]
        day[leaving] = np.where(forced, stop + figures.terminate_days, drawn)[leaving]
    return day, stopped
