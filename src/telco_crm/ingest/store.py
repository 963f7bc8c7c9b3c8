"""The store: every usage file once, as packed sorted rows, so that it need not be read again.

Layout: VERSION; usage/<key>/ with rows-*.parquet, ids-*.parquet, rejects.csv and source.json, one folder per source
file; features/ with the monthly features made from them (see features.compute). A folder appears by one rename, when it
is whole; what has no source.json is not looked at and goes at the next opportunity.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

import duckdb

from telco_crm.engine.base import Engine
from telco_crm.engine.sql import literal
from telco_crm.errors import OutputError
from telco_crm.ingest.dialling import Dialling
from telco_crm.ingest.mapping import TableMapping
from telco_crm.ingest.sources import STDIN_NAME, SourceFile
from telco_crm.manifest import file_hash
from telco_crm.months import Month
from telco_crm.schema import load_schema

FORMAT = 5  # of the packed rows and of this layout; goes up, too, when cells are read otherwise
CONTACTS = "contacts-"
CONTACT_COLUMNS = {
    "sid": "UBIGINT, hash of subscriber_id",
    "cp": "UBIGINT, the other party, as in the packed rows",
    "n_out": "BIGINT, calls and messages to it",
    "n_in": "BIGINT, those from it",
    "rival": "BOOLEAN, whether some of them were with another mobile network",
    "calls": "BIGINT, answered calls from another network",
    "seconds": "BIGINT, of these",
    "latest": "BIGINT, second * 8 + network of the last one that tells the network",
}
SOURCE, KEPT, LOCK, PUTTING, VERSION = "source.json", "kept.json", ".lock", ".putting", "VERSION"


@dataclass
class StoredSource:
    """One source file in the store. `months` counts its rows by month; `parts` are (file name, bytes, SHA-256)."""

    key: str
    file: str
    path: str
    size: int
    mtime_ns: int
    sha256: str
    report: dict[str, Any]
    reasons: dict[str, int]
    first_rejects: list[str]
    months: dict[str, int]
    parts: list[tuple[str, int, str]]
    folder: Path = field(default=Path(), compare=False)

    @property
    def rows(self) -> list[Path]:
        """The files with packed rows."""
        return [self.folder / name for name, _, _ in self.parts if name.startswith("rows-")]

    @property
    def ids(self) -> list[Path]:
        """The files with the subscribers' identifiers."""
        return [self.folder / name for name, _, _ in self.parts if name.startswith("ids-")]


@dataclass(frozen=True)
class UsageRows:
    """The packed rows of a run: its sources, a folder where features made from them may be kept; what numbers mean.

    `contacts` are the folders of the months whose features have been made.
    """

    sources: Sequence[StoredSource]
    kept: Path
    dialling: Dialling
    contacts: dict[Month, Path] = field(default_factory=dict)

    def months(self) -> dict[Month, int]:
        """How many rows every month has, oldest month first."""
        counts: Counter[Month] = Counter()
        for source in self.sources:
            counts.update({Month(month): count for month, count in source.months.items()})
        return dict(sorted(counts.items()))

    def of_month(self, month: Month) -> str:
        """FROM item with the packed rows of a month (see ingest.usage.ROW_COLUMNS)."""
        files = [literal(str(path)) for s in self._with(month) for path in s.rows]
        return f"(SELECT * FROM read_parquet([{', '.join(files)}]) WHERE month = {month.number})"

    def contacts_of(self, month: Month) -> str:
        """FROM item with who was in touch with whom in a month whose features have been made (CONTACT_COLUMNS)."""
        return f"read_parquet({literal(str(self.contacts[month] / f'{CONTACTS}*.parquet'))})"

    def ids(self) -> str:
        """FROM item with sid and subscriber_id of everybody."""
        files = [literal(str(path)) for s in self.sources for path in s.ids]
        return f"(SELECT DISTINCT sid, subscriber_id FROM read_parquet([{', '.join(files)}]))"

    def identity(self, month: Month) -> list[str]:
        """What the rows of a month are made from; equal identities have equal rows."""
        return sorted(s.key for s in self._with(month))

    def _with(self, month: Month) -> list[StoredSource]:
        return [s for s in self.sources if str(month) in s.months]


