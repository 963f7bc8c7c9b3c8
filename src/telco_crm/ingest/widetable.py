"""Any wide table as a frame of numbers and text: types are found, or taken as a model was fitted with.

Encodings, delimiters, compression and damaged lines are those of the export reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from telco_crm.errors import InputError
from telco_crm.ingest.batches import shown_layout
from telco_crm.ingest.decimals import decimal_columns, example, look, number, with_point
from telco_crm.ingest.lines import BadLine
from telco_crm.ingest.load import FileReport, check_rejects
from telco_crm.ingest.mapping import TableMapping
from telco_crm.ingest.rejects import RejectFile
from telco_crm.ingest.sources import SourceFile, find_sources
from telco_crm.ingest.textfile import read_chunks, read_layout
from telco_crm.labels import text

EMPTY_WORDS = ("na", "n/a", "nan", "null", "none", "?", "-", "\\n", ".", "#n/a", "无", "空")  # in columns of numbers
DATES = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%d %H:%M",
    "%Y年%m月%d日",
    "%Y-%m",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d-%m-%Y",
)
UNREADABLE = 0.02  # part of the distinct cells of a column of numbers that may be something else …
MANY_CELLS = 30  # … if there are so many
Words = npt.NDArray[np.object_]
NUMBER, TEXT, DATE = "number", "text", "date"


@dataclass(frozen=True)
class Rejecting:
    """What is done with damaged rows: the folder that they go to (None: only counted), and how many there may be."""

    folder: Path | None = None
    most: str | None = None


ONLY_COUNTED = Rejecting()


class _Part(NamedTuple):
    """What a file holds: the rows that can be read, how they are written, and those that are damaged."""

    table: pa.Table
    layout: str
    delimiter: str
    bad: list[BadLine]


@dataclass(frozen=True)
class WideTable:
    """A table as read: every column as text (None where empty), or as numbers where a Parquet file says so.

    `decimal` are the columns whose comma is a decimal point; `notes` has a sentence for whatever was not
    plain to read; `reports` and `rejects` say what became of the rows.
    """

    name: str
    columns: dict[str, pa.ChunkedArray]
    rows: int
    notes: tuple[str, ...] = ()
    decimal: frozenset[str] = frozenset()
    reports: Sequence[FileReport] = ()
    rejects: RejectFile = field(default_factory=lambda: RejectFile(None))

    def text(self, name: str) -> pd.Series:
        """A column as text, None where it is empty; whole numbers without a decimal point.

        Raises:
            InputError: there is no such column.
        """
        if name not in self.columns:
            raise InputError(f"{self.name}: there is no column {name}; it has {', '.join(self.columns)}")
        column = self.columns[name]
        if pa.types.is_floating(column.type):
            whole = pc.all(pc.equal(column, pc.floor(column))).as_py()
            column = column.cast(pa.int64()) if whole else column
        trimmed = pc.utf8_trim_whitespace(column.cast(pa.string()))
        return pd.Series(pc.if_else(pc.equal(trimmed, ""), None, trimmed).to_pandas().astype(object))

    def typed(self, name: str, kind: str | None = None) -> tuple[str, pd.Series, list[str]]:
        """A column as its kind says (found, if not given): the kind, float64 numbers or text, and examples of cells
        that are not of that kind.
        """
        column = self.columns[name]
        if kind in (None, NUMBER) and (numbers := _cast(column)) is not None:
            return NUMBER, pd.Series(numbers), []
        places, index = pd.factorize(self.text(name))
        words = np.array(index, object)
        meant = with_points(words) if name in self.decimal else words
        kind = kind or found_kind(meant)
        if kind == TEXT:
            return TEXT, pd.Series([*words, None], dtype=object).take(places).reset_index(drop=True), []
        numbers = as_numbers(meant, kind)
        odd = np.isnan(numbers) & ~np.isin([str(w).lower() for w in words], EMPTY_WORDS)
        return kind, pd.Series(np.append(numbers, np.nan)[places]), [str(word) for word in words[odd][:3]]


def read_wide(path: str, temp: Path, threads: int, lang: str = "en", rejecting: Rejecting = ONLY_COUNTED) -> WideTable:
    """The table in a file (or several alike, by a glob or folder; "-" is standard input).

    Raises:
        InputError: no such file, no table, files with different headers, or more damaged rows than allowed.
    """
    files = find_sources(None, {"table": (path,)}, temp).files["table"]
    parts = [_read_parquet(file) if file.format == "parquet" else _read_text(file, threads) for file in files]
    for file, part in zip(files, parts, strict=True):
        _check_header(part.table.column_names, file.name)
        if part.table.column_names != parts[0].table.column_names:
            raise InputError(f"{file.name} has other columns than {files[0].name}; give files with the same header")
    reports, rejects = _counted(files, parts, rejecting)
    table = pa.concat_tables([part.table for part in parts], promote_options="permissive")
    if not table.num_rows:
        raise InputError(f"{files[0].name} has a header and no rows; export it again")
    columns = {name: table.column(name) for name in table.column_names}
    found = WideTable(path, columns, table.num_rows, reports=reports, rejects=rejects)
    delimiters = {part.delimiter for part in parts}
    decimal, notes = _commas(found, delimiters.pop() if len(delimiters) == 1 else ",", lang)
    return replace(found, notes=tuple(notes), decimal=frozenset(decimal))


def _counted(
    files: Sequence[SourceFile], parts: Sequence[_Part], rejecting: Rejecting
) -> tuple[list[FileReport], RejectFile]:
    """What became of the rows of every file; the damaged ones are kept."""
    reports = []
    rejects = RejectFile(rejecting.folder / "table.csv" if rejecting.folder else None)
    try:
        for file, part in zip(files, parts, strict=True):
            rejects.add(file.name, sorted(part.bad))
            accepted = part.table.num_rows
            read = accepted + len(part.bad)
            reports.append(FileReport("table", file.name, file.path, part.layout, read, accepted))
    finally:
        rejects.close()
    check_rejects("table", reports, rejects, rejecting.most)
    return reports, rejects


def _commas(table: WideTable, delimiter: str, lang: str) -> tuple[list[str], list[str]]:
    """The columns of numbers with a decimal comma, and notes on what commas were taken for."""
    words: dict[str, list[str]] = {}
    for name, column in table.columns.items():
        if delimiter == "," or not pc.any(pc.match_substring(column, ",")).as_py():
            continue
        cells = np.array(table.text(name).dropna().unique(), object)
        if found_kind(with_points(cells)) == NUMBER:
            words[name] = [str(cell) for cell in cells]
    decimal, unsure = decimal_columns({name: look(cells) for name, cells in words.items()}, delimiter)
    notes = []
    for names, key in ((decimal, "decimal"), (unsure, "thousands")):
        if names:
            word, value = example(words[names[0]], key == "decimal")
            notes.append(text(f"table.{key}", lang, names=", ".join(names), word=word, value=value))
    return decimal, notes


def _check_header(names: list[str], file: str) -> None:
    """Raises InputError where a name occurs more than once."""
    places: dict[str, list[int]] = {}
    for at, name in enumerate(names, 1):
        places.setdefault(name, []).append(at)
    problems = [
        f"{file}: column {name or 'without a name'} occurs {len(at)} times (columns {', '.join(map(str, at))}); give "
        "each column a name of its own"
        for name, at in places.items()
        if len(at) > 1
    ]
    if problems:
        raise InputError(problems)


def found_kind(words: Words) -> str:
    """What the distinct cells of a column are: number, date:FORMAT or text."""
    cells = [str(word) for word in words if str(word).lower() not in EMPTY_WORDS]
    if not cells:
        return TEXT
    odd = int(np.isnan(as_numbers(np.array(cells, object), NUMBER)).sum())
    few = max(1, UNREADABLE * len(cells)) if len(cells) >= MANY_CELLS else 0
    if odd <= few:
        return NUMBER
    for form in DATES:
        if not np.isnan(as_numbers(np.array(cells, object), f"{DATE}:{form}")).any():
            return f"{DATE}:{form}"
    return TEXT


def with_points(words: Words) -> Words:
    """Cells of a column with decimal commas, with points."""
    return np.array([with_point(str(word)) for word in words], object)


def as_numbers(words: Words, kind: str) -> npt.NDArray[np.float64]:
    """Numbers (also written 1,234.5 or 12% or ¥20), or days since 1970 for dates; NaN for anything else."""
    if kind.startswith(DATE):
        times = pd.to_datetime(pd.Series(words, dtype=object), format=kind.removeprefix(f"{DATE}:"), errors="coerce")
        days = (times - pd.Timestamp(0)) / pd.Timedelta(days=1)
        return np.asarray(days.to_numpy(np.float64, na_value=np.nan))
    numbers = np.array(pd.to_numeric(pd.Series(words, dtype=object), errors="coerce"), np.float64)
    for at in np.flatnonzero(np.isnan(numbers)):
        numbers[at] = number(str(words[at]))
    return np.asarray(numbers)


def _cast(column: pa.ChunkedArray) -> Any:
    """The numbers of a column that has nothing else; None otherwise."""
    try:
        if pa.types.is_string(column.type):
            trimmed = pc.utf8_trim_whitespace(column)
            column = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
        numbers = column.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    return None if numbers.null_count == len(numbers) else numbers.to_numpy()


def _read_text(file: SourceFile, threads: int) -> _Part:
    layout, _ = read_layout(file, TableMapping(nulls=()))
    if len(layout.header) < 2:
        raise InputError(f"{file.name}, line 1: only one column ({layout.header[0]}); is it a table with a header?")
    fields = range(len(layout.header))
    chunks, bad = [], []
    for chunk in read_chunks(file, layout, fields, threads):
        chunks.append(chunk.table)
        bad += chunk.bad
    empty = pa.table({f"c{i}": pa.array([], pa.string()) for i in fields})
    table = pa.concat_tables(chunks or [empty]).rename_columns(list(layout.header))
    return _Part(table, shown_layout(file, layout), layout.delimiter, bad)


def _read_parquet(file: SourceFile) -> _Part:
    try:
        table = pq.read_table(file.path)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(f"{file.name} is damaged or no Parquet file ({str(error).splitlines()[0]})") from None
    columns = {}
    for name in table.column_names:
        column = table.column(name)
        kind = column.type
        if pa.types.is_dictionary(kind):
            column = column.cast(kind.value_type)
        if pa.types.is_duration(kind):
            column = column.cast(pa.int64())
        if pa.types.is_decimal(kind) or pa.types.is_integer(kind) or pa.types.is_duration(kind):
            column = column.cast(pa.float64())
        elif pa.types.is_timestamp(kind):
            column = pc.strftime(column.cast(pa.timestamp("s"), safe=False), "%Y-%m-%d %H:%M:%S")
        elif pa.types.is_nested(kind) or pa.types.is_binary(kind):
            raise InputError(f"{file.name}: column {name} holds {kind}, not numbers or text; leave it out")
        elif not pa.types.is_floating(kind):
            column = column.cast(pa.string())
        columns[name] = column
    return _Part(pa.table(columns), "Parquet", ",", [])
