"""Reading usage through the store: a file that is there as it is now is not read again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from telco_crm.errors import InputError
from telco_crm.ingest.batches import OpenFile
from telco_crm.ingest.load import FileReport, Reader
from telco_crm.ingest.mapping import Binding
from telco_crm.ingest.rejects import RejectFile
from telco_crm.ingest.sources import SourceFile
from telco_crm.ingest.store import StoredSource, UsageStore, source_path, write_source
from telco_crm.ingest.usage import UsageSink
from telco_crm.manifest import Hasher

REJECTS = "rejects.csv"


@dataclass(frozen=True)
class OpenUsage:
    """Usage files before they are read: what the store has of each, by path, and the others with their bindings."""

    files: Sequence[SourceFile]
    stored: Mapping[Path, StoredSource | None]
    new: Mapping[Path, tuple[OpenFile, list[Binding]]]


class UsageReader:
    """Reads usage files into a store; `dialling` are the IP prefixes, `hasher` hashes files beside the reading."""

    def __init__(self, reader: Reader, store: UsageStore, dialling: tuple[str, ...], hasher: Hasher) -> None:
        self._reader, self._store, self._dialling, self._hasher = reader, store, dialling, hasher

    def open(self, files: Sequence[SourceFile]) -> OpenUsage:
        """Look into the store, and at the headers of the files that it does not have.

        Raises:
            InputError: with the problems of all files.
        """
        mapping = self._reader.mapping("usage")
        stored = {file.path: self._store.find(file, mapping, self._dialling) for file in files}
        opened = self._reader.open("usage", [file for file in files if not stored[file.path]])
        return OpenUsage(files, stored, {file.file.path: (file, bindings) for file, bindings in opened})

    def read(self, usage: OpenUsage) -> tuple[list[FileReport], RejectFile]:
        """Read what the store does not have yet; reports and rejects of all files.

        Raises:
            InputError: a file cannot be read, no row was acceptable, or there were too many rejects.
        """
        folder = self._reader.rejects
        rejects = RejectFile(folder / "usage.csv" if folder else None)
        self._reader.progress.phase("read", sum(path.stat().st_size for path in usage.new))
        try:
            reports = [
                self._recalled(source, file, rejects)
                if (source := usage.stored[file.path])
                else self._read_file(*usage.new[file.path], rejects)
                for file in usage.files
            ]
        finally:
            rejects.close()
        self._reader.check_counts("usage", reports, rejects)
        return reports, rejects

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

    def _recalled(self, source: StoredSource, file: SourceFile, rejects: RejectFile) -> FileReport:
        """The report of a file that was read before, under the name it has now."""
        former = RejectFile(None)
        former.path = source.folder / REJECTS
        former.count = source.report["read"] - source.report["accepted"]
        former.reasons, former.first = Counter(source.reasons), source.first_rejects
        rejects.take(former, renamed=(source.file, file.name))
        report = FileReport(**{**source.report, "path": file.path, "file": file.name, "stored": True})
        report.unused = tuple(report.unused)
        return report
