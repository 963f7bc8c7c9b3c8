"""The groups as they were at an earlier month, by the model of today: what lifetimes are told by, for those who have
left since as for those who have not.
"""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
from threadpoolctl import threadpool_limits

from telco_crm.analysis import Analysis, RunContext
from telco_crm.measures import landmark
from telco_crm.segment.assign import MEMBERS, members, values_of
from telco_crm.segment.fitting import MODEL
from telco_crm.segment.inputs import inputs_sql
from telco_crm.segment.settings import SegmentRules


def assign_before(context: RunContext) -> None:
    """Make `groups_before`: subscriber_id and group_id of everybody with usage up to the landmark (of nobody
    where there are no groups).
    """
    then, tables = landmark(context.months), [MEMBERS.empty_table()]
    if then and context.has("grouped"):
        rules, model = context.rules(SegmentRules, "segment"), context.facts[MODEL]
        sql = inputs_sql(replace(context, as_of=then), model.scheme, rules.months, "SELECT subscriber_id FROM features")
        with threadpool_limits(1):
            for batch in context.engine.batches(f"{sql} ORDER BY subscriber_id"):
                values = values_of(batch, list(model.scheme.inputs))
                tables.append(members(model, batch.column("subscriber_id"), values))
    context.engine.register("members_before", pa.concat_tables(tables))
    context.create("groups_before", "SELECT subscriber_id, group_id FROM members_before")


GROUPS_BEFORE = Analysis(
    "earlier groups",
    ("people", "features"),
    ("groups_before",),
    uses=("grouped",),
    each=assign_before,
    makes=("groups_before",),
)
