"""Headers: recognised in English and Chinese, settled by values or by the mapping, refused where they contradict."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from reading import Reads, columns, lines

from telco_crm.errors import InputError
from telco_crm.ingest.mapping import TableMapping, bind
from telco_crm.schema import INPUT_TABLES, load_schema

# One good row per table, by canonical column.
ROWS: dict[str, dict[str, str]] = {
    "usage": {"subscriber_id": "0139", "start_time": "2026-03-05 10:15:00", "service": "voice", "direction": "out"},
    "bills": {"subscriber_id": "0139", "month": "2026-03", "total": "5"},
    "subscribers": {"subscriber_id": "0139"},
    "events": {"subscriber_id": "0139", "time": "2026-03-05 10:15:00", "kind": "payment"},
    "contacts": {"subscriber_id": "0139", "campaign": "x", "contacted_on": "2026-03-05", "arm": "treated"},
}
NAMES = [
    pytest.param(table, name, header, id=f"{table}-{name}-{header}")
    for table in INPUT_TABLES
    for name, column in load_schema(table).columns.items()
    for header in dict.fromkeys((name, column.zh, *column.aliases))
]


@pytest.mark.parametrize(("table", "name", "header"), NAMES)
def test_every_listed_header_is_recognised(table: str, name: str, header: str) -> None:
    """Alone in a file whose other columns are given by constants, it means its column."""
    schema = load_schema(table)
    constants = {n: ROWS[table][n] for n in schema.required if n != name}
    values = [value for value in schema.columns[name].values if value != "other"]
    for written in (header, f" {header.upper()} ", header.replace("_", " "), header.replace("_", "-")):
        bindings = bind(schema, [written], TableMapping(constants=constants), "file", {written: values})
        assert [b.name for b in bindings if b.header == written] == [name]


@pytest.mark.parametrize("table", INPUT_TABLES)
def test_a_file_with_all_chinese_headers(read: Reads, table: str) -> None:
    schema = load_schema(table)
    header = [column.zh for column in schema.columns.values()]
    found = read(table, lines(table, [ROWS[table].get(name, "") for name in schema.columns], header=header))
    assert found.rejects == []
    assert {name: _written(found.rows[0][name]) for name in ROWS[table]} == ROWS[table]


def _written(value: Any) -> str:
    return "5" if value == 5 else str(value)


def test_the_headers_that_the_contract_names(read: Reads) -> None:
    """用户号码, 手机号码, 通话类型, 开始时间, 通话时长, 对方号码, 账期, 应收金额, 品牌, 入网时间, 归属地."""
    usage = read(
        "usage",
        "手机号码,通话类型,业务类型,开始时间,通话时长,对方号码\n0139,被叫,语音,2026/3/5 10:15:00,61,02088886666\n",
    )
    assert usage.rows == [
        {
            "line": 2,
            "subscriber_id": "0139",
            "start_time": datetime(2026, 3, 5, 10, 15),
            "service": "voice",
            "direction": "in",
            "counterpart": "02088886666",
            "toll": "local",
            "roaming": "home",
            "duration_s": 61,
        }
    ]
    assert read("bills", "用户号码,账期,应收金额\n0139,202603,5\n").column("month") == ["2026-03"]
    people = read("subscribers", "用户号码,品牌,入网时间,归属地\n0139,全球通,2020-01-05,深圳\n")
    assert people.rows == [
        {
            "line": 2,
            "subscriber_id": "0139",
            "brand": "gotone",
            "activated_on": date(2020, 1, 5),
            "region": "深圳",
        }
    ]


@pytest.mark.parametrize(
    ("header", "cell", "seconds"),
    [
        ("duration (min)", "2", 120),
        ("Duration_min", "2", 120),
        ("duration [s]", "2", 2),
        ("通话时长（分钟）", "1.5", 90),
        ("时长(秒)", "2", 2),
        ("通话时长/分钟", "2", 120),
        ("ＤＵＲＡＴＩＯＮ＿Ｓ", "2", 2),
        ("duration (parsec)", "2", None),  # an unknown unit: not recognised at all
    ],
)
def test_units_in_headers(read: Reads, header: str, cell: str, seconds: int | None) -> None:
    row = ("1", "2026-03-05", "voice", "out", cell)
    found = read("usage", lines("usage", row, header=("subscriber_id", "start_time", "service", "direction", header)))
    assert found.column("duration_s") == [seconds]


@pytest.mark.parametrize(
    ("cells", "column", "value"),
    [
        (("主叫", "被叫"), "direction", "out"),
        (("voice", "sms"), "service", "voice"),
        (("国内长途", "", "本地"), "toll", "domestic"),
    ],
)
def test_a_header_that_may_mean_several_columns_is_settled_by_its_values(
    read: Reads, cells: tuple[str, ...], column: str, value: str
) -> None:
    given = {"service": "voice", "direction": "out"}
    given.pop(column, None)
    header = ("subscriber_id", "start_time", "通话类型", *given)
    rows = [("1", "2026-03-05", cell, *given.values()) for cell in cells]
    assert read("usage", lines("usage", *rows, header=header)).rows[0][column] == value


CALLS = ["语音"] * 18 + ["短信"]


@pytest.mark.parametrize(
    ("cells", "given", "column"),
    [
        ([*CALLS, "传真"], {"呼叫方向": "主叫"}, "service"),
        ([*CALLS, "传真"], {"service": "voice"}, None),  # the values are those of a column that is there already
        ([*CALLS, "主叫"], {"呼叫方向": "主叫"}, "service"),
        (["语音"] * 9 + ["传真"], {"呼叫方向": "主叫"}, "service"),
        (["语音"] * 8 + ["传真"], {"呼叫方向": "主叫"}, None),  # 8 of 9 are not nine tenths
        (["主叫"] * 19 + ["回呼"], {"service": "voice"}, "direction"),
        (["主叫"] * 16 + ["语音"] * 4, {"呼叫方向": "主叫"}, None),
        (["国内长途", "本地"] * 10 + ["x"], {"service": "voice", "direction": "out"}, "toll"),
    ],
)
def test_a_few_bad_values_do_not_unsettle_a_header(
    read: Reads, cells: list[str], given: dict[str, str], column: str | None
) -> None:
    """They are rejected rows, wherever they stand; only where it is doubtful what is meant, all is refused."""
    header = ("subscriber_id", "start_time", "通话类型", *given)
    text = lines("usage", *(("1", "2026-03-05", cell, *given.values()) for cell in cells), header=header)
    if column is None:
        assert refused(read, "usage", text)
        return
    assert read("usage", text).places == [(len(cells) + 1, column)]


def test_a_column_that_another_header_fills_is_no_rival(read: Reads) -> None:
    """Were it one, x could be either."""
    toml = '[input.usage.values]\nservice = {x = "voice"}\ndirection = {x = "out"}\n'
    text = lines(
        "usage", ("1", "2026-03-05", "x", "主叫"), header=("subscriber_id", "start_time", "通话类型", "呼叫方向")
    )
    assert [(r["service"], r["direction"]) for r in read("usage", text, toml).rows] == [("voice", "out")]


def refused(read: Reads, table: str, content: Any, toml: str = "") -> list[str]:
    with pytest.raises(InputError) as error:
        read(table, content, toml)
    return list(error.value.problems)


def test_a_header_that_matches_two_columns_is_refused_with_the_remedy(read: Reads) -> None:
    header = ("subscriber_id", "start_time", "service", "direction", "通话类型")
    problems = refused(read, "usage", lines("usage", ("1", "2026-03-05", "voice", "out", "?"), header=header))
    assert len(problems) == 1
    assert 'usage.csv: the header "通话类型" could mean service or direction or toll' in problems[0]
    assert '[input.usage.columns] service = "通话类型"' in problems[0]


def test_two_headers_for_one_column_are_refused_and_settled_by_the_mapping(read: Reads) -> None:
    text = lines("bills", ("1", "2026-03", "5", "6"), header=("subscriber_id", "month", "total", "应收金额"))
    problems = refused(read, "bills", text)
    assert len(problems) == 1
    assert 'bills.csv, line 1: the headers "total" and "应收金额" both mean total' in problems[0]
    assert '[input.bills.columns] total = "应收金额"' in problems[0]
    assert str(read("bills", text, '[input.bills.columns]\ntotal = "total"\n').rows[0]["total"]) == "5.000000"


def test_a_header_that_stands_twice(read: Reads) -> None:
    header = ("subscriber_id", "month", "total", "total")
    problems = refused(read, "bills", lines("bills", ("1", "2026-03", "5", "6"), header=header))
    assert len(problems) == 1
    assert 'bills.csv, line 1: the header "total" stands twice; rename one of them' in problems[0]
    unused = lines("bills", ("1", "2026-03", "5", "6", "7"), header=("subscriber_id", "month", "total", "x", "x"))
    assert read("bills", unused).total == (1, 0)  # nobody asks for x


def test_all_missing_columns_of_all_files_are_named_at_once(read: Reads) -> None:
    problems = refused(
        read, "usage", {"one.csv": "subscriber_id,start_time\n", "two.csv": "service,x\n", "three.csv": ""}
    )
    told = "\n".join(problems)
    assert len(problems) == 4
    assert 'one.csv: no column for "service" (业务类型), which usage cannot do without; its headers are' in told
    assert 'two.csv: no column for "subscriber_id" (用户号码)' in told
    assert 'two.csv: no column for "start_time" (开始时间)' in told
    assert 'name it in the mapping: [input.usage.columns] start_time = "…"' in told
    assert "three.csv is empty: it has not even a header" in told


def test_every_file_is_read_by_its_own_header(read: Reads) -> None:
    """Another order of columns, a column more, a column less, another language: each file stands for itself."""
    files = {
        "1.csv": "subscriber_id,month,total,rent\n1,2026-01,10,1\n",
        "2.csv": "total,subscriber_id,month\n20,2,2026-02\n",
        "3.csv": "month,total,vas,rent,subscriber_id,note\n2026-03,30,3,4,3,x\n",
        "4.csv": "用户号码\t账期\t应收金额\t月租费\n4\t202604\t40\t5\n",
    }
    found = read("bills", files)
    got = [
        [row.get(name) and str(row[name]).split(".")[0] for name in ("subscriber_id", "month", "total", "rent", "vas")]
        for row in found.rows
    ]
    assert got == [
        ["1", "2026-01", "10", "1", None],
        ["2", "2026-02", "20", None, None],
        ["3", "2026-03", "30", "4", "3"],
        ["4", "2026-04", "40", "5", None],
    ]


@pytest.mark.parametrize("table", INPUT_TABLES)
def test_only_the_required_columns_are_required(read: Reads, table: str) -> None:
    """Direction is required of calls and messages, so of usage with such rows."""
    found = read(table, lines(table, ROWS[table].values(), header=ROWS[table]))
    assert found.rejects == []
    given = {*ROWS[table], "line", *(("toll", "roaming") if table == "usage" else ())}
    assert set(found.rows[0]) == given
    assert set(columns(table)) - given


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ("", "is empty: it has not even a header; remove it or export it again"),
        ("\n\n \n", "is empty: it has not even a header"),
        (",,\n1,2,3\n", "line 1: the header names no column; put the column names on the first line"),
        ("\nsubscriber_id,month,total\n", "line 1: the header names no column"),
        ("subscriber_id,month,total\r1,2026-03,5\r", "its lines end with a lone CR, as on old Macs; save it with LF"),
        ('subscriber_id,"month,total\n1,2026-03,5\n', "line 1: the header cannot be read"),
        ('subscriber_id,"month"x,total\n1,2026-03,5\n', "line 1: the header cannot be read"),
    ],
)
def test_headers_that_cannot_be_read(read: Reads, head: str, says: str) -> None:
    (problem,) = refused(read, "bills", head)
    assert "bills.csv" in problem
    assert says in problem
