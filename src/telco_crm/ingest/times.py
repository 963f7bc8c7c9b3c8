"""SQL for times: the forms that are read without being told, the user's formats, and zones."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telco_crm.engine.sql import literal
from telco_crm.ingest.numbers import without_joints

COMPACT = {14: "%Y%m%d%H%M%S", 12: "%Y%m%d%H%M", 8: "%Y%m%d"}  # digits only, by their number
WORDED = (
    *("%Y.%m.%d %H:%M:%S", "%Y.%m.%d %H:%M", "%Y.%m.%d"),
    *("%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日%H:%M:%S", "%Y年%m月%d日%H:%M"),
    *("%Y年%m月%d日%H时%M分%S秒", "%Y年%m月%d日%H时%M分", "%Y年%m月%d日 %H时%M分%S秒", "%Y年%m月%d日 %H时%M分"),
    "%Y年%m月%d日",
)
EARLIEST, LATEST = "TIMESTAMP '1900-01-01'", "TIMESTAMP '2199-12-31 23:59:59'"  # keeps 5/3/26 from being the year 5
DATED = ("time", "date", "month")  # types of columns that hold times
ZONED = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS")  # stored instants, in micro- and nanoseconds
FIXED = r"([+-])(\d{2}):?(\d{2})"  # a stored zone that is an offset
OFFSET = r"(?:Z|[+-](?:0\d|1[0-5]):?[0-5]\d)"
MARK = r" ?(?:Z|UTC|GMT|[+-](?:0\d|1[0-5])(?::?[0-5]\d)?)"  # what names the offset at the end of a time
# The engine's own cast is laxer: it takes any word behind a time for a zone.
SHOWN = r"\d{4}(?:-\d{1,2}-|/\d{1,2}/)\d{1,2}(?:[ T]\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d{1,9})?)?(?:" + MARK + ")?)?"
DIRECTIVE = r"%(?:-?[dmyHIMSj]|[aAbBhwYgGuVUWpfnzZcxXT%])"


def time_from_text(r: str, formats: Sequence[str], zone: str | None, source_zone: str | None) -> str:
    """TIMESTAMP of the text `r`, local wall-clock time; NULL where it is none.

    Without `formats`: 2026-03-05 10:15:00, 2026/3/5 10:15, 2026-03-05T10:15:00+08:00, 20260305101500, 20260305,
    2026年3月5日, 2026年3月5日 10:15, 2026年3月5日10时15分 and seconds or milliseconds since 1970. 24:00:00 is the end
    of its day, 00:00 of the next. A time that names its offset keeps the wall clock it shows, unless `zone` says into
    which zone instants are to be turned; epoch seconds are instants and without a `zone` are shown as UTC.
    """
    if formats:
        return _from_formats(r, formats, zone, source_zone)
    slow = _recognised(r, zone, source_zone)
    if source_zone:
        return slow
    return (
        f"CASE WHEN strlen({r}) = 19 AND {r} LIKE '____-__-__ __:__:__' THEN TRY_CAST({r} AS TIMESTAMP) ELSE {slow} END"
    )


def time_from_timestamp(
    r: str, sql_type: str, stored_zone: str | None, zone: str | None, source_zone: str | None
) -> str:
    """TIMESTAMP, local wall clock, of a stored timestamp; one with a time zone is turned into `zone`, else its own."""
    if sql_type in ZONED:
        instant = r if sql_type == ZONED[0] else _at(_microseconds(r), "UTC")
        return _clock(instant, zone or stored_zone or "UTC")
    wall = _microseconds(r) if sql_type == "TIMESTAMP_NS" else f"CAST({r} AS TIMESTAMP)"
    return _shift(wall, source_zone, zone)


def is_offset(zone: str) -> bool:
    """Whether a stored zone is an offset such as +08:00."""
    return re.fullmatch(FIXED, zone) is not None


def known_zone(zone: str) -> str:
    """SQL: one row if the engine knows the zone of this name, else none."""
    return f"SELECT 1 FROM pg_timezone_names() WHERE lower(name) = lower({literal(zone)})"


def _microseconds(r: str) -> str:
    """TIMESTAMP of nanoseconds, cut off: the engine's cast rounds, which may lead into the next month."""
    return f"make_timestamp(epoch_ns({r}) // 1000 - (epoch_ns({r}) % 1000 < 0)::INTEGER)"


