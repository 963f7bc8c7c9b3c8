"""Offers and contacts that cannot be right: each is named with file and line, and what was done."""

from __future__ import annotations

from pathlib import Path

import pytest
from telco_process import Telco

from world import export

SUBSCRIBERS = "subscriber_id activated_on\n" + "\n".join(f"s{n} 2020-01-01" for n in range(9))
BILLS = "subscriber_id month total\n" + "\n".join(f"s{n} 2026-0{m} 100" for n in range(9) for m in range(1, 7))
CONTACTS = "subscriber_id campaign contacted_on arm cost\n" + "\n".join(
    f"s{n} past 2026-02-10 {'control' if n % 2 else 'treated'} {-3 if n == 4 else 2}" for n in range(8)
)
CONTACTS += "\nnobody past 2026-02-10 treated 2\n"
OFFER = '[[rules.offers.offers]]\nid = "{id}"\nen = "e"\nzh = "z"\n'


@pytest.fixture
def telco(tmp_path: Path) -> Telco:
    """The program beside the exports `data`."""
    export(tmp_path / "data", {"subscribers": SUBSCRIBERS, "bills": BILLS, "contacts": CONTACTS})
    return Telco(tmp_path)


def plan(out: str = "out") -> tuple[str, ...]:
    return ("campaign", "plan", "data", "--name", "x", "-o", out, "--config", "own.toml", "--no-store")


def test_every_problem_of_an_offer_file_is_named_with_its_line(telco: Telco) -> None:
    telco.write(
        "own.toml",
        OFFER.format(id="a")  # lines 1 to 4
        + "arpu_form = 5\n"  # 5
        + OFFER.format(id="b")  # 6 to 9
        + "arpu_from = 90\narpu_below = 50\n"  # 10, 11: contradicts itself
        + OFFER.format(id="c")  # 12 to 15
        + "cost = -1\ncost_bills = -0.5\n"  # 16, 17
        + "[rules.retention]\ncontact_cost = -2\n",  # 18, 19
    )
    lines = telco.refused(
        *plan(),
        says=(
            'own.toml, line 5: rules.offers.offers.0.arpu_form: unknown key (did you mean "arpu_from"?)',
            'own.toml, line 6: rules.offers.offers.1: offer "b" fits nobody: arpu_from 90 is not below arpu_below 50',
            "own.toml, line 16: rules.offers.offers.2.cost: input should be greater than or equal to 0, got -1",
            "own.toml, line 17: rules.offers.offers.2.cost_bills: input should be greater than or equal to 0, got -0.5",
            "own.toml, line 19: rules.retention.contact_cost: ",
        ),
    )
    assert len(lines) == 5
    assert not (telco.folder / "out").exists()


def test_an_offer_that_others_shadow_is_refused(telco: Telco) -> None:
    telco.write(
        "own.toml",
        OFFER.format(id="all")
        + OFFER.format(id="low")  # 5 to 8
        + "arpu_below = 100\n"
        + OFFER.format(id="rest")  # 10 to 13
        + "arpu_from = 100\n"
        + OFFER.format(id="late")  # 15: whoever it fits has "all", and one of "low" and "rest"
        + "arpu_from = 0\nladder_steps = [2, 7]\n",  # 20: no such step
    )
    telco.refused(
        *plan(),
        says=(
            'own.toml, line 15: rules.offers.offers.3: offer "late" would never be proposed: two of "all" and "low" '
            'and "rest" stand before it and fit everybody it fits',
        ),
    )
    telco.write("own.toml", OFFER.format(id="all") + "ladder_steps = [2, 7]\n")
    telco.refused(*plan(), says=("own.toml, line 5: rules.offers.offers.0.ladder_steps: the ladder has no step 7",))
    telco.write("own.toml", OFFER.format(id="twice") + OFFER.format(id="twice"))
    telco.refused(*plan(), says=('own.toml, line 5: rules.offers.offers.1: the id "twice" stands twice',))


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_numbers_that_are_none_are_refused(telco: Telco, value: str) -> None:
    telco.write("own.toml", "")
    for option in ("--budget", "--min-profit", "--control"):
        done = telco(*plan(), option, value)
        assert done.code == 2
        assert "Traceback" not in done.err
    telco.write("own.toml", OFFER.format(id="a") + f"cost = {value}\n[options]\nmin_profit = {value}\n")
    told = f"{value} is no number to reckon with"
    says = (f"own.toml, line 5: rules.offers.offers.0.cost: {told}", f"own.toml, line 7: options.min_profit: {told}")
    telco.refused(*plan(), says=says)


