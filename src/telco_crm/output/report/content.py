"""What a report says, as plain data: the catalogue's queries asked of the tables of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from telco_crm.engine.base import Engine
from telco_crm.engine.sql import identifier, literal
from telco_crm.labels import text
from telco_crm.months import Month
from telco_crm.output.report.catalogue import Chart, Headline, Part, Section, catalogue
from telco_crm.output.report.charts import drawing
from telco_crm.output.report.words import Column, change, column_of, plain, shown
from telco_crm.schema import OUTPUT_TABLES, tables_in_words

FOLDED = 25  # a table of more rows opens on demand


@dataclass(frozen=True)
class Source:
    """The tables of a run: the query that gives each, and the manifest that tells of the run."""

    engine: Engine
    tables: Mapping[str, str]
    manifest: Mapping[str, Any]

    @property
    def month(self) -> Month | None:
        """The as-of month of the run."""
        word = self.manifest.get("parameters", {}).get("as_of")
        return Month(word) if word else None

    def lacks(self, needs: Sequence[str]) -> list[str]:
        """Those of `needs` that are not there."""
        return [name for name in needs if name not in self.tables]

    def ask(self, needs: Sequence[str], sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Column names and rows of a query of the catalogue."""
        month = self.month
        given = [*needs, *(name for name in ("cuts",) if name in self.tables)]
        before = literal(str(month.back(1))) if month else "NULL"
        asked = sql.replace("{month}", literal(str(month)) if month else "NULL").replace("{before}", before)
        query = f"WITH {', '.join(f'{identifier(n)} AS ({self.tables[n]})' for n in given)} {asked}"
        return list(self.engine.columns(f"({query})")), self.engine.rows(query)


def content(source: Source, lang: str, former: Source | None = None) -> dict[str, Any]:
    """Everything the page says in `lang`: headline figures, sections with tables and charts, and what is missing.

    `former` is the run of the month before, for changes that the tables of one run cannot tell. Every figure is given
    twice: `value` as it stands in the files, `text` as people read it.
    """
    month = source.month
    said: dict[str, Any] = {"lang": lang, "month": str(month or ""), "months": source.manifest.get("months", [])}
    figures = (_headline(source, former, name, lang) for name in catalogue().headlines)
    said["headlines"] = [figure for figure in figures if figure]
    made = [_section(source, name, section, lang) for name, section in catalogue().sections.items()]
    said["sections"] = [section for section in made if section["parts"]]
    said["missing"] = [
        {"title": section["title"], "why": section["why"]}
        for section in made
        if not section["parts"] and section["why"]
    ]
    return said


def _headline(source: Source, former: Source | None, name: str, lang: str) -> dict[str, Any] | None:
    one = catalogue().headlines[name]
    now, before = _figure(source, one)
    if before is None and former:
        before, _ = _figure(former, one)
    if now is None:
        return None
    moved = change(now, before, one.form, lang)
    better = None if before is None or now == before or not one.good else (now > before) == (one.good == "up")
    return {
        "name": name,
        "title": one.title.text(lang),
        "value": plain(now),
        "before": plain(before),
        "text": shown(now, one.form, lang),
        "before_text": shown(before, one.form, lang),
        "change": moved,
        "better": better,
    }


def _figure(source: Source, one: Headline) -> tuple[Any, Any]:
    """Its value now and a month before; None where it is not known."""
    if source.lacks(one.needs):
        return None, None
    _, rows = source.ask(one.needs, one.sql)
    return rows[0][0], rows[0][1]


def _section(source: Source, name: str, section: Section, lang: str) -> dict[str, Any]:
    parts, why = [], []
    for key, part in section.parts.items():
        if missing := source.lacks(part.needs):
            why += [table for table in missing if table in OUTPUT_TABLES and table not in why]
        elif made := _part(source, f"{name}.{key}", part, lang):
            parts.append(made)
    return {
        "name": name,
        "title": section.title.text(lang),
        "about": section.about.text(lang),
        "parts": parts,
        "why": _reason(source, why, lang) if why else "",
    }


def _part(source: Source, name: str, part: Part, lang: str) -> dict[str, Any] | None:
    """One table with its charts; None where it has no rows."""
    names, rows = source.ask(part.needs, part.sql)
    if not rows:
        return None
    columns = [column_of(n, part.needs, lang) for n in names]
    visible = [at for at, n in enumerate(names) if n not in part.hidden]
    cells = [[{"value": plain(row[at]), "text": _cell(columns[at], row[at], lang)} for at in visible] for row in rows]
    return {
        "name": name,
        "title": part.title.text(lang) if part.title else "",
        "note": part.note.text(lang) if part.note else "",
        "folded": len(rows) > FOLDED,
        "columns": [{"name": names[at], "label": columns[at].label, "number": columns[at].number} for at in visible],
        "rows": cells,
        "charts": [_chart(chart, f"{name}.{n}", columns, rows, lang) for n, chart in enumerate(part.charts)],
    }


def _chart(
    chart: Chart, name: str, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]], lang: str
) -> dict[str, Any]:
    records = [{c.name: value for c, value in zip(columns, row, strict=True)} for row in rows]
    return {"name": name, **drawing(chart, {c.name: c for c in columns}, records, lang)}


def _cell(column: Column, value: Any, lang: str) -> str:
    return column.words.get(str(value)) or shown(value, column.form, lang, column.decimals)


def _reason(source: Source, missing: Sequence[str], lang: str) -> str:
    """Why tables are missing, as far as the run said so; else that they are not in the folder."""
    said = source.manifest.get("impossible", {})
    reasons = []
    for table in missing:
        why = said.get(table) or said.get(table.replace("_", " "))
        named = tables_in_words([table], lang)
        reasons.append(f"{named}: {why}" if why else named)
    return text("report.absent", lang, tables=text("segment.comma", lang).join(reasons))
