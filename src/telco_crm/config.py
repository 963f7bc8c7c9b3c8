"""The user's telco-crm.toml: options, how tables are mapped, rules, features and words of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from telco_crm.errors import InputError, RuleError
from telco_crm.ingest.mapping import TableMapping
from telco_crm.rules import Model, explain, nearest
from telco_crm.schema import INPUT_TABLES
from telco_crm.tomlfile import parse_toml

DEFAULT_FILE = "telco-crm.toml"
RULE_FILES = ("arpu", "credit", "segment", "churn", "retention", "offers")
SECTIONS = ("options", "input", "rules", "features", "vocabulary")


class Options(Model):
    """`[options]`: what flags and environment variables may overrule."""

    as_of: str | None = None
    seed: int | None = None
    threads: int | None = None
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
    top: int | None = None


@dataclass(frozen=True)
class Config:
    """A validated configuration; the parts that other modules validate stay plain tables."""

    file: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    mappings: Mapping[str, TableMapping] = field(default_factory=dict)
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    features: Mapping[str, Any] = field(default_factory=dict)
    vocabulary: Mapping[str, Any] = field(default_factory=dict)


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
    problems = [
        f"{path}: unknown section [{name}]{nearest(name, SECTIONS)}; known are {', '.join(SECTIONS)}"
        for name in data
        if name not in SECTIONS
    ]
    problems += [
        f"{path}: [input.{name}]: there is no such table{nearest(name, INPUT_TABLES)}"
        for name in data.get("input", {})
        if name not in INPUT_TABLES
    ]
    problems += [
        f"{path}: [rules.{name}]: there are no such rules{nearest(name, RULE_FILES)}; known are {', '.join(RULE_FILES)}"
        for name in data.get("rules", {})
        if name not in RULE_FILES
    ]
    source = (str(path), text)
    mappings: dict[str, TableMapping] = {}
    for name, table in data.get("input", {}).items():
        if name in INPUT_TABLES:
            try:
                mappings[name] = explain(TableMapping, table, f"input.{name}", source)
            except RuleError as error:
                problems += error.problems
    try:
        explain(Options, data.get("options", {}), "options", source)
    except RuleError as error:
        problems += error.problems
    if problems:
        raise RuleError(problems)
    return Config(
        path,
        data.get("options", {}),
        mappings,
        data.get("rules", {}),
        data.get("features", {}),
        data.get("vocabulary", {}),
    )
