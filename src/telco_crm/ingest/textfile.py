"""Delimited text: encoding and delimiter found by looking, read block by block, damaged lines set aside whole.

A block is a run of whole lines. Its regular lines are parsed by Arrow; every other line (wrong number of fields, stray
quotes, bytes that are no text) becomes a `BadLine` with its number and reason, so that nothing shifts and nothing is lost.
"""

from __future__ import annotations

import csv
import gzip
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import IO, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from telco_crm.errors import InputError
from telco_crm.ingest.encoding import Encoding, detect_encoding
from telco_crm.ingest.lines import BadLine, Lines, regular_lines
from telco_crm.ingest.mapping import TableMapping
from telco_crm.ingest.sources import SourceFile

BLOCK_BYTES = 16 << 20
SAMPLE_ROWS = 1000
DELIMITERS = (",", "\t", "|", ";")


class TextLayout(NamedTuple):
    """How a file is written, and its header (one name per field)."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    first_line: int  # number of the first line after the header


@dataclass(frozen=True)
class TextChunk:
    """Some rows of a text file: `table` has one string column per wanted field (c0, c1, …) and their line numbers."""

    table: pa.Table
    bad: list[BadLine]
    lines: Lines = field(repr=False)

    @cached_property
    def _position(self) -> dict[int, int]:
        return {int(n): i for i, n in enumerate(self.lines.numbers)}

    def raw(self, number: int) -> str:
        """The whole text of the record that starts on line `number`."""
        return self.lines.text(self._position[number])


def read_layout(file: SourceFile, mapping: TableMapping) -> tuple[TextLayout, dict[str, list[str]]]:
    """The layout of a text file, and sample values by header.

    Raises:
        InputError: the file is empty, unreadable, not text, or has a header without names or with a name twice.
    """
    with _opened(file) as stream:
        head = _read(stream, BLOCK_BYTES, file)
    if not head.strip():
        raise InputError(f"{file.name} is empty: it has not even a header; remove it or export it again")
    encoding = detect_encoding(head, mapping.encoding, file.name)
    text = encoding.decode_sample(head[: 1 << 20])
    first = text.split("\n", 1)[0].rstrip("\r")
    delimiter = mapping.delimiter or max(DELIMITERS, key=first.count)
    header = mapping.header or tuple(h.strip() for h in next(csv.reader([first], delimiter=delimiter)))
    if not mapping.header and not any(header):
        raise InputError(f"{file.name}, line 1: the header names no column; put the column names on the first line")
    layout = TextLayout(encoding.name, delimiter, header, 1 if mapping.header else 2)
    return layout, _samples(text, layout)


def read_chunks(file: SourceFile, layout: TextLayout, fields: Sequence[int], threads: int = 2) -> Iterator[TextChunk]:
    """The rows of a text file in order, parsed by `threads` workers ahead of the caller.

    `fields` are the positions of the wanted columns; they come as c0, c1, … in that order.

    Raises:
        InputError: the file ends inside a compressed stream, or a line is longer than a block.
    """
    parse = partial(_parse_block, layout=layout, fields=tuple(fields))
    encoding = Encoding(layout.encoding)
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[TextChunk]] = deque()
        for first_line, block in _blocks(file, layout):
            ahead.append(pool.submit(parse, block, first_line, encoding))
            if len(ahead) > threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _parse_block(block: bytes, first_line: int, encoding: Encoding, *, layout: TextLayout,
                 fields: tuple[int, ...]) -> TextChunk:
    lines, bad = regular_lines(block, first_line, encoding, layout.delimiter)
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
            parse_options=pa_csv.ParseOptions(delimiter=layout.delimiter, ignore_empty_lines=True,
                                              newlines_in_values=lines.multiline, invalid_row_handler=skip),
            convert_options=pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), include_columns=wanted,
                                                  strings_can_be_null=False, check_utf8=False),
        )
    else:
        table = pa.table({name: pa.array([], pa.string()) for name in wanted})
    keep = np.ones(lines.count, bool)
    keep[ragged] = False
    lines = lines.only(keep) if ragged else lines
    columns = {f"c{i}": table.column(i) for i in range(len(wanted))}
    return TextChunk(pa.table({**columns, "line": pa.array(lines.numbers)}), bad, lines)


def _blocks(file: SourceFile, layout: TextLayout) -> Iterator[tuple[int, bytes]]:
    """(number of its first line, bytes) of successive runs of whole lines, header and BOM left out."""
    line, rest, first = 1, b"", True
    with _opened(file) as stream:
        while True:
            data = _read(stream, BLOCK_BYTES, file)
            block = rest + data
            cut = len(block) if not data else block.rfind(b"\n") + 1
            block, rest = block[:cut], block[cut:]
            if len(rest) > BLOCK_BYTES:
                raise InputError(f"{file.name}, line {line}: is longer than {BLOCK_BYTES >> 20} MB; is this a text table?")
            if first and block:
                first = False
                block = block.removeprefix(b"\xef\xbb\xbf")
                if layout.first_line == 2:
                    end = block.find(b"\n") + 1 or len(block)
                    block, line = block[end:], 2
            if block:
                yield line, block
                line += block.count(b"\n")
            if not data:
                return


def _opened(file: SourceFile) -> IO[bytes]:
    try:
        if file.compression == "gzip":
            return gzip.open(file.path, "rb")
        if file.compression == "zstd":
            return pa.CompressedInputStream(pa.OSFile(str(file.path)), "zstd")
        return file.path.open("rb")
    except OSError as error:
        raise InputError(f"{file.name} cannot be opened: {error.strerror or error}; check the path and its rights") from None


def _read(stream: IO[bytes], size: int, file: SourceFile) -> bytes:
    try:
        return stream.read(size)
    except (OSError, EOFError, gzip.zlib.error) as error:
        raise InputError(f"{file.name} is damaged or cut short ({error}); copy or export it again") from None


def _samples(text: str, layout: TextLayout) -> dict[str, list[str]]:
    lines = text.split("\n")[layout.first_line - 1 :][:SAMPLE_ROWS]
    rows = [line.rstrip("\r").split(layout.delimiter) for line in lines if line.strip()]
    rows = [row for row in rows if len(row) == len(layout.header)]
    return {name: [row[i].strip().strip('"') for row in rows] for i, name in enumerate(layout.header)}
