"""Reading usage through the store: a file that is there as it is now is not read again."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from telco_crm.engine.workers import at_once
from telco_crm.errors import InputError
from telco_crm.ingest.batches import Batch, OpenFile
from telco_crm.ingest.dialling import Dialling
from telco_crm.ingest.load import FileReading, FileReport, Reader
from telco_crm.ingest.mapping import Binding
from telco_crm.ingest.rejects import RejectFile
from telco_crm.ingest.sinks import Outcome
from telco_crm.ingest.sources import SourceFile
from telco_crm.ingest.store import StoredSource, UsageStore, source_path, write_source
from telco_crm.ingest.usage import UsageSink
from telco_crm.manifest import Hasher
from telco_crm.schema import load_schema

REJECTS = "rejects.csv"


@dataclass(frozen=True)
class _Adding:
    """A file on its way into the `folder` of the store that is to have its `key`; `whole` ends it."""

    reading: FileReading
    file: SourceFile
    key: str
    folder: Path
    rejects: RejectFile
    whole: ExitStack


class UsageReader:
    """Reads usage files into a store; `dialling` is what numbers mean, `hasher` hashes files beside the reading."""

    def __init__(self, reader: Reader, store: UsageStore, dialling: Dialling, hasher: Hasher) -> None:
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
        if missing := [file for file in files if not stored[file.path]]:
            (elsewhere or self.add)(missing)
            stored |= {file.path: self._find(file) for file in missing}
        folder = self._reader.rejects
        rejects = RejectFile(folder / "usage.csv" if folder else None)
        try:
            reports = [self._recalled(stored[file.path], file, rejects, file.path in before) for file in files]
        finally:
            rejects.close()
        self._reader.check_counts("usage", reports, rejects)
        return reports, rejects

    def missing(self, files: Sequence[SourceFile]) -> list[SourceFile]:
        """The files that the store does not have as they are now."""
        return [file for file in files if not self._find(file)]

    def add(self, files: Sequence[SourceFile]) -> None:
        """Read files into the store: their batches one after another, so that no thread waits for the end of a file.

        Raises:
            InputError: one cannot be read or mapped.
        """
        opened = self._reader.open_all(load_schema("usage"), files)
        self._reader.progress.phase("read", sum(file.file.path.stat().st_size for file, _ in opened))
        begun: deque[_Adding] = deque()

        def tasks() -> Iterator[tuple[_Adding, Batch]]:
            for file, bindings in opened:
                begun.append(self._begin(file, bindings, stack))
                yield from ((begun[-1], batch) for batch in begun[-1].reading.batches())

        with ExitStack() as stack:
            for (current, batch), outcome in at_once(self._reader.engine, _add, tasks(), UsageSink.at_once):
                while begun[0] is not current:
                    self._finish(begun.popleft())
                current.reading.take(batch, outcome)
            while begun:
                self._finish(begun.popleft())

    def _find(self, file: SourceFile) -> StoredSource | None:
        return self._store.find(file, self._reader.mapping("usage"), self._dialling)

    def _begin(self, file: OpenFile, bindings: list[Binding], stack: ExitStack) -> _Adding:
        self._hasher.add(file.file.path)
        key = self._store.key(file.file, self._reader.mapping("usage"), self._dialling)
        whole = stack.enter_context(ExitStack())
        folder = whole.enter_context(self._store.adding(key))
        rejects = RejectFile(folder / REJECTS)
        whole.callback(rejects.close)
        sink = UsageSink(self._reader.engine, folder, self._dialling)
        return _Adding(FileReading(self._reader, file, bindings, sink, rejects), file.file, key, folder, rejects, whole)

    def _finish(self, adding: _Adding) -> None:
        """Make a file that was read part of the store."""
        file, report, own = adding.file, adding.reading.report, adding.rejects
        own.close()
        report.sha256 = self._hasher.of(file.path)
        if adding.key != self._store.key(file, self._reader.mapping("usage"), self._dialling):
            raise _changed(report.file)
        state = file.path.stat()
        source = StoredSource(
            key=adding.key,
            file=report.file,
            path=source_path(file),
            size=state.st_size,
            mtime_ns=state.st_mtime_ns,
            sha256=report.sha256,
            report={k: v for k, v in asdict(report).items() if k != "path"},
            reasons=dict(own.reasons),
            first_rejects=own.first,
            months={},
            parts=[],
        )
        write_source(self._reader.engine, adding.folder, source)
        adding.whole.close()

    def _recalled(self, source: StoredSource | None, file: SourceFile, rejects: RejectFile, before: bool) -> FileReport:
        """The report of a file in the store, under the name it has now; `before`: it was there before this run."""
        if source is None:
            raise _changed(file.name)
        former = RejectFile(None)
        former.path = source.folder / REJECTS
        former.count = source.report["read"] - source.report["accepted"]
        former.reasons, former.first = Counter(source.reasons), source.first_rejects
        rejects.take(former, renamed=(source.file, file.name))
        report = FileReport(**{**source.report, "path": file.path, "file": file.name, "stored": before})
        report.unused = tuple(report.unused)
        return report


def _add(task: tuple[_Adding, Batch]) -> Outcome:
    adding, batch = task
    return adding.reading.add(batch)


def _changed(name: str) -> InputError:
    return InputError(f"{name} was changed while it was read; start again when it is complete")
