"""Rivals' customers who call a lot, and surveys of all areas."""

from __future__ import annotations

import pandas as pd
import pytest


def test_truth_names_every_rivals_number_with_a_hundred_minutes(operator):
    truth = pd.read_csv(operator.folder / "truth_prospects.csv", dtype={"counterpart": str})
    seen = operator.ask("""
        select counterpart, counterpart_network as network, strftime(start_time, '%Y-%m') as month,
               round(sum(duration_s) / 60, 4) as minutes
        from usage where service = 'voice' and direction = 'in' and counterpart_network <> 'own'
        group by all having sum(duration_s) >= 6000""")
    keys = ["month", "counterpart"]
    one, other = (table.sort_values(keys).reset_index(drop=True) for table in (truth, seen))
    assert len(one) > 300
    pd.testing.assert_frame_equal(one[other.columns], other)


def test_planted_prospects_are_of_the_practice_and_have_several_contacts(operator):
    truth = pd.read_csv(operator.folder / "truth_prospects.csv", dtype={"counterpart": str})
    planted = truth[truth.planted].drop_duplicates("counterpart")
    assert len(planted) == pytest.approx(80, abs=4)  # 0.02 × 4,000
    shares = planted.network.value_counts(normalize=True)
    assert shares.to_dict() == pytest.approx({"unicom": 0.58, "telecom": 0.26, "phs": 0.16}, abs=0.15)
    numbers = ", ".join(f"'{number}'" for number in planted.counterpart)
    contacts = operator.ask(f"""
        select counterpart, count(distinct subscriber_id) as n from usage
        where counterpart in ({numbers}) and direction = 'in' and service = 'voice' group by 1""")
    assert contacts.n.median() >= 5


def test_surveys_of_all_areas(operator):
    answers = operator.ask("""
        select subscriber_id, time, count(*) as n, count(area) as areas from events where kind = 'survey'
        group by all having n > 1""")
    assert set(zip(answers.n, answers.areas, strict=True)) == {(7, 6)}
    assert len(answers) / (4000 * 4) == pytest.approx(0.03, abs=0.006)
    means = operator.ask("select area, avg(score) as m from events where kind = 'survey' group by 1").set_index("area")
    assert means.m["payment"] > means.m["tariff"] + 0.5
    follow = operator.ask("""
        with a as (select subscriber_id, time, max(score) filter (area is null) as overall,
                          max(score) filter (area = 'network') as network, max(score) filter (area = 'shop') as shop
                   from events where kind = 'survey' group by all having count(*) = 7)
        select corr(overall, network) as network, corr(overall, shop) as shop from a""")
    assert follow.network[0] > follow.shop[0] + 0.1
