"""Schemes as data: shipped ones are whole, wrong ones are told what is wrong, a user's own one works."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from population import people

from telco_crm.errors import RuleError
from telco_crm.segment.archetypes import NOBODY, Archetypes
from telco_crm.segment.behaviour import BehaviourSegmenter
from telco_crm.segment.scaling import Scaling
from telco_crm.segment.scheme import Scheme, load_scheme

OWN = """
name = "own"
en = "Two groups"
zh = "两群"
[classes]
good = { en = "good", zh = "好" }
[inputs]
sms = { sql = "sms", en = "SMS", zh = "短信" }
minutes = { sql = "voice_minutes", en = "minutes", zh = "分钟" }
[groups.1]
en = "Writers"
zh = "短信"
class = "good"
traits = { sms = 2, minutes = -0.5 }
[groups.2]
en = "Talkers"
zh = "通话"
traits = { minutes = 1 }
"""


def own(tmp_path: Path, old: str = "", new: str = "") -> Scheme:
    path = tmp_path / "own.toml"
    path.write_text(OWN.replace(old, new) if old else OWN, "utf-8")
    return load_scheme(str(path))


@pytest.mark.parametrize(("name", "groups"), [("postpaid-17", 17), ("behaviour-16", 16)])
def test_shipped_schemes_are_whole(name: str, groups: int) -> None:
    scheme = load_scheme(name).complete()
    assert sorted(scheme.groups) == list(range(1, groups + 1))
    assert all(g.business and g.care and g.zh for g in scheme.groups.values())


def test_classes_of_the_second_scheme() -> None:
    groups = load_scheme("behaviour-16").groups
    of = {kind: sorted(n for n, g in groups.items() if g.class_ == kind) for kind in ("premium", "ordinary", "weak")}
    assert of == {"premium": [1, 2, 4, 6, 9, 12, 14, 16], "ordinary": [8, 11, 15], "weak": [3, 5, 7, 10, 13]}


def test_a_scheme_of_the_users_own(tmp_path: Path) -> None:
    scheme = own(tmp_path).complete()
    rng = np.random.default_rng(0)
    kind = rng.random(1000) < 0.3
    values = np.column_stack([np.where(kind, 200, 10), np.where(kind, 50, 200)]) * np.exp(rng.normal(0, 0.3, (1000, 2)))
    given = BehaviourSegmenter(scheme, random_state=0).fit(values).labels_
    assert (given == np.where(kind, 1, 2)).mean() > 0.99


def test_a_trait_may_be_a_feature_and_an_unknown_one_is_an_error_with_the_nearest_name(tmp_path: Path) -> None:
    scheme = own(tmp_path, "minutes = 1", "minutes = 1, roaming_calls = 1")
    assert scheme.complete(["roaming_calls"]).inputs["roaming_calls"].sql == "roaming_calls"
    with pytest.raises(RuleError) as error:
        own(tmp_path, "minutes = 1", "minutes = 1, roming_calls = 1").complete(["roaming_calls"])
    assert error.value.problems == (
        'scheme own: groups.2.traits: there is no input or feature "roming_calls" (did you mean "roaming_calls"?)',
    )


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('class = "good"', 'class = "god"', 'unknown class "god"'),
        ("[groups.2]", "[groups.two]", '"two" is not a number'),
        ("traits = { minutes = 1 }", "trait = { minutes = 1 }", "trait"),
        ("minutes = -0.5 }", "minutes = -0.5 }\ntimes = { sms = -3 }", "times.sms: input should be greater than 0"),
        ("[classes]", "[reference]\nsmss = 3\n[classes]", 'there is no input "smss"'),
        ("traits = { minutes = 1 }", "traits = {}", "traits"),
        ("[groups.2]", "[groups.01]", "[groups.01]: there is a group 1 already"),
        ('en = "Talkers"', 'en = "Writers"', 'groups.2.en: another group is called "Writers" too'),
    ],
)
def test_wrong_schemes(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(RuleError) as error:
        own(tmp_path, old, new)
    assert says in str(error.value)


def test_every_problem_of_a_scheme_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(RuleError) as error:
        own(tmp_path, 'class = "good"', 'class = "god"')
    text = (tmp_path / "own.toml").read_text("utf-8")
    lines = [n for n, line in enumerate(text.splitlines(), 1) if 'class = "god"' in line]
    told = [p for p in error.value.problems if 'unknown class "god"' in p]
    assert len(told) == len(lines) == len(error.value.problems)
    assert all(f"own.toml, line {n}: groups." in p for n, p in zip(lines, told, strict=True))


def test_a_scheme_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(RuleError, match=r'no scheme "postpaid-71" \(did you mean "postpaid-17"\?\)'):
        load_scheme("postpaid-71")
    with pytest.raises(RuleError, match=r"nowhere\.toml cannot be read"):
        load_scheme("nowhere.toml")


def archetypes(tmp_path: Path) -> Archetypes:
    one = np.ones(2)
    return Archetypes.of(own(tmp_path), Scaling(one, np.zeros(2), one))


def test_names_by_hand(tmp_path: Path) -> None:
    """Clusters at (SMS, minutes) in standard deviations.

    Writers are (2, -0.5 or less), talkers (any, 1 or more). The first cluster has all of the writers' traits, the
    second all of the talkers', the third lacks half of the writers' SMS and is smaller: it stays without a name.
    """
    kinds = archetypes(tmp_path)
    means = np.array([[2.0, -0.5], [0.0, 1.0], [-2.0, -2.0]])
    assert kinds.satisfied(means)[0, 0] == 1
    assert kinds.satisfied(means)[1, 1] == 1
    assert kinds.assign(means, np.array([0.3, 0.5, 0.2])).tolist() == [0, 1, NOBODY]


def test_half_a_trait_is_half_a_match(tmp_path: Path) -> None:
    """SMS at 1 of 2 and minutes at -0.5 of -0.5: (2 × 0.5 + 0.5 × 1) / 2.5 = 0.6."""
    assert archetypes(tmp_path).satisfied(np.array([[1.0, -0.5]]))[0, 0] == pytest.approx(0.6)


def test_amounts_follow_the_activity_of_the_operator() -> None:
    """A tenth of the reference activity: the amounts are a tenth. Twice of it: `most` is twice, `least` stays."""
    scheme = load_scheme("postpaid-17")
    values = people(3, 500).inputs.to_numpy() * 0
    values[:, list(scheme.inputs).index("out_calls")] = 6  # the reference is 60
    assert scheme.activity(values) == pytest.approx(0.1)
    assert scheme.activity(values * 20) == pytest.approx(2)
    one = np.ones(len(scheme.inputs))
    quiet, loud = (Archetypes.of(scheme, Scaling(one, one * 0, one, activity)) for activity in (0.1, 2.0))
    row, hk = list(scheme.groups).index(2), list(scheme.inputs).index("hk_macau_calls")
    assert quiet.least[row, hk] == pytest.approx(np.log1p(3 * 0.1))
    assert loud.least[row, hk] == pytest.approx(np.log1p(3))
    row, busy = list(scheme.groups).index(12), list(scheme.inputs).index("busy_calls")
    assert quiet.most[row, busy] == pytest.approx(np.log1p(260 * 0.1))
    assert loud.most[row, busy] == pytest.approx(np.log1p(260 * 2))
    row, each = list(scheme.groups).index(8), list(scheme.inputs).index("ip_minutes_per_call")
    assert quiet.least[row, each] == pytest.approx(np.log1p(6))  # a mean is no amount


def test_multiples_are_of_what_the_group_in_the_middle_does(tmp_path: Path) -> None:
    """SMS with the centre log(1 + 10 / 2) and a deviation of 0.5: the three clusters write 10, 30 and 40 SMS.

    40 is 1.3 times what the one in the middle writes; where that writes none, whoever does writes enough.
    """
    scaling = Scaling(np.array([2.0, 1.0]), np.log([6, 1]), np.array([0.5, 1.0]))
    kinds = Archetypes.of(own(tmp_path, "minutes = -0.5 }", "minutes = -0.5 }\ntimes = { sms = 1.3 }"), scaling)
    written = np.column_stack([np.log(np.array([6, 16, 21]) / 6) / 0.5, [-0.5] * 3])
    assert kinds.satisfied(written)[:, 0].astype(bool).tolist() == [False, False, True]
    hardly = np.column_stack([[-np.log(6) / 0.5, -np.log(6) / 0.5, 2.0], [-0.5] * 3])
    assert kinds.satisfied(hardly)[2, 0] == 1
    with pytest.raises(RuleError, match="times"):
        own(tmp_path, "minutes = -0.5 }", "minutes = -0.5 }\ntimes = { smss = 1.3 }").complete()


def test_what_never_varies_is_no_trait(tmp_path: Path) -> None:
    """Nobody's minutes are known: talkers have no trait left, writers are told by SMS alone."""
    kinds = Archetypes.of(own(tmp_path), Scaling(np.ones(2), np.zeros(2), np.array([1.0, 0.0])))
    assert kinds.satisfied(np.array([[2.0, 0.0]])).tolist() == [[1, 0]]


def test_clusters_with_different_names_that_each_carry_their_own_are_distinct(tmp_path: Path) -> None:
    """A writer's misfit as a writer is 0 and as a talker 1.5² + 0.03 × 2² = 2.37, a talker's the other way 2² + 1.5²; a
    cluster in between, (1, 0.3), lacks 1² + 0.8² of the writers' traits and 0.7² of the talkers', 1.12 less.
    """
    kinds = archetypes(tmp_path)
    means = np.array([[2.0, -0.5], [0.0, 1.0], [1.0, 0.3]])
    assert kinds.distinct(means, np.array([0, 1, NOBODY]))[:2, :2].tolist() == [[False, True], [True, False]]
    assert not kinds.distinct(means, np.array([NOBODY, 1, 0]))[1, 2]
    assert not kinds.distinct(means, np.array([0, 1, NOBODY]))[2].any()
