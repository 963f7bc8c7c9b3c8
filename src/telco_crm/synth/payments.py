"""Who pays when, and whose service is stopped meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from telco_crm.synth.arrays import NEVER, Ints
from telco_crm.synth.fate import INVOLUNTARY, Fate
from telco_crm.synth.people import People
from telco_crm.synth.setting import Setting
from telco_crm.synth.spells import Spells

ARREARS, ON_REQUEST = 1, 2


@dataclass(frozen=True)
class Payments:
    """When bills are paid and services stopped.

    `due` (months + 1) and `paid` (months + 1 × N) are days, NEVER for what is never paid; row 0 belongs to
    the month before the period. `stops` are spells without service, of kind ARREARS or ON_REQUEST.
    """

    due: Ints
    paid: Ints
    stops: Spells


def make_payments(setting: Setting, people: People, fate: Fate) -> Payments:
    """Draw the day on which each bill is paid, and the stops that follow."""
    figures, timeline = setting.figures.people, setting.timeline
    months = np.arange(-1, timeline.months)
    due = timeline.starts(months + 1) + setting.figures.tariff.billing.due_day - 1
    paid = np.empty((len(months), setting.n), dtype=np.int64)
    stops = [_on_request(setting), _forced(fate)]
    payers = list(figures.payers.values())
    late_share = np.array([payer.late for payer in payers])[people.payer]
    late_days = np.array([payer.days for payer in payers])[people.payer]
    # Whoever leaves involuntarily pays nothing from the bill on that led to the stop.
    unpaid_from = np.where(fate.kind == INVOLUNTARY, fate.month - figures.stopping.terminate_months - 1, NEVER)
    for row, month in enumerate(months):
        rng = setting.dice.rng("payments", int(month))
        late = (rng.random(setting.n) < late_share) & ~people.silent
        delay = np.minimum(1 + rng.exponential(late_days), figures.stopping.longest_late).astype(np.int64)
        early = rng.integers(0, setting.figures.tariff.billing.due_day - 1, setting.n)
        day = np.where(late, due[row] + delay, due[row] - early)
        paid[row] = np.where(month >= unpaid_from, NEVER, day)
        # Whoever still owes the bill before pays both at once, so nobody is stopped twice for it.
        behind = (paid[row - 1] > due[row]) & (paid[row - 1] < NEVER) if row else np.zeros(setting.n, dtype=bool)
        paid[row] = np.where(behind & (paid[row] < NEVER), paid[row - 1], paid[row])
        grace = rng.integers(figures.stopping.grace_days[0], figures.stopping.grace_days[1] + 1, setting.n)
        stop = due[row] + grace
        billed = people.joined < timeline.start(int(month) + 1)
        who = np.flatnonzero(billed & ~behind & (paid[row] > stop) & (paid[row] < NEVER))
        stops.append(Spells(who, stop[who], paid[row][who], np.full(len(who), ARREARS)))
    return Payments(due, paid, Spells.joined(stops).cut(people.joined + 1, fate.day))


def _forced(fate: Fate) -> Spells:
    """The last stop of those who leave involuntarily."""
    who = np.flatnonzero(fate.kind == INVOLUNTARY)
    return Spells(who, fate.stopped[who], fate.day[who], np.full(len(who), ARREARS))


def _on_request(setting: Setting) -> Spells:
    """A few subscribers have their service suspended for a while, of their own will."""
    rng, figures = setting.dice.rng("on request"), setting.figures.people.demography
    who = np.flatnonzero(rng.random(setting.n) < figures.on_request)
    start = rng.integers(-30, setting.timeline.days, len(who))
    low, high = figures.on_request_days
    return Spells(who, start, start + rng.integers(low, high + 1, len(who)), np.full(len(who), ON_REQUEST))
