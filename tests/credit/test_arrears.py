"""Arrears through a whole year, day by day, and every state, bucket and rule of credit control."""

from __future__ import annotations

from pathlib import Path

import pytest

from world import Row, by, call, export, read

# One customer through 2024, a leap year. The bill of January is due on the last day of February, 29th, and is paid on
# 15 March; that of February is due on 31 March and paid on that very day; the others are never paid.
YEAR_BILLS = """
subscriber_id month   total gift paid due_date   paid_on
ann           2024-01 100   0    100  2024-02-29 2024-03-15
ann           2024-02 100   0    100  2024-03-31 2024-03-31
ann           2024-03 100   0    0    2024-04-30 -
ann           2024-12 0     0    0    2025-01-31 -
"""
YEAR_EVENTS = """
subscriber_id time                kind
ann           2024-03-01~00:00:00 suspension   # as due
ann           2024-03-15~23:59:59 resume       # in the last second of the day
ann           2024-05-01~08:00:00 suspension
"""
# day: (state, action on, arrears months, days overdue, months overdue); None: not in the list
YEAR = {
    "2024-01-30": None,  # January has not closed
    "2024-01-31": ("open", "2024-03-01", "0", "0", "0"),  # it closes at 24:00
    "2024-02-28": ("open", "2024-03-01", "0", "0", "0"),
    "2024-02-29": ("open", "2024-03-01", "1", "0", "0"),  # the leap day is still on time; February closes
    "2024-03-01": ("stopped", "2024-05-30", "1", "1", "0"),  # 90 days after 1 March
    "2024-03-14": ("stopped", "2024-05-30", "1", "14", "0"),
    "2024-03-15": ("open", "2024-04-01", "0", "0", "0"),  # paid and resumed on this day; February's bill is open
    "2024-03-31": ("open", "2024-05-01", "0", "0", "0"),  # February's is paid in time, March's has closed
    "2024-04-29": ("open", "2024-05-01", "0", "0", "0"),
    "2024-04-30": ("open", "2024-05-01", "1", "0", "0"),
    "2024-05-01": ("stopped", "2024-07-30", "1", "1", "0"),
    "2024-05-30": ("stopped", "2024-07-30", "1", "30", "0"),
    "2024-05-31": ("stopped", "2024-07-30", "2", "31", "1"),  # 1 May to 1 June at midnight
    "2024-07-29": ("stopped", "2024-07-30", "3", "90", "2"),
    "2024-07-30": ("terminate", "2024-07-30", "3", "91", "2"),
    "2024-12-31": ("terminate", "2024-07-30", "9", "245", "8"),
}

# A bill of December 2024 that is due on 31 January 2025 and never paid: ends of months in a year without leap day.
MONTH_ENDS = {  # day: (arrears months, days overdue, months overdue)
    "2025-01-31": ("1", "0", "0"),  # January closes; the payment date is not past
    "2025-02-01": ("1", "1", "0"),
    "2025-02-27": ("1", "27", "0"),
    "2025-02-28": ("2", "28", "1"),  # 1 February to 1 March at midnight
    "2025-03-30": ("2", "58", "1"),
    "2025-03-31": ("3", "59", "2"),
    "2025-04-29": ("3", "88", "2"),
    "2025-04-30": ("4", "89", "3"),
    "2025-12-31": ("12", "334", "11"),
}
# Paid to the minute: the day counts whole, and midnight is the next day.
LAST_MINUTE = """
subscriber_id month   total paid due_date   paid_on
minute        2026-02 100   100  2026-03-31 2026-03-31~23:59:59
midnight      2026-02 100   100  2026-03-31 2026-04-01~00:00:00
"""

