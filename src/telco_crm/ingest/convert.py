"""SQL that turns raw cells into typed values, and says what is wrong with those that it cannot turn.

Every canonical column becomes two expressions: `r_<name>`, the raw cell (trimmed; NULL where empty), and `v_<name>`, its typed
value (NULL where the cell is empty or wrong). A row is good when no filled cell lost its value, nothing required is missing and
the schema's checks hold. The same SQL runs over Arrow chunks of text files and over Parquet files, on every engine that runs DuckDB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from telco_crm.engine.sql import literal
from telco_crm.errors import InputError
from telco_crm.ingest.mapping import Binding, TableMapping, fold, spellings
from telco_crm.ingest.times import time_from_text, time_from_timestamp
from telco_crm.schema import Check, Column, Schema

MONEY = "DECIMAL(18,6)"
INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT"}
SQL_TYPES = {"int": "BIGINT", "number": "DOUBLE", "money": MONEY, "time": "TIMESTAMP", "date": "DATE", "bool": "BOOLEAN"}
EXPECTED = {
    "int": "a whole number", "number": "a number", "money": "an amount of money", "time": "a time", "date": "a date",
    "month": "a month", "bool": "yes or no", "id": "an identifier (a spreadsheet has turned it into a number)",
}
TRUE = ("true", "t", "yes", "y", "1", "是", "有")
FALSE = ("false", "f", "no", "n", "0", "否", "无")


@dataclass(frozen=True)
class Cell:
    """Where a bound column's raw value is found: an SQL expression and its type; `zone` of a zoned timestamp."""

    sql: str
    type: str
    zone: str | None = None


@dataclass(frozen=True)
class Conversion:
    """The SQL of one file: `raw` and `typed` select the cells, `good` is true for acceptable rows.

    `columns` maps each canonical column to its typed expression over them; absent columns are NULL or the default.
    """

    raw: str
    typed: str
    good: str
    columns: Mapping[str, str]
    problems: Mapping[str, str]  # canonical column → SQL text that is NULL or says what is wrong

    def select(self, relation: str, projection: str) -> str:
        """`projection` over all rows of `relation`; r_, v_ and the flag `good` can be used in it.

        A WHERE on `good` makes DuckDB evaluate every conversion twice; where that counts, carry the flag along instead.
        """
        cells = f"SELECT *, {self.typed} FROM (SELECT *, {self.raw} FROM {relation})"
        return f"SELECT {projection} FROM (SELECT *, ({self.good}) IS TRUE AS good FROM ({cells}))"


def conversion(schema: Schema, bindings: Sequence[Binding], cells: Mapping[str, Cell], mapping: TableMapping, file: str) -> Conversion:
    """The conversion of one file whose bound columns are found at `cells` (by canonical name).

    Enumerations of closed columns become the schema's integer codes in `v_`; see `Column.code`.

    Raises:
        InputError: an identifier is stored as a floating-point number.
    """
    raw, typed = [], []
    for b in bindings:
        cell = cells[b.name]
        if b.column.type == "id" and cell.type in ("DOUBLE", "FLOAT"):
            raise InputError(f"{file}: {b.name} is stored as a floating-point number, so digits may be lost; "
                             "export it as text")
        raw.append(f"{_raw(cell, b, mapping)} AS r_{b.name}")
        typed.append(f"{_typed(cell, b, mapping)} AS v_{b.name}")
    bound = {b.name: b for b in bindings}
    good = [f"(r_{n} IS NULL OR v_{n} IS NOT NULL)" for n in bound] + [f"v_{n} IS NOT NULL" for n in schema.required]
    good += [_holds(check, schema, bound) for check in schema.checks if _applies(check, bound)]
    columns = {name: _value(column, bound.get(name)) for name, column in schema.columns.items()}
    return Conversion(", ".join(raw), ", ".join(typed), " AND ".join(good), columns, _problems(schema, bound))


def code_sql(column: Column, value: str) -> str:
    """SQL that turns the code of a closed enumeration (expression `value`) back into its accepted value."""
    names = ", ".join(literal(v) for v in column.values)
    return f"[{names}][{value}]"


def _value(column: Column, binding: Binding | None) -> str:
    kind = "UTINYINT" if _coded(column) else SQL_TYPES.get(column.type, "VARCHAR")
    default = "NULL"
    if column.default is not None:
        default = str(column.code(column.default)) if _coded(column) else literal(column.default)
    if binding is None:
        return f"CAST({default} AS {kind})"
    return f"v_{binding.name}" if default == "NULL" else f"coalesce(v_{binding.name}, {default})"


