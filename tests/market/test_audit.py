"""The audit: every check at its edge, against findings worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from telco_crm.catalog import ANALYSES
from telco_crm.errors import RuleError
from world import Row, Run, by, export, records

# As of March 2026: subscriber, then what is wrong (the rest of the line is right at the edge).
SUBSCRIBERS = """
subscriber_id activated_on cancelled_on status birth_year exempt_until
fine          2020-01-01   -            active 1980 2026-03-30    # the day before the last one of the month
last-bill     2020-01-01   2026-03-01   closed 1980 -   # billed for March: it began on the day of leaving
left          2020-01-01   2026-02-28   closed 1980 2026-01-31   # used and billed in March
new           2026-02-28   -            active 1980 -     # used in February, on the day of activation
reused        2026-03-01   -            active 1980 -     # used in February
no-bill       2026-02-28   -            active 1980 -     # on the network for all of March
no-bill-yet   2026-03-01   -            active 1980 -     # not for all of March
born-then     1980-12-31   -            active 1980 2026-03-31
unborn        1979-12-31   -            active 1980 -     # activated the year before
same-day      2026-01-05   2026-01-05   closed 1980 -
backwards     2026-01-05   2026-01-04   closed 1980 -
undated       2020-01-01   -            closed 1980 -
gap           2020-01-01   -            active 1980 -     # no bill for February
stopped-89    2020-01-01   -            active 1980 -     # 89 days to midnight after 31 March: 2 January
stopped-90    2020-01-01   -            active 1980 -     # 1 January
resumed       2020-01-01   -            active 1980 -
stopped-again 2020-01-01   -            active 1980 -     # since February only
"""
PAYERS = ("fine", "born-then", "unborn", "stopped-89", "stopped-90", "resumed", "stopped-again")
# The part for usage is total - rent - vas - late fee + discount.
BILLS = """
subscriber_id month   total rent vas late_fee discount
last-bill     2026-03 0     -    -   -        -
left          2026-03 5     -    -   -        -
new           2026-02 0     -    -   -        -
new           2026-03 0     -    -   -        -
reused        2026-03 0     -    -   -        -
unknown       2026-03 7     -    -   -        -      # no record
silent        2026-03 0     -    -   -        -      # no record
gap           2026-01 0     -    -   -        -
gap           2026-03 0     -    -   -        -
exact         2026-03 36    20   5   2        1      # 36 - 20 - 5 - 2 + 1 = 10, as rated
one-more      2026-03 11    -    -   -        -      # differs by 1
cent-more     2026-03 11.01 -    -   -        -      # by 1.01
one-percent   2026-03 500   -    -   -        -      # rated 495, differs by 5 = 1 % of 500
over-percent  2026-03 500   -    -   -        -      # rated 494.99
fine          2026-04 99    -    -   -        -      # April is after the as-of month
""" + "".join(f"{who} 2026-03 0 - - - -\n" for who in PAYERS)
EVENTS = """
subscriber_id time                kind
stopped-89    2026-01-02~00:00:00 suspension
stopped-90    2026-01-01~23:59:59 suspension
stopped-90    2026-02-01~00:00:00 suspension   # a second one does not begin it anew
resumed       2025-06-01~00:00:00 suspension
resumed       2026-03-31~23:59:59 resume
stopped-again 2025-06-01~00:00:00 suspension
stopped-again 2025-06-02~00:00:00 resume
stopped-again 2026-02-01~00:00:00 suspension
"""
RATED = {"exact": 10, "one-more": 10, "cent-more": 10, "one-percent": 495, "over-percent": 494.99}


def _sms(who: str, day: str, charge: float = 0) -> list[Row]:
    return records(who, f"{day} 12:00:00 sms out 10086 own local home - - - {charge}")


def _world() -> dict[str, str | list[Row]]:
    used = [*RATED, *PAYERS, "last-bill", "left", "new", "reused", "gap", "unknown"]
    usage = [row for who in used for row in _sms(who, "2026-03-31", RATED.get(who, 0))]
    usage += _sms("new", "2026-02-28") + _sms("reused", "2026-02-28") + _sms("no-bill", "2026-03-31")
    usage += _sms("fine", "2026-01-31") + _sms("fine", "2026-04-10")
    return {"subscribers": SUBSCRIBERS, "bills": BILLS, "events": EVENTS, "usage": usage}


# check → findings, checked, examples
FOUND = {
    "usage_without_record": (6, 22, "cent-more 2026-03 (1 records); exact 2026-03 (1 records); one-more 2026-03"),
    "bill_without_record": (7, 21, "cent-more 2026-03 (11.01); exact 2026-03 (36.0)"),
    "bill_after_leaving": (1, 14, "left 2026-03 (cancelled 2026-02-28)"),
    "usage_after_leaving": (1, 16, "left 2026-03 (cancelled 2026-02-28)"),
    "usage_before_activation": (1, 17, "reused 2026-02 (activated 2026-03-01)"),
    # not silent of January and February; gap in January had no usage, though others had
    "bill_without_usage": (2, 21, "gap 2026-01 (0.0); silent 2026-03 (0.0)"),
    # fine has no bill of January, reused none of February; no-bill none of March
    "usage_without_bill": (3, 22, "fine 2026-01 (1 records); no-bill 2026-03 (1 records); reused 2026-02 (1 records)"),
    # March alone has rated charges
    "bill_differs": (
        4,
        19,
        "cent-more 2026-03 (+1.01); left 2026-03 (+5.00); over-percent 2026-03 (+5.01); unknown 2026-03 (+7.00)",
    ),
    "record_without_bill": (1, 10, "no-bill"),
    "gap_in_bills": (1, 19, "gap (1 missing)"),  # of all with a bill, unknown and silent, too
    "expired_exemption": (1, 2, "fine (2026-03-30)"),
    "activated_before_birth": (1, 17, "unborn (1979-12-31, born 1980)"),
    "cancelled_before_activation": (1, 4, "backwards (2026-01-05 > 2026-01-04)"),
    "closed_without_date": (1, 5, "undated"),
    "endless_suspension": (1, 3, "stopped-90 (since 2026-01-01)"),
    "missing_month": (0, 6, ""),
    "repeated_usage": (0, 0, ""),
    "duplicate_rows": (0, 70, ""),
    "late_rows": (3, 22, "usage.csv 2026-01 (1 rows); usage.csv 2026-02 (2 rows)"),
}


@pytest.fixture(scope="module")
def audit(module_run: Run) -> dict[str, Row]:
    return by(module_run(_world(), "--as-of", "2026-03", command="audit", code=4)["audit"], "check_id")


@pytest.mark.parametrize(("check", "expected"), FOUND.items())
def test_findings(audit: dict[str, Row], check: str, expected: tuple[int, int, str]) -> None:
    findings, checked, examples = expected
    row = audit[check]
    assert (int(row["findings"]), int(row["checked"])) == (findings, checked)
    assert row["examples"].startswith(examples)
    assert bool(row["examples"]) == bool(examples)
    assert row["result"] == ("found" if findings else "clean")


def test_serious_checks_come_first(audit: dict[str, Row]) -> None:
    severities = [row["severity"] for row in audit.values()]
    assert severities == sorted(severities, key=["serious", "warning", "notice"].index)


def test_differences_of_bills_and_rated_records(audit: dict[str, Row]) -> None:
    # 19 bills of March in order: 13 zeros, 1, 1.01, 5, 5, 5.01, 7
    row = audit["bill_differs"]
    assert (row["difference_low"], row["difference_median"]) == ("0.00", "0.00")
    # unknown has 7; the 95 % point lies at place 0.95 × 18 = 17.1 of 0 … 18, between 5.01 and 7
    assert float(row["difference_high"]) == pytest.approx(5.01 + 0.1 * 1.99, abs=0.005)


def test_run_writes_the_same_table(run: Run, audit: dict[str, Row]) -> None:
    assert by(run(_world(), "--as-of", "2026-03")["audit"], "check_id") == audit


BILLS_AND_USAGE = {"bills": "subscriber_id month total\na 2026-03 0\n", "usage": _sms("a", "2026-03-31")}


@pytest.mark.parametrize(
    ("fail_on", "code"), [("notice", 4), ("warning", 4), ("serious", 0), ("never", 0)], ids=lambda value: str(value)
)
def test_exit_code_follows_the_worst_finding(run: Run, fail_on: str, code: int) -> None:
    twice = BILLS_AND_USAGE | {"bills": "subscriber_id month total\na 2026-03 0\na 2026-03 0\n"}
    rows = by(run(twice, "--fail-on", fail_on, command="audit", code=code)["audit"], "check_id")
    assert (rows["duplicate_rows"]["findings"], rows["duplicate_rows"]["examples"]) == ("1", "bills (1 rows)")


def test_nothing_found_is_exit_code_0(run: Run) -> None:
    rows = run(BILLS_AND_USAGE, "--fail-on", "notice", command="audit")["audit"]
    assert {row["result"] for row in rows} == {"clean", "not checked"}


def test_checks_without_their_tables_say_so(run: Run, said: Callable[[], str]) -> None:
    rows = by(run(BILLS_AND_USAGE, command="audit")["audit"], "check_id")
    row = rows["endless_suspension"]
    assert (row["result"], row["findings"], row["examples"]) == ("not checked", "", "needs events, subscribers")
    assert rows["bill_without_usage"]["result"] == "clean"
    assert "Note: audit: not checked for want of tables: usage without a subscriber record, bill without" in said()


def test_checks_of_usage_are_not_clean_where_there_is_none(run: Run) -> None:
    rows = by(run({"subscribers": SUBSCRIBERS, "bills": BILLS}, command="audit", code=4)["audit"], "check_id")
    of_usage = ("usage_without_record", "usage_after_leaving", "repeated_usage", "late_rows")
    found = {(rows[name]["result"], rows[name]["examples"]) for name in of_usage}
    assert found == {("not checked", "needs usage")}


def test_findings_and_gaps_in_chinese(run: Run, said: Callable[[], str]) -> None:
    bills = BILLS + "fine 2026-05 x - - - -\n"
    tables = {"subscribers": SUBSCRIBERS, "bills": bills}
    rows = by(run(tables, "--as-of", "2026-03", "--lang", "zh", command="audit", code=4)["audit"], "check_id")
    assert rows["bill_after_leaving"]["examples"] == "left 2026-03 (2026-02-28销户)"
    assert rows["gap_in_bills"]["examples"] == "gap (缺1个月)"
    assert rows["activated_before_birth"]["examples"] == "unborn (1979-12-31入网，1980年出生)"
    assert rows["rejected_rows"]["examples"] == "bills (total：不是金额，1行)"
    assert rows["bill_differs"]["examples"] == "缺少话单表"
    assert "稽核：因缺表未做：有次无档：有话单无用户档案，" in said()


def test_a_month_without_anything_is_serious(run: Run) -> None:
    bills = "subscriber_id month total\na 2026-01 0\na 2026-03 0\n"
    usage = _sms("a", "2025-12-31") + _sms("a", "2026-01-31") + _sms("a", "2026-03-31")
    rows = by(run({"bills": bills, "usage": usage}, command="audit", code=4)["audit"], "check_id")
    assert rows["missing_month"]["examples"] == "bills 2026-02; usage 2026-02"
    assert (rows["missing_month"]["findings"], rows["missing_month"]["checked"]) == ("2", "7")


def test_gaps_by_bills_alone(run: Run) -> None:
    """No bill of anybody in February: that is a missing month, nobody's gap. a lacks April, b April and May; c begins
    in April, and d, billed once, has no gap.
    """
    bills = {"a": "01 03 05", "b": "01 03 06", "c": "04 05 06", "d": "03"}
    rows = [{"subscriber_id": who, "month": f"2026-{m}", "total": "0"} for who, ms in bills.items() for m in ms.split()]
    found = by(run({"bills": rows}, command="audit", code=4)["audit"], "check_id")
    gaps = found["gap_in_bills"]
    assert (gaps["findings"], gaps["checked"], gaps["examples"]) == ("2", "4", "a (1 missing); b (2 missing)")
    assert found["missing_month"]["examples"] == "bills 2026-02"


def test_bills_of_a_number_before_it_was_given_out_anew_are_no_gap(run: Run) -> None:
    """The record knows when: bills of months that ended before belong to somebody else. Without it there is a gap."""
    rows = [{"subscriber_id": who, "month": f"2026-{m}", "total": "0"} for who in "ab" for m in ("01", "03")]
    rows.append({"subscriber_id": "b", "month": "2026-02", "total": "0"})
    people = "subscriber_id activated_on status\na 2026-02-01 active\nb 2020-01-01 active\n"
    for tables, gaps in (({"bills": rows}, "a (1 missing)"), ({"bills": rows, "subscribers": people}, "")):
        found = by(run(tables, "--fail-on", "never", command="audit")["audit"], "check_id")
        assert found["gap_in_bills"]["examples"] == gaps


def test_complaints_resolved_before_they_were_made(run: Run) -> None:
    events = """
        subscriber_id time                kind      resolved_at
        a             2026-03-05~10:00:00 complaint 2026-03-05~09:59:59
        b             2026-03-05~10:00:00 complaint 2026-03-05~10:00:00
        c             2026-03-05~10:00:00 complaint -
        d             2026-04-05~10:00:00 complaint 2026-03-05~10:00:00    # after the as-of month
    """
    exports = {"bills": "subscriber_id month total\na 2026-03 0\n", "events": events}
    row = by(run(exports, command="audit")["audit"], "check_id")["resolved_before_made"]
    found = (row["findings"], row["checked"], row["examples"])
    assert found == ("1", "2", "a 2026-03 (2026-03-05 10:00:00 > 2026-03-05 09:59:59)")


def test_bad_rows_are_counted_by_reason(run: Run) -> None:
    bills = "subscriber_id month total\na 2026-03 0\nb 2026-03 x\nc 2026-03 x\n"
    rows = by(run({"bills": bills}, command="audit")["audit"], "check_id")
    assert rows["rejected_rows"]["examples"] == "bills (total: is not an amount of money, 2 rows)"
    assert (rows["rejected_rows"]["findings"], rows["rejected_rows"]["checked"]) == ("2", "3")


def test_files_that_overlap(run: Run, tmp_path: Path) -> None:
    """The second file has three rows of the first, in March; a row at the same second of another charge is another."""
    bills = "subscriber_id month total\na 2026-03 0\n"
    first = _sms("a", "2026-02-28") + _sms("a", "2026-03-10") + _sms("a", "2026-03-10", 1) + _sms("b", "2026-03-20")
    second = _sms("a", "2026-03-10") + _sms("a", "2026-03-10", 1) + _sms("a", "2026-03-10", 2) + _sms("b", "2026-03-20")
    third = _sms("a", "2026-03-21") + _sms("a", "2026-03-31")
    folder = export(tmp_path / "in", {"bills": bills, "usage_1": first, "usage_2": second, "usage_3": third})
    row = by(run(folder, command="audit", code=4)["audit"], "check_id")["repeated_usage"]
    assert (row["severity"], row["findings"], row["examples"]) == (
        "serious",
        "3",
        "usage_2.csv 2026-03 (3 rows of usage_1.csv)",
    )


def test_a_file_twice(run: Run, tmp_path: Path) -> None:
    usage = _sms("a", "2026-02-28") + _sms("a", "2026-03-10") + _sms("a", "2026-03-31")
    folder = export(tmp_path / "in", {"usage_1": usage, "usage_2": usage})
    row = by(run(folder, command="audit", code=4)["audit"], "check_id")["repeated_usage"]
    assert row["examples"] == "usage_2.csv 2026-02 (1 rows of usage_1.csv); usage_2.csv 2026-03 (2 rows of usage_1.csv)"


def test_equal_rows_of_one_file_are_no_overlap(run: Run) -> None:
    twice = {**BILLS_AND_USAGE, "usage": _sms("a", "2026-03-31") + _sms("a", "2026-03-31")}
    assert by(run(twice, command="audit")["audit"], "check_id")["repeated_usage"]["result"] == "clean"


OWN = """
[rules.audit]
examples = 1
suspension_days = 89
difference_money = 0.99
difference_share = 0
[rules.audit.checks.closed_without_date]
severity = "serious"
"""


def test_limits_and_severities_are_rules(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN)
    own = ("--config", tmp_path / "own.toml", "--lang", "zh")
    rows = by(run(_world(), "--as-of", "2026-03", *own, command="audit", code=4)["audit"], "check_id")
    assert rows["endless_suspension"]["findings"] == "2"
    assert rows["endless_suspension"]["examples"] == "stopped-89 (2026-01-02起)"
    assert rows["bill_differs"]["findings"] == "6"  # also by 1 and by 5 of 500
    assert rows["closed_without_date"]["severity"] == "serious"
    assert rows["closed_without_date"]["title"] == "状态已销户但无离网时间"


def test_wrong_rules_are_named_all_at_once(run: Run, tmp_path: Path) -> None:
    wrong = '[rules.audit]\nexample = 1\n[rules.audit.checks.late_rows]\nseverity = "bad"\n'
    (tmp_path / "own.toml").write_text(wrong)
    with pytest.raises(RuleError) as error:
        run(BILLS_AND_USAGE, "--config", tmp_path / "own.toml", command="audit")
    text = str(error.value)
    assert "rules.audit.example: unknown key" in text
    assert "rules.audit.checks.late_rows.severity" in text


def test_sql_that_does_not_run_is_a_wrong_rule(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[rules.audit.checks.bill_differs]\nwhen = "m.totall > 1"\n')
    with pytest.raises(RuleError, match=r"^rules\.audit\.checks\.bill_differs\.when: .*totall"):
        run(BILLS_AND_USAGE, "--config", tmp_path / "own.toml", command="audit")


def test_the_audit_is_part_of_a_run() -> None:
    assert "audit" in {table for analysis in ANALYSES for table in analysis.gives}
