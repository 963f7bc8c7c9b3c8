from __future__ import annotations

import pytest


def test_number_of_records(operator):
    rows = operator.ask("select count(*) as n from usage").n[0]
    assert 200 < rows / 16_000 < 260


def test_hong_kong_callers_call_as_the_practice_says(city):
    calls = city.ask("""
        with callers as (
            select subscriber_id, count(*) as n, sum(duration_s) / 60 as minutes from usage
            where toll = 'hk_macau' and direction = 'out' group by 1)
        select count(n) as callers, coalesce(sum(n), 0) / count(*) as calls, sum(minutes) / sum(n) as length,
               avg(minutes / n) as mean_length, group_id = 2 as hk
        from bills join truth using (subscriber_id) left join callers using (subscriber_id)
        group by grouping sets ((), (hk))""").set_index("hk")
    assert calls.calls[True] == pytest.approx(8.7, abs=0.6)
    assert calls.length[True] == pytest.approx(5.8, abs=0.3)
    everyone = calls[calls.index.isna()].iloc[0]
    assert everyone.calls == pytest.approx(0.2, abs=0.05)
    # Weighted by calls the mean of all would exceed 1.6 by the Hong Kong callers alone: it is one per caller.
    assert everyone.mean_length == pytest.approx(1.6, abs=0.25)


def test_working_hours_of_the_groups(city):
    shares = city.ask("""
        select group_id, avg((hour(start_time) between 9 and 17)::int) as busy from usage
        join truth using (subscriber_id)
        where service = 'voice' and dayofweek(start_time) between 1 and 5 group by 1""").set_index("group_id")
    assert shares.busy[16] == pytest.approx(0.74, abs=0.04)
    assert shares.busy[4] > 0.6
    assert shares.busy[1] < 0.25


def test_weekends_are_quiet_for_business(city):
    days = city.ask("""
        select group_id, dayofweek(start_time) in (0, 6) as free, count(*) / count(distinct start_time::date) as n
        from usage join truth using (subscriber_id) where group_id in (4, 1) group by 1, 2""")
    n = {(row.group_id, row.free): row.n for row in days.itertuples()}
    assert n[4, True] / n[4, False] == pytest.approx(0.60, abs=0.08)
    assert n[1, True] > n[1, False]


def test_some_use_data_at_night(city):
    night = city.ask("""
        select night_data, avg((hour(start_time) in (2, 3))::int) as share from usage
        join truth using (subscriber_id) where service = 'data' group by 1""").set_index("night_data")
    assert night.share[True] > 0.25
    assert night.share[False] < 0.03


def test_contacts_repeat(operator):
    found = operator.ask("""
        with calls as (
            select subscriber_id, counterpart, count(*) as n from usage
            where service = 'voice' and direction <> 'forward' and toll = 'local' group by all),
        ranked as (
            select *, row_number() over (partition by subscriber_id order by n desc) as rank,
                   sum(n) over (partition by subscriber_id) as total from calls)
        select sum(n) filter (rank <= 5) / sum(n) as top, count(*) / sum(n) as different from ranked
        where total > 100""")
    assert 0.35 < found.top[0] < 0.75
    assert found.different[0] < 0.3


def test_circles_are_mutual(operator):
    found = operator.ask("""
        with pairs as (
            select subscriber_id as a, counterpart as b, count(*) as n from usage where service = 'voice' group by all),
        friends as (select * from pairs where b in (select subscriber_id from subscribers) and n >= 5)
        select count(*) as n, avg((back.a is not null)::int) as mutual,
               avg((incoming > 0)::int) as both_ways
        from friends left join pairs as back on back.a = friends.b and back.b = friends.a
        join (select subscriber_id, counterpart, count(*) filter (direction = 'in') as incoming from usage group by all)
          as seen on seen.subscriber_id = friends.a and seen.counterpart = friends.b""")
    assert found.n[0] > 5000
    assert found.mutual[0] > 0.8
    assert found.both_ways[0] > 0.9


