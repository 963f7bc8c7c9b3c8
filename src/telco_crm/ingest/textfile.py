"""Delimited text: encoding and delimiter found by looking, read block by block, damaged lines set aside whole.

A block is a run of whole lines. Its regular lines are parsed by Arrow; every other line (wrong number of fields,
stray quotes, bytes that are no text) becomes a `BadLine` with its number and reason, so that nothing shifts and
nothing is lost.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from telco_crm.engine.arrow import to_arrow
from telco_crm.errors import InputError
from telco_crm.ingest.blocks import read_blocks, read_head
from telco_crm.ingest.encoding import Encoding, detect_encoding
from telco_crm.ingest.lines import BadLine, Lines, has_padding, regular_lines, whole_records
from telco_crm.ingest.mapping import TableMapping
from telco_crm.ingest.sources import SourceFile

SAMPLE_ROWS = 1000
DELIMITERS = (",", "\t", "|", ";")


class TextLayout(NamedTuple):
    """How a file is written, and its header (one name per field)."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    first_line: int  # number of the first line after the header
    nulls: tuple[str, ...] = ("",)  # cells that mean "empty"


@dataclass(frozen=True)
class TextChunk:
    """Some rows of a text file, whose first line is number `first_line`.

    `table` has one string column per wanted field (c0, c1, …); `lines` and `bad` count lines from 0.
    """

    first_line: int
    table: pa.Table
    lines: Lines = field(repr=False)
    bad_lines: list[BadLine]
    line_count: int

    @property
    def bad(self) -> list[BadLine]:
        """The damaged lines, with their numbers in the file."""
        return [b._replace(line=b.line + self.first_line) for b in self.bad_lines]

    @property
    def numbered(self) -> pa.Table:
        """The table with a column `line`, the number in the file."""
        return self.table.append_column("line", to_arrow(self.lines.numbers + self.first_line))

    @property
    def last_line(self) -> int:
        """Number of the last line in the file."""
        return self.first_line + self.line_count - 1

    def raw(self, number: int) -> str:
        """The whole text of the record that starts on line `number`."""
        return self.lines.text(int(np.searchsorted(self.lines.numbers, number - self.first_line)))


def read_layout(file: SourceFile, mapping: TableMapping) -> tuple[TextLayout, dict[str, list[str]]]:
    """The layout of a text file, and sample values by header.

    Raises:
        InputError: the file is empty, unreadable, not text, or has a header without names or with a name twice.
    """
    head = read_head(file)
    if not head.strip():
        raise InputError(f"{file.name} is empty: it has not even a header; remove it or export it again")
    encoding = detect_encoding(head, mapping.encoding, file.name)
    text = encoding.decode_sample(head[: 1 << 20])
    first = text.split("\n", 1)[0].rstrip("\r")
    delimiter = mapping.delimiter or max(DELIMITERS, key=first.count)
    header = mapping.header or _header(first, delimiter, file.name)
    layout = TextLayout(encoding.name, delimiter, header, 1 if mapping.header else 2, mapping.text_nulls)
    return layout, _samples(text, layout)


def _header(line: str, delimiter: str, file: str) -> tuple[str, ...]:
    if "\r" in line:
        raise InputError(f"{file}: its lines end with a lone CR, as on old Macs; save it with LF or CRLF line ends")
    try:
        names = tuple(h.strip() for h in next(csv.reader([line], delimiter=delimiter, strict=True)))
    except csv.Error as error:
        raise InputError(f"{file}, line 1: the header cannot be read ({error}); mend its quotation marks") from None
    if not any(names):
        raise InputError(f"{file}, line 1: the header names no column; put the column names on the first line")
    return names


def read_chunks(
    file: SourceFile,
    layout: TextLayout,
    fields: Sequence[int],
    threads: int = 2,
    blocks: Iterator[bytes] | None = None,
) -> Iterator[TextChunk]:
    """The rows of a text file in order, parsed by `threads` workers ahead of the caller.

    `fields` are the positions of the wanted columns; they come as c0, c1, … in that order. `blocks` (runs of whole
    lines without header) stand for those of the file, where they are given.

    Raises:
        InputError: the file ends inside a compressed stream, or a line is longer than a block.
    """
    parse = partial(_parse_block, layout=layout, fields=tuple(fields))
    line = layout.first_line
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[TextChunk]] = deque()
        blocks = blocks or read_blocks(file, layout.first_line > 1, cutter(layout))
        while True:
            while len(ahead) <= threads and (block := next(blocks, None)):
                ahead.append(pool.submit(parse, block))
            if not ahead:
                return
            chunk = replace(ahead.popleft().result(), first_line=line)
            line += chunk.line_count
            yield chunk


def cutter(layout: TextLayout) -> Callable[[bytes], int]:
    """How many bytes of a run of whole lines are whole records."""
    return partial(whole_records, encoding=Encoding(layout.encoding), delimiter=layout.delimiter)


def _parse_block(block: bytes, *, layout: TextLayout, fields: tuple[int, ...]) -> TextChunk:
    lines, bad = regular_lines(block, Encoding(layout.encoding), layout.delimiter)
    ragged: list[int] = []

    def skip(row: pa_csv.InvalidRow) -> str:
        ragged.append(row.number - 1)
        if row.text.strip():
            at = int(lines.numbers[row.number - 1])
            bad.append(BadLine(at, row.text, "", f"has {row.actual_columns} fields instead of {row.expected_columns}"))
        return "skip"

    names = [f"f{i}" for i in range(len(layout.header))]
    wanted = [names[i] for i in fields]
    if lines.count:
        table = pa_csv.read_csv(
            pa.BufferReader(lines.block),
            read_options=pa_csv.ReadOptions(column_names=names, use_threads=False, block_size=len(lines.block) + 1),
            parse_options=pa_csv.ParseOptions(
                delimiter=layout.delimiter,
                ignore_empty_lines=True,
                newlines_in_values=lines.multiline,
                invalid_row_handler=skip,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=wanted,
                null_values=list(layout.nulls),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                check_utf8=False,
            ),
        )
    else:
        table = pa.table({name: pa.array([], pa.string()) for name in wanted})
    keep = np.ones(lines.count, bool)
    keep[ragged] = False
    lines = lines.only(keep) if ragged else lines
    padded = has_padding(lines.block, layout.delimiter)
    columns = {f"c{i}": _trimmed(c, layout.nulls) if padded else c for i, c in enumerate(table.columns)}
    return TextChunk(0, pa.table(columns), lines, bad, block.count(b"\n") + (not block.endswith(b"\n")))


def _trimmed(column: pa.ChunkedArray, nulls: tuple[str, ...]) -> pa.ChunkedArray:
    bare = pc.utf8_trim(column, " \t")
    return pc.if_else(pc.is_in(bare, pa.array(nulls, pa.string())), pa.scalar(None, pa.string()), bare)


def _samples(text: str, layout: TextLayout) -> dict[str, list[str]]:
    lines = text.split("\n")[layout.first_line - 1 :][:SAMPLE_ROWS]
    rows = [line.rstrip("\r").split(layout.delimiter) for line in lines if line.strip()]
    rows = [row for row in rows if len(row) == len(layout.header)]
    return {name: [row[i].strip().strip('"') for row in rows] for i, name in enumerate(layout.header)}
