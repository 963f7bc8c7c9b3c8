"""The circle of each subscriber at a cut-off: whom they were in touch with, who of them left, who was lost."""

from __future__ import annotations

from collections.abc import Sequence

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal
from telco_crm.ingest.usage import KIND, kind_code
from telco_crm.months import Month

LAGS = 3


def create_circle(context: RunContext, cutoffs: Sequence[Month], most_rows: int) -> None:
    """Make `circle`: subscriber_id, cutoff, circle (contacts of the three months by call or message), circle_left
    (those of them who left the network within these months), circle_lost (contacts of the first two months that were
    none in the third).

    Needs usage rows in the store and `leavers`; with more than `most_rows` rows in a month it is left out.
    """
    usage = context.usage
    months = sorted({m.back(i) for m in cutoffs for i in range(LAGS)})
    if usage is None or not set(months) <= set(usage.months()) or not context.has("leavers"):
        return
    counts = usage.months()
    if max(counts[m] for m in months) > most_rows:
        context.note(
            f"churn: the circles of subscribers are not looked at, since a month has more than {most_rows:,} usage "
            "records (circle_rows in rules.churn)"
        )
        return
    shift, bits = KIND["service"]
    service = f"((kind >> {shift}) & {(1 << bits) - 1})"
    shift, bits = KIND["direction"]
    direction = f"((kind >> {shift}) & {(1 << bits) - 1})"
    chosen = (
        f"cp IS NOT NULL AND {service} <> {kind_code('service', 'data')} "
        f"AND {direction} <> {kind_code('direction', 'forward')}"
    )
    pairs = " UNION ALL ".join(
        f"SELECT DISTINCT {m.number} AS month, sid, cp FROM {usage.of_month(m)} WHERE {chosen}" for m in months
    )
    context.engine.run(f"CREATE OR REPLACE TEMP TABLE circle_pairs AS {pairs}")
    context.create("circle", " UNION ALL ".join(_at(cutoff, usage.ids()) for cutoff in cutoffs))
    context.engine.run("DROP TABLE circle_pairs")


def _at(cutoff: Month, ids: str) -> str:
    first, last = cutoff.back(LAGS - 1), cutoff
    left = (
        f"SELECT hash(subscriber_id) AS cp FROM leavers WHERE left_on >= DATE '{first.start}' "
        f"AND left_on < DATE '{cutoff.end}'"
    )
    return (
        f"SELECT subscriber_id, {literal(str(cutoff))} AS cutoff, count(*) AS circle, count(gone) AS circle_left, "
        f"count_if(latest < {last.number}) AS circle_lost FROM (SELECT sid, cp, max(month) AS latest FROM circle_pairs "
        f"WHERE month >= {first.number} AND month <= {last.number} GROUP BY sid, cp) "
        f"LEFT JOIN (SELECT cp, cp AS gone FROM ({left})) USING (cp) JOIN {ids} USING (sid) GROUP BY subscriber_id"
    )
