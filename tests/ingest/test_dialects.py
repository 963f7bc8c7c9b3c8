"""However a table is written (delimiter, quotes, line ends, encoding, compression), it reads to the same values."""

from __future__ import annotations

import gzip
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import Reads, read

from telco_crm.engine.duck import DuckEngine
from telco_crm.schema import load_schema

PACKERS = {"": bytes, ".gz": gzip.compress, ".zst": lambda data: pa.Codec("zstd").compress(data, asbytes=True)}
NAMES = {",": "comma", "\t": "tab", "|": "pipe", ";": "semicolon"}
EVENTS = load_schema("events").columns
# Characters of names and notes; those a CSV reader must take care of more often.
TEXT = st.text(
    st.sampled_from("abz09 ,;|\"\t'张三丰网络\n") | st.characters(min_codepoint=33, max_codepoint=126), max_size=12
)
DIGITS = st.text("0123456789", min_size=1, max_size=24)
Event = dict[str, Any]


@dataclass(frozen=True)
class Dialect:
    """One way of writing a table down."""

    delimiter: str
    newline: str
    quote_all: bool
    encoding: str
    packing: str
    chinese: bool
    order: tuple[str, ...]
    last_newline: bool


def _dialects(encoding: str, chinese: st.SearchStrategy[bool]) -> st.SearchStrategy[Dialect]:
    return st.builds(
        Dialect,
        st.sampled_from(list(NAMES)),
        st.sampled_from(["\n", "\r\n"]),
        st.booleans(),
        st.just(encoding),
        st.sampled_from(list(PACKERS)),
        chinese,
        st.permutations(list(EVENTS)).map(tuple),
        st.booleans(),
    )


# A file of GB18030 is told by its Chinese: without any it is ASCII.
DIALECTS = st.one_of(
    _dialects("utf-8", st.booleans()), _dialects("utf-8-sig", st.booleans()), _dialects("gb18030", st.just(True))
)
VALUES = st.fixed_dictionaries(
    {
        "subscriber_id": DIGITS | st.sampled_from(["+86 138 0013 8000", "用户1", "a|b"]),
        "time": st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(lambda t: t.replace(microsecond=0)),
        "kind": st.sampled_from(list(EVENTS["kind"].values)),
    },
    optional={
        "area": TEXT,
        "score": st.integers(2, 19).map(lambda n: n / 2),
        "resolved_at": st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(
            lambda t: t.replace(microsecond=0)
        ),
        "amount": st.decimals(-(10**9), 10**9, places=2),
        "detail": TEXT,
    },
)


def _time(value: datetime, form: int) -> str:
    forms = ["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M:%S", "%Y年%m月%d日 %H:%M:%S", ""]
    shown = forms[form % len(forms)]
    seconds = int((value - datetime(1970, 1, 1)).total_seconds())
    epoch = str(seconds) if seconds >= 10**9 else f"{value:%Y.%m.%d %H:%M:%S}"
    return value.strftime(shown) if shown else epoch


def _cell(name: str, value: Any, form: int) -> str:
    """One of the ways in which an export may write `value`."""
    if isinstance(value, datetime):
        return _time(value, form)
    if isinstance(value, Decimal):
        return f"{value:,.2f}" if form % 2 else f"{value:.2f}"
    if name == "kind":
        spellings = [value, *EVENTS["kind"].values[value], value.upper().replace("_", " "), f" {value} "]
        return spellings[form % len(spellings)]
    return str(value)


def _written(events: list[Event], forms: list[int], how: Dialect) -> bytes:
    def quoted(cell: str) -> str:
        special = {how.delimiter, '"', "\n", "\r"} & set(cell)
        return '"' + cell.replace('"', '""') + '"' if how.quote_all or special else cell

    header = [EVENTS[name].zh if how.chinese else name for name in how.order]
    rows = [header]
    for number, event in enumerate(events):
        cells = (_cell(n, event[n], forms[number % len(forms)]) if n in event else "" for n in how.order)
        rows.append(list(cells))
    text = how.newline.join(how.delimiter.join(map(quoted, row)) for row in rows)
    text += how.newline if how.last_newline else ""
    return PACKERS[how.packing](text.encode(how.encoding))


def _expected(event: Event) -> Event:
    """Texts are trimmed; what is empty then, or a word for it, is no value."""
    trimmed = {n: v.strip(" \t") if isinstance(v, str) else v for n, v in event.items()}
    return {n: v for n, v in trimmed.items() if v not in ("", "NULL", "null", "\\N")}


