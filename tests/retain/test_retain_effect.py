"""The effect of a campaign of eight, worked out by hand, and what is said of campaigns that cannot be measured."""

from __future__ import annotations

import json

import pytest
from telco_process import Telco

from world import Row, by, export, read

# One whole month is looked at: 31 days from the 10th of March, and April.
RULES = "[rules.effect]\ndays = 31\nminimum_segment = 2\n"
BILLS = """subscriber_id month total
t1 2025-12 100
t1 2026-01 100
t1 2026-02 100
t2 2026-02 100
t4 2026-02 100
c1 2026-02 100
c2 2026-02 100
c3 2026-02 100
c4 2026-02 100
t1 2026-04 95
t2 2026-04 89.99
t3 2026-04 50
c2 2026-04 30
c3 2026-04 60
c4 2026-04 90
gone 2026-02 100
late 2026-04 10
both 2026-04 10
"""
SUBSCRIBERS = """subscriber_id activated_on cancelled_on bundle region
t1 2020-01-01 - yes North
t2 2020-01-01 - no North
t3 2020-01-01 - no South
t4 2020-01-01 2026-04-09 yes South
c1 2020-01-01 2026-03-20 no North
c2 2020-01-01 2026-04-10 no North
c3 2020-01-01 - no South
c4 2020-01-01 - no -
gone 2020-01-01 2026-03-09 no North
late 2020-01-01 - no North
both 2020-01-01 - no North
"""
EVENTS = "subscriber_id time kind\nc3 2026-03-15~10:00:00 cancel_request\nt1 2026-03-01~10:00:00 cancel_request\n"
CONTACTS = "subscriber_id campaign contacted_on arm cost\n" + "\n".join(
    [
        *(f"t{n} spring 2026-03-10 treated 10" for n in range(1, 5)),
        *(f"c{n} spring 2026-03-10 control -" for n in range(1, 5)),
        "ghost spring 2026-03-10 treated 10",
        "gone spring 2026-03-10 treated 10",
        "both spring 2026-03-10 treated 10",
        "both spring 2026-03-10 control -",
        "c4 other 2026-03-20 treated 5",
        "t1 alone 2026-03-10 treated 5",
        "t1 young 2026-04-10 treated 5",
        "c1 young 2026-03-01 control -",
        *(f"{who} part 2026-03-10 {arm} -" for who, arm in (("t1", "treated"), ("t2", "treated"))),
        *(f"{who} part 2026-03-10 control -" for who in ("c2", "c3")),
        "late part 2026-04-02 treated -",
    ]
)


@pytest.fixture(scope="module")
def telco(tmp_path_factory: pytest.TempPathFactory) -> Telco:
    """The program beside the exports `data` and the rules `own.toml`."""
    folder = tmp_path_factory.mktemp("effect")
    (folder / "own.toml").write_text(RULES, "utf-8")
    export(folder / "data", {"bills": BILLS, "subscribers": SUBSCRIBERS, "events": EVENTS, "contacts": CONTACTS})
    return Telco(folder)


def options(name: str, out: str) -> tuple[str, ...]:
    return ("campaign", "effect", "data", "--name", name, "-o", out, "--config", "own.toml", "--no-store")


@pytest.fixture(scope="module")
def spring(telco: Telco) -> tuple[list[Row], str, dict[str, object]]:
    """Rows, what was said, and what the manifest keeps."""
    err = telco.good(*options("spring", "spring.csv")).err
    manifest = json.loads((telco.folder / "spring.csv.manifest.json").read_text("utf-8"))
    return read(telco.folder / "spring.csv"), " ".join(err.split()), manifest["campaign"]


# Measure: treated, control, mean of the treated, mean of the control group.
WANTED = {
    "left": (4, 4, 1 / 4, 1 / 4),  # t4 on day 30; c1; c2 left on day 31
    "revenue": (4, 4, (95 + 89.99 + 50 + 0) / 4, (0 + 30 + 60 + 90) / 4),
    "bound": (4, 4, 1 / 4, 0),  # t4 was bound, and left
    "bill_back": (3, 4, 1 / 3, 1 / 4),  # t1 of t1, t2, t4 (t3 had no bill before); c4: 90 of 100
    "not_again": (4, 4, 3 / 4, 2 / 4),  # t4 and c1 left, c3 asked; t1 asked before the contact
}


def test_every_measure_by_hand(spring: tuple[list[Row], str, dict[str, object]]) -> None:
    rows = by([row for row in spring[0] if not row["segment"]], "measure")
    assert list(rows)[:2] == ["left", "revenue"]
    assert set(rows) == set(WANTED)  # there is no usage, so nothing is known of (c)
    for measure, (treated, control, mean_t, mean_c) in WANTED.items():
        row = rows[measure]
        assert (int(row["treated"]), int(row["control"])) == (treated, control), measure
        found = [float(row[key]) for key in ("treated_mean", "control_mean", "difference")]
        assert found == pytest.approx([mean_t, mean_c, mean_t - mean_c], abs=1e-6), measure
        assert float(row["low"]) < mean_t - mean_c < float(row["high"]), measure
        assert row["is_shown"] == "false", measure


