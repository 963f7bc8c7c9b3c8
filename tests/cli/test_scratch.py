"""What killed processes leave behind is removed by the next one; what is in use, or not ours, stays."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from telco_process import Running, Telco

from telco_crm import scratch
from telco_crm.engine.duck import DuckEngine
from telco_crm.output.writers import OutputStyle, write_table
from telco_crm.schema import load_schema
from telco_crm.scratch import ScratchFile, ScratchFolder


def killed_in_the_middle(telco: Telco, *command: object) -> None:
    """Start a command that reads a pipe, and kill it when its temporary folder is there."""
    call, writer = waiting(telco, *command)
    call.signal(signal.SIGKILL)
    assert call.wait().code == -signal.SIGKILL
    os.close(writer)


def waiting(telco: Telco, *command: object) -> tuple[Running, int]:
    pipe = telco.folder / "pipe"
    os.mkfifo(pipe)
    (telco.folder / "temp").mkdir(exist_ok=True)
    before = set((telco.folder / "temp").iterdir())
    call = telco.start(*command, "--usage", "-", "--no-store", "-q", "--temp-dir", "temp", stdin=pipe)
    writer = os.open(pipe, os.O_WRONLY)
    while not set((telco.folder / "temp").iterdir()) - before:
        time.sleep(0.01)
    time.sleep(0.05)
    pipe.unlink()
    return call, writer


@pytest.mark.parametrize("command", [("run", "-o", "out"), ("features", "-o", "f.csv"), ("check", "--rejects", "r")])
def test_the_next_command_removes_what_a_killed_one_has_left(little: Telco, command: tuple[str, ...]) -> None:
    killed_in_the_middle(little, *command)
    assert list((little.folder / "temp").iterdir())
    little.good("check", "data", "--temp-dir", "temp", "-q")
    assert list((little.folder / "temp").iterdir()) == []


def test_the_next_command_removes_the_half_file_beside_the_output(little: Telco) -> None:
    killed_in_the_middle(little, "segment", "-o", "x.csv")
    assert [p.name[:7] for p in little.folder.iterdir() if p.suffix == ".new"] == [".x.csv."]
    little.good("segment", "data", "-o", "x.csv", "--no-store", "-q")
    assert {p.name for p in little.folder.iterdir()} == {"data", "temp", "x.csv", "x.csv.manifest.json"}


def test_a_living_command_keeps_its_folder_and_its_file(little: Telco) -> None:
    call, writer = waiting(little, "features", "-o", "x.csv")
    there = set((little.folder / "temp").iterdir())
    little.good("features", "data", "-o", "x.csv", "--no-store", "-q", "--temp-dir", "temp")
    assert set((little.folder / "temp").iterdir()) == there
    assert sum(p.suffix == ".new" for p in little.folder.iterdir()) == 1
    os.write(writer, b"subscriber_id,start_time,service,direction\n1,2026-03-05 10:00:00,sms,out\n")
    os.close(writer)
    assert call.wait().code == 0
    assert (little.folder / "x.csv").read_text("utf-8").splitlines()[1].startswith("1,2026-03,")
    assert list((little.folder / "temp").iterdir()) == []


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl", "xlsx"])
def test_a_table_is_written_into_the_file_that_is_locked(tmp_path: Path, form: str) -> None:
    """A writer that put another file in its place would leave it without the lock. With a byte-order mark, too."""
    schema, path = load_schema("credit"), ScratchFile(tmp_path, "x").path
    columns = ", ".join(f"CASE WHEN i % 2 = 0 THEN '{'1' * 9}' END AS {name}" for name in schema.columns)
    before = path.stat().st_ino
    with DuckEngine(2) as engine:
        sql = f"SELECT {columns} FROM range(40000) r(i)"
        assert write_table(engine, sql, path, schema, OutputStyle(form, excel=True)) == 40_000
        assert path.stat().st_ino == before
        if form == "csv":
            marked = path.read_bytes()
            write_table(engine, sql, path, schema, OutputStyle(form))
            assert len(marked) > 2 << 20
            assert marked == b"\xef\xbb\xbf" + path.read_bytes()
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    """A folder of results that happens to be called so, a file of another name, a link."""
    results = tmp_path / "telco-crm-results1"
    results.mkdir()
    (results / ".telco-crm.lock").write_text("")
    (tmp_path / "telco-crm-abcdefgh").mkdir()
    (tmp_path / ".x.csv.longer-than-drawn.new").write_text("mine")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / scratch.LOCK).write_text("")
    (tmp_path / "telco-crm-12345678").symlink_to(tmp_path / "elsewhere")
    before = sorted(p.name for p in tmp_path.rglob("*"))
    ScratchFolder(tmp_path).close()
    ScratchFile(tmp_path, "x.csv").close()
    assert sorted(p.name for p in tmp_path.rglob("*")) == before


def test_a_removal_that_is_cut_short_is_finished_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ScratchFolder(tmp_path)
    (folder.path / "spill").mkdir()
    (folder.path / "spill" / "part").write_text("x")
    with monkeypatch.context() as patch:
        patch.setattr(scratch.shutil, "rmtree", lambda *a, **k: os.kill(os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            folder.close()
    assert (folder.path / "spill" / "part").exists()
    assert folder._lock
    folder._lock.close()
    ScratchFolder(tmp_path).close()
    assert list(tmp_path.iterdir()) == []


def test_where_there_are_no_locks_it_works_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(*args: object) -> None:
        raise OSError("no locks here")

    monkeypatch.setattr(scratch.fcntl, "flock", without)
    folder, file = ScratchFolder(tmp_path), ScratchFile(tmp_path, "x.csv")
    assert len(list(tmp_path.iterdir())) == 2
    folder.close()
    file.close()
    assert list(tmp_path.iterdir()) == []
