"""The mapping: what recognition cannot know is said in TOML, and what is said wrongly is refused before reading."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from reading import Reads, lines

from telco_crm.errors import InputError, RuleError

CALL = ("1", "2026-03-05 10:15:00", "voice", "out", "60")
MORNING = datetime(2026, 3, 5, 10, 15)
MAPPING = """
    [input.usage]
    zone = "Asia/Shanghai"
    nulls = ["-", "N/A"]

    [input.usage.columns]
    subscriber_id = "SERV_NO"
    start_time = "BEGIN"
    direction = "TYP"
    duration_s = "LEN"
    volume_bytes = "VOL"
    charge = "FEE"

    [input.usage.constants]
    toll = "国内长途"

    [input.usage.values.service]
    "1" = "voice"
    "3" = "data"

    [input.usage.values.direction]
    K1 = "out"
    K2 = "in"

    [input.usage.formats]
    start_time = ["%d.%m.%Y %H:%M:%S", "epoch"]

    [input.usage.units]
    duration_s = "min"
    volume_bytes = "KB"
    charge = "fen"
"""
OTHERS = (
    "SERV_NO;BEGIN;service;TYP;LEN;VOL;FEE\n"
    "0139;05.03.2026 10:15:00;1;K1;1.5;-;35\n"
    "0139;1772705700;3;N/A;-;2.5;0.5\n"  # 10:15 UTC is 18:15 in Shanghai
    "0139;2026-03-05 10:15:00;1;K1;1;-;1\n"
    "0139;05.03.2026 10:15:00;voice;k1;1;;1\n"
)
UNDERSTOOD = [
    {
        "line": 2,
        "subscriber_id": "0139",
        "start_time": MORNING,
        "service": "voice",
        "direction": "out",
        "toll": "domestic",
        "roaming": "home",
        "duration_s": 90,
        "charge": Decimal("0.35"),
    },
    {
        "line": 3,
        "subscriber_id": "0139",
        "start_time": datetime(2026, 3, 5, 18, 15),
        "service": "data",
        "toll": "domestic",
        "roaming": "home",
        "volume_bytes": 2560,
        "charge": Decimal("0.005"),
    },
    {
        "line": 5,
        "subscriber_id": "0139",
        "start_time": MORNING,
        "service": "voice",
        "direction": "out",
        "toll": "domestic",
        "roaming": "home",
        "duration_s": 60,
        "charge": Decimal("0.01"),
    },
]


def test_an_export_with_other_names_spellings_formats_units_and_zone(read: Reads) -> None:
    found = read("usage", OTHERS, MAPPING)
    assert found.rows == UNDERSTOOD
    assert [(r["line"], r["column"], r["reason"]) for r in found.rejects] == [
        ("4", "start_time", '"2026-03-05 10:15:00" is not a time')
    ]


@pytest.mark.parametrize(
    ("column", "unit", "cell", "value"),
    [
        ("duration_s", "ms", "1499", 1),
        ("duration_s", "ms", "1500", 2),
        ("duration_s", "s", "60", 60),
        ("duration_s", "minutes", "1.5", 90),
        ("duration_s", "分钟", "2", 120),
        ("duration_s", "h", "0.25", 900),
        ("volume_bytes", "bytes", "10", 10),
        ("volume_bytes", "KB", "1.5", 1536),
        ("volume_bytes", "MB", "0.5", 524288),
        ("volume_bytes", "GB", "3", 3221225472),
        ("charge", "yuan", "1.25", Decimal("1.25")),
        ("charge", "fen", "125", Decimal("1.25")),
        ("charge", "角", "12.5", Decimal("1.25")),
        ("charge", "厘", "1250", Decimal("1.25")),
    ],
)
def test_units(read: Reads, column: str, unit: str, cell: str, value: object) -> None:
    row = f"1,2026-03-05 10:15:00,voice,out,{cell}\n"
    head = "subscriber_id,start_time,service,direction,"
    told = read("usage", f"{head}{column}\n{row}", f'[input.usage.units]\n{column} = "{unit}"\n')
    seen = read("usage", f"{head}{column.split('_')[0]} ({unit})\n{row}")
    assert told.column(column) == seen.column(column) == [value]


@pytest.mark.parametrize(
    ("signs", "forms"),
    [
        (
            'decimal = ","\nthousands = "."',
            {"1.234,50": "1234.5", "1234,50": "1234.5", "1.234": "1234", "0,5": "0.5", "1,234.50": None, "1.23": None},
        ),
        ('decimal = ","\nthousands = ""', {"1234,50": "1234.5", "12.5": None, "1.234,50": None, "7": "7"}),
        ('decimal = ","\nthousands = " "', {"1 234,50": "1234.5", "12 34,5": None, "1234,5": "1234.5"}),
        ('thousands = " "', {"1 234.50": "1234.5", "1234.50": "1234.5", "1,234.50": None}),
        ('thousands = "\'"', {"1'234.50": "1234.5", "1'23.5": None}),
        ('thousands = ""', {"1234.5": "1234.5", "1,234.50": None}),
    ],
)
def test_number_formats(read: Reads, signs: str, forms: dict[str, str | None]) -> None:
    rows = "".join(f"{i}\t2026-03\t{cell}\n" for i, cell in enumerate(forms))
    found = read("bills", "subscriber_id\tmonth\ttotal\n" + rows, f"[input.bills]\n{signs}\n")
    values = {int(row["subscriber_id"]): row["total"] for row in found.rows}
    assert [values.get(i) for i in range(len(forms))] == [v and Decimal(v) for v in forms.values()]


@pytest.mark.parametrize(
    ("form", "cell", "value"),
    [
        ("%d/%m/%Y %H:%M", "05/03/2026 10:15", MORNING),
        ("%m-%d-%y %I:%M:%S %p", "03-05-26 10:15:00 AM", MORNING),
        ("%a %b %d %H:%M:%S %z %Y", "Thu Mar 05 10:15:00 +0800 2026", MORNING),
        ("%d-%m-%Y %H:%M:%S %z", "05-03-2026 10:15:00 -0530", MORNING),
        ("%d-%m-%Y %H:%M:%S%z", "05-03-2026 10:15:00+08:00", MORNING),
        ("%Y%m%d%H", "2026030510", datetime(2026, 3, 5, 10)),
        ("%y%m%d", "260305", datetime(2026, 3, 5)),
        ("epoch", "1772705700", MORNING),
        ("epoch", "0", datetime(1970, 1, 1)),
        ("epoch_ms", "1772705700000", MORNING),
    ],
)
def test_formats_of_times(read: Reads, form: str, cell: str, value: datetime) -> None:
    mapping = f'[input.events.formats]\ntime = "{form}"\n'
    cells = (cell, cell + "x", f"{cell[0]}_{cell[1:]}")
    found = read("events", lines("events", *(("1", c, "payment") for c in cells)), mapping)
    assert (found.column("time"), found.places) == ([value], [(3, "time"), (4, "time")])


def test_formats_of_months_and_dates(read: Reads) -> None:
    bills = read("bills", lines("bills", ("1", "03.2026", "5")), '[input.bills.formats]\nmonth = "%m.%Y"\n')
    assert bills.column("month") == ["2026-03"]
    mapping = '[input.contacts.formats]\ncontacted_on = "%d.%m.%y"\n'
    contacts = read("contacts", lines("contacts", ("1", "spring", "05.03.26", "control")), mapping)
    assert str(contacts.rows[0]["contacted_on"]) == "2026-03-05"


@pytest.mark.parametrize(
    ("zones", "hours"),
    [
        # cells: epoch seconds, with Z, with UTC, with +01:00, without a zone; all are 10:15 as they show it
        ("", [10, 10, 10, 10, 10]),
        ('zone = "Asia/Shanghai"', [18, 18, 18, 17, 10]),
        ('zone = "Asia/Shanghai"\nsource_zone = "UTC"', [18, 18, 18, 17, 18]),
        ('source_zone = "UTC"', [10, 10, 10, 10, 10]),
        ('zone = "America/New_York"', [5, 5, 5, 4, 10]),
    ],
)
def test_zones(read: Reads, zones: str, hours: list[int]) -> None:
    shown = ("2026-03-05T10:15:00Z", "2026-03-05 10:15:00 UTC", "2026-03-05 10:15:00+01:00", "2026-03-05 10:15:00")
    rows = [("1", cell, "payment") for cell in ("1772705700", *shown)]
    found = read("events", lines("events", *rows), f"[input.events]\n{zones}\n")
    assert [time.hour for time in found.column("time")] == hours


def test_an_offset_within_a_format_is_turned_into_the_zone(read: Reads) -> None:
    mapping = '[input.events]\nzone = "Asia/Shanghai"\n[input.events.formats]\ntime = "%d-%m-%Y %H:%M %z"\n'
    rows = [("1", f"05-03-2026 10:15 {offset}", "payment") for offset in ("+0800", "+0000", "-0500", "+2500", "")]
    found = read("events", lines("events", *rows), mapping)
    assert [time.hour for time in found.column("time")] == [10, 18, 23]
    assert found.places == [(5, "time"), (6, "time")]


def test_a_file_without_a_header_line(read: Reads) -> None:
    mapping = '[input.bills]\nheader = ["MSISDN", "period", "x", "total"]\n'
    found = read("bills", "0139,202603,?,5\n0140,202603,?,6\n0141,soon,?,7\n", mapping)
    assert [(r["line"], r["subscriber_id"], r["total"]) for r in found.rows] == [(1, "0139", 5), (2, "0140", 6)]
    assert found.places == [(3, "month")]


def test_words_of_the_mapping_for_empty_replace_the_usual_ones(read: Reads) -> None:
    text = lines("subscribers", ("1", "-", "-"), ("2", "gotone", "NULL"), ("3", "none", ""))
    found = read("subscribers", text, '[input.subscribers]\nnulls = ["-", "none"]\n')
    assert found.rows == [{"line": 2, "subscriber_id": "1"}, {"line": 4, "subscriber_id": "3"}]
    assert found.places == [(3, "activated_on")]


def test_spellings_of_the_mapping_beat_those_of_the_schema(read: Reads) -> None:
    mapping = '[input.usage.values.direction]\nOUT = "in"\n"m o" = "forward"\n'
    rows = [(*CALL[:3], cell, "60") for cell in ("out", "M-O", "mt")]
    assert read("usage", lines("usage", *rows), mapping).column("direction") == ["in", "forward", "in"]


def test_a_constant_gives_way_to_no_header(read: Reads) -> None:
    """The mapping names the value, so a header that would be recognised is left alone."""
    found = read(
        "usage", lines("usage", CALL, (*CALL[:2], "fax", *CALL[3:])), '[input.usage.constants]\nservice = "sms"\n'
    )
    assert found.column("service") == ["sms", "sms"]


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ('columns = {start_time = "BEGIN"}', ['usage.csv: the mapping names the column "BEGIN" for start_time']),
        (
            'columns = {start_tim = "x"}',
            ['[input.usage.columns] start_tim: usage has no such column (did you mean "start_time"?)'],
        ),
        ('columns = {charge = "twin"}', ['usage.csv, line 1: the header "twin" stands twice']),
        (
            'columns = {direction = "direction"}\nconstants = {direction = "out"}',
            ["[input.usage.constants] direction: the mapping names a header for it too"],
        ),
        ('constants = {toll = "moon"}', ['[input.usage.constants] toll: "moon" is not accepted; accepted are local,']),
        (
            'values.service = {"1" = "fax"}',
            ['[input.usage.values.service] 1: "fax" is not accepted; accepted are voice'],
        ),
        (
            'formats = {start_time = "%d.%Q.%Y"}',
            ['[input.usage.formats] start_time: "%Q" in "%d.%Q.%Y" is no directive'],
        ),
        ('formats = {start_time = "%d%"}', ['start_time: "%" in "%d%" is no directive']),
        ('formats = {duration_s = "%H:%M"}', ["[input.usage.formats] duration_s: only times, dates and months"]),
        (
            'units = {duration_s = "parsec"}',
            ['[input.usage.units] duration_s: unknown unit "parsec"; known are s, sec'],
        ),
        ('units = {subscriber_id = "s"}', ["known are none: the column has no unit"]),
        ('zone = "Mars/Olympus"', ['[input.usage] zone: unknown time zone "Mars/Olympus"']),
        ('encoding = "klingon"', ['usage.csv: cannot read the encoding "klingon" that the mapping names']),
        ('encoding = "utf-16"', ['cannot read the encoding "utf-16"']),
        (
            'columns = {charge = "a", cell_id = "b"}\nunits = {charge = "c"}\nvalues.x = {a = "b"}',
            [
                'column "a" for charge',
                'column "b" for cell_id',
                'unknown unit "c"',
                "[input.usage.values] x: usage has no",
            ],
        ),
    ],
)
def test_a_wrong_mapping_is_refused_with_all_its_problems(read: Reads, toml: str, says: list[str]) -> None:
    text = lines(
        "usage",
        (*CALL, "", ""),
        header=("subscriber_id", "start_time", "service", "direction", "duration_s", "twin", "twin"),
    )
    with pytest.raises(InputError) as error:
        read("usage", text, f"[input.usage]\n{toml}\n")
    told = "\n".join(error.value.problems)
    assert len(error.value.problems) == len(says), told
    assert [word for word in says if word not in told] == [], told


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ('decimal = ","', 'decimal and thousands are both ","; say what stands between thousands'),
        ('thousands = "."', 'decimal and thousands are both "."'),
        ('delimiter = ";;"', "line 2: input.usage.delimiter: a delimiter is one ASCII character"),
        ('delimiter = ""', "a delimiter is one ASCII character"),
        ('delimiter = "，"', "a delimiter is one ASCII character"),
        ("delimiter = '\"'", "no quotation mark"),
        ('decimal = "x"', "line 2: input.usage.decimal"),
        ('colums = {a = "b"}', 'line 2: input.usage.colums: unknown key (did you mean "columns"?)'),
        ("nulls = 5", "input.usage.nulls"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused_with_its_line(read: Reads, toml: str, says: str) -> None:
    with pytest.raises(RuleError) as error:
        read("usage", lines("usage", CALL), f"[input.usage]\n{toml}\n")
    assert says in str(error.value)
