"""Files being written: CSV or Parquet, planting defects on the way if asked to."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from telco_crm.synth.dress import dressed, headers
from telco_crm.synth.planting import Planter

_SLICE = 500_000  # rows turned into text at a time
_ROW_GROUP = 1_000_000


class Sink(Protocol):
    """A file that takes tables of one kind, piece by piece."""

    rows: int

    def write(self, data: pa.Table) -> None:
        """Add rows."""

    def close(self) -> None:
        """Finish the file."""


class CsvSink:
    """A CSV file with a header and without quotes, in UTF-8 or, in zh, GB18030."""

    def __init__(self, path: Path, table: str, lang: str, planter: Planter | None) -> None:
        """Begin the file `path` of `table`; no defects without `planter`."""
        self._table, self._lang, self._planter = table, lang, planter
        self._file = path.open("wb")
        self._begun = False
        self.rows = 0

    def write(self, data: pa.Table) -> None:
        """Add rows; the first call writes the header, even where there are no rows."""
        if not self._begun:
            self._begin(data.column_names)
        for start in range(0, data.num_rows, _SLICE):
            piece = dressed(data.slice(start, _SLICE), self._table, self._lang, "csv")
            lines = csv_lines(piece)
            if self._planter:
                lines = self._planter.mix_lines(piece, lines)
            self._file.write(lines)
        self.rows = data.num_rows + self.rows

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def _begin(self, columns: list[str]) -> None:
        encoding = "gb18030" if self._lang == "zh" else "utf-8"
        self._file.write((",".join(headers(self._table, columns, self._lang)) + "\n").encode(encoding))
        self._begun = True


class ParquetSink:
    """A Parquet file with plain typed columns."""

    def __init__(self, path: Path, table: str, lang: str, planter: Planter | None) -> None:
        """Begin the file `path` of `table`; no defects without `planter`."""
        self._path, self._table, self._lang, self._planter = path, table, lang, planter
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []
        self.rows = 0

    def write(self, data: pa.Table) -> None:
        """Add rows; they are kept until a row group is full."""
        piece = dressed(data, self._table, self._lang, "parquet")
        if self._planter:
            piece = self._planter.mix_rows(piece)
        self._waiting.append(piece)
        self.rows += data.num_rows
        if sum(part.num_rows for part in self._waiting) >= _ROW_GROUP:
            self._flush()

    def close(self) -> None:
        """Write what is left and finish the file."""
        self._flush()
        if self._writer:
            self._writer.close()

    def _flush(self) -> None:
        if not self._waiting:
            return
        data = pa.concat_tables(self._waiting)
        data = data.rename_columns(headers(self._table, data.column_names, self._lang))
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, data.schema, compression="zstd", store_schema=False)
        self._writer.write_table(data, row_group_size=_ROW_GROUP)
        self._waiting = []


def csv_lines(data: pa.Table) -> bytes:
    """The rows as CSV lines without quotes; the columns hold nothing that would need them."""
    buffer = pa.BufferOutputStream()
    options = pacsv.WriteOptions(include_header=False, quoting_style="none", batch_size=65_536)
    pacsv.write_csv(data, buffer, options)
    lines: bytes = buffer.getvalue().to_pybytes()
    return lines
