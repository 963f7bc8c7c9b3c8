"""The data dictionary, generated from the schemas and the feature catalogue."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence

from telco_crm.errors import UsageError
from telco_crm.features.loading import load_catalog
from telco_crm.features.table import feature_schema
from telco_crm.indicators.catalogue import Shape, indicator_schema
from telco_crm.rules import nearest
from telco_crm.schema import INPUT_TABLES, OUTPUT_TABLES, Schema, load_schema

HEADINGS = {"en": ("column", "type", "unit", "name", "definition"), "zh": ("列", "类型", "单位", "名称", "定义")}
TABLE_HEADINGS = {"en": ("table", "name", "what it holds"), "zh": ("表", "名称", "内容")}


def dictionary(table: str | None, form: str, lang: str) -> str:
    """The dictionary of `table`, or the list of tables, as text, markdown or csv.

    Raises:
        UsageError: there is no such table.
    """
    if table is None:
        tables = [(s.name, s.zh if lang == "zh" else s.en, s.about) for s in map(_schema, _tables())]
        return _printed(TABLE_HEADINGS[lang], tables, form)
    if table not in _tables():
        raise UsageError(f'there is no table "{table}"{nearest(table, _tables())}; there are {", ".join(_tables())}')
    schema = _schema(table)
    rows = [
        (
            name,
            column.type + (", required" if column.required else ""),
            column.unit,
            column.label(lang),
            _definition(schema, name, lang),
        )
        for name, column in schema.columns.items()
    ]
    return _printed(HEADINGS[lang], rows, form)


def _tables() -> tuple[str, ...]:
    return (*INPUT_TABLES, "antennas", "outcome", "features", "indicators", *OUTPUT_TABLES)


def _schema(table: str) -> Schema:
    if table == "indicators":
        return indicator_schema(Shape())
    return feature_schema(load_catalog()) if table == "features" else load_schema(table)


def _definition(schema: Schema, name: str, lang: str) -> str:
    column = schema.columns[name]
    text = column.about
    if column.values:
        listed = ", ".join(f"{v} ({column.value_label(v, lang)})" if lang == "zh" else v for v in column.values)
        text += f" Values: {listed}{' or others' if column.open else ''}."
    if column.minimum is not None:
        text += f" From {column.minimum}" + (f" to {column.maximum}." if column.maximum is not None else " on.")
    if schema.name in (*INPUT_TABLES, "antennas", "outcome"):
        text += f" Recognised headers: {', '.join((column.zh, *column.aliases))}."
    return text


def _printed(headings: Sequence[str], rows: Sequence[Sequence[str]], form: str) -> str:
    if form == "csv":
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([headings, *rows])
        return out.getvalue()
    if form == "markdown":
        lines = [headings, ["---"] * len(headings), *rows]
        return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
    widths = [max(_width(row[i]) for row in [headings, *rows]) for i in range(len(headings) - 1)]
    return "".join(
        "  ".join([*(cell + " " * (w - _width(cell)) for cell, w in zip(row, widths, strict=False)), row[-1]]).rstrip()
        + "\n"
        for row in [headings, *rows]
    )


def _width(text: str) -> int:
    """Columns of a terminal; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
