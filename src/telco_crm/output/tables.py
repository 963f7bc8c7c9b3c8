"""Tables of a run back in, whatever format they were written in, with the types of their schemas."""

from __future__ import annotations

from pathlib import Path

from telco_crm.engine.base import Engine
from telco_crm.engine.sql import identifier, literal
from telco_crm.errors import InputError, OutputError
from telco_crm.output.lookup import rows_in_csv
from telco_crm.output.writers import FORMATS, OutputStyle, shaped
from telco_crm.schema import Schema, load_schema

TYPES = {"int": "BIGINT", "bool": "BOOLEAN", "date": "DATE", "time": "TIMESTAMP", "degrees": "DOUBLE"}
READERS = {
    ".csv": "read_csv({0}, header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"')",
    ".parquet": "read_parquet({0})",
    ".jsonl": "read_json({0}, format = 'newline_delimited', columns = {{{1}}})",
}


def find_table(folder: Path, name: str) -> Path | None:
    """The file of table `name` in a folder of results, if it has one."""
    found = (folder / (name + ending) for ending in FORMATS.values())
    return next((path for path in found if path.is_file()), None)


def written(name: str, style: OutputStyle) -> str:
    """Query for the engine's table `name` with the values that `write_table` puts into a file."""
    schema = load_schema(name)
    return _typed(shaped(f"FROM {name}", schema, style), schema, set(schema.columns))


def stored(engine: Engine, path: Path, name: str, where: str = "true") -> str:
    """Query for table `name` as it stands in the file at `path`, for the rows `where` a condition holds of the values
    as they are filed; columns that it lacks are NULL.

    Raises:
        InputError: the file cannot be read.
        OutputError: XLSX without the package that reads it.
    """
    schema = load_schema(name)
    if path.suffix == ".xlsx":
        source = f"xlsx_{name}"
        _read_sheets(engine, path, source, schema)
    else:
        texts = ", ".join(f"{literal(c)}: 'VARCHAR'" for c in schema.columns)
        source = READERS[path.suffix].format(literal(str(path)), texts)
    try:
        has = set(engine.columns(source))
    except Exception as error:
        raise InputError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None
    return _typed(f"FROM {source} WHERE {where}", schema, has)


def stored_rows(engine: Engine, path: Path, name: str, key: str, value: str, is_sorted: bool) -> str:
    """Query for the rows of table `name` in the file at `path` whose `key` is `value`. `is_sorted`: by `key` first.

    Raises:
        InputError: the file cannot be read.
        OutputError: XLSX without the package that reads it.
    """
    if path.suffix == ".csv":
        try:
            rows = rows_in_csv(path, key, value, is_sorted)
        except (OSError, ValueError) as error:
            raise InputError(f"{path} cannot be read: {error}") from None
        if rows is not None:
            engine.register(f"rows_of_{name}", rows)
            return _typed(f"FROM rows_of_{name}", load_schema(name), set(rows.column_names))
    return stored(engine, path, name, f"{identifier(key)} = {literal(value)}")


def _typed(sql: str, schema: Schema, has: set[str]) -> str:
    columns = []
    for name, column in schema.columns.items():
        kind = TYPES.get(column.type, "VARCHAR")
        if column.type in ("number", "money"):
            kind = "DOUBLE" if column.decimals is None else f"DECIMAL(28,{column.decimals})"
        value = identifier(name) if name in has else "NULL"
        value = f"nullif(CAST({value} AS VARCHAR), '')" if kind == "VARCHAR" else value
        columns.append(f"CAST({value} AS {kind}) AS {identifier(name)}")
    return f"SELECT {', '.join(columns)} FROM ({sql})"


def _read_sheets(engine: Engine, path: Path, source: str, schema: Schema) -> None:
    """Register the rows of a workbook; headings are the column names or, in Chinese, their titles."""
    import pandas as pd

    try:
        sheets = pd.read_excel(path, sheet_name=None, dtype=str, engine="openpyxl")
    except ImportError:
        raise OutputError(f"{path}: reading XLSX needs openpyxl; install it with: pip install openpyxl") from None
    except Exception as error:
        raise InputError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None
    titles = {column.zh: name for name, column in schema.columns.items()}
    engine.register(source, pd.concat(sheets.values()).rename(columns=titles))
