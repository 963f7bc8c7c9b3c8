from __future__ import annotations

import numpy as np
import pytest

from telco_crm.synth import SampleOptions
from telco_crm.synth.figures import load_figures
from telco_crm.synth.people import make_people
from telco_crm.synth.setting import Setting

# The practice's table: id → (share in percent, ARPU).
PRACTICE = {
    9: (1.5, 1240), 4: (1.8, 865), 2: (1.6, 759), 14: (1.0, 729), 15: (1.4, 640), 16: (11.8, 420),
    11: (1.2, 407), 10: (2.9, 351), 12: (4.7, 347), 13: (2.1, 331), 5: (1.9, 321), 7: (2.0, 286),
    17: (1.6, 241), 8: (6.9, 221), 6: (4.3, 205), 1: (14.4, 171), 3: (39.0, 100),
}  # fmt: skip


def group_counts(options: SampleOptions) -> dict[int, int]:
    setting = Setting.of(options)
    counts = np.bincount(make_people(setting).group, minlength=len(setting.group_ids))
    return dict(zip(setting.group_ids, counts.tolist(), strict=True))


def test_shares_are_those_of_the_practice(city):
    shares = city.ask("select group_id, count(*) * 100.0 / sum(count(*)) over () as share from truth group by 1")
    found = dict(zip(shares.group_id, shares.share, strict=True))
    assert found.keys() == PRACTICE.keys()
    for group, (share, _) in PRACTICE.items():
        assert found[group] == pytest.approx(share, abs=0.05 + share * 0.002)


def test_mean_bills_are_those_of_the_practice(city):
    bills = city.ask(
        "select group_id, avg(total) as arpu from bills join truth using (subscriber_id) group by 1"
    ).set_index("group_id")
    overall = city.ask("select avg(total) as arpu from bills").arpu[0]
    assert overall == pytest.approx(253, rel=0.05)
    for group, (_, arpu) in PRACTICE.items():
        # One month stands for all; the group whose bill falls begins above its mean.
        assert bills.arpu[group] == pytest.approx(arpu, rel=0.10), group


def test_figures_hold_the_practice_table():
    groups = load_figures().groups
    assert {int(key): (group.share, group.arpu) for key, group in groups.items()} == PRACTICE
    assert groups["2"].zh == "呼叫香港组"
    assert groups["1"].en == "Long heart-to-hearts"


def test_women_and_tenure_of_the_hong_kong_callers(city):
    found = city.ask("""
        select avg(case gender when 'female' then 100.0 when 'male' then 0 end) as women,
               avg(date_diff('day', activated_on, date '2026-01-31')) / 30.4375 as months
        from subscribers join truth using (subscriber_id) where group_id = 2""")
    assert found.women[0] == pytest.approx(38.2, abs=0.6)
    assert found.months[0] == pytest.approx(43.2, abs=1.5)


def test_equal_shares():
    counts = group_counts(SampleOptions(subscribers=1701, shares="equal"))
    assert set(counts.values()) <= {100, 101}
    assert sum(counts.values()) == 1701


def test_groups_can_be_left_out():
    counts = group_counts(SampleOptions(subscribers=10_000, without_groups=(3, 16)))
    assert sum(counts.values()) == 10_000
    assert counts.keys() == PRACTICE.keys() - {3, 16}
    assert counts[1] / counts[6] == pytest.approx(14.4 / 4.3, rel=0.01)


@pytest.mark.parametrize("noise", [0.1, 0.8])
def test_noise_is_what_people_of_a_group_differ_by(noise):
    setting = Setting.of(SampleOptions(subscribers=3000, noise=noise))
    people = make_people(setting)
    alike = (people.group == setting.group_ids.index(1)) & ~people.silent
    assert np.log(people.rates[:, alike]).std(axis=1) == pytest.approx(noise, rel=0.12)


def test_brands_follow_the_groups(city):
    brands = city.ask("""
        select avg((brand = 'gotone')::int) filter (group_id in (9, 4, 2)) as rich,
               avg((brand = 'gotone')::int) filter (group_id = 3) as thrifty,
               avg((brand = 'mzone')::int) filter (group_id = 7) as texting,
               count(distinct brand) as brands
        from subscribers join truth using (subscriber_id)""")
    assert brands.rich[0] == 1.0
    assert brands.thrifty[0] < 0.25
    assert brands.texting[0] > 0.8
    assert brands.brands[0] == 4


def test_some_join_and_some_share_accounts(operator):
    found = operator.ask("""
        select count(*) filter (activated_on >= date '2026-01-01') / count(*) as joined,
               count(distinct account_id) / count(*) as accounts,
               max(activated_on) as last
        from subscribers""")
    assert 0.02 < found.joined[0] < 0.08
    assert 0.85 < found.accounts[0] < 0.95
    assert str(found["last"][0])[:10] <= "2026-04-30"
