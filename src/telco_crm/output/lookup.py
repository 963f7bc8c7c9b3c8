"""The rows of one subscriber out of a CSV file of results, however large.

A file that is sorted by the id, as most are, is halved until the id is found; another is searched for the id as bytes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

NEAR = 1 << 16  # bytes that are read rather than halved
BOM = b"\xef\xbb\xbf"


def rows_in_csv(path: Path, key: str, value: str, is_sorted: bool) -> pa.Table | None:
    """The rows whose column `key` is `value`, every column as text (NULL where it is empty); None where the file has to
    be read as a whole, because a row of them may go over several lines.

    Raises:
        ValueError: the file is no table with a column `key`.
    """
    with path.open("rb") as file:
        names = next(csv.reader([file.readline().removeprefix(BOM).decode("utf-8").rstrip("\r\n")]), [])
        at, wanted = names.index(key), value.encode()
        found = _Sorted(file, len(names)).lines(wanted) if is_sorted and at == 0 else _lines_with(file, wanted)
        lines = [line.decode("utf-8") for line in found]
    if any(line.count('"') % 2 for line in lines):
        return None
    rows = [row for row in csv.reader(lines) if len(row) == len(names) and row[at] == value]
    return pa.table({name: pa.array([row[n] or None for row in rows], pa.string()) for n, name in enumerate(names)})


class _Sorted:
    """A file that stands at its first row and is sorted by its first column.

    Lines that are no whole row, because a cell holds the end of a line, are passed over.
    """

    def __init__(self, file: BinaryIO, columns: int) -> None:
        self.file, self.columns, self.start = file, columns, file.tell()

    def lines(self, value: bytes) -> Iterator[bytes]:
        """Those whose first cell is `value`."""
        low, high = self.start, self.file.seek(0, 2)  # the first of them begins after low
        while high - low > NEAR:
            middle = (low + high) // 2
            self.file.seek(middle)
            self.file.readline()  # the rest of a line
            cell = next((cell for cell, _, whole in self._rows() if whole), None)
            low, high = (middle, high) if cell is not None and cell < value else (low, middle)
        self.file.seek(low)
        if low > self.start:
            self.file.readline()
        for cell, line, whole in self._rows():
            if cell == value:
                yield line
            elif whole and cell > value:
                return

    def _rows(self) -> Iterator[tuple[bytes, bytes, bool]]:
        """First cell, line, and whether it is a whole row."""
        for line in self.file:
            plain = line.count(b",") == self.columns - 1 and b'"' not in line
            whole = plain or (not line.count(b'"') % 2 and len(next(csv.reader([line.decode()]))) == self.columns)
            yield line.partition(b",")[0].strip(b'"\r\n').removeprefix(b"'"), line, whole


def _lines_with(file: BinaryIO, value: bytes) -> Iterator[bytes]:
    """Lines that hold `value` anywhere; `file` stands at the beginning of a line."""
    with mmap(file.fileno(), 0, access=ACCESS_READ) as whole:
        at = whole.find(value, file.tell())
        while at >= 0:
            start, stop = whole.rfind(b"\n", 0, at) + 1, whole.find(b"\n", at) + 1 or len(whole)
            yield whole[start:stop]
            at = whole.find(value, stop)
