"""Options that commands share, and what they make of them: one Job per call."""

from __future__ import annotations

import functools
import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from telco_crm.errors import EXIT_INCOMPLETE, TelcoError
from telco_crm.months import Month

if TYPE_CHECKING:
    from telco_crm.config import Config
    from telco_crm.engine.workers import SparkPlace
    from telco_crm.ingest.load import FileReport
    from telco_crm.ingest.rejects import RejectFile
    from telco_crm.output.summary import Summary
    from telco_crm.output.writers import OutputStyle
    from telco_crm.progress import Progress
    from telco_crm.results import Result
    from telco_crm.session import Settings

TABLES = ("usage", "bills", "subscribers", "events", "contacts")
DEFAULT_CONFIG = "telco-crm.toml"
DEFAULT_STORE = ".telco-crm-store"
ENVIRONMENT = "TELCO_CRM_"
LENGTH = ("top", "by", "budget", "min_profit")  # options that say which subscribers a list holds
Command = Callable[..., Any]


@dataclass(frozen=True)
class Job:
    """One call of a command: its inputs and its options, as given."""

    data: Path | None
    flags: dict[str, tuple[str, ...]]
    options: dict[str, Any]

    @property
    def inputs(self) -> tuple[Path | None, dict[str, tuple[str, ...]]]:
        """The data folder and the flags of each table."""
        if self.data is None and not any(self.flags.values()):
            raise click.UsageError("no data: give the folder with the exports, or --usage, --bills … with files")
        if sum(patterns.count("-") for patterns in self.flags.values()) > 1:
            raise click.UsageError("standard input (-) can be given to one table only")
        return self.data, self.flags

    def settings(self, beside: str | Path | None = None) -> Settings:
        """The options in the form that the program takes.

        `beside` is the output: the store stands beside it if none was named; without an output there is no store.
        """
        from telco_crm.config import Config
        from telco_crm.session import Settings

        o = self.options
        extra = {key: o[key] for key in (*LENGTH, "day", "since", "alert_state") if o.get(key) is not None}
        if o.get("model"):
            from telco_crm.churn.model import ChurnModel

            extra["churn_model"] = ChurnModel.load(o["model"])
        if o.get("segment_model"):
            from telco_crm.segment.model import SegmentModel

            extra["segment_model"] = SegmentModel.load(o["segment_model"])
        extra |= {key: o[key] for key in ("truth", "bootstraps") if o.get(key) is not None}
        return Settings(
            config=o["config"] or Config(),
            as_of=o["as_of"],
            seed=o["seed"],
            threads=o["threads"],
            memory_limit=o["memory_limit"],
            temp_dir=o["temp_dir"],
            lang=o["lang"],
            max_rejects=o["max_rejects"],
            strict=o["strict"],
            store=self._store(beside),
            hash_inputs=o["hash_inputs"],
            spark=self._spark(),
            progress=self._progress(),
            extra=extra,
        )

    def _spark(self) -> SparkPlace | None:
        """Which Spark was asked for, if any."""
        from telco_crm.engine.workers import SparkPlace

        engine, master, remote = (self.options[key] for key in ("engine", "master", "remote"))
        if master and remote:
            raise click.UsageError("--master and --remote are two ways to Spark; give one of them")
        if (master or remote) and engine != "spark":
            raise click.UsageError(f"--{'master' if master else 'remote'} goes with --engine spark")
        return SparkPlace(master or f"local[{self.options['threads']}]", remote) if engine == "spark" else None

    def _progress(self) -> Progress:
        """A bar on a terminal, until the program ends; nothing elsewhere."""
        from telco_crm.progress import Silent

        if self.options["quiet"] or not sys.stderr.isatty():
            return Silent()
        from rich.console import Console

        from telco_crm.output.progress import TerminalProgress

        return click.get_current_context().with_resource(TerminalProgress(Console(stderr=True), self.options["lang"]))

    def _store(self, beside: str | Path | None) -> Path | None:
        if self.options["no_store"]:
            return None
        if named := self.options["store"]:
            return Path(named)
        if beside is None or str(beside) == "-":
            return None
        folder = Path(beside).absolute().parent
        there = next(p for p in (folder, *folder.parents) if p.exists())
        return folder / DEFAULT_STORE if os.access(there, os.W_OK) else None

    def style(self, default: str) -> OutputStyle:
        """How tables are written."""
        from telco_crm.output.writers import OutputStyle

        return OutputStyle(self.options["format"] or default, self.options["excel"], self.options["lang"])

    def style_for(self, target: str) -> OutputStyle:
        """How the table in file `target` is written: by --format or its ending."""
        from telco_crm.output.writers import format_of

        return self.style(format_of(target, self.options["format"]))

    def show(self, result: Result, out: str) -> None:
        """The summary of a job, on standard error; nothing with --quiet."""
        summary = self._summary()
        if self.options["quiet"]:
            if self.options["strict"]:  # the exit code will say that something is missing, so say what
                summary.impossible(result.impossible)
            return
        summary.files(result.reports, result.rejects, result.unused)
        if self.options["verbose"]:
            summary.mappings(result.reports)
        if result.as_of:
            summary.say("run.month", month=result.as_of, first=result.months[0], last=result.months[-1])
        summary.headlines(result.tables, str(result.as_of))
        summary.impossible(result.impossible)
        for note in result.notes:
            summary.say("run.note", note=note)
        if result.rows:
            tables = ", ".join(f"{name} {rows:,}" for name, rows in result.rows.items())
            summary.say("run.wrote", out=out, tables=tables, seconds=result.seconds)

    def show_files(self, reports: Sequence[FileReport], rejects: RejectFile) -> None:
        """What was read of a wide table, on standard error; nothing with --quiet."""
        if not self.options["quiet"]:
            self._summary().files(reports, {"table": rejects}, ())

    def show_check(self, result: Result) -> None:
        """The report of a check, on standard output: it is what was asked for."""
        summary = self._summary(report=True)
        summary.files(result.reports, result.rejects, result.unused)
        summary.mappings(result.reports)
        summary.reconciled(result.tables["reconcile"])

    def _summary(self, report: bool = False) -> Summary:
        from rich.console import Console

        from telco_crm.output.summary import Summary

        stream = sys.stdout if report else sys.stderr
        return Summary(Console(file=stream, width=None if stream.isatty() else 120), self.options["lang"])


