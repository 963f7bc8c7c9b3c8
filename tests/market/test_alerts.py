"""Alerts: every limit from both sides, and the day on which each was first seen, by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from telco_crm.errors import RuleError
from world import Row, Run, by, records

# As of March 2026; it ends on 1 April at midnight.
SUBSCRIBERS = """
subscriber_id activated_on cancelled_on status contract_end
contract-60   2020-01-01   -            active 2026-05-30    # 60 days with the last one: April 30, May 30
contract-61   2020-01-01   -            active 2026-05-31
contract-0    2020-01-01   -            active 2026-03-31    # ended today: 0 left
contract-over 2020-01-01   -            active 2026-03-30
silent-14     2020-01-01   -            active -
silent-13     2020-01-01   -            active -
silent-all    2020-01-01   -            active -             # no row of any kind in March
silent-two    2020-01-01   -            active -             # silent in February, too
never-used    2020-01-01   -            active -
gone          2020-01-01   2026-03-05   closed -
"""
BILLS = """
subscriber_id month   total
falling       2026-01 100
falling       2026-02 90
falling       2026-03 79.99
falling-80    2026-01 100
falling-80    2026-02 90
falling-80    2026-03 80
falling-once  2026-01 100
falling-once  2026-02 100
falling-once  2026-03 50
falling-long  2025-12 200
falling-long  2026-01 100
falling-long  2026-02 90
falling-long  2026-03 79
flat          2026-01 99.5
flat          2026-02 100
flat          2026-03 100.5     # 1.00 apart, 1 % of the mean of 100
not-flat      2026-01 99.49
not-flat      2026-02 100.01
not-flat      2026-03 100.5
flat-zero     2026-01 0
flat-zero     2026-02 0
flat-zero     2026-03 0
flat-two      2026-02 100
flat-two      2026-03 100
"""
EVENTS = """
subscriber_id time                kind               score resolved_at
due           2026-03-28~23:59:59 complaint          -     -                    # 72 hours and a second to midnight
not-due       2026-03-29~00:00:00 complaint          -     -
resolved      2026-03-01~00:00:00 complaint          -     2026-03-31~23:59:59
later         2026-03-01~12:00:00 complaint          -     2026-04-01~00:00:00
later         2026-03-20~12:00:00 complaint          -     -
gone          2026-03-01~12:00:00 complaint          -     -
score-5       2026-03-09~10:00:00 survey             4     -
score-5       2026-03-10~10:00:00 survey             6     -
score-5.5     2026-03-09~10:00:00 survey             5     -
score-5.5     2026-03-10~10:00:00 survey             6     -
rival-3       2026-03-01~10:00:00 competitor_contact -     -
rival-3       2026-03-02~10:00:00 competitor_contact -     -
rival-3       2026-03-31~23:59:59 competitor_contact -     -
rival-2       2026-03-01~10:00:00 competitor_contact -     -
rival-2       2026-03-31~10:00:00 competitor_contact -     -
rival-2       2026-04-01~00:00:00 competitor_contact -     -
hotline-both  2026-03-01~10:00:00 competitor_contact -     -
hotline-both  2026-03-31~10:00:00 competitor_contact -     -     # perhaps told of the same two calls: not four
over          2026-01-31~10:00:00 overage            -     -
over          2026-03-31~10:00:00 overage            -     -     # not in February: begins anew
over-all      2026-01-01~10:00:00 overage            -     -
over-all      2026-02-01~10:00:00 overage            -     -
over-all      2026-03-01~10:00:00 overage            -     -
over-before   2026-02-01~10:00:00 overage            -     -     # not in March
"""
ACTIVE = [
    "due",
    "not-due",
    "resolved",
    "later",
    "score-5",
    "score-5.5",
    "rival-3",
    "rival-2",
    "over",
    "over-all",
    "over-before",
]


def _sms(who: str, *days: str) -> list[Row]:
    return [row for day in days for row in records(who, f"{day} 23:59:59 sms out 10086 own local home - - - -")]


def _data(who: str, day: str, time: str, volume: str) -> list[Row]:
    return records(who, f"{day} {time} data - - - - home - - {volume} -")


def _roaming(who: str, day: str, charge: float) -> list[Row]:
    return records(who, f"{day} 12:00:00 voice out 10086 own local international - 60 - {charge}")


def _calls(who: str, numbers: str, direction: str = "out") -> list[Row]:
    call = "2026-03-31 12:00:00 voice {} {} - local home - 60 - -"
    return [row for number in numbers.split() for row in records(who, call.format(direction, number))]


USAGE = [
    *(row for who in ACTIVE for row in _sms(who, "2026-01-31", "2026-02-28", "2026-03-31")),
    *_sms("silent-14", "2026-02-28", "2026-03-17"),  # 18 to 31 March: 14 days
    *_sms("silent-13", "2026-02-28", "2026-03-18"),
    *_sms("silent-all", "2026-02-28"),
    *_sms("silent-two", "2026-01-31"),
    *_sms("gone", "2026-02-28"),
    *_data("peak", "2026-03-31", "02:00:00", "10M"),
    *_data("peak", "2026-03-31", "04:00:00", "10M"),  # no longer the peak: half of the data
    *_data("peak-less", "2026-03-31", "03:59:59", "9.99M"),
    *_data("peak-share", "2026-03-31", "03:00:00", "10M"),
    *_data("peak-share", "2026-03-31", "12:00:00", "10.1M"),
    *(
        row
        for day, fee in (("01-31", 10), ("02-28", 30), ("03-31", 60))
        for row in _roaming("shock", f"2026-{day}", fee)
    ),
    *(
        row
        for day, fee in (("01-31", 10), ("02-28", 30), ("03-31", 59))
        for row in _roaming("used-to", f"2026-{day}", fee)
    ),
    *_calls("hotline-3", "10010 +8610000 10099 10086"),
    *_calls("hotline-2", "10010 10000 10086 13900010010"),
    *_calls("hotline-in", "10010 10010 10010", "in"),
    *_calls("hotline-both", "10010 10010"),
    *_roaming("shock-50", "2026-03-31", 50),
    *_roaming("shock-49", "2026-03-31", 49.99),
]
WORLD = {"subscribers": SUBSCRIBERS, "bills": BILLS, "events": EVENTS, "usage": USAGE}
# (subscriber, alert) → severity, first seen, figure
OPEN = {
    ("due", "complaint"): ("serious", "2026-03-31", "72.00"),
    ("later", "complaint"): ("serious", "2026-03-04", "732.00"),  # 30.5 days
    ("contract-60", "contract_ending"): ("warning", "2026-03-31", "60.00"),
    ("contract-61", "contract_ending"): None,
    ("contract-0", "contract_ending"): ("warning", "2026-01-31", "0.00"),  # 59 days left at the end of January
    ("falling", "arpu_falling"): ("warning", "2026-03-31", "79.99"),
    ("falling-long", "arpu_falling"): ("warning", "2026-02-28", "79.00"),  # 90 is below 80 % of 200
    ("silent-14", "sudden_silence"): ("serious", "2026-03-31", "14.00"),
    ("silent-all", "sudden_silence"): ("serious", "2026-03-31", ""),
    ("silent-two", "sudden_silence"): ("serious", "2026-02-28", ""),
    ("flat", "wake_up"): ("notice", "2026-03-31", "100.50"),
    ("flat-zero", "wake_up"): ("notice", "2026-03-31", "0.00"),
    ("falling", "wake_up"): ("notice", "2026-03-31", "79.99"),  # from here on: bills, but no record in three months
    ("falling-80", "wake_up"): ("notice", "2026-03-31", "80.00"),
    ("falling-long", "wake_up"): ("notice", "2026-03-31", "79.00"),
    ("falling-once", "wake_up"): ("notice", "2026-03-31", "50.00"),
    ("not-flat", "wake_up"): ("notice", "2026-03-31", "100.50"),
    ("peak", "night_data_peak"): ("notice", "2026-03-31", "10.00"),
    ("shock", "roaming_shock"): ("warning", "2026-03-31", "60.00"),  # 3 × the mean of 10 and 30
    ("shock-50", "roaming_shock"): ("warning", "2026-03-31", "50.00"),
    ("score-5", "low_score"): ("warning", "2026-03-31", "5.00"),
    ("rival-3", "rival_hotlines"): ("serious", "2026-03-31", "3.00"),
    ("hotline-3", "rival_hotlines"): ("serious", "2026-03-31", "3.00"),
    ("over", "overage"): ("notice", "2026-03-31", "1.00"),
    ("over-all", "overage"): ("notice", "2026-01-31", "1.00"),
}
EXPECTED = {key: value for key, value in OPEN.items() if value}


@pytest.fixture(scope="module")
def alerts(module_run: Run) -> list[Row]:
    return module_run(WORLD, "--as-of", "2026-03", command="alerts")["alerts"]


def test_what_is_open_and_nothing_else(alerts: list[Row]) -> None:
    found = {k: (r["severity"], r["first_seen"], r["detail"]) for k, r in by(alerts, "subscriber_id", "alert").items()}
    assert found == EXPECTED


def test_the_worst_come_first(alerts: list[Row]) -> None:
    severities = [row["severity"] for row in alerts]
    assert severities == sorted(severities, key=["serious", "warning", "notice"].index)


def test_since_leaves_the_new_ones(run: Run, alerts: list[Row]) -> None:
    new = run(WORLD, "--as-of", "2026-03", "--since", "2026-03-31", command="alerts")["alerts"]
    assert new == [row for row in alerts if row["first_seen"] >= "2026-03-31"]
    assert len(new) == len(EXPECTED) - 5


def test_hotlines_of_ones_own_rivals(run: Run, tmp_path: Path) -> None:
    own = '[vocabulary.terms]\nrival_hotline = { numbers = ["10010", "10086"] }\n'
    (tmp_path / "own.toml").write_text(own + "[rules.alerts.limits]\nhotline_calls = 2\n")
    rows = run(WORLD, "--as-of", "2026-03", "--config", tmp_path / "own.toml", command="alerts")["alerts"]
    found = {row["subscriber_id"]: row["detail"] for row in rows if row["alert"] == "rival_hotlines"}
    assert found == dict.fromkeys(("hotline-3", "hotline-2", "hotline-both", "rival-2"), "2.00") | {"rival-3": "3.00"}


def test_limits_severities_and_words(run: Run, tmp_path: Path) -> None:
    own = "[rules.alerts.complaint]\nhours = 71\n[rules.alerts.limits]\nsilent_days = 13\n"
    (tmp_path / "own.toml").write_text(own + '[rules.alerts.alerts.overage]\nseverity = "serious"\n')
    options = ("--as-of", "2026-03", "--lang", "zh", "--config", tmp_path / "own.toml")
    rows = by(run(WORLD, *options, command="alerts")["alerts"], "subscriber_id", "alert")
    assert rows["not-due", "complaint"]["title"] == "投诉超时未解决"
    assert ("silent-13", "sudden_silence") in rows
    assert rows["over", "overage"]["severity"] == "serious"


def test_a_limit_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[rules.alerts.alerts.overage]\nwhen = "m3.overages > $much"\n')
    with pytest.raises(RuleError, match=r"alerts\.overage names \$much, which \[limits\] does not have"):
        run(WORLD, "--config", tmp_path / "own.toml", command="alerts")


def test_sql_that_does_not_run_is_a_wrong_rule(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[rules.alerts.alerts.overage]\nwhen = "m3.overagez > 1"\n')
    with pytest.raises(RuleError, match=r"^rules\.alerts\.alerts\.overage\.when: .*overagez"):
        run(WORLD, "--config", tmp_path / "own.toml", command="alerts")


def test_without_events_it_is_said(run: Run, said: Callable[[], str]) -> None:
    rows = run({"bills": BILLS}, command="alerts")["alerts"]
    assert {row["alert"] for row in rows} == {"arpu_falling", "wake_up"}
    assert "Note: alerts: none of complaints" in said()
