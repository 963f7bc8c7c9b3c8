"""What the program makes of files: typed rows, rejected rows, counts by file."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from telco_crm.config import load_config
from telco_crm.engine.base import Engine
from telco_crm.ingest.dialling import Dialling
from telco_crm.ingest.load import Reader
from telco_crm.ingest.sources import find_sources
from telco_crm.ingest.store import UsageStore
from telco_crm.ingest.usage import KIND, MONEY_SCALE
from telco_crm.ingest.usage_reader import UsageReader
from telco_crm.manifest import Hasher
from telco_crm.schema import load_schema

HEADERS = {
    "usage": ("subscriber_id", "start_time", "service", "direction", "duration_s"),
    "bills": ("subscriber_id", "month", "total"),
    "subscribers": ("subscriber_id", "brand", "activated_on"),
    "events": ("subscriber_id", "time", "kind"),
    "contacts": ("subscriber_id", "campaign", "contacted_on", "arm"),
}
Content = str | bytes | Mapping[str, str | bytes | None]
Row = dict[str, Any]
IP_PREFIX = "17951"
DIALLING = Dialling(ip_prefixes=(IP_PREFIX,), plain_length=11, separators="", forms=())
VALUES = {name: list(column.values) for name, column in load_schema("usage").columns.items()}
TYPED = f"""date_trunc('second', start_time), duration_s, volume_bytes,
    {DIALLING.packed("counterpart")}, charge,
    service, direction, toll, roaming, counterpart_network, ip_prefix, counterpart"""
PACKED = "month, second, duration_s, volume_bytes, cp, charge, kind"


class Reads(Protocol):
    """The fixture `read`: `read` below, with the engine and the folder of the test."""

    def __call__(self, table: str, content: Content, toml: str = "", threads: int = 2) -> Read: ...


@dataclass(frozen=True)
class Read:
    """What became of the files of one table."""

    rows: list[Row]  # typed, empty cells left out, in the order of files and lines
    rejects: list[dict[str, str]]
    counts: dict[str, tuple[int, int, int]]  # file → read, accepted, rejected
    layouts: list[str]

    def column(self, name: str) -> list[Any]:
        """The values of a column."""
        return [row.get(name) for row in self.rows]

    @property
    def total(self) -> tuple[int, int]:
        """Accepted and rejected rows of all files."""
        return sum(c[1] for c in self.counts.values()), sum(c[2] for c in self.counts.values())

    @property
    def places(self) -> list[tuple[int, str]]:
        """(line, column) of every rejected row."""
        return [(int(row["line"]), row["column"]) for row in self.rejects]

    @property
    def reasons(self) -> list[str]:
        """Why rows were rejected."""
        return [row["reason"] for row in self.rejects]


def read(engine: Engine, folder: Path, table: str, content: Content, toml: str = "", threads: int = 2) -> Read:
    """Read files with the configuration `toml`. A text is the file TABLE.csv; names may have folders; None is there.

    Usage is read twice: into typed rows, and, as the program does, into packed ones; both must be alike.
    """
    files = content if isinstance(content, Mapping) else {f"{table}.csv": content}
    for name, text in files.items():
        path = folder / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            path.write_bytes(text.encode() if isinstance(text, str) else text)
    config = folder / "telco-crm.toml"
    config.write_text(toml, encoding="utf-8")
    flags = {table: [str(folder / "in" / name) for name in files]}
    sources = find_sources(None, flags, folder).files[table]
    reader = Reader(engine, load_config(config).mappings, threads, folder / "rejects")
    engine.run(f"DROP TABLE IF EXISTS {table}")
    reports, _ = reader.read(table, sources)
    known = engine.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = " + f"'{table}'")
    names = list(engine.columns(table)) if known else []
    found = engine.rows(f"FROM {table} ORDER BY file_no, line") if known else []
    rows = [{n: v for n, v in zip(names, row, strict=True) if v is not None and n != "file_no"} for row in found]
    within = str(folder / "in") + "/"
    rejects = [
        {**row, "file": row["file"].removeprefix(within)} for row in rows_of(folder / "rejects" / f"{table}.csv")
    ]
    counts = {r.file.removeprefix(within): (r.read, r.accepted, r.rejected) for r in reports}
    for file, (_, _, rejected) in counts.items():
        assert rejected == sum(row["file"] == file for row in rejects)
        assert rejected >= 0
    assert sum(c[1] for c in counts.values()) == len(rows)
    if table == "usage":
        _packed_alike(reader, sources, folder, [(r.file, r.read, r.accepted) for r in reports])
    return Read(rows, rejects, counts, [r.layout for r in reports])


def _packed_alike(reader: Reader, sources: Any, folder: Path, counts: list[tuple[str, int, int]]) -> None:
    """The packed rows of the store are those of the typed table, and so are the rejects."""
    rejects = (folder / "rejects" / "usage.csv").read_bytes()
    engine = reader.engine
    with tempfile.TemporaryDirectory(dir=folder) as root:
        store, hasher = UsageStore(Path(root)), Hasher()
        try:
            reports, _ = UsageReader(reader, store, DIALLING, hasher).read(sources)
            assert [(r.file, r.read, r.accepted) for r in reports] == counts, reports
            assert (folder / "rejects" / "usage.csv").read_bytes() == rejects
            if not store.rows(DIALLING).months():
                return
            packed = " UNION ALL ".join(
                f"FROM {store.rows(DIALLING).of_month(month)}" for month in store.rows(DIALLING).months()
            )
            found = engine.rows(
                f"SELECT subscriber_id, {PACKED} FROM ({packed}) JOIN {store.rows(DIALLING).ids()} USING (sid)"
            )
            typed = engine.rows(f"SELECT subscriber_id, {TYPED} FROM usage")
            told = any("ip_prefix" in report.columns for report in reports)
            assert sorted(map(_unpacked, found), key=repr) == sorted((_dialled(row, told) for row in typed), key=repr)
            people = {row[0] for row in engine.rows(f"SELECT subscriber_id FROM {store.rows(DIALLING).ids()}")}
            assert people == {row[0] for row in typed}
        finally:
            store.close()
            hasher.close()


def _unpacked(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row of PACKED with the values of TYPED."""
    subscriber, month, second, *rest, charge, kind = row
    values = []
    for field, (shift, bits) in KIND.items():
        code = kind >> shift & (1 << bits) - 1
        values.append(bool(code) if field == "ip_prefix" else ["", *VALUES[field], "other"][code] or None)
    start = datetime(1970, 1, 1) + timedelta(seconds=second)
    assert month == start.year * 100 + start.month
    return (subscriber, start, *rest, None if charge is None else Decimal(charge) / MONEY_SCALE, *values)


def _dialled(row: tuple[Any, ...], told: bool) -> tuple[Any, ...]:
    """A row of TYPED with rivals outside the list as "other", and the IP prefix as dialled unless a column tells it."""
    *rest, network, prefix, counterpart = row
    network = network if network in (None, *VALUES["counterpart_network"]) else "other"
    dialled = not told and (counterpart or "").startswith(IP_PREFIX) and len(counterpart) > 7
    return (*rest, network, dialled if prefix is None else prefix)


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file; none if there is no such file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def lines(table: str, *rows: Iterable[str], delimiter: str = ",", header: Iterable[str] | None = None) -> str:
    """Rows as delimited text below a header (that of HEADERS unless told); cells are written as they are."""
    return "".join(delimiter.join(row) + "\n" for row in (header or HEADERS[table], *rows))


def columns(table: str) -> list[str]:
    """The canonical columns of a table."""
    return list(load_schema(table).columns)
