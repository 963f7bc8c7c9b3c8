"""Small and read-only disks: file systems in memory, where the tests may mount them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def disk(place: Path, size: str, *options: str) -> Iterator[Path]:
    """A file system of `size` at `place`, which is made; skips the test where it cannot be mounted."""
    place.mkdir()
    if os.geteuid() or not shutil.which("mount"):
        pytest.skip("only root can mount a small file system")
    chosen = ",".join([f"size={size}", *options])
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", chosen, "tmpfs", place], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def read_only(place: Path) -> None:
    """Let nothing be written any more to a disk."""
    subprocess.run(["mount", "-o", "remount,ro", place], check=True)


def fill(place: Path, leave: int = 0) -> None:
    """Fill a disk up, but for `leave` bytes."""
    free = shutil.disk_usage(place).free
    (place / "ballast").write_bytes(b"\0" * max(free - leave, 0))
