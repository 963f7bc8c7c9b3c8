"""The agents of a campaign: how many calls they can make, and who of them calls whom on which day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

import pandas as pd

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal
from telco_crm.errors import InputError
from telco_crm.retain.contact import WEEKDAYS, ContactRules

OTHERS = "*"  # the regions that are not named
LONGEST = 366  # calling days of a campaign


@dataclass(frozen=True)
class Capacity:
    """Agents by region ("*": all others together), calls of an agent in a day (0: any number) and days (None: any)."""

    agents: dict[str, int]
    calls_per_day: int
    days: int | None
    channels: tuple[str, ...]

    @property
    def pool(self) -> str:
        """SQL over region: whose agents call there."""
        named = ", ".join(literal(region) for region in self.agents if region != OTHERS)
        return f"CASE WHEN region IN ({named}) THEN region ELSE '{OTHERS}' END" if named else f"'{OTHERS}'"

    @property
    def is_called(self) -> str:
        """SQL over channel: whether an agent is needed."""
        return f"(channel IN ({', '.join(map(literal, self.channels))}))" if self.channels else "false"

    @property
    def limits(self) -> str | None:
        """SQL over region: how many can be called in all; NULL is any number. None: nowhere is there a limit."""
        whole = None if self.days is None or not self.calls_per_day else self.calls_per_day * self.days
        most = {region: 0 if not n else None if whole is None else n * whole for region, n in self.agents.items()}
        most.setdefault(OTHERS, 0)
        cases = [f"WHEN {literal(region)} THEN {limit}" for region, limit in most.items() if limit is not None]
        is_one = set(self.agents) == {OTHERS}
        return f"CASE {self.pool} {' '.join(cases)} END" if cases and not (is_one and most[OTHERS] is None) else None


def capacity_of(rules: ContactRules, agents: int | None, calls_per_day: int | None, days: int | None) -> Capacity:
    """The capacity by the rules; what was asked for goes before: `agents` are for all regions together then.

    Raises:
        InputError: days without a number of calls, which would limit nothing.
    """
    calls = rules.calls_per_day if calls_per_day is None else calls_per_day
    if days is not None and not calls:
        raise InputError("--days limits nothing without --calls-per-day (or calls_per_day of rules.contact)")
    by_region = {OTHERS: agents} if agents else rules.agents or {OTHERS: 1}
    return Capacity(by_region, calls, days, rules.agent_channels)


def assign(context: RunContext, capacity: Capacity, rules: ContactRules, first: date) -> None:
    """Make `assigned`: subscriber_id, agent (NULL where none is needed) and contacted_on of everybody in `drawn` who is
    treated or control. In the order of the list the agents of a region take turns; when each has the calls of a day,
    the next day begins.

    The control group takes its turns too: its day is the one on which it would have been called.

    Raises:
        InputError: it would take more than a year.
    """
    numbers, at = [], 1
    for region, agents in capacity.agents.items():
        numbers.append((region, at, agents))
        at += agents
    context.engine.register("pools", pd.DataFrame(numbers, columns=["pool", "first_agent", "agents"]))
    day = f"(number - 1) // (agents * {capacity.calls_per_day})" if capacity.calls_per_day else "0"
    context.create(
        "turns",
        f"SELECT subscriber_id, CASE WHEN is_called THEN first_agent + (number - 1) % agents END AS agent, "
        f"CASE WHEN is_called THEN {day} ELSE 0 END AS day_no FROM (SELECT *, row_number() OVER (PARTITION BY pool, "
        f"is_called ORDER BY place) AS number FROM (SELECT subscriber_id, place, {capacity.pool} AS pool, "
        f"coalesce({capacity.is_called}, false) AS is_called FROM drawn WHERE arm IN ('treated', 'control'))) "
        "LEFT JOIN pools USING (pool)",
    )
    count = (context.engine.rows("SELECT max(day_no) FROM turns")[0][0] or 0) + 1
    if count > LONGEST:
        raise InputError(
            f"campaign plan: {sum(capacity.agents.values()):,} agents with {capacity.calls_per_day:,} calls a day need "
            f"{count:,} days for the list; shorten it with --days, --top or --budget"
        )
    dates = list(islice(calling_days(rules, first), count))
    context.engine.register("calling_days", pd.DataFrame({"day_no": range(count), "day": pd.to_datetime(dates)}))
    context.create(
        "assigned",
        "SELECT subscriber_id, agent, day::DATE AS contacted_on FROM turns JOIN calling_days USING (day_no)",
    )


def calling_days(rules: ContactRules, first: date) -> Iterator[date]:
    """The days from `first` on on which calls may be made."""
    weekdays, day = {WEEKDAYS.index(name) for name in rules.calling_weekdays}, first
    while True:
        if day.weekday() in weekdays and day not in rules.no_calls_on:
            yield day
        day += timedelta(days=1)