SUBSCRIBERS = """
subscriber_id brand activated_on cancelled_on status    bundle account_id exempt_until
plain         other 2020-01-01   -            active    -      -          -
minute        other 2020-01-01   -            active    -      -          -
later         other 2020-01-01   -            active    -      -          -
part          other 2020-01-01   -            active    -      -          -
gifted        other 2020-01-01   -            active    -      -          -
cent          other 2020-01-01   -            active    -      -          -
exempt        other 2020-01-01   -            active    -      -          2026-03-31
expired       other 2020-01-01   -            active    -      -          2026-03-30
record        other 2020-01-01   -            suspended -      -          -
paid-up       other 2020-01-01   -            suspended -      -          -
gone          other 2020-01-01   2026-03-31   closed    -      -          -
goes-later    other 2020-01-01   2026-04-01   closed    -      -          2026-01-01
spare         other 2020-01-01   -            active    -      -          2026-03-30   # owes nothing
last-day      other 2020-01-01   -            active    -      -          2026-03-31   # exempt for this one day
gone-exempt   other 2020-01-01   2026-03-31   closed    -      -          2026-03-30
undated       other 2020-01-01   -            active    -      -          -
house-1       other 2020-01-01   -            active    -      h          -
house-2       other 2020-01-01   -            active    -      h          -
tied          other 2020-01-01   -            active    true   -          -
old           other 2020-01-01   -            active    -      -          -
"""
BILLS = """
subscriber_id month   total  gift paid due_date   paid_on
plain         2026-02 100    0    0    2026-03-30 -            # a day over
minute        2026-02 100    0    100  2026-03-31 2026-03-31   # paid on the last day
later         2026-02 100    0    100  2026-03-30 2026-04-01   # paid after the statistics day: not known yet
part          2026-02 100    0    99   2026-03-30 2026-03-20   # a part
gifted        2026-02 100    30   0    2026-03-30 -            # 30 of it by gifted credit
cent          2026-02 100    99.99 0   2026-03-30 -
exempt        2026-02 100    0    0    2026-03-30 -
expired       2026-02 100    0    0    2026-03-30 -
record        2025-12 100    0    0    2026-01-20 -
paid-up       2026-02 100    0    100  2026-03-20 2026-03-25
gone          2026-02 100    0    0    2026-03-20 -
goes-later    2026-02 100    0    0    2026-03-31 -            # exactly on the payment date
undated       2026-02 100    0    0    -          -
house-1       2026-02 100    0    0    2026-03-20 -
house-2       2026-02 50     0    50   2026-03-20 2026-03-20
tied          2025-11 80     0    0    2025-12-20 -
old           2025-02 10     0    0    2025-03-20 -            # 13 months
old           2025-03 10     0    0    2025-04-20 -            # 12 months
old           2025-08 10     0    0    2025-09-20 -            # 7
old           2025-09 10     0    0    2025-10-20 -            # 6
old           2025-11 10     0    0    2025-12-20 -            # 4
old           2025-12 10     0    0    2026-01-20 -            # 3
old           2026-01 10     0    0    2026-02-20 -            # 2
old           2026-03 10     0    0    2026-04-20 -            # 0
"""
EVENTS = """
subscriber_id time                kind
tied          2025-12-31~10:00:00 suspension    # 90 days to 31 March: 31 + 28 + 31 = 90
house-2       2026-03-25~10:00:00 suspension
"""
# subscriber: (state, action due, unpaid, kind)
STATES = {
    "plain": ("stop", "true", "100.00", "plain"),
    "minute": None,
    "later": ("stop", "true", "100.00", "plain"),
    "part": ("stop", "true", "1.00", "plain"),
    "gifted": ("stop", "true", "70.00", "gift"),
    "cent": ("stop", "true", "0.01", "gift"),
    "exempt": ("exempt", "false", "100.00", "plain"),
    "expired": ("stop", "true", "100.00", "plain"),
    "record": ("stopped", "false", "100.00", "plain"),
    "paid-up": ("resume", "true", "0.00", "plain"),
    "gone": ("left", "false", "100.00", "plain"),
    "goes-later": ("open", "false", "100.00", "plain"),
    "undated": ("undated", "false", "100.00", "plain"),
    "house-1": ("stop", "true", "100.00", "merged"),
    "house-2": ("stopped", "false", "0.00", "merged"),  # paid its own, but the account owes
    "tied": ("terminate", "true", "80.00", "bundle"),
    "spare": ("clear", "false", "", "plain"),
    "last-day": None,
    "gone-exempt": None,
}
REASONS = {
    "plain": ("100.00 overdue, payable by 2026-03-30", "逾期100.00，约定缴费日2026-03-30"),
    "expired": (
        "100.00 overdue, payable by 2026-03-30; exemption ended on 2026-03-30",
        "逾期100.00，约定缴费日2026-03-30；免停已于2026-03-30到期",
    ),
    "exempt": (
        "100.00 overdue, payable by 2026-03-30; exempt until 2026-03-31",
        "逾期100.00，约定缴费日2026-03-30；免停至2026-03-31",
    ),
    "house-1": ("100.00 overdue, payable by 2026-03-20", "逾期100.00，约定缴费日2026-03-20"),
    # Its own bill is paid; that of house-1 stops both.
    "house-2": (
        "account h: 100.00 overdue, payable by 2026-03-20, 0.00 of it of this subscriber",
        "账户h逾期100.00，约定缴费日2026-03-20，其中本用户0.00",
    ),
    "record": ("100.00 overdue, payable by 2026-01-20", "逾期100.00，约定缴费日2026-01-20"),
    "paid-up": ("nothing overdue", "无逾期"),
    "spare": ("exemption ended on 2026-03-30", "免停已于2026-03-30到期"),
    "goes-later": ("exemption ended on 2026-01-01", "免停已于2026-01-01到期"),
    "undated": ("", ""),
    "gone": ("100.00 overdue, payable by 2026-03-20", "逾期100.00，约定缴费日2026-03-20"),
}
# bucket: (bills, unpaid). In bucket 1 are the bills of February: plain 100, later 100, part 1, gifted 70, cent 0.01,
# exempt, expired, gone, goes-later, undated, house-1 100 each.
AGEING = {
    "0": ("1", "10.00"),
    "1": ("11", "871.01"),
    "2": ("1", "10.00"),
    "3": ("2", "110.00"),  # record and old
    "4-6": ("3", "100.00"),  # tied, and two of old
    "7-12": ("2", "20.00"),
    ">12": ("1", "10.00"),
}
LATE = ("--no-store", "-q")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    folder = export(tmp_path_factory.mktemp("arrears") / "in",
                    {"subscribers": SUBSCRIBERS, "bills": BILLS, "events": EVENTS})  # fmt: skip
    assert call("run", folder, "-o", folder.parent / "out", "--as-of", "2026-03", *LATE) == 0
    return {path.stem: read(path) for path in (folder.parent / "out").glob("*.csv")}


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("year") / "in", {"bills": YEAR_BILLS, "events": YEAR_EVENTS})