def test_numbers_fit_their_networks(operator):
    own = operator.ask("select count(*) as n from usage where not regexp_matches(subscriber_id, '^1[3-5][0-9]{9}$')")
    assert own.n[0] == 0
    odd = operator.ask("""
        select counterpart, counterpart_network, toll from usage where counterpart is not null and not (case
            when toll in ('hk_macau', 'taiwan', 'international') then counterpart like '00%'
            when counterpart_network in ('fixed', 'phs')
                then counterpart like '0%' or length(counterpart) <= 5
            when counterpart_network = 'unicom' then counterpart[:3] in ('130', '131', '132', '155', '156')
            when counterpart_network = 'telecom' then counterpart[:3] in ('133', '153', '189')
            else length(counterpart) = 11 or length(counterpart) <= 5 end)""")
    assert odd.empty
    short = operator.ask("select avg((counterpart = '10086')::int) as share from usage where service = 'voice'")
    assert 0.0005 < short.share[0] < 0.01
    abroad = operator.ask("select count(counterpart_network) as n from usage where toll not in ('local', 'domestic')")
    assert abroad.n[0] == 0


def test_columns_that_belong_to_a_service(operator):
    wrong = operator.ask("""
        select * from usage where
            (service = 'data') <> (volume_bytes is not null) or (service = 'data') <> (direction is null)
            or (service <> 'voice' and duration_s is not null) or (service = 'voice') <> (ip_prefix is not null)
            or (ip_prefix and toll <> 'domestic') or charge < 0 or volume_bytes < 0 or duration_s < 0""")
    assert wrong.empty
    missed = operator.ask("""
        select avg((coalesce(duration_s, 0) = 0)::int) as missed, avg((duration_s is null)::int) as empty
        from usage where service = 'voice'""")
    assert 0.02 < missed.missed[0] < 0.08
    assert 0.3 < missed["empty"][0] / missed.missed[0] < 0.7


def test_time_order_and_no_two_calls_at_once(operator):
    for path in sorted(operator.folder.glob("usage_*.parquet")):
        found = operator.ask(f"""
            with calls as (select start_time, lag(start_time) over () as before from '{path}')
            select count(*) as n from calls where start_time < before""")
        assert found.n[0] == 0
    twice = operator.ask("""
        with calls as (
            select start_time + to_seconds(duration_s) as over,
                   lead(start_time) over (partition by subscriber_id order by start_time) as next
            from usage where service = 'voice' and direction <> 'forward' and duration_s is not null)
        select avg((next < over)::int) as share from calls""")
    assert twice.share[0] < 0.001


def test_journeys_are_whole_days_with_other_cells(operator):
    mixed = operator.ask("""
        select count(*) as n from (
            select subscriber_id, start_time::date from usage group by all having count(distinct roaming) > 1)""")
    assert mixed.n[0] == 0
    cells = operator.ask(
        "select distinct roaming, cell_id[1] as letter from usage where cell_id[1] > '9' or roaming <> 'home'"
    )
    assert set(zip(cells.roaming, cells.letter, strict=True)) == {
        ("domestic", "D"), ("hk_macau", "H"), ("taiwan", "T"), ("international", "X"),
    }  # fmt: skip


def test_forwarding_groups_forward_to_their_network(city):
    found = city.ask("""
        select group_id, counterpart_network as network, count(*) as n, count(distinct counterpart) as targets,
               count(distinct subscriber_id) as people
        from usage join truth using (subscriber_id)
        where direction = 'forward' and group_id in (11, 5, 17) group by 1, 2""")
    main = found.sort_values("n").groupby("group_id").tail(1).set_index("group_id")
    assert main.network.to_dict() == {11: "own", 5: "telecom", 17: "unicom"}
    assert (main.targets <= main.people).all()


def test_ip_share_of_toll_calls(city):
    found = city.ask("""
        select group_id, avg(ip_prefix::int) as ratio,
               sum(duration_s) filter (ip_prefix) / 60 / count(*) filter (ip_prefix) as minutes
        from usage join truth using (subscriber_id)
        where service = 'voice' and direction = 'out' and toll <> 'local' group by 1""").set_index("group_id")
    assert found.ratio[10] == pytest.approx(0.15, abs=0.015)
    assert found.ratio[4] == pytest.approx(0.02, abs=0.005)
    assert found.ratio.idxmax() == 10
    assert found.minutes.idxmax() == 8
