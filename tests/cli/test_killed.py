"""Interrupted and killed runs: former outputs stay as they were, nothing half is left, and the next run succeeds."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
from telco_process import Telco, tree

from telco_crm.output import staging
from telco_crm.output.staging import OutputFile, OutputFolder


@pytest.fixture
def former(operator: Path, tmp_path: Path) -> tuple[Telco, dict[str, str], float]:
    """A folder `out` from a run with another seed; what is in it, and how long the run took."""
    telco = Telco(tmp_path)
    start = time.monotonic()
    telco.good("run", operator, "-o", "out", "--seed", "1", "-q", "--no-store", "--threads", "2")
    return telco, tree(tmp_path / "out"), time.monotonic() - start


def test_interrupted_runs_change_nothing_and_exit_with_130(
    former: tuple[Telco, dict[str, str], float], operator: Path, tmp_path: Path
) -> None:
    telco, before, seconds = former
    chance, codes = random.Random(4), []
    (tmp_path / "temp").mkdir()
    for number in (signal.SIGINT, signal.SIGTERM):
        call = telco.start("run", operator, "-o", "out", "--no-store", "-q", "--temp-dir", "temp")
        time.sleep(0.05 + chance.random() * 0.6 * seconds)
        call.signal(number)
        done = call.wait()
        codes.append(done.code)
        if done.code:
            assert done.code == 130
            assert done.err.strip() == "telco-crm: interrupted; what was not complete has been thrown away"
            assert tree(tmp_path / "out") == before
            assert list((tmp_path / "temp").iterdir()) == []
        else:  # it was quicker than the signal
            before = tree(tmp_path / "out")
    assert 130 in codes


def test_a_killed_run_leaves_the_former_outputs_and_the_next_one_succeeds(
    former: tuple[Telco, dict[str, str], float], operator: Path, tmp_path: Path
) -> None:
    """Killed at three random moments; a kill while files are moved is tested move by move below."""
    telco, before, seconds = former
    chance = random.Random(9)
    for _ in range(3):
        call = telco.start("run", operator, "-o", "out", "--no-store", "-q", "--temp-dir", "temp")
        time.sleep(chance.random() * 0.8 * seconds)
        call.signal(signal.SIGKILL)
        if call.wait().code == 0:
            before = tree(tmp_path / "out")
        left = {name: digest for name, digest in tree(tmp_path / "out").items() if not name.startswith(staging.STAGE)}
        if not (tmp_path / "out" / staging.JOURNAL).exists():
            assert left == before
    telco.good("run", operator, "-o", "out", "--seed", "1", "-q", "--no-store", "--threads", "2")
    telco.good("run", operator, "-o", "fresh", "--seed", "1", "-q", "--no-store", "--threads", "2")
    assert without_times(tmp_path / "out") == without_times(tmp_path / "fresh")


def without_times(out: Path) -> dict[str, str]:
    """The files of a run by hash; of the manifest only what does not depend on the clock."""
    files = tree(out)
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    files["manifest.json"] = json.dumps({k: v for k, v in manifest.items() if k not in ("started", "seconds")})
    return files


def write(folder: OutputFolder, text: str, *names: str) -> None:
    for name in names:
        (folder.stage / name).parent.mkdir(parents=True, exist_ok=True)
        (folder.stage / name).write_text(text)
    outputs = [{"file": name} for name in names]
    (folder.stage / "manifest.json").write_text(json.dumps({"text": text, "outputs": outputs}))


def contents(out: Path) -> dict[str, str]:
    return {str(p.relative_to(out)): p.read_text() for p in sorted(out.rglob("*")) if p.is_file()}


FIRST, SECOND = ("a.csv", "b.csv", "rejects/usage.csv"), ("a.csv", "c.csv")


@pytest.mark.parametrize("moves", range(8))
def test_a_kill_between_two_moves_is_mended_by_the_next_run(tmp_path: Path, moves: int) -> None:
    """After `moves` renames of a commit the process is gone, as by SIGKILL; a new one opens the folder."""
    out = tmp_path / "out"
    with OutputFolder(out) as folder:
        write(folder, "first", *FIRST)
        folder.commit(last="manifest.json")
    first = contents(out)
    child = os.fork()
    if not child:
        left, really = [moves], os.replace

        def replace(source: Path, target: Path) -> None:
            if not left[0]:
                os._exit(9)
            left[0] -= 1
            really(source, target)

        os.replace, Path.replace = replace, lambda self, target: replace(self, target)  # type: ignore[assignment,method-assign]
        with OutputFolder(out) as folder:
            write(folder, "second", *SECOND)
            folder.commit(last="manifest.json")
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code == (9 if moves < 4 else 0)  # the journal and three files are moved
    visible = {name: text for name, text in contents(out).items() if not name.startswith(".")}
    if moves == 0:
        assert visible == {name: text for name, text in first.items() if not name.startswith(".")}
    with OutputFolder(out):
        pass
    after = {name: text for name, text in contents(out).items() if not name.startswith(".")}
    assert after == visible if moves == 0 else set(after) == {*SECOND, "manifest.json"}
    assert all("second" in text for text in after.values()) or moves == 0
    assert not (out / staging.STAGE).exists()
    assert not (out / staging.JOURNAL).exists()


def test_a_signal_during_the_moves_waits_until_they_are_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really = os.replace

    def replace(source: Path, target: Path) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        really(source, target)

    with OutputFolder(tmp_path / "out") as folder:
        write(folder, "first", *FIRST)
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", replace)
            folder.commit(last="manifest.json")
    assert {n for n in contents(tmp_path / "out") if not n.startswith(".")} == {*FIRST, "manifest.json"}
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_outputs_that_a_run_does_not_give_any_more_are_taken_away(tmp_path: Path) -> None:
    """They would be mistaken for its own; files that are not ours stay."""
    out = tmp_path / "out"
    for names in (FIRST, SECOND):
        with OutputFolder(out) as folder:
            write(folder, "x", *names)
            folder.commit(last="manifest.json")
        (out / "mine.txt").write_text("notes")
    assert {n for n in contents(out) if not n.startswith(".")} == {*SECOND, "manifest.json", "mine.txt"}


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    target.write_text("former")
    with suppress(ZeroDivisionError), OutputFile(str(target)) as file:
        file.temp.write_text("half")
        raise ZeroDivisionError
    assert contents(tmp_path) == {"x.csv": "former"}
    with OutputFile(str(target)) as file:
        file.temp.write_text("whole")
        assert target.read_text() == "former"
        file.commit()
    assert contents(tmp_path) == {"x.csv": "whole"}
    assert target.stat().st_mode & 0o777 == 0o666 & ~staging._umask()
