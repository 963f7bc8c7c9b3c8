"""The progress bar on a terminal: phase, rows, rows a second, time left."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from telco_crm.labels import text


class TerminalProgress:
    """Shows the running phase on `console` and wipes it when all is done."""

    def __init__(self, console: Console, lang: str) -> None:
        rows = text("progress.rows", lang)
        self._lang = lang
        self._task: TaskID | None = None
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            _Rows(rows),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )

    def __enter__(self) -> TerminalProgress:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def phase(self, name: str, total: float) -> None:
        """A new phase begins."""
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(text(f"progress.{name}", self._lang), total=total, rows=0)

    def advance(self, done: float, rows: int) -> None:
        """More of the phase is done."""
        if self._task is not None:
            count = self._bars.tasks[0].fields["rows"] + rows
            self._bars.update(self._task, advance=done, rows=count)


class _Rows(TextColumn):
    """Rows so far, and rows a second."""

    def __init__(self, words: str) -> None:
        super().__init__("")
        self._words = words

    def render(self, task: Task) -> str:  # type: ignore[override]
        """The text of the column."""
        rows, elapsed = task.fields["rows"], task.elapsed or 0
        return self._words.format(rows=rows, speed=rows / elapsed if elapsed else 0) if rows else ""
