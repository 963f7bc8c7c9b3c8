"""Arrow columns from plain arrays: coded texts, money from cents, dates and times, with nulls where asked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from telco_crm.schema import load_schema
from telco_crm.synth.arrays import Bools, Ints
from telco_crm.synth.timeline import Timeline


def coded(codes: Ints, texts: Sequence[str]) -> pa.Array:
    """Texts by position; null where the code is negative."""
    small = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(small, pa.array(list(texts), pa.string()))


def enum(table: str, column: str, codes: Ints) -> pa.Array:
    """Accepted values of a schema column by position; null where the code is negative."""
    return coded(codes, list(load_schema(table).columns[column].values))


def money(cents: Ints, missing: Bools | None = None) -> pa.Array:
    """Decimals with two places; null where `missing`."""
    words = np.empty((len(cents), 2), dtype=np.int64)
    words[:, 0] = cents
    words[:, 1] = words[:, 0] >> 63
    valid = None
    if missing is not None:
        valid = pa.py_buffer(np.packbits(~missing, bitorder="little").tobytes())
    return pa.Array.from_buffers(pa.decimal128(12, 2), len(cents), [valid, pa.py_buffer(words)])


def integers(values: Ints, missing: Bools | None = None) -> pa.Array:
    """64-bit integers; null where `missing`."""
    return pa.array(values.astype(np.int64), mask=missing)


def times(seconds: Ints, missing: Bools | None = None) -> pa.Array:
    """Timestamps from seconds since 1970; null where `missing`."""
    return pa.array(seconds.astype("datetime64[s]"), mask=missing)


def dates(timeline: Timeline, days: Ints, missing: Bools | None = None) -> pa.Array:
    """Dates from days of the timeline; null where `missing`."""
    known = days if missing is None else np.where(missing, 0, days)
    return pa.array(timeline.dates(known), pa.date32(), mask=missing)
