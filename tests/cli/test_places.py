"""Places that cannot be written, and full disks: one sentence that names the place; former outputs stay."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from disks import disk, fill, read_only
from telco_process import Telco, tree


@pytest.fixture
def small(little: Telco) -> Iterator[Path]:
    """A disk of 4 MB beside the data."""
    with disk(little.folder / "small", "4m") as place:
        yield place


def test_a_folder_below_a_file(little: Telco) -> None:
    before = tree(little.folder)
    little.refused("run", "data", "-o", "data/usage.csv/out", says=("data/usage.csv/out cannot be written",))
    says = ("-o data/usage.csv/x.csv cannot be written", "name a file in a folder that exists")
    assert len(little.refused("segment", "data", "-o", "data/usage.csv/x.csv", says=says)) == 1
    assert tree(little.folder) == before


def test_a_file_in_a_folder_that_is_not_there_and_a_folder_as_a_file(little: Telco) -> None:
    before = tree(little.folder)
    little.refused("features", "data", "-o", "no/such/x.csv", says=("-o no/such/x.csv cannot be written",))
    little.refused("features", "data", "-o", "data", says=("-o data is a folder; name a file in it",))
    little.refused("churn", "fit", "data", "--model", "no/m.json", says=("no/m.json cannot be written",))
    little.refused("init", "-o", "no/such.toml", says=("no/such.toml cannot be written",))
    assert tree(little.folder) == before


def test_a_file_as_a_folder(little: Telco) -> None:
    """Several files cannot go into one; a folder may be called as it likes."""
    before = tree(little.folder)
    plan = ("campaign", "plan", "data", "--name", "x")
    for call in (("run", "data"), ("migrate", "data", "--from", "2026-01", "--to", "2026-02"), plan):
        done = little(*call, "-o", "x.csv")
        assert done.code == 2, call
        assert "'x.csv' names a file, but the results are several: name a folder, such as 'x'." in done.err
    assert tree(little.folder) == before
    (little.folder / "x.csv").mkdir()
    little.good("run", "data", "-o", "x.csv", "-q", "--no-store")
    assert (little.folder / "x.csv" / "manifest.json").exists()


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="there is no /proc here")
def test_a_place_where_nobody_can_write(little: Telco) -> None:
    little.refused("run", "data", "-o", "/proc/out", says=("/proc/out cannot be written",))
    little.refused("features", "data", "-o", "/proc/x.csv", says=("-o /proc/x.csv cannot be written",))
    little.refused("check", "data", "--temp-dir", "/proc/temp", says=("--temp-dir /proc/temp",))
    little.write(
        "data/events.csv", "subscriber_id,time,kind\n0139,soon,complaint\n0139,2026-03-05 10:00:00,complaint\n"
    )
    little.refused("check", "data", "--rejects", "/proc/r", says=("/proc/r", "--rejects"))
    says = ("the store /proc/store cannot be written", "--no-store")
    little.refused("features", "data", "-o", "x.csv", "--store", "/proc/store", says=says)
    assert sorted(p.name for p in little.folder.iterdir()) == ["data"]


def test_a_read_only_output_keeps_the_former_one(little: Telco, small: Path) -> None:
    little.good("run", "data", "-o", "small/out", "-q", "--no-store")
    little.good("segment", "data", "-o", "small/x.csv", "-q", "--no-store")
    before = tree(little.folder)
    read_only(small)
    little.refused("run", "data", "-o", "small/out", says=("small/out cannot be written (Read-only file system)", "-o"))
    little.refused("segment", "data", "-o", "small/x.csv", says=("-o small/x.csv cannot be written (Read-only",))
    assert tree(little.folder) == before
    little.good("segment", "data", "-o", "small.csv", "-q")


def test_a_default_store_that_cannot_be_written_is_done_without(little: Telco, small: Path) -> None:
    """The folder of the output can be written, the one around it, where the store would be, cannot."""
    (small / "out").mkdir()
    with disk_within(small / "out"):
        read_only(small)
        little.good("run", "data", "-o", "small/out", "-q")
        assert (small / "out" / "manifest.json").exists()
        assert sorted(p.name for p in small.iterdir()) == ["out"]


def disk_within(place: Path) -> object:
    place.rmdir()
    return disk(place, "4m")


@pytest.mark.parametrize("free", [0, 4096, 40_000])
def test_a_full_disk_at_the_output(little: Telco, small: Path, free: int) -> None:
    little.good("run", "data", "-o", "small/out", "-q", "--no-store")
    little.good("features", "data", "-o", "small/f.csv", "-q", "--no-store")
    fill(small, free)
    before = tree(little.folder)
    for command in (("run", "data", "-o", "small/out", "--seed", "2"), ("features", "data", "-o", "small/f.csv")):
        done = little(*command, "-q", "--no-store")
        if done.code == 0:  # what is free was enough
            assert free == 40_000
            before = tree(little.folder)
            continue
        assert done.code == 1
        assert re.fullmatch(r"telco-crm: .*small.*(No space left on device|no space left there).*\n", done.err), (
            done.err
        )
        assert "free some" in done.err
        assert tree(little.folder) == before


def test_a_full_disk_for_temporary_data(little: Telco, small: Path) -> None:
    fill(small, 8192)
    before = tree(little.folder)
    (sentence,) = little.refused("run", "data", "-o", "out", "--no-store", "--temp-dir", "small", says=("space",))
    assert re.search(r"--temp-dir|small/telco-crm-", sentence)
    assert tree(little.folder) == before


def test_full_disks_of_rejected_rows_and_samples(little: Telco, small: Path) -> None:
    little.write("data/bills.csv", "subscriber_id,month,total\n1,2026-03,1\n" + "x,soon,1\n" * 2000)
    fill(small, 4096)
    little.refused("check", "data", "--rejects", "small/r", says=("small/r", "No space left on device"))
    little.refused("sample", "small/s", "--subscribers", "50", "--months", "1", says=("small/s", "No space left"))
    little.good("check", "data", "--rejects", "rejects")