def test_segments_that_are_large_enough(spring: tuple[list[Row], str, dict[str, object]]) -> None:
    kinds = {(row["segment_kind"], row["segment"]) for row in spring[0]}
    # North: t1, t2, c1, c2; South: only c3. By the mean of the bills before: 100 for t1, t2, t4 and all of control.
    assert kinds == {("", ""), ("region", "North"), ("band", "mass")}


def test_what_is_said(spring: tuple[list[Row], str, dict[str, object]]) -> None:
    _, said, facts = spring
    for words in (
        # lines of contacts.csv: the header, t1 … t4, c1 … c4, then ghost, gone, both twice, and c4's other campaign
        "1 contacts are of subscribers who are not in the subscriber table (data/contacts.csv, line 10); they were",
        "1 subscribers are both treated and control (data/contacts.csv, line 12, 13); they were left out",
        "1 subscribers had left before their contact (data/contacts.csv, line 11); they were left out",
        '1 of 4 subscribers of the control group were contacted by another campaign meanwhile: "other" 1 '
        "(data/contacts.csv, line 14)",
        "no measurable effect on leaving: 25.0% of the treated left and 25.0% of the control group",
    ):
        assert words in said
    assert "unlike" not in said  # differences of four against four are chance
    # Revenue: 4 × (58.7475 − 45) = 54.99; at a margin of 0.4 less the cost of 4 × 10: −18.004; ÷ 40
    assert facts["cost"] == 40
    assert facts["saved_revenue"][0] == pytest.approx(54.99)  # type: ignore[index]
    assert facts["gain"][0] == pytest.approx(-18.004)  # type: ignore[index]
    assert facts["return"][0] == pytest.approx(-0.4501)  # type: ignore[index]


MIXED = """subscriber_id campaign contacted_on arm cost reached accepted
t1 spring 2026-03-10 treated 10 yes no
t2 spring 2026-03-10 treated 10 no -
t3 spring 2026-03-10 treated 10 - -
c1 spring 2026-03-10 control - - yes
c2 spring 2026-03-10 control - yes -
c3 spring 2026-03-10 control - no no
c4 spring 2026-03-10 control - - -
t1 other 2026-04-09 treated 5 - -    # the last of the 31 days
t2 other 2026-04-10 treated 5 - -    # the day after
t3 early 2026-03-09 treated 5 - -    # before
t1 kept 2026-02-08 control - - -     # 30 days before: still within the 31 of that campaign
t2 kept 2026-02-07 control - - -
t3 late 2026-03-10 control - - -
c3 third 2026-03-10 treated 5 - -
c3 other 2026-03-11 treated 5 - -
c4 third 2026-03-12 treated 5 - -
c4 kept 2026-03-12 control - - -     # in two control groups: nobody contacts
"""


def test_arms_that_were_not_treated_as_drawn_are_counted(telco: Telco) -> None:
    exports = {"bills": BILLS, "subscribers": SUBSCRIBERS, "events": EVENTS, "contacts": MIXED}
    export(telco.folder / "mixed", exports)
    base = ("campaign", "effect", "mixed", "--name", "spring", "-o", "mixed.csv", "--config", "own.toml", "--no-store")
    said = " ".join(telco.good(*base).err.split())
    for words in (
        "1 of 3 treated subscribers were not reached (mixed/contacts.csv, line 3); they stay treated",
        "2 of 4 subscribers of the control group were reached or took the offer all the same (mixed/contacts.csv, "
        "line 5, 6)",
        '2 of 4 subscribers of the control group were contacted by another campaign meanwhile: "other" 1, "third" 2 '
        "(mixed/contacts.csv, line 15, 16, 17)",
        '1 of 3 treated subscribers were contacted by another campaign meanwhile: "other" 1 (mixed/contacts.csv, '
        "line 9)",
        '2 of 3 treated subscribers were in the control group of another campaign: "kept" 1, "late" 1 '
        "(mixed/contacts.csv, line 12, 14); their contact spoils what is measured there",
    ):
        assert words in said
    said = " ".join(telco.good(*base, "--lang", "zh").err.split())
    assert "营销组3人中1人未接通（mixed/contacts.csv第3行）" in said


def test_an_unfinished_campaign_gets_no_verdict(telco: Telco) -> None:
    said = " ".join(telco.good(*options("part", "part.csv")).err.split())
    assert "preliminary, do not decide on it: the outcome of 1 of 5 is not known yet" in said


def test_what_cannot_be_measured(telco: Telco) -> None:
    telco.refused(*options("alone", "no.csv"), says=('campaign "alone": nobody is control', "contacts.csv, line"))
    telco.refused(*options("sprnig", "no.csv"), says=('there is no campaign "sprnig"; there are alone, other,',))
    says = (
        "the outcome of 1 of 2 subscribers is not known yet, since it takes 31 days and 1 whole months from the ",
        "the data is whole up to 2026-04, of 2026-05 it has nothing; measure it when that is there",
    )
    telco.refused(*options("young", "no.csv"), says=says)
    telco.write("bare/bills.csv", "subscriber_id,month,total\n1,2026-03,5\n")
    base = ("campaign", "effect", "bare", "--name", "x", "-o", "no.csv", "--no-store")
    telco.refused(*base, says=("needs contacts and subscribers",))
    assert not (telco.folder / "no.csv").exists()
