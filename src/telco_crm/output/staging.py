"""Outputs appear whole or not at all: written aside, then renamed; two runs never write the same folder at once."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO

from telco_crm.errors import OutputError

LOCK, STAGE, JOURNAL = ".telco-crm.lock", ".telco-crm.new", ".telco-crm.commit"


class OutputFolder:
    """A folder of outputs. Files are written into `stage`; `commit` puts them in place, whole.

    The moves are written down before the first one is made: if the process dies between two of them, the next run
    finishes them.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.stage = path, path / STAGE
        self._made: list[Path] = []
        self._lock: IO[str] | None = None

    def __enter__(self) -> OutputFolder:
        try:
            self._made = _make_folders(self.path)
            self._lock = (self.path / LOCK).open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(
                f"{self.path}: another telco-crm run is writing there; wait for it, or name another folder"
            ) from None
        except OSError as error:
            raise OutputError(
                f"{self.path} cannot be written ({error.strerror}); name another folder with -o"
            ) from None
        self._finish_moves()
        shutil.rmtree(self.stage, ignore_errors=True)
        self.stage.mkdir()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not (self.path / JOURNAL).exists():
            shutil.rmtree(self.stage, ignore_errors=True)
        if kind is not None and self._made:  # leave no trace of a run that gave nothing
            with suppress(OSError):
                (self.path / LOCK).unlink()
                for folder in reversed(self._made):
                    folder.rmdir()
        if self._lock:
            self._lock.close()

    def commit(self, last: str) -> None:
        """Move everything staged into place, replacing former outputs; `last` is the file that is moved last."""
        names = sorted(str(p.relative_to(self.stage)) for p in self.stage.rglob("*") if p.is_file())
        names = [n for n in names if n != last] + [last]
        _sync(self.stage)
        journal = self.path / (JOURNAL + ".tmp")
        journal.write_text(json.dumps({"moves": names, "remove": self._former(set(names))}))
        _sync(journal)
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
    standard output.
    """

    def __init__(self, target: str, temp_folder: Path) -> None:
        self.target = target
        path = Path(target)
        self._stream = target == "-" or (path.exists() and not stat.S_ISREG(path.stat().st_mode) and not path.is_dir())
        try:
            if path.is_dir():
                raise OutputError(f"-o {target} is a folder; name a file in it")
            folder = temp_folder if self._stream else path.parent
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=folder)
        except OSError as error:
            raise OutputError(
                f"-o {target} cannot be written ({error.strerror}); name a file in a folder that exists"
            ) from None
        os.close(handle)
        self.temp = Path(name)

    def __enter__(self) -> OutputFile:
        return self

    @property
    def beside(self) -> bool:
        """Whether other files can be put beside it: not beside a pipe, a device or standard output."""
        return not self._stream

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.temp.unlink(missing_ok=True)

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
def staged_rejects(folder: Path | None) -> Iterator[Path | None]:
    """A temporary folder for reject files. If all goes well, those with rows are put into `folder`, and former
    ones of other tables go.
    """
    if folder is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="telco-crm-") as temp:
        yield Path(temp)
        for file in sorted(Path(temp).iterdir()):
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
                raise OutputError(
                    f"{folder}: rejected rows cannot be written there ({error.strerror}); name a folder with --rejects"
                ) from None


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
