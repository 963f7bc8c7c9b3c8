"""What was open at the last run: a Parquet file between runs, so that the next one knows what is new.

The file holds what is open as of its month, since when, and what was closed in that month, so that a run of the same
month again finds what the first one found, and gives the same result.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from telco_crm.errors import InputError
from telco_crm.months import Month

FORMAT = b"telco-crm alerts 1"
COLUMNS = pa.schema(
    {
        "subscriber_id": pa.string(),
        "alert": pa.string(),
        "first_seen": pa.date32(),
        "opened_in": pa.string(),
        "closed_in": pa.string(),
    }
)


@dataclass(frozen=True)
class AlertState:
    """What a state file says: the month it is of (None: there is no file yet) and its rows (see COLUMNS)."""

    month: Month | None
    rows: pa.Table

    def check(self, path: Path, as_of: Month) -> None:
        """See that `as_of` is no month before that of the state.

        Raises:
            InputError: it is; what has happened since would be forgotten.
        """
        if self.month and as_of < self.month:
            raise InputError(
                f"{path}: the state is of {self.month}, later than {as_of}; name another file with --state, or take a "
                "later month with --as-of"
            )


def load_state(path: Path) -> AlertState:
    """The state in `path`, or an empty one where there is no file.

    Raises:
        InputError: the file cannot be read, or is something else.
    """
    if not path.exists():
        return AlertState(None, COLUMNS.empty_table())
    try:
        rows = pq.read_table(path)
    except OSError as error:
        raise InputError(f"{path}: the state of alerts cannot be read ({error.strerror or 'damaged'})") from None
    except pa.ArrowException:
        rows = pa.table({})
    told = rows.schema.metadata or {}
    if told.get(b"format") != FORMAT or rows.schema.names != COLUMNS.names:
        raise InputError(f"{path} is no state of alerts; name another file with --state, or a new one")
    return AlertState(Month(told[b"month"].decode()), rows)


def save_state(rows: pa.Table, month: Month, path: Path) -> None:
    """Write the state as of `month`; the same rows give the same bytes."""
    told = {b"format": FORMAT, b"month": str(month).encode()}
    pq.write_table(rows.cast(COLUMNS).replace_schema_metadata(told), path)
