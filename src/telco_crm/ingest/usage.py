"""Usage rows packed for aggregation: one small integer for all enumerations, hashed identifiers, whole seconds and
money, in runs sorted by month, subscriber and time.

Because a run is sorted by the hash of the subscriber, the subscribers of a month can be worked on range by range of
hashes: the engine reads only the row groups that a range touches.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from pathlib import Path

from telco_crm.engine.arrow import line_table
from telco_crm.engine.base import Engine
from telco_crm.engine.sql import literal
from telco_crm.ingest.batches import Batch
from telco_crm.ingest.convert import Conversion
from telco_crm.ingest.dialling import OTHER, Dialling, packed
from telco_crm.ingest.sinks import HowTo, Outcome
from telco_crm.schema import load_schema

MONEY_SCALE = 1_000_000  # charges are whole millionths
ROW_COLUMNS = {
    "month": "INTEGER, YYYYMM",
    "sid": "UBIGINT, hash of subscriber_id",
    "second": "BIGINT, local wall clock in seconds since 1970-01-01 00:00",
    "cp": "UBIGINT, counterpart as one number (see ingest.dialling), NULL if unknown",
    "kind": "INTEGER, the fields of KIND packed",
    "duration_s": "BIGINT",
    "volume_bytes": "BIGINT",
    "charge": "BIGINT, in 1/MONEY_SCALE of the money unit",
}
# Field of `kind` → (shift, bits). Codes are those of the schema; 0 means empty.
KIND = {
    "service": (0, 3),
    "direction": (3, 2),
    "toll": (5, 3),
    "roaming": (8, 3),
    "counterpart_network": (11, 3),
    "ip_prefix": (14, 1),
}
OTHER_NETWORK = "other"
ROW_GROUP = 61_440  # rows; small, so that a range of subscribers touches few rows besides its own


def kind_code(field: str, value: str) -> int:
    """The code of a value within its field of `kind`; a network outside the schema's list is OTHER_NETWORK."""
    return int(value == "true") if field == "ip_prefix" else load_schema("usage").columns[field].code(value)


