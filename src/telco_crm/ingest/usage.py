"""Usage rows packed for aggregation: one small integer for all enumerations, hashed identifiers, whole seconds and
money.

Layout of the folder: rows/month=YYYYMM/bucket=B/*.parquet with the columns of `ROW_COLUMNS`; ids/*.parquet with the
original identifiers of the subscribers. A subscriber's rows of a month are all in one bucket, so buckets can be
worked on one by one.
"""

from __future__ import annotations

import shutil
from collections.abc import Set
from pathlib import Path

import pyarrow as pa

from telco_crm.engine.base import Engine
from telco_crm.engine.sql import literal
from telco_crm.ingest.batches import Batch
from telco_crm.ingest.convert import Conversion
from telco_crm.ingest.sinks import HowTo, Outcome
from telco_crm.schema import load_schema

MONEY_SCALE = 1_000_000  # charges are whole millionths
ROW_COLUMNS = {
    "sid": "UBIGINT, hash of subscriber_id",
    "cp": "UBIGINT, hash of counterpart, NULL if unknown",
    "second": "BIGINT, local wall clock in seconds since 1970-01-01 00:00",
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


def kind_code(field: str, value: str) -> int:
    """The code of a value within its field of `kind`; a network outside the schema's list is OTHER_NETWORK."""
    return int(value == "true") if field == "ip_prefix" else load_schema("usage").columns[field].code(value)


class UsageSink:
    """Writes good usage rows into `root`, partitioned by month and `buckets` hash buckets."""

    def __init__(self, engine: Engine, root: Path, buckets: int, ip_prefixes: tuple[str, ...]) -> None:
        self._engine, self._root, self._buckets = engine, root, buckets
        self._ip_prefixes = ip_prefixes
        self._batches = 0
        (root / "rows").mkdir(parents=True)
        (root / "ids").mkdir()

    def add(self, batch: Batch, how: HowTo) -> Outcome:
        """Keep the good rows of a batch: most by the quick conversion, the rest, if good, by the full one."""
        self._batches += 1
        kept, lines = self._copy(batch.relation, how.quick, how.bound, "quick")
        if lines:
            self._engine.register("second_look", pa.table({"line": pa.array(lines, pa.int64())}))
            rest = f"(SELECT * FROM {batch.relation} SEMI JOIN second_look USING (line))"
            more, lines = self._copy(rest, how.full, how.bound, "full")
            kept += more
        self._keep_ids(how.distinct("subscriber_id", batch.relation))
        return Outcome(kept, lines, [])

    def _copy(self, relation: str, how: Conversion, bound: Set[str], name: str) -> tuple[int, list[int]]:
        """Write the good rows of `relation`; their number, and the lines of the others."""
        rows = how.select(relation, self._projection(how, bound))
        # Dictionaries pay for repeated values only; without the limit most of the time goes into building them in vain.
        options = (
            "FORMAT parquet, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 1000, PARTITION_BY (month, bucket), "
            f"FILENAME_PATTERN '{name}{self._batches}_{{i}}', OVERWRITE_OR_IGNORE"
        )
        written = self._engine.run(f"COPY ({rows}) TO {literal(str(self._root / 'rows'))} ({options})")
        not_good = self._take_bad()
        return written - len(not_good), not_good

    def _take_bad(self) -> list[int]:
        """Remove the rows that were not good, which went to month 0 with their line as `second`; those lines."""
        bad = self._root / "rows" / "month=0"
        if not bad.exists():
            return []
        files = literal(str(bad / "*" / "*.parquet"))
        lines = [row[0] for row in self._engine.rows(f"SELECT second FROM read_parquet({files}) ORDER BY second")]
        shutil.rmtree(bad)
        return lines

    def _projection(self, how: Conversion, bound: Set[str]) -> str:
        value = how.columns
        codes = [
            f"(coalesce({self._code(field, how, bound)}, 0)::INTEGER << {shift})" for field, (shift, _) in KIND.items()
        ]
        sid, cp, start = f"hash({value['subscriber_id']})", value["counterpart"], value["start_time"]
        columns = {
            "sid": sid,
            "cp": f"CASE WHEN {cp} IS NOT NULL THEN hash({cp}) END",
            "second": f"CASE WHEN good THEN epoch({start})::BIGINT ELSE line END",
            "kind": " + ".join(codes),
            "duration_s": value["duration_s"],
            "volume_bytes": value["volume_bytes"],
            "charge": f"({value['charge']} * {MONEY_SCALE})::BIGINT",
            "month": f"CASE WHEN good THEN year({start}) * 100 + month({start}) ELSE 0 END",
            "bucket": f"CASE WHEN good THEN {sid} % {self._buckets} ELSE 0 END",
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
        begins = " OR ".join(f"starts_with({counterpart}, {literal(p)})" for p in self._ip_prefixes) or "false"
        return f"(({begins}) AND length({counterpart}) > 7)::INTEGER"

    def _keep_ids(self, distinct: str) -> None:
        ids = f"SELECT hash(id) AS sid, id AS subscriber_id FROM ({distinct}) WHERE id IS NOT NULL"
        self._engine.run(
            f"COPY ({ids}) TO {literal(str(self._root / 'ids' / f'part{self._batches}.parquet'))} (FORMAT parquet)"
        )