def test_offers_that_are_no_table_are_refused(telco: Telco) -> None:
    telco.write("own.toml", "[rules]\noffers = 5\n")
    telco.refused(*plan(), says=("own.toml: rules.offers must be a table: [rules.offers]",))


def test_lines_of_offers_written_as_one_list(telco: Telco) -> None:
    telco.write(
        "own.toml",
        '[rules.offers]\noffers = [\n  { id = "a", en = "", zh = "" },\n\n  # no\n'
        '  { id = "b", en = "", zh = "", cost = -1 },\n]\n',
    )
    telco.refused(*plan(), says=("own.toml, line 6: rules.offers.offers.1.cost: ",))


def test_an_offer_that_is_only_an_alternative_is_said(telco: Telco) -> None:
    telco.write("own.toml", OFFER.format(id="all") + OFFER.format(id="some") + "arpu_from = 50\n")
    said = " ".join(telco.good(*plan()).err.split())
    assert 'offers: "some" (line 5) is an alternative only: whomever it fits, "all" (line 1) before it fit too' in said
    said = " ".join(telco.good(*plan(), "--lang", "zh").err.split())
    assert '优惠："some"（第5行）只会作为备选' in said


def test_offers_that_overlap_in_part_are_named_with_their_lines(telco: Telco) -> None:
    telco.write(
        "own.toml",
        OFFER.format(id="rich")
        + "arpu_from = 90\n"  # 1 to 5
        + OFFER.format(id="step")
        + "ladder_steps = [1, 2]\n"  # 6 to 10: some of them pay 90
        + OFFER.format(id="poor")
        + 'arpu_below = 90\ntiers = ["mass"]\n'  # 11 to 16: some are on steps 1 and 2, none pays 90
        + OFFER.format(id="all"),
    )
    base = ("retain", "data", "-o", "list.csv", "--config", "own.toml", "--no-store")
    said = " ".join(telco.good(*base).err.split())
    assert '"rich" (line 1) and "step" (line 6) overlap in part; whom both fit is offered "rich" (line 1)' in said
    assert '"step" (line 6) and "poor" (line 11) overlap in part; whom both fit is offered "step" (line 6)' in said
    assert said.count("overlap in part") == 2
    said = " ".join(telco.good(*base, "--lang", "zh").err.split())
    assert '"rich"（第1行）与"step"（第6行）部分重叠；两者都适用时，先推荐排在前面的"rich"（第1行）' in said


def test_offers_for_what_there_is_not_are_refused(telco: Telco) -> None:
    telco.write(
        "own.toml",
        OFFER.format(id="all")
        + "groups = [1, 18]\n"  # 5
        + '[rules.segment]\nscheme = "postpaid-17"\n',
    )
    groups = ", ".join(map(str, range(1, 18)))
    said = f"own.toml, line 5: rules.offers.offers.0.groups: the scheme postpaid-17 has no group 18; it has {groups}"
    assert telco.refused(*plan(), says=(said,))
    telco.write("own.toml", OFFER.format(id="all") + 'groups = ["Forwards to telecom"]\ntiers = ["masse"]\n')
    telco.refused(
        *plan(),
        says=(
            'own.toml, line 5: rules.offers.offers.0.groups.0: groups go by number; "Forwards to Telecom" is 5',
            "own.toml, line 6: rules.offers.offers.0.tiers.0: input should be 'high', 'mid_high' or 'mass', got "
            "'masse' (did you mean \"mass\"?)",
        ),
    )


def test_who_has_no_offer_or_no_alternative_is_counted(telco: Telco) -> None:
    telco.write("own.toml", OFFER.format(id="rich") + "arpu_from = 101\n" + OFFER.format(id="all") + "arpu_from = 50\n")
    base = ("retain", "data", "-o", "list.csv", "--config", "own.toml", "--no-store")
    said = " ".join(telco.good(*base).err.split())
    assert "offers: 9 on the list have no alternative; a last offer without conditions is one for everybody" in said
    assert "none that fits" not in said
    telco.write("own.toml", OFFER.format(id="rich") + "arpu_from = 101\n")
    said = " ".join(telco.good(*base).err.split())
    assert "offers: 9 on the list have none that fits; a last offer without conditions fits everybody" in said
    said = " ".join(telco.good(*plan("far"), "--min-profit", -9, "--lang", "zh").err.split())
    assert "优惠：名单中8人没有适用的优惠" in said