class UsageSink:
    """Writes the good usage rows of one file into `folder`: sorted runs rows-*.parquet, and ids-*.parquet with the
    subscribers' identifiers (sid, subscriber_id).
    """

    at_once = 2  # so that one sorts and writes while the other converts

    def __init__(self, engine: Engine, folder: Path, dialling: Dialling) -> None:
        self._engine, self._folder, self._dialling = engine, folder, dialling

    def add(self, batch: Batch, how: HowTo) -> Outcome:
        """Keep the good rows of a batch: most by the quick conversion, the rest, if good, by the full one."""
        engine = self._engine.session()
        relation = batch.shown(engine)
        name = str(self._folder / f"rows-{batch.number:05d}")
        distinct = f"SELECT DISTINCT {how.cells['subscriber_id']} FROM {relation}"
        engine.run(f"CREATE OR REPLACE TEMP TABLE subscriber_cells AS {distinct}")
        quick = _sure_of_subscribers(engine, how.quick)
        kept, lines = _write(engine, self._rows(relation, quick, how.bound), Path(f"{name}.parquet"))
        if lines:
            engine.register("second_look", line_table(lines))
            rest = f"(SELECT * FROM {relation} SEMI JOIN second_look USING (line))"
            more, lines = _write(engine, self._rows(rest, how.full, how.bound), Path(f"{name}-more.parquet"))
            kept += more
        ids = f"SELECT hash(id) AS sid, id AS subscriber_id FROM ({how.distinct('subscriber_id', 'subscriber_cells')})"
        ids = f"SELECT * FROM ({ids} WHERE id IS NOT NULL)"
        if lines:  # somebody may have no good row
            ids += f" SEMI JOIN read_parquet({literal(name + '*.parquet')}) USING (sid)"
        _copy(engine, ids, self._folder / f"ids-{batch.number:05d}.parquet")
        return Outcome(kept, lines, [])

    def _rows(self, relation: str, how: Conversion, bound: Set[str]) -> str:
        """SQL: the packed rows; a row that is not good has month 0 and its line as `second`."""
        given = how.columns["counterpart"]
        number = f"{self._dialling.one_number(given)} AS one_number"
        as_packed = f"{packed('one_number')} AS packed_number"
        if "counterpart" in how.plain_ids:
            digits = f"one_number = {given} AND packed_number BETWEEN 10 AND {OTHER - 1}::UBIGINT"
            looked_at = f"CASE WHEN {digits} THEN true ELSE {how.good['counterpart']} END"
            how = replace(how, good={**how.good, "counterpart": looked_at})
        return how.select(relation, self._projection(how, bound), number, as_packed)

    def _projection(self, how: Conversion, bound: Set[str]) -> str:
        value = how.columns
        fields = {field: f"coalesce({self._code(field, how, bound)}, 0)::INTEGER" for field in KIND}
        codes = [f"({fields[field]} << {shift})" for field, (shift, _) in KIND.items()]
        start = value["start_time"]
        columns = {
            "month": f"CASE WHEN good THEN year({start}) * 100 + month({start}) ELSE 0 END::INTEGER",
            "sid": f"hash({value['subscriber_id']})",
            "second": f"CASE WHEN good THEN floor(epoch({start}))::BIGINT ELSE line END",
            "cp": "packed_number",
            "kind": " + ".join(codes),
            "duration_s": value["duration_s"],
            "volume_bytes": value["volume_bytes"],
            "charge": f"({value['charge']} * {MONEY_SCALE})::BIGINT",
        }
        return ", ".join(f"{sql} AS {name}" for name, sql in columns.items())

    def _code(self, field: str, how: Conversion, bound: Set[str]) -> str:
        value = how.columns[field]
        if field == "ip_prefix":
            return f"{value}::INTEGER" if field in bound else self._dialled_ip(how.columns["counterpart"])
        if field == "counterpart_network" and not how.open_coded:
            known = load_schema("usage").columns[field].values
            whens = " ".join(f"WHEN {literal(v)} THEN {kind_code(field, v)}" for v in known)
            coded = f"CASE {value} {whens} ELSE {kind_code(field, OTHER_NETWORK)} END"
            return f"CASE WHEN {value} IS NULL THEN 0 ELSE {coded} END"
        return value

    def _dialled_ip(self, counterpart: str) -> str:
        """1 where the dialled number begins with an IP prefix and goes on after it."""
        begins = " OR ".join(f"starts_with({counterpart}, {literal(p)})" for p in self._dialling.ip_prefixes) or "false"
        return f"(({begins}) AND length({counterpart}) > 7)::INTEGER"


def _sure_of_subscribers(engine: Engine, quick: Conversion) -> Conversion:
    """Each row's identifier need not be looked at where all of table `subscriber_cells` are good."""
    if "subscriber_id" not in quick.plain_ids:
        return quick
    sure = engine.rows(f"SELECT bool_and({quick.good['subscriber_id']}) FROM subscriber_cells")[0][0]
    return replace(quick, good={n: sql for n, sql in quick.good.items() if n != "subscriber_id"}) if sure else quick


def _write(engine: Engine, rows: str, path: Path) -> tuple[int, list[int]]:
    """Write the good ones of packed `rows` to `path`; their number, and the lines of the others.

    All are written, and those that are not good taken out again: a filter would make the engine convert every cell
    twice.
    """
    written = _copy(engine, f"{rows} ORDER BY month, sid, second", path)
    stored = f"read_parquet({literal(str(path))})"
    lines = [row[0] for row in engine.rows(f"SELECT second FROM {stored} WHERE month = 0 ORDER BY second")]
    if lines:
        clean = path.with_suffix(".clean")
        _copy(engine, f"SELECT * FROM {stored} WHERE month > 0 ORDER BY month, sid, second", clean)
        clean.replace(path)
    return written - len(lines), lines


def _copy(engine: Engine, sql: str, path: Path) -> int:
    # Dictionaries pay for repeated values only; without the limit most of the time goes into building them in vain.
    # Differences (the encodings of version 2) take no more room than compressed values, and less time.
    how = "PARQUET_VERSION v2, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1000"
    options = f"FORMAT parquet, {how}, ROW_GROUP_SIZE {ROW_GROUP}"
    return engine.run(f"COPY ({sql}) TO {literal(str(path))} ({options})")
