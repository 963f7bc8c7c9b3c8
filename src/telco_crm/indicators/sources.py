"""Which files hold records, recharges and antennas, and which of them are of one person each, as bandicoot has them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path

from telco_crm.errors import InputError
from telco_crm.ingest.blocks import BOM, read_head
from telco_crm.ingest.mapping import TableMapping, fold
from telco_crm.ingest.sources import SourceFile, find_sources
from telco_crm.schema import Schema, load_schema

BANDICOOT = frozenset({"interaction", "direction", "correspondent_id", "datetime"})
RECHARGE = frozenset({"datetime", "amount"})
DEGREES = frozenset({"latitude", "longitude"})
OPTIONS = {"usage": "", "events": "--recharges"}  # by which the files are named, where that is not the table's name
HEADER_BYTES = 1 << 12
RECORD_COLUMNS = (
    "subscriber_id",
    "start_time",
    "service",
    "direction",
    "counterpart",
    "duration_s",
    "cell_id",
    "latitude",
    "longitude",
)
Files = tuple[SourceFile, ...]


@dataclass
class TableFiles:
    """The files of one table: those with everybody in them, and by header line those of one person each."""

    shared: list[SourceFile] = field(default_factory=list)
    personal: dict[bytes, list[SourceFile]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.shared or self.personal)

    @property
    def files(self) -> list[SourceFile]:
        """All of them."""
        return [*self.shared, *(file for files in self.personal.values() for file in files)]


@dataclass
class Found:
    """The files of a call."""

    usage: TableFiles = field(default_factory=TableFiles)
    events: TableFiles = field(default_factory=TableFiles)
    antennas: list[SourceFile] = field(default_factory=list)
    unused: list[Path] = field(default_factory=list)


def find(
    records: Sequence[str], others: Mapping[str, Sequence[str]], mappings: Mapping[str, TableMapping], temp: Path
) -> Found:
    """The files behind the paths, globs and folders `records`, and those named for `events` and `antennas` in `others`.

    A folder whose entries begin with a table's name is a data folder as of every other command; in any other folder,
    records, recharges and antennas are told apart by their headers where there are files of bandicoot's.

    Raises:
        InputError: naming every path that does not exist or holds nothing usable.
    """
    found = Found()
    problems: list[str] = []
    for path in records:
        try:
            _add(found, path, mappings, temp)
        except InputError as error:
            problems += error.problems
    for table, paths in others.items():
        if paths:
            try:
                named = find_sources(None, {table: paths}, temp, OPTIONS).files[table]
            except InputError as error:
                problems += error.problems
                continue
            if table == "antennas":
                found.antennas = list(named)
            else:
                found.events = _sorted(named, "events", RECHARGE, mappings)
    if problems:
        raise InputError(problems)
    return found


def _add(found: Found, path: str, mappings: Mapping[str, TableMapping], temp: Path) -> None:
    folder = Path(path)
    if folder.is_dir() and any(p.name.lower().startswith("usage") for p in folder.iterdir()):
        sources = find_sources(folder, {}, temp)
        found.usage.shared += sources.files["usage"]
        found.events.shared += sources.files.get("events", ())
        found.unused += sources.unused
        return
    files = find_sources(None, {"usage": (path,)}, temp, OPTIONS).files["usage"]
    if folder.is_dir() and any(_names(_header(f)) >= BANDICOOT for f in files):
        files = _told_apart(found, files, mappings)
    here = _sorted(files, "usage", BANDICOOT, mappings)
    found.usage.shared += here.shared
    for header, personal in here.personal.items():
        found.usage.personal.setdefault(header, []).extend(personal)


def _told_apart(found: Found, files: Files, mappings: Mapping[str, TableMapping]) -> Files:
    """The files of records in one of bandicoot's folders; recharges and antennas go to `found`."""
    records: list[SourceFile] = []
    recharges: list[SourceFile] = []
    for file in files:
        names = _names(_header(file))
        if names >= BANDICOOT:
            records.append(file)
        elif names >= RECHARGE:
            recharges.append(replace(file, table="events"))
        elif names >= DEGREES and names & _aliases("antennas", "cell_id"):
            found.antennas.append(replace(file, table="antennas"))
        else:
            found.unused.append(file.path)
    found.events = _sorted(recharges, "events", RECHARGE, mappings)
    return tuple(records)


def _sorted(
    files: Sequence[SourceFile], table: str, personal: frozenset[str], mappings: Mapping[str, TableMapping]
) -> TableFiles:
    """Files with the headers `personal` and none for the subscriber are of one person each, unless a mapping says
    otherwise.
    """
    mapping = mappings.get(table, TableMapping())
    if mapping.header or "subscriber_id" in {*mapping.columns, *mapping.constants}:
        return TableFiles(list(files))
    found = TableFiles()
    for file in files:
        header = _header(file)
        names = _names(header)
        if personal <= names and not names & _aliases(table, "subscriber_id") and not file.shown:
            found.personal.setdefault(header, []).append(file)
        else:
            found.shared.append(file)
    return found


def _header(file: SourceFile) -> bytes:
    """The first line of a text file, without its end; nothing for others."""
    if file.format != "csv":
        return b""
    head = read_head(file) if file.compression else _first_line(file.path)
    return head.removeprefix(BOM).split(b"\n", 1)[0].rstrip(b"\r")


@lru_cache(100_000)
def _first_line(path: Path) -> bytes:
    try:
        with open(path, "rb", buffering=0) as stream:
            return stream.read(HEADER_BYTES)
    except OSError as error:
        raise InputError(f"{path} cannot be opened: {error.strerror}; check the path and its rights") from None


@cache
def _names(header: bytes) -> frozenset[str]:
    return frozenset(map(fold, next(csv.reader([header.decode("utf-8", "replace")]), [])))


@cache
def _aliases(table: str, column: str) -> frozenset[str]:
    found = load_schema(table).columns[column]
    return frozenset(map(fold, (column, found.zh, *found.aliases)))


def record_schema(personal: bool) -> Schema:
    """The columns of usage that the indicators look at; in files of one person, as in bandicoot, a record of no
    interaction, or of `gps`, is a position.
    """
    usage = load_schema("usage")
    columns = {name: usage.columns[name] for name in RECORD_COLUMNS}
    if personal:
        service = columns["service"]
        values = {**service.values, "data": (*service.values["data"], "gps")}
        columns["service"] = service.model_copy(update={"values": values, "required": False, "default": "data"})
    return usage.model_copy(update={"columns": columns})


def recharge_schema(personal: bool) -> Schema:
    """The columns of events that recharges have; what names no kind is a recharge, what names no amount one of 0."""
    events = load_schema("events")
    columns = {name: events.columns[name] for name in ("subscriber_id", "time", "kind", "amount")}
    columns["kind"] = columns["kind"].model_copy(update={"required": False, "default": "recharge"})
    columns["amount"] = columns["amount"].model_copy(update={"default": "0"})
    return events.model_copy(update={"columns": columns})
