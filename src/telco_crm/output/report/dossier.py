"""Everything that the tables of a run say about one subscriber: as plain data, and on one screen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from telco_crm.engine.duck import DuckEngine
from telco_crm.engine.sql import literal
from telco_crm.errors import InputError
from telco_crm.labels import text
from telco_crm.output.report.words import column_of, plain, shown
from telco_crm.output.tables import find_table, stored, stored_rows
from telco_crm.schema import OUTPUT_TABLES, load_schema

KEY = "subscriber_id"
MONTHS = "subscriber_months"
ORDERS = {MONTHS: "month", "contacted": "contacted_on, campaign", "service_history": "time, kind, area"}
BARS = "▁▂▃▄▅▆▇█"
NEAREST = 3

Dossier = dict[str, list[dict[str, Any]]]


def dossier(folder: Path, subscriber: str, sorted_tables: Collection[str] = ()) -> Dossier:
    """Table → the subscriber's rows, in the order of the tables of a run; only tables that have any.

    `sorted_tables` are those whose files are sorted by subscriber_id first.

    Raises:
        InputError: no table of the folder names the subscriber; the message has the nearest ids.
    """
    found: Dossier = {}
    paths = {name: path for name in OUTPUT_TABLES if (path := find_table(folder, name))}
    paths = {name: path for name, path in paths.items() if KEY in load_schema(name).columns}
    if not paths:
        raise InputError(f"{folder}: there are no tables of subscribers; name a folder that `telco-crm run` wrote")
    with DuckEngine() as engine:
        for name, path in paths.items():
            columns = list(load_schema(name).columns)
            query = stored_rows(engine, path, name, KEY, subscriber, name in sorted_tables)
            order = f" ORDER BY {ORDERS[name]}" if name in ORDERS else ""
            if rows := engine.rows(f"FROM ({query}){order}"):
                found[name] = [dict(zip(columns, row, strict=True)) for row in rows]
        if not found:
            first = stored(engine, next(iter(paths.values())), next(iter(paths)))
            near = engine.rows(
                f"SELECT {KEY} FROM ({first}) ORDER BY levenshtein({KEY}, {literal(subscriber)}), {KEY} LIMIT {NEAREST}"
            )
            known = ", ".join(row[0] for row in near)
            raise InputError(f"{folder} has no subscriber {subscriber}; the nearest are {known}")
    return found


def as_data(found: Dossier) -> dict[str, Any]:
    """The same for JSON: figures as numbers, ids and dates as text, without the id in every row."""
    return {name: [{k: _value(v) for k, v in row.items() if k != KEY} for row in rows] for name, rows in found.items()}


def print_dossier(console: Console, found: Dossier, subscriber: str, lang: str) -> None:
    """The subscriber on one screen: months as sparklines, then every table with what it says."""
    console.print(Text(text("show.title", lang, id=subscriber), style="bold"))
    if months := found.get(MONTHS):
        console.print(_sparklines(months, lang))
    for name, rows in found.items():
        if name == MONTHS:
            continue
        schema = load_schema(name)
        console.print(Text(schema.zh if lang == "zh" else schema.en, style="bold"))
        for row in rows:
            console.print(Text(_sentence(name, row, lang)), soft_wrap=not console.is_terminal)


def _sentence(name: str, row: Mapping[str, Any], lang: str) -> str:
    """The filled columns of a row: "heading value; heading value"."""
    said = []
    for key, value in row.items():
        if key == KEY or value is None or value is False or _worded(name, key) in row:
            continue
        column = column_of(key, (name,), lang)
        said.append(
            f"{column.label}: {column.words.get(str(value)) or shown(value, column.form, lang, column.decimals)}"
        )
    return "  " + text("show.semicolon", lang).join(said)


def _worded(table: str, key: str) -> str:
    """The column that has a code in words, where a table has one: people need not read both."""
    if table == "alerts" and key == "alert":
        return "title"
    names = (f"{key}_{ending}" for ending in ("name", "words"))
    return next((name for name in names if name in load_schema(table).columns), "")


def _sparklines(months: Sequence[Mapping[str, Any]], lang: str) -> Table:
    span = f"{months[0]['month']} – {months[-1]['month']}"
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading, side in (
        (span, "left"),
        ("", "left"),
        (text("show.last", lang), "right"),
        (text("show.mean", lang), "right"),
    ):
        table.add_column(heading, justify=side)  # type: ignore[arg-type]
    for key, column in load_schema(MONTHS).columns.items():
        values = [m[key] for m in months]
        if key in (KEY, "month") or all(v is None for v in values):
            continue
        there = [float(v) for v in values if v is not None]
        last = "" if values[-1] is None else f"{values[-1]:,}"
        table.add_row(column.label(lang), sparkline(values), last, f"{sum(there) / len(there):,.2f}")
    return table


def sparkline(values: Sequence[Any]) -> str:
    """Eight heights from zero to the largest value; a blank where there is none."""
    most = max((float(v) for v in values if v is not None), default=0.0)
    top = len(BARS) - 1
    return "".join(" " if v is None else BARS[round(max(float(v), 0) / most * top) if most else 0] for v in values)


def _value(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    words = plain(value)
    return float(words) if words.replace(".", "", 1).lstrip("-").isdigit() else words
