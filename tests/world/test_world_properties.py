"""What holds whatever the data: sums, shares, ranks, monotone stars, and that order and files change nothing."""

from __future__ import annotations

import tempfile
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from telco_crm.analysis import RunContext
from telco_crm.credit.stars import CREDIT
from telco_crm.engine.duck import DuckEngine
from telco_crm.engine.workers import LocalWorkers
from telco_crm.months import Month
from telco_crm.segment.arpu import ARPU
from world import Row, call, read, write

LITTLE = settings(derandomize=True, deadline=None, database=None, max_examples=40)
FEW = settings(LITTLE, max_examples=3)
EDGES = [Decimal(e) for e in (0, 20, 50, 80, 120, 200, 400)]
CENTS = st.decimals(-1000, 100_000, places=2, allow_nan=False, allow_infinity=False)
MONEY = st.one_of(CENTS, st.sampled_from([e + d for e in EDGES for d in map(Decimal, ("-0.01", "0", "0.01"))]))


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckEngine]:
    with DuckEngine(2) as made:
        yield made


def context_of(engine: DuckEngine, people: list[dict[str, Any]], events: list[dict[str, Any]]) -> RunContext:
    """March 2026 with these people; `spend` is the one bill of each."""
    frame = pd.DataFrame(people)
    frame["subscriber_id"] = [f"s{n}" for n in range(len(frame))]
    engine.register("given", frame)
    engine.register("given_events", pd.DataFrame(events, columns=["subscriber_id", "kind"]))
    engine.run(
        "CREATE OR REPLACE TABLE people AS SELECT subscriber_id, brand, months::INTEGER AS months_on_network, "
        "DATE '2020-01-01' AS activated_on, left_now AS has_left, left_now AS left_this_month, "
        "spend::DECIMAL(18,6) AS arpu FROM given"
    )
    engine.run(
        "CREATE OR REPLACE TABLE arpu AS SELECT subscriber_id, '2026-03' AS month, arpu FROM people "
        "WHERE arpu IS NOT NULL"
    )
    engine.run(
        "CREATE OR REPLACE TABLE events AS SELECT subscriber_id, kind, TIMESTAMP '2026-03-31 10:00:00' AS time "
        "FROM given_events"
    )
    march = Month("2026-03")
    return RunContext(engine, march, [march], {"people", "bills", "subscribers", "events", "features"})


def band_of(amount: Decimal | None) -> str:
    """Right-closed bands, worked out another way: by the edge that the amount does not pass."""
    if amount is None:
        return "no bill"
    if amount <= 0:
        return "0" if amount == 0 else "<0"
    place = bisect_left(EDGES, amount)
    return f"({EDGES[place - 1]},{EDGES[place] if place < len(EDGES) else 'inf'}" + ("]" if place < len(EDGES) else ")")


PERSON = st.fixed_dictionaries(
    {
        "brand": st.sampled_from(["gotone", "mzone", "easyown", "other", None]),
        "months": st.one_of(st.none(), st.integers(0, 130)),
        "spend": st.one_of(st.none(), MONEY),
        "left_now": st.booleans(),
    }
)


@LITTLE
@given(st.lists(PERSON, min_size=1, max_size=30))
def test_everybody_is_in_one_band_and_the_bands_add_up(engine: DuckEngine, people: list[dict[str, Any]]) -> None:
    ARPU.run(context_of(engine, people, []), LocalWorkers(engine))
    banded = dict(engine.rows("SELECT subscriber_id, arpu_band FROM banded"))
    assert banded == {f"s{n}": band_of(p["spend"]) for n, p in enumerate(people)}
    bands = engine.frame("SELECT * FROM arpu_bands ORDER BY band_no").set_index("arpu_band")
    sizes = Counter(banded.values())
    assert {name: int(count) for name, count in bands["subscribers"].items() if count} == dict(sizes)
    assert bands["share"].sum() == pytest.approx(1)
    revenue = sum((p["spend"] for p in people if p["spend"] is not None), Decimal(0))
    assert bands["revenue"].sum() == pytest.approx(float(revenue), abs=1e-6)
    assert bands["cumulative_revenue"].iloc[-1] == pytest.approx(float(revenue), abs=1e-6)
    if revenue:
        assert bands["revenue_share"].sum() == pytest.approx(1, abs=1e-6)
    leavers = (bands["churn_rate"] * bands["subscribers"]).fillna(0).sum()
    assert leavers == pytest.approx(sum(p["left_now"] for p in people))