def write_one(job: Job, out: str, rejects: Path | None, table: str) -> int:
    """Write one table and say so; the exit code.

    Raises:
        TelcoError: the table cannot be computed from this data.
    """
    result = written(job, out, rejects, table)
    return EXIT_INCOMPLETE if result.impossible and job.options["strict"] else 0


def written(job: Job, out: str, rejects: Path | None, table: str) -> Result:
    """Write one table and say so; the result. Raises as `write_one` does."""
    from telco_crm.run import run_table, why_not

    result = run_table(job.inputs, job.settings(out), out, job.style_for(out), table, rejects_folder(out, rejects))
    job.show(result, out)
    if table not in result.rows:
        raise TelcoError(f"{table}: nothing was written ({why_not(table, result.impossible)})")
    return result


def rejects_folder(out: str, named: Path | None) -> Path | None:
    """Where rejected rows go: as named, else beside the result; nowhere beside standard output."""
    return named or (None if out == "-" else Path(f"{out}.rejects"))


def data_options(command: Command) -> Command:
    """DATA, or --usage, --bills … for tables one by one."""
    for table in reversed(TABLES):
        command = click.option(
            f"--{table}",
            multiple=True,
            metavar="PATH|GLOB|-",
            help=f"Files of the table {table}; repeatable; - is standard input.",
        )(command)
    return click.argument("data", required=False, type=click.Path(path_type=Path))(command)


def job_options(command: Command) -> Command:
    """The common options; the command gets them with DATA and the table flags as one `job`."""
    names = [option.name for option in getattr(_common(lambda: None), "__click_params__", ())]

    @functools.wraps(command)
    def wrapped(data: Path | None = None, **given: Any) -> Any:
        flags = {table: given.pop(table) for table in TABLES if table in given}
        options = {name: given.pop(name) for name in names}
        options |= {name: given.pop(name, default) for name, default in (("format", None), ("excel", False))}
        options |= {name: given.pop(name) for name in (*LENGTH, "segment_model") if name in given}
        return command(job=Job(data, flags, options), **given)

    return _common(wrapped)


def style_options(command: Command) -> Command:
    """--format and --excel."""
    command = _option("--excel", is_flag=True, help="CSV with a byte-order mark, as spreadsheet programs want it.")(
        command
    )
    return _option("--format", type=click.Choice(["csv", "parquet", "xlsx", "jsonl"]), help="Format of the results.")(
        command
    )


