"""The embedded engine: DuckDB in this process, bounded memory, spilling to a temporary folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import duckdb

from telco_crm.engine.arrow import to_numpy
from telco_crm.errors import DamagedError, OutputError, TelcoError, UsageError
from telco_crm.scratch import ScratchFolder

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

# What DuckDB says of a damaged Parquet file, besides errors without a kind of their own.
DAMAGE = (
    "Failed to read file",
    "in Parquet file",
    "Could not read enough bytes",
    "No magic bytes found",
    "too small to be",
)


class DuckEngine:
    """DuckDB behind the Engine protocol.

    `memory_limit` is DuckDB's form, such as "2GB"; `temp_dir` is where a private folder for spilled data is made.
    """

    name = "duckdb"

    def __init__(
        self, threads: int | None = None, memory_limit: str | None = None, temp_dir: Path | None = None
    ) -> None:
        self._scratch = _scratch_folder(temp_dir)
        self._folder = self._scratch.path
        settings: dict[str, Any] = {
            "preserve_insertion_order": False,
            "temp_directory": str(self._folder / "spill"),
            "partitioned_write_flush_threshold": 65536,
        }
        if threads:
            settings["threads"] = threads
        if memory_limit:
            settings["memory_limit"] = memory_limit
        try:
            self._use(duckdb.connect(config=settings))
        except duckdb.Error as error:
            self.close()
            raise UsageError(f"--memory-limit {memory_limit}: {_first_line(error)}") from None

    def _use(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute("SET TimeZone = 'UTC'")
        self.threads = int(self.rows("SELECT current_setting('threads')")[0][0])

    def __enter__(self) -> DuckEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, sql: str) -> int:
        """Execute a statement; how many rows it wrote, where it says so."""
        found = self._execute(sql).fetchall()
        return int(found[0][0]) if found and isinstance(found[0][0], int) else 0

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """A small result, as tuples."""
        return self._execute(sql).fetchall()

    def frame(self, sql: str) -> pd.DataFrame:
        """A result as a frame, for scikit-learn."""
        return self._execute(sql).fetchdf()

    def arrays(self, sql: str) -> dict[str, Any]:
        """A result without missing values, as one NumPy array per column."""
        with self._told():
            found = self._connection.sql(sql).to_arrow_table()  # quicker than by way of rows or NumPy
        return {name: to_numpy(found[name]) for name in found.column_names}

    def batches(self, sql: str) -> pa.RecordBatchReader:
        """A large result, batch by batch, for writing."""
        with self._told():
            return self._connection.sql(sql).to_arrow_reader(100_000)

    def register(self, name: str, data: pd.DataFrame | pa.Table) -> None:
        """Make `data` known as table `name`, replacing what had that name."""
        self._connection.register(name, data)

    def columns(self, relation: str) -> dict[str, str]:
        """Column names and SQL types of a table or a FROM item."""
        return {row[0]: row[1] for row in self.rows(f"DESCRIBE SELECT * FROM {relation}")}

    def temp_path(self, name: str) -> Path:
        """A path in the engine's own temporary folder, which goes when the engine closes."""
        return self._folder / name

    def session(self) -> DuckEngine:
        """A second session on the same tables, for use in another thread; `register` in one is not seen by the
        other.
        """
        other = object.__new__(DuckEngine)
        other._folder = self._folder
        other._use(self._connection.cursor())
        return other

    def interrupt(self) -> None:
        """Break off what another thread is having computed in this session."""
        self._connection.interrupt()

    def close(self) -> None:
        """Free everything, the temporary folder included."""
        if connection := getattr(self, "_connection", None):
            connection.close()
        self._scratch.close()

    def _execute(self, sql: str) -> duckdb.DuckDBPyConnection:
        with self._told():
            return self._connection.execute(sql)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What fails within is told in the words of the program."""
        try:
            yield
        except duckdb.Error as error:
            raise _translated(error, self._folder) from error


def _scratch_folder(temp_dir: Path | None) -> ScratchFolder:
    try:
        return ScratchFolder(temp_dir)
    except OSError as error:
        raise OutputError(f"--temp-dir {temp_dir}: {error.strerror}; name a folder that can be written") from None


def _translated(error: duckdb.Error, temp: Path) -> Exception:
    """The sentence for a failure that the user can mend; anything else is a defect of ours and stays as it is.

    `temp` is the engine's temporary folder.
    """
    text = str(error)
    full = re.search(r'"([^"\\]+)\\?": No space left', text)
    if full and temp not in Path(full[1]).parents:
        return OutputError(
            f"{_shown(Path(full[1]).parent)}: no space left there; free some, or write elsewhere (-o, --store)"
        )
    if full or "No space left" in text or "max_temp_directory_size" in text:
        return OutputError("no space left for temporary data; free some, or name a larger disk with --temp-dir")
    if isinstance(error, duckdb.OutOfMemoryException):
        return TelcoError("the memory limit is too small for this step; raise --memory-limit or lower --threads")
    if type(error) is duckdb.Error or any(words in text for words in DAMAGE):
        return DamagedError(_first_line(error))
    if isinstance(error, duckdb.IOException):
        return TelcoError(f"a file cannot be read or written: {_first_line(error)}")
    return error


def _shown(folder: Path) -> Path:
    """The folder as the user knows it, without hidden ones inside it that are ours."""
    while folder.name.startswith(".telco-crm.") or folder.name.startswith(".new-"):
        folder = folder.parent
    return folder


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
