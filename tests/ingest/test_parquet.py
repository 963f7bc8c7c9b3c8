"""Parquet: stored types are taken as they are or through their text; identifiers never were numbers; damage is said."""

from __future__ import annotations

import io
import random
import tempfile
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import reading
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import Reads

from telco_crm.engine.duck import DuckEngine
from telco_crm.errors import InputError

TIME = datetime(2026, 3, 5, 10, 15)


def parquet(table: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(table), out, **options)
    return out.getvalue()


def events(**columns: Any) -> dict[str, Any]:
    return {"subscriber_id": ["1", "2"], "time": [TIME, TIME], "kind": ["payment", "payment"], **columns}


@pytest.mark.parametrize(
    ("ids", "texts"),
    [
        (["0139", " 0140 "], ["0139", "0140"]),
        (pa.array([139, 2**63 - 1]), ["139", "9223372036854775807"]),
        (pa.array([2**64 - 1, 1], pa.uint64()), ["18446744073709551615", "1"]),
        (pa.array([Decimal(10**30), Decimal(1)], pa.decimal128(38, 0)), ["1" + "0" * 30, "1"]),
        (pa.array(["0139", "0140"]).dictionary_encode(), ["0139", "0140"]),
        (pa.array(["0139", "0140"], pa.large_string()), ["0139", "0140"]),
        (pa.array([b"0139", "张".encode()]), ["0139", "张"]),  # text that is not marked as such
    ],
)
def test_identifiers(read: Reads, ids: Any, texts: list[str]) -> None:
    found = read("events", {"events.parquet": parquet(events(subscriber_id=ids))})
    assert found.column("subscriber_id") == texts


def test_identifiers_that_are_floating_point_numbers_are_refused(read: Reads) -> None:
    with pytest.raises(InputError) as error:
        read("events", {"events.parquet": parquet(events(subscriber_id=pa.array([1.38e10, None])))})
    assert error.value.problems[0].endswith(
        "events.parquet: subscriber_id is stored as a floating-point number, so digits may be lost; export it as text"
    )


def test_identifiers_whose_bytes_are_no_text_are_rejected(read: Reads) -> None:
    ids = pa.array([b"139", b"\xff2", "张".encode(), b"1.3E+10", None])
    calls = {"subscriber_id": ids, "start_time": [TIME] * 5, "service": ["sms"] * 5, "direction": ["in"] * 5}
    others = pa.array([b"139", b"139", b"\xe5\xbc", b"x", b"y"])
    found = read("usage", {"u.parquet": parquet({**calls, "counterpart": others})})
    assert found.column("subscriber_id") == ["139"]
    assert [(r["line"], r["column"], r["reason"]) for r in found.rejects] == [
        ("2", "subscriber_id", r'"\xFF2" is not an identifier (its bytes are not text)'),
        ("3", "counterpart", r'"\xE5\xBC" is not an identifier (its bytes are not text)'),
        ("4", "subscriber_id", '"1.3E+10" is not an identifier (a spreadsheet has turned it into a number)'),
        ("5", "subscriber_id", "is missing"),
    ]


def test_identifiers_that_are_numbers_with_decimals_are_refused(read: Reads) -> None:
    ids = pa.array([Decimal("13900000001.00"), Decimal(1)], pa.decimal128(20, 2))
    with pytest.raises(InputError) as error:
        read("events", {"events.parquet": parquet(events(subscriber_id=ids))})
    assert error.value.problems[0].endswith(
        "events.parquet: subscriber_id is stored as a number with decimals (DECIMAL(20,2)), which identifiers do not "
        "have; export it as text"
    )


@pytest.mark.parametrize(
    "times",
    [
        pa.array([TIME, TIME], pa.timestamp("s")),
        pa.array([TIME, TIME], pa.timestamp("ms")),
        pa.array([TIME, TIME], pa.timestamp("us")),
        pa.array([TIME, TIME], pa.timestamp("ns")),
        pa.array([TIME, TIME], pa.timestamp("us")).cast(pa.timestamp("us", "UTC")),
        pa.array([datetime(2026, 3, 5, 2, 15)] * 2).cast(pa.timestamp("us", "Asia/Shanghai")),  # stored as UTC
        pa.array([1772705700, 1772705700000]),
        ["2026/3/5 10:15", "20260305101500"],
    ],
)
def test_times(read: Reads, times: Any) -> None:
    assert read("events", {"e.parquet": parquet(events(time=times))}).column("time") == [TIME, TIME]