def length_options(by: str, nothing: str) -> Callable[[Command], Command]:
    """--by, --top, --budget and --min-profit: the order of a list (`by` if nothing is said) and how long it is
    (`nothing`: how long otherwise).
    """
    options = [
        _option(
            "--by",
            type=click.Choice(["profit", "revenue"]),
            default=by,
            show_default=True,
            help="Order of the list: expected profit, or churn score × ARPU.",
        ),
        _option("--top", type=click.IntRange(1), help=f"Capacity: the list holds the first N.  [default: {nothing}]"),
        _option(
            "--budget",
            type=click.FloatRange(0),
            callback=finite,
            help="The list costs at most that much, as expected.",
        ),
        _option(
            "--min-profit",
            type=float,
            callback=finite,
            help="Expected profit of everybody on the list.  [default by profit: 0]",
        ),
    ]
    return lambda command: functools.reduce(lambda made, option: option(made), reversed(options), command)


def _common(command: Command) -> Command:
    options: list[Callable[[Command], Command]] = [
        click.option(
            "--config",
            type=click.Path(path_type=Path, dir_okay=False),
            envvar=ENVIRONMENT + "CONFIG",
            is_eager=True,
            callback=_use_config,
            help=f"Configuration file.  [default: {DEFAULT_CONFIG} in this folder, if there is one]",
        ),
        _option(
            "--as-of",
            metavar="YYYY-MM",
            callback=_month,
            help="Month to analyse.  [default: the newest complete month]",
        ),
        _option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of everything random."),
        _option(
            "--engine",
            type=click.Choice(["duckdb", "spark"]),
            default="duckdb",
            show_default=True,
            help="Who computes: this machine, or Apache Spark.",
        ),
        _option("--master", metavar="URL", help="Spark master, such as spark://host:7077.  [default: this machine]"),
        _option("--remote", metavar="URL", help="Spark Connect server, such as sc://host:15002."),
        _option("--threads", type=click.IntRange(1), default=_cores, show_default="all cores", help="Worker threads."),
        _option(
            "--memory-limit",
            metavar="SIZE",
            default="2GB",
            show_default=True,
            help="Memory of the engine, such as 800MB or 4GB.",
        ),
        _option("--temp-dir", type=click.Path(path_type=Path, file_okay=False), help="Folder for temporary data."),
        _option(
            "--store",
            type=click.Path(path_type=Path, file_okay=False),
            help=f"Folder that keeps usage files once they were read.  [default: {DEFAULT_STORE} beside the output]",
        ),
        click.option("--no-store", is_flag=True, help="Keep nothing for later runs."),
        _option("--hash-inputs", is_flag=True, help="Tell changed files by their content, not only by size and time."),
        _option(
            "--lang",
            type=click.Choice(["en", "zh"]),
            default="en",
            show_default=True,
            help="Language of names, reasons and headings.",
        ),
        _option("--max-rejects", metavar="N|P%", help="Stop if a table has more rejected rows.  [default: no limit]"),
        _option("--strict", is_flag=True, help="Exit code 3 if an analysis is impossible."),
        click.option("-q", "--quiet", is_flag=True, help="No summary."),
        click.option("-v", "--verbose", is_flag=True, help="Also show how headers were understood."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _option(name: str, **settings: Any) -> Callable[[Command], Command]:
    """An option that also has an environment variable and a key in the configuration."""
    return click.option(name, envvar=ENVIRONMENT + name.strip("-").replace("-", "_").upper(), **settings)


def _use_config(context: click.Context, parameter: click.Parameter, value: Path | None) -> Config | None:
    """The configuration, read once, since it may come from a pipe. Its [options] are defaults: flags and environment
    variables beat them.
    """
    path = value or (Path(DEFAULT_CONFIG) if Path(DEFAULT_CONFIG).is_file() else None)
    if path is None or context.resilient_parsing:
        return None
    from telco_crm.config import load_config

    config = load_config(path)
    context.default_map = {**(context.default_map or {}), **config.options}
    return config


def finite(context: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    """Refuse nan and inf, which click takes for numbers."""
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is no number to reckon with")
    return value


def _month(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None:
        try:
            Month(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None
    return value


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