class UsageStore:
    """A store folder, used by one run: `sources` are those the run has added or found.

    The folder is made when the first source is added. While a run uses it, nothing in it is removed by another run.

    Raises:
        OutputError: the folder cannot be written.
    """

    def __init__(self, root: Path, hash_inputs: bool = False) -> None:
        self.root, self._hash_inputs = root, hash_inputs
        self.sources: list[StoredSource] = []
        self.rebuilt = False
        self._lock: IO[str] | None = None
        if (root / VERSION).exists():
            self._open()

    def rows(self, dialling: Dialling) -> UsageRows:
        """The rows of the files that this run has added or found."""
        return UsageRows(self.sources, self.root / "features", dialling)

    def work_folder(self) -> Path:
        """A place within the store for files of this run; what a killed run has left there goes with the next run."""
        self._open()
        return self.root.absolute() / f".work-{os.getpid()}"

    def close(self) -> None:
        """Remove earlier states of the files of this run, and let other runs remove what is no longer wanted."""
        if self._lock:
            if self.alone():
                self._forget_former()
            self._lock.close()

    def find(self, file: SourceFile, mapping: TableMapping, dialling: Dialling) -> StoredSource | None:
        """The stored form of a file, if it is there and neither the file nor what it means has changed."""
        found = read_source(self.root / "usage" / self.key(file, mapping, dialling))
        if found and found not in self.sources:
            self.sources.append(found)
        return found

    def key(self, file: SourceFile, mapping: TableMapping, dialling: Dialling) -> str:
        """Identity of a file and of the way it is read: path, size, time of change (and content, if that was asked
        for), mapping, schema.
        """
        state = file.path.stat()
        spooled = file.shown == STDIN_NAME  # a new file every time: only its content tells
        identity = {
            "path": source_path(file),
            "size": state.st_size,
            "mtime_ns": None if spooled else state.st_mtime_ns,
            "sha256": file_hash(file.path) if self._hash_inputs or spooled else None,
            "mapping": mapping.model_dump(mode="json"),
            "dialling": dialling.model_dump(mode="json"),
            "hive": dict(file.hive),
            "meaning": meaning(),
        }
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:24]

    @contextmanager
    def adding(self, key: str) -> Iterator[Path]:
        """A folder to write a source into; it becomes part of the store when source.json is in it at the end."""
        with _writing(self.root):
            self._open()
            new = self.root / "usage" / f".new-{key}-{os.getpid()}"
            new.mkdir()
            try:
                yield new
                if (new / SOURCE).exists():
                    self._put(new, self.root / "usage" / key)
            finally:
                shutil.rmtree(new, ignore_errors=True)

    def alone(self) -> bool:
        """Whether no other run uses the store; this one then holds it exclusively."""
        if not self._lock:
            return True
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _open(self) -> None:
        if self._lock:
            return
        with _writing(self.root):
            (self.root / "usage").mkdir(parents=True, exist_ok=True)
            (self.root / "features").mkdir(exist_ok=True)
            self._lock = (self.root / LOCK).open("w")
            if self.alone():
                self._start_over_if_other_version()
                self._sweep()
            fcntl.flock(self._lock, fcntl.LOCK_SH)

    def _put(self, new: Path, final: Path) -> None:
        sync_folder(new)
        with _turn(self.root):
            if not read_source(final):  # else another run was quicker with the same file
                shutil.rmtree(final, ignore_errors=True)
                os.rename(new, final)
            added = read_source(final)
        if added is None:
            raise OutputError(f"the store {self.root}: {final.name} has been removed by somebody; start again")
        self.sources.append(added)

    def _forget_former(self) -> None:
        """Remove what the store has of earlier states of the files of this run."""
        current = {(s.path, s.key) for s in self.sources}
        paths = {s.path for s in self.sources}
        for source in list_sources(self.root):
            if source.path in paths and (source.path, source.key) not in current:
                shutil.rmtree(source.folder, ignore_errors=True)

    def _start_over_if_other_version(self) -> None:
        path = self.root / VERSION
        if path.exists() and path.read_text() != meaning():
            self.rebuilt = True
            for folder in ("usage", "features"):
                shutil.rmtree(self.root / folder, ignore_errors=True)
                (self.root / folder).mkdir()
        if not path.exists() or self.rebuilt:
            path.write_text(meaning())

    def _sweep(self) -> None:
        """Remove what a run that was killed has left behind, and features of sources that are gone."""
        for folder in (self.root / "usage").iterdir():
            if not (folder / SOURCE).exists() or folder.name.startswith("."):
                shutil.rmtree(folder, ignore_errors=True)
        for folder in (self.root / "features").iterdir():
            kept = read_kept(folder)
            if not kept or not all((self.root / "usage" / key).exists() for key in kept["sources"]):
                shutil.rmtree(folder, ignore_errors=True)
        for folder in self.root.glob(".work-*"):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _turn(root: Path) -> Iterator[None]:
    """One process at a time puts something into the store."""
    with (root / PUTTING).open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


