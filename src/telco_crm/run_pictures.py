"""Pictures beside the tables of a run."""

from __future__ import annotations

from telco_crm.analysis import RunContext
from telco_crm.labels import text
from telco_crm.output.trend import trend
from telco_crm.schema import load_schema


def trend_picture(context: RunContext) -> str:
    """Competitor customers by network, month by month; needs `prospect_totals`."""
    network = load_schema("prospects").columns["network"]
    lines: dict[str, dict[str, int]] = {}
    months: set[str] = set()
    for name, month, callers in context.engine.rows(
        "SELECT name, month, callers FROM prospect_totals WHERE level = 'network' AND month IS NOT NULL "
        "ORDER BY month, sum(callers) OVER (PARTITION BY name) DESC, name"
    ):
        lines.setdefault(network.value_label(name, context.lang), {})[month] = callers
        months.add(month)
    shown = sorted(months) or [str(context.as_of)]
    counts = {name: [line[month] for month in shown] for name, line in lines.items()}
    return trend(text("prospects.trend", context.lang), shown, counts)
