"""Temporary folders and files that a killed process does not leave behind for good: whoever comes next removes them.

A living process holds a lock on what it has made; what nobody holds has lost its process. Process numbers would not do:
containers that share a temporary folder do not share them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import IO

PREFIX, LOCK = "telco-crm-", ".telco-crm.scratch"
DRAWN = 8  # characters that tempfile draws for a name


class ScratchFolder:
    """A private folder in `place` (None: the system's temporary folder), removed by `close`.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, place: Path | None = None) -> None:
        if place:
            place.mkdir(parents=True, exist_ok=True)
        around = place or Path(tempfile.gettempdir())
        for former in _ours(around, PREFIX):
            if (former / LOCK).is_file():  # else it is somebody else's
                _remove_abandoned(former, former / LOCK)
        self._lock: IO[str] | None = None
        while not self._lock:  # again if somebody took it for abandoned, just before it was locked
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=around))
            try:
                self._lock = _held(self.path / LOCK, "w")
            except OSError:
                return  # there are no locks here; it can only be removed by `close`

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder with all that is in it."""
        _remove(self.path)
        if self._lock:
            self._lock.close()


class ScratchFile:
    """An empty private file in `folder`, called .`name`.….new, removed by `close` if it has not been renamed.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, folder: Path, name: str) -> None:
        prefix, suffix = f".{name}.", ".new"
        for former in _ours(folder, prefix, suffix):
            _remove_abandoned(former, former)
        self._lock: IO[str] | None = None
        while not self._lock:
            handle, made = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=folder)
            os.close(handle)
            self.path = Path(made)
            try:
                self._lock = _held(self.path, "r+")
            except OSError:
                return

    def close(self) -> None:
        """Remove the file, unless it has been renamed."""
        self.path.unlink(missing_ok=True)
        if self._lock:
            self._lock.close()


def _ours(folder: Path, prefix: str, suffix: str = "") -> list[Path]:
    """What in `folder` is called as tempfile would call it and belongs to this user."""
    length, found = len(prefix) + DRAWN + len(suffix), []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if len(entry.name) == length and entry.name.startswith(prefix) and entry.name.endswith(suffix):
                with suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_uid == os.getuid() and not entry.is_symlink():
                        found.append(Path(entry.path))
    return found


def _remove_abandoned(path: Path, locked: Path) -> None:
    """Remove a file or folder if no living process holds the lock."""
    with suppress(OSError):
        if lock := _held(locked, "r+"):
            _remove(path)
            lock.close()


def _remove(path: Path) -> None:
    """Remove a file, or a folder and at last its lock: if this is cut short, the rest is still known to be ours."""
    if path.is_dir():
        for entry in path.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            elif entry.name != LOCK:
                entry.unlink(missing_ok=True)
    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _held(path: Path, mode: str) -> IO[str] | None:
    """The file, open and locked; None if somebody holds it or has removed it. OSError where there are no locks."""
    with ExitStack() as stack, suppress(FileNotFoundError, BlockingIOError):
        file = stack.enter_context(path.open(mode))
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(file.fileno()), path.stat()):
            stack.pop_all()
            return file
    return None
