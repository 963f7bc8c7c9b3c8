"""Data to standard output, everything else to standard error; silence on request; closed pipes, colours, exit codes."""

from __future__ import annotations

import csv
import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from telco_process import COMMAND, Telco, environment

PROGRAM = f"{sys.executable} -m telco_crm"


def shell(folder: Path, line: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A line of bash, whose status is that of the first command of a pipe that fails."""
    command = ["bash", "-c", "set -o pipefail\n" + line.replace("telco-crm ", f"{PROGRAM} ")]
    done = subprocess.run(command, cwd=folder, capture_output=True, env=environment(env), check=False)
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_data_goes_to_standard_output_and_the_rest_to_standard_error(little: Telco) -> None:
    done = little.good("segment", "data", "-o", "-")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [row["subscriber_id"] for row in rows] == ["0139", "0140", "0141"]
    assert "What was read" in done.err
    assert "Wrote -: segments 3" in done.err
    assert sorted(p.name for p in little.folder.iterdir()) == ["data"]


@pytest.mark.parametrize("command", ["features", "segment", "credit", "retain", "churn score"])
def test_quiet_says_nothing(little: Telco, command: str) -> None:
    done = little.good(*command.split(), "data", "-o", "x.csv", "-q", "--no-store")
    assert (done.out, done.err) == ("", "")
    assert (little.folder / "x.csv").stat().st_size > 20


def test_a_run_writes_nothing_to_standard_output(little: Telco) -> None:
    assert little.good("run", "data", "-o", "out").out == ""
    assert little.good("run", "data", "-o", "out", "-q").err == ""


def test_reports_that_were_asked_for_go_to_standard_output(little: Telco) -> None:
    done = little.good("check", "data")
    assert "data/usage.csv" in done.out
    assert done.err == ""
    for command in (["schema"], ["schema", "usage"], ["--version"], ["run", "--help"]):
        done = little.good(*command)
        assert len(done.out) > 10
        assert done.err == ""


def test_problems_go_to_standard_error_even_when_quiet(little: Telco) -> None:
    done = little("segment", "nowhere", "-o", "-", "-q")
    assert (done.code, done.out) == (1, "")
    assert done.err == "telco-crm: nowhere: there is no such folder; give the folder that holds the exports\n"


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["check", "data"], 0),
        (["run", "data", "-o", "out", "-q"], 0),
        (["check", "nowhere"], 1),
        (["run", "data", "-o", "data/usage.csv/x"], 1),
        (["check"], 2),
        (["run", "data"], 2),
        (["chek", "data"], 2),
        (["check", "data", "--nope"], 2),
        (["check", "data", "--threads", "0"], 2),
        (["check", "data", "--threads", "many"], 2),
        (["check", "data", "--seed", "-1"], 2),
        (["check", "data", "--as-of", "2026-13"], 2),
        (["check", "data", "--lang", "fr"], 2),
        (["check", "data", "--memory-limit", "lots"], 2),
        (["check", "data", "--max-rejects", "few"], 2),
        (["check", "data", "--master", "local[2]"], 2),
        (["segment", "data", "-o", "x.docx"], 2),
        (["run", "data", "-o", "data/usage.csv"], 2),
    ],
)
def test_exit_codes(little: Telco, args: list[str], code: int) -> None:
    done = little(*args)
    assert done.code == code, done.err
    assert "Traceback" not in done.err
    assert (done.err == "") == (code == 0)


def test_strict_turns_impossible_analyses_into_exit_code_3(telco: Telco) -> None:
    """Usage alone: no ARPU, so no bands; without --strict that is said and all is well."""
    telco.write("usage.csv", "subscriber_id,start_time,service,direction\n1,2026-03-05 10:00:00,sms,out\n")
    done = telco.good("run", "--usage", "usage.csv", "-o", "out")
    assert re.search(r"Not computed: arpu.* \(needs bills\)\.", done.err), done.err
    done = telco("run", "--usage", "usage.csv", "-o", "out", "--strict", "-q")
    assert done.code == 3
    assert "Not computed: arpu" in done.err
    assert (telco.folder / "out" / "manifest.json").exists()
    telco.write("telco-crm.toml", "[options]\nstrict = true\n")
    assert telco("run", "--usage", "usage.csv", "-o", "out", "-q").code == 3


@pytest.fixture(scope="module")
def pipes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Calls of many subscribers, so that the output does not fit into a pipe's buffer."""
    folder = tmp_path_factory.mktemp("pipes")
    rows = "".join(f"{i:06d},2026-03-05 10:00:00,sms,out\n" for i in range(1500))
    (folder / "usage.csv").write_text("subscriber_id,start_time,service,direction\n" + rows)
    return folder


@pytest.mark.parametrize(
    "line",
    [
        "telco-crm features --usage usage.csv -o - -q | head -1 | cut -d, -f1-2",
        "telco-crm features --usage usage.csv -o - -q --format jsonl | true",
        "telco-crm check --usage usage.csv | true",
        "telco-crm schema features | head -1 >/dev/null",
        "telco-crm run --help | true",
        "telco-crm features --usage usage.csv -o f.csv 2>&1 >/dev/null | true",
    ],
)
def test_a_closed_pipe_ends_quietly(pipes: Path, line: str) -> None:
    done = shell(pipes, line)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr[-500:]
    assert done.stdout in ("", "subscriber_id,month\n")


def test_output_into_pipes_and_devices(pipes: Path) -> None:
    done = shell(pipes, "telco-crm features --usage usage.csv -o /dev/stdout -q | wc -l")
    assert done.stdout.strip() == "1501"
    done = shell(pipes, "mkfifo way; cat way | wc -l & telco-crm features --usage usage.csv -o way -q; wait")
    assert done.stdout.strip() == "1501"
    assert shell(pipes, "telco-crm features --usage usage.csv -o /dev/null -q --no-store").returncode == 0
    assert {p.name for p in pipes.iterdir()} <= {"usage.csv", "way", "f.csv", "f.csv.manifest.json", ".telco-crm-store"}


@pytest.mark.parametrize(
    "line",
    [
        "telco-crm features --usage usage.csv -o - -q > /dev/full",
        "telco-crm features --usage usage.csv -o /dev/full -q",
        "telco-crm check --usage usage.csv > /dev/full",
        "telco-crm schema usage > /dev/full",
    ],
)
def test_a_stream_that_takes_nothing_more_is_a_problem(pipes: Path, line: str) -> None:
    done = shell(pipes, line)
    assert done.returncode == 1
    assert re.fullmatch(r"telco-crm: .*No space left on device.*\n", done.stderr), done.stderr


def on_terminal(folder: Path, *args: str, **env: str) -> str:
    """What the program writes to a terminal as standard error."""
    ours, theirs = pty.openpty()
    extra = {"TERM": "xterm-256color", "COLUMNS": "100", **env}
    process = subprocess.Popen(
        [*COMMAND, *args], cwd=folder, stdout=subprocess.DEVNULL, stderr=theirs, env=environment(extra)
    )
    os.close(theirs)
    text = b""
    try:
        while block := os.read(ours, 65536):
            text += block
    except OSError:  # the terminal has been closed on the other side
        pass
    os.close(ours)
    assert process.wait() == 0, text
    return text.decode("utf-8", "replace")


def test_colours_and_progress_on_a_terminal_only(pipes: Path) -> None:
    (pipes / "more.csv").write_text((pipes / "usage.csv").read_text() + "1,soon,sms,out\n")
    args = ("features", "--usage", "more.csv", "-o", "t.csv", "--no-store")
    colour = re.compile(r"\x1b\[[0-9;]*3[0-9]")
    shown = on_terminal(pipes, *args)
    assert colour.search(shown)
    assert "rows" in shown
    plain = on_terminal(pipes, *args, NO_COLOR="1")
    assert not colour.search(plain)
    assert "What was read" in plain
    assert on_terminal(pipes, *args, "-q") == ""
    assert "\x1b" not in shell(pipes, "telco-crm " + " ".join(args)).stderr


def test_a_long_path_stays_in_one_line_where_there_is_no_terminal(telco: Telco) -> None:
    bills = "subscriber_id,month,total\n0139,2026-03,25.00\n"
    path = telco.write(f"{'a_long_name_of_a_folder_' * 5}/{'and_of_a_file_' * 5}.csv", bills)
    assert re.search(rf"(?m)^ bills +{path} +CSV, ASCII, comma +1 +1 +0 *$", telco.good("check", "--bills", path).out)
