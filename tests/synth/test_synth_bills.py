from __future__ import annotations

import pytest

from telco_crm.synth import SampleOptions
from telco_crm.synth.billing import Ledger
from telco_crm.synth.expected import month_traffic
from telco_crm.synth.setting import Setting
from telco_crm.synth.traffic import day_traffic
from telco_crm.synth.world import make_world


def test_items_are_the_sums_of_the_charges(operator):
    differing = operator.ask("""
        with charges as (
            select subscriber_id, strftime(start_time, '%Y-%m') as month,
                sum(charge) filter (service = 'voice' and roaming = 'home' and toll = 'local') as local,
                sum(charge) filter (service = 'voice' and roaming = 'home' and toll <> 'local') as toll,
                sum(charge) filter (service = 'voice' and roaming <> 'home') as roaming,
                sum(charge) filter (service in ('sms', 'mms')) as sms,
                sum(charge) filter (service = 'data') as data
            from usage group by 1, 2)
        select * from bills full join charges as c using (subscriber_id, month)
        where bills.total is null or bills.local <> coalesce(c.local, 0) or bills.toll <> coalesce(c.toll, 0)
            or bills.roaming <> coalesce(c.roaming, 0) or bills.sms <> coalesce(c.sms, 0)
            or bills.data <> coalesce(c.data, 0)""")
    assert differing.empty
    assert operator.ask("select sum(charge) as c from usage").c[0] > 1_000_000


def test_totals_are_the_sums_of_the_items(operator):
    wrong = operator.ask("""
        select * from bills where total < 0 or discount < 0 or gift > total
            or total <> rent + local + toll + roaming + sms + data + vas - discount + late_fee""")
    assert wrong.empty
    some = operator.ask("""
        select avg((total = 0)::int) as zero, avg((late_fee > 0)::int) as late, avg((gift > 0)::int) as gifted,
               avg((discount > 0)::int) as discounted from bills""")
    assert 0 < some.zero[0] < 0.02
    assert 0.005 < some.late[0] < 0.1
    assert 0.005 < some.gifted[0] < 0.1
    assert 0.1 < some.discounted[0] < 0.6


def test_payments_are_consistent(operator):
    wrong = operator.ask("""
        select * from bills where (paid > 0) <> (paid_on is not null) or (paid > 0 and paid <> total - gift)
            or paid_on > date '2026-04-30' or strftime(due_date - interval 1 month, '%Y-%m') <> month""")
    assert wrong.empty
    unmatched = operator.ask("""
        select * from bills anti join events on events.subscriber_id = bills.subscriber_id
            and time::date = paid_on and amount = paid and kind in ('payment', 'recharge')
        where paid_on is not null""")
    assert unmatched.empty
    shares = operator.ask("""
        select avg((paid_on > due_date)::int) as late, avg((paid_on is null)::int) as unpaid
        from bills where month = '2026-01' and total > gift""")
    assert 0.01 < shares.late[0] < 0.12
    assert 0 < shares.unpaid[0] < 0.05


def test_silent_people_have_a_bill_but_no_usage(operator):
    found = operator.ask("""
        select count(distinct t.subscriber_id) as people, count(u.subscriber_id) as records
        from truth as t left join (select distinct subscriber_id from usage) as u using (subscriber_id) where silent""")
    assert found.people[0] > 50
    assert found.records[0] == 0
    beyond = operator.ask("""
        select * from bills join truth using (subscriber_id)
        where silent and total > rent + vas + late_fee""")
    assert beyond.empty


def test_the_falling_group_falls_and_the_others_hold(operator):
    means = operator.ask("""
        select month, avg(total) filter (group_id = 14) as falling, avg(total) filter (group_id <> 14) as others
        from bills join truth using (subscriber_id) group by 1 order by 1""")
    assert means.falling.iloc[-1] < 0.93 * means.falling.iloc[0]
    assert means.others.max() < 1.04 * means.others.min()


def first_bill(**options: float) -> tuple[float, float]:
    """Mean bill of the first month, and the mean of its charges, of a small operator."""
    world = make_world(Setting.of(SampleOptions(subscribers=500, months=1, **options)))
    ledger, traffic = Ledger(world), month_traffic(world, 0)
    for day in range(5):
        ledger.add(day_traffic(world, traffic, day))
    bills, _ = ledger.close(0)
    return float(bills.total.mean()), float(sum(item.mean() for item in bills.items.values()))


def test_price_level_multiplies_charges_and_bills():
    once, twice = first_bill(), first_bill(price_level=2.0)
    assert twice[1] == pytest.approx(2 * once[1], rel=0.001)
    assert twice[0] == pytest.approx(2 * once[0], rel=0.02)
