"""Reading what the indicators are made from: records, recharges and antennas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from telco_crm.errors import InputError
from telco_crm.indicators.compute import Coordinates
from telco_crm.indicators.recharges import MONEY_SCALE
from telco_crm.indicators.records import RecordSink, RecordStore, identifiers_clash
from telco_crm.indicators.rules import IndicatorRules
from telco_crm.indicators.sources import Found, TableFiles, recharge_schema, record_schema
from telco_crm.ingest.joined import open_joined, read_joined
from telco_crm.ingest.load import FileReport, Reader
from telco_crm.ingest.rejects import RejectFile
from telco_crm.ingest.sinks import Sink, TableSink
from telco_crm.schema import Schema, load_schema

MAPPED = ("columns", "constants", "values", "formats", "units")


@dataclass
class Inputs:
    """What was read: the packed records, where places are, whether there are recharges (table `recharges` of the
    engine, with sid, second, amount in 1/MONEY_SCALE), and the reports.
    """

    records: RecordStore
    coordinates: Coordinates = field(init=False)
    recharges: bool = False
    reports: list[FileReport] = field(default_factory=list)
    rejects: dict[str, RejectFile] = field(default_factory=dict)


def read(reader: Reader, found: Found, rules: IndicatorRules, until: int | None) -> Inputs:
    """Read everything; records from `until` (seconds since 1970) on are left out.

    Raises:
        InputError: a file cannot be read or mapped, no row was acceptable, or there were too many rejects.
    """
    engine = reader.engine
    store = RecordStore(engine.temp_path("records"), engine.threads)
    inputs = Inputs(store)
    sink = RecordSink(engine, record_schema(True), store, rules, until)
    _read(_narrowed(reader, "usage", record_schema(True)), found.usage, record_schema, sink, inputs)
    if clash := identifiers_clash(engine):
        raise InputError(f"usage: the identifiers {clash[0]} and {clash[1]} have the same hash; change one of them")
    if found.events:
        inputs.recharges = _read_recharges(reader, found.events, until, inputs)
    if found.antennas:
        reports, inputs.rejects["antennas"] = reader.read("antennas", found.antennas)
        inputs.reports += reports
    inputs.coordinates = _coordinates(reader, bool(found.antennas))
    return inputs


def _read_recharges(reader: Reader, files: TableFiles, until: int | None, inputs: Inputs) -> bool:
    """Make the table `recharges`; whether there are any."""
    engine, schema = reader.engine, recharge_schema(False)
    _read(_narrowed(reader, "events", schema), files, recharge_schema, TableSink(engine, schema), inputs)
    if not any(report.accepted for report in inputs.reports if report.table == "events"):
        return False
    ended = f"AND epoch(time) < {until}" if until is not None else ""
    return bool(
        engine.run(
            "CREATE TABLE recharges AS SELECT hash(subscriber_id) AS sid, epoch(time)::BIGINT AS second, "
            f"(amount * {MONEY_SCALE})::BIGINT AS amount FROM events WHERE kind = 'recharge' {ended} ORDER BY sid"
        )
    )


def _read(reader: Reader, files: TableFiles, schema: Callable[[bool], Schema], sink: Sink, inputs: Inputs) -> None:
    """Read one table, files of everybody and files of one person each, into `sink`."""
    table = schema(False).name
    shared = reader.open_all(schema(False), files.shared)
    personal = [open_joined(reader, schema(True), group, "subscriber_id") for group in files.personal.values()]
    rejects = RejectFile(reader.rejects / f"{table}.csv" if reader.rejects else None)
    reader.progress.phase("read", sum(file.path.stat().st_size for file in files.files))
    reports: list[FileReport] = []
    try:
        for file, bindings in shared:
            reports.append(reader.read_file(file, bindings, sink, rejects, schema(False)))
        for opened in personal:
            reports += read_joined(reader, schema(True), opened, sink, rejects)
    finally:
        rejects.close()
    reader.check_counts(table, reports, rejects)
    inputs.reports += reports
    inputs.rejects[table] = rejects


def _narrowed(reader: Reader, table: str, schema: Schema) -> Reader:
    """The reader without what its mapping says of columns that are not looked at here."""
    mapping, known = reader.mapping(table), load_schema(table).columns
    kept: dict[str, Mapping[str, object]] = {
        part: {name: v for name, v in getattr(mapping, part).items() if name in schema.columns or name not in known}
        for part in MAPPED
    }
    return replace(reader, mappings={**reader.mappings, table: mapping.model_copy(update=kept)})


def _coordinates(reader: Reader, antennas: bool) -> Coordinates:
    """Those of the antennas file, and for places that it does not have those that the records give."""
    if not antennas and not reader.engine.rows("FROM own_places LIMIT 1"):
        none = np.zeros(0, np.float64)
        return Coordinates(np.zeros(0, np.uint64), none, none)
    own = "SELECT DISTINCT ON (place) * FROM own_places ORDER BY place, latitude, longitude"
    sql = f"FROM ({own})"
    if antennas:
        named = "SELECT hash(cell_id) AS place, latitude, longitude FROM antennas"
        sql = f"FROM ({named}) UNION ALL FROM ({own}) ANTI JOIN ({named}) USING (place)"
    found = reader.engine.arrays(f"SELECT * FROM ({sql}) ORDER BY place")
    return Coordinates(found["place"], found["latitude"], found["longitude"])
