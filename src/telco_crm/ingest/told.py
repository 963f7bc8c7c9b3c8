"""What the reading has to tell, as engine tables: usage files by month, rows by table and reason of rejection, and the
files of contacts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from telco_crm.engine.base import Engine
from telco_crm.ingest.load import FileReport
from telco_crm.ingest.rejects import RejectFile
from telco_crm.ingest.store import UsageRows

FILES = pa.schema([("file", pa.string()), ("month", pa.string()), ("n", pa.int64())])
NUMBERED = pa.schema([("file_no", pa.int64()), ("file", pa.string())])
READ = pa.schema([("table_name", pa.string()), ("reason", pa.string()), ("n", pa.int64())])


def tell(
    engine: Engine, reports: Sequence[FileReport], rejects: Mapping[str, RejectFile], usage: UsageRows | None
) -> set[str]:
    """Make `usage_files` (file, month, n), `rows_read` (table_name, reason, n; reason "" for accepted rows) and
    `contact_files` (file_no, file); their names.
    """
    files = [(s.file, month, n) for s in (usage.sources if usage else ()) for month, n in s.months.items()]
    accepted = [(r.table, "", r.accepted) for r in reports]
    refused = [(table, reason, n) for table, kept in rejects.items() for reason, n in kept.reasons.items()]
    told = {
        "usage_files": _table(files, FILES),
        "rows_read": _table([*accepted, *refused], READ),
        "contact_files": contact_files(reports),
    }
    for name, table in told.items():
        engine.register(f"told_{name}", table)
        engine.run(f"CREATE OR REPLACE TABLE {name} AS FROM told_{name}")  # for every session
    return set(told)


def contact_files(reports: Sequence[FileReport]) -> pa.Table:
    """The files of contacts that gave a row, by the number that their rows carry."""
    return _table(list(enumerate(r.file for r in reports if r.table == "contacts" and r.read)), NUMBERED)


def _table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)
