"""Bills: a subscriber's month by item, with rent, services, discounts, late fees and what was paid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from telco_crm.synth.arrays import NEVER, Bools, Floats, Ints
from telco_crm.synth.rating import ITEMS
from telco_crm.synth.records import Records
from telco_crm.synth.world import World


@dataclass(frozen=True)
class Bills:
    """Bills of one month: all amounts in cents, one entry per subscriber N; `billed` marks who has a bill.

    `total` is the sum of the items, rent and services less `discount` plus `late_fee`; `owed` what of it
    gifted credit does not cover; `paid_on` the day of payment, NEVER where it is not paid within the period.
    """

    month: int
    billed: Bools
    items: dict[str, Ints]
    rent: Ints
    vas: Ints
    discount: Ints
    late_fee: Ints
    total: Ints
    gift: Ints
    owed: Ints
    due: int
    paid_on: Ints


class Ledger:
    """Adds up charges day by day and closes the month."""

    def __init__(self, world: World) -> None:
        """An empty ledger."""
        self._world = world
        self._charges = np.zeros((len(ITEMS), world.setting.n), dtype=np.int64)
        self._megabytes = np.zeros(world.setting.n)
        self._owed: list[Ints] = []

    def add(self, records: Records) -> None:
        """Take in the records of a day of the running month."""
        n = self._world.setting.n
        item = self._world.prices.item[records.stream, records.where]
        slots = np.bincount(
            item * n + records.subscriber.astype(np.int64), weights=records.cents, minlength=len(ITEMS) * n
        )
        self._charges += np.rint(slots).astype(np.int64).reshape(len(ITEMS), n)
        volume = np.maximum(records.volume, 0)
        self._megabytes += np.bincount(records.subscriber, weights=volume, minlength=n) / 1e6

    def close(self, month: int) -> tuple[Bills, Floats]:
        """The bills of a month and its data volumes (N, megabytes); the next month starts from nothing."""
        bills = self._bills(month)
        self._owed.append(bills.owed)
        megabytes = self._megabytes
        self._charges = np.zeros_like(self._charges)
        self._megabytes = np.zeros_like(megabytes)
        return bills, megabytes

    def _bills(self, month: int) -> Bills:
        world, items = self._world, dict(zip(ITEMS, self._charges, strict=True))
        timeline, tariff = world.setting.timeline, world.setting.figures.tariff
        present = _part_present(world, month)
        rent = np.rint(_per_plan(world, month, "rent") * 100 * world.setting.options.price_level * present)
        vas = np.rint(world.services.cents * present)
        before = (self._charges.sum(axis=0) + rent + vas).astype(np.int64)
        discount = np.rint(_per_plan(world, month, "discount") * (items["local"] + items["toll"]))
        discount += world.people.bundle * tariff.billing.bundle_discount * 100
        discount = np.minimum(discount.astype(np.int64), before)
        late_fee = self._late_fees(month) * (present > 0)
        total = before - discount + late_fee
        gift = np.minimum(world.people.gift * round(tariff.billing.gift * 100), total)
        paid_on = np.where(total - gift > 0, world.payments.paid[month + 1], NEVER)
        return Bills(
            month=month,
            billed=present > 0,
            items=items,
            rent=rent.astype(np.int64),
            vas=vas.astype(np.int64),
            discount=discount,
            late_fee=late_fee,
            total=total,
            gift=gift,
            owed=total - gift,
            due=int(world.payments.due[month + 1]),
            paid_on=np.where(paid_on < timeline.days, paid_on, NEVER),
        )

    def _late_fees(self, month: int) -> Ints:
        """Fees for the days of this month on which earlier bills of the period were overdue."""
        timeline, billing = self._world.setting.timeline, self._world.setting.figures.tariff.billing
        payments = self._world.payments
        fee = np.zeros(self._world.setting.n)
        for earlier, owed in enumerate(self._owed):
            due = payments.due[earlier + 1]
            last = np.minimum(payments.paid[earlier + 1], due + billing.late_fee_days)
            days = np.minimum(last, timeline.start(month + 1)) - max(due, timeline.start(month))
            fee += owed * np.maximum(days, 0) * billing.late_fee_per_day
        return np.asarray(np.rint(fee), dtype=np.int64)


def _part_present(world: World, month: int) -> Floats:
    """Part of the month (N) on which each subscription lasted."""
    timeline = world.setting.timeline
    first = np.maximum(world.people.joined, timeline.start(month))
    last = np.minimum(world.fate.day, timeline.start(month + 1))
    return np.asarray(np.maximum(last - first, 0) / timeline.length(month))


def _per_plan(world: World, month: int, figure: str) -> Floats:
    """One figure of the plan that each subscriber has in a month."""
    figures: Floats = np.array([getattr(plan, figure) for plan in world.setting.plans], dtype=float)
    return np.asarray(figures[world.plans.of_month[month]])