def test_old_timestamps_and_the_zone_of_the_mapping(read: Reads) -> None:
    old = parquet(events(time=pa.array([TIME, TIME], pa.timestamp("ns"))), use_deprecated_int96_timestamps=True)
    assert read("events", {"e.parquet": old}).column("time") == [TIME, TIME]
    zoned = parquet(events(time=pa.array([TIME, TIME]).cast(pa.timestamp("us", "UTC"))))
    found = read("events", {"e.parquet": zoned}, '[input.events]\nzone = "Asia/Shanghai"\n')
    assert found.column("time") == [datetime(2026, 3, 5, 18, 15)] * 2
    plain = read("events", {"e.parquet": parquet(events())}, '[input.events]\nzone = "Asia/Shanghai"\n')
    assert plain.column("time") == [TIME, TIME]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pa.array([[1], [2]]), "BIGINT[]"),
        (pa.array([["1"], None]), "VARCHAR[]"),
        (pa.array([[Decimal("1.5")], [Decimal("2.5")]], pa.list_(pa.decimal128(9, 2))), "DECIMAL(9,2)[]"),
    ],
)
def test_only_text_may_be_lists(read: Reads, values: Any, kind: str) -> None:
    given = {"subscriber_id": values, "month": ["2026-03"] * 2, "total": values, "due_date": ["2026-03-05"] * 2}
    with pytest.raises(InputError) as error:
        read("bills", {"bills.parquet": parquet(given)})
    says = f"is stored as lists ({kind}), but has one value per row; export it as such"
    assert [p.split(": ")[-1] for p in error.value.problems] == [f"subscriber_id {says}", f"total {says}"]


EVENING = datetime(2026, 5, 31, 16, 30)  # 00:30 of the first of June in Shanghai, 12:30 in New York


def instants(unit: str, zone: str) -> Any:
    return pa.array([EVENING, EVENING]).cast(pa.timestamp(unit)).cast(pa.timestamp(unit, zone))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize(
    ("zone", "hours"),
    [("UTC", 0), ("Asia/Shanghai", 8), ("America/New_York", -4), ("+08:00", 8), ("-03:30", -3.5), ("+0545", 5.75)],
)
def test_an_instant_is_told_by_the_clock_of_its_zone_or_of_the_mapping(
    read: Reads, unit: str, zone: str, hours: float
) -> None:
    kept, mapped = EVENING + timedelta(hours=hours), EVENING + timedelta(hours=8)
    row = {"subscriber_id": ["1", "2"], "start_time": instants(unit, zone), "service": ["data"] * 2}
    dates = {"month": instants(unit, zone), "paid_on": instants(unit, zone)}
    bill = {"subscriber_id": ["1", "2"], "total": [1, 2], **dates}
    for toml, clock in (("", kept), ('zone = "Asia/Shanghai"\n', mapped)):
        found = read("usage", {"u.parquet": parquet(row)}, f"[input.usage]\n{toml}")
        assert found.column("start_time") == [clock] * 2
        found = read("bills", {"b.parquet": parquet(bill)}, f"[input.bills]\n{toml}")
        assert found.column("month") == [f"{clock:%Y-%m}"] * 2
        assert found.column("paid_on") == [clock.date()] * 2


def test_a_zone_that_nobody_knows_is_refused_unless_the_mapping_names_one(read: Reads) -> None:
    stored = pa.table(events(time=pa.array([EVENING, EVENING]).cast(pa.timestamp("us", "UTC"))))
    odd = stored.set_column(
        1,
        pa.field("time", pa.timestamp("us", "Mars/Base")),
        stored["time"].cast(pa.int64()).cast(pa.timestamp("us", "Mars/Base")),
    )
    with pytest.raises(InputError) as error:
        read("events", {"e.parquet": parquet(odd)})
    assert error.value.problems[0].endswith(
        'e.parquet: unknown time zone "Mars/Base" of the column "time"; say whose clock counts in the mapping: '
        '[input.events] zone = "Asia/Shanghai"'
    )
    found = read("events", {"e.parquet": parquet(odd)}, '[input.events]\nzone = "Asia/Shanghai"\n')
    assert found.column("time") == [EVENING + timedelta(hours=8)] * 2


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_nanoseconds_are_cut_off(read: Reads, zone: str | None) -> None:
    """The last of a month, as the end of a period is often written, is not the first of the next; nor is it at 1970."""
    last = pa.array([1780271999_999999999, -1, 2**63 - 1]).cast(pa.timestamp("ns", zone))
    found = read("events", {"e.parquet": parquet({"subscriber_id": ["1"] * 3, "time": last, "kind": ["payment"] * 3})})
    assert found.column("time") == [datetime(y, m, 31, 23, 59, 59, 999999) for y, m in ((2026, 5), (1969, 12))]
    assert found.places == [(3, "time")]


