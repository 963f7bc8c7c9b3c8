"""The inputs of a scheme: means over the months of observation, by subscriber."""

from __future__ import annotations

import difflib
import re

import pandas as pd

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import identifier, literal
from telco_crm.errors import RuleError
from telco_crm.rules import nearest
from telco_crm.segment.scheme import Scheme


def observed_months(context: RunContext, months: int) -> tuple[str, ...]:
    """The months with usage among the `months` up to the as-of month, oldest first."""
    known = ", ".join(literal(str(context.as_of.back(age))) for age in range(months))
    sql = f"SELECT DISTINCT month FROM features WHERE month IN ({known}) AND records IS NOT NULL ORDER BY month"
    return tuple(row[0] for row in context.engine.rows(sql))


def numeric_features(context: RunContext) -> list[str]:
    """The features that a mean can be taken of."""
    return [c for c, kind in context.engine.columns("features").items() if kind == "DOUBLE"]


def inputs_sql(
    context: RunContext, scheme: Scheme, months: int, chosen: str = "SELECT subscriber_id FROM people"
) -> str:
    """subscriber_id and every input of the `chosen` (a query) with usage features in the months up to the as-of month.

    Means are taken over the months that a subscriber has, so that those who are new count by what they do since.
    """
    known = ", ".join(literal(str(context.as_of.back(age))) for age in range(months))
    means = ", ".join(f"avg({identifier(c)}) AS {identifier(c)}" for c in numeric_features(context))
    wanted = ", ".join(f"({i.sql})::DOUBLE AS {identifier(n)}" for n, i in scheme.inputs.items())
    return (
        f"SELECT subscriber_id, {wanted} FROM (SELECT subscriber_id, {means} FROM features WHERE month IN ({known}) "
        f"AND records IS NOT NULL AND subscriber_id IN ({chosen}) GROUP BY subscriber_id)"
    )


def sample(context: RunContext, scheme: Scheme, months: int, most: int) -> tuple[pd.DataFrame, int]:
    """(inputs of at most `most` subscribers, by subscriber_id; of how many). The same ones for the same seed."""
    known = ", ".join(literal(str(context.as_of.back(age))) for age in range(months))
    seen = (
        "SELECT subscriber_id FROM people WHERE subscriber_id IN "
        f"(SELECT subscriber_id FROM features WHERE month IN ({known}) AND records IS NOT NULL)"
    )
    everybody = int(context.engine.rows(f"SELECT count(*) FROM ({seen})")[0][0])
    order = f"md5(subscriber_id || {literal(str(context.seed))}), subscriber_id"
    chosen = seen if everybody <= most else f"{seen} ORDER BY {order} LIMIT {most}"
    frame = context.engine.frame(f"{inputs_sql(context, scheme, months, chosen)} ORDER BY subscriber_id")
    return frame.set_index("subscriber_id"), everybody


def check_inputs(context: RunContext, scheme: Scheme) -> None:
    """Try every input.

    Raises:
        RuleError: naming each whose SQL does not run, with the feature that may have been meant.
    """
    if not _problem(context, ", ".join(f"({i.sql})" for i in scheme.inputs.values())):
        return
    tries = {name: _problem(context, f"({i.sql})") for name, i in scheme.inputs.items()}
    known = numeric_features(context)
    raise RuleError([f"scheme {scheme.name}: inputs.{name}: {_told(why, known)}" for name, why in tries.items() if why])


def _problem(context: RunContext, expressions: str) -> str:
    try:
        context.engine.rows(f"SELECT {expressions} FROM features LIMIT 0")
    except Exception as error:
        return str(error).strip().splitlines()[0]
    return ""


def _told(why: str, known: list[str]) -> str:
    """What is wrong; of an unknown column the feature that may have been meant, instead of the engine's words."""
    unknown = re.search(r'column "?([\w.]+)"? (?:not found|.*cannot be)', why)
    if not unknown:
        return why
    close = difflib.get_close_matches(unknown.group(1), known, n=1, cutoff=0.6)
    return f'there is no feature "{unknown.group(1)}"{nearest(unknown.group(1), close)}'