def _coded(column: Column) -> bool:
    return column.type == "enum" and not column.open


def _native(cell: Cell, column: Column) -> bool:
    """Whether a stored (Parquet) type can be taken as it is; everything else goes through its text."""
    numeric = cell.type in INTEGERS or cell.type in ("DOUBLE", "FLOAT") or cell.type.startswith("DECIMAL")
    dated = cell.type.startswith("TIMESTAMP") or cell.type == "DATE"
    return {"int": cell.type in INTEGERS, "number": numeric, "money": numeric, "bool": cell.type == "BOOLEAN",
            "time": dated, "date": dated, "month": dated}.get(column.type, False)


def _raw(cell: Cell, b: Binding, mapping: TableMapping) -> str:
    if _native(cell, b.column):
        return f"CASE WHEN NOT isnan({cell.sql}) THEN {cell.sql} END" if cell.type in ("DOUBLE", "FLOAT") else cell.sql
    text = cell.sql if cell.type == "VARCHAR" else f"CAST({cell.sql} AS VARCHAR)"
    nulls = ", ".join(literal(n) for n in dict.fromkeys(("", *mapping.nulls)))
    trimmed = f"trim({text}, ' \t')"
    # Trimming is dear and hardly ever needed: look first whether a blank stands at either end.
    padded = f"{text} < '!' OR ends_with({text}, ' ') OR ends_with({text}, '\t')"
    return (f"CASE WHEN {padded} THEN CASE WHEN {trimmed} NOT IN ({nulls}) THEN {trimmed} END "
            f"WHEN {text} IN ({nulls}) THEN NULL ELSE {text} END")


def _typed(cell: Cell, b: Binding, mapping: TableMapping) -> str:
    r, column = f"r_{b.name}", b.column
    if _native(cell, column):
        return _from_native(r, cell, b, mapping)
    match column.type:
        case "int" | "number" | "money":
            return _bounded(_number(_digits(r, mapping), b), column)
        case "time":
            return time_from_text(r, b.formats, mapping.zone, mapping.source_zone)
        case "date":
            return f"CAST({time_from_text(r, b.formats, mapping.zone, mapping.source_zone)} AS DATE)"
        case "month":
            return _month(r, b, mapping)
        case "bool":
            return _choice(r, {**{fold(k): v for k, v in b.values.items()}, **dict.fromkeys(TRUE, "true"), **dict.fromkeys(FALSE, "false")},
                           "NULL", "CAST({} AS BOOLEAN)")
        case "enum":
            known = spellings(column, b.values)
            codes = {s: str(column.code(v)) for s, v in known.items()} if _coded(column) else known
            return _choice(r, codes, "NULL" if _coded(column) else r, "{}")
        case "id":
            return f"CASE WHEN NOT (contains({r}, 'E+') AND regexp_full_match({r}, '[0-9.]+E[+][0-9]+')) THEN {r} END"
        case _:
            return r


def _from_native(r: str, cell: Cell, b: Binding, mapping: TableMapping) -> str:
    column = b.column
    if column.type in ("int", "number", "money"):
        return _bounded(_number(r, b), column)
    if column.type == "bool":
        return r
    stamp = time_from_timestamp(r, cell.type, cell.zone, mapping.zone, mapping.source_zone)
    if column.type == "time":
        return stamp
    return f"CAST({stamp} AS DATE)" if column.type == "date" else f"strftime({stamp}, '%Y-%m')"


def _digits(r: str, mapping: TableMapping) -> str:
    """The text of a number with a decimal point and no separators; NULL where the separators stand oddly."""
    text = r
    if mapping.thousands:
        t = mapping.thousands
        pattern = literal(rf"[+-]?\d{{1,3}}([{t}]\d{{3}})+([{mapping.decimal}]\d*)?")
        text = f"CASE WHEN NOT contains({r}, {literal(t)}) THEN {r} WHEN regexp_full_match({r}, {pattern}) THEN replace({r}, {literal(t)}, '') END"
    if mapping.decimal == ",":
        text = f"CASE WHEN NOT contains({r}, '.') OR {literal(mapping.thousands)} = '.' THEN replace({text}, ',', '.') END"
    return f"CASE WHEN NOT contains({r}, '_') THEN {text} END"


