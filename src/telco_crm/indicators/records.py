"""Records on their way from the files to the indicators: packed, put together by subscriber, in memory or on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from telco_crm.engine.arrow import line_table
from telco_crm.engine.base import Engine
from telco_crm.errors import OutputError
from telco_crm.indicators.numbers import Ints
from telco_crm.indicators.rows import CALL, EITHER, OUT, PLACED, RECORD, TEXT, Records
from telco_crm.indicators.rules import IndicatorRules
from telco_crm.ingest.batches import Batch
from telco_crm.ingest.convert import Conversion
from telco_crm.ingest.sinks import HowTo, Outcome
from telco_crm.schema import Schema

RANGE_BITS = 12  # subscribers are put together by the first bits of their hashes
RANGES = 1 << RANGE_BITS
RUN_ROWS = 500_000  # that are put in order at a time
HELD_BYTES = 256 << 20  # of packed records; what is more goes to disk
BYTES = sum(kind.itemsize for kind in RECORD.values())  # of a packed record
NOT_GOOD = 1 << 40  # on top of the line, as `second` of a row that is not good
SERVICE_BITS = 3


@dataclass
class Run:
    """Packed records by range of subscribers; range r is at offsets[r] to offsets[r + 1]. They are in memory, or in
    `file`, one column after the other.
    """

    records: Records
    offsets: Ints
    file: Path | None = None

    @property
    def count(self) -> int:
        """How many records there are."""
        return int(self.offsets[-1])

    def to_disk(self, file: Path) -> None:
        """Free the memory.

        Raises:
            OutputError: there is no room.
        """
        try:
            with file.open("wb") as stream:
                for column in self.records.values():
                    column.tofile(stream)
        except OSError:
            raise OutputError(
                "no space left for temporary data; free some, or name a larger disk with --temp-dir"
            ) from None
        self.records, self.file = {}, file

    def read(self, low: int, high: int, out: Records) -> None:
        """Fill `out` with the records of the ranges from low to high, high excluded."""
        begin, end = int(self.offsets[low]), int(self.offsets[high])
        if self.file is None:
            for name, column in self.records.items():
                out[name][:] = column[begin:end]
            return
        with self.file.open("rb", buffering=0) as stream:
            at = 0
            for name, kind in RECORD.items():
                stream.seek(at + begin * kind.itemsize)
                out[name][:] = np.fromfile(stream, kind, end - begin)
                at += self.count * kind.itemsize


class RecordStore:
    """Packed records of all files; `folder` takes what does not fit into HELD_BYTES. With more than one of `threads`,
    records are put in order while further ones are read.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        self._folder, self._beside = folder, threads > 1
        self._pool = ThreadPoolExecutor(1)
        self._waiting: list[Records] = []
        self._coming: Future[Run] | None = None
        self._runs: list[Run] = []

    def add(self, records: Records) -> None:
        """Keep some records."""
        self._waiting.append(records)
        if _rows(self._waiting) >= RUN_ROWS:
            self._put_in_order()

    @property
    def count(self) -> int:
        """How many records there are."""
        self._settle()
        return sum(run.count for run in self._runs) + _rows(self._waiting)

    def ranges(self, size: int) -> Iterator[tuple[int, int, int]]:
        """(low, high, records) of successive ranges with about `size` records, those without any left out."""
        self._put_in_order()
        self._settle()
        self._pool.shutdown()
        counts = np.diff(sum((run.offsets for run in self._runs), np.zeros(RANGES + 1, np.int64)))
        low = held = 0
        for at, count in enumerate(map(int, counts)):
            if held and held + count > size:
                yield low, at, held
                low, held = at, 0
            held += count
        if held:
            yield low, RANGES, held

    def part(self, low: int, high: int) -> Records:
        """The records of the ranges from low to high, high excluded; as `ranges` gives them."""
        ends = np.cumsum([run.offsets[high] - run.offsets[low] for run in self._runs])
        out = {name: np.empty(ends[-1], kind) for name, kind in RECORD.items()}
        for run, begin, end in zip(self._runs, [0, *ends], ends, strict=False):
            if end > begin:
                run.read(low, high, {name: column[begin:end] for name, column in out.items()})
        return out

    def _put_in_order(self) -> None:
        self._settle()
        if self._waiting:
            self._coming, self._waiting = self._pool.submit(_by_range, self._waiting), []
        if not self._beside:
            self._settle()

    def _settle(self) -> None:
        """Wait for the run that is being put in order; what is then held in memory beyond the bound goes to disk."""
        if not self._coming:
            return
        self._runs.append(self._coming.result())
        self._coming = None
        held = {number: run for number, run in enumerate(self._runs) if run.file is None}
        if sum(run.count for run in held.values()) * BYTES > HELD_BYTES:
            self._folder.mkdir(parents=True, exist_ok=True)
            for number, run in held.items():
                run.to_disk(self._folder / str(number))


def _rows(parts: Sequence[Records]) -> int:
    return sum(len(part["sid"]) for part in parts)


def _by_range(parts: Sequence[Records]) -> Run:
    where = np.concatenate([(part["sid"] >> np.uint64(64 - RANGE_BITS)).astype(np.uint16) for part in parts])
    order = np.argsort(where, kind="stable")
    offsets = np.append(0, np.cumsum(np.bincount(where, minlength=RANGES)))
    room = np.empty(len(where), np.uint64)  # for each column in turn: fresh memory is dear
    records = {}
    for name, kind in RECORD.items():
        column = np.concatenate([part[name] for part in parts], out=room.view(kind)[: len(where)])
        records[name] = column.take(order)
    return Run(records, offsets)


