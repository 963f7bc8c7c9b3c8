"""Who is chosen, and whom accounts, quotas and agents leave out, against a walk down the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telco_crm.analysis import RunContext
from telco_crm.engine.duck import DuckEngine
from telco_crm.engine.sql import literal
from telco_crm.months import Month
from telco_crm.retain.campaign import Plan, plan_campaign

Arms = dict[str, tuple[str, str | None]]  # who: (arm, reason)
WORDS = {
    "account": "another subscriber of the account is contacted",
    "quota": "quota of the region is used up",
    "capacity": "the agents are busy",
}


@dataclass(frozen=True)
class Person:
    region: str
    account: str | None
    channel: str
    profit: int


def planned(people: list[Person], plan: Plan, rules: dict[str, Any]) -> Arms:
    with DuckEngine(1) as engine:
        context = RunContext(engine, Month("2026-03"), [], set(), overrides={"contact": rules})
        rows = ", ".join(
            f"('s{n:02d}', {literal(p.account) if p.account else 'NULL'}, '{p.region}', '{p.channel}', {p.profit})"
            for n, p in enumerate(people)
        )
        context.create(
            "candidates",
            "SELECT i AS subscriber_id, a AS account_id, r AS region, 'mass' AS tier, c AS channel, 0.1 AS churn_score,"
            " 100 - substr(i, 2)::INTEGER AS priority, 1.0 AS expected_cost, e AS expected_profit, 'o' AS offer_id, "
            f"0.2 AS take_up FROM (VALUES {rows}) t(i, a, r, c, e)",
        )
        plan_campaign(context, plan)
        reasons = {words: reason for reason, words in WORDS.items()}
        found = engine.rows("SELECT subscriber_id, arm, excluded_for FROM roster")
        return {who: (arm, reasons[why] if why else None) for who, arm, why in found}


def walked(people: list[Person], plan: Plan, rules: dict[str, Any]) -> Arms:
    """The same by walking down the list: nobody counts who was not chosen."""
    ids = {f"s{n:02d}": person for n, person in enumerate(people)}
    order = sorted(ids, key=lambda w: (-ids[w].profit, w)) if plan.by == "profit" else list(ids)
    least = 0 if plan.min_profit is None and plan.by == "profit" else plan.min_profit
    limit = None if plan.days is None else rules["calls_per_day"] * plan.days
    chosen: list[str] = []
    arms: Arms = {}
    for who in order:
        p, on = ids[who], [ids[other] for other in chosen]
        is_full = (plan.top is not None and len(on) >= plan.top) or (
            plan.budget is not None and len(on) + 1 > plan.budget
        )
        if (least is not None and p.profit < least) or is_full:
            arms[who] = ("not selected", None)
        elif p.account and p.account in {o.account for o in on}:
            arms[who] = ("excluded", "account")
        elif sum(o.region == p.region for o in on) >= rules["quotas"].get(p.region, 99):
            arms[who] = ("excluded", "quota")
        elif limit is not None and p.channel == "call" and sum(o.channel == "call" for o in on) >= limit:
            arms[who] = ("excluded", "capacity")
        else:
            chosen.append(who)
            arms[who] = ("treated", None)
    return arms


PEOPLE = st.builds(
    Person,
    region=st.sampled_from("NSE"),
    account=st.sampled_from([None, "a", "b", "c", "d", "e"]),
    channel=st.sampled_from(["call", "sms"]),
    profit=st.integers(-2, 9),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    people=st.lists(PEOPLE, min_size=1, max_size=25),
    quotas=st.dictionaries(st.sampled_from("NS"), st.integers(0, 4)),
    bounds=st.fixed_dictionaries(
        {},
        optional={
            "top": st.integers(1, 12),
            "budget": st.integers(0, 9).map(float),
            "min_profit": st.integers(-3, 5).map(float),
            "days": st.integers(1, 3),
        },
    ),
    by=st.sampled_from(["profit", "revenue"]),
)
def test_only_who_would_be_chosen_otherwise_is_excluded(
    people: list[Person], quotas: dict[str, int], bounds: dict[str, Any], by: Any
) -> None:
    if by == "revenue" and not {"top", "budget", "min_profit"} & set(bounds):
        bounds["min_profit"] = -9.0  # without a bound it is the list that brings most
    plan, rules = Plan("x", control=0.0, by=by, **bounds), {"quotas": quotas, "calls_per_day": 2}
    assert planned(people, plan, rules) == walked(people, plan, rules)


def test_the_next_of_an_account_takes_the_place_of_who_falls_to_the_quota() -> None:
    people = [
        Person("S", None, "call", 9),
        Person("S", "a", "call", 8),  # the South has one place
        Person("N", "a", "call", 7),  # its mate, in the North
        Person("N", "a", "call", 6),
        Person("N", None, "call", 5),
    ]
    arms = planned(people, Plan("x", control=0.0), {"quotas": {"S": 1, "N": 1}})
    assert arms == {
        "s00": ("treated", None),
        "s01": ("excluded", "quota"),
        "s02": ("treated", None),
        "s03": ("excluded", "account"),
        "s04": ("excluded", "quota"),
    }
    arms = planned(people, Plan("x", control=0.0, top=1), {"quotas": {"S": 1, "N": 1}})
    assert [arm for arm, _ in arms.values()] == ["treated", *["not selected"] * 4]


def test_the_list_that_brings_most_by_revenue() -> None:
    """The sums are 3, 2, 4, 0 and 3. The last falls to the quota; with it the sum would be 4, so it is not missed."""
    people = [Person("S", None, "call", 3), Person("S", "a", "call", -1), Person("S", None, "call", 2)]
    people += [Person("N", None, "call", -4), Person("N", None, "call", 3), Person("S", None, "call", 1)]
    arms = planned(people, Plan("x", control=0.0, by="revenue"), {"quotas": {"S": 3}})
    assert arms == {
        "s00": ("treated", None),
        "s01": ("treated", None),
        "s02": ("treated", None),
        "s03": ("not selected", None),
        "s04": ("not selected", None),
        "s05": ("not selected", None),
    }
