"""Outputs appear whole or not at all: written aside, then renamed; two runs never write the same folder at once."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import signal
import stat
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO

from telco_crm.errors import OutputError
from telco_crm.scratch import ScratchFile, ScratchFolder

LOCK, STAGE = ".telco-crm.lock", ".telco-crm.new"
JOURNAL, NEW_JOURNAL = ".telco-crm.commit", ".telco-crm.commit.tmp"


class OutputFolder:
    """A folder of outputs. Files are written into `stage`; `commit` puts them in place, whole.

    The moves are written down before the first one is made: if the process dies between two of them, the next run
    finishes them.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.stage = path, path / STAGE
        self._made: list[Path] = []
        self._lock: IO[str] | None = None
        self._new_lock = False

    def __enter__(self) -> OutputFolder:
        try:
            self._made = _make_folders(self.path)
            self._lock, self._new_lock = _take_lock(self.path / LOCK)
            self._finish_moves()
            shutil.rmtree(self.stage, ignore_errors=True)
            self.stage.mkdir()
        except BlockingIOError:
            raise OutputError(
                f"{self.path}: another telco-crm run is writing there; wait for it, or name another folder"
            ) from None
        except OSError as error:
            self._leave(failed=True)
            raise _unwritable(error, str(self.path), "name another folder with -o") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave(failed=kind is not None)
        if isinstance(error, OSError) and _is_within(error, self.path):
            raise _unwritable(error, str(self.path), "name another folder with -o") from None

    def _leave(self, failed: bool) -> None:
        """Let go of the folder; of a run that gave nothing no trace is left."""
        if not (self.path / JOURNAL).exists():
            shutil.rmtree(self.stage, ignore_errors=True)
        with suppress(OSError):
            (self.path / NEW_JOURNAL).unlink(missing_ok=True)
        if failed and self._new_lock:
            with suppress(OSError):
                (self.path / LOCK).unlink()
        if failed:
            with suppress(OSError):
                for folder in reversed(self._made):
                    folder.rmdir()
        if self._lock:
            self._lock.close()

    def commit(self, last: str) -> None:
        """Move everything staged into place, replacing former outputs; `last` is the file that is moved last."""
        names = sorted(str(p.relative_to(self.stage)) for p in self.stage.rglob("*") if p.is_file())
        names = [n for n in names if n != last] + [last]
        _sync(self.stage)
        journal = self.path / NEW_JOURNAL
        journal.write_text(json.dumps({"moves": names, "remove": self._former(set(names))}))
        _sync(journal)
        with _undisturbed():
            journal.replace(self.path / JOURNAL)
            self._finish_moves()

    def _former(self, kept: set[str]) -> list[str]:
        """Outputs of the last run (by its manifest) that this run does not give: they would be mistaken for its own."""
        try:
            manifest = json.loads((self.path / "manifest.json").read_text("utf-8"))
            names = [str(o["file"]) for o in manifest["outputs"]]
        except (OSError, ValueError, KeyError, TypeError):
            return []
        return [n for n in names if n not in kept and not Path(n).is_absolute() and ".." not in Path(n).parts]

    def _finish_moves(self) -> None:
        journal = self.path / JOURNAL
        if not journal.exists():
            return
        todo = json.loads(journal.read_text())
        for name in todo["moves"]:
            if (self.stage / name).exists():
                (self.path / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(self.stage / name, self.path / name)
        for name in todo["remove"]:
            with suppress(OSError):
                (self.path / name).unlink()
        journal.unlink()


class OutputFile:
    """One output file. It is written to `temp`; `commit` renames it into place, or copies it to a pipe, device or
    standard output (then `temp` is in `temp_dir`).

    Raises:
        OutputError: the place cannot be written.
    """

    def __init__(self, target: str, temp_dir: Path | None = None) -> None:
        self.target = target
        path = Path(target)
        self._stream = target == "-" or (path.exists() and not stat.S_ISREG(path.stat().st_mode) and not path.is_dir())
        folder = (temp_dir or Path(tempfile.gettempdir())) if self._stream else path.parent
        try:
            if path.is_dir():
                raise OutputError(f"-o {target} is a folder; name a file in it")
            self._scratch = ScratchFile(folder, path.name)
        except OSError as error:
            raise _unwritable(error, f"-o {target}", "name a file in a folder that exists") from None
        self.temp = self._scratch.path

    def __enter__(self) -> OutputFile:
        return self

    @property
    def beside(self) -> bool:
        """Whether other files can be put beside it: not beside a pipe, a device or standard output."""
        return not self._stream

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scratch.close()
        if isinstance(error, OSError) and _is_within(error, Path(self.target).parent):
            raise _unwritable(error, f"-o {self.target}", "name another place with -o") from None

    def commit(self) -> None:
        """Put the file in place."""
        if not self._stream:
            _sync(self.temp)
            os.chmod(self.temp, 0o666 & ~_umask())
            os.replace(self.temp, self.target)
            return
        with self.temp.open("rb") as source:
            if self.target == "-":
                shutil.copyfileobj(source, sys.stdout.buffer, 1 << 20)
                sys.stdout.buffer.flush()
            else:
                with open(self.target, "wb") as out:
                    shutil.copyfileobj(source, out, 1 << 20)


@contextmanager
def staged_rejects(folder: Path | None, temp_dir: Path | None = None) -> Iterator[Path | None]:
    """A temporary folder for reject files. If all goes well, those with rows are put into `folder`, and former
    ones of other tables go.

    Raises:
        OutputError: `folder` cannot be written; if that can be told, before anything is done.
    """
    if folder is None:
        yield None
        return
    there = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise OutputError(f"{folder}: rejected rows cannot be written there; name a folder with --rejects")
    try:
        scratch = ScratchFolder(temp_dir)
    except OSError as error:
        raise _unwritable(error, f"--temp-dir {temp_dir}", "name a folder that can be written") from None
    with scratch as temp:
        (temp / "rejects").mkdir()
        yield temp / "rejects"
        for file in sorted((temp / "rejects").iterdir()):
            with file.open("rb") as stream:
                filled = sum(1 for _ in zip(stream, range(2), strict=False)) > 1
            try:
                if filled:
                    folder.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, folder / f".{file.name}.new")
                    os.replace(folder / f".{file.name}.new", folder / file.name)
                else:
                    (folder / file.name).unlink(missing_ok=True)
            except OSError as error:
                with suppress(OSError):
                    (folder / f".{file.name}.new").unlink()
                raise _unwritable(error, str(folder), "name a folder for rejected rows with --rejects") from None


