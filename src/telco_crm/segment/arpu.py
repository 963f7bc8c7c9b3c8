"""ARPU bands and their revenue table (domain section 1)."""

from __future__ import annotations

from itertools import pairwise

from pydantic import Field, model_validator

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal, number
from telco_crm.measures import mean_arpu_sql
from telco_crm.rules import Model

NO_BILL = "no bill"


class ArpuRules(Model):
    """Right-closed band edges, the policy bands of the lists, and how many bills the mean is taken over."""

    bands: tuple[float, ...] = Field(min_length=1)
    high: float
    mid_high: float
    mean_bills: int = Field(ge=1)

    @model_validator(mode="after")
    def _rising(self) -> ArpuRules:
        if any(a >= b for a, b in pairwise((0, *self.bands))):
            raise ValueError("bands must be positive and rising")
        if self.mid_high >= self.high:
            raise ValueError("mid_high must be below high")
        return self

    def names(self) -> list[str]:
        """The bands in order: below 0 (credits), 0, then (a,b] up to (z,inf), and last the subscribers without a
        bill.
        """
        edges = [number(e) for e in (0, *self.bands)]
        return ["<0", "0", *(f"({a},{b}]" for a, b in pairwise(edges)), f"({edges[-1]},inf)", NO_BILL]

    def band_sql(self, arpu: str) -> str:
        """SQL for the band of an amount."""
        names = self.names()
        whens = [f"WHEN {arpu} IS NULL THEN {literal(NO_BILL)}", f"WHEN {arpu} < 0 THEN {literal(names[0])}"]
        whens += [
            f"WHEN {arpu} <= {number(edge)} THEN {literal(name)}"
            for edge, name in zip((0, *self.bands), names[1:], strict=False)
        ]
        return f"CASE {' '.join(whens)} ELSE {literal(names[-2])} END"

    def policy_sql(self, arpu: str) -> str:
        """SQL for high, mid_high or mass."""
        high, mid_high = f"{arpu} >= {number(self.high)}", f"{arpu} >= {number(self.mid_high)}"
        return f"CASE WHEN {high} THEN 'high' WHEN {mid_high} THEN 'mid_high' ELSE 'mass' END"


def compute_bands(context: RunContext) -> None:
    """Make `banded`: people with their ARPU of the month, mean ARPU and bands."""
    rules = context.rules(ArpuRules, "arpu")
    context.create(
        "banded",
        f"""
        SELECT p.*, m.arpu_mean, {rules.band_sql("p.arpu")} AS arpu_band,
               {rules.band_sql("m.arpu_mean")} AS arpu_mean_band,
               {rules.policy_sql("coalesce(m.arpu_mean, 0)")} AS policy_band
        FROM people p LEFT JOIN ({mean_arpu_sql(rules.mean_bills)}) m USING (subscriber_id)""",
    )


def compute_revenue(context: RunContext) -> None:
    """Make `arpu_bands`: the revenue table."""
    context.create("arpu_bands", _band_table(context.rules(ArpuRules, "arpu"), context.has("subscribers")))


def _band_table(rules: ArpuRules, leaving_known: bool) -> str:
    bands = ", ".join(f"({i}, {literal(name)})" for i, name in enumerate(rules.names()))
    leavers = "count_if(left_this_month)" if leaving_known else "NULL"
    so_far = "OVER (ORDER BY band_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    onwards = "OVER (ORDER BY band_no ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)"
    return f"""
        WITH bands(band_no, arpu_band) AS (VALUES {bands}),
        sums AS (SELECT band_no, arpu_band, count(subscriber_id) AS subscribers, coalesce(sum(arpu), 0) AS revenue,
                        {leavers} AS leavers, avg(months_on_network) AS mean_months_on_network
                 FROM bands LEFT JOIN banded USING (arpu_band) GROUP BY band_no, arpu_band)
        SELECT band_no, arpu_band, subscribers, subscribers / nullif(sum(subscribers) OVER (), 0) AS share,
               revenue::DOUBLE AS revenue, (revenue / nullif(sum(revenue) OVER (), 0))::DOUBLE AS revenue_share,
               (sum(revenue) {so_far})::DOUBLE AS cumulative_revenue,
               (sum(revenue) {so_far} / nullif(sum(revenue) OVER (), 0))::DOUBLE AS cumulative_share,
               (sum(revenue) {onwards} / nullif(sum(revenue) OVER (), 0))::DOUBLE AS share_from_here_up,
               (revenue / nullif(subscribers, 0))::DOUBLE AS mean_arpu,
               leavers / nullif(subscribers, 0) AS churn_rate, mean_months_on_network
        FROM sums"""


ARPU = Analysis(
    "arpu",
    ("people", "bills"),
    ("banded", "arpu_bands"),
    each=compute_bands,
    makes=("banded",),
    finish=compute_revenue,
)
