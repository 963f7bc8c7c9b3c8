"""What a person sees at the end: tables on standard error, in the language asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from telco_crm.ingest.load import FileReport
from telco_crm.ingest.rejects import RejectFile
from telco_crm.labels import named, text, told
from telco_crm.schema import load_schema

MAX_FILES = 30
MAX_WIDTH = 10_000  # of a line that is not shown on a terminal


class Summary:
    """Prints to `console` in `lang`; everything it is given is shown as it is, never as markup."""

    def __init__(self, console: Console, lang: str) -> None:
        self._console, self._lang = console, lang

    def say(self, key: str, style: str = "", **values: Any) -> None:
        """One line of words."""
        self._line(text(key, self._lang, **values), style)

    def impossible(self, why: Mapping[str, str]) -> None:
        """What could not be computed, and why, by name."""
        for name, reason in why.items():
            self.say("run.impossible", "yellow", name=named("analyses", name, self._lang), why=reason)

    def files(self, reports: Sequence[FileReport], rejects: Mapping[str, RejectFile], unused: Sequence[Path]) -> None:
        """Every file with its counts, and the commonest reasons for rejects."""
        rows: list[tuple[str, ...]] = [
            (r.table, r.file, self._layout(r), f"{r.read:,}", f"{r.accepted:,}", f"{r.rejected:,}")
            for r in reports[:MAX_FILES]
        ]
        if len(reports) > MAX_FILES:
            rows.append(("…", text("files.more", self._lang, n=len(reports) - MAX_FILES), "", "", "", ""))
        total = [sum(getattr(r, k) for r in reports) for k in ("read", "accepted", "rejected")]
        rows.append((text("files.total", self._lang), "", "", *(f"{n:,}" for n in total)))
        self._table(
            text("files.title", self._lang),
            ("files.table", "files.file", "files.layout", "files.read", "files.accepted", "files.rejected"),
            rows,
            words=3,
            whole=True,
        )
        for name, kept in rejects.items():
            for reason, count in kept.reasons.most_common(5):
                self._line(f"  {name}: {count:,} × {told(reason, self._lang)}", "yellow")
            if kept.first:
                self._line(f"  {text('files.first', self._lang)}: {told(kept.first[0], self._lang)}")
        if unused:
            self.say("files.unused", names=", ".join(p.name for p in unused))

    def _layout(self, report: FileReport) -> str:
        kept = text("files.kept", self._lang)
        return f"{report.layout}; {kept}" if report.stored else report.layout

    def mappings(self, reports: Sequence[FileReport]) -> None:
        """How the headers of each kind of file were understood; files alike are shown once."""
        shown: set[tuple[Any, ...]] = set()
        for report in reports:
            kind = (report.table, tuple(report.columns.items()), report.unused)
            if kind in shown:
                continue
            shown.add(kind)
            absent = [c for c in load_schema(report.table).columns if c not in report.columns]
            rows = list(report.columns.items())
            rows += [(f"({text('mapping.unused', self._lang)})", ", ".join(report.unused))] if report.unused else []
            rows += [(f"({text('mapping.absent', self._lang)})", ", ".join(absent))] if absent else []
            self._table(
                text("mapping.title", self._lang, file=report.file), ("mapping.column", "mapping.source"), rows, words=2
            )

    def reconciled(self, found: Sequence[tuple[Any, ...]]) -> None:
        """What was found when the tables were held against each other."""
        if found:
            self._table(text("reconcile.title", self._lang), ("reconcile.what", "reconcile.found"), found, words=2)

    def headlines(self, tables: Mapping[str, Sequence[tuple[Any, ...]]], month: str) -> None:
        """The figures of a run."""
        if rows := tables.get("arpu_bands"):
            self._table(
                text("bands.title", self._lang, month=month),
                ("bands.band", "bands.subscribers", "bands.share", "bands.revenue_share", "bands.mean"),
                [(b, f"{n:,}", _share(s), _share(r), _money(m)) for b, n, s, r, m in rows if n],
                words=1,
            )
        if rows := tables.get("groups"):
            self._table(
                text("groups.title", self._lang),
                ("groups.number", "groups.name", "bands.subscribers", "bands.share", "groups.arpu"),
                [(str(i), name, f"{n:,}", _share(s), _money(a)) for i, name, n, s, a in rows],
                words=2,
            )
        if rows := tables.get("credit"):
            self._table(
                text("credit.title", self._lang),
                ("credit.stars", "bands.subscribers", "bands.share"),
                [("★" * stars or "–", f"{n:,}", _share(s)) for stars, n, s in rows],
                words=1,
            )
        if rows := tables.get("retention"):
            self._table(
                text("retention.title", self._lang),
                (
                    "retention.rank",
                    "retention.subscriber",
                    "groups.arpu",
                    "retention.score",
                    "retention.step",
                    "retention.reason",
                ),
                [(str(r), i, _money(a), f"{c:.3f}", str(s), why) for r, i, a, c, s, why in rows],
                words=2,
            )
        if rows := tables.get("audit"):
            self._table(
                text("audit.title", self._lang),
                ("audit.check", "audit.severity", "audit.findings", "bands.subscribers", "bands.share"),
                [
                    (title, text(f"audit.{severity}", self._lang), f"{n:,}", _count(people), _share(share))
                    for title, severity, n, people, share, _ in rows
                ],
                words=2,
            )

    def _line(self, words: str, style: str = "") -> None:
        self._console.print(words, style=style or None, markup=False, highlight=False, soft_wrap=True)

    def _table(
        self, title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], words: int, whole: bool = False
    ) -> None:
        """A table whose first `words` columns are words and whose other columns are figures.

        The title is a line of its own: rich would wrap it at the width of the table. With `whole` no line is folded
        unless a terminal is too narrow for it: a path in a log must be found by searching for it.
        """
        self._line(title, "bold")
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for at, heading in enumerate(headings):
            table.add_column(text(heading, self._lang), justify="left" if at < words else "right", overflow="fold")
        for row in rows:
            table.add_row(*(_plain(cell) for cell in row))
        width = self._console.width
        if whole and not self._console.is_terminal:
            at_will = self._console.options.update(max_width=MAX_WIDTH)
            self._console.width = max(width, self._console.measure(table, options=at_will).maximum)
        self._console.print(table)
        self._console.width = width


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _plain(cell: Any) -> Any:
    from rich.text import Text

    return Text(str(cell))


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _money(value: float | None) -> str:
    return "" if value is None else f"{value:,.2f}"
