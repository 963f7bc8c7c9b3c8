"""Tables out: CSV, Parquet, XLSX or JSON Lines, in a stated order, with fixed decimals and harmless cells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.cells import cell_len

from telco_crm.engine.base import Engine
from telco_crm.engine.sql import identifier, literal
from telco_crm.errors import OutputError, UsageError
from telco_crm.safety import FORMULA, neutral
from telco_crm.schema import Schema

COPY_OPTIONS = {
    "csv": "FORMAT csv, HEADER",
    # Small groups, which the threads write side by side; no dictionaries of values that hardly repeat.
    "parquet": "FORMAT parquet, COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 1000, ROW_GROUP_SIZE 24576",
    "jsonl": "FORMAT json",
}
FORMATS = {"csv": ".csv", "parquet": ".parquet", "xlsx": ".xlsx", "jsonl": ".jsonl"}
ENDINGS = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "xlsx",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
XLSX_ROWS = 1_048_575
WIDTHS = {"id": 16, "name": 16, "text": 24, "date": 12, "time": 20}  # of columns in a sheet, by type; else 10
CREATED = datetime(2000, 1, 1)  # a workbook carries a date of creation; a fixed one keeps equal outputs equal
BOM = "\ufeff".encode()


@dataclass(frozen=True)
class OutputStyle:
    """How tables are written: the format, a BOM for spreadsheet programs, and the language of XLSX headings; in English
    these are the names of the columns, or with `titled` their titles.
    """

    format: str = "csv"
    excel: bool = False
    lang: str = "en"
    titled: bool = False


def format_of(path: str, named: str | None) -> str:
    """The format of an output: as named, else by file ending, else CSV.

    Raises:
        UsageError: the ending is unknown.
    """
    if named:
        return named
    ending = Path(path).suffix.lower()
    if ending and ending not in ENDINGS and path != "-" and not Path(path).exists():
        raise UsageError(f"-o {path}: unknown ending {ending}; use {', '.join(FORMATS.values())} or name the --format")
    return ENDINGS.get(ending, "csv")


def write_table(engine: Engine, sql: str, path: Path, schema: Schema, style: OutputStyle) -> int:
    """Write the columns of `schema` of query `sql` (which says the order of rows) to `path`; how many rows.

    Raises:
        OutputError: too many rows for a sheet, or the optional XLSX writer is missing.
    """
    if style.format == "xlsx":
        return write_sheets(engine, {schema.zh if style.lang == "zh" else schema.en: sql}, path, schema, style)
    options = f"{COPY_OPTIONS[style.format]}, USE_TMP_FILE false"  # `path` is one already, and may be locked
    rows = engine.run(f"COPY ({shaped(sql, schema, style)}) TO {literal(str(path))} ({options})")
    if style.excel and style.format == "csv":
        _add_bom(path)
    return rows


def shaped(sql: str, schema: Schema, style: OutputStyle) -> str:
    """Query for the columns of `schema` of query `sql`, with the values that stand in the file."""
    columns = []
    for name, column in schema.columns.items():
        value = identifier(name)
        if column.type == "int":
            value = f"CAST({value} AS BIGINT)"
        elif column.decimals is not None:
            value = f"CAST({value} AS DECIMAL(28,{column.decimals}))"
            if style.format == "parquet":  # rounded as everywhere else: round() rounds some halves down
                value = f"CAST({value} AS DOUBLE)"
        elif column.type in ("id", "text", "name", "enum", "month") and style.format == "csv":
            formula = f"regexp_matches({value}, {literal(FORMULA.pattern)})"
            value = f"CASE WHEN {formula} THEN concat({literal(chr(39))}, {value}) ELSE nullif({value}, '') END"
        columns.append(f"{value} AS {identifier(name)}")
    return f"SELECT {', '.join(columns)} FROM ({sql})"


def write_sheets(engine: Engine, sheets: dict[str, str], path: Path, schema: Schema, style: OutputStyle) -> int:
    """Write one workbook with a sheet per entry of `sheets` (title → query); how many rows in all.

    Raises:
        OutputError: too many rows for a sheet, or the optional XLSX writer is missing.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise OutputError("XLSX needs the package xlsxwriter; install it with: pip install 'telco-crm[xlsx]'") from None
    book = xlsxwriter.Workbook(
        str(path),
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    book.set_properties({"created": CREATED})
    count = 0
    for title, sql in sheets.items():
        count += _write_sheet(book, title, engine.batches(shaped(sql, schema, style)), schema, style)
    book.close()
    return count


def _write_sheet(book: Any, title: str, batches: pa.RecordBatchReader, schema: Schema, style: OutputStyle) -> int:
    sheet = book.add_worksheet(title[:31])
    bold = book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    for at, (name, column) in enumerate(schema.columns.items()):
        heading = column.label(style.lang) if style.titled or style.lang == "zh" else name
        sheet.write_string(0, at, heading, bold)
        sheet.set_column(at, at, max(WIDTHS.get(column.type, 10), cell_len(heading) + 2))
    count = 0
    for batch in batches:
        for row in batch.to_pylist():
            count += 1
            if count > XLSX_ROWS:
                raise OutputError(
                    f"{schema.name}: a sheet holds at most {XLSX_ROWS:,} rows; write CSV or Parquet instead"
                )
            for at, value in enumerate(row.values()):
                _write_cell(sheet, count, at, value)
    return count


def _write_cell(sheet: Any, row: int, at: int, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, str):
        sheet.write_string(row, at, neutral(value))
    elif isinstance(value, date):  # with or without a time
        sheet.write_string(row, at, str(value))
    elif isinstance(value, bool):
        sheet.write_boolean(row, at, value)
    else:
        sheet.write_number(row, at, float(value))


def _add_bom(path: Path) -> None:
    """Put the byte-order mark before what is in the file, in place."""
    with path.open("r+b") as file:
        carried = BOM
        while carried:
            at = file.tell()
            block = file.read(1 << 20)
            file.seek(at)
            carried += block
            file.write(carried[: len(block) or None])
            carried = carried[len(block) :] if block else b""
