"""A real call log with missed calls, clocks set to 1980, leading zeros and an odd date format; only a mapping file."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from telco_process import Telco

ROWS, REJECTED = 13_031, 2
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "nodobo.toml"
Features = dict[tuple[str, str], dict[str, str]]
Month = dict[str, Any]

# Worked out from the lines of the file. 07375968743 in September 2010, in order of time:
#   Fri 10 14:39 in 29 s · Fri 10 16:57 missed · Fri 10 17:14 missed · Sat 11 14:37 out 146 · Sat 11 15:32 out 6 ·
#   Sat 11 16:16 out 0 · Sat 11 18:13 out 0 · Sat 11 18:14 out 0 · Sun 12 18:40 in 35 · Mon 13 09:46 out 9 ·
#   Mon 13 11:59 out 10 · Thu 16 16:10 out 384 · Sat 18 09:12 missed
# Other parties: …7474, …1225, 044, …8213 (out three times, and once in), 2172, …8544, …1393.
BY_HAND: dict[tuple[str, str], Month] = {
    ("07375968743", "2010-09"): {
        "voice_calls": 13,
        "voice_out_calls": 8,
        "voice_in_calls": 5,
        "voice_minutes": 619 / 60,  # 29 + 146 + 6 + 35 + 9 + 10 + 384
        "voice_out_minutes": 555 / 60,
        "unanswered_calls": 6,
        "longest_call_s": 384,
        "contacts": 7,
        "contacts_out": 5,
        "contacts_in": 3,
        "contacts_mutual": 1,
        "active_days": 6,
        "weekend_calls": 7,
        "last_activity_gap_days": 12,
        "data_sessions": 0,
        "bill_total": None,
    },
    ("07375968743", "2010-10"): {
        "voice_calls": 1,
        "voice_in_minutes": 0.1,
        "contacts": 1,
        "last_activity_gap_days": 25,
    },
    ("07375968743", "2010-11"): {"voice_calls": 3, "voice_in_calls": 3, "voice_minutes": 80 / 60, "active_days": 1},
    ("07375968743", "2010-12"): {"voice_out_calls": 3, "voice_out_minutes": 0, "contacts": 2, "active_days": 4},
    ("07375968743", "2011-01"): {"voice_calls": 6, "unanswered_calls": 5, "contacts": 1, "active_days": 4},
    # The clock of 07641036117 stood at 11 February 1980, a Monday, for six calls: out 31, in 45, out 10, out 0, in 0,
    # out 0.
    ("07641036117", "1980-02"): {
        "voice_calls": 6,
        "voice_out_calls": 4,
        "voice_in_calls": 2,
        "voice_minutes": 86 / 60,
        "voice_out_minutes": 41 / 60,
        "unanswered_calls": 3,
        "contacts": 4,
        "contacts_out": 3,
        "contacts_in": 2,
        "contacts_mutual": 1,
        "active_days": 1,
        "weekend_calls": 0,
        "last_activity_gap_days": 18,  # 1980 was a leap year
    },
    ("07641036117", "2010-09"): {"voice_calls": 39, "voice_minutes": 3440 / 60, "contacts": 10, "active_days": 12},
    # 07640835719 in October 2010: Wed 6 07:20 out 0, 07:20 out 0, 07:21 out 0 (all to …9435) · Wed 6 15:10 missed,
    # 15:10 out 7, Fri 29 21:13 missed (all …6324).
    ("07640835719", "2010-10"): {
        "voice_calls": 6,
        "voice_out_calls": 4,
        "voice_in_calls": 2,
        "voice_minutes": 7 / 60,
        "unanswered_calls": 5,
        "longest_call_s": 7,
        "contacts": 2,
        "contacts_out": 2,
        "contacts_in": 1,
        "contacts_mutual": 1,
        "top_contact_share": 0.5,
        "contact_entropy": 0.6931471805599453,  # ln 2
        "active_days": 2,
        "weekend_calls": 0,
        "last_activity_gap_days": 2,
    },
    # In November: Thu 4 missed …6055 · Fri 5 17:46 out 0, 17:47 out 6 …3959 · Fri 5 22:00 in 40 …6324 ·
    # Sat 6 out 8 …3959 · Wed 10 in 180 …6055 · Tue 16 in 66, out 0 …7694 · Thu 18 in 46 …7694 · Mon 29 missed …6324.
    ("07640835719", "2010-11"): {
        "voice_calls": 10,
        "voice_out_calls": 4,
        "voice_in_calls": 6,
        "voice_minutes": 346 / 60,  # 6 + 40 + 8 + 180 + 66 + 46
        "voice_out_minutes": 14 / 60,
        "unanswered_calls": 4,
        "longest_call_s": 180,
        "contacts": 4,
        "contacts_out": 2,
        "contacts_in": 3,
        "contacts_mutual": 1,
        "top_contact_share": 0.3,
        "active_days": 7,
        "weekend_calls": 1,
        "last_activity_gap_days": 1,
    },
}


@pytest.mark.parametrize(("who", "month"), BY_HAND)
def test_features_of_three_people_worked_out_by_hand(nodobo_features: Features, who: str, month: str) -> None:
    row = nodobo_features[who, month]
    for name, value in BY_HAND[who, month].items():
        if value is None:
            assert row[name] == ""
        else:
            assert float(row[name]) == pytest.approx(value, abs=1e-6), name


def counted(path: Path) -> dict[tuple[str, str], Month]:
    """The same features in plain Python, straight from the file."""
    calls: dict[tuple[str, str], list[tuple[datetime, dict[str, str]]]] = defaultdict(list)
    with path.open(newline="") as stream:
        for row in csv.DictReader(stream):
            if row["user"] and row["direction"]:
                time = datetime.strptime(row["timestamp"], "%a %b %d %H:%M:%S %z %Y").replace(tzinfo=None)
                calls[row["user"], f"{time:%Y-%m}"].append((time, row))
    return {key: _month(found) for key, found in calls.items()}


def _month(calls: list[tuple[datetime, dict[str, str]]]) -> Month:
    out = [row for _, row in calls if row["direction"] == "Outgoing"]
    back = [row for _, row in calls if row["direction"] != "Outgoing"]
    seconds = [int(row["duration"] or 0) for _, row in calls]
    parties = Counter(row["other"] for _, row in calls)
    return {
        "voice_calls": len(calls),
        "records": len(calls),
        "voice_out_calls": len(out),
        "voice_in_calls": len(back),
        "voice_minutes": sum(seconds) / 60,
        "voice_out_minutes": sum(int(row["duration"] or 0) for row in out) / 60,
        "unanswered_calls": seconds.count(0),
        "longest_call_s": max(seconds),
        "contacts": len(parties),
        "contacts_out": len({row["other"] for row in out}),
        "contacts_in": len({row["other"] for row in back}),
        "contacts_mutual": len({row["other"] for row in out} & {row["other"] for row in back}),
        "top_contact_share": max(parties.values()) / len(calls),
        "active_days": len({time.day for time, _ in calls}),
        "weekend_calls": sum(time.weekday() >= 5 for time, _ in calls),
    }


def test_features_of_everybody_against_plain_python(nodobo: Path, nodobo_features: Features) -> None:
    expected = counted(nodobo)
    assert set(nodobo_features) == set(expected)
    assert len({who for who, _ in expected}) == 27
    for key, month in expected.items():
        for name, value in month.items():
            assert float(nodobo_features[key][name]) == pytest.approx(value, abs=1e-6), (key, name)


def test_entropy_is_nought_for_one_contact_and_only_then(nodobo_features: Features) -> None:
    alone = {key for key, row in nodobo_features.items() if row["contacts"] == "1"}
    assert len(alone) > 3
    for key, row in nodobo_features.items():
        entropy = float(row["contact_entropy"])
        assert entropy == 0 if key in alone else entropy > 0.01, (key, entropy)


def test_check_accounts_for_every_row(telco: Telco, nodobo: Path) -> None:
    shown = telco.good("check", "--usage", nodobo, "--config", EXAMPLE, "--rejects", "rejects").out
    assert re.search(r"usage +\S+calls_with_header.csv +CSV, ASCII, comma +13,031 +13,029 +2", shown)
    assert re.search(r'service +always "voice"', shown)
    assert re.search(r"direction +direction", shown)
    with (telco.folder / "rejects" / "usage.csv").open(newline="", encoding="utf-8") as stream:
        rejects = list(csv.DictReader(stream))
    assert [(r["column"], r["reason"], r["row"]) for r in rejects] == [
        (
            "subscriber_id;start_time;direction",
            "subscriber_id is missing; start_time is missing; direction must be out or in or forward where service is "
            "voice or sms or mms",
            ",,,,",
        ),
        (
            "direction",
            "must be out or in or forward where service is voice or sms or mms",
            "07163185791,07066875066,,,Fri Sep 10 18:14:22 +0100 2010",
        ),
    ]
    raw = nodobo.read_text().split("\n")
    assert [raw[int(r["line"]) - 1] for r in rejects] == [r["row"] for r in rejects]
    assert sorted(p.name for p in telco.folder.iterdir()) == ["rejects"]


def test_check_asks_about_the_clocks(telco: Telco, nodobo: Path) -> None:
    """31 calls of early 1980 are three months of their own, thirty years before the others."""
    shown = telco.good("check", "--usage", nodobo, "--config", EXAMPLE).out
    assert re.search(r"usage of 1980-02 +records 6, subscribers 1, 1980-02-11 to 1980-02-11", shown)
    assert re.search(r"gap before 2010-09 +365 months without any usage; are the clocks right\?", shown)
    months = re.findall(r"usage of (\S+) +records ([\d,]+)", shown)
    assert sum(int(n.replace(",", "")) for _, n in months) == ROWS - REJECTED


def test_identifiers_keep_their_leading_zeros(nodobo_features: Features) -> None:
    people = {who for who, _ in nodobo_features}
    assert all(who.startswith("07") and len(who) == 11 for who in people)


def test_a_run_gives_what_can_be_given_and_says_the_rest(telco: Telco, nodobo: Path) -> None:
    done = telco.good("run", "--usage", nodobo, "--config", EXAMPLE, "-o", "out")
    manifest = json.loads((telco.folder / "out" / "manifest.json").read_text("utf-8"))
    assert [(i["read"], i["accepted"], i["rejected"]) for i in manifest["inputs"]] == [
        (ROWS, ROWS - REJECTED, REJECTED)
    ]
    said = dict(re.findall(r"Not computed: (.+?) \((.+)\)\.", done.err))
    assert said == manifest["impossible"]
    assert (said["arpu"], said["credit"]) == ("needs bills", "needs bills and subscribers")
    assert "groups need at least 170 subscribers" in said["groups"]
    written = {p.stem for p in (telco.folder / "out").glob("*.csv")}
    assert {"segments", "churn", "retention"} <= written
    assert not written & {"arpu_bands", "groups", "credit", "value_tiers", "credit_limits"}  # need bills or more people
    assert "scored by rules, not by a model, because there is no subscribers table" in done.err
    assert (telco.folder / "out" / "rejects" / "usage.csv").read_text("utf-8").count("\n") == 1 + REJECTED


def test_without_the_mapping_the_first_problem_is_named(telco: Telco, nodobo: Path) -> None:
    (sentence,) = telco.refused("check", "--usage", nodobo, says=("calls_with_header.csv",))
    assert 'no column for "service" (业务类型)' in sentence
    assert "its headers are user, other, direction, duration, timestamp" in sentence
