"""Parts of the subscribers: every hash is in exactly one."""

from __future__ import annotations

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from telco_crm.engine.duck import DuckEngine
from telco_crm.engine.workers import LocalWorkers, Part

HASHES = st.integers(0, (1 << 64) - 1)


@settings(deadline=None)
@given(st.lists(HASHES, min_size=1, max_size=50), st.integers(1, 5000))
def test_every_hash_is_in_exactly_one_part(hashes: list[int], of: int) -> None:
    numbers = {(h >> 32) * of >> 32 for h in hashes}
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE t AS SELECT unnest([{', '.join(map(str, hashes))}]::UBIGINT[]) AS sid")
        found = [con.execute(f"SELECT count(*) FROM t WHERE {Part(n, of).holds('sid')}").fetchone() for n in numbers]
    assert sum(row[0] for row in found if row) == len(hashes)


def test_the_ranges_meet_without_gap_or_overlap() -> None:
    # ceil(2**32 / 3) is 0x55555556 and ceil(2 * 2**32 / 3) is 0xAAAAAAAB; the lower 32 bits are all zeros and all ones.
    ends = [Part(n, 3).holds("sid") for n in range(3)]
    assert ends[0] == "(sid >= 0::UBIGINT AND sid <= 6148914694099828735::UBIGINT)"
    assert ends[1] == "(sid >= 6148914694099828736::UBIGINT AND sid <= 12297829383904690175::UBIGINT)"
    assert ends[2] == "(sid >= 12297829383904690176::UBIGINT AND sid <= 18446744073709551615::UBIGINT)"


def test_local_workers_keep_the_order_and_tell_of_every_task() -> None:
    told: list[int] = []
    with DuckEngine(2) as engine:
        results = LocalWorkers(engine).map(lambda e, n: e.rows(f"SELECT {n} * 2")[0][0], [3, 1, 2], told.append)
    assert results == [6, 2, 4]
    assert told == [3, 1, 2]
