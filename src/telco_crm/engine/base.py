"""What the program asks of an engine: a handful of verbs over SQL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class Engine(Protocol):
    """Runs SQL over tables that may be larger than memory."""

    name: str
    threads: int

    def run(self, sql: str) -> int:
        """Execute a statement; how many rows it wrote, where it says so."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """A small result, as tuples."""

    def frame(self, sql: str) -> pd.DataFrame:
        """A result as a frame, for scikit-learn."""

    def arrays(self, sql: str) -> dict[str, Any]:
        """A result without missing values, as one NumPy array per column."""

    def batches(self, sql: str) -> pa.RecordBatchReader:
        """A large result, batch by batch, for writing."""

    def register(self, name: str, data: pd.DataFrame | pa.Table) -> None:
        """Make `data` known as table `name`, replacing what had that name."""

    def columns(self, relation: str) -> dict[str, str]:
        """Column names and SQL types of a table or a FROM item."""

    def temp_path(self, name: str) -> Path:
        """A path in the engine's own temporary folder, which goes when the engine closes."""

    def session(self) -> Engine:
        """A second session on the same tables, for use in another thread; `register` in one is not seen by the
        other.
        """

    def interrupt(self) -> None:
        """Break off what another thread is having computed in this session."""

    def close(self) -> None:
        """Free everything, the temporary folder included."""