@contextmanager
def _writing(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"the store {root} cannot be written ({error.strerror or error}); free some space there, name another with "
            "--store, or do without: --no-store"
        ) from None


def source_path(file: SourceFile) -> str:
    """Where a source is, whatever it was called by."""
    return "-" if file.shown == STDIN_NAME else str(file.path.resolve())


def meaning() -> str:
    """What packed rows depend on besides the file and its mapping: this layout, the schema, the engine's hashes."""
    schema = json.dumps(load_schema("usage").model_dump(mode="json"), sort_keys=True)
    digest = hashlib.sha256(schema.encode()).hexdigest()[:16]
    return f"telco-crm store {FORMAT}, usage schema {digest}, duckdb {duckdb.__version__}"


def read_source(folder: Path) -> StoredSource | None:
    """The source in a folder of the store; None if there is none, or not a whole one."""
    try:
        data = json.loads((folder / SOURCE).read_text("utf-8"))
        data["parts"] = [(str(n), int(b), str(h)) for n, b, h in data["parts"]]
        source = StoredSource(**data)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    source.folder = folder
    whole = all((folder / n).exists() and (folder / n).stat().st_size == b for n, b, _ in source.parts)
    return source if whole else None


def keep(new: Path, kept: Path, sources: Sequence[str]) -> None:
    """Make the finished folder `new` the folder `kept` of features made from `sources` (keys), unless it is there."""
    with _writing(kept.parents[1]):
        parts = [(p.name, p.stat().st_size, file_hash(p)) for p in sorted(new.iterdir())]
        (new / KEPT).write_text(json.dumps({"sources": list(sources), "parts": parts}), encoding="utf-8")
        sync_folder(new)
        with _turn(kept.parents[1]):
            if not read_kept(kept):
                shutil.rmtree(kept, ignore_errors=True)
                os.rename(new, kept)


def read_kept(folder: Path) -> dict[str, Any] | None:
    """What a folder of kept features is made from and its parts; None if it is not whole."""
    try:
        found = json.loads((folder / KEPT).read_text("utf-8"))
        whole = all((folder / name).stat().st_size == size for name, size, _ in found["parts"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return dict(found) if whole and not folder.name.startswith(".") else None


def sync_folder(folder: Path) -> None:
    """Have a folder and its files on the disk, so that not even a power failure leaves half of it under its name."""
    for path in (*folder.iterdir(), folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def list_sources(root: Path) -> list[StoredSource]:
    """Every source in a store, by path."""
    folders = sorted((root / "usage").iterdir()) if (root / "usage").is_dir() else []
    found = [s for f in folders if not f.name.startswith(".") and (s := read_source(f))]
    return sorted(found, key=lambda s: (s.path, s.key))


def write_source(engine: Engine, folder: Path, source: StoredSource) -> None:
    """Complete a source's folder: count its rows by month, note its parts, and write source.json."""
    parts = sorted(p for p in folder.iterdir() if p.suffix == ".parquet")
    rows = [literal(str(p)) for p in parts if p.name.startswith("rows-")]
    if rows:
        counted = engine.rows(
            f"SELECT month, count(*) FROM read_parquet([{', '.join(rows)}]) GROUP BY month ORDER BY month"
        )
        source.months = {str(Month.of(month)): count for month, count in counted}
    source.parts = [(p.name, p.stat().st_size, file_hash(p)) for p in parts]
    data = {k: v for k, v in asdict(source).items() if k != "folder"}
    (folder / SOURCE).write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
