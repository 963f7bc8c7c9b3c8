"""The table of indicators: bucket by bucket of subscribers, two at a time, through files in the engine's folder."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from telco_crm.engine.base import Engine
from telco_crm.engine.sql import identifier, literal
from telco_crm.indicators.catalogue import indicator_schema
from telco_crm.indicators.compute import Columns, Question, compute
from telco_crm.indicators.reading import Inputs
from telco_crm.indicators.records import RANGE_BITS
from telco_crm.progress import Progress

BUCKET_ROWS = 200_000  # records that are worked on at a time: fewer cost more calls, more no longer fit the caches
FILE_ROWS = 5_000  # subscribers
SQL_TYPES = {"time": "TIMESTAMP", "bool": "BOOLEAN"}


def indicator_table(engine: Engine, inputs: Inputs, question: Question, progress: Progress) -> str:
    """Compute all indicators; SQL for the table with the columns of indicator_schema, one row per subscriber."""
    folder = engine.temp_path("indicators")
    folder.mkdir()
    progress.phase("indicators", inputs.records.count)

    def work(bounds: tuple[int, int, int]) -> Columns:
        low, high, count = bounds
        recharges = _recharges(engine.session(), low, high) if inputs.recharges else None
        columns = compute(inputs.records.part(low, high), recharges, question)
        progress.advance(count, count)
        return columns

    with ThreadPoolExecutor(min(2, engine.threads)) as pool:
        made = pool.map(work, inputs.records.ranges(BUCKET_ROWS))
        for number, together in enumerate(_gathered(made)):
            _write(together, folder / f"{number:05d}.parquet")
    return _query(engine, question, folder)


def _gathered(made: Iterator[Columns]) -> Iterator[list[Columns]]:
    """The columns of several buckets together, so that files are not too small."""
    waiting: list[Columns] = []
    for columns in made:
        waiting.append(columns)
        if sum(len(c["sid"]) for c in waiting) >= FILE_ROWS:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _recharges(engine: Engine, low: int, high: int) -> Columns:
    first, last = low << 64 - RANGE_BITS, (high << 64 - RANGE_BITS) - 1
    inside = f"sid >= {first}::UBIGINT AND sid <= {last}::UBIGINT"
    return engine.arrays(f"SELECT * FROM recharges WHERE {inside} ORDER BY sid, second")


def _write(parts: list[Columns], path: Path) -> None:
    arrays = {name: _arrow(np.concatenate([p[name] for p in parts])) for name in parts[0]}
    pq.write_table(pa.table(arrays), path, compression="none", use_dictionary=False, write_statistics=False)


def _arrow(values: npt.NDArray[Any]) -> pa.Array:
    """The values with NULL for NaN. (What pyarrow has for this would first load pandas.)"""
    known = None
    if values.dtype.kind == "f" and np.isnan(values).any():
        known = pa.py_buffer(np.packbits(~np.isnan(values), bitorder="little"))
    flags = values.dtype.kind == "b"
    kind = pa.bool_() if flags else pa.type_for_alias(values.dtype.name)
    data = np.packbits(values, bitorder="little") if flags else np.ascontiguousarray(values)
    return pa.Array.from_buffers(kind, len(values), [known, pa.py_buffer(data)])


def _query(engine: Engine, question: Question, folder: Path) -> str:
    files = f"read_parquet({literal(str(folder / '*.parquet'))})"
    made = engine.columns(files)
    columns = []
    for name, column in indicator_schema(question.shape).columns.items():
        value = identifier(name)
        if name not in made and name != "subscriber_id":
            value = f"CAST(NULL AS {SQL_TYPES.get(column.type, 'DOUBLE')}) AS {value}"
        elif column.type == "time":
            value = f"make_timestamp({value} * 1000000) AS {value}"
        columns.append(value)
    ids = "(SELECT DISTINCT sid, subscriber_id FROM subscriber_ids)"
    return f"SELECT {', '.join(columns)} FROM {files} JOIN {ids} USING (sid) ORDER BY subscriber_id"
