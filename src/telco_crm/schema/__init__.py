"""Schemas: the columns, types, units, zh/en names and accepted values of every table.

One TOML file per table. They drive the mapping of exports, reading, rejects, output columns, headings and the
data dictionary.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, Literal

from telco_crm.labels import named
from telco_crm.rules import Model, explain

ColumnType = Literal["id", "name", "text", "enum", "time", "date", "month", "bool", "int", "number", "money", "degrees"]
INPUT_TABLES = ("usage", "bills", "subscribers", "events", "contacts")
OUTPUT_TABLES = (
    "segments",
    "groups",
    "segment_drift",
    "price_sensitivity",
    "strategy",
    "migration",
    "migration_balance",
    "segment_quality",
    "arpu_bands",
    "credit",
    "churn",
    "churn_rates",
    "retention",
    "value_tiers",
    "value_cuts",
    "tier_migration",
    *("value_assessment", "value_segments", "survival", "value_calibration"),
    "lifecycle",
    "stage_tiers",
    "arrears",
    "arrears_ageing",
    "stop_rules",
    "credit_limits",
    "tags",
    "recommendations",
    *("churn_evaluation", "churn_rules", "churn_monitor", "table_scores", "table_measures"),
    "audit",
    "alerts",
    *("prospects", "prospect_contacts", "prospect_totals"),
    *("satisfaction", "satisfaction_drivers", "complaints", "satisfaction_leaving"),
    *("calls", "roster", "exclusions", "effect", "uplift", "uplift_curve"),
    "contacted",
    "service_history",
    "subscriber_months",
)


class Column(Model):
    """One column of a table.

    `values` maps an accepted value to its other spellings, the first of them its Chinese label; `open` keeps values
    outside that list; `default` stands for an absent column or an empty cell; `decimals` rounds on output.
    """

    type: ColumnType
    en: str
    zh: str
    about: str
    required: bool = False
    unit: str = ""
    aliases: tuple[str, ...] = ()
    values: dict[str, tuple[str, ...]] = {}
    open: bool = False
    default: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    decimals: int | None = None

    def label(self, lang: str) -> str:
        """Heading in `lang` (en or zh)."""
        return self.zh if lang == "zh" else self.en

    def value_label(self, value: str, lang: str) -> str:
        """An accepted value as people of `lang` write it."""
        spellings = self.values.get(value, ())
        return spellings[0] if lang == "zh" and spellings else value

    def code(self, value: str) -> int:
        """The small integer that stands for a value: 0 for an empty cell, 1, 2, … for the accepted values in the order
        of the schema, and the next one for any value outside them.
        """
        return ["", *self.values].index(value) if value in ("", *self.values) else len(self.values) + 1


class Check(Model):
    """A rule between columns of a row: `when` the other columns have these values, `column` must be one of `allow`.

    "" in `allow` stands for an empty cell.
    """

    column: str
    when: dict[str, tuple[str, ...]]
    allow: tuple[str, ...]


class Schema(Model):
    """One table: its columns in order and, where rows must be unique, the key.

    Files whose names begin with its name or one of `files` hold it.
    """

    name: str
    en: str
    zh: str
    about: str
    columns: dict[str, Column]
    files: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()

    @property
    def required(self) -> list[str]:
        """Names of the columns without which the table is unusable."""
        return [name for name, column in self.columns.items() if column.required]


@cache
def load_schema(name: str) -> Schema:
    """The schema of table `name` (an input or an output table)."""
    folder = resources.files("telco_crm.schema") / "tables"
    data = tomllib.loads((folder / f"{name}.toml").read_text("utf-8"))
    shared = tomllib.loads((folder / "_shared.toml").read_text("utf-8"))
    data["columns"] = {key: _shared(key, column, shared) for key, column in data["columns"].items()}
    return explain(Schema, data, f"schema.{name}")


def tables_in_words(names: Sequence[str], lang: str) -> str:
    """Tables by name as people of `lang` list them: "usage, bills and events"."""
    if lang == "zh":
        return "、".join(_table_in_chinese(n) for n in names)
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _table_in_chinese(name: str) -> str:
    if name in INPUT_TABLES:
        return load_schema(name).zh + "表"
    return load_schema(name).zh if name in OUTPUT_TABLES else named("analyses", name, "zh")


def _shared(key: str, column: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    if not column.get("shared"):
        return column
    return {**shared[key], **{k: v for k, v in column.items() if k != "shared"}}
