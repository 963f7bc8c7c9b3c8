"""Reading the pages: their fenced blocks with the marker on the line before, and running the examples in them.

Markers, each an HTML comment on the line before a fence (they do not show on the page):

    <!-- example -->            the block is run with sh, in a folder of the page; `data`, `docs` in it are ours
    <!-- example: exit 1 -->    … and ends with that exit code
    <!-- file: NAME -->         the block is written into that folder as NAME
    <!-- output -->             the block is what the example before it printed; a line of … stands for any lines, and a
                                line that ends with … for any longer line
    <!-- output: words -->      what depends on a model: every line was printed; figures, widths and order may differ
    <!-- excerpt -->            TOML that is part of another file, not of telco-crm.toml
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ("reference.md", "dictionary.md", "rules.md")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
WRITTEN = [page for page in PAGES if page.name not in GENERATED]
INSTALLED = Path(sys.executable).parent
SECONDS = re.compile(r"\d+\.\d(?= s\.|秒)")


@dataclass(frozen=True)
class Block:
    """A fenced block: the marker before it (without the comment signs), its language, text and first line number."""

    marker: str
    language: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found: list[Block] = []
    lines = page.read_text("utf-8").splitlines()
    start, before = None, ""
    for number, line in enumerate(lines):
        if not line.startswith("```"):
            before = line if start is None else before
        elif start is None:
            start = number
        else:
            marker = re.fullmatch(r"<!-- (.*) -->", before)
            text = "\n".join(lines[start + 1 : number]) + "\n"
            found.append(Block(marker[1] if marker else "", lines[start][3:].strip(), text, start + 2))
            start, before = None, ""
    return found


def prose(page: Path) -> str:
    """A page without its fenced blocks and code spans."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


def run_page(page: Path, folder: Path, program: Path) -> None:
    """Run the examples of a page in `folder`; AssertionError where one does not do what the page says.

    `program` is where the examples find `telco-crm`; the marked commands of the README find the installed one.
    """
    for name in ("data", "docs"):
        (folder / name).symlink_to(ROOT / name)
    printed: list[str] = []
    for block in blocks(page):
        place = f"{page.name}, line {block.line}"
        kind, _, rest = block.marker.partition(": ")
        if kind == "file":
            (folder / rest).parent.mkdir(parents=True, exist_ok=True)
            (folder / rest).write_text(block.text, "utf-8")
        elif kind in ("example", "run"):
            # The marked commands of README set up a virtual environment first; here the program is there already.
            command = block.text if kind == "example" else block.text.rpartition("&& .venv/bin/")[2]
            expected = int(rest.removeprefix("exit ")) if rest else 0
            code, printed = run(command, folder, program if kind == "example" else INSTALLED)
            assert code == expected, f"{place}: exit code {code}, not {expected}\n" + "\n".join(printed)
        elif kind == "output":
            (check_words if rest == "words" else check_output)(block.text, printed, place)


def run(command: str, folder: Path, program: Path = INSTALLED) -> tuple[int, list[str]]:
    """Exit code and lines of a shell command, standard error among them; `telco-crm` is that in `program`."""
    names = {k: v for k, v in os.environ.items() if not k.startswith("TELCO_CRM_")}
    names |= {"PATH": f"{program}{os.pathsep}{INSTALLED}{os.pathsep}{names['PATH']}", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["sh", "-euc", command], cwd=folder, env=names, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120
    )
    return done.returncode, [line.rstrip() for line in done.stdout.decode("utf-8").splitlines()]


def check_output(wanted: str, printed: list[str], place: str) -> None:
    """Whether the lines of `wanted` were printed, in this order, one after the other but where … stands."""
    actual = [SECONDS.sub("…", line) for line in printed]
    at, skipping = 0, True  # what stands before the first line of the block need not be shown
    for line in wanted.splitlines():
        line = SECONDS.sub("…", line.rstrip())
        if line.strip() == "…":
            skipping = True
            continue
        later = [i for i in range(at, len(actual)) if _same(line, actual[i])]
        found = later and (skipping or later[0] == at)
        assert found, f"{place}: not printed{'' if skipping else ' there'}: {line}\n" + "\n".join(printed)
        at, skipping = later[0] + 1, False


def check_words(wanted: str, printed: list[str], place: str) -> None:
    """Whether the lines of `wanted` were printed, figures, widths and order aside."""
    actual = {_words(line) for line in printed}
    missing = [line for line in wanted.splitlines() if line.strip() != "…" and _words(line) not in actual]
    assert not missing, f"{place}: not printed: {missing}\n" + "\n".join(printed)


def _words(line: str) -> str:
    return " ".join(re.sub("─+", "─", re.sub(r"[\d.,]*\d%?", "0", line)).split())


def _same(wanted: str, actual: str) -> bool:
    return actual.startswith(wanted[:-1].rstrip()) if wanted.endswith("…") else wanted == actual
