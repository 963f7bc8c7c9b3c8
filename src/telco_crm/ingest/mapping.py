"""From an export's headers to canonical columns: recognised names, the user's mapping, units and value spellings."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import field_validator, model_validator

from telco_crm.errors import InputError
from telco_crm.ingest.times import wrong_directive
from telco_crm.rules import Model, nearest
from telco_crm.schema import Column, Schema

# Of a header's sampled cells, at least and at most so many are values of the column meant, and of any other.
MOST, FEW = 0.9, 0.1


class TableMapping(Model):
    """`[input.<table>]` of the user's file: what recognition cannot know.

    columns: canonical column → export header; constants: canonical column → value for every row; values: canonical
    column → {export spelling → accepted value}; formats: canonical column → strptime format(s); units: canonical
    column → unit; zone: the operator's zone, into which instants (offsets, epoch seconds) are turned; source_zone:
    the zone of times that carry none; nulls: cells that mean "empty"; header: column names of a file without a
    header line.
    """

    columns: dict[str, str] = {}
    constants: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    formats: dict[str, str | tuple[str, ...]] = {}
    units: dict[str, str] = {}
    nulls: tuple[str, ...] | None = None
    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'", ""] = ","
    zone: str | None = None
    source_zone: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _signs_differ(self) -> TableMapping:
        if self.decimal == self.thousands:
            raise ValueError(
                f'decimal and thousands are both "{self.decimal}"; say what stands between thousands, '
                f'such as thousands = "{"." if self.decimal == "," else ","}", or thousands = "" if nothing does'
            )
        return self

    @field_validator("delimiter")
    @classmethod
    def _one_sign(cls, value: str | None) -> str | None:
        if (value is not None and not re.fullmatch(r"[\t -~]", value)) or value in set('"\\'):
            raise ValueError("a delimiter is one ASCII character and no quotation mark")
        return value

    @property
    def text_nulls(self) -> tuple[str, ...]:
        """Cells of a text file that mean "empty"."""
        return tuple(dict.fromkeys(("", *(("NULL", "null", "\\N") if self.nulls is None else self.nulls))))

    @property
    def stored_nulls(self) -> tuple[str, ...]:
        """Texts of a Parquet file that mean "empty", besides its own nulls."""
        return tuple(dict.fromkeys(("", *(self.nulls or ()))))


@dataclass(frozen=True)
class Binding:
    """How one canonical column is filled: from a header of the file, from a hive folder or by a constant."""

    name: str
    column: Column
    header: str | None = None
    constant: str | None = None
    factor: str = "1"
    formats: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)


def bind(
    schema: Schema,
    headers: Sequence[str],
    mapping: TableMapping,
    file: str,
    samples: Mapping[str, Sequence[str]],
    hive: Mapping[str, str] | None = None,
) -> list[Binding]:
    """One Binding per canonical column that this file fills, in the schema's order.

    `samples` holds some values per header; they settle a header that could mean several columns.

    Raises:
        InputError: with every problem: missing or doubly matched columns, mapped headers that are absent.
    """
    problems = _mapping_problems(schema, headers, mapping, file)
    chosen: dict[str, list[str]] = {c: [h] for c, h in mapping.columns.items() if c in schema.columns}
    taken = {h for found in chosen.values() for h in found}
    unsettled: set[str] = set()
    candidates = {h: [] if h in taken else _open_candidates(schema, h, mapping) for h in headers}
    sure = {names[0] for names in candidates.values() if len(names) == 1}
    for header in headers:
        names = candidates[header]
        if len(names) > 1:
            names = _settled(_shares(schema, names, mapping, samples.get(header, ())), sure)
        if len(names) > 1:
            problems.append(_ambiguous(schema, header, file))
            unsettled |= set(names)
        elif names:
            chosen.setdefault(names[0], []).append(header)
    problems += [_twice(schema, name, found, file) for name, found in chosen.items() if len(found) > 1]
    constants = dict(mapping.constants)
    for key, value in (hive or {}).items():
        for name in _candidates(schema, key):
            if name not in chosen:
                constants.setdefault(name, value)
    problems += _missing(schema, {*chosen, *constants, *unsettled}, headers, file)
    if problems:
        raise InputError(problems)
    return [
        _binding(name, column, chosen[name][0] if name in chosen else None, constants.get(name), mapping)
        for name, column in schema.columns.items()
        if name in chosen or name in constants
    ]


def _open_candidates(schema: Schema, header: str, mapping: TableMapping) -> list[str]:
    """The columns that a header may mean and that the mapping does not fill otherwise."""
    return [n for n in _candidates(schema, header) if n not in mapping.columns and n not in mapping.constants]


def _settled(shares: Mapping[str, float], sure: Set[str]) -> list[str]:
    """The column that a header means, of the candidates whose values so many (`shares`) of its cells are, or all of
    them if that settles nothing. Bad cells are rejected later; they need not keep a file from being read.

    Columns that other headers fill for `sure` are no rivals.
    """
    for names in ([n for n in shares if n not in sure], list(shares)):
        whole = [n for n in names if shares[n] == 1]
        most = [n for n in names if shares[n] >= MOST]
        if len(whole) == 1:
            return whole
        if len(most) == 1 and all(shares[n] <= FEW for n in names if n not in most):
            return most
    return list(shares)


def _twice(schema: Schema, name: str, found: Sequence[str], file: str) -> str:
    same = len(set(found)) == 1
    what = (
        f'the header "{found[0]}" stands twice'
        if same
        else " and ".join(f'"{h}"' for h in found) + f" both mean {name}"
    )
    remedy = f'[input.{schema.name}.columns] {name} = "{found[-1]}"'
    if same:
        return f"{file}, line 1: {what}; rename one of them"
    return f"{file}, line 1: the headers {what}; say which one counts in the mapping: {remedy}"


def fold(text: str) -> str:
    """A header or value without differences of case, width, spacing or joining signs."""
    return re.sub(r"[\s_\-]+", "_", unicodedata.normalize("NFKC", text).strip().strip("\ufeff").lower())


@cache
def unit_table(unit: str) -> dict[str, float]:
    """Accepted unit names → multiple of the schema's `unit`; empty if the column has no convertible unit."""
    text = resources.files("telco_crm.schema").joinpath("units.toml").read_text("utf-8")
    return {fold(name): factor for name, factor in tomllib.loads(text).get(unit, {}).items()}