@pytest.mark.parametrize(("day", "expected"), YEAR.items())
def test_a_day_of_the_year(year: Path, tmp_path: Path, day: str, expected: tuple[str, ...] | None) -> None:
    assert call("arrears", "list", year, "-o", tmp_path / "a.csv", "--day", day, "--as-of", "2024-12", *LATE) == 0
    rows = read(tmp_path / "a.csv")
    columns = ("state", "action_on", "arrears_months", "overdue_days", "overdue_months")
    assert [tuple(row[c] for c in columns) for row in rows] == ([expected] if expected else [])


@pytest.mark.parametrize(("day", "expected"), MONTH_ENDS.items())
def test_ends_of_months(tmp_path: Path, day: str, expected: tuple[str, ...]) -> None:
    bills = "subscriber_id month total paid due_date\nann 2024-12 100 0 2025-01-31\nann 2025-12 0 0 2026-01-31\n"
    folder = export(tmp_path / "in", {"bills": bills})
    assert call("arrears", "list", folder, "-o", tmp_path / "a.csv", "--day", day, "--as-of", "2025-12", *LATE) == 0
    (row,) = read(tmp_path / "a.csv")
    assert tuple(row[c] for c in ("arrears_months", "overdue_days", "overdue_months")) == expected


@pytest.mark.parametrize(("day", "owing"), {"2026-03-31": ["midnight"], "2026-04-01": []}.items())
def test_paid_in_the_last_minute(tmp_path: Path, day: str, owing: list[str]) -> None:
    folder = export(tmp_path / "in", {"bills": LAST_MINUTE})
    assert call("arrears", "list", folder, "-o", tmp_path / "a.csv", "--day", day, "--as-of", "2026-02", *LATE) == 0
    assert [row["subscriber_id"] for row in read(tmp_path / "a.csv")] == owing


