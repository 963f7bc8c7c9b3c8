"""Who does the work that can be split: tasks without tables, and the parts of the subscribers.

The embedded engine is its own worker with one part, everybody. On Spark every executor opens an embedded engine of its
own, so that both compute the same with the same SQL; see engine.spark.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Protocol, TypeVar

from telco_crm.engine.base import Engine
from telco_crm.engine.sql import literal

T = TypeVar("T")
R = TypeVar("R")
ID_HASH = "sid"  # column with hash(subscriber_id)


@dataclass(frozen=True)
class Part:
    """The subscribers whose hash falls into the `number`th of `of` equal ranges, counted from 0."""

    number: int = 0
    of: int = 1

    @property
    def name(self) -> str:
        """How the files of the part begin."""
        return f"{self.number:05d}"

    def divided(self, count: int) -> list[Part]:
        """The part in `count` (at least one) smaller ones."""
        count = max(count, 1)
        return [Part(self.number * count + n, self.of * count) for n in range(count)]

    def holds(self, sid: str) -> str:
        """SQL: whether hash `sid` (UBIGINT) is in the part."""
        low, high = (math.ceil((1 << 32) * n / self.of) << 32 for n in (self.number, self.number + 1))
        return "true" if self.of == 1 else f"({sid} >= {low}::UBIGINT AND {sid} <= {high - 1}::UBIGINT)"


@dataclass(frozen=True)
class SparkPlace:
    """Which Spark: a `master` URL (spark://host:port, local[2], yarn …) or a Spark Connect server (sc://host:port)."""

    master: str | None = None
    remote: str | None = None


class Workers(Protocol):
    """Does work that can be split, here or elsewhere.

    Functions are called with an engine of their own. They and what they return must be fit for being sent (module-level
    functions, functools.partial, plain data), and paths must be absolute. Files are exchanged through `folder`.
    """

    name: str
    elsewhere: bool

    @property
    def engine(self) -> Engine:
        """The main engine, or a session of it: what is not split is computed there."""

    @property
    def folder(self) -> Path:
        """Where files are exchanged."""

    def map(
        self, function: Callable[[Engine, T], R], tasks: Sequence[T], done: Callable[[T], None] = lambda task: None
    ) -> list[R]:
        """`function(engine, task)` for every task; the results in the order of the tasks.

        `done` is told here of every task that is finished; not of two at once.
        """

    def each(
        self, function: Callable[[Engine, Part], R], gives: Sequence[str] = (), folder: Path | None = None
    ) -> list[R]:
        """`function(engine, part)` for every part of the subscribers, on an engine with the tables of that part.

        Afterwards the tables `gives` that the function made are at hand in the main engine; so is the table named like
        `folder`, if the function has written files {part.name}*.parquet into that folder.
        """

    def share(self, names: Iterable[str]) -> None:
        """Let the parts see these tables of the main engine; what is no table with a subscriber_id is passed over."""

    def divide(self, rows: int) -> None:
        """Choose the number of parts for that many rows in the largest month."""

    def show(self, name: str, path: Path) -> None:
        """Make a file of write_by_hash known as table `name`, here and to the parts."""

    def close(self) -> None:
        """Let go of whoever works."""


@dataclass(frozen=True)
class LocalWorkers:
    """The threads of this process."""

    engine: Engine

    name = "duckdb"
    elsewhere = False

    @property
    def folder(self) -> Path:
        """A folder of the engine's own."""
        return self.engine.temp_path("made")

    def map(
        self, function: Callable[[Engine, T], R], tasks: Sequence[T], done: Callable[[T], None] = lambda task: None
    ) -> list[R]:
        """Two tasks at a time: while one waits for Python, the other keeps the engine busy."""
        results = []
        for task, result in at_once(self.engine, lambda task: function(self.engine.session(), task), tasks, 2):
            results.append(result)
            done(task)
        return results

    def each(
        self, function: Callable[[Engine, Part], R], gives: Sequence[str] = (), folder: Path | None = None
    ) -> list[R]:
        """One part, everybody, on the main engine itself."""
        results = [function(self.engine, Part())]
        if folder:
            files = literal(str(folder / "*.parquet"))
            self.engine.run(f"CREATE OR REPLACE VIEW {folder.name} AS SELECT * FROM read_parquet({files})")
        return results

    def share(self, names: Iterable[str]) -> None:
        """The one part sees everything."""

    def divide(self, rows: int) -> None:
        """There is one part."""

    def show(self, name: str, path: Path) -> None:
        """The one part sees what the engine sees."""
        self.engine.run(f"CREATE VIEW {name} AS FROM read_parquet({literal(str(path))})")

    def close(self) -> None:
        """Nothing to let go of."""


def at_once(engine: Engine, function: Callable[[T], R], tasks: Iterable[T], most: int) -> Generator[tuple[T, R]]:
    """Every task with `function(task)`, in order; up to `most` are worked on at a time, in threads if that is more
    than one. No more tasks are taken from the iterable than that, and one more where a later one was quicker.

    Who asks the engine works on the answer too, so with two that ask it needs one thread less of its own.
    """
    threads = engine.threads
    coming = iter(tasks)
    some = list(islice(coming, most))
    askers = min(most, threads, len(some))
    if askers <= 1:
        yield from ((task, function(task)) for task in chain(some, coming))
        return
    engine.run(f"SET threads = {threads - askers + 1}")
    try:
        with ThreadPoolExecutor(askers) as pool:
            waiting: deque[tuple[T, Future[R]]] = deque()
            for task in chain(some, coming):
                waiting.append((task, pool.submit(function, task)))
                while len(at_work := [result for _, result in waiting if not result.done()]) == askers:
                    wait(at_work, return_when=FIRST_COMPLETED)
                while waiting and (len(waiting) > askers or waiting[0][1].done()):
                    first, result = waiting.popleft()
                    yield first, result.result()
            for first, result in waiting:
                yield first, result.result()
    finally:
        engine.run(f"SET threads = {threads}")


def write_by_hash(engine: Engine, table: str, path: Path) -> None:
    """Write `table` (with a column subscriber_id) as one file , sorted by the hash that parts go by."""
    sql = f"SELECT *, hash(subscriber_id) AS {ID_HASH} FROM {table} ORDER BY {ID_HASH}"
    engine.run(f"COPY ({sql}) TO {literal(str(path))} (FORMAT parquet, ROW_GROUP_SIZE 61440)")