def spellings(column: Column, extra: Mapping[str, str]) -> dict[str, str]:
    """Folded spelling → accepted value, the mapping's own spellings first."""
    known = {fold(s): value for value, others in column.values.items() for s in (value, *others)}
    return {**known, **{fold(s): value for s, value in extra.items()}}


def _binding(name: str, column: Column, header: str | None, constant: str | None, mapping: TableMapping) -> Binding:
    unit = mapping.units.get(name) or (_split_unit(column, header)[1] if header else None)
    factor = unit_table(column.unit).get(fold(unit), 1) if unit else 1
    return Binding(
        name,
        column,
        header,
        None if header else constant,
        f"{factor:g}" if factor < 1 else str(int(factor)),
        _formats(name, mapping),
        mapping.values.get(name, {}),
    )


def _candidates(schema: Schema, header: str) -> list[str]:
    """The canonical columns that `header` may mean."""
    return [name for name, column in schema.columns.items() if _matches(name, column, header)]


def _matches(name: str, column: Column, header: str) -> bool:
    names = {fold(n) for n in (name, column.zh, *column.aliases)}
    return fold(header) in names or fold(_split_unit(column, header)[0]) in names


def _split_unit(column: Column, header: str) -> tuple[str, str | None]:
    """("duration", "min") for `duration (min)` or `duration_min`; the unit only if the column knows it."""
    match = re.fullmatch(r"(.+?)[\s_]*[(\[/]\s*([^)\]]+?)\s*[)\]]?|(.+)_([^_]+)", fold(header))
    if not match:
        return header, None
    base, unit = (match[1], match[2]) if match[1] else (match[3], match[4])
    return (base.strip("_"), unit) if unit in unit_table(column.unit) else (header, None)


