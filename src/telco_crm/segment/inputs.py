"""The inputs of a scheme: means over the months of observation, by subscriber."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from telco_crm.analysis import RunContext
from telco_crm.engine.base import Engine
from telco_crm.engine.duck import DuckEngine
from telco_crm.engine.sql import identifier, literal
from telco_crm.errors import RuleError
from telco_crm.rules import nearest
from telco_crm.segment.scheme import Scheme, load_scheme


def behaviour_inputs(features: pd.DataFrame, scheme: Scheme | str = "postpaid-17") -> pd.DataFrame:
    """What BehaviourSegmenter takes, of a feature table as `telco-crm features` writes it.

    `features` has a row per subscriber_id and month, all of which are averaged; the result has one per subscriber_id,
    in their order, and a column per input of the scheme.

    Raises:
        ValueError: there is no such scheme, or the table lacks a feature that it needs.
    """
    numbers = [n for n in features.columns if pd.api.types.is_numeric_dtype(features[n])]
    engine = DuckEngine(threads=1)
    try:
        engine.register("features", pa.Table.from_pandas(features, preserve_index=False))
        known = load_scheme(scheme).complete(numbers) if isinstance(scheme, str) else scheme
        _check(engine, known, numbers)
        busy = "WHERE records IS NOT NULL" if "records" in features.columns else ""
        found = engine.frame(f"{_means_sql(known, numbers, busy)} ORDER BY subscriber_id")
    except RuleError as error:
        raise ValueError("; ".join(error.problems)) from None
    finally:
        engine.close()
    return found.set_index("subscriber_id")


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
    rows = f"WHERE month IN ({known}) AND records IS NOT NULL AND subscriber_id IN ({chosen})"
    return _means_sql(scheme, numeric_features(context), rows)


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
    _check(context.engine, scheme, numeric_features(context))


def _means_sql(scheme: Scheme, features: Sequence[str], rows: str) -> str:
    """subscriber_id and every input, of the means over `rows` (a WHERE clause) of the features; `steady` ones are the
    least of the months.
    """
    parts = [f"avg({identifier(c)}) AS {identifier(c)}" for c in features]
    parts += [f"min({i.sql}) AS {identifier(f'least_{n}')}" for n, i in scheme.inputs.items() if i.steady]
    found = ", ".join(["subscriber_id", *parts])
    inputs = {n: identifier(f"least_{n}") if i.steady else f"({i.sql})" for n, i in scheme.inputs.items()}
    wanted = ", ".join(f"{sql}::DOUBLE AS {identifier(n)}" for n, sql in inputs.items())
    return f"SELECT subscriber_id, {wanted} FROM (SELECT {found} FROM features {rows} GROUP BY subscriber_id)"


def _check(engine: Engine, scheme: Scheme, known: Sequence[str]) -> None:
    if not _problem(engine, ", ".join(f"({i.sql})" for i in scheme.inputs.values())):
        return
    tries = {name: _problem(engine, f"({i.sql})") for name, i in scheme.inputs.items()}
    raise RuleError([f"scheme {scheme.name}: inputs.{name}: {_told(why, known)}" for name, why in tries.items() if why])


def _problem(engine: Engine, expressions: str) -> str:
    try:
        engine.rows(f"SELECT {expressions} FROM features LIMIT 0")
    except Exception as error:
        return str(error).strip().splitlines()[0]
    return ""


def _told(why: str, known: Sequence[str]) -> str:
    """What is wrong; of an unknown column the feature that may have been meant, instead of the engine's words."""
    unknown = re.search(r'column "?([\w.]+)"? (?:not found|.*cannot be)', why)
    if not unknown:
        return why
    close = difflib.get_close_matches(unknown.group(1), known, n=1, cutoff=0.6)
    return f'there is no feature "{unknown.group(1)}"{nearest(unknown.group(1), close)}'
