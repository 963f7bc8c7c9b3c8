"""Whom the contact policy leaves out of a small plan, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from one_month import ONE_MONTH
from telco_process import Telco

from world import Row, export, read

# As in test_retain_campaign: the expected profit is 0.008993 × ARPU − 1, so a bill of 900 is always chosen.
RULES = (
    ONE_MONTH
    + """[rules.offers]
offers = [{ id = "all", en = "gift", zh = "礼", take_up = 1.0 }]
"""
)
DAY = "2026-04-10"
ARREARS, CAMPAIGN = "in arrears: to credit control", "in another campaign"
# who: (gift, paid, paid_on) of a bill of 900 due on the 5th of April
BILLS = {
    "paid": ("", "900", "2026-04-04"),
    "gifted": ("300", "600", "2026-04-04"),  # what was given need not be paid
    "all-gifted": ("900", "", ""),
    "owes": ("300", "599", "2026-04-04"),
    "owes-little": ("300", "599.5", "2026-04-04"),  # less than 1
    "late": ("", "900", "2026-04-10"),  # on the day is not before it
    "unpaid": ("", "", ""),
}


@pytest.fixture
def telco(tmp_path: Path) -> Telco:
    """The program beside the rules `own.toml`."""
    (tmp_path / "own.toml").write_text(RULES, "utf-8")
    return Telco(tmp_path)


def bills(*columns: str) -> list[Row]:
    rows = []
    for who, (gift, paid, paid_on) in BILLS.items():
        row = {"subscriber_id": who, "month": "2026-03", "total": "900", "due_date": "2026-04-05"}
        told = {"gift": gift, "paid": paid, "paid_on": paid_on}
        rows.append(row | {column: told[column] for column in columns})
    return rows


def excluded(telco: Telco, **tables: list[Row]) -> tuple[dict[str, str], str]:
    """Who is left out of a plan, with every reason; and what it said."""
    export(telco.folder / "data", tables)
    options = ("--name", "spring", "--on", DAY, "--config", "own.toml", "--no-store", "--control", 0)
    said = telco.good("campaign", "plan", "data", "-o", "out", *options).err
    roster = read(telco.folder / "out/roster.csv")
    left_out = {r["subscriber_id"]: r["all_reasons"] for r in roster if r["arm"] == "excluded"}
    assert {r["arm"] for r in roster} <= {"treated", "excluded"}
    return left_out, " ".join(said.split())


def test_credit_that_was_given_is_not_owed(telco: Telco) -> None:
    left_out, _ = excluded(telco, bills=bills("gift", "paid", "paid_on"))
    assert left_out == dict.fromkeys(("owes", "late", "unpaid"), ARREARS)


def test_the_day_of_payment_alone_will_do(telco: Telco) -> None:
    left_out, said = excluded(telco, bills=bills("gift", "paid_on"))
    assert left_out == dict.fromkeys(("late", "unpaid"), ARREARS)
    assert ARREARS not in said


def test_bills_that_say_nothing_of_payments(telco: Telco) -> None:
    left_out, said = excluded(telco, bills=bills("gift"))
    assert left_out == {}
    assert f'bills have neither paid nor paid_on, so nobody is left out as "{ARREARS}"' in said


def test_columns_without_which_nobody_is_left_out_are_named(telco: Telco) -> None:
    (telco.folder / "own.toml").write_text(f"{RULES}[rules.contact.quotas]\nSouth = 1\n", "utf-8")
    tables: dict[str, list[Row]] = {
        "bills": [{"subscriber_id": "a", "month": "2026-03", "total": "900", "paid": "0"}],
        "subscribers": [{"subscriber_id": "a", "activated_on": "2020-01-01"}],
        "events": [{"subscriber_id": "b", "time": "2026-03-01 10:00:00", "kind": "complaint"}],
    }
    left_out, said = excluded(telco, **tables)
    assert left_out == {}
    for words in (
        'subscribers say nothing of opted_out, so nobody is left out as "does not want to be contacted"',
        f'bills say nothing of due_date, so nobody is left out as "{ARREARS}"',
        f'subscribers say nothing of account_id, so nobody is left out as "{ACCOUNT}"',
        f'subscribers say nothing of region, so nobody is left out as "{QUOTA}"',
        "no complaint has resolved_at, so every complaint of the last 180 days counts as open",
    ):
        assert words in said
    options = ("recommend", "data", "-o", "offers.csv", "--config", "own.toml", "--no-store")
    assert 'subscribers say nothing of opted_out, so nobody is left out as "does not' in " ".join(
        telco.good(*options).err.split()
    )
    assert "用户表中没有opted_out，不按“营销免打扰”排除任何人" in telco.good(*options, "--lang", "zh").err.replace(
        "\n", ""
    )


def test_a_missing_table_names_all_that_it_is_needed_for(telco: Telco) -> None:
    _, said = excluded(telco, bills=bills("paid"))
    for reason in ("does not want to be contacted", ACCOUNT):
        assert f'there is no subscribers table, so nobody is left out as "{reason}"' in said


def test_contacts_of_other_campaigns_on_the_day_and_after_it(telco: Telco) -> None:
    """Whoever is in another campaign that day or later is spoken for; this campaign's own contacts do not count."""
    days = {"day": ("old", DAY), "next": ("old", "2026-04-11"), "planned": ("old", "2026-09-01")}
    days |= {"before": ("old", "2026-01-10"), "long-ago": ("old", "2026-01-09")}  # 90 and 91 days
    days |= {"own": ("spring", DAY), "own-later": ("spring", "2026-04-11")}
    people: list[Row] = [
        {"subscriber_id": w, "month": "2026-03", "total": "900", "due_date": "2026-04-05", "paid": "900"} for w in days
    ]
    contacts: list[Row] = [
        {"subscriber_id": who, "campaign": campaign, "contacted_on": day, "arm": "control"}
        for who, (campaign, day) in days.items()
    ]
    left_out, _ = excluded(telco, bills=people, contacts=contacts)
    assert left_out == dict.fromkeys(("day", "next", "planned", "before"), CAMPAIGN)


