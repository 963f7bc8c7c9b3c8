"""store list, verify and drop; stores of other versions; damage, and what the next run makes of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from stored import Stored

from telco_crm.ingest.store import UsageStore


def damage(path: Path) -> None:
    """Other bytes in the middle, the same size."""
    content = bytearray(path.read_bytes())
    half = len(content) // 2
    content[half - 40 : half + 40] = bytes(80)
    content[8:40] = bytes(32)
    path.write_bytes(bytes(content))


def source_of(stored: Stored, month: str) -> Path:
    return next(
        p.parent for p in (stored.store / "usage").glob("*/source.json") if f"usage_{month}.csv" in p.read_text()
    )


def test_list_tells_files_rows_months_and_sizes(stored: Stored) -> None:
    stored.features()
    lines = stored.good("store", "list").out.splitlines()
    assert [line.split("\t")[:3] for line in lines] == [
        [f"data/usage_{month}.csv", "120 rows", f"{month} to {month}"] for month in ("2026-01", "2026-02", "2026-03")
    ]
    assert all(re.fullmatch(r"\d+\.\d MB", line.split("\t")[3]) for line in lines)
    assert stored.good("store", "list", stored.store).out.splitlines() == lines


@pytest.mark.parametrize("command", ["list", "verify", "drop"])
def test_where_there_is_no_store(stored: Stored, command: str) -> None:
    stored.refused("store", command, says=(".telco-crm-store: there is no store; name its folder",))
    stored.refused("store", command, "data", says=("data: there is no store",))


def test_verify_finds_nothing_wrong_with_a_good_store(stored: Stored) -> None:
    stored.features()
    stored.clean()


def test_verify_names_what_has_changed(stored: Stored) -> None:
    stored.features()
    damage(next(source_of(stored, "2026-01").glob("rows-*")))
    (source_of(stored, "2026-02") / "source.json").write_text("{")
    (stored.folder / "data" / "usage_2026-03.csv").unlink()
    damage(next((stored.store / "features").glob("2026-03-*/*.parquet")))
    done = stored("store", "verify")
    assert done.code == 1
    told = done.out.splitlines()
    assert len(told) == 4
    for says in (
        r"usage/\w+: not a whole source; it is read again at the next run",
        r'usage/\w+/rows-00000.parquet: changed since it was written; .*store drop .* --file "data/usage_2026-01.csv"',
        r"data/usage_2026-03.csv: the file is gone; what the store has of it is not used any more",
        r"features/2026-03-\w+/.*parquet: changed since it was written; .*store drop .* --month 2026-03",
    ):
        assert any(re.search(says, line) for line in told), (says, told)
    stored.write("data/usage_2026-03.csv", "x")
    assert (
        "data/usage_2026-03.csv: the file has changed since; it is read again at the next run"
        in stored("store", "verify").out
    )


@pytest.mark.parametrize("what", ["rows", "features"])
def test_a_damaged_part_is_said_and_can_be_taken_out(stored: Stored, what: str) -> None:
    first = stored.features()
    if what == "rows":
        damage(next(source_of(stored, "2026-02").glob("rows-*")))
        stored.good("store", "drop", "--month", "2026-01")  # so that features are made of the damaged rows
        for folder in (stored.store / "features").iterdir():
            for file in folder.iterdir():
                file.unlink()
    else:
        damage(next((stored.store / "features").glob("2026-02-*/features-*")))
    says = ("the store", "is damaged", "telco-crm store verify", "telco-crm store drop")
    assert len(stored.refused("features", "data", "-o", "f.csv", "-q", says=says)) == 1
    assert (stored.folder / "f.csv").read_bytes() == first
    (remedy,) = re.findall(r"take it out with: telco-crm (.*)", stored("store", "verify").out)
    stored.good(*(part.strip('"') for part in remedy.split()))
    assert stored.features() == first
    stored.clean()


def test_damage_that_an_analysis_finds_is_said(stored: Stored) -> None:
    stored.write("data/subscribers.csv", "subscriber_id,brand,activated_on\n0001,gotone,2020-01-01\n")
    stored.features()
    contacts = next((stored.store / "features").glob("2026-02-*/contacts-*"))
    content = contacts.read_bytes()
    footer = int.from_bytes(content[-8:-4], "little") + 8
    contacts.write_bytes(content[:4] + bytes(len(content) - footer - 4) + content[-footer:])
    says = ("the store", "is damaged", "telco-crm store verify", "telco-crm store drop")
    assert len(stored.refused("run", "data", "-o", "out", "-q", says=says)) == 1
    assert not (stored.folder / "out" / "manifest.json").exists()


@pytest.mark.parametrize("missing", ["rows-*", "ids-*", "source.json"])
def test_a_source_that_is_not_whole_is_read_again(stored: Stored, missing: str) -> None:
    first = stored.features()
    next(source_of(stored, "2026-02").glob(missing)).unlink()
    assert stored.features() == first
    assert stored.kept == ["2026-01", "2026-03"]
    stored.clean()


def test_features_that_are_not_whole_are_made_again(stored: Stored) -> None:
    first = stored.features()
    next((stored.store / "features").glob("2026-02-*/*.parquet")).unlink()
    assert stored.features() == first
    assert len(stored.parts("features")) == 3
    stored.clean()


def test_drop_by_file_by_month_and_all(stored: Stored) -> None:
    first = stored.features()
    done = stored.good("store", "drop", "--file", "usage_2026-02.csv")
    assert (done.out, done.err) == ("", "dropped data/usage_2026-02.csv\n")
    assert [name[:7] for name in sorted(stored.parts("features"))] == ["2026-01", "2026-03"]
    assert stored.features() == first
    assert stored.kept == ["2026-01", "2026-03"]
    assert stored.good("store", "drop", "--month", "2026-03").err == "dropped data/usage_2026-03.csv\n"
    assert stored.features() == first
    assert stored.kept == ["2026-01", "2026-02"]
    path = stored.folder / "data" / "usage_2026-01.csv"
    dropped = stored.good("store", "drop", "--file", path, "--file", "data/usage_2026-03.csv").err
    assert dropped.count("dropped") == 2
    stored.good("store", "drop")
    assert stored.good("store", "list").out == ""
    assert (stored.parts("usage"), stored.parts("features")) == ({}, {})
    assert stored.features() == first
    assert stored.kept == []


def test_dropping_what_is_not_there_drops_nothing(stored: Stored) -> None:
    stored.features()
    args = ("--file", "nope.csv", "--month", "2030-01", "--file", "usage_2026-01.csv")
    says = ("the store has no source nope.csv", "the store has no month 2030-01")
    assert len(stored.refused("store", "drop", *args, says=says)) == 2
    assert len(stored.parts("usage")) == 3


def test_nothing_is_dropped_while_a_run_uses_the_store(stored: Stored) -> None:
    stored.features()
    other = UsageStore(stored.store)
    stored.refused("store", "drop", says=("a run is using the store; wait for it",))
    other.close()
    stored.good("store", "drop")


def test_a_store_of_another_version_is_made_anew_and_that_is_said_once(stored: Stored) -> None:
    first = stored.features()
    (stored.store / "VERSION").write_text("telco-crm store 0, duckdb 0.1")
    assert "made by another version; it is made anew at the next run" in stored("store", "verify").out
    assert stored.features() == first
    assert stored.said.count("was made by another version and is made anew") == 1
    assert stored.kept == []
    assert stored.features() == first
    assert "another version" not in stored.said
    assert stored.kept == ["2026-01", "2026-02", "2026-03"]
    stored.clean()


def test_a_store_of_another_version_can_be_dropped(stored: Stored) -> None:
    stored.features()
    (stored.store / "VERSION").write_text("telco-crm store 0, duckdb 0.1")
    stored.good("store", "drop")
    assert stored.good("store", "list").out == ""


def test_features_of_sources_that_are_gone_go_too(stored: Stored) -> None:
    """Else a store would grow with every export that is made again."""
    stored.features()
    for number in range(3):
        with (stored.folder / "data" / "usage_2026-02.csv").open("a") as file:
            file.write(f"000{number},2026-02-03 10:00:00,sms,out,5,\n")
        stored.features()
    stored.features()
    assert (len(stored.parts("usage")), len(stored.parts("features"))) == (3, 3)
