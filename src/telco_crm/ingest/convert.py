"""SQL that turns raw cells into typed values, and says what is wrong with those that it cannot turn.

Every bound column passes three steps: `r_<name>`, the raw cell (trimmed; NULL where empty), `p_<name>`, what could be
parsed of it, and `v_<name>`, the typed value (NULL where the cell is empty or wrong). A row is good when no filled cell
lost its value, nothing required is missing and the schema's checks hold. The same SQL runs over Arrow chunks of text
files and over Parquet files, on every engine that runs DuckDB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from telco_crm.engine.sql import literal
from telco_crm.errors import InputError
from telco_crm.ingest.mapping import Binding, TableMapping, fold, spellings
from telco_crm.ingest.numbers import number_from_text, whole, without_joints
from telco_crm.ingest.times import EARLIEST, LATEST, month_from_text, time_from_text, time_from_timestamp
from telco_crm.schema import Check, Column, Schema

MONEY = "DECIMAL(18,6)"
INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT"}
SQL_TYPES = {
    "int": "BIGINT",
    "number": "DOUBLE",
    "degrees": "DOUBLE",
    "money": MONEY,
    "time": "TIMESTAMP",
    "date": "DATE",
    "bool": "BOOLEAN",
}
EXPECTED = {
    "int": "a whole number",
    "number": "a number",
    "degrees": "a number of degrees",
    "money": "an amount of money",
    "time": "a time",
    "date": "a date",
    "month": "a month",
    "bool": "yes or no",
    "id": "an identifier (a spreadsheet has turned it into a number)",
}
NO_TEXT = "is not an identifier (its bytes are not text)"
TRUE = ("true", "t", "yes", "y", "1", "是", "有")
FALSE = ("false", "f", "no", "n", "0", "否", "无")


@dataclass(frozen=True)
class Cell:
    """Where a bound column's raw value is found: an SQL expression, its type, and the zone of a zoned timestamp.

    `clean` says that the cell is trimmed and NULL where it means empty, `bytes` that it was stored as bytes: those that
    are no text are shown as such as \\xFF.
    """

    sql: str
    type: str
    zone: str | None = None
    clean: bool = False
    bytes: bool = False

    def no_text(self, shown: str) -> str:
        """SQL: whether `shown` stands for bytes that are no text."""
        return rf"contains({shown}, '\x')" if self.bytes else "false"


@dataclass(frozen=True)
class Conversion:
    """The SQL of one file, step by step; a row is acceptable if all of `good` hold: those of a column's cell under its
    name, others under a name of their own.

    `columns` maps each canonical column to its typed expression (absent columns are NULL or the default), `problems` to
    SQL text that is NULL or says what is wrong. A cell of `plain_ids` is good if it has nothing but digits.
    """

    raw: str
    parsed: str
    typed: str
    good: Mapping[str, str]
    columns: Mapping[str, str]
    problems: Mapping[str, str]
    open_coded: bool = False  # whether open enumerations are codes too
    plain_ids: Set[str] = frozenset()

    def select(self, relation: str, projection: str, *between: str) -> str:
        """`projection` over all rows of `relation`; r_, v_ and the flag `good` can be used in it, and what the steps
        `between` the typed values and the flag name.

        A WHERE on `good` makes DuckDB evaluate every conversion twice; where that counts, carry the flag along instead.
        """
        sql, good = relation, " AND ".join(self.good.values())
        for step in (self.raw, self.parsed, self.typed, *between, f"({good}) IS TRUE AS good"):
            sql = f"(SELECT *, {step} FROM {sql})" if step else sql
        return f"SELECT {projection} FROM {sql}"


def conversion(
    schema: Schema, bindings: Sequence[Binding], cells: Mapping[str, Cell], mapping: TableMapping, file: str
) -> Conversion:
    """The conversion of one file whose bound columns are found at `cells` (by canonical name).

    Enumerations of closed columns become the schema's integer codes in `v_`; see `Column.code`.

    Raises:
        InputError: columns are stored as what cannot be taken for their values.
    """
    if problems := [f"{file}: {b.name} {why}" for b in bindings if (why := _unfit(b.column, cells[b.name].type))]:
        raise InputError(problems)
    bound = {b.name: b for b in bindings}
    steps = [Steps(b, cells[b.name], mapping) for b in bindings]
    good = {s.name: f"(r_{s.name} IS NULL OR v_{s.name} IS NOT NULL)" for s in steps if s.can_fail}
    good |= {f"{n} filled": f"v_{n} IS NOT NULL" for n in schema.required}
    checks = [_holds(check, schema, bound) for check in schema.checks if _applies(check, bound)]
    return Conversion(
        raw=", ".join(f"{s.raw()} AS r_{s.name}" for s in steps),
        parsed=", ".join(f"{p} AS p_{s.name}" for s in steps if (p := s.parsed()) is not None),
        typed=", ".join(f"{s.typed()} AS v_{s.name}" for s in steps),
        good={**good, **{f"check {n}": check for n, check in enumerate(checks)}},
        columns={name: _value(column, bound.get(name)) for name, column in schema.columns.items()},
        problems=_problems(schema, bound, cells),
    )


def distinct_sql(binding: Binding, cell: Cell, mapping: TableMapping, relation: str) -> str:
    """The distinct typed values of one column without steps of parsing, as `id`."""
    steps = Steps(binding, cell, mapping)
    cells = f"SELECT {steps.raw()} AS r_{binding.name} FROM (SELECT DISTINCT {cell.sql} FROM {relation})"
    return f"SELECT DISTINCT {steps.typed()} AS id FROM ({cells})"


def code_sql(column: Column, value: str) -> str:
    """SQL that turns the code of a closed enumeration (expression `value`) back into its accepted value."""
    names = ", ".join(literal(v) for v in column.values)
    return f"[{names}][{value}]"


class Steps:
    """The three expressions of one bound column; `can_fail` says whether a filled cell can lose its value."""

    def __init__(self, binding: Binding, cell: Cell, mapping: TableMapping) -> None:
        self.name, self._b, self._cell, self._mapping = binding.name, binding, cell, mapping
        self._column = binding.column
        self._native = _is_native(cell, self._column)
        self._whole = self._column.type == "int" and cell.type in INTEGERS and binding.factor == "1"
        self.can_fail = self._column.type not in ("text", "name") and not (
            self._column.type == "enum" and self._column.open
        )

    def raw(self) -> str:
        """The raw cell: trimmed, NULL where it means empty."""
        cell = self._cell
        if cell.clean:
            return cell.sql
        if self._native:
            missing = cell.type in ("DOUBLE", "FLOAT")
            return f"CASE WHEN NOT isnan({cell.sql}) THEN {cell.sql} END" if missing else cell.sql
        text = cell.sql if cell.type == "VARCHAR" else f"CAST({cell.sql} AS VARCHAR)"
        nulls = ", ".join(map(literal, self._mapping.stored_nulls))
        trimmed = f"trim({text}, ' \t')"
        # Trimming is dear and hardly ever needed: look first whether a blank stands at either end.
        padded = f"{text} < '!' OR ends_with({text}, ' ') OR ends_with({text}, '\t')"
        return (
            f"CASE WHEN {padded} THEN CASE WHEN {trimmed} NOT IN ({nulls}) THEN {trimmed} END "
            f"WHEN {text} IN ({nulls}) THEN NULL ELSE {text} END"
        )

    def parsed(self) -> str | None:
        """What can be parsed of r_, for numbers and times."""
        r, column, m = f"r_{self.name}", self._column, self._mapping
        if self._whole:
            return None
        if column.type in ("int", "number", "money"):
            text = f"TRY_CAST({r} AS {MONEY})" if self._native else number_from_text(r, m.decimal, m.thousands)
            return text if self._b.factor == "1" else f"TRY_CAST({text} * {self._b.factor} AS {MONEY})"
        if column.type == "degrees":  # more decimals than money has
            number = f"TRY_CAST({r} AS DOUBLE)"
            return number if self._native else without_joints(r, number)
        if column.type in ("time", "date") or (column.type == "month" and (self._native or self._b.formats)):
            if self._native:
                return time_from_timestamp(r, self._cell.type, self._cell.zone, m.zone, m.source_zone)
            return time_from_text(r, self._b.formats, m.zone, m.source_zone)
        return None

    def typed(self) -> str:
        """The typed value, over r_ and p_."""
        r, p, column = f"r_{self.name}", f"p_{self.name}", self._column
        match column.type:
            case "int" if self._whole:
                return _bounded(f"CAST({r} AS BIGINT)", r, column)
            case "int":
                return _bounded(whole(p, rounding=self._b.factor != "1"), p, column)
            case "degrees":
                return _bounded(p, p, column)
            case "number" | "money":
                return _bounded(f"CAST({p} AS DOUBLE)" if column.type == "number" else p, p, column)
            case "time" | "date":
                value = p if column.type == "time" else f"CAST({p} AS DATE)"
                return f"CASE WHEN {p} BETWEEN {EARLIEST} AND {LATEST} THEN {value} END"
            case "month":
                return f"strftime({p}, '%Y-%m')" if self.parsed() else month_from_text(r)
            case "bool":
                return r if self._native else self._bool(r)
            case "enum":
                return self._enum(r)
            case "id":
                mangled = f"contains({r}, 'E+') AND regexp_full_match({r}, '[0-9.]+E[+][0-9]+')"
                wrong = f"{mangled} OR {self._cell.no_text(r)}" if self._cell.bytes else mangled
                return f"CASE WHEN NOT ({wrong}) THEN {r} END"
            case _:
                return r

    def _bool(self, r: str) -> str:
        words = {fold(word): value for word, value in self._b.values.items()}
        return _choice(r, {**dict.fromkeys(TRUE, "true"), **dict.fromkeys(FALSE, "false"), **words}, "NULL")

    def _enum(self, r: str) -> str:
        known = spellings(self._column, self._b.values)
        if is_coded(self._column):
            return _choice(r, {s: str(self._column.code(v)) for s, v in known.items()}, "NULL")
        return _choice(r, {s: literal(v) for s, v in known.items()}, r)


def _unfit(column: Column, stored: str) -> str:
    """Why a column cannot be read from this stored (Parquet) type, and what to do; "" if it can."""
    if stored.endswith("[]") and column.type not in ("text", "name"):
        return f"is stored as lists ({stored}), but has one value per row; export it as such"
    if column.type == "id" and stored in ("DOUBLE", "FLOAT"):
        return "is stored as a floating-point number, so digits may be lost; export it as text"
    if column.type == "id" and stored.startswith("DECIMAL") and not stored.endswith(",0)"):
        return f"is stored as a number with decimals ({stored}), which identifiers do not have; export it as text"
    return ""


def _is_native(cell: Cell, column: Column) -> bool:
    """Whether a stored (Parquet) type can be taken as it is; everything else goes through its text."""
    numeric = cell.type in INTEGERS or cell.type in ("DOUBLE", "FLOAT") or cell.type.startswith("DECIMAL")
    dated = cell.type.startswith("TIMESTAMP") or cell.type == "DATE"
    kinds = {"bool": cell.type == "BOOLEAN", **dict.fromkeys(("int", "number", "money", "degrees"), numeric)}
    return {**kinds, **dict.fromkeys(("time", "date", "month"), dated)}.get(column.type, False)


def _value(column: Column, binding: Binding | None) -> str:
    kind = "UTINYINT" if is_coded(column) else SQL_TYPES.get(column.type, "VARCHAR")
    default = "NULL"
    if column.default is not None:
        default = str(column.code(column.default)) if is_coded(column) else literal(column.default)
    if binding is None:
        return f"CAST({default} AS {kind})"
    return f"v_{binding.name}" if default == "NULL" else f"coalesce(v_{binding.name}, {default})"


def is_coded(column: Column) -> bool:
    """Whether typed values of the column are integer codes."""
    return column.type == "enum" and not column.open


def _bounded(value: str, number: str, column: Column) -> str:
    limits = [f"{number} >= {column.minimum}"] if column.minimum is not None else []
    limits += [f"{number} <= {column.maximum}"] if column.maximum is not None else []
    return f"CASE WHEN {' AND '.join(limits)} THEN {value} END" if limits else value


def _choice(r: str, results: Mapping[str, str], otherwise: str) -> str:
    """CASE over the folded spellings; the quick comparison comes first, folding only where it fails."""
    whens = " ".join(f"WHEN {literal(spelling)} THEN {value}" for spelling, value in results.items())
    folded = rf"regexp_replace(lower({r}), '[\s_-]+', '_', 'g')"
    return f"CASE {r} {whens} ELSE CASE {folded} {whens} ELSE {otherwise} END END"


def _applies(check: Check, bound: Mapping[str, Binding]) -> bool:
    return set(check.when) <= set(bound)


def _holds(check: Check, schema: Schema, bound: Mapping[str, Binding]) -> str:
    when = " AND ".join(_among(schema.columns[n], f"v_{n}", values) for n, values in check.when.items())
    value = f"v_{check.column}" if check.column in bound else "NULL"
    return f"(NOT ({when}) OR {_among(schema.columns[check.column], value, check.allow)})"


def _among(column: Column, value: str, allowed: Sequence[str]) -> str:
    filled = [str(column.code(v)) if is_coded(column) else literal(v) for v in allowed if v]
    inside = f"coalesce({value} IN ({', '.join(filled)}), false)" if filled else "false"
    return f"({value} IS NULL OR {inside})" if "" in allowed else inside


def _problems(schema: Schema, bound: Mapping[str, Binding], cells: Mapping[str, Cell]) -> dict[str, str]:
    problems = {}
    for name, column in schema.columns.items():
        whens = []
        if name in bound:
            why = literal(_complaint(column))
            if column.type == "id" and cells[name].bytes:
                why = f"CASE WHEN {cells[name].no_text(f'r_{name}')} THEN {literal(NO_TEXT)} ELSE {why} END"
            shown = f"""concat('"', left(CAST(r_{name} AS VARCHAR), 40), '" ', {why})"""
            whens.append(f"WHEN r_{name} IS NOT NULL AND v_{name} IS NULL THEN {shown}")
        if column.required:
            whens.append(f"WHEN v_{name} IS NULL THEN 'is missing'")
        for check in schema.checks:
            if check.column == name and _applies(check, bound):
                when = " and ".join(f"{n} is {' or '.join(values)}" for n, values in check.when.items())
                allowed = " or ".join(v or "empty" for v in check.allow)
                told = literal(f"must be {allowed} where {when}")
                whens.append(f"WHEN NOT {_holds(check, schema, bound)} THEN {told}")
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
