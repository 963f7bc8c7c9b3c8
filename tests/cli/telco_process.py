"""Runs the program in processes of its own, quickly: a server that has imported everything forks one for each call.

Each call is a real process with its own arguments, environment, folder and streams; only the imports are saved. Tests
that are about start-up, signals or pipes use `COMMAND` and start the program afresh.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

COMMAND = [sys.executable, "-m", "telco_crm"]
SERVER = """
import gc, json, os, sys, traceback
import telco_crm.cli, telco_crm.config, telco_crm.run, telco_crm.run_data, telco_crm.dictionary, telco_crm.synth
import telco_crm.run_indicators, telco_crm.catalog
import rich.console, rich.table, pandas, pyarrow.compute, xlsxwriter
gc.freeze()
requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
for line in requests:
    call = json.loads(line)
    if "wait" in call:
        answer = os.waitstatus_to_exitcode(os.waitpid(call["wait"], 0)[1])
    else:
        answer = os.fork()
    if not answer and "wait" not in call:
        for number, key in enumerate(("stdin", "stdout", "stderr")):
            os.dup2(os.open(call[key], os.O_RDWR if number else os.O_RDONLY), number)
        sys.stdin = open(0, closefd=False)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
        os.chdir(call["cwd"])
        os.environ.clear()
        os.environ.update(call["env"])
        sys.argv = ["telco-crm", *call["args"]]
        exec(call["setup"])
        break
    answers.write(str(answer) + chr(10))
    answers.flush()
else:
    os._exit(0)
code = 1
try:
    telco_crm.cli.main()
except SystemExit as end:
    code = end.code or 0
except BaseException:
    traceback.print_exc()
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)
"""


@dataclass(frozen=True)
class Done:
    """A call that has ended."""

    code: int
    out: str
    err: str


class Running:
    """A call that may not have ended yet."""

    def __init__(self, pid: int, streams: Path) -> None:
        self.pid, self._streams = pid, streams

    def signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        os.kill(self.pid, number)

    def wait(self) -> Done:
        """Wait for its end."""
        code = _ask({"wait": self.pid})
        out, err = ((self._streams / name).read_bytes().decode("utf-8", "replace") for name in ("stdout", "stderr"))
        shutil.rmtree(self._streams)
        return Done(code, out, err)


class Telco:
    """Calls the program in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *args: object, stdin: bytes = b"", env: dict[str, str] | None = None) -> Done:
        return self.start(*args, stdin=stdin, env=env).wait()

    def start(
        self, *args: object, stdin: bytes | Path = b"", env: dict[str, str] | None = None, setup: str = ""
    ) -> Running:
        """A call that is not waited for; `stdin` may be a file or named pipe, `setup` is Python that comes first."""
        streams = Path(tempfile.mkdtemp(prefix="telco-streams-"))
        paths = {name: streams / name for name in ("stdin", "stdout", "stderr")}
        for name, path in paths.items():
            path.write_bytes(stdin if name == "stdin" and isinstance(stdin, bytes) else b"")
        if isinstance(stdin, Path):
            paths["stdin"] = stdin
        call = {"args": [str(a) for a in args], "cwd": str(self.folder), "env": environment(env), "setup": setup}
        return Running(_ask({**call, **{n: str(p) for n, p in paths.items()}}), streams)

    def good(self, *args: object, stdin: bytes = b"", env: dict[str, str] | None = None) -> Done:
        """A call that must succeed."""
        done = self(*args, stdin=stdin, env=env)
        assert done.code == 0, done.err
        return done

    def refused(self, *args: object, says: tuple[str, ...], stdin: bytes = b"", code: int = 1) -> list[str]:
        """A call that must fail with plain sentences that hold all of `says`; the sentences."""
        done = self(*args, stdin=stdin)
        assert done.code == code, done.err or done.out
        return sentences(done.err, says)

    def write(self, name: str, content: str | bytes) -> Path:
        """A file in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


def sentences(err: str, says: tuple[str, ...]) -> list[str]:
    """The lines of standard error, which must be sentences of the program and hold all of `says`."""
    assert "Traceback" not in err, err[-600:]
    lines = err.splitlines()
    assert lines, "it says nothing"
    assert all(line.startswith("telco-crm: ") for line in lines), err
    missing = [word for word in says if word not in err]
    assert not missing, f"{missing} not in: {err}"
    return lines


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """The environment of a call: that of the tests without settings of the program and of terminals."""
    ours = ("TELCO_CRM_", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "TERM")
    return {**{k: v for k, v in os.environ.items() if not k.startswith(ours)}, **(extra or {})}


def tree(folder: Path) -> dict[str, str]:
    """Everything below a folder, hidden files too: path → hash (folders → "")."""
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() else ""
        for p in sorted(folder.rglob("*"))
    }


def _ask(request: dict[str, object]) -> int:
    server = _server()
    server.stdin.write(json.dumps(request) + "\n")
    server.stdin.flush()
    return int(server.stdout.readline())


@functools.cache
def _server() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )
