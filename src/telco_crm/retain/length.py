"""The order of a list of people to contact, and how long it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from telco_crm.engine.base import Engine
from telco_crm.engine.sql import number

ORDERS = {
    "profit": "expected_profit DESC, priority DESC, subscriber_id",
    "revenue": "priority DESC, churn_score DESC, subscriber_id",
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The order of a list, and what bounds it: so many, so much expected cost, so much expected profit of everybody."""

    by: Literal["profit", "revenue"] = "profit"
    top: int | None = None
    budget: float | None = None
    min_profit: float | None = None

    @property
    def order(self) -> str:
        """SQL: the order, by columns of `candidates`."""
        return ORDERS[self.by]

    @property
    def is_open(self) -> bool:
        """Whether nothing was said of the length."""
        return self.top is None and self.budget is None and self.min_profit is None

    @property
    def least(self) -> str:
        """SQL, to follow another condition: the profit that everybody on the list must promise. In the order of profits
        that is 0 if nothing else was asked for: what brings most ends there.
        """
        least = 0.0 if self.min_profit is None and self.by == "profit" else self.min_profit
        return "" if least is None else f" AND expected_profit >= {number(least)}"

    def last(self, engine: Engine, ordered: str) -> int:
        """The last place on the list, by table `ordered` (place, expected_cost, expected_profit; no place: cannot
        be on it); 0 for nobody. By revenue, if nothing was said of the length, the list that brings most.
        """
        sums = (f"sum({column}) OVER (ORDER BY place) AS {column}" for column in ("expected_profit", "expected_cost"))
        columns = f"place, row_number() OVER (ORDER BY place) AS number, {', '.join(sums)}"
        free = f"(SELECT {columns} FROM {ordered} WHERE place IS NOT NULL{self.least})"
        limits = [] if self.top is None else [f"number <= {self.top}"]
        limits += [] if self.budget is None else [f"expected_cost <= {number(self.budget)}"]
        if self.by == "revenue" and self.is_open:
            where = "expected_profit > 0 ORDER BY expected_profit DESC, place LIMIT 1"
        else:
            where = f"{' AND '.join(limits) or 'true'} ORDER BY place DESC LIMIT 1"
        found = engine.rows(f"SELECT place FROM {free} WHERE {where}")
        return int(found[0][0]) if found else 0

    def has_room(self, engine: Engine, ordered: str, last: int) -> str:
        """SQL over n, cost and profit, the sums down to somebody: whether a list that ends at place `last` of `ordered`
        would have gone that far.
        """
        limits = [] if self.top is None else [f"n <= {self.top}"]
        limits += [] if self.budget is None else [f"cost <= {number(self.budget)}"]
        if self.by == "revenue" and self.is_open:
            most = engine.rows(f"SELECT coalesce(sum(expected_profit), 0) FROM {ordered} WHERE place <= {last}")[0][0]
            limits.append(f"profit > {number(float(most))}")
        return " AND ".join(limits) or "true"


def wanted_of(settings: Mapping[str, Any], by: Literal["profit", "revenue"]) -> dict[str, Any]:
    """What the settings of a command say of the list, as arguments of Wanted; `by` is the order if they name none."""
    return {"by": by} | {name: settings[name] for name in ("by", "top", "budget", "min_profit") if name in settings}
