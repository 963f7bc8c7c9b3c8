"""Who has left, and the circle of each subscriber: whom they were in touch with, who of them left, who was lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from telco_crm.analysis import Analysis, RunContext
from telco_crm.churn.dataset import past_cutoffs
from telco_crm.churn.known import LAGS
from telco_crm.churn.labels import create_leavers
from telco_crm.churn.rules import ChurnRules
from telco_crm.engine.sql import literal
from telco_crm.months import Month

MOST_MONTHS = 60  # months are bits of a whole number; circles of earlier cut-offs are not known
ROWS_AT_ONCE = 12_000_000  # usage rows whose contacts are looked at at a time
EMPTY = (
    "SELECT ''::VARCHAR AS subscriber_id, ''::VARCHAR AS cutoff, 0::BIGINT AS circle, 0::BIGINT AS circle_left, "
    "0::BIGINT AS circle_lost LIMIT 0"
)


@dataclass(frozen=True)
class CircleJob:
    """The cut-offs to look at, oldest first; the leavers' hashes (`cp`) and months of leaving (`gone`)."""

    cutoffs: Sequence[Month] = ()
    left: dict[str, Any] = field(default_factory=dict)


def find_leavers(context: RunContext) -> None:
    """Make `leavers` (see labels.create_leavers; empty without subscribers), and choose what circles are looked at."""
    rules = context.rules(ChurnRules, "churn")
    if context.has("subscribers"):
        create_leavers(context, rules.leaving)
    else:
        context.create("leavers", "SELECT ''::VARCHAR AS subscriber_id, NULL::DATE AS left_on, '' AS kind LIMIT 0")
    context.facts["circle"] = _job(context, [*past_cutoffs(context, rules), context.as_of])


def _job(context: RunContext, cutoffs: list[Month]) -> CircleJob:
    counts = context.usage.months() if context.usage and context.has("subscribers") else {}
    first = context.as_of.back(MOST_MONTHS - LAGS)
    cutoffs = [m for m in cutoffs if m >= first and {m.back(i) for i in range(LAGS)} <= set(counts)]
    if context.usage is None or not cutoffs:
        return CircleJob()
    since = f"left_on >= DATE '{cutoffs[0].back(LAGS - 1).start}' AND left_on < DATE '{context.as_of.end}'"
    gone = "year(left_on) * 12 + month(left_on)"
    number = context.usage.dialling.packed("subscriber_id")
    left = context.engine.arrays(f"SELECT {number} AS cp, max({gone}) AS gone FROM leavers WHERE {since} GROUP BY cp")
    return CircleJob(tuple(cutoffs), left)


def create_circle(context: RunContext) -> None:
    """Make `circle`: subscriber_id, cutoff, circle (contacts of the three months by call or message), circle_left
    (those of them who left the network within these months), circle_lost (contacts of the first two months that were
    none in the third). Nobody is in it who was in touch with nobody, or where there is no usage.
    """
    job, usage, engine = context.facts["circle"], context.usage, context.engine
    context.create("circle", EMPTY)
    if usage is None or not job.cutoffs:
        return
    months = job.cutoffs[0].back(LAGS - 1).until(job.cutoffs[-1])
    engine.register("circle_left", pa.table(job.left))
    rows = sum(count for month, count in usage.months().items() if month in months) / context.part.of
    for part in context.part.divided(math.ceil(rows / ROWS_AT_ONCE)):
        inside = " UNION ALL ".join(
            f"SELECT sid, cp, {1 << (_index(m) - _index(months[0]))}::BIGINT AS bit FROM {usage.contacts_of(m)} "
            f"WHERE {part.holds('sid')}"
            for m in months
        )
        engine.run(
            "CREATE OR REPLACE TEMP TABLE circle_pairs AS SELECT * FROM (SELECT sid, cp, bit_or(bit) AS months "
            f"FROM ({inside}) GROUP BY sid, cp) LEFT JOIN circle_left USING (cp)"
        )
        each = " UNION ALL ".join(_at(cutoff, months[0]) for cutoff in job.cutoffs)
        ids = f"(SELECT * FROM {usage.ids()} WHERE {part.holds('sid')})"
        columns = "subscriber_id, cutoff, circle, circle_left, circle_lost"
        engine.run(f"INSERT INTO circle SELECT {columns} FROM ({each}) JOIN {ids} USING (sid)")
    engine.run("DROP TABLE IF EXISTS circle_pairs")


def _at(cutoff: Month, first: Month) -> str:
    latest = 1 << (_index(cutoff) - _index(first))
    lost = f"months & {latest} = 0"
    seen = sum(latest >> age for age in range(LAGS))
    left = f"gone BETWEEN {_index(cutoff) - LAGS + 1} AND {_index(cutoff)}"
    return (
        f"SELECT sid, {literal(str(cutoff))} AS cutoff, count(*) AS circle, count(*) FILTER ({left}) AS circle_left, "
        f"count(*) FILTER ({lost}) AS circle_lost FROM circle_pairs WHERE months & {seen} <> 0 GROUP BY sid"
    )


def _index(month: Month) -> int:
    return month.start.year * 12 + month.start.month


def forget_job(context: RunContext) -> None:
    """Let go of what only the circles needed."""
    del context.facts["circle"]


HISTORY = Analysis(
    "who left",
    ("features",),
    ("leavers", "circle"),
    find_leavers,
    uses=("subscribers",),
    each=create_circle,
    makes=("circle",),
    finish=forget_job,
)
