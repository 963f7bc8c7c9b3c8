"""As of a month, nothing that happened after it is known: no value of any table moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import hand_history
import hand_warnings
import pytest
from operator_world import write_world

from world import Row, Run, by, call, read, records, table_of, write

TABLES = ("arpu_bands", "churn", "churn_rates", "credit", "groups", "retention", "segments")


def differing(one: Path, other: Path, tables: tuple[str, ...] = TABLES) -> list[str]:
    """The tables that are not the same byte by byte; of segments, all but the state of the record."""
    assert {p.name for p in one.glob("*.csv")} == {p.name for p in other.glob("*.csv")}
    files = [f"{t}.csv" for t in tables if (one / f"{t}.csv").exists()]
    assert len(files) >= min(5, len(tables))
    return [name for name in files if content(one / name) != content(other / name)]


def content(path: Path) -> bytes | list[Row]:
    return dated(read(path)) if path.stem == "segments" else path.read_bytes()


def dated(rows: list[Row]) -> list[Row]:
    """Without the state of a record, which has no date and so is told only of the newest month."""
    return [{name: value for name, value in row.items() if name != "status"} for row in rows]


def test_hand_worked_world_as_its_exports_stood_then(operator_folder: Path, tmp_path: Path) -> None:
    then = write_world(tmp_path / "then", until="2026-04")
    assert call("run", then, "-o", tmp_path / "a") == 0
    assert call("run", operator_folder, "-o", tmp_path / "b", "--as-of", "2026-04") == 0
    assert differing(tmp_path / "a", tmp_path / "b") == []


def as_it_stood(exports: Path, target: Path, end: str) -> Path:
    """The exports of a sample as they stood before the day `end`, as far as rows have dates."""
    target.mkdir()
    stopped: dict[str, bool] = {}
    for path in sorted(exports.glob("*.csv")):
        rows = read(path)
        columns = list(rows[0])
        if path.stem.startswith(("usage_", "bills_")):
            rows = [r for r in rows if r.get("start_time", f"{r.get('month')}-01") < end]
        elif path.stem == "events":
            rows = [r for r in rows if r["time"] < end]
            rows = [{**r, "resolved_at": r["resolved_at"] if r["resolved_at"] < end else ""} for r in rows]
            for row in sorted(rows, key=lambda r: r["time"]):
                if row["kind"] in ("suspension", "resume"):
                    stopped[row["subscriber_id"]] = row["kind"] == "suspension"
        elif path.stem == "contacts":
            rows = [r for r in rows if r["contacted_on"] < end]
        elif path.stem == "subscribers":
            rows = [_record_at(r, end, stopped) for r in rows if r["activated_on"] < end]
        else:
            continue
        if rows:
            write(target / path.name, rows, columns)
    return target


def _record_at(row: Row, end: str, stopped: Mapping[str, bool]) -> Row:
    if "" < row["cancelled_on"] < end:
        return row
    status = "suspended" if stopped.get(row["subscriber_id"]) else "active"
    return {**row, "cancelled_on": "", "cancel_kind": "", "status": status}


def test_sample_as_its_exports_stood_then(sample: Path, sample_out: Path, tmp_path: Path) -> None:
    then = as_it_stood(sample, tmp_path / "then", "2026-04-01")
    left = [row["cancelled_on"] for row in read(sample / "subscribers.csv")]
    assert sum(day >= "2026-04-01" for day in left) >= 3  # so that there is something to be known too early
    assert call("run", then, "-o", tmp_path / "out") == 0
    assert differing(tmp_path / "out", sample_out) == []


def test_model_learns_from_nothing_that_came_later(tmp_path: Path) -> None:
    everything = hand_history.exports(90, (4, 5, 6, 7, 8))  # 54 are known to have left by June
    then = {
        "bills": [row for row in everything["bills"] if row["month"] <= "2026-06"],
        "subscribers": [
            row
            if row["cancelled_on"] < "2026-07-01"
            else {**row, "cancelled_on": "", "cancel_kind": "", "status": "active"}
            for row in everything["subscribers"]
        ],
    }
    for name, tables in (("a", everything), ("b", then)):
        (tmp_path / name).mkdir()
        for table, rows in tables.items():
            write(tmp_path / name / f"{table}.csv", rows)
        assert call("run", tmp_path / name, "-o", tmp_path / f"{name}-out", "--as-of", "2026-06") == 0
    assert differing(tmp_path / "a-out", tmp_path / "b-out") == []
    models = [(tmp_path / f"{name}-out/churn_model.json").read_bytes() for name in "ab"]
    assert models[0] == models[1]


# Whose state at export is all that is known of them in March.
BY_STATUS = {"on-request", "suspended", "preclosed"}


def planted() -> dict[str, list[Row]]:
    """The world of churn rules with everything that can happen planted after March."""
    tables = hand_warnings.exports()
    people = [row["subscriber_id"] for row in tables["subscribers"]]
    for who in people:
        tables["bills"].append({"subscriber_id": who, "month": "2026-04", "total": "9999"})
        tables["usage"] += records(who, hand_warnings.forwards("2026-04-01", 12, "telecom"))
        tables["usage"] += records(who, hand_warnings.out("2026-04-30", 600))
        happened = """
        time                kind               resolved_at
        2026-04-01~00:00:00 cancel_request     -
        2026-04-01~00:00:00 suspension         -
        2026-04-02~00:00:00 competitor_contact -
        2026-04-03~00:00:00 complaint          -
        2026-04-30~23:59:59 power_off          -
        """
        tables["events"] += [{"subscriber_id": who, **row} for row in table_of(happened)]
    for number, row in enumerate(tables["subscribers"]):
        if not row["cancelled_on"] and row["status"] == "active":
            row["status"] = ("suspended", "suspended_on_request", "preclosed", "closed")[number % 4]
            row["cancelled_on"] = "2026-04-05" if row["status"] == "closed" else ""
    tables["subscribers"].append({**tables["subscribers"][0], "subscriber_id": "new", "activated_on": "2026-04-01"})
    return tables


@pytest.fixture(scope="module")
def with_later(module_run: Run) -> dict[str, list[Row]]:
    return module_run(planted(), "--as-of", "2026-03")


@pytest.mark.parametrize("table", ["segments", "arpu_bands", "credit", "churn"])
def test_what_is_planted_after_the_month_moves_no_value(
    warned: dict[str, list[Row]], with_later: dict[str, list[Row]], table: str
) -> None:
    former, later = warned[table], with_later[table]
    assert later == former if table != "segments" else dated(later) == dated(former)


def test_nor_any_call(warned: dict[str, list[Row]], with_later: dict[str, list[Row]]) -> None:
    """The state of a record has no date, so it is not used of an earlier month."""
    ours, theirs = (by(tables["retention"], "subscriber_id") for tables in (with_later, warned))
    assert {who: row for who, row in ours.items() if who not in BY_STATUS and row != theirs[who]} == {}
    assert {ours[who]["ladder_step"] for who in BY_STATUS} == {"1"}
    assert list(ours) == list(theirs)


def test_state_of_an_earlier_month_is_taken_from_its_events(run: Run, said: Callable[[], str]) -> None:
    tables = hand_warnings.exports()
    tables["bills"].append({"subscriber_id": "steady", "month": "2026-04", "total": "100"})
    happened = {
        "suspended": [("2026-03-31 23:59:59", "suspension")],
        "preclosed": [("2026-02-01 10:00:00", "suspension"), ("2026-02-02 10:00:00", "resume")],
        "young-5": [("2026-02-01 10:00:00", "resume"), ("2026-02-02 10:00:00", "suspension")],
        "young-6": [("2026-04-01 00:00:00", "suspension")],
        "steady": [("2026-03-01 10:00:00", "suspension"), ("2026-03-01 10:00:00", "resume")],
        "plans-2": [("2026-03-01 10:00:00", "suspension"), ("2026-04-02 10:00:00", "resume")],
    }
    tables["events"] += [
        {"subscriber_id": who, "time": time, "kind": kind, "resolved_at": ""}
        for who, events in happened.items()
        for time, kind in events
    ]
    # April has one bill only and is not complete: March is the present, and the records are of now.
    now = by(run(tables, command="retain")["retention"], "subscriber_id")
    assert [now[who]["ladder_step"] for who in happened] == ["6", "6", "1", "1", "1", "1"]
    assert "subscriber records" not in said()
    # Now April is complete, and March is the past.
    tables["bills"] += [
        {"subscriber_id": who, "month": "2026-04", "total": "100"} for who in hand_warnings.CASES if who != "steady"
    ]
    tables["usage"] += records("steady", "2026-04-30 10:00:00 voice out 1 own local home - 600 - -")
    then = by(run(tables, "--as-of", "2026-03", command="retain")["retention"], "subscriber_id")
    assert [then[who]["ladder_step"] for who in happened] == ["6", "1", "6", "1", "1", "6"]
    assert (
        "Note: the subscriber records are of a time after 2026-03: their status is left out, and who was suspended is "
        "taken from the events; brand, region, plan and contract are those of the records." in said()
    )