def _recognised(r: str, zone: str | None, source_zone: str | None) -> str:
    local = _shift(f"TRY_CAST({r} AS TIMESTAMP)", source_zone, zone)
    if zone:
        marked = f"contains({r}, ':') AND regexp_matches({r}, {literal(MARK + '$')})"
        local = f"CASE WHEN {marked} THEN {_at(f'TRY_CAST({r} AS TIMESTAMPTZ)', zone)} ELSE {local} END"
    digits = f"TRY_CAST({r} AS BIGINT)"
    forms = {n: _shift(f"try_strptime({r}, {literal(form)})", source_zone, zone) for n, form in COMPACT.items()}
    forms |= {10: _epoch(f"{digits} * 1000", zone), 13: _epoch(digits, zone)}
    numeric = f"CASE length({r}) {' '.join(f'WHEN {n} THEN {sql}' for n, sql in forms.items())} END"
    worded = _shift(f"try_strptime({r}, [{', '.join(map(literal, WORDED))}])", source_zone, zone)
    return (
        f"CASE WHEN regexp_full_match({r}, {literal(SHOWN)}) THEN {local} "
        f"WHEN regexp_full_match({r}, '\\d+') THEN {numeric} "
        f"WHEN {r}[1] BETWEEN '0' AND '9' THEN {worded} END"
    )


def month_from_text(r: str) -> str:
    """YYYY-MM of the text `r`: 2026-05, 2026/5, 202605, 2026年5月 or any date."""
    pattern = literal(r"(\d{4})(?:[-/.年]?(\d{2})|[-/.年](\d))月?")
    digits = f"concat(regexp_extract({r}, {pattern}, 2), regexp_extract({r}, {pattern}, 3))"
    short = f"concat(regexp_extract({r}, {pattern}, 1), '-', lpad({digits}, 2, '0'))"
    valid = (
        f"CASE WHEN regexp_full_match({r}, {pattern}) AND lpad({digits}, 2, '0') BETWEEN '01' AND '12' THEN {short} END"
    )
    dated = _recognised(r, None, None)
    a_date = f"length({r}) >= 8 AND {dated} BETWEEN {EARLIEST} AND {LATEST}"
    return f"coalesce({valid}, CASE WHEN {a_date} THEN strftime({dated}, '%Y-%m') END)"


def wrong_directive(form: str) -> str:
    """What in a format is no directive of strptime, "" if nothing is."""
    left = re.sub(DIRECTIVE, "", "" if form in ("epoch", "epoch_ms") else form)
    found = re.search(r"%-?.?", left)
    return found[0] if found else ""


def _from_formats(r: str, formats: Sequence[str], zone: str | None, source_zone: str | None) -> str:
    tries = []
    for form in formats:
        if "%z" in form:
            tries.append(_with_offset(r, form, zone))
        elif form in ("epoch", "epoch_ms"):
            number = f"TRY_CAST({r} AS BIGINT)" + (" * 1000" if form == "epoch" else "")
            tries.append(_epoch(without_joints(r, number), zone))
        else:
            tries.append(_shift(f"try_strptime({r}, {literal(form)})", source_zone, zone))
    return f"coalesce({', '.join(tries)})" if len(tries) > 1 else tries[0]


def _with_offset(r: str, form: str, zone: str | None) -> str:
    """The wall clock that `r` shows, or its instant in `zone`; the offset is found by its place in the format."""
    before, after = (re.sub(r"%(?:\\-)?[A-Za-z]", ".+?", re.escape(part)) for part in form.split("%z", 1))
    pattern = literal(f"({before})({OFFSET})({after})")
    wall = f"try_strptime(regexp_replace({r}, {pattern}, '\\1\\3'), {literal(form.replace('%z', '', 1))})"
    wall = f"CASE WHEN regexp_full_match({r}, {pattern}) THEN {wall} END"
    if not zone:
        return wall
    offset = f"regexp_extract({r}, {pattern}, 2)"
    return _at(f"TRY_CAST(concat(strftime({wall}, '%Y-%m-%d %H:%M:%S'), {offset}) AS TIMESTAMPTZ)", zone)


def _epoch(milliseconds: str, zone: str | None) -> str:
    stamp = f"epoch_ms({milliseconds})"
    return _at(f"CAST({stamp} AS TIMESTAMP) AT TIME ZONE 'UTC'", zone) if zone else f"CAST({stamp} AS TIMESTAMP)"


def _at(instant: str, zone: str) -> str:
    return f"timezone({literal(zone)}, {instant})"


def _clock(instant: str, zone: str) -> str:
    """Wall-clock time of an instant in a zone or, where that is an offset such as +08:00, at that offset."""
    if not (offset := re.fullmatch(FIXED, zone)):
        return _at(instant, zone)
    minutes = int(f"{offset[1]}1") * (int(offset[2]) * 60 + int(offset[3]))
    return f"{_at(instant, 'UTC')} + INTERVAL ({minutes}) MINUTE"


def _shift(wall: str, source_zone: str | None, zone: str | None) -> str:
    """Wall-clock time of `source_zone` as wall-clock time of `zone`, where both are named."""
    return _at(_at(wall, source_zone), zone) if source_zone and zone else wall
