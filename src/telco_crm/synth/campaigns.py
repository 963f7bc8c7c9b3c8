"""Campaigns: who was chosen, who left in peace as control, who accepted, and what it did to the wish to
leave.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from telco_crm.synth.arrays import Bools, Floats, Ints
from telco_crm.synth.people import People
from telco_crm.synth.setting import Setting


@dataclass(frozen=True)
class Contacts:
    """One entry per subscriber and campaign: position of the campaign in the figures, day, arm and answer."""

    campaign: Ints
    subscriber: Ints
    day: Ints
    treated: Bools
    accepted: Bools

    def hazard(self, setting: Setting, people: People, month: int) -> Floats:
        """Factor (N) on the hazard of leaving in `month`, from contacts of the months before it."""
        figures = setting.figures.lives.reactions
        effects = np.array([kind.hazard for kind in figures.kinds.values()])
        age = month - setting.timeline.month(self.day)
        reached = self.subscriber[self.treated & (age >= 1) & (age <= figures.months)]
        factor = np.ones(setting.n)
        factor[reached] = effects[people.reaction[reached]]
        return factor

    def take(self, kept: Bools | Ints) -> Contacts:
        """The entries that `kept` marks or names."""
        return Contacts(
            self.campaign[kept],
            self.subscriber[kept],
            self.day[kept],
            self.treated[kept],
            self.accepted[kept],
        )


def make_contacts(setting: Setting, people: People) -> Contacts:
    """Draw the contacts of every campaign that begins within the period."""
    figures, timeline = setting.figures.lives, setting.timeline
    accept = np.array([kind.accept for kind in figures.reactions.kinds.values()])
    campaign, subscriber, day, treated = [], [], [], []
    for number, plan in enumerate(figures.campaigns):
        if plan.month >= timeline.months:
            continue
        rng = setting.dice.rng("campaign", number)
        start, length = timeline.start(plan.month), timeline.length(plan.month)
        bill = plan.bill * setting.options.price_level
        chosen = np.flatnonzero((people.bill >= bill) & (people.joined < start) & (rng.random(setting.n) < plan.reach))
        campaign.append(np.full(len(chosen), number))
        subscriber.append(chosen)
        day.append(start + rng.integers(3, length - 3, len(chosen)))
        treated.append(rng.random(len(chosen)) >= plan.control)
    none = [np.zeros(0, dtype=np.int64)]
    who = np.concatenate(subscriber or none)
    arm = np.concatenate(treated or none).astype(bool)
    accepted = arm & (setting.dice.rng("accept").random(len(who)) < accept[people.reaction[who]])
    return Contacts(np.concatenate(campaign or none), who, np.concatenate(day or none), arm, accepted)
