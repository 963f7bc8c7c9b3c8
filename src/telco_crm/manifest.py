"""The manifest of a run: what went in, with which options, what came out; enough to reproduce and to check it."""

from __future__ import annotations

import hashlib
import json
import platform
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

from telco_crm import __version__

PACKAGES = ("duckdb", "numpy", "pandas", "pyarrow", "scikit-learn")


class Hasher:
    """Hashes files in the background while they are read for other purposes."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._found: dict[Path, Future[str]] = {}

    def add(self, path: Path) -> None:
        """Begin with `path`."""
        if path not in self._found:
            self._found[path] = self._pool.submit(file_hash, path)

    def of(self, path: Path) -> str:
        """SHA-256 of `path`, waiting for it."""
        self.add(path)
        return self._found[path].result()

    def close(self) -> None:
        """Drop what has not begun."""
        self._pool.shutdown(cancel_futures=True)


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """The program, Python and the packages that numbers depend on."""
    return {"telco-crm": __version__, "python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def write_manifest(path: Path, content: dict[str, Any]) -> None:
    """Write `content` as JSON people can read."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
