"""Many small text files, one per person, read as one: the name of a file is the value of a column.

To open, parse and convert files one by one costs far more than their few rows. Here the files of one header are put
together into blocks; which file a line is from is known by its number, counted through all of them.
"""

from __future__ import annotations

import hashlib
import os
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from telco_crm.engine.arrow import to_arrow
from telco_crm.errors import InputError
from telco_crm.ingest.batches import OpenFile, text_batches, text_cells
from telco_crm.ingest.blocks import BLOCK_BYTES, read_blocks
from telco_crm.ingest.encoding import AUTO
from telco_crm.ingest.lines import BadLine
from telco_crm.ingest.load import FileReport, Reader
from telco_crm.ingest.mapping import Binding, bind
from telco_crm.ingest.rejects import RejectFile
from telco_crm.ingest.sinks import Sink
from telco_crm.ingest.sources import COMPRESSIONS, SourceFile
from telco_crm.ingest.textfile import TextChunk, TextLayout, cutter, read_chunks, read_layout
from telco_crm.manifest import file_hash
from telco_crm.schema import Schema

SAMPLES = 3  # files whose names are shown to the recognition of headers


@dataclass
class JoinedFiles:
    """Text files with the header of `layout`; `column` is the one their names stand for.

    `begins` are the numbers, counted through all files, of the first line after each header; `spans` say for every
    block on its way which files it is from; `read`, `sizes` and `hashes` are the rows, bytes and SHA-256 of each file.
    """

    files: Sequence[SourceFile]
    column: str
    layout: TextLayout
    begins: list[int] = field(default_factory=list)
    spans: deque[tuple[int, int]] = field(default_factory=deque)
    read: Counter[int] = field(default_factory=Counter)
    sizes: list[int] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)

    def place(self, line: int) -> tuple[int, int]:
        """The number of the file that a line is in, and of the line in that file."""
        at = bisect_right(self.begins, line) - 1
        return at, line - self.begins[at] + self.layout.first_line

    def blocks(self) -> Iterator[bytes]:
        """Runs of whole lines. A file with quotes has blocks of its own, so that a stray one does not reach others."""
        parts: list[bytes] = []
        size = line = first = 0
        for number, file in enumerate(self.files):
            self.begins.append(line)
            for block in self._blocks_of(file):
                whole = block if block.endswith(b"\n") else block + b"\n"
                alone = b'"' in whole
                if parts and (alone or size + len(whole) > BLOCK_BYTES):
                    self.spans.append((first, number + 1))
                    yield b"".join(parts)
                    parts, size = [], 0
                if not parts:
                    first = number
                line += whole.count(b"\n")
                if alone:
                    self.spans.append((number, number + 1))
                    yield whole
                else:
                    parts.append(whole)
                    size += len(whole)
        if parts:
            self.spans.append((first, len(self.files)))
            yield b"".join(parts)

    def _blocks_of(self, file: SourceFile) -> Iterator[bytes]:
        """The blocks of a file without its header; a small one is read at once."""
        try:
            with open(file.path, "rb", buffering=0) as stream:
                self.sizes.append(os.fstat(stream.fileno()).st_size)
                small = not file.compression and self.sizes[-1] <= BLOCK_BYTES
                data = stream.readall() if small else b""
        except OSError as error:
            raise InputError(f"{file.name} cannot be opened: {error.strerror}; check the path and its rights") from None
        self.hashes.append(hashlib.sha256(data).hexdigest() if small else file_hash(file.path))
        if not small:
            yield from read_blocks(file, True, cutter(self.layout))
        elif body := data[data.find(b"\n") + 1 or len(data) :]:
            yield body

    def chunks(self, bindings: Sequence[Binding], threads: int) -> Iterator[TextChunk]:
        """The rows, with the names of the files as one of the columns."""
        headers = [b.header for b in bindings if b.header]
        fields = [self.layout.header.index(h) for h in headers if h != self.column]
        layout = self.layout._replace(first_line=0)
        for chunk in read_chunks(self.files[0], layout, fields, threads, self.blocks()):
            first, end = self.spans.popleft()
            begins = np.array(self.begins[first:end])
            file = np.searchsorted(begins, chunk.lines.numbers + chunk.first_line, "right") - 1
            names = pa.array([person(f) for f in self.files[first:end]], pa.string()).take(to_arrow(file))
            parsed = iter(chunk.table.columns)
            columns = [names if h == self.column else next(parsed) for h in headers]
            counts = np.bincount(file, minlength=0)
            self.read.update({first + i: int(n) for i, n in enumerate(counts) if n})
            self.read.update(self.place(bad.line)[0] for bad in chunk.bad)
            yield replace(chunk, table=pa.table({f"c{i}": c for i, c in enumerate(columns)}))


