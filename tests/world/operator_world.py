"""The hand-worked world: 12 subscribers in March, April and May 2026, each made to exercise one family of features."""

from __future__ import annotations

from pathlib import Path

import hand_bills
import hand_calls
import hand_edges
import hand_forwarding
import hand_messages
import hand_service
import hand_tolls

from world import USAGE_COLUMNS, Row, records, table_of, write

USAGE_PARTS = (hand_calls, hand_tolls, hand_forwarding, hand_messages, hand_edges)
# Values of every usage feature that counts or adds up; what is not named there is 0.
COUNTED = {k: v for part in USAGE_PARTS for k, v in part.COUNTED.items()}
OTHER = {
    **{f"usage{i}": part.OTHER for i, part in enumerate(USAGE_PARTS)},
    "bills": hand_bills.HAND,
    "events": hand_service.EVENT_VALUES,
    "records": hand_service.RECORD_VALUES,
}
MONTHS = ("2026-03", "2026-04", "2026-05")


def usage() -> list[Row]:
    return [row for part in USAGE_PARTS for who, text in part.USAGE.items() for row in records(who, text)]


def write_world(folder: Path, until: str = "2026-05") -> Path:
    """The exports as they stood at the end of month `until`. Only the file of March has a column ip_prefix."""
    folder.mkdir(parents=True, exist_ok=True)
    end = f"{until}-32"
    for month in [m for m in MONTHS if m <= until]:
        columns = [c for c in USAGE_COLUMNS if c != "ip_prefix" or month == "2026-03"]
        rows = [r for r in usage() if r["start_time"].startswith(month)]
        write(folder / f"usage-{month}.csv", rows, columns)
    write(folder / "bills.csv", [_bill_at(r, end) for r in table_of(hand_bills.BILLS) if r["month"] <= until])
    people = [r for r in table_of(hand_service.SUBSCRIBERS) if r["activated_on"] <= end]
    write(folder / "subscribers.csv", [_record_at(r, end) for r in people])
    all_events = table_of(hand_service.EVENTS)
    events = [r for r in all_events if until == "2026-05" or r["time"] <= end]
    rows = [{**r, "resolved_at": _known(r["resolved_at"], end)} for r in events]
    write(folder / "events.csv", rows, all_events[0])
    return folder


def _known(time: str, end: str) -> str:
    return time if time <= end or end.startswith("2026-05") else ""


def _bill_at(row: Row, end: str) -> Row:
    paid = end.startswith("2026-05") or not row["paid_on"] or row["paid_on"] <= end
    return row if paid else {**row, "paid_on": "", "paid": "0"}


def _record_at(row: Row, end: str) -> Row:
    if end == "2026-04-32" and row["subscriber_id"] == "jon":
        return {**row, "status": "suspended"}  # since the last second of April
    if row["cancelled_on"] <= end:
        return row
    return {**row, "cancelled_on": "", "cancel_kind": "", "status": "active"}
