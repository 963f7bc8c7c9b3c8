"""Who of a list may be contacted: accounts, quotas and agents, by who comes before in the order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal
from telco_crm.retain.contact import ContactRules, Reason, order_sql

ADDED: tuple[Reason, ...] = ("account", "quota", "capacity")
NONE, ACCOUNT, QUOTA, CAPACITY = range(4)  # what `walk` finds: the number of the reason, from 1
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Agents:
    """What agents can call, as SQL over the source: in which `pool` somebody is, whether an agent is needed, and how
    many can be called in the pool (NULL: any number).
    """

    pool: str
    is_called: str
    limits: str


@dataclass(frozen=True)
class Bounds:
    """What bounds a list: for everybody in the order a number that stands for what bounds them, -1 for nothing, and how
    many each of these numbers allows.
    """

    which: Ints
    most: Ints


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
        f"len({own}) = 0 AND coalesce({wanted}, false) AS is_free FROM {source} LEFT JOIN (SELECT subscriber_id, "
        f"{reasons} AS reasons FROM exclusions GROUP BY subscriber_id) USING (subscriber_id)",
    )
    why = _by_account(rules) if not rules.quotas and not agents else _by_walk(context, rules, agents)
    added = f"CASE WHEN why > 0 THEN [([{', '.join(map(literal, ADDED))}])[why]] ELSE [] END"
    context.create(
        "ranked",
        "SELECT *, CASE WHEN len(reasons) = 0 THEN row_number() OVER (PARTITION BY len(reasons) = 0 ORDER BY number) "
        f"END AS place FROM (SELECT * EXCLUDE (why), list_concat(own_reasons, {added})::VARCHAR[] AS reasons "
        f"FROM {why})",
    )


def walk(first: Ints, bounds: tuple[Bounds, Bounds]) -> npt.NDArray[np.int8]:
    """Go down a list: 0 for who is taken, else why not: ACCOUNT (another of the account is taken), QUOTA or CAPACITY
    (as many are taken as the two `bounds` allow). `first`: a number below the length of the list for every account,
    -1 for none.

    Between two moments at which a bound is reached only accounts count, so each stretch is decided at once.
    """
    found, taken, at = np.zeros(len(first), np.int8), np.zeros(len(first), bool), 0
    left = [bound.most.copy() for bound in bounds]
    while at < len(first):
        accounts, which = first[at:], [bound.which[at:] for bound in bounds]
        full = [_full(w, most) for w, most in zip(which, left, strict=True)]
        has = accounts >= 0
        free = ~full[0] & ~full[1] & ~(has & taken[accounts])
        leads = np.full(len(first), len(accounts), np.int64)  # of each account, as places of this stretch
        places = np.flatnonzero(free & has)
        np.minimum.at(leads, accounts[places], places)
        here = np.arange(len(accounts))
        is_taken = free & (~has | (leads[accounts] == here))
        places = np.flatnonzero(is_taken)
        end = 1 + min(_reached(w[places], places, most) for w, most in zip(which, left, strict=True))
        is_taken, stretch = is_taken[:end], slice(at, at + min(end, len(accounts)))
        is_second = has & (taken[accounts] | (leads[accounts] < here))
        why = np.select([is_second, full[0], full[1]], [ACCOUNT, QUOTA, CAPACITY], NONE)
        found[stretch] = why[:end]
        taken[accounts[:end][is_taken & has[:end]]] = True
        for w, most in zip(which, left, strict=True):
            most -= np.bincount(w[:end][is_taken & (w[:end] >= 0)], minlength=len(most))
        at = stretch.stop
    return found


def _full(which: Ints, left: Ints) -> npt.NDArray[np.bool_]:
    """Who comes when a bound is used up."""
    return (which >= 0) & (left[which] <= 0) if len(left) else np.zeros(len(which), bool)


def _reached(which: Ints, places: Ints, most: Ints) -> int:
    """The first place at which one of the bounds is reached by those taken at `places`; a place beyond any, if none."""
    bound = np.flatnonzero(most > 0)
    order = np.argsort(which, kind="stable")
    begins = np.searchsorted(which[order], bound)
    counts = np.searchsorted(which[order], bound, side="right") - begins
    hit = counts >= most[bound]
    return int(places[order[begins[hit] + most[bound][hit] - 1]].min()) if hit.any() else np.iinfo(np.int64).max - 1


def _by_account(rules: ContactRules) -> str:
    """Query: `judged` with `why`, where nothing but accounts counts."""
    lead = "min(number) FILTER (is_free) OVER (PARTITION BY account_id)"
    second = f"is_free AND account_id IS NOT NULL AND number > {lead}" if rules.one_per_account else "false"
    return f"(SELECT *, CASE WHEN {second} THEN {ACCOUNT} ELSE {NONE} END AS why FROM judged)"


def _by_walk(context: RunContext, rules: ContactRules, agents: Agents | None) -> str:
    """Query: `judged` with `why`, by a walk down those who are free."""
    lead = "min(number) OVER (PARTITION BY account_id)"
    account = f"CASE WHEN account_id IS NOT NULL THEN {lead} END" if rules.one_per_account else "NULL"
    quotas = " ".join(f"WHEN {literal(region)} THEN {at}" for at, region in enumerate(rules.quotas))
    pools: list[tuple[str, int]] = []
    if agents:
        pools = context.engine.rows(
            f"SELECT DISTINCT {agents.pool} AS pool, {agents.limits} AS most FROM judged "
            f"WHERE {agents.limits} IS NOT NULL ORDER BY ALL"
        )
    which = " ".join(f"WHEN {literal(pool)} THEN {at}" for at, (pool, _) in enumerate(pools))
    columns = {
        "lead": account,
        "quota": f"CASE region {quotas} END" if quotas else "NULL",
        "pool": f"CASE WHEN {agents.is_called} THEN CASE {agents.pool} {which} END END" if agents and which else "NULL",
    }
    numbered = ", ".join(f"coalesce({sql}, -1)::BIGINT AS {name}" for name, sql in columns.items())
    frame = context.engine.frame(f"SELECT number, {numbered} FROM judged WHERE is_free ORDER BY number")
    lead_no, quota, pool = (frame[name].to_numpy(np.int64) for name in columns)
    # Numbers of accounts below the length of the list.
    codes = np.where(lead_no >= 0, np.searchsorted(frame["number"].to_numpy(np.int64), lead_no), -1)
    bounds = (
        Bounds(quota, np.array([*rules.quotas.values()], np.int64)),
        Bounds(pool, np.array([most for _, most in pools], np.int64)),
    )
    context.engine.register("walked", pd.DataFrame({"number": frame["number"], "why": walk(codes, bounds)}))
    return f"(SELECT judged.*, coalesce(why, {NONE}) AS why FROM judged LEFT JOIN walked USING (number))"
