"""Whom the contact policy leaves out of a small plan, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from telco_process import Telco

from world import Row, export, read

# As in test_retain_campaign: the expected profit is 0.008993 × ARPU − 1, so a bill of 900 is always chosen.
RULES = """
[rules.retention]
contact_cost = 1
[rules.assessment]
margin = 1.0
horizon_months = 1
discount = 0
monthly_churn = 0.5
[rules.offers]
offers = [{ id = "all", en = "gift", zh = "礼", take_up = 1.0 }]
"""
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
