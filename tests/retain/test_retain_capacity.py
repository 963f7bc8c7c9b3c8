"""Agents, days and regions of a campaign, worked out by hand, and as properties of any list."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from one_month import ONE_MONTH
from telco_process import Telco

from telco_crm.analysis import RunContext
from telco_crm.engine.duck import DuckEngine
from telco_crm.months import Month
from telco_crm.retain.campaign import Plan, plan_campaign
from telco_crm.retain.capacity import calling_days, capacity_of
from telco_crm.retain.contact import ContactRules
from telco_crm.rules import load_rules
from world import Row, by, export, read

# Everybody has the same score, so the expected profit falls with the bill: n1 first, then s1, n2, s2, n3 …
RULES = (
    ONE_MONTH
    + """[rules.offers]
offers = [
  { id = "text", en = "t", zh = "t", take_up = 1.0, channel = "sms", arpu_from = 2000 },
  { id = "all", en = "gift", zh = "礼", take_up = 1.0 },
]
[rules.contact]
calling_weekdays = ["mon", "tue", "wed", "thu", "fri"]
no_calls_on = [2026-04-13]
"""
)
BILLS = {"n1": 990, "s1": 980, "n2": 970, "s2": 960, "n3": 950, "s3": 940, "n4": 930, "e1": 920, "low": 100}
BILLS["by-text"] = 2000
REGIONS = {"n": "North", "s": "South", "e": "East", "l": "North", "b": "East"}
NORTH_SOUTH = "[rules.contact.agents]\nNorth = 1\nSouth = 2\n"


@pytest.fixture(scope="module")
def telco(tmp_path_factory: pytest.TempPathFactory) -> Telco:
    """The program beside the exports `data` and the rules."""
    folder = tmp_path_factory.mktemp("capacity")
    subscribers = [{"subscriber_id": who, "activated_on": "2020-01-01", "region": REGIONS[who[0]]} for who in BILLS]
    bills = [{"subscriber_id": who, "month": "2026-03", "total": str(bill)} for who, bill in BILLS.items()]
    export(folder / "data", {"subscribers": subscribers, "bills": bills})
    (folder / "own.toml").write_text(RULES, "utf-8")
    (folder / "regions.toml").write_text(RULES + NORTH_SOUTH, "utf-8")
    return Telco(folder)


def planned(telco: Telco, config: str, *options: object) -> tuple[dict[str, Row], dict[str, Row], str]:
    """Call list and roster by subscriber, and what was said. The 10th of April is a Friday, the 13th no working day."""
    base = ("campaign", "plan", "data", "-o", "out", "--name", "x", "--on", "2026-04-10", "--config", config)
    err = telco.good(*base, "--no-store", "--control", 0, *options).err
    tables = [by(read(telco.folder / "out" / f"{name}.csv"), "subscriber_id") for name in ("calls", "roster")]
    return tables[0], tables[1], " ".join(err.split())


def turns(calls: dict[str, Row]) -> dict[str, tuple[str, str]]:
    return {who: (row["agent"], row["contacted_on"][-2:]) for who, row in calls.items()}


def test_agents_take_turns_and_days_follow(telco: Telco) -> None:
    calls, _, said = planned(telco, "own.toml", "--agents", 2, "--calls-per-day", 2)
    assert turns(calls) == {
        "by-text": ("", "10"),  # no agent sends a message
        "n1": ("1", "10"),
        "s1": ("2", "10"),
        "n2": ("1", "10"),
        "s2": ("2", "10"),
        "n3": ("1", "14"),  # Saturday, Sunday and the 13th are left out
        "s3": ("2", "14"),
        "n4": ("1", "14"),
        "e1": ("2", "14"),
    }
    assert "8 calls by 2 agents, each at most 2 a day, up to 2026-04-14" in said


def test_days_end_the_list(telco: Telco) -> None:
    calls, roster, _ = planned(telco, "own.toml", "--agents", 1, "--calls-per-day", 3, "--days", 2)
    assert list(calls) == ["by-text", "n1", "s1", "n2", "s2", "n3", "s3"]
    late = {who: row["excluded_for"] for who, row in roster.items() if row["arm"] == "excluded"}
    assert late == {"n4": "the agents are busy", "e1": "the agents are busy"}
    assert roster["low"]["arm"] == "not selected"  # too low a profit: no agent was missed


def test_agents_of_regions(telco: Telco) -> None:
    calls, roster, _ = planned(telco, "regions.toml", "--calls-per-day", 1, "--days", 2)
    # North's agent 1 calls 2 in two days, South's 2 and 3 all three; there is none for the East.
    assert turns(calls) == {
        "by-text": ("", "10"),
        "n1": ("1", "10"),
        "s1": ("2", "10"),
        "n2": ("1", "14"),
        "s2": ("3", "10"),
        "s3": ("2", "14"),
    }
    assert [who for who, row in roster.items() if row["arm"] == "excluded"] == ["e1", "n3", "n4"]
    calls, _, _ = planned(telco, "regions.toml", "--calls-per-day", 1, "--days", 2, "--agents", 9)  # instead of them
    assert len(calls) == 9


def test_the_control_group_has_the_day_of_its_call(telco: Telco) -> None:
    options = ("--agents", 1, "--calls-per-day", 2, "--control", 0.5)
    _, roster, _ = planned(telco, "own.toml", *options)
    days = {who: row["contacted_on"][-2:] for who, row in roster.items() if row["arm"] in ("treated", "control")}
    expected = zip(list(BILLS)[:8], ("10", "10", "14", "14", "15", "15", "16", "16"), strict=True)
    assert days == {"by-text": "10"} | dict(expected)
    assert {row["arm"] for row in roster.values()} == {"treated", "control", "not selected"}


def test_what_cannot_be_called(telco: Telco) -> None:
    base = ("campaign", "plan", "data", "-o", "no", "--name", "x", "--no-store")
    telco.refused(*base, "--days", 2, says=("--days limits nothing without --calls-per-day",))
    assert not (telco.folder / "no").exists()


def test_a_list_of_years_is_refused() -> None:
    with DuckEngine(1) as engine, pytest.raises(Exception, match="1 agents with 1 calls a day need 400 days"):
        plan_campaign(world(engine, ["North"] * 400), Plan("x", control=0.0, agents=1, calls_per_day=1))


def world(engine: DuckEngine, regions: list[str], rules: dict[str, object] | None = None) -> RunContext:
    """A context with `candidates` alone: one of each region named, worth less and less."""
    context = RunContext(engine, Month("2026-03"), [], set(), overrides={"contact": rules or {}})
    rows = ", ".join(f"({n}, '{region}')" for n, region in enumerate(regions))
    context.create(
        "candidates",
        f"SELECT 's' || n AS subscriber_id, NULL AS account_id, region, 'mass' AS tier, 'call' AS channel, 0.1 AS "
        f"churn_score, 1000 - n AS priority, 1.0 AS expected_cost, 1000 - n AS expected_profit, 'o' AS offer_id, "
        f"0.2 AS take_up FROM (VALUES {rows}) t(n, region)",
    )
    return context


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    regions=st.lists(st.sampled_from(["North", "South", "East"]), min_size=1, max_size=60),
    agents=st.dictionaries(st.sampled_from(["North", "South", "*"]), st.integers(0, 3), min_size=1),
    calls=st.integers(1, 4),
    days=st.integers(1, 4),
)
def test_no_agent_calls_more_than_a_day_holds(
    regions: list[str], agents: dict[str, int], calls: int, days: int
) -> None:
    if not sum(agents.values()):
        agents["*"] = 1
    with DuckEngine(1) as engine:
        context = world(engine, regions, {"agents": agents, "calls_per_day": calls})
        plan_campaign(context, Plan("x", control=0.3, days=days))
        rows = engine.rows("SELECT region, agent, contacted_on FROM roster WHERE arm IN ('treated', 'control')")
    busy = Counter((agent, day) for _, agent, day in rows)
    assert max(busy.values(), default=0) <= calls
    assert len({day for *_, day in rows}) <= days
    for region in ("North", "South", "East"):
        there = {agent for r, agent, _ in rows if r == region}
        own = agents.get(region, agents.get("*", 0))
        assert len(there) <= own
        # Nobody waits while an agent is free: the region has all its people, or what its agents can call.
        if region in agents:
            assert sum(r == region for r, *_ in rows) == min(regions.count(region), own * calls * days)


def test_the_days_on_which_calls_may_be_made() -> None:
    rules = load_rules(ContactRules, "contact")
    monday = Month("2026-06").start
    assert [d.day for d in islice(calling_days(rules, monday), 3)] == [1, 2, 3]
    assert capacity_of(rules, None, None, None).limits is None
