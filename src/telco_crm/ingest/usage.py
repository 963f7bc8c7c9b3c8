"""Usage rows packed for aggregation: one small integer for all enumerations, hashed identifiers, whole seconds and money.

Layout of the folder: rows/month=YYYYMM/bucket=B/*.parquet with the columns of `ROW_COLUMNS`; ids/*.parquet with the
original identifiers. A subscriber's rows of a month are all in one bucket, so buckets can be worked on one by one.
"""

from __future__ import annotations

import shutil
from collections.abc import Set
from pathlib import Path

from telco_crm.engine.base import Engine
from telco_crm.engine.sql import literal
from telco_crm.ingest.batches import Batch
from telco_crm.ingest.convert import Conversion
from telco_crm.ingest.lines import BadLine
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
KIND = {"service": (0, 3), "direction": (3, 2), "toll": (5, 3), "roaming": (8, 3), "counterpart_network": (11, 3),
        "ip_prefix": (14, 1)}
OTHER_NETWORK = "other"


def kind_code(field: str, value: str) -> int:
    """The code of an accepted value within its field of `kind`; a network outside the schema's list is OTHER_NETWORK."""
    if field == "ip_prefix":
        return int(value == "true")
    column = load_schema("usage").columns[field]
    return len(column.values) + 1 if value == OTHER_NETWORK and value not in column.values else column.code(value)


class UsageSink:
    """Writes good usage rows into `root`, partitioned by month and `buckets` hash buckets."""

    def __init__(self, engine: Engine, root: Path, buckets: int, ip_prefixes: tuple[str, ...]) -> None:
        self._engine, self._root, self._buckets = engine, root, buckets
        self._ip_prefixes = ip_prefixes
        self._batches = 0
        (root / "rows").mkdir(parents=True)

    def add(self, batch: Batch, how: Conversion, bound: Set[str]) -> tuple[int, list[BadLine]]:
        """Keep the good rows of a batch; see Sink."""
        self._batches += 1
        rows = how.select(batch.relation, self._projection(how, bound))
        kept = self._engine.run(
            f"COPY ({rows}) TO {literal(str(self._root / 'rows'))} (FORMAT parquet, COMPRESSION snappy, "
            f"PARTITION_BY (month, bucket), FILENAME_PATTERN 'part{self._batches}_{{i}}', OVERWRITE_OR_IGNORE)")
        for role, column in (("subscriber", "subscriber_id"), ("counterpart", "counterpart")):
            if column in bound:
                self._keep_ids(batch, how, role, column)
        return kept - self._drop_bad(), []

    def _drop_bad(self) -> int:
        """Remove the rows that were not good, which went to month 0; how many there were."""
        bad = self._root / "rows" / "month=0"
        if not bad.exists():
            return 0
        count = self._engine.rows(f"SELECT count(*) FROM read_parquet({literal(str(bad / '*' / '*.parquet'))})")[0][0]
        shutil.rmtree(bad)
        return int(count)

    def _projection(self, how: Conversion, bound: Set[str]) -> str:
        value = how.columns
        codes = [f"(coalesce({self._code(field, how, bound)}, 0)::INTEGER << {shift})" for field, (shift, _) in KIND.items()]
        return (f"hash({value['subscriber_id']}) AS sid, CASE WHEN {value['counterpart']} IS NOT NULL THEN "
                f"hash({value['counterpart']}) END AS cp, epoch({value['start_time']})::BIGINT AS second, "
                f"{' + '.join(codes)} AS kind, {value['duration_s']} AS duration_s, {value['volume_bytes']} AS volume_bytes, "
                f"({value['charge']} * {MONEY_SCALE})::BIGINT AS charge, "
                f"CASE WHEN good THEN year({value['start_time']}) * 100 + month({value['start_time']}) ELSE 0 END AS month, "
                f"CASE WHEN good THEN hash({value['subscriber_id']}) % {self._buckets} ELSE 0 END AS bucket")

    def _code(self, field: str, how: Conversion, bound: Set[str]) -> str:
        value = how.columns[field]
        if field == "ip_prefix":
            return f"{value}::INTEGER" if field in bound else self._dialled_ip(how.columns["counterpart"])
        if field == "counterpart_network":
            known = load_schema("usage").columns[field].values
            whens = " ".join(f"WHEN {literal(v)} THEN {kind_code(field, v)}" for v in known)
            return f"CASE WHEN {value} IS NULL THEN 0 ELSE CASE {value} {whens} ELSE {kind_code(field, OTHER_NETWORK)} END END"
        return value

    def _dialled_ip(self, counterpart: str) -> str:
        """1 where the dialled number begins with an IP prefix and goes on after it."""
        begins = " OR ".join(f"starts_with({counterpart}, {literal(p)})" for p in self._ip_prefixes) or "false"
        return f"(({begins}) AND length({counterpart}) > 7)::INTEGER"

    def _keep_ids(self, batch: Batch, how: Conversion, role: str, column: str) -> None:
        value = how.columns[column]
        ids = how.select(batch.relation, f"DISTINCT hash({value}) AS key, {value} AS id") + f" WHERE {value} IS NOT NULL"
        folder = self._root / "ids" / role
        folder.mkdir(parents=True, exist_ok=True)
        self._engine.run(f"COPY ({ids}) TO {literal(str(folder / f'part{self._batches}.parquet'))} (FORMAT parquet)")
