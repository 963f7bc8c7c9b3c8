"""What value rests on, for all who tell it: the rules of margin, horizon and discount; the plain rate of leaving."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from pydantic import Field, model_validator

from telco_crm.analysis import RunContext
from telco_crm.rules import Model

DAYS_PER_MONTH = 365.25 / 12


class WorthRules(Model):
    """See rules/assessment.toml."""

    margin: float = Field(gt=0, le=1)
    horizon_months: int = Field(ge=1, le=120)
    discount: float = Field(ge=0)
    monthly_churn: float = Field(gt=0, lt=1)
    minimum_leavers: int = Field(ge=1)
    model_leavers: int = Field(ge=1)
    tenure_steps: tuple[int, ...] = Field(min_length=1)
    arpu_steps: tuple[float, ...] = Field(min_length=1)
    first_bill: float = Field(gt=0)
    ended_months: int = Field(ge=1)
    effect_spread: float = Field(gt=0)
    fit_subscribers: int = Field(ge=1000)
    minimum_at_risk: int = Field(ge=1)

    @model_validator(mode="after")
    def _rising(self) -> WorthRules:
        for name in ("tenure_steps", "arpu_steps"):
            steps = getattr(self, name)
            if steps[0] <= 0 or any(a >= b for a, b in pairwise(steps)):
                raise ValueError(f"{name} must be above 0 and rise")
        return self

    @property
    def monthly_discount(self) -> float:
        """By what an amount a month away is multiplied."""
        return float((1 + self.discount) ** (-1 / 12))


@dataclass(frozen=True)
class Leaving:
    """Share that leaves in a month, with its 95% interval; `leavers` it was measured on, 0 if it was assumed."""

    rate: float
    low: float
    high: float
    leavers: int = 0


def leaving_rate(context: RunContext, rules: WorthRules) -> Leaving:
    """The monthly rate of leaving over the months of the data: leavers ÷ months on the network, all subscribers
    together, with the exact Poisson interval (Garwood 1936); the rules' rate where too few have left.
    """
    leavers, months = (0, 0.0)
    if context.has("subscribers"):
        start, end = (f"DATE '{day}'" for day in (context.months[0].start, context.as_of.end))
        until = f"least(coalesce(cancelled_on, {end}), {end})"
        days = f"greatest(date_diff('day', greatest(activated_on, {start}), {until}), 0)"
        leavers, exposed = context.engine.rows(
            f"SELECT count(*) FILTER (cancelled_on >= {start} AND cancelled_on < {end}), coalesce(sum({days}), 0) "
            "FROM subscribers WHERE activated_on IS NOT NULL"
        )[0]
        months = exposed / DAYS_PER_MONTH
    if leavers < rules.minimum_leavers or not months:
        return Leaving(rules.monthly_churn, rules.monthly_churn, rules.monthly_churn)
    from scipy.stats import chi2  # takes long to load, and whoever checks the rules does without

    low, high = chi2.ppf(0.025, 2 * leavers) / 2, chi2.ppf(0.975, 2 * leavers + 2) / 2
    rate, low, high = (min(float(count) / months, 0.99) for count in (leavers, low, high))
    return Leaving(rate, low, high, leavers)


def months_worth(rules: WorthRules, rate: float) -> float:
    """How many months' ARPU a kept subscriber is worth: margin × sum over the months t of the horizon of
    ((1 − rate) ÷ (1 + monthly discount))^t.
    """
    ratio = (1 - rate) / (1 + rules.discount) ** (1 / 12)
    return float(rules.margin * sum(ratio**month for month in range(1, rules.horizon_months + 1)))