@LITTLE
@given(PERSON, st.integers(0, 60), MONEY, st.integers(0, 7), st.integers(0, 3))
@example({"brand": "gotone", "months": 60, "spend": Decimal("400.01"), "left_now": False}, 0, Decimal(0), 0, 0)
@example({"brand": None, "months": None, "spend": None, "left_now": False}, 0, Decimal(0), 7, 0)
def test_stars_never_fall_with_tenure_and_spend_nor_rise_with_suspensions(
    engine: DuckEngine, person: dict[str, Any], longer: int, more: Decimal, stops: int, fewer: int
) -> None:
    spend = (person["spend"] or Decimal(0)) + abs(more)
    better = {**person, "months": (person["months"] or 0) + longer, "spend": spend}
    events = [{"subscriber_id": "s0", "kind": "suspension"}] * (stops + fewer)
    events += [{"subscriber_id": "s1", "kind": "suspension"}] * stops
    CREDIT.run(context_of(engine, [person, better], events), LocalWorkers(engine))
    rows = engine.frame("SELECT * FROM credit ORDER BY subscriber_id").to_dict("records")
    for row in rows:
        parts = [row[f"{part}_points"] for part in ("brand", "tenure", "spend", "suspension")]
        assert sum(parts) == row["score"]
        assert -100 * row["suspensions"] <= row["score"] <= 600
        assert row["stars"] == min(5, max(0, row["score"] // 100))  # as shipped, a star per 100
    assert rows[0]["score"] <= rows[1]["score"]
    assert rows[0]["stars"] <= rows[1]["stars"]


DAYS = st.sampled_from([f"2026-{m:02d}-{d:02d}" for m in (1, 2, 3) for d in (1, 10, 15, 16, 28)] + ["2026-03-31"])
USED = st.fixed_dictionaries(
    {
        "subscriber_id": st.sampled_from([f"s{n}" for n in range(8)]),
        "start_time": st.builds(lambda day, hour: f"{day} {hour:02d}:30:00", DAYS, st.integers(0, 23)),
        "service": st.just("voice"),
        "direction": st.sampled_from(["out", "in", "forward"]),
        "counterpart": st.sampled_from(["1", "2", "3", ""]),
        "counterpart_network": st.sampled_from(["own", "telecom", ""]),
        "toll": st.sampled_from(["local", "domestic"]),
        "ip_prefix": st.sampled_from(["true", "false", ""]),
        "duration_s": st.integers(0, 4000).map(str),
        "charge": st.decimals(0, 50, places=2).map(str),
    }
)
BILLED = st.dictionaries(
    st.tuples(st.sampled_from([f"s{n}" for n in range(8)]), st.sampled_from(["2026-01", "2026-02", "2026-03"])),
    MONEY,
    min_size=1,
    max_size=20,
)
KNOWN = st.dictionaries(
    st.sampled_from([f"s{n}" for n in range(10)]),
    st.tuples(
        st.sampled_from(["gotone", "mzone", ""]), st.sampled_from(["2020-02-29", "2026-01-31", "2026-03-01", ""])
    ),
    min_size=1,
)


def exports(folder: Path, tables: dict[str, list[Row]], files: int = 1) -> Path:
    """The tables in a folder, each dealt out to so many files; in turned order if to more than one."""
    folder.mkdir()
    for name, rows in tables.items():
        rows = rows if files == 1 else rows[::-1]
        for number in range(files):
            if part := rows[number::files]:
                write(folder / f"{name}_{number}.csv", part)
    return folder


@FEW
@given(st.lists(USED, min_size=1, max_size=40), BILLED, KNOWN)
def test_order_and_files_change_no_table_and_ranks_are_complete(
    used: list[Row], billed: dict[tuple[str, str], Decimal], known: dict[str, tuple[str, str]]
) -> None:
    tables: dict[str, list[Row]] = {
        "usage": used,
        "bills": [{"subscriber_id": w, "month": m, "total": str(total)} for (w, m), total in billed.items()],
        "subscribers": [{"subscriber_id": w, "brand": b, "activated_on": day} for w, (b, day) in known.items()],
    }
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        for out, files in (("a", 1), ("b", 3)):
            folder = exports(scratch / f"in-{out}", tables, files)
            assert call("run", folder, "-o", scratch / out, "--no-store", "--quiet") == 0
        made = {p.stem: p.read_bytes() for p in (scratch / "a").glob("*.csv")}
        assert {p.stem: p.read_bytes() for p in (scratch / "b").glob("*.csv")} == made
        segments, churn, retention = (read(scratch / f"a/{t}.csv") for t in ("segments", "churn", "retention"))
    people = [row["subscriber_id"] for row in segments]
    assert len(set(people)) == len(people)
    assert {row["subscriber_id"] for row in churn} == set(people)  # nobody has left
    assert [int(row["risk_rank"]) for row in churn] == list(range(1, len(people) + 1))
    assert [int(row["rank"]) for row in retention] == list(range(1, len(people) + 1))
    assert {row["subscriber_id"] for row in retention} == set(people)
    assert all(0 <= float(row["churn_score"]) <= 1 for row in churn)