@contextmanager
def _undisturbed() -> Iterator[None]:
    """What is done within is not interrupted by SIGINT or SIGTERM; it must be short."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _unwritable(error: OSError, what: str, remedy: str) -> OutputError:
    """The sentence for an error met while writing `what`."""
    space = "free some space or " if error.errno == errno.ENOSPC else ""
    return OutputError(f"{what} cannot be written ({error.strerror or error}); {space}{remedy}")


def _is_within(error: OSError, folder: Path) -> bool:
    """Whether an error met while `folder` was written is about it, as far as it says; a closed pipe never is."""
    if isinstance(error, BrokenPipeError):
        return False
    return not error.filename or folder.absolute() in (p := Path(error.filename).absolute(), *p.parents)


def _take_lock(path: Path) -> tuple[IO[str], bool]:
    """The lock file, locked, and whether it was made; BlockingIOError if another process has it."""
    while True:
        new = not path.exists()
        lock = path.open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                return lock, new
        except BaseException:
            lock.close()
            raise
        lock.close()  # its owner has removed it meanwhile


def _make_folders(path: Path) -> list[Path]:
    """Make `path` and its parents; those that were made."""
    missing = [p for p in (path, *path.parents) if not p.exists()][::-1]
    for folder in missing:
        folder.mkdir(exist_ok=True)
    return missing


def _sync(path: Path) -> None:
    for file in [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]:
        with file.open("rb") as stream:
            os.fsync(stream.fileno())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
