"""Timing whole processes: wall seconds, processor seconds and peak memory, as the operating system counts them."""

from __future__ import annotations

import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("telco-crm", "duckdb", "pyarrow", "numpy", "pandas", "scikit-learn", "polars")
OUT_OF_MEMORY = ("out of memory", "outofmemory", "memoryerror", "memory limit is too small")
PROGRAM = (sys.executable, "-m", "telco_crm")


@dataclass(frozen=True)
class Timing:
    """One run of a process; memory in MB, of the largest single process. `failure` says why it did not end well."""

    wall: float
    cpu: float
    memory: float
    failure: str = ""


@dataclass(frozen=True)
class Limits:
    """What a contender may take before it is stopped: seconds, and MB of resident memory."""

    seconds: float
    memory: float


@dataclass(frozen=True)
class Contender:
    """A command with its environment; `before` prepares each of its rounds and is not timed."""

    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], None] | None = None


def timed(command: Sequence[str], env: Mapping[str, str] | None = None, limits: Limits | None = None) -> Timing:
    """Run a command to its end; its output goes to standard error.

    A failing command ends the benchmark, but with `limits` it is a Timing that names the failure.
    """
    with tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=sys.stderr, stderr=errors, env={**os.environ, **(env or {})})
        stop = _watched(process.pid, limits)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        why = stop()
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        told = errors.read()
    print(told, end="", file=sys.stderr)
    if process.returncode:
        if limits is None:
            raise SystemExit(f"{shlex.join(command)} ended with exit code {process.returncode}")
        out = any(word in told.lower() for word in OUT_OF_MEMORY)
        why = why or ("out of memory" if out else f"failed with exit code {process.returncode}")
    return Timing(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, why if process.returncode else "")


def rounds(
    contenders: Mapping[str, Sequence[str] | Contender], count: int, limits: Limits | None = None
) -> dict[str, list[Timing]]:
    """Every contender in turn, `count` rounds, each in a process of its own; every round begins with another one.

    A contender that fails is not run again.
    """
    found: dict[str, list[Timing]] = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(count):
        at = number % len(names)
        for name in names[at:] + names[:at]:
            if any(t.failure for t in found[name]):
                continue
            entry = contenders[name]
            one = entry if isinstance(entry, Contender) else Contender(entry)
            if one.before:
                one.before()
            found[name].append(timed(one.command, one.env, limits))
            last = found[name][-1]
            print(f"  round {number + 1}, {name}: {last.failure or f'{last.wall:.2f} s'}", file=sys.stderr)
    return found


def median(timings: Sequence[Timing]) -> Timing:
    """The median of each figure; the failed run if one failed."""
    failed = [t for t in timings if t.failure]
    if failed:
        return failed[0]
    return Timing(*(statistics.median(getattr(t, name) for t in timings) for name in ("wall", "cpu", "memory")))


def machine() -> str:
    """What the figures were measured on, and how busy it was."""
    packages = ", ".join(f"{name} {found}" for name in PACKAGES if (found := _version(name)))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = f"load {os.getloadavg()[0]:.1f} at the start"
    where = f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GB of memory"
    return f"{where}, {platform.system()}, Python {platform.python_version()}, {packages}; {load}"


def command_line() -> str:
    """The command that this benchmark was called with."""
    return shlex.join(["python", os.path.relpath(sys.argv[0]), *sys.argv[1:]])


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def _watched(pid: int, limits: Limits | None) -> Callable[[], str]:
    """Stop process `pid` when it goes over the limits; a function that ends the watch and says what was exceeded."""
    if limits is None:
        return lambda: ""
    done, exceeded, end = threading.Event(), [], time.monotonic() + limits.seconds

    def watch() -> None:
        while not done.wait(0.05):
            if time.monotonic() > end:
                exceeded.append(f"over {limits.seconds:g} s")
            elif _resident(pid) > limits.memory:
                exceeded.append(f"over {limits.memory / 1024:.1f} GB")
            if exceeded:
                os.kill(pid, 9)
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()

    def stop() -> str:
        done.set()
        thread.join()
        return exceeded[0] if exceeded else ""

    return stop


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, IndexError):
        return 0