@pytest.mark.parametrize(
    ("column", "values", "read_as"),
    [
        ("month", pa.array([202603, 202612]), ["2026-03", "2026-12"]),
        ("month", [date(2026, 3, 31), None], ["2026-03"]),
        ("month", [TIME, TIME], ["2026-03", "2026-03"]),
        ("total", pa.array([Decimal("1.50"), Decimal("-2.25")]), [Decimal("1.5"), Decimal("-2.25")]),
        ("total", pa.array([0.1, np.nan]), [Decimal("0.1")]),
        ("total", pa.array([np.inf, 1e300, 2.5]), [Decimal("2.5")]),
        ("total", pa.array([1, 2], pa.int8()), [1, 2]),
        ("total", ["1,234.50", "x"], [Decimal("1234.5")]),
        ("paid_on", [date(2026, 3, 5), None], [date(2026, 3, 5), None]),
        ("paid_on", [TIME, None], [date(2026, 3, 5), None]),
    ],
)
def test_bills(read: Reads, column: str, values: Any, read_as: list[Any]) -> None:
    """What is missing or no number where one is required is rejected."""
    count = len(values)
    given = {"subscriber_id": [str(i) for i in range(count)], "month": ["2026-03"] * count, "total": [1] * count}
    found = read("bills", {"bills.parquet": parquet({**given, column: values})})
    assert found.column(column) == read_as
    assert found.places == [(line, column) for line in range(1, count + 1) if line not in found.column("line")]


def test_subscribers(read: Reads) -> None:
    table = {
        "subscriber_id": ["1", "2", "3", "4"],
        "bundle": pa.array([True, False, None, True]),
        "birth_year": pa.array([1980.0, np.nan, None, 1980.5]),
        "services": pa.array([["broadband", "iot"], [], None, ["family"]]),
        "brand": pa.array([b"gotone", "全球通".encode(), b"", b"\xff"]),
        "plan": pa.array(["A", "B", "A", "B"]).dictionary_encode(),
    }
    found = read("subscribers", {"s.parquet": parquet(table)})
    assert [{n: v for n, v in row.items() if n != "line"} for row in found.rows] == [
        {
            "subscriber_id": "1",
            "bundle": True,
            "birth_year": 1980,
            "services": "broadband;iot",
            "brand": "gotone",
            "plan": "A",
        },
        {"subscriber_id": "2", "bundle": False, "brand": "gotone", "plan": "B"},
        {"subscriber_id": "3", "plan": "A"},
    ]
    assert found.rejects == [
        {
            "file": "s.parquet",
            "line": "4",
            "column": "birth_year",
            "reason": '"1980.5" is not a whole number from 1850 to 2100',
            "row": "4,true,1980.5,family,\\xFF,B",
        }
    ]