@pytest.mark.parametrize(("who", "expected"), STATES.items())
def test_state(out: dict[str, list[Row]], who: str, expected: tuple[str, ...] | None) -> None:
    row = by(out["arrears"], "subscriber_id").get(who)
    assert (row and tuple(row[c] for c in ("state", "action_due", "unpaid", "kind"))) == expected


def test_dates_and_words(out: dict[str, list[Row]]) -> None:
    rows = by(out["arrears"], "subscriber_id")
    assert rows["plain"]["action_on"] == "2026-03-31"  # the day after the payment date
    assert rows["paid-up"]["action_on"] == "2026-03-25"  # the day it was paid
    assert rows["tied"]["action"] == "dissolve the bundle, claim what its contract says, then terminate"
    # The record alone says suspended: taken to be since 21 January; 90 days later is 21 April.
    assert (rows["record"]["stopped_on"], rows["record"]["action_on"]) == ("2026-01-21", "2026-04-21")
    expired = {who for who, row in rows.items() if row["exemption_expired"] == "true"}
    assert expired == {"expired", "spare", "goes-later"}


def test_only_what_is_stopped_has_a_day_on_which_it_ends(out: dict[str, list[Row]]) -> None:
    ending = {row["subscriber_id"]: row["terminate_on"] for row in out["arrears"] if row["terminate_on"]}
    # 90 days after 21 January (record), 25 March and 31 December. The stop of old, whose oldest
    # bill is a year over, is due first: no end yet.
    assert ending == {"record": "2026-04-21", "house-2": "2026-06-23", "tied": "2026-03-31"}


@pytest.mark.parametrize(("lang", "at"), [("en", 0), ("zh", 1)])
def test_reasons(tmp_path: Path, lang: str, at: int) -> None:
    folder = export(tmp_path / "in", {"subscribers": SUBSCRIBERS, "bills": BILLS, "events": EVENTS})
    options = ("-o", tmp_path / "a.csv", "--as-of", "2026-03", "--lang", lang, *LATE)
    assert call("arrears", "list", folder, *options) == 0
    rows = by(read(tmp_path / "a.csv"), "subscriber_id")
    assert {who: rows[who]["reason"] for who in REASONS} == {who: words[at] for who, words in REASONS.items()}
    assert (rows["house-2"]["overdue"], rows["house-2"]["account_overdue"]) == ("0.00", "100.00")


def test_suspended_by_the_record_before_anything_is_due(tmp_path: Path) -> None:
    people = "subscriber_id activated_on status\nann 2020-01-01 suspended\n"
    bills = "subscriber_id month total paid due_date\nann 2026-03 100 0 2026-04-20\n"
    folder = export(tmp_path / "in", {"subscribers": people, "bills": bills})
    assert call("arrears", "list", folder, "-o", tmp_path / "a.csv", "--as-of", "2026-03", *LATE) == 0
    (row,) = read(tmp_path / "a.csv")
    # Not "resume since 21 April", which is yet to come, and no day of a stop that nobody knows.
    assert [row[c] for c in ("state", "action_on", "stopped_on", "terminate_on")] == ["resume", "2026-03-31", "", ""]


def test_exempt_by_stars_is_said(tmp_path: Path) -> None:
    folder = export(tmp_path / "in", {"subscribers": SUBSCRIBERS, "bills": BILLS})
    (tmp_path / "r.toml").write_text("[rules.arrears]\nexempt_stars = 4\n", "utf-8")
    options = ("-o", tmp_path / "a.csv", "--as-of", "2026-03", "--config", tmp_path / "r.toml", *LATE)
    assert call("arrears", "list", folder, *options) == 0
    row = by(read(tmp_path / "a.csv"), "subscriber_id")["plain"]
    assert row["reason"] == "100.00 overdue, payable by 2026-03-30; exempt for 4 stars"


def test_gifted_credit_is_apart_from_cash(out: dict[str, list[Row]]) -> None:
    row = by(out["arrears"], "subscriber_id")["gifted"]
    assert (row["cash_paid"], row["gift_used"], row["unpaid"]) == ("0.00", "30.00", "70.00")
    ageing = by(out["arrears_ageing"], "bucket")["1"]
    assert (ageing["cash_paid"], ageing["gift_used"]) == ("99.00", "129.99")