def _number(sql: str, b: Binding) -> str:
    exact = f"TRY_CAST({sql} AS {MONEY})"
    if b.factor != "1":
        exact = f"TRY_CAST({exact} * {b.factor} AS {MONEY})"
        return f"CAST(round({exact}) AS BIGINT)" if b.column.type == "int" else exact
    if b.column.type == "int":  # 61.0 is a whole number, 61.5 is not
        return f"CASE WHEN {exact} = floor({exact}) THEN CAST({exact} AS BIGINT) END"
    return exact


def _bounded(sql: str, column: Column) -> str:
    limits = [f"{sql} >= {column.minimum}"] if column.minimum is not None else []
    limits += [f"{sql} <= {column.maximum}"] if column.maximum is not None else []
    value = f"CAST({sql} AS DOUBLE)" if column.type == "number" else sql
    return f"CASE WHEN {' AND '.join(limits)} THEN {value} END" if limits else value


def _month(r: str, b: Binding, mapping: TableMapping) -> str:
    if b.formats:
        return f"strftime({time_from_text(r, b.formats, mapping.zone, mapping.source_zone)}, '%Y-%m')"
    pattern = literal(r"(\d{4})(?:[-/.年]?(\d{2})|[-/.年](\d))月?")
    year, month = f"regexp_extract({r}, {pattern}, 1)", f"concat(regexp_extract({r}, {pattern}, 2), regexp_extract({r}, {pattern}, 3))"
    short = f"CASE WHEN regexp_full_match({r}, {pattern}) THEN concat({year}, '-', lpad({month}, 2, '0')) END"
    valid = f"CASE WHEN right({short}, 2) BETWEEN '01' AND '12' THEN {short} END"
    return f"coalesce({valid}, CASE WHEN length({r}) >= 8 THEN strftime({time_from_text(r, (), None, None)}, '%Y-%m') END)"


def _choice(r: str, results: Mapping[str, str], otherwise: str, form: str) -> str:
    """CASE over the folded spellings; the quick comparison comes first, folding only where it fails."""
    coded = all(v.isdigit() for v in results.values())
    shown = {s: form.format(v if coded or form != "{}" else literal(v)) for s, v in results.items()}
    whens = " ".join(f"WHEN {literal(s)} THEN {v}" for s, v in shown.items())
    folded = rf"regexp_replace(lower({r}), '[\s_-]+', '_', 'g')"
    return f"CASE {r} {whens} ELSE CASE {folded} {whens} ELSE {otherwise} END END"


def _applies(check: Check, bound: Mapping[str, Binding]) -> bool:
    return set(check.when) <= set(bound)


def _holds(check: Check, schema: Schema, bound: Mapping[str, Binding]) -> str:
    when = " AND ".join(_among(schema.columns[n], f"v_{n}", values) for n, values in check.when.items())
    value = f"v_{check.column}" if check.column in bound else "NULL"
    return f"(NOT ({when}) OR {_among(schema.columns[check.column], value, check.allow)})"


def _among(column: Column, value: str, allowed: Sequence[str]) -> str:
    filled = [str(column.code(v)) if _coded(column) else literal(v) for v in allowed if v]
    inside = f"coalesce({value} IN ({', '.join(filled)}), false)" if filled else "false"
    return f"({value} IS NULL OR {inside})" if "" in allowed else inside


def _problems(schema: Schema, bound: Mapping[str, Binding]) -> dict[str, str]:
    problems = {}
    for name, column in schema.columns.items():
        whens = []
        if name in bound:
            shown = f"""concat('"', left(CAST(r_{name} AS VARCHAR), 40), '" ', {literal(_complaint(column))})"""
            whens.append(f"WHEN r_{name} IS NOT NULL AND v_{name} IS NULL THEN {shown}")
        if column.required:
            whens.append(f"WHEN v_{name} IS NULL THEN 'is missing'")
        for check in schema.checks:
            if check.column == name and _applies(check, bound):
                when = " and ".join(f"{n} is {' or '.join(values)}" for n, values in check.when.items())
                allowed = " or ".join(v or "empty" for v in check.allow)
                whens.append(f"WHEN NOT {_holds(check, schema, bound)} THEN {literal(f'must be {allowed} where {when}')}")
        if whens:
            problems[name] = f"CASE {' '.join(whens)} END"
    return problems


def _complaint(column: Column) -> str:
    if column.type == "enum":
        return f"is not one of {', '.join(column.values)}"
    if column.minimum is not None and column.maximum is not None:
        return f"is not {EXPECTED[column.type]} from {column.minimum} to {column.maximum}"
    if column.minimum == 0:
        return f"is not {EXPECTED[column.type]} of 0 or more"
    return f"is not {EXPECTED.get(column.type, 'a value')}"
