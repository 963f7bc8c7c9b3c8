"""The user's telco-crm.toml: options, how tables are mapped, rules, features and words of their own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from telco_crm.errors import InputError, RuleError
from telco_crm.ingest.mapping import TableMapping
from telco_crm.months import Month
from telco_crm.rules import Model, explain, line_of, nearest
from telco_crm.schema import INPUT_TABLES
from telco_crm.tomlfile import parse_toml

DEFAULT_FILE = "telco-crm.toml"
RULE_FILES = (
    "arpu",
    "credit",
    "segment",
    "churn",
    "retention",
    "offers",
    "indicators",
    "value",
    "assessment",
    "lifecycle",
    "arrears",
    "tags",
    "contact",
    "effect",
    "uplift",
    "recommend",
    "audit",
    "alerts",
    "prospects",
    "satisfaction",
)
MAPPED = (*INPUT_TABLES, "outcome")  # tables with a section [input.NAME]
SECTIONS = ("options", "input", "rules", "features", "vocabulary")


class Options(Model):
    """`[options]`: what flags and environment variables may overrule."""

    as_of: str | None = None
    seed: Annotated[int, Field(ge=0)] | None = None
    threads: Annotated[int, Field(ge=1)] | None = None
    memory_limit: str | None = None
    temp_dir: str | None = None
    store: str | None = None
    hash_inputs: bool | None = None
    engine: Literal["duckdb", "spark"] | None = None
    master: str | None = None
    remote: str | None = None
    lang: Literal["en", "zh"] | None = None
    format: Literal["csv", "parquet", "xlsx", "jsonl"] | None = None
    excel: bool | None = None
    max_rejects: str | None = None
    strict: bool | None = None
    top: Annotated[int, Field(ge=1)] | None = None
    by: Literal["profit", "revenue"] | None = None
    budget: Annotated[float, Field(ge=0)] | None = None
    min_profit: float | None = None

    @field_validator("as_of")
    @classmethod
    def _is_month(cls, value: str | None) -> str | None:
        return value if value is None else str(Month(value))


@dataclass(frozen=True)
class Config:
    """A validated configuration; the parts that other modules validate stay plain tables."""

    file: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    mappings: Mapping[str, TableMapping] = field(default_factory=dict)
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    features: Mapping[str, Any] = field(default_factory=dict)
    vocabulary: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""

    @property
    def source(self) -> tuple[str, str] | None:
        """The file and what is in it, to name the lines of problems."""
        return (str(self.file), self.text) if self.file else None


def load_config(path: Path | None) -> Config:
    """The configuration in `path`; an empty one for None.

    Raises:
        InputError: the file cannot be read. RuleError: with all its problems, each with its line.
    """
    if path is None:
        return Config()
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: the configuration cannot be read ({error}); check the path, and save it as UTF-8"
        ) from None
    data = parse_toml(text, str(path))
    source = (str(path), text)
    problems = _section_problems(data, path) + [
        f"{path}, line {line_of(place, text)}: {place}: {value} is no number to reckon with"
        for place, value in _numbers(data)
        if not math.isfinite(value)
    ]
    tables = {name: data[name] for name in SECTIONS if isinstance(data.get(name), dict)}
    mappings: dict[str, TableMapping] = {}
    for name, table in tables.get("input", {}).items():
        if name in MAPPED:
            with gathered(problems):
                mappings[name] = explain(TableMapping, table, f"input.{name}", source)
    with gathered(problems):
        explain(Options, tables.get("options", {}), "options", source)
    if problems:
        raise RuleError(problems)
    rules, features, vocabulary = (tables.get(name, {}) for name in ("rules", "features", "vocabulary"))
    return Config(path, tables.get("options", {}), mappings, rules, features, vocabulary, text)


@contextmanager
def gathered(problems: list[str]) -> Iterator[None]:
    """Add the problems of a RuleError to `problems`, so that those of other parts can be told with them."""
    try:
        yield
    except RuleError as error:
        problems += error.problems


def _numbers(data: Any, place: str = "") -> Iterator[tuple[str, float]]:
    """Every number that is no whole one, with its path."""
    if isinstance(data, float):
        yield place, data
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for name, part in parts:
        yield from _numbers(part, f"{place}.{name}" if place else str(name))


def _section_problems(data: Mapping[str, Any], path: Path) -> list[str]:
    """What is wrong with the sections themselves and their names."""
    problems = [
        f"{path}: unknown section [{name}]{nearest(name, SECTIONS)}; known are {', '.join(SECTIONS)}"
        for name in data
        if name not in SECTIONS
    ]
    problems += [f"{path}: {n} must be a table: [{n}]" for n in SECTIONS if not isinstance(data.get(n, {}), dict)]
    named = {part: data.get(part) for part in ("input", "rules")}
    names = {part: list(table) for part, table in named.items() if isinstance(table, dict)}
    problems += [
        f"{path}: [input.{name}]: there is no such table{nearest(name, MAPPED)}"
        for name in names.get("input", [])
        if name not in MAPPED
    ]
    rules = data.get("rules")
    if isinstance(rules, dict):
        problems += [
            f"{path}: rules.{name} must be a table: [rules.{name}]"
            for name, own in rules.items()
            if not isinstance(own, dict)
        ]
    problems += [
        f"{path}: [rules.{name}]: there are no such rules{nearest(name, RULE_FILES)}; known are {', '.join(RULE_FILES)}"
        for name in names.get("rules", [])
        if name not in RULE_FILES
    ]
    return problems
