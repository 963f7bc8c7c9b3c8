"""Starting: help and version come without the libraries that take long to load; every command is there."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from telco_process import COMMAND, environment

from telco_crm import __version__
from telco_crm.cli import cli

HEAVY = ("pandas", "sklearn", "duckdb", "pyarrow", "numpy", "scipy", "xlsxwriter", "pyspark", "pydantic")
COMMANDS = [
    "run",
    "segment",
    "credit",
    "churn fit",
    "churn score",
    "churn evaluate",
    "retain",
    "features",
    "check",
    "sample",
    "schema",
    "init",
    "store list",
    "store verify",
    "store drop",
]
# Asks every command for help, one after the other, and says which heavy modules are loaded after each.
HELP = """
import contextlib, io, json, sys
from telco_crm.cli import cli
def walk(command, path):
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from walk(inner, [*path, name])
loaded = {}
for path in list(walk(cli, [])):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        cli.main([*path, "--help"], standalone_mode=False, prog_name="telco-crm")
    assert text.getvalue().startswith("Usage: telco-crm"), path
    loaded[" ".join(path)] = [name for name in sys.argv[1].split() if name in sys.modules]
print(json.dumps(loaded))
"""


def fresh(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment(), check=False)


def test_no_help_loads_a_heavy_library() -> None:
    done = fresh(sys.executable, "-c", HELP, " ".join(HEAVY))
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout)
    assert {command: modules for command, modules in loaded.items() if modules} == {}
    assert set(COMMANDS) <= set(loaded)


def test_the_program_itself_starts_without_them() -> None:
    done = fresh(sys.executable, "-X", "importtime", "-m", "telco_crm", "--help")
    imported = set(re.findall(r"\| +([\w.]+)\n", done.stderr))
    assert "telco_crm.cli" in imported
    assert imported & set(HEAVY) == set()


def test_version() -> None:
    assert fresh(*COMMAND, "--version").stdout == f"telco-crm, version {__version__}\n"


def test_every_command_says_what_it_does() -> None:
    for path in COMMANDS:
        command = cli
        for name in path.split():
            command = command.commands[name]  # type: ignore[attr-defined]
        assert (command.help or "").strip().split("\n")[0].rstrip().endswith((".", "…")) or command.help


def test_linear_algebra_has_one_thread_from_the_start():
    """Analyses run side by side: a limit that one of them set for a while would be put back under another."""
    script = (
        "import sys; from telco_crm.cli import main; sys.argv = ['telco-crm', '--version']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "import json, sklearn.linear_model, threadpoolctl\n"
        "print(json.dumps([x['num_threads'] for x in threadpoolctl.threadpool_info() if x['user_api'] == 'blas']))"
    )
    several = {k: v for k, v in environment().items() if not k.endswith("_NUM_THREADS")} | {"OPENBLAS_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=several)
    assert set(json.loads(done.stdout.splitlines()[-1])) == {1}
