"""A source file as batches of raw rows that SQL can read: Arrow tables for text, the file itself for Parquet."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

from telco_crm.engine.arrow import line_table
from telco_crm.engine.base import Engine
from telco_crm.engine.sql import identifier, literal
from telco_crm.errors import DamagedError, InputError
from telco_crm.ingest.convert import Cell
from telco_crm.ingest.encoding import AUTO
from telco_crm.ingest.lines import BadLine
from telco_crm.ingest.mapping import Binding, TableMapping
from telco_crm.ingest.sources import SourceFile
from telco_crm.ingest.textfile import SAMPLE_ROWS, TextChunk, TextLayout, read_chunks, read_layout
from telco_crm.ingest.times import DATED, is_offset, known_zone

BATCH_ROWS = 1_000_000
ROW_NUMBER = "file_row_number"  # as DuckDB names it
PACKED = 6  # compressed text takes about that much less room; for the progress bar only
SLICE_ROWS = 4_000_000  # of Parquet; sorted in memory, so not without bound
SCAN_ROWS = 50_000  # rows that one thread of the engine takes at a time


@dataclass(frozen=True)
class Batch:
    """Rows of one file, the `number`th of its batches: FROM item `relation` (with a `line` column) of `count` rows,
    besides the damaged lines `bad`. `table` is what `relation` names, where it is no file.

    `raw` gives the whole text of the rows on some lines, in rising order; `size` is about what they take in the file.
    """

    file: str
    number: int
    relation: str
    count: int
    size: float
    raw: Callable[[Sequence[int]], list[str]]
    bad: list[BadLine] = field(default_factory=list)
    table: pa.Table | None = None

    def shown(self, engine: Engine) -> str:
        """The FROM item, made known to `engine`."""
        if self.table is not None:
            engine.register(self.relation, self.table)
        return self.relation


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
        return _open_parquet(engine, file, mapping)
    layout, samples = read_layout(file, mapping)
    return OpenFile(
        file,
        layout.header,
        samples,
        shown_layout(file, layout),
        text_cells,
        lambda bindings: text_batches(file, read_chunks(file, layout, _fields(layout, bindings), threads)),
    )


def shown_layout(file: SourceFile, layout: TextLayout) -> str:
    """How a text file is written, for people."""
    delimiter = {",": "comma", "\t": "tab", "|": "pipe", ";": "semicolon"}.get(layout.delimiter, layout.delimiter)
    encoding = "ASCII" if layout.encoding == AUTO else layout.encoding.upper()
    return ", ".join(filter(None, ["CSV", encoding, delimiter, file.compression]))


def text_cells(bindings: Sequence[Binding]) -> dict[str, Cell]:
    """Where the cells of a text file are found in its batches: columns c0, c1, … in the order of the bindings."""
    found = [b for b in bindings if b.header]
    return {**{b.name: Cell(f"c{i}", "VARCHAR", clean=True) for i, b in enumerate(found)}, **_constants(bindings)}


def _constants(bindings: Sequence[Binding]) -> dict[str, Cell]:
    return {b.name: Cell(literal(b.constant), "VARCHAR") for b in bindings if b.constant is not None}


def _fields(layout: TextLayout, bindings: Sequence[Binding]) -> list[int]:
    return [layout.header.index(b.header) for b in bindings if b.header]


def text_batches(file: SourceFile, chunks: Iterator[TextChunk]) -> Iterator[Batch]:
    """The rows of successive chunks, about BATCH_ROWS at a time."""
    number = 0
    waiting: list[TextChunk] = []
    for chunk in chunks:
        waiting.append(chunk)
        if sum(c.table.num_rows for c in waiting) >= BATCH_ROWS:
            yield _text_batch(file, number, waiting)
            number, waiting = number + 1, []
    if waiting:
        yield _text_batch(file, number, waiting)


def _text_batch(file: SourceFile, number: int, chunks: Sequence[TextChunk]) -> Batch:
    table = pa.concat_tables([c.numbered for c in chunks])
    table = pa.Table.from_batches(table.to_batches(SCAN_ROWS), table.schema)

    def raw(lines: Sequence[int]) -> list[str]:
        return [next(c for c in chunks if line <= c.last_line).raw(line) for line in lines]

    size = sum(len(c.lines.block) for c in chunks) / (PACKED if file.compression else 1)
    bad = [b for c in chunks for b in c.bad]
    return Batch(file.name, number, "raw_rows", table.num_rows, size, raw, bad, table)


def _open_parquet(engine: Engine, file: SourceFile, mapping: TableMapping) -> OpenFile:
    try:
        parquet = pq.ParquetFile(file.path)
        schema = parquet.schema_arrow
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{file.name} is not a whole Parquet file ({reason}); copy or export it again") from None
    headers = tuple(schema.names)
    if ROW_NUMBER in headers:
        raise InputError(f"{file.name}: the name {ROW_NUMBER} is taken by the reader; give the column another one")
    relation = f"read_parquet({literal(str(file.path))}, {ROW_NUMBER}=true, hive_partitioning=false)"
    with readable(file.name):
        types = engine.columns(relation)
        text = {h: _as_text(identifier(h), types.get(h, "")) for h in headers}
        shown = ", ".join(f"CAST({sql} AS VARCHAR)" for sql, _ in map(text.__getitem__, headers))
        first = engine.rows(f"SELECT {shown} FROM {relation} WHERE {ROW_NUMBER} < {SAMPLE_ROWS}")
    zones = {f.name: f.type.tz for f in schema if pa.types.is_timestamp(f.type) and f.type.tz}
    unknown = {h: z for h, z in zones.items() if not mapping.zone and not (is_offset(z) or engine.rows(known_zone(z)))}
    samples = {h: [row[i] or "" for row in first] for i, h in enumerate(headers)}

    def cells(bindings: Sequence[Binding]) -> dict[str, Cell]:
        found = [(b, b.header) for b in bindings if b.header]
        _refuse_zones(file, {h: unknown[h] for b, h in found if h in unknown and b.column.type in DATED})
        stored = {
            b.name: Cell(f"c{i}", text[h][1], zones.get(h), bytes=types.get(h) == "BLOB")
            for i, (b, h) in enumerate(found)
        }
        return {**stored, **_constants(bindings)}

    def raw(lines: Sequence[int]) -> list[str]:
        engine.register("wanted_lines", line_table(lines))
        wanted = f"{relation} SEMI JOIN wanted_lines ON line = {ROW_NUMBER} + 1"
        return [_as_csv(row) for row in engine.rows(f"SELECT {shown} FROM {wanted} ORDER BY {ROW_NUMBER}")]

    def batches(bindings: Sequence[Binding]) -> Iterator[Batch]:
        named = [b.header for b in bindings if b.header]
        found = [f"{text[header][0]} AS c{i}" for i, header in enumerate(named)]
        columns = ", ".join([*found, f"{ROW_NUMBER} + 1 AS line"])
        for number, (start, end) in enumerate(_slices(parquet.metadata)):
            rows = f"(SELECT {columns} FROM {relation} WHERE {ROW_NUMBER} >= {start} AND {ROW_NUMBER} < {end})"
            size = file.path.stat().st_size * (end - start) / max(parquet.metadata.num_rows, 1)
            yield Batch(file.name, number, rows, end - start, size, raw)

    return OpenFile(file, headers, samples, "Parquet", cells, batches)


@contextmanager
def readable(file: str) -> Iterator[None]:
    """Whatever is found to be damaged within is `file` (InputError)."""
    try:
        yield
    except DamagedError as error:
        raise InputError(f"{file} is damaged ({error}); copy or export it again") from None


def _refuse_zones(file: SourceFile, unknown: Mapping[str, str]) -> None:
    if unknown:
        remedy = f'say whose clock counts in the mapping: [input.{file.table}] zone = "Asia/Shanghai"'
        raise InputError(
            [f'{file.name}: unknown time zone "{z}" of the column "{h}"; {remedy}' for h, z in unknown.items()]
        )


def _as_text(column: str, kind: str) -> tuple[str, str]:
    """SQL for a stored column, and its type: lists as text, and bytes (text that older writers do not mark as such)."""
    if kind == "BLOB":
        return f"coalesce(TRY(decode({column})), CAST({column} AS VARCHAR))", "VARCHAR"
    return (f"array_to_string({column}, ';')" if kind.endswith("[]") else column), kind


def _slices(metadata: pq.FileMetaData) -> Iterator[tuple[int, int]]:
    """Runs of whole row groups, as first row and row after the last, alike in size and of at most about SLICE_ROWS
    rows; two where there are rows enough, so that no thread is left without any.
    """
    total = metadata.num_rows
    size = total / max(math.ceil(total / SLICE_ROWS), 2 if total > BATCH_ROWS else 1)
    start = end = 0
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group).num_rows
        if end > start and end - start + rows / 2 > size:
            yield start, end
            start = end
        end += rows
    yield start, end


def _as_csv(row: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(["" if v is None else v for v in row])
    return out.getvalue()
