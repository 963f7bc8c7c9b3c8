"""Services held beside the plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from telco_crm.synth.arrays import Ints
from telco_crm.synth.people import People
from telco_crm.synth.setting import Setting


@dataclass(frozen=True)
class Services:
    """What each subscriber holds: bit k of `held` is the k-th service of the figures, `cents` the monthly
    price.
    """

    held: Ints
    cents: Ints

    def texts(self, setting: Setting) -> tuple[list[str], Ints]:
        """The different combinations in words, and the position of each subscriber's, -1 for none."""
        names = [getattr(service, setting.lang) for service in setting.figures.tariff.services.values()]
        mark = "、" if setting.lang == "zh" else ";"
        combinations, position = np.unique(self.held, return_inverse=True)
        words = [mark.join(name for bit, name in enumerate(names) if held >> bit & 1) for held in combinations.tolist()]
        return words, np.where(self.held == 0, -1, position)


def make_services(setting: Setting, people: People) -> Services:
    """Draw the services of each subscriber."""
    rng = setting.dice.rng("services")
    held, cents = np.zeros(setting.n, dtype=np.int64), np.zeros(setting.n, dtype=np.int64)
    for bit, service in enumerate(setting.figures.tariff.services.values()):
        share = np.array([service.by_group.get(str(key), service.share) for key in setting.group_ids])
        holds = (rng.random(setting.n) < share[people.group]) & ~people.silent
        held |= holds.astype(np.int64) << bit
        cents += holds * round(service.price * 100 * setting.options.price_level)
    return Services(held, cents)
