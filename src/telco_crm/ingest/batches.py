"""A source file as batches of raw rows that SQL can read: Arrow tables for text, the file itself for Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

from telco_crm.engine.base import Engine
from telco_crm.engine.sql import identifier, literal
from telco_crm.errors import InputError
from telco_crm.ingest.convert import Cell
from telco_crm.ingest.encoding import AUTO
from telco_crm.ingest.lines import BadLine
from telco_crm.ingest.mapping import Binding, TableMapping
from telco_crm.ingest.sources import SourceFile
from telco_crm.ingest.textfile import SAMPLE_ROWS, TextChunk, TextLayout, read_chunks, read_layout

BATCH_ROWS = 1_000_000
PACKED = 6  # compressed text takes about that much less room; for the progress bar only
SLICE_ROWS = 4_000_000  # of Parquet; sorted in memory, so not without bound
SCAN_ROWS = 50_000  # rows that one thread of the engine takes at a time


@dataclass(frozen=True)
class Batch:
    """Rows of one file: FROM item `relation` (with a `line` column) of `count` rows, besides the damaged lines `bad`.

    `raw` gives the whole text of the rows on some lines, in rising order; `size` is about what they take in the file.
    """

    file: str
    relation: str
    count: int
    size: float
    raw: Callable[[Sequence[int]], list[str]]
    bad: list[BadLine] = field(default_factory=list)


@dataclass(frozen=True)
class OpenFile:
    """A source file whose header is known: its headers, samples, and how to get at cells and rows."""

    file: SourceFile
    headers: tuple[str, ...]
    samples: Mapping[str, Sequence[str]]
    layout: str
    cells: Callable[[Sequence[Binding]], dict[str, Cell]]
    batches: Callable[[Sequence[Binding]], Iterator[Batch]]


def open_file(engine: Engine, file: SourceFile, mapping: TableMapping, threads: int) -> OpenFile:
    """Look at a file's header and first rows.

    Raises:
        InputError: the file cannot be read as what it is.
    """
    if file.format == "parquet":
        return _open_parquet(engine, file)
    layout, samples = read_layout(file, mapping)
    delimiter = {",": "comma", "\t": "tab", "|": "pipe", ";": "semicolon"}.get(layout.delimiter, layout.delimiter)
    encoding = "ASCII" if layout.encoding == AUTO else layout.encoding.upper()
    shown = ", ".join(filter(None, ["CSV", encoding, delimiter, file.compression]))
    return OpenFile(
        file,
        layout.header,
        samples,
        shown,
        text_cells,
        lambda bindings: text_batches(engine, file, read_chunks(file, layout, _fields(layout, bindings), threads)),
    )


def text_cells(bindings: Sequence[Binding]) -> dict[str, Cell]:
    """Where the cells of a text file are found in its batches: columns c0, c1, … in the order of the bindings."""
    found = [b for b in bindings if b.header]
    return {**{b.name: Cell(f"c{i}", "VARCHAR", clean=True) for i, b in enumerate(found)}, **_constants(bindings)}


def _constants(bindings: Sequence[Binding]) -> dict[str, Cell]:
    return {b.name: Cell(literal(b.constant), "VARCHAR") for b in bindings if b.constant is not None}


def _fields(layout: TextLayout, bindings: Sequence[Binding]) -> list[int]:
    return [layout.header.index(b.header) for b in bindings if b.header]


def text_batches(engine: Engine, file: SourceFile, chunks: Iterator[TextChunk]) -> Iterator[Batch]:
    """The rows of successive chunks, about BATCH_ROWS at a time."""
    waiting: list[TextChunk] = []
    for chunk in chunks:
        waiting.append(chunk)
        if sum(c.table.num_rows for c in waiting) >= BATCH_ROWS:
            yield _text_batch(engine, file, waiting)
            waiting = []
    if waiting:
        yield _text_batch(engine, file, waiting)


def _text_batch(engine: Engine, file: SourceFile, chunks: Sequence[TextChunk]) -> Batch:
    table = pa.concat_tables([c.numbered for c in chunks])
    engine.register("raw_rows", pa.Table.from_batches(table.to_batches(SCAN_ROWS), table.schema))

    def raw(lines: Sequence[int]) -> list[str]:
        return [next(c for c in chunks if line <= c.last_line).raw(line) for line in lines]

    size = sum(len(c.lines.block) for c in chunks) / (PACKED if file.compression else 1)
    return Batch(file.name, "raw_rows", table.num_rows, size, raw, [b for c in chunks for b in c.bad])


def _open_parquet(engine: Engine, file: SourceFile) -> OpenFile:
    try:
        parquet = pq.ParquetFile(file.path)
        schema = parquet.schema_arrow
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{file.name} is not a whole Parquet file ({reason}); copy or export it again") from None
    relation = f"read_parquet({literal(str(file.path))}, file_row_number=true, hive_partitioning=false)"
    types = engine.columns(relation)
    zones = {f.name: f.type.tz for f in schema if pa.types.is_timestamp(f.type) and f.type.tz}
    headers = tuple(schema.names)
    shown = ", ".join(f"CAST({identifier(h)} AS VARCHAR)" for h in headers)
    first = engine.rows(f"SELECT {shown} FROM {relation} WHERE file_row_number < {SAMPLE_ROWS}")
    samples = {h: [row[i] or "" for row in first] for i, h in enumerate(headers)}

    def cells(bindings: Sequence[Binding]) -> dict[str, Cell]:
        found = [b for b in bindings if b.header]
        stored = {b.name: Cell(f"c{i}", types[b.header or ""], zones.get(b.header or "")) for i, b in enumerate(found)}
        return {**stored, **_constants(bindings)}

    def raw(lines: Sequence[int]) -> list[str]:
        engine.register("wanted_lines", pa.table({"line": pa.array(lines, pa.int64())}))
        wanted = f"{relation} SEMI JOIN wanted_lines ON line = file_row_number + 1"
        return [_as_csv(row) for row in engine.rows(f"SELECT {shown} FROM {wanted} ORDER BY file_row_number")]

    def batches(bindings: Sequence[Binding]) -> Iterator[Batch]:
        named = [b.header for b in bindings if b.header]
        found = [f"{identifier(header)} AS c{i}" for i, header in enumerate(named)]
        columns = ", ".join([*found, "file_row_number + 1 AS line"])
        for start, end in _slices(parquet.metadata):
            rows = f"(SELECT {columns} FROM {relation} WHERE file_row_number >= {start} AND file_row_number < {end})"
            size = file.path.stat().st_size * (end - start) / max(parquet.metadata.num_rows, 1)
            yield Batch(file.name, rows, end - start, size, raw)

    return OpenFile(file, headers, samples, "Parquet", cells, batches)


def _slices(metadata: pq.FileMetaData) -> Iterator[tuple[int, int]]:
    """Runs of whole row groups, as first row and row after the last, of about SLICE_ROWS rows."""
    start = end = 0
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group).num_rows
        if end > start and end - start + rows > SLICE_ROWS:
            yield start, end
            start = end
        end += rows
    yield start, end


def _as_csv(row: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(["" if v is None else v for v in row])
    return out.getvalue()
