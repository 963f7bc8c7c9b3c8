"""A report's page taken apart with Python's own HTML parser."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "link", "br", "img", "input", "hr"}


@dataclass
class Part:
    """A table: its caption, columns and cells as (value, text)."""

    name: str
    caption: str = ""
    columns: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    rows: list[list[tuple[str, str]]] = field(default_factory=list)

    def records(self) -> list[dict[str, str]]:
        return [dict(zip(self.columns, (value for value, _ in row), strict=True)) for row in self.rows]


@dataclass
class Page:
    """What is on the page."""

    lang: str = ""
    headings: list[tuple[int, str]] = field(default_factory=list)
    figures: dict[str, dict[str, str]] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    charts: dict[str, dict[str, Any]] = field(default_factory=dict)
    described: dict[str, str] = field(default_factory=dict)
    addresses: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    text: str = ""


class Parser(HTMLParser):
    """Collects a Page; an element that is not closed in order is a failure."""

    def __init__(self) -> None:
        super().__init__()
        self.page, self.open = Page(), []
        self.words, self.cell, self.part, self.chart, self.figure, self.card = "", "", Part(""), "", "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {k: v or "" for k, v in attrs}
        if tag not in VOID:
            self.open.append(tag)
        self.page.addresses += [given[k] for k in ("src", "href", "action", "data") if k in given]
        self.page.ids += [given["id"]] if "id" in given else []
        self.words = ""
        if "data-part" in given or "data-column" in given or tag in ("tr", "td", "th"):
            self._table(tag, given)
        elif tag == "html":
            self.page.lang = given["lang"]
        elif "data-chart" in given:
            self.chart = given["data-chart"]
        elif tag == "dd":
            self.card = ""
        elif "data-figure" in given:
            self.figure = given["data-figure"]
            self.page.figures[self.figure] = {"value": given["data-value"], "before": given["data-before"]}
        elif given.get("class") == "plot":
            assert given["role"] == "img"
            self.page.described[self.chart] = given["aria-label"]

    def _table(self, tag: str, given: dict[str, str]) -> None:
        if tag == "table":
            self.part = self.page.parts[given["data-part"]] = Part(given["data-part"])
        elif "data-column" in given:
            assert given["scope"] == "col"
            self.part.columns.append(given["data-column"])
        elif tag == "tr" and self.part.columns:
            self.part.rows.append([])
        elif tag in ("td", "th") and self.part.columns:
            assert tag == "td" or given["scope"] == "row"
            self.cell = given["data-value"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> out of order"
        words = " ".join(self.words.split())
        if tag in ("h1", "h2", "h3", "h4"):
            self.page.headings.append((int(tag[1]), words))
        elif tag == "caption":
            self.part.caption = words
        elif tag in ("td", "th") and self.part.rows:
            self.part.rows[-1].append((self.cell, words))
        elif tag == "th":
            self.part.labels.append(words)
        elif tag == "script" and self.chart and self.words.startswith("{"):
            self.page.charts[self.chart] = json.loads(self.words)
        elif tag == "dd":
            said = " ".join(self.card.split())
            figure = self.page.figures[self.figure]
            figure["text"], _, figure["change"] = said.partition(" ")

    def handle_data(self, data: str) -> None:
        self.words += data
        self.card += data if "dd" in self.open else ""
        if self.open and self.open[-1] not in ("script", "style"):
            self.page.text += data


def parsed(html: str) -> Page:
    """The page; an AssertionError where its markup is not well-formed."""
    parser = Parser()
    parser.feed(html)
    parser.close()
    assert not parser.open
    return parser.page
