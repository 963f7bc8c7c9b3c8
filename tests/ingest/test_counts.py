"""Read = accepted + rejected: per file, in the report, the manifest and the reject file; repeats; limits."""

from __future__ import annotations

import csv
import json
import re

import pytest
from reading import Reads, lines, rows_of
from telco_process import Telco

USAGE = lines(
    "usage",
    ("0139", "2026-03-05 10:15:00", "voice", "out", "61"),
    ("0139", "soon", "voice", "out", "61"),
    ("0139", "2026-03-05 10:15:00", "fax", "out", "-5"),
    ("", "2026-03-05 10:15:00", "sms", "in", ""),
    ("0139", "2026-03-05 10:15:00", "sms"),
)


def test_repeated_bills_name_the_first_line_across_files(read: Reads) -> None:
    found = read(
        "bills",
        {
            "1.csv": lines(
                "bills", ("1", "2026-03", "10"), ("2", "2026-03", "20"), ("1", "2026/3", "11"), (" 1", "202603", "12")
            ),
            "2.csv": lines(
                "bills", ("3", "2026-03", "x"), ("2", "2026-03", "21"), ("3", "2026-03", "30"), ("1", "2026-04", "1")
            ),
        },
    )
    assert [(r["subscriber_id"], r["month"], int(r["total"])) for r in found.rows] == [
        ("1", "2026-03", 10),
        ("2", "2026-03", 20),
        ("3", "2026-03", 30),  # its first line was rejected, so this one is no repeat
        ("1", "2026-04", 1),
    ]
    told = [(r["file"], r["line"], r["column"], re.sub(r"/\S*/in/", "", r["reason"]), r["row"]) for r in found.rejects]
    repeats = "repeats subscriber_id and month of line"
    assert told == [
        ("1.csv", "4", "subscriber_id;month", f"{repeats} 2", "1,2026/3,11"),
        ("1.csv", "5", "subscriber_id;month", f"{repeats} 2", " 1,202603,12"),
        ("2.csv", "2", "total", '"x" is not an amount of money', "3,2026-03,x"),
        ("2.csv", "3", "subscriber_id;month", f"{repeats} 3 of 1.csv", "2,2026-03,21"),
    ]
    assert found.counts == {"1.csv": (4, 2, 2), "2.csv": (4, 2, 2)}


def test_repeated_subscribers(read: Reads) -> None:
    rows = [("0139", "gotone", ""), ("139", "mzone", ""), ("0139", "mzone", ""), ("0139", "gotone", "")]
    found = read("subscribers", lines("subscribers", *rows))
    assert found.column("subscriber_id") == ["0139", "139"]
    assert found.column("brand") == ["gotone", "mzone"]
    assert [(r["line"], r["column"], r["reason"]) for r in found.rejects] == [
        ("4", "subscriber_id", "repeats subscriber_id of line 2"),
        ("5", "subscriber_id", "repeats subscriber_id of line 2"),
    ]


def test_equal_calls_events_and_contacts_are_all_kept(read: Reads) -> None:
    """Nothing is silently de-duplicated: two equal records may be two calls."""
    usage = ("0139", "2026-03-05 10:15:00", "voice", "out", "61")
    assert read("usage", lines("usage", usage, usage)).total == (2, 0)
    assert read(
        "events", lines("events", ("1", "2026-03-05", "complaint"), ("1", "2026-03-05", "complaint"))
    ).total == (2, 0)
    contact = ("1", "spring", "2026-03-05", "treated")
    assert read("contacts", lines("contacts", contact, contact)).total == (2, 0)


