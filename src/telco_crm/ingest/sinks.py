"""Where good rows go: engine tables for the small tables, a bucketed folder of packed rows for usage."""

from __future__ import annotations

from collections.abc import Set
from typing import Protocol

from telco_crm.engine.base import Engine
from telco_crm.engine.sql import identifier
from telco_crm.ingest.batches import Batch
from telco_crm.ingest.convert import Conversion, code_sql
from telco_crm.ingest.lines import BadLine
from telco_crm.schema import Schema


class Sink(Protocol):
    """Takes the good rows of a table."""

    def add(self, batch: Batch, how: Conversion, bound: Set[str]) -> tuple[int, list[BadLine]]:
        """Keep the good rows of a batch; how many were kept, and the good rows that were refused for another reason.

        `bound` names the canonical columns that the file fills.
        """


class TableSink:
    """Good rows go into an engine table named like the schema, with `file_no` and `line` beside the columns.

    Rows that repeat a key are refused; the reason names the first row that has it.
    """

    def __init__(self, engine: Engine, schema: Schema) -> None:
        self._engine, self._schema = engine, schema
        self._files: list[str] = []

    def add(self, batch: Batch, how: Conversion, bound: Set[str]) -> tuple[int, list[BadLine]]:
        """Keep the good rows of a batch; see Sink."""
        if batch.file not in self._files:
            self._files.append(batch.file)
        columns = ", ".join(f"{self._shown(n, sql)} AS {identifier(n)}" for n, sql in how.columns.items())
        place = f"{len(self._files) - 1} AS file_no, line"
        rows = how.select(batch.relation, f"{place}, {columns}") + " WHERE good"
        self._engine.run(f"CREATE OR REPLACE TEMP TABLE batch AS {rows}")
        self._engine.run(f"CREATE TABLE IF NOT EXISTS {self._schema.name} AS SELECT * FROM batch LIMIT 0")
        refused = self._refuse_repeats(batch) if self._schema.key else []
        return self._engine.run(f"INSERT INTO {self._schema.name} SELECT * FROM batch"), refused

    def _shown(self, name: str, sql: str) -> str:
        column = self._schema.columns[name]
        return code_sql(column, sql) if column.type == "enum" and not column.open else sql

    def _refuse_repeats(self, batch: Batch) -> list[BadLine]:
        keys = ", ".join(self._schema.key)
        place = "file_no * 1099511627776 + line"  # 2**40: no file has more lines
        every = (f"SELECT {keys}, {place} AS place FROM {self._schema.name} SEMI JOIN batch USING ({keys}) "
                 f"UNION ALL SELECT {keys}, {place} FROM batch")
        self._engine.run(
            f"CREATE OR REPLACE TEMP TABLE repeats AS SELECT line, first FROM batch "
            f"JOIN (SELECT {keys}, min(place) AS first FROM ({every}) GROUP BY {keys}) USING ({keys}) WHERE {place} > first")
        rows = self._engine.rows("SELECT line, first >> 40, first & 1099511627775 FROM repeats ORDER BY line")
        if rows:
            self._engine.run("DELETE FROM batch WHERE line IN (SELECT line FROM repeats)")
        texts = batch.raw([row[0] for row in rows]) if rows else []
        return [BadLine(line, text, ";".join(self._schema.key), f"repeats {' and '.join(self._schema.key)} of line {first}"
                        + (f" of {self._files[no]}" if self._files[no] != batch.file else ""))
                for (line, no, first), text in zip(rows, texts, strict=True)]