def test_rows_are_numbered_across_row_groups_and_slices(read: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telco_crm.ingest.batches.SLICE_ROWS", 250)
    kinds = ["fax" if i % 101 == 0 else "payment" for i in range(1000)]
    table = {"subscriber_id": [str(i) for i in range(1000)], "time": [TIME] * 1000, "kind": kinds}
    for threads in (1, 3):
        found = read("events", {"e.parquet": parquet(table, row_group_size=70)}, threads=threads)
        assert found.places == [(i + 1, "kind") for i in range(0, 1000, 101)]
        assert [row["line"] for row in found.rows] == [i + 1 for i in range(1000) if i % 101]
        assert found.rejects[1]["row"] == "101,2026-03-05 10:15:00,fax"


def test_calls_from_parquet_are_those_from_csv(read: Reads) -> None:
    rows = [("0139", "2026-03-05 10:15:00", "voice", "out", "61"), ("0140", "2026-03-05 10:15:01", "data", None, None)]
    rows += [(None, "2026-03-05 10:15:00", "sms", "in", None), ("0141", "later", "fax", "in", "-1")]
    names = ("subscriber_id", "start_time", "service", "direction", "duration_s")
    text = "\n".join(",".join(cell or "" for cell in row) for row in [names, *rows]) + "\n"
    stored = parquet(dict(zip(names, zip(*rows, strict=True), strict=True)))
    first, second = read("usage", text), read("usage", {"usage.parquet": stored})
    assert [{**row, "line": row["line"] - 1} for row in first.rows] == second.rows
    assert [(r["column"], r["reason"], r["row"]) for r in first.rejects] == [
        (r["column"], r["reason"], r["row"]) for r in second.rejects
    ]


IDENTIFIERS = [
    "139",
    "0140",
    " 0140 ",
    "0140\t",
    "1.3E+10",
    "x1",
    "NULL",
    "-",
    "",
    None,
    "110",
    "1e3",
    "+1",
    "1_0",
    "9" * 20,
]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(IDENTIFIERS), st.sampled_from(IDENTIFIERS)), min_size=1, max_size=8),
    st.sampled_from(["", '[input.usage]\nnulls = ["110", "-"]\n']),
)
def test_identifiers_of_calls_by_the_quick_way_and_by_the_full_one(
    engine: DuckEngine, calls: list[tuple[str | None, str | None]], toml: str
) -> None:
    """`reading.read` compares the two; a clean first half of the rows does not vouch for the second."""
    both = [("139", "0140"), *calls]
    table = {
        "subscriber_id": pa.array([c[0] for c in both], pa.string()),
        "start_time": [TIME] * len(both),
        "service": ["sms"] * len(both),
        "direction": ["in"] * len(both),
        "counterpart": pa.array([c[1] for c in both], pa.string()),
    }
    with tempfile.TemporaryDirectory() as folder:
        found = reading.read(engine, Path(folder), "usage", {"usage.parquet": parquet(table)}, toml)
    assert sum(found.total) == len(both)


def test_a_file_without_rows(read: Reads) -> None:
    empty = parquet(pa.schema([("subscriber_id", pa.string())]).empty_table())
    assert read("subscribers", {"s.parquet": empty}).counts == {"s.parquet": (0, 0, 0)}


def test_names_of_columns(read: Reads) -> None:
    table = pa.table([["1"], ["x"], ["y"]], names=["Subscriber_ID", " 归属地", 'odd "name'])
    assert read("subscribers", {"s.parquet": parquet(table)}).rows == [{"line": 1, "subscriber_id": "1", "region": "x"}]
    for names, says in (
        (["subscriber_id", "region", "region"], 'the header "region" stands twice'),
        (["subscriber_id", "region", "city"], 'the headers "region" and "city" both mean region'),
        (["subscriber_id", "x", "file_row_number"], "the name file_row_number is taken by the reader"),
    ):
        with pytest.raises(InputError, match=says):
            read("subscribers", {"s.parquet": parquet(pa.table([["1"], ["x"], ["y"]], names=names))})


WHOLE = parquet({"subscriber_id": [str(i * 7919) for i in range(300)], "region": [f"r{i % 7}" for i in range(300)]})


@pytest.mark.parametrize(
    "content", [WHOLE[:-20], WHOLE[:50], b"", b"PAR1", b"subscriber_id,region\n1,x\n", WHOLE[:-8] + b"\0" * 8]
)
def test_a_truncated_file_is_refused(read: Reads, content: bytes) -> None:
    with pytest.raises(InputError, match=r"s.parquet is not a whole Parquet file \(.*\); copy or export it again"):
        read("subscribers", {"s.parquet": content})


def test_a_file_that_is_damaged_inside_is_refused_or_read_whole(read: Reads) -> None:
    """Whatever bytes are hit: one sentence that names the file, or all rows."""
    chance, refused = random.Random(8), 0
    for size in (1, 8, 60) * 8:
        content = bytearray(WHOLE)
        at = chance.randrange(4, len(content) - 8)
        content[at : at + size] = bytes(chance.randrange(256) for _ in content[at : at + size])
        try:
            found = read("subscribers", {"s.parquet": bytes(content)})
            assert sum(found.total) == 300
        except InputError as error:
            refused += 1
            assert len(error.problems) == 1
            assert "s.parquet" in error.problems[0] or "none of the 300 rows" in error.problems[0]
    assert refused
