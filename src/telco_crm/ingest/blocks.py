"""A text file as blocks of whole lines, decompressed on the way."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from typing import IO, cast

import pyarrow as pa

from telco_crm.errors import InputError
from telco_crm.ingest.sources import SourceFile

BLOCK_BYTES = 4 << 20  # small enough to stay in the processor's cache from step to step
BOM = b"\xef\xbb\xbf"


def read_head(file: SourceFile) -> bytes:
    """The first block of bytes.

    Raises:
        InputError: the file cannot be opened or decompressed.
    """
    with _opened(file) as stream:
        return _read(stream, file)


def read_blocks(file: SourceFile, header: bool, records: Callable[[bytes], int]) -> Iterator[bytes]:
    """Successive runs of whole records, without BOM and header line.

    `records` says how many bytes of a run of whole lines are whole records.

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
            cut = block.rfind(b"\n") + 1
            cut = records(block[:cut]) if b'"' in block else cut
            if len(block) - cut > 2 * BLOCK_BYTES:
                raise InputError(f"{file.name}: a line is longer than {BLOCK_BYTES >> 20} MB; is this a text table?")
            block, rest = block[:cut], block[cut:]
            if block:
                yield block
        if rest and not at_start:
            yield rest


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
