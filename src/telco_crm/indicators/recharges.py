"""Indicators of recharges: one function each, named as in bandicoot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from telco_crm.indicators.individual import Values
from telco_crm.indicators.numbers import Floats, Ints, distribution, pareto, ratio, starts, summed, tally
from telco_crm.indicators.rows import DAY

MONEY_SCALE = 1_000_000  # amounts are whole millionths


@dataclass(frozen=True)
class Recharges:
    """Recharges of one part of week and day, by group and time; amounts in 1/MONEY_SCALE."""

    group: Ints
    second: Ints
    amount: Ints
    groups: int
    statistics: Sequence[str]
    share: float

    @cached_property
    def total(self) -> Floats:
        """How many recharges each group has."""
        return tally(self.group, self.groups)


def amount_recharges(recharges: Recharges) -> Values:
    """Amounts of the recharges."""
    return distribution(recharges.amount / MONEY_SCALE, recharges.group, recharges.groups, recharges.statistics)


def interevent_time_recharges(recharges: Recharges) -> Values:
    """Seconds from one recharge to the next."""
    group, second = recharges.group, recharges.second
    same = np.flatnonzero(group[1:] == group[:-1])
    return distribution(second[same + 1] - second[same], group[same], recharges.groups, recharges.statistics)


def percent_pareto_recharges(recharges: Recharges) -> Values:
    """Share of the recharges, the largest first, that account for 80 % of the money; at least one."""
    needed = pareto(recharges.amount, recharges.group, recharges.groups, recharges.share)
    return ratio(np.maximum(needed, 1), recharges.total)


def number_of_recharges(recharges: Recharges) -> Values:
    """Recharges."""
    return recharges.total


def average_balance_recharges(user: Ints, second: Ints, amount: Ints, users: int) -> Floats:
    """Mean balance between a subscriber's first and last recharge, if the balance is 0 before every recharge and is
    used up evenly until the next: the mean of half of each amount, weighted by the time until the next recharge.

    Recharges of the same second are one. Rows are sorted by subscriber and time. NaN without two different times.
    """
    begins = starts(user, second)
    user, second, amount = user[begins], second[begins], summed(amount, begins)
    follows = np.flatnonzero(user[1:] == user[:-1])
    days = (second[follows + 1] - second[follows]) / DAY
    held = tally(user[follows], users, amount[follows] / MONEY_SCALE * days / 2)
    return ratio(held, tally(user[follows], users, days))


RECHARGES: dict[str, Callable[[Recharges], Values]] = {
    function.__name__: function
    for function in (amount_recharges, interevent_time_recharges, percent_pareto_recharges, number_of_recharges)
}