class _Located(RejectFile):
    """Passes rejects on under the file and line they are from."""

    def __init__(self, joined: JoinedFiles, kept: RejectFile) -> None:
        super().__init__(None)
        self._joined, self._kept = joined, kept
        self.by_file: Counter[int] = Counter()

    def add(self, file: str, bad: Iterable[BadLine]) -> None:
        """Write rows that were set aside."""
        for row in bad:
            at, line = self._joined.place(row.line)
            self.by_file[at] += 1
            self._kept.add(self._joined.files[at].name, [row._replace(line=line)])


def person(file: SourceFile) -> str:
    """The name of a file without its endings."""
    path = file.path.with_suffix("") if file.path.suffix.lower() in COMPRESSIONS else file.path
    return path.stem


def open_joined(
    reader: Reader, schema: Schema, files: Sequence[SourceFile], column: str
) -> tuple[JoinedFiles, OpenFile, list[Binding]]:
    """Files with equal headers, as one whose column `column` (of `schema`) holds their names.

    Raises:
        InputError: they cannot be mapped.
    """
    mapping, first = reader.mapping(schema.name), files[0]
    layout, samples = read_layout(first, mapping)
    joined = JoinedFiles(files, column, layout if mapping.encoding else layout._replace(encoding=AUTO))
    headers = (*layout.header, column)
    samples = {**samples, column: [person(f) for f in files[:SAMPLES]]}
    folder = Path(os.path.commonpath([f.path.parent for f in files]))
    shown = replace(first, path=folder, shown=_several(folder, len(files)))
    file = OpenFile(
        shown,
        headers,
        samples,
        "CSV",
        text_cells,
        lambda bindings: text_batches(shown, joined.chunks(bindings, reader.threads)),
    )
    return joined, file, bind(schema, headers, mapping, first.name, samples)


def read_joined(
    reader: Reader,
    schema: Schema,
    opened: tuple[JoinedFiles, OpenFile, list[Binding]],
    sink: Sink,
    rejects: RejectFile,
) -> list[FileReport]:
    """Read what `open_joined` has opened: a report for each file with rejected rows, and one for all others together,
    whose hash is that of their hashes.
    """
    joined, file, bindings = opened
    located = _Located(joined, rejects)
    whole = reader.read_file(file, bindings, sink, located, schema)
    good = [i for i in range(len(joined.files)) if i not in located.by_file]
    alone = sorted(located.by_file) + (good if len(good) == 1 else [])
    reports = [
        replace(
            whole,
            file=joined.files[i].name,
            path=joined.files[i].path,
            read=joined.read[i],
            accepted=joined.read[i] - located.by_file[i],
            sha256=joined.hashes[i],
        )
        for i in alone
    ]
    rows = sum(joined.read[i] for i in good)
    together = replace(
        whole,
        file=_several(whole.path, len(good)),
        read=rows,
        accepted=rows,
        size=sum(joined.sizes[i] for i in good),
        sha256=hashlib.sha256("".join(joined.hashes[i] for i in good).encode()).hexdigest(),
    )
    return [together, *reports] if len(good) > 1 else reports


def _several(folder: Path, count: int) -> str:
    return f"{folder} ({count:,} files)"
