"""Rejected rows: kept whole, with file, line, column and reason, in one CSV per table."""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TextIO

from telco_crm.errors import OutputError
from telco_crm.ingest.lines import BadLine
from telco_crm.safety import neutral

FIRST = 3  # rejects that are quoted in messages
HEADER = ("file", "line", "column", "reason", "row")


class RejectFile:
    """The reject file of one table; without a `path` rows are only counted."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.count = 0
        self.reasons: Counter[str] = Counter()
        self.first: list[str] = []
        self._stream: TextIO | None = None
        if path:
            with self._writing():
                path.parent.mkdir(parents=True, exist_ok=True)
                self._stream = path.open("w", newline="", encoding="utf-8")
                self._writer = csv.writer(self._stream, lineterminator="\n")
                self._writer.writerow(HEADER)

    def add(self, file: str, bad: Iterable[BadLine]) -> None:
        """Write the rows of `file` that were set aside."""
        for row in bad:
            self.count += 1
            self.reasons[f"{row.column}: {_kind(row.reason)}" if row.column else row.reason] += 1
            if len(self.first) < FIRST:
                self.first.append(f"{file}, line {row.line}{', ' + row.column if row.column else ''}: {row.reason}")
            if self._stream:
                cells = (file, row.line, row.column, row.reason, row.text)
                with self._writing():
                    self._writer.writerow([neutral(c) if isinstance(c, str) else c for c in cells])

    def take(self, other: RejectFile, renamed: tuple[str, str] = ("", "")) -> None:
        """Add what another, finished file of the same table has; `renamed` is the name its source had and has now."""
        former, name = renamed
        self.count += other.count
        self.reasons.update(other.reasons)
        first = [name + line.removeprefix(former) if former else line for line in other.first]
        self.first = [*self.first, *first][:FIRST]
        if self._stream and other.path and other.count:
            with self._writing(), other.path.open(encoding="utf-8", newline="") as rows:
                if former == name:
                    next(rows)
                    shutil.copyfileobj(rows, self._stream)
                else:
                    self._writer.writerows([neutral(name), *row[1:]] for row in islice(csv.reader(rows), 1, None))

    def close(self) -> None:
        """Finish the file."""
        if self._stream:
            with self._writing():
                self._stream.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(
                f"{self.path}: rejected rows cannot be written ({error.strerror or error}); free some space there, or "
                "write elsewhere"
            ) from None


def _kind(reason: str) -> str:
    """A reason without the value or line it quotes, so that equal reasons are counted together."""
    return re.sub(r'^(\w+ )?".*?" |; .*| of line \d+.*', r"\1", reason, flags=re.DOTALL)