def _shares(schema: Schema, names: Sequence[str], mapping: TableMapping, sample: Sequence[str]) -> dict[str, float]:
    """How many of the filled cells are values of each of the columns, from 0 to 1."""
    values = [fold(v) for v in sample if v and v.strip()]
    known = {n: spellings(schema.columns[n], mapping.values.get(n, {})) for n in names}
    return {n: sum(v in known[n] for v in values) / max(len(values), 1) for n in names}


def _ambiguous(schema: Schema, header: str, file: str) -> str:
    names = _candidates(schema, header)
    return (
        f'{file}: the header "{header}" could mean {" or ".join(names)} and its values do not settle it; '
        f'name it in the mapping: [input.{schema.name}.columns] {names[0]} = "{header}"'
    )


def _missing(schema: Schema, found: Set[str], headers: Sequence[str], file: str) -> list[str]:
    absent = [n for n in schema.required if n not in found]
    shown = ", ".join(headers[:20]) + (" …" if len(headers) > 20 else "")
    return [
        f'{file}: no column for "{name}" ({schema.columns[name].zh}), which {schema.name} cannot do without; its '
        f'headers are {shown}; name it in the mapping: [input.{schema.name}.columns] {name} = "…"'
        for name in absent
    ]


def _mapping_problems(schema: Schema, headers: Sequence[str], mapping: TableMapping, file: str) -> list[str]:
    where = f"[input.{schema.name}"
    problems = [
        f'{file}: the mapping names the column "{header}" for {name}, but the file has no such header; '
        f"its headers are {', '.join(headers[:20])}{nearest(header, headers)}"
        for name, header in mapping.columns.items()
        if name in schema.columns and header not in headers
    ]
    problems += [_twice(schema, n, [h, h], file) for n, h in mapping.columns.items() if headers.count(h) > 1]
    for part in ("columns", "constants", "values", "formats", "units"):
        problems += [
            f"{where}.{part}] {name}: {schema.name} has no such column{nearest(name, schema.columns)}"
            for name in getattr(mapping, part)
            if name not in schema.columns
        ]
    for name in set(mapping.columns) & set(mapping.constants):
        problems.append(f"{where}.constants] {name}: the mapping names a header for it too; take one of them out")
    for name, column in schema.columns.items():
        problems += [f"{where}.{problem}" for problem in _column_problems(name, column, mapping)]
    return problems


def _column_problems(name: str, column: Column, mapping: TableMapping) -> list[str]:
    """What is wrong with the unit, the formats, the constant and the spellings of a column."""
    problems = []
    unit = mapping.units.get(name)
    if unit is not None and fold(unit) not in unit_table(column.unit):
        known = ", ".join(unit_table(column.unit)) or "none: the column has no unit"
        problems.append(f'units] {name}: unknown unit "{unit}"; known are {known}')
    formats = _formats(name, mapping)
    if formats and column.type not in ("time", "date", "month"):
        problems.append(f"formats] {name}: only times, dates and months have a format")
    problems += [
        f'formats] {name}: "{wrong}" in "{form}" is no directive of strptime'
        for form in formats
        if (wrong := wrong_directive(form))
    ]
    if column.type == "enum" and not column.open:
        accepted = ", ".join(column.values)
        problems += [
            f'values.{name}] {spelling}: "{value}" is not accepted; accepted are {accepted}'
            for spelling, value in mapping.values.get(name, {}).items()
            if value not in column.values
        ]
        constant = mapping.constants.get(name)
        if constant is not None and fold(constant) not in spellings(column, mapping.values.get(name, {})):
            problems.append(f'constants] {name}: "{constant}" is not accepted; accepted are {accepted}')
    return problems


def _formats(name: str, mapping: TableMapping) -> tuple[str, ...]:
    given = mapping.formats.get(name, ())
    return (given,) if isinstance(given, str) else given