class RecordSink:
    """Packs good usage rows; leaves out those that are no call, no text and no position, and those from `until`
    (seconds since 1970) on. Fills the engine's tables `subscriber_ids` (sid, subscriber_id) and, where rows have
    coordinates, `own_places` (place, latitude, longitude).
    """

    at_once = 1

    def __init__(
        self, engine: Engine, schema: Schema, store: RecordStore, rules: IndicatorRules, until: int | None
    ) -> None:
        self._engine, self._store, self._until = engine, store, until
        self._use = _uses(schema, rules)
        engine.run("CREATE TABLE subscriber_ids (sid UBIGINT, subscriber_id VARCHAR)")
        engine.run("CREATE TABLE own_places (place UBIGINT, latitude DOUBLE, longitude DOUBLE)")

    def add(self, batch: Batch, how: HowTo) -> Outcome:
        """Keep the good rows of a batch: most by the quick conversion, the rest, if good, by the full one."""
        relation = batch.shown(self._engine)
        kept, lines = self._take(relation, how.quick, how)
        if lines:
            self._engine.register("second_look", line_table(lines))
            rest = f"(SELECT * FROM {relation} SEMI JOIN second_look USING (line))"
            more, lines = self._take(rest, how.full, how)
            kept += more
        ids = how.distinct("subscriber_id", relation)
        self._engine.run(f"INSERT INTO subscriber_ids SELECT hash(id), id FROM ({ids}) WHERE id IS NOT NULL")
        return Outcome(kept, lines, [])

    def _take(self, relation: str, how: Conversion, to: HowTo) -> tuple[int, list[int]]:
        """Pack the good rows of `relation`; their number, and the lines of the others."""
        read, lines = 0, []
        for batch in self._engine.batches(how.select(relation, _projection(how))):
            found = {name: _numbers(batch.column(name)) for name in batch.schema.names}
            lost = np.flatnonzero(found["second"] >= NOT_GOOD)  # their kind is 0, which is of no use
            lines += [int(s) - NOT_GOOD for s in found["second"][lost]]
            read += batch.num_rows
            use = self._use.take(found["kind"])
            use[found["place"] == 0] &= ~np.uint8(PLACED)
            wanted = use != 0 if self._until is None else (use != 0) & (found["second"] < self._until)
            records = {name: use if name == "use" else found[name] for name in RECORD}
            if not wanted.all():
                index = np.flatnonzero(wanted)
                records = {name: column.take(index) for name, column in records.items()}
            self._store.add(records)
        if "latitude" in to.bound:
            place, latitude, longitude = _place(how), how.columns["latitude"], how.columns["longitude"]
            columns = f"{place} AS place, {latitude} AS latitude, {longitude} AS longitude, good"
            own = f"SELECT DISTINCT place, latitude, longitude FROM ({how.select(relation, columns)}) WHERE good"
            self._engine.run(f"INSERT INTO own_places {own} AND latitude IS NOT NULL AND longitude IS NOT NULL")
        return read - len(lines), sorted(lines)


def _numbers(column: pa.Array) -> npt.NDArray[Any]:
    """A column of numbers without gaps, as it lies in memory. (What pyarrow has for this would first load pandas.)"""
    kind = np.dtype(str(column.type))
    return np.frombuffer(column.buffers()[1], kind)[column.offset : column.offset + len(column)]


def _uses(schema: Schema, rules: IndicatorRules) -> npt.NDArray[np.uint8]:
    """What a record is used for, by its `kind`."""
    service, direction = schema.columns["service"], schema.columns["direction"]
    uses = np.zeros(256, np.uint8)
    for name in service.values:
        talk = (CALL | EITHER) * (name in rules.call) or (TEXT | EITHER) * (name in rules.text)
        for way in ("", *direction.values):
            use = talk | (OUT if way == "out" else 0) if talk and way in ("out", "in") else 0
            use |= PLACED if name in rules.position and way != "forward" else 0
            uses[service.code(name) | direction.code(way) << SERVICE_BITS] = use
    return uses


def _projection(how: Conversion) -> str:
    value = how.columns
    contact = value["counterpart"]
    columns = {
        "sid": f"hash({value['subscriber_id']})",
        "second": f"CASE WHEN good THEN epoch({value['start_time']})::BIGINT ELSE line + {NOT_GOOD} END",
        "contact": f"CASE WHEN {contact} IS NULL THEN 0 ELSE hash({contact}) END",
        "place": f"coalesce({_place(how)}, 0)",
        "duration": f"coalesce({value['duration_s']}, 0)",
        "kind": f"(CASE WHEN good THEN {value['service']} | (coalesce({value['direction']}, 0) << {SERVICE_BITS}) "
        "ELSE 0 END)::UTINYINT",
    }
    return ", ".join(f"{sql} AS {name}" for name, sql in columns.items())


def _place(how: Conversion) -> str:
    """Hash of the cell, else of the coordinates; NULL if neither is known."""
    cell, latitude, longitude = (how.columns[n] for n in ("cell_id", "latitude", "longitude"))
    if latitude.startswith("CAST(NULL"):
        return f"CASE WHEN {cell} IS NOT NULL THEN hash({cell}) END"
    spot = f"CASE WHEN {latitude} IS NOT NULL AND {longitude} IS NOT NULL THEN hash({latitude}, {longitude}) END"
    return f"CASE WHEN {cell} IS NOT NULL THEN hash({cell}) ELSE {spot} END"


def identifiers_clash(engine: Engine) -> Sequence[str]:
    """Two identifiers with one hash, if there are any: they would be taken for one subscriber."""
    found = engine.rows(
        "SELECT min(subscriber_id), max(subscriber_id) FROM subscriber_ids GROUP BY sid "
        "HAVING min(subscriber_id) <> max(subscriber_id) LIMIT 1"
    )
    return found[0] if found else ()
