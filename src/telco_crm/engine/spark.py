"""Apache Spark as the engine: its executors do the work, each task in an embedded engine of its own.

Spark schedules the tasks, sends them to the machines and repeats what was lost; the work itself is the same code and
the same SQL as on one machine. Files are exchanged through folders that the driver and all executors see under one
path.
"""

from __future__ import annotations

import functools
import math
import os
import pickle
import shutil
import socket
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
import pyarrow as pa

from telco_crm import __version__
from telco_crm.engine.base import Engine
from telco_crm.engine.duck import DuckEngine
from telco_crm.engine.sql import identifier, literal
from telco_crm.engine.workers import ID_HASH, Part, SparkPlace, write_by_hash
from telco_crm.errors import TelcoError, UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

T = TypeVar("T")
R = TypeVar("R")
CONNECT_SECONDS = 5
ROWS_PER_PART = 1_500_000  # of the largest month
VERSIONS = f"telco-crm {__version__}, duckdb {duckdb.__version__}"
INSTALL = "install it with: pip install 'telco-crm[spark]'"


@dataclass(frozen=True)
class TaskSettings:
    """What every task needs to know: the folder that all see, and the limits of the engine it opens."""

    work: Path
    threads: int = 1
    memory_limit: str | None = None
    temp_dir: Path | None = None


@dataclass(frozen=True)
class PartedTable:
    """A table whose parts can be had one by one: a folder with files {part.name}*.parquet, or one file with the column
    ID_HASH, by which it is sorted.
    """

    path: Path

    def sql(self, part: Part | None = None) -> str:
        """Query for the rows of a part, or for all."""
        if self.path.suffix != ".parquet":
            files = f"{self.path}/{part.name if part else ''}*.parquet"
            return f"SELECT * FROM read_parquet({literal(files)})"
        where = f" WHERE {part.holds(ID_HASH)}" if part else ""
        return f"SELECT * EXCLUDE ({ID_HASH}) FROM read_parquet({literal(str(self.path))}){where}"


@dataclass
class SparkWorkers:
    """Executors of Spark; `engine` is the driver's own. `count` is the number of parts."""

    engine: Engine
    place: SparkPlace
    settings: TaskSettings
    count: int = 1
    tables: dict[str, PartedTable] = field(default_factory=dict)

    name = "spark"
    elsewhere = True

    @property
    def folder(self) -> Path:
        """The folder that all machines see."""
        return self.settings.work

    def __post_init__(self) -> None:
        """Start or reach Spark.

        Raises:
            TelcoError: it is not installed, there is no Java, or nobody answers at the address.
        """
        self.settings.work.mkdir(parents=True, exist_ok=True)
        try:
            self._session = _session(self.place, self.settings.work / "spark.log")
            self.parallelism = _parallelism(self._session)
        except BaseException:
            shutil.rmtree(self.settings.work, ignore_errors=True)
            raise

    def map(
        self, function: Callable[[Engine, T], R], tasks: Sequence[T], done: Callable[[T], None] = lambda task: None
    ) -> list[R]:
        """Every task in an executor; see Workers."""
        if not tasks:
            return []
        payload = _pickled((function, self.settings, VERSIONS, list(tasks)))
        run = functools.partial(_perform_batches, payload)
        with _explained(self.settings.work), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PySpark warns of pandas 3, which it is not asked to use here
            rows = self._session.range(0, len(tasks), 1, len(tasks)).mapInArrow(run, "number long, outcome binary")
            outcomes = {row[0]: pickle.loads(bytes(row[1])) for row in rows.collect()}  # noqa: S301 - from our tasks
        refused = [problem for n in sorted(outcomes) for problem in outcomes[n].problems]
        if refused:
            kind = next(outcomes[n].kind for n in sorted(outcomes) if outcomes[n].problems)
            raise kind(list(dict.fromkeys(refused)))
        for task in tasks:
            done(task)
        return [outcomes[n].result for n in range(len(tasks))]

    def each(
        self, function: Callable[[Engine, Part], R], gives: Sequence[str] = (), folder: Path | None = None
    ) -> list[R]:
        """Every part in an executor; see Workers."""
        for name in gives:
            (self.settings.work / name).mkdir(exist_ok=True)
        task = functools.partial(_on_part, function, dict(self.tables), tuple(gives), self.settings.work)
        results = self.map(task, [Part(n, self.count) for n in range(self.count)])
        made = [self.settings.work / name for name in gives]
        for place in [*made, *([folder] if folder else [])]:
            if any(place.iterdir()):
                self.show(place.name, place)
        return results

    def share(self, names: Iterable[str]) -> None:
        """Write the tables of subscribers that only the driver has into the work folder; see Workers."""
        parted = "SELECT table_name FROM duckdb_columns() WHERE column_name = 'subscriber_id'"
        tables = f"SELECT table_name FROM duckdb_tables() WHERE table_name IN ({parted})"
        here = {row[0] for row in self.engine.rows(tables)}
        for name in sorted(here & set(names) - set(self.tables)):
            path = self.settings.work / f"{name}.parquet"
            write_by_hash(self.engine, name, path)
            self.tables[name] = PartedTable(path)

    def divide(self, rows: int) -> None:
        """At least a part for every task that runs at a time; see Workers."""
        self.count = max(self.parallelism, math.ceil(rows / ROWS_PER_PART))

    def show(self, name: str, path: Path) -> None:
        """Make a PartedTable known to the driver and to every part."""
        self.tables[name] = PartedTable(path)
        self.engine.run(f"CREATE OR REPLACE VIEW {name} AS {self.tables[name].sql()}")

    def close(self) -> None:
        """Let go of Spark."""
        with suppress(Exception), _quiet(self.settings.work / "spark.log"):
            self._session.stop()
        shutil.rmtree(self.settings.work, ignore_errors=True)


