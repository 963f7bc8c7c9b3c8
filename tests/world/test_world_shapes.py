"""Data of awkward shape: each gives what can be given, and what cannot is said by name, with what it needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import hand_history
import hand_warnings
import pytest

from telco_crm.errors import InputError, TelcoError
from world import Row, Run, agrees, by, call, export, process, read

Said = Callable[[], str]
# What bills alone allow, what subscriber records add; groups need more people, arrears need payments.
ALWAYS = {"segments", "churn", "retention", "audit", "alerts", "recommendations", "subscriber_months"}
LIFETIMES = {"value_assessment", "value_segments", "survival", "value_calibration"}
OF_BILLS = ALWAYS | LIFETIMES | {"arpu_bands", "value_tiers", "value_cuts", "tier_migration"}
EVERYTHING = OF_BILLS | {
    "credit",
    "churn_rates",
    "lifecycle",
    "stage_tiers",
    "credit_limits",
    "tags",
    "price_sensitivity",
}
WHOSE = ("segments", "credit", "churn")  # a row per subscriber
CUTS = 33  # cut points of the value scores
CHECKS = 21  # of the audit
NO_USAGE = (
    "Not computed: price sensitivity (needs usage). Not computed: groups (needs usage). "
    "Not computed: strategy (needs groups). Not computed: group moves (needs groups)."
)
FEW = (
    "Not computed: groups (17 groups need at least 170 subscribers with usage in the last 3 months, and there are {n})."
)
SHORT = (
    "Note: churn: scored by rules, not by a model, because the data has no cut-off with 3 months before it and 2 "
    "after it (5 months in a row are needed)."
)
NO_RECORDS = (
    "Note: churn: scored by rules, not by a model, because there is no subscribers table, so nobody is known to have "
    "left."
)
BLIND = "Note: without {tables}, no churn rule and no ladder step that looks at them holds for anybody."
GAP = "Note: there are no {what} of {months}; figures that look at them are empty or leave them out."
NO_MONTH = "there is no usage record and no bill, so there is no month to analyse; give --usage or --bills"


def only(*tables: str) -> dict[str, list[Row]]:
    """These tables of the world of churn rules."""
    return {name: rows for name, rows in hand_warnings.exports().items() if name in tables}


def without(month: str, *tables: str) -> dict[str, list[Row]]:
    """The world of churn rules without a month of these tables."""
    world = hand_warnings.exports()
    return {
        name: [r for r in rows if name not in tables or not (r.get("start_time") or r["month"]).startswith(month)]
        for name, rows in world.items()
    }


def columns(rows: list[Row], *names: str) -> set[tuple[str, ...]]:
    return {tuple(row[name] for name in names) for row in rows}


def test_only_bills(run: Run, said: Said) -> None:
    tables = run(only("bills"))
    words = said()
    assert set(tables) == OF_BILLS
    assert f"{NO_USAGE} Not computed: credit (needs subscribers)." in words
    assert NO_RECORDS in words
    assert BLIND.format(tables="usage, subscribers and events") in words
    people = by(tables["segments"], "subscriber_id")
    steady = people["steady"]
    assert (steady["arpu"], steady["arpu_band"], steady["policy_band"]) == ("100.00", "(80,120]", "mass")
    assert columns(tables["segments"], "group_id", "group", "brand", "months_on_network") == {("", "", "", "")}
    churn = by(tables["churn"], "subscriber_id")
    assert set(churn) == set(people)  # nobody is known to have left
    assert agrees(churn["bill-79"]["churn_score"], 0.047426)  # the one rule about bills
    assert agrees(churn["all"]["churn_score"], 0.047426)
    calls = by(tables["retention"], "subscriber_id")
    steps = {who: calls[who]["ladder_step"] for who in ("steady", "flat-edges", "bill-79", "gap-14", "suspended")}
    assert steps == {"steady": "1", "flat-edges": "2", "bill-79": "5", "gap-14": "1", "suspended": "1"}


def test_only_bills_command_by_command(run: Run, said: Said) -> None:
    bills = only("bills")
    assert len(run(bills, command="segment")["segments"]) == 77  # bills of March: 80 people less 3 without one
    assert "Not computed: groups (needs usage)." in said()
    run(bills, "--strict", command="segment", code=3)
    assert run(bills, command="retain")["retention"]
    with pytest.raises(TelcoError, match=r"^credit: nothing was written \(needs subscribers\)$"):
        run(bills, command="credit")


def test_only_usage(run: Run, said: Said) -> None:
    tables = run(only("usage"))
    words = said()
    assert set(tables) == ALWAYS | {"tags", "price_sensitivity"}
    assert "Not computed: arpu (needs bills)." in words
    assert FEW.format(n=76) in words  # 80 people less 4 without usage in March
    assert "Not computed: credit (needs bills and subscribers)." in words
    assert NO_RECORDS in words
    assert BLIND.format(tables="bills, subscribers and events") in words
    assert "Note: retention: ranked by churn score alone, since there are no bills and so no ARPU." in words
    bands = ("arpu", "arpu_band", "arpu_mean", "arpu_mean_band", "policy_band")
    assert columns(tables["segments"], *bands) == {("",) * 5}
    churn = by(tables["churn"], "subscriber_id")
    assert agrees(churn["gap-10"]["churn_score"], 0.075858)
    assert agrees(churn["minutes-less"]["churn_score"], 0.075858)
    assert agrees(churn["bill-79"]["churn_score"], 0.017986)
    assert tables["retention"][0]["priority"] == tables["retention"][0]["churn_score"]


@pytest.mark.parametrize("tables", [("subscribers",), ("events",), ("subscribers", "events")])
def test_neither_usage_nor_bills(run: Run, tables: tuple[str, ...]) -> None:
    for command in ("run", "segment", "credit", "retain"):
        with pytest.raises(InputError, match=f"^{NO_MONTH}$"):
            run(only(*tables), command=command)


def test_files_that_hold_nothing_but_a_header(run: Run) -> None:
    with pytest.raises(InputError, match=f"^{NO_MONTH}$"):
        run({"usage": [], "bills": "subscriber_id month total", "subscribers": "subscriber_id brand"})


def test_table_that_holds_nothing_but_a_header_counts_as_missing(run: Run, said: Said) -> None:
    tables = run({**only("bills"), "usage": [], "subscribers": "subscriber_id brand activated_on"})
    words = said()
    assert f"{NO_USAGE} Not computed: credit (needs subscribers)." in words
    assert set(tables) == OF_BILLS


def test_no_leavers(run: Run, said: Said) -> None:
    tables = run(hand_history.exports(0, (4,)))
    assert "because the history holds only 0 leavers, and a model needs at least 50." in said()
    assert {row["churn_rate"] for row in tables["arpu_bands"]} == {"0.000000", ""}
    assert len(tables["churn"]) == len(tables["segments"]) == len(tables["credit"]) == 244


def alone(who: str) -> dict[str, list[Row]]:
    """The world of churn rules with one subscriber only."""
    world = hand_warnings.exports()
    return {name: own for name, rows in world.items() if (own := [r for r in rows if r["subscriber_id"] == who])}


def test_one_subscriber(run: Run, said: Said) -> None:
    tables = run(alone("minutes-less"))
    words = said()
    assert {name: len(rows) for name, rows in tables.items()} == {
        **dict.fromkeys(EVERYTHING, 1),
        "value_segments": 4,  # everybody, ARPU band, contract, months on network
        "survival": 0,
        "value_calibration": 0,
        "arpu_bands": 10,
        "churn_rates": 3,
        "value_cuts": CUTS,
        "audit": CHECKS,
        "tags": 0,
        "recommendations": 0,
        "alerts": 0,
        "subscriber_months": 3,
    }
    band = by(tables["arpu_bands"], "arpu_band")["(80,120]"]
    assert (band["subscribers"], band["share"], band["revenue_share"]) == ("1", "1.000000", "1.000000")
    assert tables["churn"][0]["risk_rank"] == "1"
    assert FEW.format(n=1) in words
    assert SHORT in words


def test_one_subscriber_who_has_left(run: Run) -> None:
    tables = run(alone("left-last-day"))
    assert {name: len(rows) for name, rows in tables.items()} == {
        **dict.fromkeys(EVERYTHING, 0),
        "price_sensitivity": 1,
        "segments": 1,
        "credit": 1,
        "arpu_bands": 10,
        "churn_rates": 3,
        "value_cuts": CUTS,
        "audit": CHECKS,
        "tier_migration": 1,
        "subscriber_months": 3,
    }


# What the rules can see of everybody's March when nothing is known of February: of "all" the forwarding, the
# complaint, the requests, the gap, contract, months and bundle: 1.5+1.2+3+1.2+1.5+0.7+0.5-0.8 = 8.8, so odds of 4.8.
FEBRUARY_UNKNOWN = {
    "all": 0.991837,
    "local-none": 0.017986,
    "minutes-less": 0.017986,
    "bill-79": 0.017986,
    "plans-3": 0.017986,
}


@pytest.fixture(scope="module")
def february_missing(module_run: Run) -> dict[str, list[Row]]:
    return module_run(without("2026-02", "usage", "bills"))


def test_month_missing_in_the_middle(february_missing: dict[str, list[Row]]) -> None:
    assert set(february_missing) == EVERYTHING | {"complaints", "satisfaction_leaving", "service_history"}
    churn = by(february_missing["churn"], "subscriber_id")
    assert {who: float(churn[who]["churn_score"]) for who in FEBRUARY_UNKNOWN} == FEBRUARY_UNKNOWN
    segments = by(february_missing["segments"], "subscriber_id")
    assert segments["bill-79"]["arpu_mean"] in ("89.99", "90.00")  # (100+79.99)/2 = 89.995
    assert by(february_missing["retention"], "subscriber_id")["bill-79"]["ladder_step"] == "1"


def test_month_missing_in_the_middle_is_said(run: Run, said: Said) -> None:
    tables = without("2026-02", "usage", "bills")
    run(tables, "--strict", code=3)
    words = said()
    assert "As-of month 2026-03; the data has 2026-01 to 2026-03." in words
    assert GAP.format(what="usage records", months="2026-02") in words
    assert GAP.format(what="bills", months="2026-02") in words
    with pytest.raises(InputError, match=r"^--as-of 2026-02: the data has no such month; it has 2026-01, 2026-03$"):
        run(tables, "--as-of", "2026-02")


def test_month_whose_files_are_empty_is_a_missing_month(
    run: Run, said: Said, february_missing: dict[str, list[Row]], tmp_path: Path
) -> None:
    folder = export(tmp_path / "in", without("2026-02", "usage", "bills"))
    export(folder, {"usage_2026-02": [], "bills_2026-02": "subscriber_id month total"})
    assert run(folder) == february_missing
    words = said()
    assert GAP.format(what="usage records", months="2026-02") in words
    assert GAP.format(what="bills", months="2026-02") in words


def test_usage_that_begins_later_than_bills(run: Run, said: Said) -> None:
    tables = hand_warnings.exports()
    tables["usage"] = [row for row in tables["usage"] if row["start_time"] >= "2026-03"]
    churn = by(run(tables)["churn"], "subscriber_id")
    words = said()
    assert GAP.format(what="usage records", months="2026-01 to 2026-02") in words
    assert "no bills of" not in words
    assert agrees(churn["bill-79"]["churn_score"], 0.047426)  # bills are known
    assert agrees(churn["gap-10"]["churn_score"], 0.075858)  # and the usage of March
    assert agrees(churn["silent-billed"]["churn_score"], 0.017986)  # that usage has stopped is not


def test_newest_month_without_usage_is_not_the_present(run: Run, said: Said) -> None:
    run(without("2026-03", "usage"))
    words = said()
    assert "As-of month 2026-02; the data has 2026-01 to 2026-03." in words
    assert (
        "Note: 2026-03: not complete (no usage on the last day, or few bills), so 2026-02 is taken as the present."
        in words
    )


def test_month_without_usage_can_be_asked_for(run: Run, said: Said) -> None:
    churn = by(run(without("2026-03", "usage"), "--as-of", "2026-03")["churn"], "subscriber_id")
    words = said()
    assert "Note: 2026-03 does not seem complete (no usage on its last day, or few bills)." in words
    assert GAP.format(what="usage records", months="2026-03") in words
    # Nothing is known of the usage of March, so nobody is said to have stopped.
    assert {churn[who]["reason_1"] for who in ("steady", "silent-billed", "gap-14", "minutes-less")} == {""}


def test_subscribers_without_usage_or_bill_and_usage_without_a_record(run: Run) -> None:
    tables = hand_warnings.exports()
    tables["subscribers"].append(
        {"subscriber_id": "quiet", "activated_on": "2026-01-10", "cancelled_on": "", "status": "active"}
    )
    found = {name: by(rows, "subscriber_id") for name, rows in run(tables).items() if name in WHOSE}
    quiet, stranger = (found["segments"][who] for who in ("quiet", "no-record"))
    assert (quiet["arpu"], quiet["arpu_band"], quiet["months_on_network"], quiet["group"]) == ("", "no bill", "2", "")
    assert found["credit"]["quiet"]["score"] == "0"
    assert agrees(found["churn"]["quiet"]["churn_score"], 0.017986)  # nothing but the record is known of March
    assert (stranger["arpu"], stranger["months_on_network"], stranger["brand"]) == ("100.00", "", "")
    assert found["credit"]["no-record"]["spend_points"] == "100"  # (100+80+100)/3 = 93.33
    assert "no-record" in found["churn"]


def test_as_of_the_first_month(run: Run, said: Said) -> None:
    tables = run(hand_warnings.exports(), "--as-of", "2026-01")
    words = said()
    assert set(tables) == EVERYTHING | {"complaints", "service_history"}
    assert "As-of month 2026-01; the data has 2026-01 to 2026-03." in words
    assert SHORT in words
    churn = by(tables["churn"], "subscriber_id")
    # of "all": contract (89 days), months and bundle: 0.7+0.5-0.8 = 0.4; exp(3.6) = 36.598234
    assert agrees(churn["all"]["churn_score"], 0.026597)
    assert agrees(churn["cancel-january"]["churn_score"], 0.268941)
    assert "local-day-56" not in churn  # joins in February
    assert {"left-last-day", "left-before"} <= set(churn)  # still there


def files(folder: Path) -> dict[str, int]:
    """The files of an output folder and when they were written."""
    return {p.name: p.stat().st_mtime_ns for p in folder.iterdir() if not p.name.startswith(".")}


def test_as_of_a_month_outside_the_data(run: Run, tmp_path: Path) -> None:
    """As a real process: one sentence, exit code 1, and the outputs of before stay."""
    folder = export(tmp_path / "in", only("bills"))
    assert call("run", folder, "-o", tmp_path / "out") == 0
    before = files(tmp_path / "out")
    done = process("run", folder, "-o", tmp_path / "out", "--as-of", "2026-04")
    sentence = "--as-of {month}: the data has no such month; it has 2026-01 to 2026-03"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"telco-crm: {sentence.format(month='2026-04')}\n"
    assert files(tmp_path / "out") == before
    with pytest.raises(InputError, match=f"^{sentence.format(month='2025-12')}$"):
        run(folder, "--as-of", "2025-12")


def test_what_is_impossible_is_an_exit_code_with_strict_alone(run: Run, tmp_path: Path) -> None:
    """As a real process; the tables are the same."""
    folder = export(tmp_path / "in", only("bills"))
    done = process("run", folder, "-o", tmp_path / "out", "--strict")
    assert (done.returncode, done.stdout) == (3, "")
    assert "Not computed: groups (needs usage)." in done.stderr
    plain = run(folder)
    assert sorted(p.stem for p in (tmp_path / "out").glob("*.csv")) == sorted(plain)
    assert {name: read(tmp_path / f"out/{name}.csv") for name in plain} == plain
