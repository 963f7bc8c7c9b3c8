"""What a cell becomes: numbers, times, months, identifiers, words; and what is refused with which reason."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from reading import Reads, lines

MARCH = datetime(2026, 3, 5)
MORNING = datetime(2026, 3, 5, 10, 15)


def times(read: Reads, *cells: str, toml: str = "") -> Any:
    return read("events", "\n".join(["subscriber_id\ttime\tkind", *(f"1\t{c}\tpayment" for c in cells), ""]), toml)


def totals(read: Reads, *cells: str, toml: str = "") -> Any:
    rows = (f"{i}\t2026-03\t{c}" for i, c in enumerate(cells))
    return read("bills", "\n".join(["subscriber_id\tmonth\ttotal", *rows, ""]), toml)


def test_times_are_read_in_all_usual_forms(read: Reads) -> None:
    forms = {
        "2026-03-05 10:15:00": MORNING,
        "2026-3-5 9:05:07": datetime(2026, 3, 5, 9, 5, 7),
        "2026-03-05 10:15": MORNING,
        "2026-03-05": MARCH,
        "2026/3/5": MARCH,
        "2026/03/05": MARCH,
        "2026/3/5 10:15": MORNING,
        "2026/03/05 10:15:00": MORNING,
        "2026.03.05": MARCH,
        "2026.03.05 10:15:00": MORNING,
        "20260305101500": MORNING,
        "202603051015": MORNING,
        "20260305": MARCH,
        "2026年3月5日": MARCH,
        "2026年3月5日 10:15:00": MORNING,
        "2026年3月5日 10:15": MORNING,
        "2026年3月5日10:15": MORNING,
        "2026年3月5日10:15:00": MORNING,
        "2026年03月05日10时15分00秒": MORNING,
        "2026年03月05日10时15分": MORNING,
        "2026年3月5日 10时15分": MORNING,
        "2026年3月5日 10时15分0秒": MORNING,
        "2026-3-5 9:5:7": datetime(2026, 3, 5, 9, 5, 7),
        "2026/3/5 9:5": datetime(2026, 3, 5, 9, 5),
        "2026.3.5 10:15": MORNING,
        "2026-03-05T10:15:00": MORNING,
        "2026-03-05 10:15:00.25": datetime(2026, 3, 5, 10, 15, 0, 250_000),
        "1772705700": MORNING,  # 20,517 days and 36,900 s after 1970-01-01: 2026-03-05 10:15:00 UTC
        "1772705700250": datetime(2026, 3, 5, 10, 15, 0, 250_000),
        # Without a zone in the mapping the wall clock that is shown counts, whatever its offset.
        "2026-03-05T10:15:00Z": MORNING,
        "2026-03-05T10:15:00+08:00": MORNING,
        "2026-03-05 10:15:00 +0800": MORNING,
        "2026-03-05 10:15:00+08": MORNING,
        "2026-03-05 10:15:00 UTC": MORNING,
        "2026/3/5 10:15:00 -05:30": MORNING,
        "2026-03-05 24:00:00": datetime(2026, 3, 6),  # the end of the day, as ISO 8601 has it
        " 2026-03-05 10:15:00 ": MORNING,
    }
    found = times(read, *forms)
    assert found.rejects == []
    assert dict(zip(forms, found.column("time"), strict=True)) == forms


@pytest.mark.parametrize(
    "cell",
    [
        "2026035",  # the 5th of March or the 35th of a month 0?
        "2026121",
        "202603051",
        "20260305101",
        "20260305T101500",
        "2026-02-30",
        "20260230",
        "2026-13-01",
        "2026/0/5",
        "5/3/26",
        "05/03/2026",
        "5.3.2026",
        "2026",
        "2026-03",
        "2026-03-05 10",
        "2026-03-05 25:00:00",
        "2026-03-05 10:60:00",
        "2026-03-05 10:15:60",
        "2026-03-05 10:150",
        "2026-03-05 10:15:",
        "2026-3-5 9:5:7:8",
        "2026年3月5日 10时",
        "2026年3月5日 24:00",
        "2026年3月5日 10时60分",
        "2026-03-05 10:15:00 foo",
        "2026-03-05 10:15:00 BC",
        "2026-03-05 10:15:00 Asia/Tokyo",
        "2026-03-05 10:15:00PM",
        "2026-03-05 10:15:00+25:00",
        "2026-03-05 10:15:00 +08:00 +08:00",
        "0001-01-01",
        "20260-03-05",
        "99999999999999",
        "-1772705700",
        "1772705700.5",
        "now",
        "today",
        "epoch",
        "infinity",
        "-infinity",
        "２０２６-03-05",
        "2026年3月",
        "x",
    ],
)
def test_what_is_no_time_is_refused(read: Reads, cell: str) -> None:
    found = times(read, cell, "2026-03-05 10:15:00")
    assert found.places == [(2, "time")], found.rows
    assert found.reasons == [f'"{cell}" is not a time']
    assert found.rejects[0]["row"] == f"1\t{cell}\tpayment"


def test_months_are_read_in_all_usual_forms(read: Reads) -> None:
    forms = ["2026-03", "2026/3", "2026/03", "202603", "2026.3", "2026年3月", "2026年03月", "2026-03-31", "20260301"]
    forms += ["2026/3/5", "2026-03-05 10:15:00"]
    text = "".join(f"{i},{form},1\n" for i, form in enumerate(forms))
    found = read("bills", "subscriber_id,month,total\n" + text)
    assert found.column("month") == ["2026-03"] * len(forms)


@pytest.mark.parametrize(
    "cell", ["2026-13", "2026-00", "202613", "2026", "26-03", "03-2026", "2026-3-", "March 2026", "20263", "2026-02-30"]
)
def test_what_is_no_month_is_refused(read: Reads, cell: str) -> None:
    found = read("bills", lines("bills", ("1", cell, "5"), ("2", "2026-03", "5")))
    assert found.places == [(2, "month")], found.rows
    assert found.reasons == [f'"{cell}" is not a month']


def test_dates_take_any_time_and_keep_the_day(read: Reads) -> None:
    cells = ("2026/3/5", "20260305", "2026-03-05 23:59:59", "2026年3月5日", "20260305235959", "1772705700")
    found = read("contacts", lines("contacts", *(("1", "spring", cell, "treated") for cell in cells)))
    assert found.column("contacted_on") == [date(2026, 3, 5)] * len(cells)


def test_numbers_are_read_with_and_without_separators(read: Reads) -> None:
    forms = {
        "25": "25",
        "25.00": "25",
        "1,234.50": "1234.5",
        "1,234,567": "1234567",
        "-1,234.50": "-1234.5",
        "+5": "5",
        "-0.5": "-0.5",
        ".5": "0.5",
        "5.": "5",
        "1e3": "1000",
        "0.000001": "0.000001",
        "999999999999.99": "999999999999.99",
        "  7 ": "7",
    }
    found = totals(read, *forms)
    assert found.rejects == []
    assert dict(zip(forms, found.column("total"), strict=True)) == {k: Decimal(v) for k, v in forms.items()}


@pytest.mark.parametrize(
    "cell",
    ["12,34.5", "1234,567.8", "1,23", ",5", "1 234", "￥12.5", "12.5元", "(5.00)", "5-", "--5", "0x1F", "inf", "nan"]
    + ["１２", "12.5.1", "1'234", "9999999999999", "-", "1.234,50", "twelve", "12%"]
    + ["1_000", "1_0.5", "0.1_0"],
)
def test_what_is_no_number_is_refused(read: Reads, cell: str) -> None:
    found = totals(read, cell, "1")
    assert found.places == [(2, "total")], found.rows
    assert found.reasons == [f'"{cell}" is not an amount of money']


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("duration_s", "61", 61),
        ("duration_s", "61.0", 61),
        ("duration_s", "0061", 61),
        ("duration_s", '"1,234"', 1234),
        ("duration_s", "-1", '"-1" is not a whole number of 0 or more'),
        ("duration_s", "6.5", '"6.5" is not a whole number of 0 or more'),
        ("duration_s", "1_000", '"1_000" is not a whole number of 0 or more'),
        ("volume_bytes", "1_0", '"1_0" is not a whole number of 0 or more'),
        ("charge", "1_000", '"1_000" is not an amount of money'),
        ("latitude", "3_1.2", '"3_1.2" is not a number of degrees from -90 to 90'),
        ("duration_s", "1:01", '"1:01" is not a whole number of 0 or more'),
        ("volume_bytes", "987654321098", 987654321098),
        ("volume_bytes", "-987654321098", '"-987654321098" is not a whole number of 0 or more'),
        ("charge", "0.35", Decimal("0.35")),
        ("charge", "-0.35", Decimal("-0.35")),
        ("charge", "free", '"free" is not an amount of money'),
        ("ip_prefix", "1", True),
        ("ip_prefix", "Yes", True),
        ("ip_prefix", "是", True),
        ("ip_prefix", "f", False),
        ("ip_prefix", "无", False),
        ("ip_prefix", "maybe", '"maybe" is not yes or no'),
        ("toll", "", "local"),
        ("toll", "国内长途", "domestic"),
        ("toll", "Hong Kong", "hk_macau"),
        ("toll", "moon", '"moon" is not one of local, domestic, hk_macau, taiwan, international'),
        ("roaming", "", "home"),
        ("roaming", "国际漫游", "international"),
        ("counterpart_network", "中国移动", "own"),
        ("counterpart_network", "On-Net", "own"),
        ("counterpart_network", "CHINA  UNICOM", "unicom"),
        ("counterpart_network", "Vodafone", "Vodafone"),  # an open list
        ("counterpart", "008613800138000", "008613800138000"),
        ("counterpart", "17951" + "02088886666", "1795102088886666"),
        ("counterpart", "1.38E+10", '"1.38E+10" is not an identifier (a spreadsheet has turned it into a number)'),
    ],
)
def test_cells_of_a_call(read: Reads, column: str, cell: str, value: Any) -> None:
    header = f"subscriber_id,start_time,service,direction,{column}\n"
    found = read("usage", f"{header}1,2026-03-05 10:15:00,voice,out,{cell}\n2,2026-03-05 10:15:00,sms,in,\n")
    if isinstance(value, str) and " is not " in value:
        assert (found.places, found.reasons) == ([(2, column)], [value])
    else:
        assert found.rejects == []
        assert found.rows[0][column] == value


@pytest.mark.parametrize(
    ("service", "direction", "reason"),
    [
        ("voice", "out", ""),
        ("语音", "主叫", ""),
        ("Voice", "MO", ""),
        (" VOICE ", "Mf", ""),
        ("sms", "被叫", ""),
        ("mms", "forward", ""),
        ("data", "", ""),
        ("GPRS", "out", ""),
        ("data", "in", "direction: must be out or empty where service is data"),
        ("data", "forward", "direction: must be out or empty where service is data"),
        ("voice", "", "direction: must be out or in or forward where service is voice or sms or mms"),
        ("voice", "sideways", 'direction: "sideways" is not one of out, in, forward'),
        ("fax", "out", 'service: "fax" is not one of voice, sms, mms, data'),
        ("", "out", "service: is missing"),
    ],
)
def test_services_and_directions(read: Reads, service: str, direction: str, reason: str) -> None:
    row = f"1,2026-03-05 10:15:00,{service},{direction},\n"
    found = read("usage", lines("usage") + row + "2,2026-03-05 10:15:00,sms,in,\n")
    assert [f"{r['column']}: {r['reason']}" for r in found.rejects] == ([reason] if reason else [])


def test_identifiers_stay_as_they_are_written(read: Reads) -> None:
    ids = [
        "0139",
        "00",
        "139",
        "+8613800138000",
        "138 0013 8000",
        "9223372036854775808",
        "1" * 40,
        "1e5",
        "1.0",
        "0x1F",
    ]
    ids += ["用户甲", "a-b_c", "1,5", "NaN", "true", "2026-03-05", "'", "--", "=1+1", "1.5E-7"]
    found = read("bills", "subscriber_id\tmonth\ttotal\n" + "".join(f"{i}\t2026-03\t1\n" for i in ids))
    assert found.column("subscriber_id") == ids


@pytest.mark.parametrize("cell", ["1.38001E+10", "1E+10", "13800000000E+0"])
def test_an_identifier_that_a_spreadsheet_has_turned_into_a_number_is_refused(read: Reads, cell: str) -> None:
    found = read("bills", lines("bills", (cell, "2026-03", "1"), ("2", "2026-03", "1")))
    assert found.places == [(2, "subscriber_id")]
    assert "a spreadsheet has turned it into a number" in found.reasons[0]


@pytest.mark.parametrize("word", ["", " ", "\t ", "NULL", "null", "\\N", '""', '" "', "' '"[1:-1]])
def test_words_that_mean_empty(read: Reads, word: str) -> None:
    header = "subscriber_id,brand,activated_on,region,plans_ever,bundle,account_id\n"
    found = read("subscribers", header + "1" + f",{word}" * 6 + "\n")
    assert found.rows == [{"line": 2, "subscriber_id": "1"}]
    with_id = read("subscribers", header + f"{word},gotone,,,,,\n2,,,,,,\n")
    assert (with_id.places, with_id.reasons) == ([(2, "subscriber_id")], ["is missing"])


def test_a_row_with_several_problems_names_them_all(read: Reads) -> None:
    found = read("usage", lines("usage", ("", "soon", "fax", "up", "-3"), ("1", "2026-03-05", "sms", "in", "")))
    assert found.rejects == [
        {
            "file": "usage.csv",
            "line": "2",
            "column": "subscriber_id;start_time;service;direction;duration_s",
            "reason": 'subscriber_id is missing; start_time "soon" is not a time; '
            'service "fax" is not one of voice, sms, mms, data; direction "up" is not one of out, in, forward; '
            'duration_s "-3" is not a whole number of 0 or more',
            "row": ",soon,fax,up,-3",
        }
    ]


def test_fractions_of_a_second_never_move_a_record_into_the_next(read: Reads) -> None:
    found = read("usage", lines("usage", ("1", "2026-03-31 23:59:59.9", "voice", "out", "5")))
    assert found.column("start_time") == [datetime(2026, 3, 31, 23, 59, 59, 900_000)]