@settings(max_examples=80, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=6), st.lists(st.integers(0, 99), min_size=1, max_size=5), DIALECTS)
def test_any_table_in_any_dialect_reads_to_the_same_values(
    engine: DuckEngine, events: list[Event], forms: list[int], how: Dialect
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = read(engine, Path(folder), "events", {f"events.csv{how.packing}": _written(events, forms, how)})
    assert found.rejects == []
    assert [{n: v for n, v in row.items() if n != "line"} for row in found.rows] == [_expected(e) for e in events]


CALL_CELLS = {
    "subscriber_id": DIGITS,
    "start_time": st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)),
    "service": st.sampled_from(["voice", "短信", "MMS", "data", " Call ", "GPRS", "fax", ""]),
    "direction": st.sampled_from(["out", "MT", "呼转", "", "主叫", "In ", "sideways"]),
    "counterpart": st.sampled_from(["", "0208888", "1795102088886666", "17951", "1.3E+10", " 0139 ", "NULL"]),
    "counterpart_network": st.sampled_from(["", "own", "中国移动", "Vodafone", "UNICOM ", "phs"]),
    "toll": st.sampled_from(["", "local", "国内长途", "Hong-Kong", "moon"]),
    "roaming": st.sampled_from(["", "home", "国际漫游", "INTL", "abroad"]),
    "duration_s": st.sampled_from(["", "0", "61", "61.0", "1,234", "-1", "6.5", " 7", "x", "1e2"]),
    "volume_bytes": st.sampled_from(["", "0", "1048576", "1,048,576", "-1", "0.5"]),
    "charge": st.sampled_from(["", "0.35", "-1", "1,000.000001", "free", "1e-3"]),
    "ip_prefix": st.sampled_from(["", "1", "no", "是", "perhaps"]),
    "cell_id": TEXT,
}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.fixed_dictionaries(CALL_CELLS), min_size=1, max_size=8), st.sampled_from(list(NAMES)), st.booleans())
def test_calls_become_the_same_by_the_quick_way_and_by_the_full_one(
    engine: DuckEngine, calls: list[Event], delimiter: str, with_prefix: bool
) -> None:
    """`read` compares the two for usage: what is kept, what is rejected and why, and every value."""
    names = [n for n in CALL_CELLS if with_prefix or n != "ip_prefix"]
    cells = [[f"{c[n]:%Y-%m-%d %H:%M:%S.%f}" if n == "start_time" else c[n] for n in names] for c in calls]
    good = [["1", "2026-03-05 10:15:00", "sms", "in", *[""] * (len(names) - 4)]]
    rows = [delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [names, *good, *cells]]
    with tempfile.TemporaryDirectory() as folder:
        found = read(engine, Path(folder), "usage", "\n".join(rows) + "\n")
    assert sum(found.total) == 1 + len(calls)


@pytest.mark.parametrize("packing", list(PACKERS))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "gb2312"])
@pytest.mark.parametrize("delimiter", list(NAMES))
def test_every_dialect_is_recognised_and_told(read: Reads, delimiter: str, encoding: str, packing: str) -> None:
    rows = [
        ("手机号码", "时间", "类型", "备注"),
        ("0139", "2026-03-05", "投诉", "信号差"),
        ("0140", "2026/3/6", "咨询", ""),
    ]
    text = "".join(delimiter.join(row) + "\r\n" for row in rows)
    found = read("events", {f"any.csv{packing}": PACKERS[packing](text.encode(encoding))})
    assert found.column("subscriber_id") == ["0139", "0140"]
    assert found.column("detail") == ["信号差", None]
    assert found.column("time") == [datetime(2026, 3, 5), datetime(2026, 3, 5) + timedelta(1)]
    shown = "UTF-8" if encoding.startswith("utf-8") else "GB18030"
    assert found.layouts == [
        ", ".join(["CSV", shown, NAMES[delimiter], *{".gz": ["gzip"], ".zst": ["zstd"]}.get(packing, [])])
    ]


def test_compressed_files_of_several_parts_are_read_whole(read: Reads) -> None:
    parts = [b"subscriber_id,time,kind\n1,2026-03-05,pay", b"ment\n2,2026-03-06,payment\n"]
    for ending in (".gz", ".zst"):
        joined = b"".join(PACKERS[ending](part) for part in parts)
        assert read("events", {f"events.csv{ending}": joined}).column("subscriber_id") == ["1", "2"]


def test_chinese_that_comes_late_in_the_file(read: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first block is plain ASCII, so only later ones tell the encoding."""
    monkeypatch.setattr("telco_crm.ingest.blocks.BLOCK_BYTES", 4096)
    rows = [f"{i},2026-03-05,payment,{'plain' if i < 500 else '信号差，无法通话'}\n" for i in range(700)]
    text = "subscriber_id,time,kind,detail\n" + "".join(rows)
    for encoding in ("utf-8", "gb18030"):
        found = read("events", text.encode(encoding))
        assert found.total == (700, 0)
        assert found.rows[-1]["detail"] == "信号差，无法通话"
