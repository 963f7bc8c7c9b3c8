"""Charts as data: what is drawn, in words for those who do not see it, and as numbers for page.js, which draws it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from telco_crm.labels import text
from telco_crm.output.report.catalogue import Chart
from telco_crm.output.report.words import Column, shown

Record = Mapping[str, Any]


def drawing(chart: Chart, columns: Mapping[str, Column], records: Sequence[Record], lang: str) -> dict[str, Any]:
    """Title, description, and what is drawn: values of the rows as they are, with the form in which they are read."""
    records = [r for r in records if str(r[chart.x]) not in chart.without and r[chart.x] is not None]
    make = {"bar": _series, "line": _series, "dots": _dots, "flow": _flow}[chart.kind]
    title = chart.title.text(lang)
    spec = {"kind": chart.kind, "title": title, **make(chart, columns, records, lang)}
    return {"title": title, "description": _described(chart, columns, records, lang), "spec": spec}


def _series(chart: Chart, columns: Mapping[str, Column], records: Sequence[Record], lang: str) -> dict[str, Any]:
    across = columns[chart.x]
    names = {r[chart.x]: across.words.get(str(r[chart.x])) or shown(r[chart.x], across.form, lang) for r in records}
    series = [
        {"name": columns[y].label, "form": columns[y].form, "values": [_number(r[y]) for r in records]} for y in chart.y
    ]
    if chart.by:
        column, y = columns[chart.by], chart.y[0]
        found = {(r[chart.x], r[chart.by]): _number(r[y]) for r in records}
        series = [
            {
                "name": column.words.get(str(key)) or shown(key, column.form, lang),
                "form": columns[y].form,
                "values": [found.get((x, key)) for x in names],
            }
            for key in dict.fromkeys(r[chart.by] for r in records)
        ]
    return {
        "x": across.label,
        "names": list(names.values()),
        "series": series,
        "stacked": chart.stacked,
        "sideways": chart.sideways,
    }


def _dots(chart: Chart, columns: Mapping[str, Column], records: Sequence[Record], lang: str) -> dict[str, Any]:
    x, y = columns[chart.x], columns[chart.y[0]]
    dots = [
        {
            "name": str(r[chart.label]),
            "x": _number(r[x.name]),
            "y": _number(r[y.name]),
            "size": _number(r[chart.size]) if chart.size else None,
            "kind": str(r[chart.by]) if chart.by else "",
        }
        for r in records
        if r[x.name] is not None and r[y.name] is not None
    ]
    cuts = [_number(records[0][c]) for c in chart.cuts] if records else []
    axes = {"x": x.label, "y": y.label, "forms": [x.form, y.form], "logarithmic": chart.logarithmic}
    size = columns[chart.size].label if chart.size else ""
    return {**axes, "size": size, "dots": dots, "cuts": [c for c in cuts if c is not None]}


def _flow(chart: Chart, columns: Mapping[str, Column], records: Sequence[Record], lang: str) -> dict[str, Any]:
    def name(column: str, record: Record) -> str:
        return columns[column].words.get(str(record[column])) or shown(record[column], columns[column].form, lang)

    flows = [[name(chart.x, r), name(chart.label, r), _number(r[chart.y[0]])] for r in records if r[chart.y[0]]]
    return {"from": columns[chart.x].label, "to": columns[chart.label].label, "flows": flows}


def _described(chart: Chart, columns: Mapping[str, Column], records: Sequence[Record], lang: str) -> str:
    """The chart in a sentence: what it is and its largest value."""
    y = columns[chart.y[0]]
    found = [r for r in records if r[y.name] is not None]
    kind, title = text(f"report.{chart.kind}", lang), chart.title.text(lang)
    if not found:
        return text("report.described", lang, kind=kind, title=title)
    most = max(found, key=lambda r: r[y.name])
    key = chart.label if chart.kind == "dots" else chart.x
    where = columns[key].words.get(str(most[key])) or shown(most[key], columns[key].form, lang)
    if chart.kind == "flow":
        where = f"{where} → {shown(most[chart.label], 'text', lang)}"
    value = shown(most[y.name], y.form, lang, y.decimals)
    return text("report.described_most", lang, kind=kind, title=title, y=y.label, where=where, value=value)


def _number(value: Any) -> float | int | None:
    if value is None:
        return None
    return int(value) if float(value).is_integer() else float(value)
