"""Turning the pseudonyms in the lists of a campaign back, in every format that they are written in."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq

from telco_crm.errors import InputError
from telco_crm.retain.pseudonym import Pseudonyms
from telco_crm.schema import load_schema

COLUMN = "subscriber_id"
IN_JSON = re.compile(r'"subscriber_id": ?"([^"]*)"')
IN_SHEET = re.compile(r"(<t>)(p(?:[0-9a-f]{2}){28,})(</t>)")  # a cell of text; 28 bytes are the shortest pseudonym


def reveal_file(source: Path, out: Path, names: Pseudonyms) -> int:
    """Copy a list (CSV, JSON Lines, XLSX or Parquet, told by its first bytes) into `out`, with identifiers in place of
    the pseudonyms; how many.

    Raises:
        InputError: no such file or column, or a pseudonym of another key; with its line.
    """
    try:
        with source.open("rb") as stream:
            first = stream.read(4)
    except OSError as error:
        raise InputError(f"{source}: cannot be read ({error.strerror})") from None
    way: Callable[[Path, Path, Pseudonyms], int] = _csv
    if first == b"PK\x03\x04":
        way = _xlsx
    elif first == b"PAR1":
        way = _parquet
    elif first.lstrip(b"\xef\xbb\xbf").startswith(b"{"):
        way = _jsonl
    try:
        return way(source, out, names)
    except (UnicodeDecodeError, zipfile.BadZipFile, pa.ArrowException) as error:
        raise InputError(f"{source}: is damaged or no list of a campaign ({error})") from None


def _back(names: Pseudonyms, pseudonym: str, place: str) -> str:
    try:
        return names.back(pseudonym)
    except ValueError as why:
        raise InputError(f"{place}: {pseudonym!r} is {why}") from None


def _csv(source: Path, out: Path, names: Pseudonyms) -> int:
    with source.open(encoding="utf-8-sig", newline="") as stream, out.open("w", encoding="utf-8", newline="") as target:
        reader = csv.reader(stream)
        header = next(reader, [])
        headings = {COLUMN, load_schema("calls").columns[COLUMN].zh}
        at = next((place for place, name in enumerate(header) if name in headings), None)
        if at is None:
            raise InputError(f"{source}: there is no column {COLUMN}")
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(header)
        count = 0
        for row in filter(None, reader):
            place = f"{source}, line {reader.line_num}"
            if len(row) <= at:
                raise InputError(f"{place}: there is no column {COLUMN}")
            row[at] = _back(names, row[at], place)
            writer.writerow(row)
            count += 1
    return count


def _jsonl(source: Path, out: Path, names: Pseudonyms) -> int:
    count = 0
    with source.open(encoding="utf-8-sig") as stream, out.open("w", encoding="utf-8") as target:
        for count, line in enumerate(stream, 1):
            found = IN_JSON.search(line)
            if not found:
                raise InputError(f"{source}, line {count}: there is no {COLUMN}")
            plain = _back(names, found[1], f"{source}, line {count}")
            target.write(line[: found.start(1)] + plain + line[found.end(1) :])
    return count


def _xlsx(source: Path, out: Path, names: Pseudonyms) -> int:
    """The parts of the workbook are copied; only cells change."""
    count = 0
    with zipfile.ZipFile(source) as book, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for part in book.infolist():
            content = book.read(part)
            if part.filename.startswith("xl/worksheets/") or part.filename == "xl/sharedStrings.xml":
                words = content.decode("utf-8")
                place = f"{source}, {part.filename}"
                found = IN_SHEET.sub(lambda m, p=place: m[1] + escape(_back(names, m[2], p)) + m[3], words)  # type: ignore[misc]
                count += len(IN_SHEET.findall(words))
                content = found.encode("utf-8")
            target.writestr(part, content)
    if not count:
        raise InputError(f"{source}: there are no pseudonyms in it")
    return count


def _parquet(source: Path, out: Path, names: Pseudonyms) -> int:
    table = pq.read_table(source)
    if COLUMN not in table.column_names:
        raise InputError(f"{source}: there is no column {COLUMN}")
    plain = [_back(names, str(name), f"{source}, row {at}") for at, name in enumerate(table[COLUMN].to_pylist(), 1)]
    pq.write_table(table.set_column(table.column_names.index(COLUMN), COLUMN, pa.array(plain, pa.string())), out)
    return len(plain)