@dataclass(frozen=True)
class Outcome:
    """What a task gave: a result, or the problems for which it refused."""

    result: Any = None
    problems: tuple[str, ...] = ()
    kind: type[TelcoError] = TelcoError


def _on_part(
    function: Callable[[Engine, Part], R],
    tables: dict[str, PartedTable],
    gives: Sequence[str],
    work: Path,
    engine: Engine,
    part: Part,
) -> R:
    """Run `function` on an engine with the tables of `part`, and leave the tables it gives in the work folder."""
    for name, table in tables.items():
        engine.run(f"CREATE VIEW {name} AS {table.sql(part)}")
    result = function(engine, part)
    made = {row[0] for row in engine.rows("SELECT table_name FROM duckdb_tables()")}
    for name in gives:
        if name in made:
            target = literal(str(work / name / f"{part.name}.parquet"))
            engine.run(f"COPY (FROM {identifier(name)}) TO {target} (FORMAT parquet)")
    return result


def _perform_batches(payload: bytes, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """In an executor: perform the tasks whose numbers come in; their numbers and pickled outcomes."""
    for batch in batches:
        for number in batch.column(0).to_pylist():
            outcome = pickle.dumps(_perform(payload, number))
            arrays = [pa.array([number], pa.int64()), pa.array([outcome], pa.binary())]
            yield pa.RecordBatch.from_arrays(arrays, ["number", "outcome"])


def _perform(payload: bytes, number: int) -> Outcome:
    function, settings, versions, tasks = pickle.loads(payload)  # noqa: S301 - from our driver
    here = f"the Spark worker {socket.gethostname()}"
    if versions != VERSIONS:
        return Outcome(problems=(f"{here} has {VERSIONS}, the driver {versions}; install the same on all machines",))
    if not settings.work.exists():
        return Outcome(problems=(f"{here} does not see {settings.work}; name a folder on a shared disk with --store",))
    try:
        with DuckEngine(settings.threads, settings.memory_limit, settings.temp_dir) as engine:
            return Outcome(function(engine, tasks[number]))
    except TelcoError as error:
        return Outcome(problems=error.problems, kind=type(error))
    except FileNotFoundError as error:
        return Outcome(problems=(f"{here} does not see {error.filename}; the data must be on a shared disk",))


def _pickled(content: Any) -> bytes:
    from pyspark import cloudpickle

    dumps: Callable[[Any], bytes] = cloudpickle.dumps
    return dumps(content)


def _session(place: SparkPlace, log: Path) -> SparkSession:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise TelcoError(f"--engine spark: PySpark is not installed; {INSTALL}") from None
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if place.remote:
        _reach(place.remote, "sc://", 15002, "--remote")
        with _explained(log.parent), _quiet(log):
            session = SparkSession.builder.remote(place.remote).getOrCreate()
            session.range(1).count()
        return session
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise TelcoError("--engine spark: there is no Java; install Java 17 or newer, or set JAVA_HOME")
    builder = SparkSession.builder.appName("telco-crm").config("spark.ui.showConsoleProgress", "false")
    builder = builder.config("spark.ui.enabled", "false").config("spark.log.level", "ERROR")
    if place.master:
        host = _reach(place.master, "spark://", 7077, "--master")
        builder = builder.master(place.master)
        if host in ("127.0.0.1", "localhost"):
            builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    with _explained(log.parent), _quiet(log):
        return builder.getOrCreate()


def _reach(url: str, scheme: str, port: int, option: str) -> str | None:
    """The host of `url`, if it is of `scheme`; it must accept connections.

    Raises:
        TelcoError: nobody answers.
    """
    if not url.startswith(scheme):
        if scheme == "sc://":
            raise UsageError(f"{option} {url}: give the address as sc://host:port")
        return None
    first = url.removeprefix(scheme).split("/")[0].split(";")[0].split(",")[0]
    host, _, given = first.partition(":")
    if given and not given.isdigit():
        raise UsageError(f"{option} {url}: the port must be a number")
    try:
        socket.create_connection((host, int(given or port)), CONNECT_SECONDS).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise TelcoError(f"{option} {url}: nobody answers there ({reason}); start Spark or mend the address") from None
    return host


def _parallelism(session: SparkSession) -> int:
    """How many tasks run at a time."""
    try:
        return max(1, int(session.sparkContext.defaultParallelism))
    except Exception:  # Spark Connect has no SparkContext
        found = session.conf.get("spark.default.parallelism", None)
        return int(found) if found else 8


@contextmanager
def _explained(work: Path) -> Iterator[None]:
    """Turn what Spark throws into one sentence."""
    try:
        yield
    except TelcoError:
        raise
    except Exception as error:
        text = str(error)
        if "No module named 'telco_crm'" in text:
            raise TelcoError(f"the Spark workers do not have telco-crm; install {VERSIONS} on every machine") from None
        log = work / "spark.log"
        if "JAVA_GATEWAY_EXITED" in text and log.exists():  # Java has said why
            text = log.read_text("utf-8", "replace")
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("at ")]
        told = next((li for li in reversed(lines) if "Error" in li or "Exception" in li), lines[0] if lines else "")
        raise TelcoError(f"Spark could not do it: {(told or type(error).__name__)[:300]}") from error


@contextmanager
def _quiet(log: Path) -> Iterator[None]:
    """Send what is written to standard error (by Java, too) into `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.flush()
    kept = os.dup(2)
    with log.open("ab") as stream:
        os.dup2(stream.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