# who: (bill, account, region); least profit 0 is at a bill of 111.2
SHARED = {
    "first": (900, "a1", "North"),
    "second": (800, "a1", "North"),
    "second-low": (100, "a1", "North"),  # would not be chosen alone either
    "low": (100, "a2", "North"),
    "low-mate": (90, "a2", "North"),  # the mate is not on the list
    "south": (700, "", "South"),
    "south-over": (600, "", "South"),
    "south-low": (100, "", "South"),
    "late": (500, "a3", "North"),
    "late-mate": (400, "a3", "North"),
}
ACCOUNT, QUOTA = "another subscriber of the account is contacted", "quota of the region is used up"


@pytest.mark.parametrize(
    ("options", "chosen", "wanted"),
    [
        (
            (),
            {"first", "south", "late"},
            {"second": ACCOUNT, "late-mate": ACCOUNT, "south-over": QUOTA},
        ),
        (("--top", 2), {"first", "south"}, {"second": ACCOUNT}),  # the list is full before south-over
        (("--min-profit", 5), {"first", "south"}, {"second": ACCOUNT}),  # 600: 4.40
        (("--min-profit", 999), set(), {}),
    ],
)
def test_accounts_and_quotas_count_who_would_be_chosen(
    telco: Telco, options: tuple[object, ...], chosen: set[str], wanted: dict[str, str]
) -> None:
    (telco.folder / "own.toml").write_text(f"{RULES}[rules.contact.quotas]\nSouth = 1\n", "utf-8")
    tables: dict[str, list[Row]] = {
        "bills": [{"subscriber_id": w, "month": "2026-03", "total": str(b)} for w, (b, _, _) in SHARED.items()],
        "subscribers": [
            {"subscriber_id": w, "activated_on": "2020-01-01", "account_id": account, "region": region}
            for w, (_, account, region) in SHARED.items()
        ],
    }
    export(telco.folder / "data", tables)
    base = ("--name", "spring", "--on", DAY, "--config", "own.toml", "--no-store", "--control", 0)
    telco.good("campaign", "plan", "data", "-o", "out", *base, *options)
    roster = read(telco.folder / "out/roster.csv")
    assert {r["subscriber_id"] for r in roster if r["arm"] == "treated"} == chosen
    assert {r["subscriber_id"]: r["all_reasons"] for r in roster if r["arm"] == "excluded"} == wanted
    counts = {r["excluded_for"]: int(r["subscribers"]) for r in read(telco.folder / "out/exclusions.csv")}
    reasons = list(wanted.values())
    assert counts == {reason: reasons.count(reason) for reason in reasons}
