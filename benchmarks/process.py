"""Timing whole processes: wall seconds, processor seconds and peak memory, as the operating system counts them."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version


@dataclass(frozen=True)
class Timing:
    """One run of a process; memory in MB, of the largest single process."""

    wall: float
    cpu: float
    memory: float


def timed(command: Sequence[str], env: Mapping[str, str] | None = None) -> Timing:
    """Run a command to its end; its output goes to standard error. A failing command ends the benchmark."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=sys.stderr, env={**os.environ, **(env or {})})
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with exit code {process.returncode}")
    return Timing(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def rounds(contenders: Mapping[str, Sequence[str]], count: int) -> dict[str, list[Timing]]:
    """Every contender in turn, `count` rounds, each in a process of its own."""
    found: dict[str, list[Timing]] = {name: [] for name in contenders}
    for _ in range(count):
        for name, command in contenders.items():
            found[name].append(timed(command))
    return found


def median(timings: Sequence[Timing]) -> Timing:
    """The median of each figure."""
    return Timing(*(statistics.median(getattr(t, name) for t in timings) for name in ("wall", "cpu", "memory")))


def machine() -> str:
    """What the figures were measured on."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pyarrow", "numpy", "pandas", "scikit-learn"))
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {packages}"
