"""Where good rows go: engine tables for the small tables, a bucketed folder of packed rows for usage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Protocol

from telco_crm.engine.base import Engine
from telco_crm.engine.sql import identifier
from telco_crm.ingest.batches import Batch
from telco_crm.ingest.convert import Conversion, code_sql
from telco_crm.ingest.lines import BadLine
from telco_crm.schema import Schema


@dataclass(frozen=True)
class Outcome:
    """What became of a batch: how many rows were kept, the lines of rows that were not good, and good rows refused
    otherwise.
    """

    kept: int
    not_good: list[int]
    refused: list[BadLine]


@dataclass(frozen=True)
class HowTo:
    """How a file's rows are converted: quickly first, fully where that fails; `bound` names the columns it fills.

    `cells` has the SQL of their raw cells, `distinct` gives that of a column's distinct values (`id`) in a relation.
    """

    quick: Conversion
    full: Conversion
    bound: Set[str]
    cells: Mapping[str, str]
    distinct: Callable[[str, str], str]


class Sink(Protocol):
    """Takes the good rows of a table; `at_once` batches at a time, in several threads if that is more than one."""

    @property
    def at_once(self) -> int:
        """How many batches may be added at the same time."""

    def add(self, batch: Batch, how: HowTo) -> Outcome:
        """Keep the good rows of a batch."""


class TableSink:
    """Good rows go into an engine table named like the schema, with `file_no` and `line` beside the columns.

    Rows that repeat a key are refused; the reason names the first row that has it.
    """

    at_once = 1

    def __init__(self, engine: Engine, schema: Schema) -> None:
        self._engine, self._schema = engine, schema
        self._files: list[str] = []

    def add(self, batch: Batch, how: HowTo) -> Outcome:
        """Keep the good rows of a batch; see Sink."""
        if batch.file not in self._files:
            self._files.append(batch.file)
        columns = ", ".join(f"{self._shown(n, sql)} AS {identifier(n)}" for n, sql in how.full.columns.items())
        place = f"{len(self._files) - 1} AS file_no, line"
        relation = batch.shown(self._engine)
        rows = how.full.select(relation, f"{place}, {columns}") + " WHERE good"
        self._engine.run(f"CREATE OR REPLACE TEMP TABLE batch AS {rows}")
        self._engine.run(f"CREATE TABLE IF NOT EXISTS {self._schema.name} AS SELECT * FROM batch LIMIT 0")
        good = self._engine.rows("SELECT count(*) FROM batch")[0][0]
        not_good = []
        if good < batch.count:
            lines = self._engine.rows(f"SELECT line FROM {relation} ANTI JOIN batch USING (line) ORDER BY line")
            not_good = [row[0] for row in lines]
        refused = self._refuse_repeats(batch) if self._schema.key else []
        kept = self._engine.run(f"INSERT INTO {self._schema.name} SELECT * FROM batch")
        return Outcome(kept, not_good, refused)

    def _shown(self, name: str, sql: str) -> str:
        column = self._schema.columns[name]
        return code_sql(column, sql) if column.type == "enum" and not column.open else sql

    def _refuse_repeats(self, batch: Batch) -> list[BadLine]:
        keys = ", ".join(self._schema.key)
        place = "file_no * 1099511627776 + line"  # 2**40: no file has more lines
        every = (
            f"SELECT {keys}, {place} AS place FROM {self._schema.name} SEMI JOIN batch USING ({keys}) "
            f"UNION ALL SELECT {keys}, {place} FROM batch"
        )
        self._engine.run(
            f"CREATE OR REPLACE TEMP TABLE repeats AS SELECT line, first FROM batch "
            f"JOIN (SELECT {keys}, min(place) AS first FROM ({every}) GROUP BY {keys}) USING ({keys}) "
            f"WHERE {place} > first"
        )
        rows = self._engine.rows("SELECT line, first >> 40, first & 1099511627775 FROM repeats ORDER BY line")
        if rows:
            self._engine.run("DELETE FROM batch WHERE line IN (SELECT line FROM repeats)")
        texts = batch.raw([row[0] for row in rows]) if rows else []
        return [
            BadLine(
                line,
                text,
                ";".join(self._schema.key),
                f"repeats {' and '.join(self._schema.key)} of line {first}"
                + (f" of {self._files[no]}" if self._files[no] != batch.file else ""),
            )
            for (line, no, first), text in zip(rows, texts, strict=True)
        ]
