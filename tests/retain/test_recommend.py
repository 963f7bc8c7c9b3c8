"""Recommendations: every trigger from both sides, chances and values by hand, holdings, the contact policy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from telco_crm.catalog import ANALYSES
from telco_crm.errors import RuleError
from telco_crm.retain.products import RecommendRules
from telco_crm.rules import load_rules
from telco_crm.segment.scheme import load_scheme
from world import Row, Run, by, records

# As of March 2026; it ends on 1 April at midnight. Everybody has bills of 100 or as below, and a message a month.
SUBSCRIBERS = """
subscriber_id activated_on cancelled_on status    contract_end services        account_id region opted_out
night         2020-01-01   -            active    -            caller_tune     -          east   -
night-less    2020-01-01   -            active    -            -               -          east   -
night-share   2020-01-01   -            active    -            -               -          east   -
night-has     2020-01-01   -            active    -            0               -          east   -
over          2020-01-01   -            active    -            -               -          east   -
over-before   2020-01-01   -            active    -            -               -          east   -
line-1        2020-01-01   -            active    -            -               acc        east   -
line-2        2020-01-01   -            active    -            FAMILY          acc        east   -
alone         2020-01-01   -            active    -            -               left       east   -
gone          2020-01-01   2026-03-05   closed    -            -               left       east   -
grows         2020-01-01   -            active    -            iot            -           east   -
grows-less    2020-01-01   -            active    -            iot            -           east   -
grows-new     2020-01-01   -            active    -            -               -          east   -
grows-has     2020-01-01   -            active    -            iot;Data_Pack   -          east   -
contract-60   2020-01-01   -            active    2026-05-30   -               -          east   -
contract-61   2020-01-01   -            active    2026-05-31   -               -          east   -
contract-0    2020-01-01   -            active    2026-03-31   -               -          east   -
contract-over 2020-01-01   -            active    2026-03-30   -               -          east   -
hk-5          2020-01-01   -            active    -            -               -          east   -
hk-4          2020-01-01   -            active    -            -               -          east   -
abroad-5      2020-01-01   -            active    -            -               -          east   -
abroad-4      2020-01-01   -            active    -            -               -          east   -
roam-50       2020-01-01   -            active    -            -               -          east   -
roam-49       2020-01-01   -            active    -            -               -          east   -
forward-15    2020-01-01   -            active    -            -               -          east   -
forward-14    2020-01-01   -            active    -            -               -          east   -
flat          2020-01-01   -            active    -            -               -          east   -
not-flat      2020-01-01   -            active    -            -               -          east   -
stopped       2020-01-01   -            suspended -            -               -          east   -
number-only   2020-01-01   -            active    -            2               -          east   -
no-dnd        2020-01-01   -            active    -            -               -          east   yes
complains     2020-01-01   -            active    -            -               -          east   -
owes          2020-01-01   -            active    -            -               -          east   -
called        2020-01-01   -            active    -            -               -          east   -
planned       2020-01-01   -            active    -            -               -          east   -
"""
NAMES = [line.split()[0] for line in SUBSCRIBERS.strip().splitlines()[1:]]
TOTALS = {"flat": (99.5, 100, 100.5), "not-flat": (99.49, 100.01, 100.5)}
OVER = ("over", "stopped", "no-dnd", "complains", "owes", "called", "planned")


def _bills() -> list[Row]:
    rows = []
    for who in NAMES:
        for month, total in zip(("01", "02", "03"), TOTALS.get(who, (80, 120, 100)), strict=True):
            paid = "0" if (who, month) == ("owes", "01") else str(total)
            due = f"2026-{int(month) + 1:02d}-20"
            row = {"subscriber_id": who, "month": f"2026-{month}", "total": str(total), "paid": paid}
            rows.append({**row, "due_date": due, "paid_on": due if paid != "0" else ""})
    return rows


def _events() -> str:
    rows = "".join(f"{who} 2026-03-{day:02d}~10:00:00 overage\n" for day, who in enumerate(OVER, 10))
    rows += "over-before 2026-02-28~23:59:59 overage\ncomplains 2026-03-31~10:00:00 complaint\n"
    rows += "number-only 2026-03-31~23:59:59 overage\nover 2026-03-01~00:00:00 overage\n"
    return f"subscriber_id time kind\n{rows}"


CONTACTS = """
subscriber_id campaign contacted_on arm
called        spring   2026-03-02   treated     # 30 days before 1 April
planned       winter   2026-01-01   control     # 90 days
over          autumn   2025-12-31   treated
night         summer   2026-04-01   treated     # is not known in March
"""


def _data(who: str, day: str, time: str, volume: str) -> list[Row]:
    return records(who, f"{day} {time} data - - - - home - - {volume} -")


def _calls(who: str, toll: str, count: int, direction: str = "out") -> list[Row]:
    return [
        row
        for n in range(count)
        for row in records(who, f"2026-03-10 10:{n:02d}:00 voice {direction} 10{n} own {toll} home - 60 - 0")
    ]


def _roaming(who: str, charge: float) -> list[Row]:
    return records(who, f"2026-03-31 12:00:00 voice out 10086 own local international - 60 - {charge}")


def _usage() -> list[Row]:
    rows = [
        row
        for who in NAMES
        for day in ("2026-01-31", "2026-02-28", "2026-03-31")
        for row in records(who, f"{day} 23:59:59 sms out 10086 own local home - - - -")
    ]
    for who in ("night", "night-has"):
        rows += _data(who, "2026-03-31", "02:00:00", "100M") + _data(who, "2026-03-31", "04:00:00", "100M")
    rows += _data("night-less", "2026-03-31", "03:59:59", "9.99M")
    rows += _data("night-share", "2026-03-31", "03:00:00", "100M") + _data(
        "night-share", "2026-03-31", "12:00:00", "101M"
    )
    for who, volume in (("grows", "150M"), ("grows-less", "149.9M"), ("grows-has", "150M")):
        for day, amount in (("2026-01-15", "100M"), ("2026-02-15", "100M"), ("2026-03-15", volume)):
            rows += _data(who, day, "12:00:00", amount)
    rows += _data("grows-new", "2026-03-15", "12:00:00", "100M")
    rows += _calls("hk-5", "hk_macau", 5) + _calls("hk-4", "hk_macau", 4)
    rows += _calls("abroad-5", "international", 3) + _calls("abroad-5", "taiwan", 2)
    rows += _calls("abroad-4", "international", 4)
    rows += _roaming("roam-50", 50) + _roaming("roam-49", 49.99)
    return rows + _calls("forward-15", "local", 15, "forward") + _calls("forward-14", "local", 14, "forward")


WORLD = {
    "subscribers": SUBSCRIBERS,
    "bills": _bills(),
    "events": _events(),
    "contacts": CONTACTS,
    "usage": _usage(),
}
# Nobody is like anybody and there are no groups, so a product comes from its triggers alone. The chance has the odds of
# take_up times those of the trigger: of 0.05 and 4: (1/19)·4 = 4/19, so 4/23. Margin: price × 0.6 × 12 = price × 7.2,
# where the price may hold a share of the mean ARPU of 100.
NIGHT = ("night_pack", "0.173913", "108.00", "18.78")  # 15 × 7.2; 4/23 × 108
OVERAGE = ("bigger_plan", "0.110092", "108.00", "11.89")  # (3/97)·4: 12/109; (10 + 5) × 7.2
FAMILY = ("family_plan", "0.136364", "72.00", "9.82")  # (1/19)·3: 3/22
GROWS = ("data_pack", "0.136364", "144.00", "19.64")
BUNDLE = ("bundle", "0.136364", "72.00", "9.82")
EXPECTED = {
    "night": NIGHT,
    "night-has": GROWS,  # its night pack is worth less: 18.78
    "over": OVERAGE,
    "line-1": FAMILY,
    "grows": GROWS,
    "grows-new": GROWS,
    "night-share": GROWS,  # no peak, but growth
    "contract-60": BUNDLE,
    "contract-0": BUNDLE,
    "hk-5": ("hk_pack", "0.084906", "144.00", "12.23"),  # (3/97)·3: 9/106
    "abroad-5": ("abroad_pack", "0.111111", "144.00", "16.00"),  # (4/96)·3: 1/9
    "roam-50": ("roaming_pack", "0.111111", "144.00", "16.00"),
    "forward-15": ("one_number", "0.095238", "72.00", "6.86"),  # (1/19)·2: 2/21
    "flat": ("wake_up", "0.058252", "36.00", "2.10"),  # (3/97)·2: 6/103
    "number-only": OVERAGE,
    **dict.fromkeys(("no-dnd", "complains", "owes", "called", "planned"), OVERAGE),
}
EXPECTED["night"] = GROWS  # 200 MB after none; the night pack is the alternative
FIGURES = ("product", "propensity", "margin_value", "expected_value")


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    return lambda: " ".join(capsys.readouterr().err.split())


@pytest.fixture(scope="module")
def rows(run: Run) -> dict[str, Row]:
    return by(run(WORLD, "--as-of", "2026-03", command="recommend")["recommend"], "subscriber_id")


def test_who_is_offered_what_and_nobody_else(rows: dict[str, Row]) -> None:
    assert {who: tuple(row[key] for key in FIGURES) for who, row in rows.items()} == EXPECTED


def test_the_next_best_is_the_alternative(rows: dict[str, Row]) -> None:
    night = rows["night"]
    assert (night["alternative"], night["alternative_name"], night["alternative_value"]) == (
        "night_pack",
        "night data pack",
        "18.78",
    )
    assert rows["over"]["alternative"] == rows["night-share"]["alternative"] == ""


def test_reasons_in_words(rows: dict[str, Row]) -> None:
    words = {who: rows[who]["reason"] for who in ("over", "line-1", "contract-0", "abroad-5", "grows")}
    assert words == {
        "over": "went over the plan (2)",
        "line-1": "2 lines in one account",
        "contract-0": "the contract ends in 0 days",
        "abroad-5": "5 calls abroad",
        "grows": "data volume grows fast (150 MB)",
    }


def test_the_contact_policy_is_that_of_campaigns(rows: dict[str, Row]) -> None:
    kept_out = {who: row["excluded_for"] for who, row in rows.items() if row["excluded_for"]}
    assert kept_out == {
        "no-dnd": "does not want to be contacted",
        "complains": "open complaint: to customer care first",
        "owes": "in arrears: to credit control",
        "called": "contacted a short time ago",
        "planned": "in another campaign",
    }
    assert rows["called"]["all_reasons"] == "contacted a short time ago; in another campaign"
    free = [row for row in rows.values() if not row["excluded_for"]]
    assert [row["rank"] for row in free] == [str(n) for n in range(1, len(free) + 1)]
    assert all(rows[who]["rank"] == "" for who in kept_out)
    values = [float(row["expected_value"]) for row in free]
    assert values == sorted(values, reverse=True)


def test_one_of_an_account_is_contacted(run: Run) -> None:
    world = {**WORLD, "subscribers": SUBSCRIBERS.replace("FAMILY", "-     ")}
    found = by(run(world, "--as-of", "2026-03", command="recommend")["recommend"], "subscriber_id")
    assert found["line-1"]["excluded_for"] == ""
    assert found["line-2"]["excluded_for"] == "another subscriber of the account is contacted"


OWN = """
[rules.recommend]
minimum_value = 2.1
margin = 0.5
eligible = "true"
[rules.contact.quotas]
east = 2
"""


def test_rules_and_words_of_the_users(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN)
    options = ("--as-of", "2026-03", "--lang", "zh", "--config", tmp_path / "own.toml")
    found = by(run(WORLD, *options, command="recommend")["recommend"], "subscriber_id")
    assert "flat" not in found  # 6/103 × 5 × 6 = 1.75
    assert found["stopped"]["product"] == "bigger_plan"
    assert found["over"]["margin_value"] == "90.00"  # 15 × 0.5 × 12
    assert (found["over"]["product_name"], found["over"]["reason"]) == ("升档套餐", "超出套餐2次")
    assert sum(row["rank"] != "" for row in found.values()) == 2
    assert found["over"]["excluded_for"] == "超出地区配额"


def test_without_other_tables_it_is_said_what_is_not_looked_at(run: Run, said: Callable[[], str]) -> None:
    found = by(run({"bills": WORLD["bills"]}, command="recommend")["recommend"], "subscriber_id")
    assert set(found) == {"flat"}
    words = said()
    assert "Note: recommendations: without contacts nobody is left out for: contacted a short time ago" in words
    assert "Note: recommendations: look-alikes for no product" in words


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ("minimum = 1", r"rules\.recommend\.minimum: unknown key \(did you mean \"minimum_value\"\?\)"),
        ('eligible = "p.statuss = 1"', r"rules\.recommend\.eligible: .*statuss"),
        (
            '[[rules.recommend.products]]\nid = "x"\nkind = "up_sell"\nen = "x"\nzh = "x"\ntake_up = 0.1',
            r'product "x" brings nothing: give monthly or arpu_share',
        ),
    ],
)
def test_wrong_rules_are_named(run: Run, tmp_path: Path, wrong: str, problem: str) -> None:
    (tmp_path / "own.toml").write_text(wrong if wrong.startswith("[[") else f"[rules.recommend]\n{wrong}\n")
    with pytest.raises(RuleError, match=problem):
        run({"bills": WORLD["bills"]}, "--config", tmp_path / "own.toml", command="recommend")


@pytest.mark.parametrize("name", ["postpaid-17", "behaviour-16"])
def test_every_group_has_a_product(name: str) -> None:
    rules = load_rules(RecommendRules, "recommend")
    assert {g for p in rules.products for g in p.groups.get(name, ())} == set(load_scheme(name).groups)


def test_recommendations_are_part_of_a_run() -> None:
    assert "recommendations" in {table for analysis in ANALYSES for table in analysis.gives}
