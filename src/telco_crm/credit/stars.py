"""Credit stars: points for brand, tenure and spend, less the suspensions (domain section 6)."""

from __future__ import annotations

from itertools import pairwise

from pydantic import Field, model_validator

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal, number
from telco_crm.measures import mean_arpu_sql
from telco_crm.rules import Model


class TenureStep(Model):
    """Points from that many whole years on."""

    years: int = Field(ge=1)
    points: int


class SpendStep(Model):
    """Points for a mean monthly spend above that much."""

    above: float = Field(ge=0)
    points: int


class CreditRules(Model):
    """The whole rule; see rules/credit.toml."""

    spend_bills: int = Field(ge=1)
    suspension: int
    stars: tuple[int, ...]
    brand: dict[str, int]
    tenure: tuple[TenureStep, ...]
    spend: tuple[SpendStep, ...]

    @model_validator(mode="after")
    def _rising(self) -> CreditRules:
        steps = {
            "stars": self.stars,
            "tenure.years": [t.years for t in self.tenure],
            "spend.above": [s.above for s in self.spend],
        }
        for name, values in steps.items():
            if any(a >= b for a, b in pairwise(values)):
                raise ValueError(f"{name} must rise from entry to entry")
        return self


def compute_credit(context: RunContext) -> None:
    """Make `credit`: the points by component, their sum and the stars of everybody in `people`."""
    rules = context.rules(CreditRules, "credit")
    score = "brand_points + tenure_points + spend_points + suspension_points"
    tenure = _steps("months_on_network", ">=", [(t.years * 12, t.points) for t in rules.tenure])
    spend = _steps("s.arpu_mean", ">", [(step.above, step.points) for step in rules.spend])
    context.create(
        "credit",
        f"""
        SELECT *, {score} AS score, {_steps(score, ">=", [(s, i) for i, s in enumerate(rules.stars, 1)])} AS stars
        FROM (SELECT subscriber_id, brand, months_on_network, s.arpu_mean AS mean_spend,
                     coalesce(e.n, 0) AS suspensions, {_brand(rules)} AS brand_points, {tenure} AS tenure_points,
                     {spend} AS spend_points, coalesce(e.n, 0) * {rules.suspension} AS suspension_points
              FROM people LEFT JOIN ({mean_arpu_sql(rules.spend_bills)}) s USING (subscriber_id)
              LEFT JOIN ({_suspensions(context)}) e USING (subscriber_id))""",
    )


def note_gaps(context: RunContext) -> None:
    """Say which points could not be given."""
    if not context.has("events"):
        context.say("no_suspensions")
    unknown = context.engine.rows("SELECT count(*) FROM people WHERE activated_on IS NULL AND NOT has_left")[0][0]
    if unknown:
        context.say("no_tenure", n=unknown)


def _suspensions(context: RunContext) -> str:
    if not context.has("events"):
        return "SELECT '' AS subscriber_id, 0 AS n LIMIT 0"
    return (
        "SELECT subscriber_id, count(*) AS n FROM events WHERE kind = 'suspension' "
        f"AND time < DATE '{context.as_of.end}' GROUP BY subscriber_id"
    )


def _brand(rules: CreditRules) -> str:
    whens = " ".join(f"WHEN {literal(brand)} THEN {points}" for brand, points in rules.brand.items())
    return f"CASE brand {whens} ELSE 0 END" if whens else "0"


def _steps(value: str, sign: str, steps: list[tuple[float, int]]) -> str:
    """The points of the last step that `value` has reached; 0 below the first and where it is unknown."""
    whens = " ".join(f"WHEN {value} {sign} {number(edge)} THEN {points}" for edge, points in reversed(steps))
    return f"CASE {whens} ELSE 0 END" if whens else "0"


CREDIT = Analysis(
    "credit",
    ("people", "bills", "subscribers"),
    ("credit",),
    each=compute_credit,
    makes=("credit",),
    finish=note_gaps,
)
