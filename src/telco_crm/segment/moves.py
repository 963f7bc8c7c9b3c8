"""Who moved between the groups since the month in the middle of the data, all grouped by the model of today."""

from __future__ import annotations

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal
from telco_crm.errors import CannotCompute
from telco_crm.labels import text
from telco_crm.measures import landmark
from telco_crm.months import Month
from telco_crm.segment.migration import create_migration


def compute_moves(context: RunContext) -> None:
    """Make `migration` and `migration_balance` from the landmark to the as-of month.

    Raises:
        CannotCompute: the data has one month only.
    """
    then = landmark(context.months)
    if then is None:
        raise CannotCompute(text("migration.one_month", context.lang))
    arpu = f"SELECT subscriber_id, arpu FROM arpu WHERE month = {literal(str(then))}"
    if not context.has("bills"):
        arpu = "SELECT '' AS subscriber_id, NULL::DOUBLE AS arpu LIMIT 0"
    context.create(
        "before",
        f"""
        SELECT subscriber_id, {literal(str(then))} AS month, group_id, "group", group_class, arpu
        FROM ({_on_the_books(context, then)}) LEFT JOIN groups_before USING (subscriber_id)
        LEFT JOIN (SELECT group_id, "group", group_class FROM groups) USING (group_id)
        LEFT JOIN ({arpu}) USING (subscriber_id)""",
    )
    context.create(
        "after", 'SELECT subscriber_id, month, group_id, "group", group_class, arpu FROM segments WHERE NOT has_left'
    )
    create_migration(context.engine, context.lang)


def _on_the_books(context: RunContext, month: Month) -> str:
    """subscriber_id of everybody on the books at the end of `month`, as `people` has them of the as-of month."""
    seen = f"SELECT subscriber_id FROM features WHERE month = {literal(str(month))}"
    if not context.has("subscribers"):
        return seen
    end = f"DATE '{month.end}'"
    left = (
        f"SELECT subscriber_id FROM subscribers WHERE cancelled_on < {end} "
        f"OR (cancelled_on IS NULL AND status = 'closed' AND subscriber_id NOT IN ({seen}))"
    )
    known = f"SELECT subscriber_id FROM subscribers WHERE coalesce(activated_on < {end}, true)"
    return f"SELECT * FROM ({seen} UNION {known}) WHERE subscriber_id NOT IN ({left})"


MOVES = Analysis(
    "group moves",
    ("segments", "groups", "groups_before", "features"),
    ("migration", "migration_balance"),
    uses=("subscribers", "bills", "arpu"),
    finish=compute_moves,
)
