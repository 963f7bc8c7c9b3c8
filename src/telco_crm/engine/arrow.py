"""Between NumPy and Arrow by the numbers as they lie in memory: `pa.array` and Arrow's own `to_numpy` would first load
pandas, which takes a while.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow.types import is_floating, is_integer


def to_arrow(values: npt.NDArray[Any]) -> pa.Array:
    """The numbers of an array (n); NaN is empty."""
    laid = np.ascontiguousarray(values)
    there = ~np.isnan(laid)
    known = None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little"))
    return pa.Array.from_buffers(pa.from_numpy_dtype(laid.dtype), len(laid), [known, pa.py_buffer(laid)])


def line_table(lines: Sequence[int]) -> pa.Table:
    """Numbers of lines as a table with the column `line`."""
    return pa.table({"line": to_arrow(np.array(lines, np.int64))})


def to_numpy(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[Any]:
    """The values (n) of a column."""
    if column.null_count or not (is_integer(column.type) or is_floating(column.type)):
        return np.asarray(column.to_numpy(zero_copy_only=False))
    kind = column.type.to_pandas_dtype()
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    laid = [np.frombuffer(c.buffers()[1], kind)[c.offset : c.offset + len(c)] for c in chunks if len(c)]
    return np.concatenate(laid) if laid else np.empty(0, kind)
