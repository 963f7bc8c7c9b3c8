"""Planting defective rows, and keeping a list of every one of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from telco_crm.synth.arrays import Ints, Rng
from telco_crm.synth.figures import Defect


@dataclass
class Planter:
    """Adds defective rows to one file, each right after the good row it was made from.

    `share` is the number of defective rows per good row; `defects` are mixed evenly; `header` lines precede
    the first row. `found` lists (line or row number counted from 1, position in `defects`) of everything
    planted.
    """

    rng: Rng
    defects: dict[str, Defect]
    share: float
    lang: str
    header: int
    found: list[tuple[Ints, Ints]] = field(default_factory=list)
    _good: int = 0
    _planted: int = 0

    def mix_lines(self, rows: pa.Table, lines: bytes) -> bytes:
        """`lines` (one per row of `rows`) with defective lines among them."""
        origin, kinds = self._draw(rows.num_rows)
        bad = [self._bad_lines(rows, origin[kinds == kind], defect) for kind, defect in self._numbered()]
        order = self._order(rows.num_rows, origin, kinds)
        mixed = pa.concat_arrays([_split(lines), *bad]).take(pa.array(order))
        first, last = np.frombuffer(mixed.buffers()[1], dtype=np.int64)[[0, len(mixed)]]
        return bytes(memoryview(mixed.buffers()[2])[first:last])

    def mix_rows(self, rows: pa.Table) -> pa.Table:
        """`rows` with defective rows among them."""
        origin, kinds = self._draw(rows.num_rows)
        bad = [_bad_rows(rows.take(origin[kinds == kind]), defect, self.lang) for kind, defect in self._numbered()]
        order = self._order(rows.num_rows, origin, kinds)
        return pa.concat_tables([rows, *bad]).take(pa.array(order))

    def _numbered(self) -> list[tuple[int, Defect]]:
        return list(enumerate(self.defects.values()))

    def _draw(self, count: int) -> tuple[Ints, Ints]:
        """Rows to make defective ones from, and what is to be wrong with each, sorted by the latter."""
        self._good += count
        due = round(self._good * self.share) - self._planted
        self._planted += due
        kinds = np.sort(self.rng.integers(0, len(self.defects), due))
        return self.rng.integers(0, max(count, 1), due), kinds

    def _order(self, count: int, origin: Ints, kinds: Ints) -> Ints:
        """Positions (good rows first, then defective ones) in the order of the file; notes where the latter
        come.
        """
        place = np.concatenate([np.arange(count) * 2, origin * 2 + 1])
        order = np.argsort(place, kind="stable")
        at = np.flatnonzero(order >= count)
        before = self.header + self._good - count + self._planted - len(origin)
        self.found.append((before + at + 1, kinds[order[at] - count]))
        return order

    def _bad_lines(self, rows: pa.Table, origin: Ints, defect: Defect) -> pa.Array:
        taken = rows.take(pa.array(origin))
        columns = [_text(taken.column(name)) for name in taken.column_names]
        if defect.column:
            content = pa.array([defect.content(self.lang)], pa.large_binary())
            columns[taken.column_names.index(defect.column)] = content.take(pa.array(np.zeros(len(origin), np.int64)))
        kept = columns[: defect.keep] if defect.keep else columns
        joined = pc.binary_join_element_wise(*kept, pa.scalar(b",", pa.large_binary()))
        return pc.binary_join_element_wise(
            joined, pa.scalar(b"\n", pa.large_binary()), pa.scalar(b"", pa.large_binary())
        )


def _bad_rows(rows: pa.Table, defect: Defect, lang: str) -> pa.Table:
    """Typed rows with a defect: a number or time that is none becomes empty."""
    if not defect.column:
        return rows
    position = rows.column_names.index(defect.column)
    kind = rows.schema.field(position).type
    value: str | int | None = None
    if pa.types.is_string(kind):
        value = defect.zh if lang == "zh" and defect.zh else defect.value
    elif pa.types.is_integer(kind) and defect.value.lstrip("-").isdigit():
        value = int(defect.value)
    content = pa.array([value], kind).take(pa.array(np.zeros(rows.num_rows, np.int64)))
    return rows.set_column(position, rows.schema.field(position), content)


def _text(column: pa.ChunkedArray) -> pa.Array:
    """A column as the bytes that a CSV file has; empty for null."""
    array = column.combine_chunks()
    array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
    if not pa.types.is_string(array.type):
        array = array.cast(pa.string())
    raw = pa.Array.from_buffers(pa.binary(), len(array), array.buffers(), offset=array.offset)
    return pc.fill_null(raw, b"").cast(pa.large_binary())


def _split(lines: bytes) -> pa.Array:
    """The lines, each with its end of line, as a binary array without copying."""
    ends = np.flatnonzero(np.frombuffer(lines, dtype=np.uint8) == ord("\n")).astype(np.int64) + 1
    offsets = np.concatenate([[0], ends]).astype(np.int64)
    return pa.Array.from_buffers(pa.large_binary(), len(ends), [None, pa.py_buffer(offsets), pa.py_buffer(lines)])
