"""Where a store is: beside the output, or where it is told; nowhere without an output; and what full disks do to it."""

from __future__ import annotations

import pytest
from disks import disk, fill, read_only
from stored import Stored
from telco_process import tree


def test_it_stands_beside_the_output(stored: Stored) -> None:
    (stored.folder / "results").mkdir()
    stored.good("features", "data", "-o", "results/f.csv", "-q")
    assert (stored.folder / "results" / ".telco-crm-store" / "VERSION").exists()
    stored.good("run", "data", "-o", "deep/out", "-q")
    assert (stored.folder / "deep" / ".telco-crm-store" / "VERSION").exists()
    assert not stored.store.exists()


@pytest.mark.parametrize(
    "command",
    [
        ("features", "data", "-o", "-"),
        ("features", "data", "-o", "f.csv", "--no-store"),
        ("features", "data", "-o", "f.csv", "--no-store", "--store", "elsewhere"),
        ("check", "data"),
        ("features", "--bills", "data/bills_2026-01.csv", "-o", "f.csv"),
    ],
)
def test_there_is_none_without_output_usage_or_wish(stored: Stored, command: tuple[str, ...]) -> None:
    stored.good(*command, "-q")
    names = {p.name for p in stored.folder.iterdir()}
    assert names <= {"data", "f.csv", "f.csv.manifest.json", "f.csv.rejects"}


def test_it_is_where_it_is_told(stored: Stored) -> None:
    stored.write("telco-crm.toml", '[options]\nstore = "kept/here"\n')
    first = stored.features()
    assert (stored.folder / "kept" / "here" / "VERSION").exists()
    assert not stored.store.exists()
    done = stored.good("check", "data", env={"TELCO_CRM_STORE": "kept/here"})
    assert done.out.count("kept in the store") == 3
    stored.write("other.toml", "")
    assert stored.features("--store", "kept/here", "--config", "other.toml") == first
    assert stored.kept == ["2026-01", "2026-02", "2026-03"]


def test_a_run_that_fails_before_reading_makes_none(stored: Stored) -> None:
    stored.write("data/bills_2026-02.csv", "")
    before = tree(stored.folder)
    stored.refused("features", "data", "-o", "f.csv", says=("bills_2026-02.csv is empty",))
    assert tree(stored.folder) == before


def test_a_run_that_fails_later_keeps_what_it_has_read(stored: Stored) -> None:
    """The month is not in the data, which is known only when all is read; the next run need not read it again."""
    stored.refused("features", "data", "-o", "f.csv", "--as-of", "2030-01", says=("--as-of 2030-01",))
    assert sorted(p.name for p in stored.folder.iterdir()) == [".telco-crm-store", "data"]
    stored.features()
    assert stored.kept == ["2026-01", "2026-02", "2026-03"]


@pytest.mark.parametrize("free", [0, 4096, 16384, 32768])
def test_a_full_disk_is_said_and_does_no_damage(stored: Stored, free: int) -> None:
    with disk(stored.folder / "small", "1m"):
        stored.good("features", "data", "-o", "f.csv", "-q", "--store", "small/store")
        stored.add_month("2026-04", rows=3000)
        stored.add_month("2026-05", rows=3000)
        fill(stored.folder / "small", free)
        done = stored("features", "data", "-o", "f.csv", "-q", "--store", "small/store")
        assert done.code == 1
        assert done.err.count("\n") == 1
        assert done.err.startswith("telco-crm: ")
        assert "small/store" in done.err
        assert "No space left on device" in done.err or "no space left there" in done.err
        (stored.folder / "small" / "ballast").unlink()
        assert stored.good("store", "verify", "small/store").out == "small/store: whole\n"
        assert stored.features("--store", "small/store") == stored.fresh()
        assert stored.kept[:3] == ["2026-01", "2026-02", "2026-03"]


def test_a_store_that_cannot_be_made_is_said_before_anything_is_written(stored: Stored) -> None:
    stored.write("file", "")
    says = ("the store file/store cannot be written", "--no-store")
    assert len(stored.refused("features", "data", "-o", "f.csv", "--store", "file/store", says=says)) == 1
    assert sorted(p.name for p in stored.folder.iterdir()) == ["data", "file"]


def test_a_store_that_can_only_be_read_is_said(stored: Stored) -> None:
    with disk(stored.folder / "small", "1m"):
        expected = stored.features("--store", "small/store")
        read_only(stored.folder / "small")
        before = tree(stored.folder)
        says = ("the store small/store cannot be written (Read-only file system)", "--store", "--no-store")
        assert len(stored.refused("features", "data", "-o", "f.csv", "--store", "small/store", says=says)) == 1
        assert tree(stored.folder) == before
        assert stored.fresh() == expected
        assert stored.good("store", "verify", "small/store").out == "small/store: whole\n"
        assert len(stored.good("store", "list", "small/store").out.splitlines()) == 3
        stored.refused("store", "drop", "small/store", says=("small/store", "Read-only file system"))
        assert tree(stored.folder / "small") == {
            n.removeprefix("small/"): h for n, h in before.items() if n.startswith("small/")
        }
