"""The effect of a campaign by a file that says what came of it, worked out by hand; and files that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from telco_process import Telco

from world import Row, by, read

# 31 days from the 10th of March, and one whole month: April.
RULES = "[rules.effect]\ndays = 31\nminimum_segment = 2\n"
CONTACTS = """subscriber_id,campaign,contacted_on,arm,cost
t1,spring,2026-03-10,treated,10
t2,spring,2026-03-10,treated,10
t3,spring,2026-03-10,treated,-4
t4,spring,2026-03-10,treated,10
c1,spring,2026-03-10,control,
c2,spring,2026-03-10,control,
c3,spring,2026-03-10,control,
c4,spring,2026-03-10,control,
ghost,spring,2026-03-10,treated,10
gone,spring,2026-03-10,control,
"""
# t4 left on day 30 of the time, c2 on day 31, which is after it; c1 within it, on no day that is known.
ROWS = """subscriber_id,left,left_on,revenue,not_again,observed_until,arpu_before,region
t1,no,,95,yes,2026-04-30,100,North
t2,no,,90,no,2026-04-30,210,North
t3,no,,50,yes,2026-04-30,100,South
t4,yes,2026-04-09,,yes,2026-04-30,130,South
c1,yes,,0,,2026-04-30,100,North
c2,yes,2026-04-10,30,yes,2026-04-30,100,North
c3,no,,60,no,2026-04-30,100,South
c4,no,,90,yes,2026-04-30,100,
gone,yes,2026-03-09,10,,2026-04-30,100,North
"""
ROWS_WANTED = {
    "left": (4, 4, 1 / 4, 1 / 4),
    "revenue": (4, 4, (95 + 90 + 50 + 0) / 4, (0 + 30 + 60 + 90) / 4),
    "not_again": (4, 3, 2 / 4, 2 / 3),  # t4 left; nothing is said of c1
}
# By month: January to April; bills before the contact are those of January and February, March counts for neither.
MONTHS = """用户号码,账期,离网,收入
t1,202601,否,80
t1,202602,否,120
t1,202603,否,500
t1,202604,否,95
t2,202604,否,90
t3,202604,否,50
t4,202603,是,20
t4,202604,是,
c1,202604,是,7
c2,202602,否,40
c2,202604,否,30
c3,202604,否,60
c4,202604,否,90
gone,202602,是,10
"""
MONTHS_WANTED = {
    "left": (4, 4, 1 / 4, 1 / 4),  # t4 in March, c1 in April
    "revenue": (4, 4, (95 + 90 + 50 + 0) / 4, (7 + 30 + 60 + 90) / 4),
}


@pytest.fixture
def telco(tmp_path: Path) -> Telco:
    """The program beside the contacts and the rules."""
    (tmp_path / "own.toml").write_text(RULES, "utf-8")
    (tmp_path / "contacts.csv").write_text(CONTACTS, "utf-8")
    return Telco(tmp_path)


def options(outcome: str, out: str = "effect.csv", contacts: str = "contacts.csv") -> tuple[str, ...]:
    base = ("campaign", "effect", "--contacts", contacts, "--outcome", outcome, "--name", "spring")
    return (*base, "-o", out, "--config", "own.toml")


def checked(rows: list[Row], wanted: dict[str, tuple[int, int, float, float]]) -> None:
    found = by([row for row in rows if not row["segment"]], "measure")
    assert set(found) == set(wanted)
    for measure, (treated, control, mean_t, mean_c) in wanted.items():
        row = found[measure]
        assert (int(row["treated"]), int(row["control"])) == (treated, control), measure
        means = [float(row[key]) for key in ("treated_mean", "control_mean", "difference")]
        assert means == pytest.approx([mean_t, mean_c, mean_t - mean_c], abs=1e-6), measure


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_row_for_each_subscriber(telco: Telco, kind: str) -> None:
    path = telco.write("outcome.csv", ROWS)
    if kind == "parquet":
        frame = pd.read_csv(path, dtype={"subscriber_id": str}, parse_dates=["left_on", "observed_until"])
        frame.replace({"yes": True, "no": False}).to_parquet(telco.folder / "outcome.parquet")
    said = " ".join(telco.good(*options(f"outcome.{kind}")).err.split())
    rows = read(telco.folder / "effect.csv")
    checked(rows, ROWS_WANTED)
    # Bands by arpu_before: t2 is high, t4 mid_high; two of each arm are mass (t1, t3 and all of control).
    assert {(r["segment_kind"], r["segment"]) for r in rows} == {("", ""), ("band", "mass"), ("region", "North")}
    for words in (
        f"1 contacts are of subscribers who are not in outcome.{kind} (contacts.csv, line 10); they were left out",
        "1 subscribers had left before their contact (contacts.csv, line 11); they were left out",
        "1 subscribers have a negative cost (contacts.csv, line 4); it was counted as 0",
        "no measurable effect on leaving: 25.0% of the treated left and 25.0% of the control group",
    ):
        assert words in said
    facts = json.loads((telco.folder / "effect.csv.manifest.json").read_text("utf-8"))
    assert facts["campaign"]["cost"] == 30
    assert facts["campaign"]["saved_revenue"][0] == pytest.approx(4 * (58.75 - 45))
    assert [entry["table"] for entry in facts["inputs"]] == ["contacts", "outcome"]


def test_a_row_for_each_month(telco: Telco) -> None:
    telco.write("outcome.csv", MONTHS)
    said = " ".join(telco.good(*options("outcome.csv"), "--lang", "zh").err.split())
    checked(read(telco.folder / "effect.csv"), MONTHS_WANTED)
    assert "对离网没有可测出的效果：营销组离网25.0%，对照组离网25.0%" in said
    assert "1个用户在接触前已离网（contacts.csv第11行），已排除" in said
    facts = json.loads((telco.folder / "effect.csv.manifest.json").read_text("utf-8"))["campaign"]
    assert "ARPU" not in facts["standardised_differences"]  # known of t1 alone in its arm


def test_a_file_that_does_not_say_until_when(telco: Telco) -> None:
    lines = [",".join([*line.split(",")[:5], *line.split(",")[6:]]) for line in ROWS.splitlines()]
    telco.write("outcome.csv", "\n".join(lines))
    said = " ".join(telco.good(*options("outcome.csv")).err.split())
    assert "outcome.csv does not say how far its rows go (observed_until), so they count as whole: 31 days" in said


def test_who_is_not_followed_to_the_end_is_left_out(telco: Telco) -> None:
    telco.write("outcome.csv", ROWS.replace("90,yes,2026-04-30", "90,yes,2026-04-08"))  # c4; it takes the 9th
    said = " ".join(telco.good(*options("outcome.csv")).err.split())
    assert "the outcome of 1 of 8 subscribers is not known yet, since it takes 31 days" in said
    ends = "outcome.csv goes to 2026-04-30, and 1 rows end before that, the first on 2026-04-08 (outcome.csv, line 9)"
    assert f"{ends}; they were left out" in said
    assert "preliminary, do not decide on it" in said
    left = by([row for row in read(telco.folder / "effect.csv") if not row["segment"]], "measure")["left"]
    assert (left["treated"], left["control"]) == ("4", "3")


def test_leavers_who_are_not_followed_to_the_end_are_left_out_too(telco: Telco) -> None:
    """Else a preliminary effect would lose the stayers of those who are followed for a short time, and no leavers."""
    short = {
        "t4,": "t4,yes,2026-04-01,,yes,2026-04-08,130,South",  # left on a day that is known
        "c1,": "c1,yes,,0,,2026-04-08,100,North",  # and on one that is not
        "c4,": "c4,no,,90,yes,2026-04-08,100,",
        "c3,": "c3,no,,60,no,,100,South",  # no day: as far as the file goes
    }
    lines = [next((new for old, new in short.items() if line.startswith(old)), line) for line in ROWS.splitlines()]
    telco.write("outcome.csv", "\n".join(lines))
    said = " ".join(telco.good(*options("outcome.csv")).err.split())
    assert "the outcome of 3 of 8 subscribers is not known yet, since it takes 31 days" in said
    left = by([row for row in read(telco.folder / "effect.csv") if not row["segment"]], "measure")["left"]
    assert [left[key] for key in ("treated", "control")] == ["3", "2"]
    assert [float(left[key]) for key in ("treated_mean", "control_mean")] == [0, 0]  # c2 left after the time


def monthly(*rows: str) -> str:
    """MONTHS with a column of the last day known, empty but in `rows`, which stand for those that begin alike."""
    head, *lines = MONTHS.splitlines()
    new = {row.rsplit(",", 3)[0]: row for row in rows}
    kept = [new.get(line.rsplit(",", 2)[0], f"{line},") for line in lines]
    return "\n".join([f"{head},数据截止日期", *kept])


def test_months_that_are_known_in_part_for_some_are_left_out_with_their_lines(telco: Telco) -> None:
    telco.write("outcome.csv", monthly("t3,202604,否,50,2026-04-20", "c4,202604,否,90,2026-04-30"))
    said = " ".join(telco.good(*options("outcome.csv")).err.split())
    assert "the outcome of 1 of 8 subscribers is not known yet" in said
    ends = "1 rows end before the others of their month, the first on 2026-04-20 (outcome.csv, line 7)"
    assert f"outcome.csv: {ends}; they were left out" in said
    left = by([row for row in read(telco.folder / "effect.csv") if not row["segment"]], "measure")["left"]
    assert (left["treated"], left["control"]) == ("3", "4")
    said = " ".join(telco.good(*options("outcome.csv"), "--lang", "zh").err.split())
    assert "1行早于同月其他行截止，最早2026-04-20（outcome.csv第7行）" in said


def test_who_has_no_row_of_a_month_is_counted_with_the_last_line(telco: Telco) -> None:
    """t1 and c2 have rows of the months before only; gone had left, so nothing was to be expected."""
    lines = [line for line in MONTHS.splitlines() if not line.startswith(("t1,202604", "c2,202604"))]
    telco.write("outcome.csv", "\n".join(lines))
    said = " ".join(telco.good(*options("outcome.csv")).err.split())
    assert (
        "2 subscribers (1 treated, 1 control) who did not leave have no row of some month that is looked at (their "
        "last rows: outcome.csv, line 4, 10); they count as still there, without revenue in it"
    ) in said


def test_an_outcome_that_is_not_over_is_refused_by_name(telco: Telco) -> None:
    # Nobody's time is over on the 8th of April: those who left already do not count either.
    telco.write(
        "early.csv",
        ROWS.replace("2026-04-30", "2026-04-08").replace("2026-04-09", "2026-04-01").replace("2026-04-10", ""),
    )
    telco.refused(
        *options("early.csv"),
        says=("the outcome of 8 of 8 subscribers is not known yet", "early.csv goes to 2026-04-08; measure it when"),
    )
    telco.write("march.csv", "\n".join(line for line in MONTHS.splitlines() if ",202604," not in line))
    telco.refused(*options("march.csv"), says=("march.csv: of 2026-04 it has nothing; measure it when that",))
    months = [line + (",2026-04-17" if ",202604," in line else ",") for line in MONTHS.splitlines()]
    months[0] = MONTHS.splitlines()[0] + ",数据截止日期"
    telco.write("partly.csv", "\n".join(months))
    telco.refused(*options("partly.csv"), says=("partly.csv: of 2026-04 it has the days to 2026-04-17 only; measure",))
    assert not (telco.folder / "effect.csv").exists()


def test_a_row_that_ends_on_the_day_of_leaving_counts(telco: Telco) -> None:
    """t4 left on 20 March and was not looked at any more; the others are followed for as long as it takes."""
    telco.write("ends.csv", ROWS.replace("t4,yes,2026-04-09,,yes,2026-04-30", "t4,yes,2026-03-20,,yes,2026-03-20"))
    telco.good(*options("ends.csv"), "-q")
    checked(read(telco.folder / "effect.csv"), ROWS_WANTED)


def test_everything_wrong_with_a_file_is_told_at_once(telco: Telco) -> None:
    telco.write(
        "bad.csv",
        "subscriber_id,left,left_on,observed_until,revenue,tenure\n"
        "t1,maybe,,2026-04-30,1,1\n"
        "t2,no,2026-04-01,2026-04-30,1,1\n"
        "t3,no,,2026-04-30,ten,1\n"
        "t2,no,,2026-04-30,1,1\n",
    )
    lines = telco.refused(
        *options("bad.csv"),
        says=(
            'bad.csv, line 2, left: "maybe" is not yes or no',
            'bad.csv, line 4, revenue: "ten" is not an amount of money',
            "bad.csv, line 5, subscriber_id;month: repeats subscriber_id and month of line 3",
            "bad.csv, line 3: left is no, but left_on is 2026-04-01",
        ),
    )
    assert len(lines) == 4
    telco.write("none.csv", "subscriber_id,revenue\nt1,5\n")
    telco.refused(*options("none.csv"), says=("none.csv: nothing says who left; it takes a column left",))
    telco.refused(*options("no.csv"), says=("--outcome no.csv: there is no such file",))
    done = telco(*options("none.csv"), "--bills", "x.csv")
    assert done.code == 2
    assert "--outcome goes in place of --bills; give --contacts with it" in done.err
    assert not (telco.folder / "effect.csv").exists()


def test_contacts_without_a_control_group_are_refused(telco: Telco) -> None:
    telco.write("outcome.csv", ROWS)
    telco.write("all.csv", "\n".join(line for line in CONTACTS.splitlines() if "control" not in line))
    telco.refused(*options("outcome.csv", contacts="all.csv"), says=('campaign "spring": nobody is control',))


def test_contacts_of_others_altogether_are_named(telco: Telco) -> None:
    telco.write("outcome.csv", ROWS)
    telco.write("others.csv", CONTACTS.replace("\nt", "\nx").replace("\nc", "\ny").replace("\ng", "\nz"))
    lines = telco.refused(
        *options("outcome.csv", contacts="others.csv"),
        says=(
            'campaign "spring": nobody is treated',
            "10 contacts are of subscribers who are not in outcome.csv (others.csv, line 2, 3, 4, 5, 6; and 5 more)",
        ),
    )
    assert len(lines) == 3  # and the negative cost
