from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from telco_crm.synth import SampleOptions
from telco_crm.synth.setting import Setting
from telco_crm.synth.world import make_world


def test_nothing_before_joining_or_after_leaving(operator):
    outside = operator.ask("""
        select * from usage join subscribers using (subscriber_id)
        where start_time::date < activated_on or start_time::date >= cancelled_on""")
    assert outside.empty
    bills = operator.ask("""
        select * from bills join subscribers using (subscriber_id)
        where month < strftime(activated_on, '%Y-%m') or month > strftime(cancelled_on, '%Y-%m')""")
    assert bills.empty
    late_events = operator.ask("""
        select * from events join subscribers using (subscriber_id)
        where time::date < activated_on
            or (time::date >= cancelled_on and kind not in ('payment', 'recharge'))""")
    assert late_events.empty


def test_the_last_month_has_a_bill(operator):
    missing = operator.ask("""
        select * from subscribers anti join bills on bills.subscriber_id = subscribers.subscriber_id
            and month = strftime(cancelled_on, '%Y-%m')
        where cancelled_on is not null""")
    assert missing.empty


def test_truth_looks_two_months_ahead_but_the_export_does_not(operator):
    known = operator.ask("""
        select leave_month, count(*) as leavers, count(cancelled_on) as exported,
               count(*) filter (cancel_kind = leave_kind) as agreeing
        from truth join subscribers using (subscriber_id) where leave_month is not null group by 1 order by 1""")
    assert known.leave_month.tolist() == [f"2026-0{month}" for month in range(1, 7)]
    assert (known.exported == known.leavers)[:4].all()
    assert (known.exported == 0)[4:].all()
    assert (known.agreeing == known.exported).all()
    assert ((known.leavers > 0.012 * 3500) & (known.leavers < 0.027 * 4000)).all()


@pytest.fixture(scope="module")
def world():
    return make_world(Setting.of(SampleOptions(subscribers=20_000, months=6, seed=5)))


def test_leaving_in_a_month(world):
    fate, timeline = world.fate, world.setting.timeline
    for month in range(8):
        present = (fate.month >= month) & (world.people.joined < timeline.start(month))
        assert 0.015 < (fate.month == month).sum() / present.sum() < 0.025
    kinds = np.bincount(fate.kind[fate.left], minlength=3) / fate.left.sum()
    assert (kinds > 0.08).all()


def test_churn_level():
    worlds = [
        make_world(Setting.of(SampleOptions(subscribers=5000, months=3, churn_level=level))) for level in (0, 1, 2)
    ]
    left = [int(world.fate.left.sum()) for world in worlds]
    assert left[0] == 0
    assert left[2] == pytest.approx(2 * left[1], rel=0.15)


def test_shares_of_the_signs(world):
    willing, signs = world.fate.willing, world.signs
    in_time = willing & (world.fate.month >= 2)
    assert signs.faded[in_time].mean() == pytest.approx(0.65, abs=0.06)
    assert signs.forwards.any(axis=0)[in_time].mean() == pytest.approx(0.30, abs=0.05)
    asked_or_complained = (signs.complained_on < 1 << 30) | (signs.asked_on < 1 << 30)
    assert asked_or_complained[in_time].mean() == pytest.approx(0.25, abs=0.05)
    assert 0.02 < signs.faded[~willing].mean() < 0.15
    assert 0.01 < signs.forwards.any(axis=0)[~willing].mean() < 0.10
    kept = (signs.kept_on < 1 << 30).sum()
    asked = ((signs.asked_on >= 0) & (signs.asked_on < world.setting.timeline.days)).sum()
    assert kept / (kept + asked) == pytest.approx(0.41, abs=0.03)
    stayed = np.flatnonzero(signs.kept_on < 1 << 30)
    assert (world.fate.month[stayed] - world.setting.timeline.month(signs.kept_on[stayed]) > 3).all()


def test_faded_leavers_use_less_and_less(operator):
    used = operator.ask("""
        with used as (
            select subscriber_id, strftime(start_time, '%Y-%m') as month, count(*) as n from usage group by all)
        select faded, avg(coalesce(late.n, 0) / early.n) as ratio
        from truth join used as early on early.subscriber_id = truth.subscriber_id and early.month = '2026-01'
        left join used as late on late.subscriber_id = truth.subscriber_id and late.month = '2026-04'
        where leave_kind in ('voluntary', 'port_out') and leave_month = '2026-05' and early.n > 20
        group by 1""").set_index("faded")
    assert used.ratio[True] < 0.7
    assert used.ratio[False] > 0.8