def test_contacts_that_cannot_be_right_are_named_with_their_lines(telco: Telco) -> None:
    base = ("campaign", "effect", "data", "--name", "past", "-o", "effect.csv", "--no-store")
    said = " ".join(telco.good(*base).err.split())
    assert "1 contacts are of subscribers who are not in the subscriber table (data/contacts.csv, line 10)" in said
    assert "1 subscribers have a negative cost (data/contacts.csv, line 6); it was counted as 0" in said
    assert "it cost 6;" in said  # s0, s2 and s6 at 2 each, s4 at 0; that of nobody does not count


@pytest.mark.parametrize(
    "command", [plan(), ("recommend", "data", "-o", "r.csv", "--config", "own.toml", "--no-store")]
)
def test_contacts_and_regions_that_nobody_has_are_named(telco: Telco, command: tuple[str, ...]) -> None:
    people = SUBSCRIBERS.replace("activated_on", "activated_on region").replace("2020-01-01", "2020-01-01 North")
    export(telco.folder / "data", {"subscribers": people})
    telco.write("own.toml", "[rules.contact.quotas]\nNroth = 3\nNorth = 9\n[rules.contact.agents]\nMoon = 2\n'*' = 1\n")
    said = " ".join(telco.good(*command).err.split())
    for words in (
        "1 contacts are of people who are not in the subscriber table (data/contacts.csv, line 10); they were not",
        'nobody is in "Nroth", which rules.contact.quotas.Nroth (line 2) names (did you mean "North"?)',
        'nobody is in "Moon", which rules.contact.agents.Moon (line 5) names.',
    ):
        assert words in said
    assert said.count("nobody is in") == 2
    said = telco.good(*command, "--lang", "zh").err
    assert "rules.contact.agents.Moon（第5行）中的“Moon”没有用户" in said.replace("\n", "")


def test_a_month_that_is_there_in_part_is_named(telco: Telco) -> None:
    # May ends what 90 days and three whole months from the 10th of February take; two of nine bills are there.
    lines = [line for line in BILLS.splitlines() if "2026-06" not in line]
    few = [line for line in lines if "2026-05" not in line or line.startswith(("s0", "s1"))]
    export(telco.folder / "data", {"subscribers": SUBSCRIBERS, "bills": "\n".join(few), "contacts": CONTACTS})
    base = ("campaign", "effect", "data", "--name", "past", "-o", "effect.csv", "--no-store")
    telco.refused(
        *base,
        says=(
            "the outcome of 8 of 8 subscribers is not known yet, since it takes 90 days and 3 whole months",
            "the data is whole up to 2026-04, of 2026-05 it has 2 bills (of 9 in the month with most); measure it when",
        ),
    )
    telco.refused(*base, "--lang", "zh", says=("数据完整至2026-04，2026-05账单2张（最多的月份9张）",))


def test_arms_that_were_unlike_before_are_said(telco: Telco) -> None:
    """Treated who paid 200 before, against a control group that paid 100: the split cannot have been random."""
    bills = "subscriber_id month total\n" + "\n".join(
        f"s{n} 2026-0{m} {100 + n % 7 + (100 if n % 2 == 0 else 0)}" for n in range(80) for m in range(1, 7)
    )
    people = "subscriber_id activated_on\n" + "\n".join(f"s{n} 2020-01-01" for n in range(80))
    contacts = "subscriber_id campaign contacted_on arm\n" + "\n".join(
        f"s{n} past 2026-02-10 {'control' if n % 2 else 'treated'}" for n in range(80)
    )
    export(telco.folder / "data", {"subscribers": people, "bills": bills, "contacts": contacts})
    base = ("campaign", "effect", "data", "--name", "past", "-o", "effect.csv", "--no-store")
    said = " ".join(telco.good(*base).err.split())
    assert "the arms were unlike before the campaign (ARPU), more than chance makes them, so the split was not" in said
    said = " ".join(telco.good(*base, "--lang", "zh").err.split())
    assert "活动前两组已有差异（ARPU），超出偶然，说明分组不随机" in said
