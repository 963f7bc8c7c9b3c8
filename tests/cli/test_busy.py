"""Two runs at once: a second one into the same folder is refused; other folders and files do not disturb it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from telco_process import Running, Telco, tree

USAGE = b"subscriber_id,start_time,service,direction\n1,2026-03-05 10:00:00,sms,out\n"


@contextmanager
def waiting_run(telco: Telco, out: str) -> Iterator[Running]:
    """A run into `out` that has begun and waits for its standard input; it gets it at the end."""
    pipe = telco.folder / "pipe"
    os.mkfifo(pipe)
    call = telco.start("run", "--usage", "-", "-o", out, "-q", "--no-store", stdin=pipe)
    writer = os.open(pipe, os.O_WRONLY)
    while not (telco.folder / out / ".telco-crm.new").exists():
        time.sleep(0.01)
    try:
        yield call
    finally:
        with suppress(BrokenPipeError):  # it may have been killed
            os.write(writer, USAGE)
        os.close(writer)
        pipe.unlink()


def test_a_second_run_into_the_same_folder_is_refused(little: Telco) -> None:
    little.good("run", "data", "-o", "out", "-q", "--no-store")
    before = tree(little.folder / "out")
    with waiting_run(little, "out") as first:
        says = ("out: another telco-crm run is writing there; wait for it, or name another folder",)
        assert len(little.refused("run", "data", "-o", "out", "-q", "--no-store", says=says)) == 1
        assert len(little.refused("run", "data", "-o", little.folder / "out", "-q", "--no-store", says=says)) == 1
        little.good("run", "data", "-o", "elsewhere", "-q", "--no-store")
        now = {n: h for n, h in tree(little.folder / "out").items() if not n.startswith(".telco-crm.new")}
        assert now == before
    assert first.wait().code == 0
    assert tree(little.folder / "out") != before
    little.good("run", "data", "-o", "out", "-q", "--no-store")


def test_a_folder_is_free_again_after_a_kill(little: Telco) -> None:
    with waiting_run(little, "out") as first:
        first.signal(signal.SIGKILL)
        assert first.wait().code == -signal.SIGKILL
        little.good("run", "data", "-o", "out", "-q", "--no-store")


def test_a_refused_run_leaves_a_folder_that_the_first_one_made(telco: Telco) -> None:
    with waiting_run(telco, "new/out") as first:
        telco.write("bills.csv", "subscriber_id,month,total\n1,2026-03,5\n")
        telco.refused("run", "--bills", "bills.csv", "-o", "new/out", "-q", says=("another telco-crm run",))
    assert first.wait().code == 0
    assert (telco.folder / "new" / "out" / "manifest.json").exists()


def test_two_runs_into_one_file_leave_one_whole_result(little: Telco) -> None:
    calls = [little.start("segment", "data", "-o", "x.csv", "-q", "--no-store") for _ in range(3)]
    assert [call.wait().code for call in calls] == [0, 0, 0]
    whole = (little.folder / "x.csv").read_bytes()
    little.good("segment", "data", "-o", "y.csv", "-q", "--no-store")
    assert (little.folder / "y.csv").read_bytes() == whole
    assert {p.name for p in little.folder.iterdir() if not p.name.startswith(("x.csv", "y.csv"))} == {"data"}


def test_a_failed_run_leaves_no_trace(little: Telco, tmp_path: Path) -> None:
    before = tree(tmp_path)
    little.refused("run", "data", "-o", "a/b/out", "--as-of", "2020-01", "--no-store", says=("--as-of 2020-01",))
    assert tree(tmp_path) == before
    (tmp_path / "empty").mkdir()
    little.refused("run", "data", "-o", "empty", "--as-of", "2020-01", "--no-store", says=("--as-of 2020-01",))
    assert list((tmp_path / "empty").iterdir()) == []
