"""Killed runs, and runs that share a store: never is half a file trusted, and everybody gets the same bytes."""

from __future__ import annotations

import random
import signal
import time

import pytest
from stored import Stored

from telco_crm.ingest.store import UsageStore


def test_ten_kills_at_random_moments(stored: Stored) -> None:
    for month in ("2026-04", "2026-05", "2026-06"):
        stored.add_month(month, rows=400)
    start = time.monotonic()
    expected = stored.fresh()
    seconds, chance, killed = time.monotonic() - start, random.Random(2), 0
    for _ in range(10):
        call = stored.start("features", "data", "-o", "f.csv", "-q")
        time.sleep(chance.random() * seconds)
        call.signal(signal.SIGKILL)
        killed += call.wait().code == -signal.SIGKILL
    assert killed
    assert stored.features() == expected
    stored.clean()


DYING = """
import os
import telco_crm.ingest.store as store
place, left = {place}, [{nth}]
really = place.{step}
def dying(*args):
    if not left[0]:
        os._exit(9)
    left[0] -= 1
    return really(*args)
place.{step} = dying
"""


@pytest.mark.parametrize("nth", [0, 1, 2, 5])
@pytest.mark.parametrize(("place", "step"), [("os", "rename"), ("os", "fsync"), ("store", "file_hash")])
def test_a_kill_at_every_step_of_writing(stored: Stored, place: str, step: str, nth: int) -> None:
    """The process is gone, as by SIGKILL, before the n-th rename, flush to disk or hash of a part."""
    expected = stored.fresh()
    dying = DYING.format(place=place, step=step, nth=nth)
    assert stored.start("features", "data", "-o", "f.csv", "-q", setup=dying).wait().code == 9
    assert stored.features() == expected
    stored.clean()


def test_what_a_killed_run_left_behind_is_swept_up(stored: Stored) -> None:
    first = stored.features()
    for name in ("usage/.new-abc-1", "usage/half", "features/.new-2026-01-1", "features/2026-01-abc", ".work-1"):
        (stored.store / name).mkdir()
        (stored.store / name / "part.parquet").write_text("half")
    assert stored.features() == first
    assert len(stored.parts("usage")) == len(stored.parts("features")) == 3
    stored.clean()


def test_three_runs_share_a_store(stored: Stored) -> None:
    expected = stored.fresh()
    for _ in range(2):
        calls = [stored.start("features", "data", "-o", f"f{n}.csv", "-q") for n in range(3)]
        assert [(call.code, call.err) for call in (c.wait() for c in calls)] == [(0, "")] * 3
        assert [(stored.folder / f"f{n}.csv").read_bytes() for n in range(3)] == [expected] * 3
        assert len(stored.parts("usage")) == len(stored.parts("features")) == 3
        stored.clean()
        stored.good("store", "drop", "--month", "2026-02")


def test_runs_with_other_data_share_a_store(stored: Stored) -> None:
    calls = [
        stored.start("features", "--usage", f"data/usage_{month}.csv", "-o", f"{month}.csv", "-q")
        for month in ("2026-01", "2026-02", "2026-03")
    ]
    assert [(call.code, call.err) for call in (c.wait() for c in calls)] == [(0, "")] * 3
    assert stored.features() == stored.fresh()
    assert stored.kept == ["2026-01", "2026-02", "2026-03"]


def test_nothing_is_swept_or_replaced_while_another_run_is_at_work(stored: Stored) -> None:
    stored.features()
    other = UsageStore(stored.store)
    (stored.store / "usage" / ".new-abc-1").mkdir()
    with (stored.folder / "data" / "usage_2026-02.csv").open("a") as file:
        file.write("0001,2026-02-03 10:00:00,sms,out,5,\n")
    (stored.store / "VERSION").write_text("of another version, which must wait")
    assert stored.features() == stored.fresh()
    assert stored.kept == ["2026-01", "2026-03"]
    assert {".new-abc-1"} < set(stored.parts("usage"))
    assert len(stored.parts("usage")) == 5  # the former state of February is still there for the other run
    other.close()
    stored.features()
    assert ".new-abc-1" not in stored.parts("usage")


GROWING = """
import telco_crm.ingest.usage_reader as usage_reader
really = usage_reader.UsageSink.add
def add(self, batch, how):
    with open(batch.file, "a") as file:
        file.write("0001,2026-01-03 10:00:00,sms,out,5,\\n")
    return really(self, batch, how)
usage_reader.UsageSink.add = add
"""


def test_a_file_that_changes_while_it_is_read_is_refused(stored: Stored) -> None:
    done = stored.start("features", "data", "-o", "f.csv", "-q", setup=GROWING).wait()
    says = "data/usage_2026-01.csv was changed while it was read; start again when it is complete"
    assert (done.code, done.err) == (1, f"telco-crm: {says}\n")
    assert not (stored.folder / "f.csv").exists()
    assert stored.features() == stored.fresh()
