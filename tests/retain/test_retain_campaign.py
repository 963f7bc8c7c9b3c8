"""A planned campaign: contact policy, order, length, control group and the files, against values worked out by hand."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from one_month import ONE_MONTH
from telco_process import Telco

from world import Row, by, export, read

# A contact costs 1; a month's ARPU is worth 0.5 and everybody accepts. Without usage and events nothing but the base of
# the rule score holds: score 0.017986, so the expected profit is 0.008993 × ARPU − 1.
RULES = (
    ONE_MONTH
    + """[rules.offers]
offers = [{ id = "all", en = "gift", zh = "礼", take_up = 1.0 }]
[rules.contact.quotas]
South = 1
"""
)
# who: (ARPU, region, account, opted out)
PEOPLE = {
    "free-1": (900, "North", "a1", ""),
    "free-2": (800, "North", "a2", "no"),
    "free-3": (700, "=North", "-", ""),
    "low": (111, "North", "a3", ""),  # 0.008993 × 111 = 0.998 < 1
    "second": (600, "North", "a1", ""),  # pays with free-1
    "opted": (1000, "North", "a4", "yes"),
    "opted-owes": (1000, "North", "a5", "yes"),
    "complains": (1000, "North", "a6", ""),
    "complained": (650, "North", "a7", ""),
    "owes": (1000, "North", "a8", ""),
    "called": (1000, "North", "a9", ""),
    "called-long-ago": (640, "North", "b1", ""),
    "control": (1000, "North", "b2", ""),
    "south-1": (500, "South", "b3", ""),
    "south-2": (400, "South", "b4", ""),
}
WORDS = {
    "opted": "does not want to be contacted",
    "opted-owes": "does not want to be contacted",
    "complains": "open complaint: to customer care first",
    "owes": "in arrears: to credit control",
    "called": "contacted a short time ago",
    "control": "in another campaign",
    "second": "another subscriber of the account is contacted",
    "south-2": "quota of the region is used up",
}
CHOSEN = ["free-1", "free-2", "free-3", "complained", "called-long-ago", "south-1"]
DAY = "2026-04-10"


@pytest.fixture(scope="module")
def telco(tmp_path_factory: pytest.TempPathFactory) -> Telco:
    """The program beside the exports `data` and the rules `own.toml`."""
    folder = tmp_path_factory.mktemp("campaign")
    (folder / "own.toml").write_text(RULES, "utf-8")
    export(folder / "data", tables())
    return Telco(folder)


def tables() -> dict[str, list[Row]]:
    people = PEOPLE.items()
    unpaid = {"owes": ("2026-04-09", ""), "opted-owes": ("2026-04-09", ""), "low": ("2026-04-10", "")}
    return {
        "subscribers": [
            {"subscriber_id": w, "activated_on": "2020-01-01", "region": r, "account_id": a.strip("-"), "opted_out": o}
            for w, (_, r, a, o) in people
        ],
        "bills": [
            {
                "subscriber_id": w,
                "month": "2026-03",
                "total": str(b),
                "due_date": unpaid.get(w, ("2026-04-05",))[0],
                "paid": "" if w in unpaid else str(b),
            }
            for w, (b, *_) in people
        ],
        "events": [
            event("complains", "2026-03-01 10:00:00", ""),
            event("complained", "2026-03-01 10:00:00", "2026-03-20 10:00:00"),
        ],
        "contacts": [
            contact("called", "old", "2026-03-11", "treated"),  # 30 days before
            contact("called-long-ago", "older", "2026-01-09", "treated"),  # 91 days before
            contact("control", "old", "2026-01-10", "control"),  # 90 days before
            contact("free-2", "spring", "2026-04-01", "treated"),  # this campaign itself
        ],
    }


def event(who: str, time: str, resolved: str) -> Row:
    return {"subscriber_id": who, "time": time, "kind": "complaint", "resolved_at": resolved}


def contact(who: str, campaign: str, day: str, arm: str) -> Row:
    return {"subscriber_id": who, "campaign": campaign, "contacted_on": day, "arm": arm}


def planned(telco: Telco, out: str, *options: object) -> dict[str, list[Row]]:
    """The CSV files of `campaign plan`."""
    base = (
        "campaign",
        "plan",
        "data",
        "-o",
        out,
        "--name",
        "spring",
        "--on",
        DAY,
        "--config",
        "own.toml",
        "--no-store",
    )
    telco.good(*base, "-q", *options)
    return {path.stem: read(path) for path in (telco.folder / out).glob("*.csv")}


def who(rows: list[Row]) -> list[str]:
    return [row["subscriber_id"].strip("'") for row in rows]


@pytest.fixture(scope="module")
def plain(telco: Telco) -> dict[str, list[Row]]:
    return planned(telco, "plain", "--control", 0)


def test_the_list_ends_where_the_profit_does(plain: dict[str, list[Row]]) -> None:
    assert who(plain["calls"]) == CHOSEN
    first = plain["calls"][0]
    assert (first["kept_value"], first["expected_cost"], first["expected_profit"]) == ("450.00", "1.00", "7.09")
    assert (first["call_from"], first["call_until"], first["contacted_on"]) == ("09:00", "20:00", DAY)
    assert plain["calls"][2]["region"] == "'=North"  # no formula in a spreadsheet


def test_everybody_stands_in_the_roster_with_the_reason(plain: dict[str, list[Row]]) -> None:
    roster = by(plain["roster"], "subscriber_id")
    assert set(roster) == set(PEOPLE)
    assert {w: r["excluded_for"] for w, r in roster.items() if r["arm"] == "excluded"} == WORDS
    assert [w for w, r in roster.items() if r["arm"] == "not selected"] == ["low"]
    assert roster["opted-owes"]["all_reasons"] == f"{WORDS['opted']}; {WORDS['owes']}"


def test_exclusions_are_counted_by_reason(plain: dict[str, list[Row]]) -> None:
    counts = [tuple(row.values()) for row in plain["exclusions"]]
    assert counts == [
        (WORDS["opted"], "2", "2"),
        (WORDS["complains"], "1", "1"),
        (WORDS["owes"], "1", "2"),
        (WORDS["called"], "1", "1"),
        (WORDS["control"], "1", "2"),  # who was called is in that campaign as well
        (WORDS["second"], "1", "1"),
        (WORDS["south-2"], "1", "1"),
    ]


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        (("--top", 2), CHOSEN[:2]),
        (("--budget", 3.5), CHOSEN[:3]),  # each costs 1
        (("--min-profit", 5), CHOSEN[:3]),  # 0.008993 × 700 − 1 = 5.295; × 650: 4.845
        (("--min-profit", -1, "--top", 99), [*CHOSEN, "low"]),
        (("--by", "revenue"), CHOSEN),  # equal scores: the same order; what brings most ends there
        (("--by", "revenue", "--top", 7), [*CHOSEN, "low"]),
        (("--by", "revenue", "--min-profit", 5, "--budget", 2), CHOSEN[:2]),
    ],
)
def test_length_of_the_list(telco: Telco, options: tuple[object, ...], chosen: list[str]) -> None:
    assert who(planned(telco, "length", "--control", 0, *options)["calls"]) == chosen


def test_another_order_chooses_others(telco: Telco) -> None:
    """A dear offer for the large bills: by revenue they come first, by profit last."""
    offers = 'offers = [{ id = "dear", en = "d", zh = "d", arpu_from = 800, take_up = 1.0, cost = 6 }, { id = "all"'
    (telco.folder / "dear.toml").write_text(RULES.replace('offers = [{ id = "all"', offers), "utf-8")
    by_profit = planned(telco, "dear", "--control", 0, "--top", 3, "--config", "dear.toml")["calls"]
    # 700: 5.295, 650: 4.845, 640: 4.756; 900: 1.094, 800: 0.194
    assert who(by_profit) == ["free-3", "complained", "called-long-ago"]
    by_revenue = planned(telco, "dear", "--control", 0, "--top", 3, "--config", "dear.toml", "--by", "revenue")["calls"]
    assert who(by_revenue) == ["free-1", "free-2", "free-3"]


def test_the_control_group_is_not_called_and_stays_the_same(telco: Telco, plain: dict[str, list[Row]]) -> None:
    one, again = (planned(telco, out, "--control", 0.5) for out in ("c1", "c2"))
    assert one == again
    control = [r["subscriber_id"] for r in one["roster"] if r["arm"] == "control"]
    assert control
    assert sorted(who(one["calls"]) + control) == sorted(CHOSEN)
    arms = {r["subscriber_id"]: r["arm"] for r in one["contacts"]}
    assert arms == {w: "control" if w in control else "treated" for w in CHOSEN}
    others = planned(telco, "c3", "--control", 0.5, "--seed", 1)["roster"]
    assert [r["subscriber_id"] for r in others if r["arm"] == "control"] != control


def test_share_of_the_control_group_in_every_stratum(telco: Telco) -> None:
    """2,000 alike: five strata of 400; a tenth of each, at most one more."""
    rows = "\n".join(f"s{n:04d} 2026-03 900" for n in range(2000))
    export(telco.folder / "many", {"bills": f"subscriber_id month total\n{rows}"})
    options = ("--name", "x", "--config", "own.toml", "--no-store", "-q", "--control", 0.1)
    telco.good("campaign", "plan", "many", "-o", "many-out", *options)
    strata: dict[str, list[str]] = {}
    for row in read(telco.folder / "many-out" / "roster.csv"):
        strata.setdefault(row["stratum"], []).append(row["arm"])
    assert sorted(strata) == [f"{n} high" for n in range(1, 6)]
    for arms in strata.values():
        assert len(arms) == 400
        assert arms.count("control") in (40, 41)
    facts = json.loads((telco.folder / "many-out" / "manifest.json").read_text())["campaign"]
    assert facts["arms"]["treated"] + facts["arms"]["control"] == 2000
    # (1.959964 + 0.841621) × sqrt(0.017986 × 0.982014 × (1/1800 + 1/200)), to one row of rounding
    assert facts["detectable_difference"] == pytest.approx(0.02775, abs=2e-4)


def test_pseudonyms_can_be_turned_back_with_the_key_only(telco: Telco, plain: dict[str, list[Row]]) -> None:
    hidden = planned(telco, "hidden", "--control", 0, "--pseudonymise", "--key-file", "key")
    again = planned(telco, "again", "--control", 0, "--pseudonymise", "--key-file", "key")
    assert hidden == again
    assert (telco.folder / "key").stat().st_mode & 0o777 == 0o600
    for name in ("calls", "roster", "contacts"):
        text = (telco.folder / "hidden" / f"{name}.csv").read_text("utf-8")
        assert not [person for person in PEOPLE if re.search(rf"^{person},|free-|south-", text, re.MULTILINE)]
    telco.good("campaign", "reveal", "hidden/calls.csv", "--key-file", "key", "-o", "back.csv")
    assert who(read(telco.folder / "back.csv")) == CHOSEN
    telco.write("other", "00" * 32)
    says = ("hidden/calls.csv, line 2", "made with another key")
    telco.refused("campaign", "reveal", "hidden/calls.csv", "--key-file", "other", "-o", "no.csv", says=says)
    assert not (telco.folder / "no.csv").exists()


def test_rejected_rows_do_not_lie_beside_pseudonyms(telco: Telco) -> None:
    """They hold the numbers as they were exported."""
    export(telco.folder / "dirty", tables())
    with (telco.folder / "dirty/bills.csv").open("a", encoding="utf-8") as file:
        columns = (telco.folder / "dirty/bills.csv").read_text("utf-8").splitlines()[0].split(",")
        bad = {"subscriber_id": "secret-9", "month": "never", "total": "1"}
        file.write(",".join(bad.get(column, "") for column in columns) + "\n")
    base = ("campaign", "plan", "dirty", "--name", "april", "--on", DAY, "--config", "own.toml", "--control", 0, "-q")
    telco.good(*base, "--no-store", "-o", "open")
    assert "secret-9" in (telco.folder / "open/rejects/bills.csv").read_text("utf-8")
    telco.good(*base, "--no-store", "-o", "closed", "--pseudonymise", "--key-file", "key")
    files = [path for path in (telco.folder / "closed").rglob("*") if path.is_file()]
    assert len(files) >= 4
    assert not [path for path in files if "secret-9" in path.read_text("utf-8")]


def test_a_list_for_each_region(telco: Telco) -> None:
    planned(telco, "split", "--control", 0, "--split", "region")
    lists = {path.name: who(read(path)) for path in (telco.folder / "split").glob("calls*.csv")}
    assert lists == {
        "calls-North.csv": ["free-1", "free-2", "complained", "called-long-ago"],
        "calls-=North.csv": ["free-3"],
        "calls-South.csv": ["south-1"],
    }


def test_a_sheet_for_each_agent_with_headings_in_chinese(telco: Telco) -> None:
    import openpyxl

    options = ("--split", "agent", "--agents", 2, "--format", "xlsx", "--lang", "zh")
    planned(telco, "agents", "--control", 0, *options)
    book = openpyxl.load_workbook(telco.folder / "agents" / "calls.xlsx")
    assert {s.title: [row[1].value for row in s.iter_rows(min_row=2)] for s in book} == {
        "1": CHOSEN[::2],
        "2": CHOSEN[1::2],
    }
    assert all(sheet.freeze_panes == "A2" and sheet["A1"].value == "序号" for sheet in book)


def test_lines_of_json_for_a_dialler(telco: Telco) -> None:
    planned(telco, "lines", "--control", 0, "--format", "jsonl")
    lines = [json.loads(line) for line in (telco.folder / "lines" / "calls.jsonl").read_text("utf-8").splitlines()]
    assert [line["subscriber_id"] for line in lines] == CHOSEN
    assert lines[0]["call_from"] == "09:00"


def test_what_the_plan_says(telco: Telco) -> None:
    base = ("campaign", "plan", "data", "-o", "said", "--name", "s", "--config", "own.toml", "--no-store")
    err = " ".join(telco.good(*base, "--control", 0, "--on", DAY).err.split())
    assert "there is no control group, so the effect of this campaign cannot be measured" in err
    err = " ".join(telco.good(*base, "--min-profit", 999).err.split())
    assert "nobody is chosen" in err


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ('call_from = "21:00"', "call_from 21:00 must be before call_until 20:00"),
        ("owed_from = -1", "rules.contact.owed_from"),
        ("quotas = { North = -1 }", "bad.toml, line 2: rules.contact.quotas.North: input should be greater than"),
        ('calling_weekdays = ["monday"]', "bad.toml, line 2: rules.contact.calling_weekdays.0"),
        ("agents = { North = 0 }", "agents has no agent in any region"),
        ("days = 1", "rules.contact.days: unknown key"),
    ],
)
def test_a_policy_that_cannot_be_meant(telco: Telco, rules: str, says: str) -> None:
    telco.write("bad.toml", f"[rules.contact]\n{rules}\n")
    options = ("--name", "s", "--config", "bad.toml", "--no-store")
    telco.refused("campaign", "plan", "data", "-o", "bad", *options, says=(says,))


def test_what_cannot_be_planned(telco: Telco, tmp_path: Path) -> None:
    options = ("-o", "never", "--name", "s", "--no-store")
    telco.write("only/usage.csv", "subscriber_id,start_time,service,direction\n1,2026-03-02 09:15:00,voice,out\n")
    telco.refused("campaign", "plan", "only", *options, says=("nothing was written (there are no bills)",))
    done = telco("campaign", "plan", "data", *options, "--pseudonymise")
    assert (done.code, "--pseudonymise and --key-file go together" in done.err) == (2, True)
    telco.write("short", "abc")
    says = ("short is no key file",)
    telco.refused("campaign", "plan", "data", *options, "--pseudonymise", "--key-file", "short", says=says)
    with (tmp_path / "x.csv").open("w") as file:
        csv.writer(file).writerow(["a"])
    says = ("there is no column subscriber_id",)
    telco.write("right", "00" * 32)
    telco.refused("campaign", "reveal", tmp_path / "x.csv", "--key-file", "right", "-o", "no.csv", says=says)