def test_counts_are_shown_and_noted(telco: Telco) -> None:
    telco.write("data/usage_1.csv", USAGE)
    telco.write("data/usage_2.csv", lines("usage", ("0140", "2026-03-06 10:15:00", "sms", "in", "")))
    telco.write("data/bills.csv", lines("bills", ("0139", "2026-03", "25"), ("0139", "2026-03", "26")))
    shown = telco.good("check", "data", "--rejects", "rejects").out
    for row in (
        r"bills +data/bills.csv +CSV, ASCII, comma +2 +1 +1",
        r"usage +data/usage_1.csv +CSV, ASCII, comma +5 +1 +4",
        r"usage +data/usage_2.csv +CSV, ASCII, comma +1 +1 +0",
        r"total +8 +3 +5",
        r"usage: 1 × start_time: is not a time",
        r"bills: 1 × subscriber_id;month: repeats subscriber_id and month",
        r'the first: data/usage_1.csv, line 3, start_time: "soon" is not a time',
    ):
        assert re.search(row, shown), f"{row} not in {shown}"
    telco.good("run", "data", "-o", "out", "-q")
    manifest = json.loads((telco.folder / "out" / "manifest.json").read_text("utf-8"))
    counts = {i["file"]: (i["read"], i["accepted"], i["rejected"]) for i in manifest["inputs"]}
    assert counts == {"data/bills.csv": (2, 1, 1), "data/usage_1.csv": (5, 1, 4), "data/usage_2.csv": (1, 1, 0)}
    for folder in ("rejects", "out/rejects"):
        rejects = rows_of(telco.folder / folder / "usage.csv")
        assert [(r["file"], r["line"], r["column"], r["reason"], r["row"]) for r in rejects] == [
            ("data/usage_1.csv", "3", "start_time", '"soon" is not a time', "0139,soon,voice,out,61"),
            (
                "data/usage_1.csv",
                "4",
                "service;duration_s",
                'service "fax" is not one of voice, sms, mms, data; duration_s "-5" is not a whole number of 0 or more',
                "0139,2026-03-05 10:15:00,fax,out,-5",
            ),
            ("data/usage_1.csv", "5", "subscriber_id", "is missing", ",2026-03-05 10:15:00,sms,in,"),
            ("data/usage_1.csv", "6", "", "has 3 fields instead of 5", "0139,2026-03-05 10:15:00,sms"),
        ]


def test_people_of_rejected_calls_only_are_nobody(telco: Telco) -> None:
    telco.write(
        "data/usage.csv", lines("usage", ("1", "2026-03-05", "sms", "in", ""), ("2", "2026-03-05", "fax", "in", ""))
    )
    telco.write("data/subscribers.csv", lines("subscribers", ("1", "", "")))
    shown = telco.good("check", "data").out
    assert re.search(r"subscribers with usage but without a record +0 *\n", shown)
    telco.good("features", "data", "-o", "f.csv", "-q")
    assert [row["subscriber_id"] for row in rows_of(telco.folder / "f.csv")] == ["1"]


@pytest.mark.parametrize(
    ("limit", "passes"),
    [("4", True), ("3", False), ("0", False), ("80%", True), ("79.9%", False), ("100%", True), ("0%", False)],
)
def test_max_rejects(telco: Telco, limit: str, passes: bool) -> None:
    telco.write("usage.csv", USAGE)
    args = ("features", "--usage", "usage.csv", "-o", "f.csv", "--no-store", "-q", "--max-rejects", limit)
    if passes:
        telco.good(*args)
        return
    says = ("usage: 4 of 5 rows were rejected", f"--max-rejects {limit} allows", "usage.csv, line 3, start_time")
    assert len(telco.refused(*args, says=says)) == 1
    assert sorted(p.name for p in telco.folder.iterdir()) == ["usage.csv"]


def test_reject_files_are_harmless_in_spreadsheets_and_go_when_there_is_nothing_left(telco: Telco) -> None:
    telco.write("bills.csv", lines("bills", ("1", "2026-03", "1"), ("=cmd()", "soon", "@x")))
    telco.good("features", "--bills", "bills.csv", "-o", "f.csv", "-q")
    rejects = telco.folder / "f.csv.rejects" / "bills.csv"
    with rejects.open(encoding="utf-8", newline="") as stream:
        assert [row[-1] for row in csv.reader(stream)] == ["row", "'=cmd(),soon,@x"]
    telco.write("bills.csv", lines("bills", ("1", "2026-03", "1")))
    telco.good("features", "--bills", "bills.csv", "-o", "f.csv", "-q")
    assert not rejects.exists()
