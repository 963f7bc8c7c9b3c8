"""Everybody's group by a model: a step that looks at each subscriber alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from threadpoolctl import threadpool_limits

from telco_crm.analysis import RunContext
from telco_crm.segment.fitting import MODEL
from telco_crm.segment.inputs import inputs_sql
from telco_crm.segment.model import SegmentModel
from telco_crm.segment.profiles import GroupMeans
from telco_crm.segment.settings import SegmentRules

MEMBERS = pa.schema(
    [
        ("subscriber_id", pa.string()),
        ("group_id", pa.int64()),
        ("group_probability", pa.float64()),
        ("second_id", pa.int64()),
        ("second_probability", pa.float64()),
    ]
)


def assign(context: RunContext) -> None:
    """Make `grouped` (per subscriber) and `group_sums` (what its members do, summed) by facts["segment_model"]."""
    rules, model = context.rules(SegmentRules, "segment"), context.facts[MODEL]
    sums, tables = GroupMeans(model), [MEMBERS.empty_table()]
    sql = inputs_sql(context, model.scheme, rules.months)
    with threadpool_limits(1):  # so that sums do not depend on the number of threads
        for batch in context.engine.batches(f"{sql} ORDER BY subscriber_id"):
            values = values_of(batch, list(model.scheme.inputs))
            given = members(model, batch.column("subscriber_id"), values)
            sums.add(values, given.column("group_id").to_numpy())
            tables.append(given)
    context.engine.register("group_members", pa.concat_tables(tables))
    context.engine.register("group_names", _names(model, context.lang))
    context.create(
        "grouped",
        f"""
        SELECT m.subscriber_id, m.group_id, a."group", m.group_probability, b."group" AS second_group,
               m.second_probability, a.group_class, m.group_probability < {rules.certain} AS group_uncertain
        FROM group_members m JOIN group_names a USING (group_id) JOIN group_names b ON b.group_id = m.second_id
        ORDER BY subscriber_id""",
    )
    context.engine.register("member_sums", sums.frame())
    context.create("group_sums", "SELECT * FROM member_sums")


def members(model: SegmentModel, subscribers: pa.Array, values: np.ndarray) -> pa.Table:
    """The likeliest group of everybody and the next one, with probabilities; `values` are the model's inputs."""
    ids = model.solution.group_ids
    probability = model.solution.probability(values)
    at = np.arange(len(values))
    best = probability.argmax(axis=1)
    first = probability[at, best]
    probability[at, best] = -1 if len(ids) > 1 else first
    second = probability.argmax(axis=1)
    columns = [ids[best], first.round(6), ids[second], probability[at, second].round(6)]
    return pa.Table.from_arrays([subscribers.cast(pa.string()), *map(pa.array, columns)], schema=MEMBERS)


def values_of(batch: pa.RecordBatch, inputs: list[str]) -> np.ndarray:
    """The `inputs` of a batch of subscribers, one row each."""
    columns = [batch.column(name).to_numpy(zero_copy_only=False) for name in inputs]
    return np.column_stack(columns).astype(np.float64, copy=False)


def _names(model: SegmentModel, lang: str) -> pd.DataFrame:
    ids = [int(g) for g in model.solution.group_ids]
    table = pd.DataFrame({"group_id": ids, "group": [model.name_of(g, lang) for g in ids]})
    table["group_class"] = pd.Series([model.class_of(g) for g in ids], dtype="string")
    return table.astype({"group": "string"})
