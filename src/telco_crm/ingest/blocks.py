"""A text file as blocks of whole lines, decompressed on the way."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from typing import IO, cast

import pyarrow as pa

from telco_crm.errors import InputError
from telco_crm.ingest.sources import SourceFile

BLOCK_BYTES = 4 << 20  # small enough to stay in the processor's cache from step to step
LONGEST_RECORD = 100  # lines that one quoted cell may span
BOM = b"\xef\xbb\xbf"


def read_head(file: SourceFile) -> bytes:
    """The first block of bytes.

    Raises:
        InputError: the file cannot be opened or decompressed.
    """
    with _opened(file) as stream:
        return _read(stream, file)


def read_blocks(file: SourceFile, header: bool) -> Iterator[bytes]:
    """Successive runs of whole lines (and whole quoted records), without BOM and header line.

    Raises:
        InputError: the file ends inside a compressed stream, or a line is longer than a block.
    """
    rest, at_start = b"", True
    with _opened(file) as stream:
        while data := _read(stream, file):
            block = rest + data if rest else data
            if at_start:
                block = block.removeprefix(BOM)
                end = block.find(b"\n") + 1 if header else 0
                block, at_start = block[end:], header and not end
            cut = _cut(block)
            if len(block) - cut > 2 * BLOCK_BYTES:
                raise InputError(f"{file.name}: a line is longer than {BLOCK_BYTES >> 20} MB; is this a text table?")
            block, rest = block[:cut], block[cut:]
            if block:
                yield block
        if rest and not at_start:
            yield rest


def _cut(block: bytes) -> int:
    """Where the last whole record ends: after a line end, and not within a quoted cell if that can be told."""
    cut = block.rfind(b"\n") + 1
    if block.count(b'"', 0, cut) % 2 == 0:
        return cut
    line_end = cut
    for _ in range(LONGEST_RECORD):
        line_start = block.rfind(b"\n", 0, line_end - 1) + 1
        if block.count(b'"', line_start, line_end) % 2:
            return line_start or cut
        line_end = line_start
    return cut


def _opened(file: SourceFile) -> IO[bytes]:
    try:
        if file.compression == "gzip":
            return cast(IO[bytes], gzip.open(file.path, "rb"))
        if file.compression == "zstd":
            return cast(IO[bytes], pa.CompressedInputStream(pa.OSFile(str(file.path)), "zstd"))
        return file.path.open("rb")
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"{file.name} cannot be opened: {reason}; check the path and its rights") from None


def _read(stream: IO[bytes], file: SourceFile) -> bytes:
    try:
        return stream.read(BLOCK_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{file.name} is damaged or cut short ({error}); copy or export it again") from None
