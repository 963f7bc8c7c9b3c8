"""Who of a list may be contacted: accounts, quotas and agents, by who comes before in the order."""

from __future__ import annotations

from dataclasses import dataclass

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal
from telco_crm.retain.contact import ContactRules, order_sql

BEFORE = "ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
ADDED = {"is_second": "account", "is_over": "quota", "is_late": "capacity"}  # sign: reason
OLD = ", ".join(f"{sign} AS old_{sign}" for sign in ADDED)


@dataclass(frozen=True)
class Agents:
    """What agents can call, as SQL over the source: in which `pool` somebody is, whether an agent is needed, and how
    many can be called in the pool (NULL: any number).
    """

    pool: str
    is_called: str
    limits: str


def judge(
    context: RunContext,
    rules: ContactRules,
    source: str,
    order: str,
    wanted: str = "true",
    agents: Agents | None = None,
) -> None:
    """Make `ranked` from table `source` (subscriber_id, account_id, region …) and `exclusions`: with the `number` of
    everybody in the order, `reasons` (a list, first the one that counts), or else the `place` among those without any.

    Accounts, quotas and agents go by the order, and count only who is `wanted` (SQL over the source) and is contacted:
    who falls to the quota takes nobody's place.
    """
    reasons = f"list(reason ORDER BY {order_sql('reason')})"
    own = "coalesce(reasons, []::VARCHAR[])"
    context.create(
        "judged",
        f"SELECT * EXCLUDE (reasons), {own} AS own_reasons, row_number() OVER (ORDER BY {order}) AS number, "
        f"len({own}) = 0 AND coalesce({wanted}, false) AS is_free, {', '.join(f'false AS {sign}' for sign in ADDED)} "
        f"FROM {source} LEFT JOIN (SELECT subscriber_id, {reasons} AS reasons FROM exclusions GROUP BY subscriber_id) "
        "USING (subscriber_id)",
    )
    # A pass goes by what the one before found of those who come earlier, so at least one more is right after each; when
    # nothing changes, it is what walking down the list gives. Accounts alone take one pass.
    changed = " OR ".join(f"{sign} <> old_{sign}" for sign in ADDED)
    while True:
        _decide(context, rules, agents)
        if not (rules.quotas or agents) or not context.engine.rows(f"SELECT 1 FROM decided WHERE {changed} LIMIT 1"):
            break
        context.create("judged", f"SELECT * EXCLUDE ({', '.join(f'old_{sign}' for sign in ADDED)}) FROM decided")
    lists = ", ".join(f"CASE WHEN {sign} THEN ['{reason}'] ELSE [] END" for sign, reason in ADDED.items())
    context.create(
        "ranked",
        "SELECT *, CASE WHEN len(reasons) = 0 THEN row_number() OVER (PARTITION BY len(reasons) = 0 ORDER BY number) "
        f"END AS place FROM (SELECT *, flatten([own_reasons, {lists}])::VARCHAR[] AS reasons FROM decided)",
    )


def _decide(context: RunContext, rules: ContactRules, agents: Agents | None) -> None:
    """Make `decided` of `judged`: with who is_second of an account, is_over the quota or is_late for the agents, and
    what was found of that before.
    """
    taken = "is_free AND NOT (old_is_second OR old_is_over OR old_is_late)"
    earlier = f"coalesce(bool_or({taken}) OVER (PARTITION BY account_id {BEFORE}), false)"
    second = f"is_free AND account_id IS NOT NULL AND {earlier}" if rules.one_per_account else "false"
    quotas = " ".join(f"WHEN {literal(region)} THEN {quota}" for region, quota in rules.quotas.items())
    left = "is_free AND NOT is_second AND NOT old_is_late"
    within = f"count(*) FILTER ({left}) OVER (PARTITION BY region {BEFORE})"
    over = f"is_free AND NOT is_second AND coalesce({within} >= CASE region {quotas} END, false)" if quotas else "false"
    late = "false"
    if agents:
        left = f"is_free AND NOT is_second AND NOT is_over AND coalesce({agents.is_called}, false)"
        called = f"count(*) FILTER ({left}) OVER (PARTITION BY {agents.pool} {BEFORE})"
        late = f"{left} AND coalesce({called} >= {agents.limits}, false)"
    before = f"(SELECT * EXCLUDE ({', '.join(ADDED)}), {OLD} FROM judged)"
    context.create(
        "decided",
        f"SELECT *, {late} AS is_late FROM (SELECT *, {over} AS is_over FROM (SELECT *, {second} AS is_second "
        f"FROM {before}))",
    )
