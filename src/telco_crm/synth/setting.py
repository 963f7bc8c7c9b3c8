"""What every part of the sample is made from: options, figures, calendar, dice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from telco_crm.synth.arrays import Dice, Floats
from telco_crm.synth.figures import Figures, Group, Plan, load_figures
from telco_crm.synth.options import SampleOptions
from telco_crm.synth.timeline import Timeline


@dataclass(frozen=True)
class Setting:
    """Everything that is fixed before the first draw."""

    options: SampleOptions
    figures: Figures
    timeline: Timeline
    dice: Dice

    @staticmethod
    def of(options: SampleOptions) -> Setting:
        """The setting that `options` ask for."""
        timeline = Timeline(options.first_month, options.months)
        return Setting(options, load_figures(), timeline, Dice(options.seed))

    @property
    def n(self) -> int:
        """Number of subscribers."""
        return self.options.subscribers

    @property
    def lang(self) -> str:
        """Language of the exported texts."""
        return self.options.lang

    @cached_property
    def group_ids(self) -> list[int]:
        """Ids of the groups that the population has, in the order of the figures."""
        return [int(key) for key in self.figures.groups if int(key) not in self.options.without_groups]

    @cached_property
    def groups(self) -> list[Group]:
        """The groups of `group_ids`."""
        return [self.figures.groups[str(key)] for key in self.group_ids]

    @cached_property
    def plans(self) -> list[Plan]:
        """The tariff plans, in the order of the figures."""
        return list(self.figures.tariff.plans.values())

    def by_group(self, figure: Callable[[Group], float]) -> Floats:
        """One figure of each group."""
        return np.array([figure(group) for group in self.groups], dtype=float)
