"""Which tariff plan each subscriber has in each month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from telco_crm.synth.arrays import Floats, Ints, choose_by
from telco_crm.synth.people import MONTH_DAYS, People
from telco_crm.synth.setting import Setting


@dataclass(frozen=True)
class Plans:
    """Plans by month and the changes between them.

    `of_month` (months + 1 × N) holds positions in Setting.plans, the last row being the state at export;
    `reaction` (months × N) is the factor on traffic since a change of price; `changed_by` and `changed_on`
    (subscriber, day) list the changes, each valid from the next month; `ever` counts the plans a subscriber
    has used.
    """

    of_month: Ints
    reaction: Floats
    changed_by: Ints
    changed_on: Ints
    ever: Ints

    def at_export(self) -> Ints:
        """The plan in the operator's records at the end of the period."""
        return np.asarray(self.of_month[-1])


def make_plans(setting: Setting, people: People) -> Plans:
    """Draw first plans and changes."""
    rng, timeline = setting.dice.rng("plans"), setting.timeline
    weights = np.array([[g.plans.get(key, 0.0) for key in setting.figures.tariff.plans] for g in setting.groups])
    price = np.array([plan.local for plan in setting.plans])
    power, chance = setting.figures.lives.events.price_reaction, setting.figures.lives.events.plan_change
    plan = first = choose_by(rng, weights, people.group)
    of_month, reaction, who, when = [plan], [np.ones(setting.n)], [], []
    changes = np.zeros(setting.n, dtype=np.int64)
    for month in range(timeline.months):
        wanted = choose_by(rng, weights, people.group)
        day = timeline.start(month) + rng.integers(0, timeline.length(month), setting.n)
        changed = (rng.random(setting.n) < chance) & (wanted != plan) & (people.joined < timeline.start(month))
        plan = np.where(changed, wanted, plan)
        who.append(np.flatnonzero(changed))
        when.append(day[changed])
        changes += changed
        of_month.append(plan)
        reaction.append((price[first] / price[plan]) ** power)
    tenure = np.maximum(timeline.days - people.joined, 0) / MONTH_DAYS
    ever = 1 + rng.poisson(chance * tenure) + changes
    return Plans(np.array(of_month), np.array(reaction[:-1]), np.concatenate(who), np.concatenate(when), ever)