@pytest.mark.parametrize(("bucket", "expected"), AGEING.items())
def test_ageing(out: dict[str, list[Row]], bucket: str, expected: tuple[str, str]) -> None:
    row = by(out["arrears_ageing"], "bucket")[bucket]
    assert (row["bills"], row["unpaid"]) == expected


def test_what_if(out: dict[str, list[Row]]) -> None:
    rules = by(out["stop_rules"], "rule")
    # In force: plain 100, later 100, part 1, gifted 70, cent 0.01, expired 100, record 100, the house 100 + 0 (two
    # subscribers), tied 80, old 80. Not: exempt, gone, undated, goes-later (not over), minute.
    assert (rules["in force"]["subscribers"], rules["in force"]["unpaid"]) == ("11", "731.01")
    # From 5 days on: record, the house (11 days), tied, old.
    assert (rules["5 days"]["subscribers"], rules["5 days"]["unpaid"]) == ("5", "360.00")
    assert (rules["30 days"]["subscribers"], rules["30 days"]["unpaid"]) == ("3", "260.00")
    # Without part and cent.
    assert rules["from 50 on"]["subscribers"] == "9"
    # Mean of the last three bills: record 100, tied 80, old 10.
    assert rules["30 days"]["monthly_revenue"] == "190.00"


def test_credit_limits(out: dict[str, list[Row]]) -> None:
    limits = by(out["credit_limits"], "subscriber_id")
    # 6 years: 300 points; spend 100: +100; 400 points are 4 stars: 2 × 100.
    assert [limits["plain"][c] for c in ("stars", "credit_limit", "over_limit")] == ["4", "200.00", "false"]
    # old: 300 points for tenure, 0 for spend 10: 3 stars: 1.5 × 10 = 15, rounded up to 20; 80 are unpaid.
    assert [limits["old"][c] for c in ("stars", "credit_limit", "over_limit")] == ["3", "20.00", "true"]
    # tied lost 100 points by its suspension: 300 + 50 (spend 80 is up to 80) - 100 = 250: 2 stars: 1 × 80
    assert [limits["tied"][c] for c in ("stars", "credit_limit", "over_limit")] == ["2", "80.00", "false"]
    assert "gone" not in limits


def test_exempt_stars(tmp_path: Path) -> None:
    folder = export(tmp_path / "in", {"subscribers": SUBSCRIBERS, "bills": BILLS})
    rules = tmp_path / "r.toml"
    rules.write_text("[rules.arrears]\nexempt_stars = 4\nminimum_unpaid = 1.0\n", "utf-8")
    target = tmp_path / "a.csv"
    assert call("arrears", "list", folder, "-o", target, "--as-of", "2026-03", "--config", rules, *LATE) == 0
    states = {row["subscriber_id"]: row["state"] for row in read(target)}
    assert [states[w] for w in ("plain", "old", "expired", "house-1")] == ["exempt", "stop", "exempt", "exempt"]


def test_bills_that_tell_nothing_of_payments(tmp_path: Path) -> None:
    folder = export(tmp_path / "in", {"bills": "subscriber_id month total\na 2026-03 5\n"})
    assert call("run", folder, "-o", tmp_path / "out", "--strict", *LATE) == 3
    assert not (tmp_path / "out" / "arrears.csv").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("buckets = [3, 1]", "must rise"),
        ("stop_after_days = 0", "rules.arrears.stop_after_days"),
        ("limit.factors = [1]", "six numbers"),
        ("terminal.odd.days = 3", "rules.arrears.terminal.odd"),
    ],
)
def test_wrong_rules_are_named(tmp_path: Path, text: str, says: str) -> None:
    from telco_crm.errors import RuleError

    folder = export(tmp_path / "in", {"bills": BILLS})
    (tmp_path / "r.toml").write_text(f"[rules.arrears]\n{text}\n", "utf-8")
    with pytest.raises(RuleError) as wrong:
        call("arrears", "list", folder, "-o", tmp_path / "x.csv", "--config", tmp_path / "r.toml", "--no-store")
    assert says in " ".join(wrong.value.problems)