def test_leavers_forward_to_rivals(operator):
    calls = operator.ask("""
        select forwarded_to_rival as sign, avg((rivals > 3)::int) as share from truth join (
            select subscriber_id, count(*) filter (
                direction = 'forward' and counterpart_network in ('unicom', 'telecom')
                and start_time >= timestamp '2026-04-01') as rivals from usage group by 1) using (subscriber_id)
        where leave_month = '2026-05' and leave_kind <> 'involuntary' and group_id not in (5, 17) group by 1
        """).set_index("sign")
    assert calls.share[True] > 0.75
    assert calls.share[False] < 0.1


def test_leaving_can_be_foreseen_but_not_perfectly(operator):
    frame = operator.ask("""
        with used as (
            select subscriber_id, count(*) filter (month(start_time) = 1) as m1,
                   count(*) filter (month(start_time) in (3, 4)) / 2 as m3,
                   count(*) filter (direction = 'forward' and counterpart_network in ('unicom', 'telecom')
                       and month(start_time) = 4) as rivals
            from usage group by 1),
        said as (
            select subscriber_id, count(*) filter (kind = 'cancel_request') as asks,
                   count(*) filter (kind = 'complaint' and resolved_at is null) as open from events group by 1)
        select coalesce(leave_month, '9999') in ('2026-05', '2026-06') as leaves,
               ln((coalesce(m1, 0) + 3) / (coalesce(m3, 0) + 3)) as fading,
               ln(1 + coalesce(rivals, 0)) * (group_id not in (5, 17))::int as rivals,
               (contract_end is null)::int as free, coalesce(open, 0) as open, coalesce(asks, 0) as asks
        from truth join subscribers using (subscriber_id) left join used using (subscriber_id)
        left join said using (subscriber_id)
        where cancelled_on is null and activated_on < date '2026-01-01' and not silent""")
    score = frame.fading + 0.4 * frame.rivals + 0.5 * frame.free + 0.8 * frame.open + frame.asks
    assert 0.70 < roc_auc_score(frame.leaves, score) < 0.95


def test_status_follows_the_last_stop(operator):
    states = operator.ask("""
        with last as (
            select subscriber_id, arg_max(kind, time) as kind, arg_max(detail, time) as detail from events
            where kind in ('suspension', 'resume') group by 1)
        select status, kind, detail, count(*) as n
        from subscribers left join last using (subscriber_id) group by all""")
    n = {(row.status, row.kind): row.n for row in states[states.status != "closed"].itertuples()}
    assert n["suspended", "suspension"] > 20
    assert n.get(("active", "suspension"), 0) == 0
    assert n.get(("suspended", "resume"), 0) == 0
    closed = operator.ask(
        "select count(*) as n from subscribers where (status = 'closed') <> (cancelled_on is not null)"
    )
    assert closed.n[0] == 0


def test_stopped_people_have_no_traffic(operator):
    during = operator.ask("""
        with stops as (
            select subscriber_id, kind, time, lead(time) over (partition by subscriber_id order by time) as until
            from events where kind in ('suspension', 'resume'))
        select count(*) as n from usage join stops on usage.subscriber_id = stops.subscriber_id
        where kind = 'suspension' and start_time::date >= time::date
            and start_time::date < coalesce(until::date, date '2099-01-01')""")
    assert during.n[0] == 0


def test_surveys_complaints_and_campaigns(operator):
    events = operator.ask("select kind, count(*) as n, min(score) as low, max(score) as high from events group by 1")
    events = events.set_index("kind")
    assert {
        "suspension", "resume", "complaint", "enquiry", "survey", "plan_change", "recharge", "payment", "power_off",
        "cancel_request", "competitor_contact", "overage",
    } <= set(events.index)  # fmt: skip
    assert 1 <= events.low["survey"] < events.high["survey"] <= 10
    arms = operator.ask("""
        select arm, count(*) as n, avg(accepted::int) as accepted, max(cost) as cost from contacts group by 1
        """).set_index("arm")
    assert 0.15 < arms.n["control"] / arms.n.sum() < 0.35
    assert arms.accepted["control"] == 0
    assert arms.cost["control"] == 0
    assert arms.accepted["treated"] == pytest.approx(0.19, abs=0.06)


def test_plan_changes_are_counted_and_named(operator):
    changes = operator.ask("""
        select detail = plan as now, plans_ever >= 2 as several, count(*) as n from events
        join subscribers using (subscriber_id) where kind = 'plan_change' and subscriber_id in (
            select subscriber_id from events where kind = 'plan_change' group by 1 having count(*) = 1)
        group by all""")
    assert changes.now.all()
    assert changes.several.all()
    assert changes.n.sum() > 30
