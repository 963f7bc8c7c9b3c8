"""Reading usage through the store: a file that is there as it is now is not read again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict

from telco_crm.errors import InputError
from telco_crm.ingest.batches import OpenFile
from telco_crm.ingest.load import FileReport, Reader
from telco_crm.ingest.mapping import Binding
from telco_crm.ingest.rejects import RejectFile
from telco_crm.ingest.sources import SourceFile
from telco_crm.ingest.store import StoredSource, UsageStore, source_path, write_source
from telco_crm.ingest.usage import UsageSink
from telco_crm.manifest import Hasher
from telco_crm.schema import load_schema

REJECTS = "rejects.csv"


class UsageReader:
    """Reads usage files into a store; `dialling` are the IP prefixes, `hasher` hashes files beside the reading."""

    def __init__(self, reader: Reader, store: UsageStore, dialling: tuple[str, ...], hasher: Hasher) -> None:
        self._reader, self._store, self._dialling, self._hasher = reader, store, dialling, hasher

    def read(
        self, files: Sequence[SourceFile], elsewhere: Callable[[Sequence[SourceFile]], None] | None = None
    ) -> tuple[list[FileReport], RejectFile]:
        """Read what the store does not have yet; reports and rejects of all files.

        With `elsewhere`, that is called to put files into the store.

        Raises:
            InputError: a file cannot be read or mapped, no row was acceptable, or there were too many rejects.
        """
        stored = {file.path: self._find(file) for file in files}
        before = {path for path, source in stored.items() if source}
        if elsewhere and (missing := [file for file in files if not stored[file.path]]):
            elsewhere(missing)
            stored |= {file.path: self._find(file) for file in missing}
        opened = self._reader.open_all(load_schema("usage"), [file for file in files if not stored[file.path]])
        folder = self._reader.rejects
        rejects = RejectFile(folder / "usage.csv" if folder else None)
        self._reader.progress.phase("read", sum(file.file.path.stat().st_size for file, _ in opened))
        new = {file.file.path: (file, bindings) for file, bindings in opened}
        try:
            reports = [
                self._read_file(*new[file.path], rejects)
                if file.path in new
                else self._recalled(stored[file.path], file, rejects, file.path in before)
                for file in files
            ]
        finally:
            rejects.close()
        self._reader.check_counts("usage", reports, rejects)
        return reports, rejects

    def missing(self, files: Sequence[SourceFile]) -> list[SourceFile]:
        """The files that the store does not have as they are now."""
        return [file for file in files if not self._find(file)]

    def add(self, file: SourceFile) -> None:
        """Read one file into the store.

        Raises:
            InputError: it cannot be read or mapped.
        """
        for opened in self._reader.open_all(load_schema("usage"), [file]):
            self._read_file(*opened, RejectFile(None))

    def _find(self, file: SourceFile) -> StoredSource | None:
        return self._store.find(file, self._reader.mapping("usage"), self._dialling)

    def _read_file(self, file: OpenFile, bindings: list[Binding], rejects: RejectFile) -> FileReport:
        self._hasher.add(file.file.path)
        key = self._store.key(file.file, self._reader.mapping("usage"), self._dialling)
        with self._store.adding(key) as folder:
            own = RejectFile(folder / REJECTS)
            try:
                sink = UsageSink(self._reader.engine, folder, self._dialling)
                report = self._reader.read_file(file, bindings, sink, own)
            finally:
                own.close()
            rejects.take(own)
            report.sha256 = self._hasher.of(file.file.path)
            if key != self._store.key(file.file, self._reader.mapping("usage"), self._dialling):
                raise InputError(f"{report.file} was changed while it was read; start again when it is complete")
            state = file.file.path.stat()
            source = StoredSource(
                key=key,
                file=report.file,
                path=source_path(file.file),
                size=state.st_size,
                mtime_ns=state.st_mtime_ns,
                sha256=report.sha256,
                report={k: v for k, v in asdict(report).items() if k != "path"},
                reasons=dict(own.reasons),
                first_rejects=own.first,
                months={},
                parts=[],
            )
            write_source(self._reader.engine, folder, source)
        return report

    def _recalled(self, source: StoredSource | None, file: SourceFile, rejects: RejectFile, before: bool) -> FileReport:
        """The report of a file in the store, under the name it has now; `before`: it was there before this run."""
        if source is None:
            raise ValueError(f"{file.name} is neither stored nor read")
        former = RejectFile(None)
        former.path = source.folder / REJECTS
        former.count = source.report["read"] - source.report["accepted"]
        former.reasons, former.first = Counter(source.reasons), source.first_rejects
        rejects.take(former, renamed=(source.file, file.name))
        report = FileReport(**{**source.report, "path": file.path, "file": file.name, "stored": before})
        report.unused = tuple(report.unused)
        return report
