"""The report's table of contents, as data: headline figures, sections with their queries and charts, column forms.

A section is one file in `sections`, shown in the order of the file names.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Literal

from telco_crm.rules import Model, Wording, explain

Form = Literal["text", "int", "number", "money", "percent", "change", "stars", "flag"]


class Chart(Model):
    """A picture of the rows of a part.

    `bar` and `line` have the categories `x` and a series per column of `y`, or per value of column `by`; `dots` puts a
    dot named `label` at (`x`, `y`), as large as `size`, with lines at `cuts` (two more columns); `flow` goes from `x`
    to `label`, as wide as `y`. Rows whose `x` is in `without` are left out.
    """

    kind: Literal["bar", "line", "dots", "flow"]
    title: Wording
    x: str
    y: tuple[str, ...]
    by: str = ""
    label: str = ""
    size: str = ""
    cuts: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    stacked: bool = False
    sideways: bool = False
    logarithmic: bool = False


class Part(Model):
    """A table of a section: what it needs, its query, the columns that are not shown, and its charts.

    In the query, {month} is the as-of month and {before} the month before it.
    """

    needs: tuple[str, ...]
    sql: str
    title: Wording | None = None
    note: Wording | None = None
    hidden: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()


class Section(Model):
    """A heading, a sentence on what is to be seen, and its parts in order, by name."""

    title: Wording
    about: Wording
    parts: dict[str, Part]


class Headline(Model):
    """A figure of the first lines: a query for one row with its value now and a month before (NULL: unknown)."""

    title: Wording
    form: Form
    needs: tuple[str, ...]
    sql: str
    good: Literal["up", "down", ""] = ""


class Heading(Model):
    """How a column is headed and its values are written; without words, as its table's schema says."""

    form: Form | None = None
    en: str = ""
    zh: str = ""


class Catalogue(Model):
    """Everything of a report, in order."""

    headlines: dict[str, Headline]
    sections: dict[str, Section]
    columns: dict[str, Heading]
    words: dict[str, dict[str, Wording]]


@cache
def catalogue() -> Catalogue:
    """The shipped one."""
    folder = resources.files("telco_crm.output.report")
    shared = tomllib.loads((folder / "report.toml").read_text("utf-8"))
    files = sorted((f for f in (folder / "sections").iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    sections = {f.name.split("-", 1)[1].removesuffix(".toml"): tomllib.loads(f.read_text("utf-8")) for f in files}
    return explain(Catalogue, {**shared, "sections": sections}, "report")
