"""The commands. Each takes its options, makes one call and gives an exit code; heavy imports stay inside the commands.

Exit codes: 0 done · 1 a problem with the input or the rules · 2 usage · 3 some analyses were impossible (with
--strict) · 4 the audit found something · 130 interrupted.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

import click

from telco_crm import __version__
from telco_crm.cli_campaign import campaign, recommend
from telco_crm.cli_churn import churn
from telco_crm.cli_indicators import indicators
from telco_crm.cli_market import alerts, audit
from telco_crm.cli_options import (
    Job,
    data_options,
    job_options,
    length_options,
    rejects_folder,
    style_options,
    write_one,
)
from telco_crm.cli_paths import before_option, folder_option, output_option, rejects_option, segment_model_option
from telco_crm.cli_report import report, show
from telco_crm.cli_segment import migrate, segment
from telco_crm.cli_service import prospects, satisfaction
from telco_crm.cli_store import store
from telco_crm.cli_tools import init, sample, schema
from telco_crm.cli_value import arrears, lifecycle, tags, value
from telco_crm.errors import EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_PROBLEM, TelcoError

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class ReaderGone(Exception):  # noqa: N818 - no error
    """Whoever read the output (| head) has had enough."""


class Commands(click.Group):
    """A group that tells a closed pipe from other ends; click itself takes it for a failure."""

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        """As click, but ReaderGone instead of BrokenPipeError."""
        with _told():
            return super().make_context(*args, **more)

    def invoke(self, ctx: click.Context) -> Any:
        """As click, but ReaderGone instead of BrokenPipeError."""
        with _told():
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise ReaderGone from None
    except SystemExit as end:  # rich ends the program itself
        if isinstance(end.__context__, BrokenPipeError):
            raise ReaderGone from None
        raise


@click.group(
    cls=Commands,
    context_settings=CONTEXT,
    epilog="Exit codes: 0 done, 1 input or rule problem, 2 usage, 3 some analyses impossible (--strict), "
    "4 the audit found something, 130 interrupted. "
    "Most options can also be set by an environment variable (TELCO_CRM_THREADS=2) or in "
    "telco-crm.toml.",
)
@click.version_option(__version__, prog_name="telco-crm")
def cli() -> None:
    """Customer-management analytics for mobile operators: from monthly exports to segments, groups, credit stars, churn
    scores and retention lists."""


@cli.command()
@data_options
@folder_option("Folder for the results.")
@length_options("revenue", "a share of the subscribers")
@segment_model_option(
    "--segment-model",
    "Grouping model from `segment fit`.  [default: that of an earlier month in the folder, else fitted]",
)
@before_option
@job_options
@style_options
def run(job: Job, out: Path, before: Path | None) -> int:
    """Everything the data allows: segments, groups, ARPU bands, credit stars, churn scores and the retention list."""
    from telco_crm.run import run_all

    result = run_all(job.inputs, job.settings(out), out, job.style("csv"), before)
    job.show(result, str(out))
    return EXIT_INCOMPLETE if result.impossible and job.options["strict"] else 0


@cli.command()
@data_options
@output_option
@job_options
@style_options
@rejects_option
def credit(job: Job, out: str, rejects: Path | None) -> int:
    """Credit stars of every subscriber, with the points by component."""
    return write_one(job, out, rejects, "credit")


@cli.command()
@data_options
@output_option
@length_options("revenue", "a share of the subscribers")
@job_options
@style_options
@rejects_option
def retain(job: Job, out: str, rejects: Path | None) -> int:
    """The retention list: whom to call first, why, and with which offer."""
    return write_one(job, out, rejects, "retention")


@cli.command()
@data_options
@output_option
@job_options
@style_options
@rejects_option
def features(job: Job, out: str, rejects: Path | None) -> int:
    """The features of every subscriber and month (of all months, or of those up to --as-of)."""
    from telco_crm.run_data import run_features

    job.show(run_features(job.inputs, job.settings(out), out, job.style_for(out), rejects_folder(out, rejects)), out)
    return 0


@cli.command()
@data_options
@job_options
@rejects_option
def check(job: Job, rejects: Path | None) -> int:
    """What was read, how it was understood, what was rejected, and whether the tables fit together. Writes nothing
    else, but rejected rows into --rejects if given."""
    from telco_crm.run_data import run_check

    job.show_check(run_check(job.inputs, job.settings(), rejects))
    return 0


cli.add_command(indicators)
cli.add_command(segment)
cli.add_command(migrate)
cli.add_command(churn)
cli.add_command(campaign)
cli.add_command(recommend)
cli.add_command(value)
cli.add_command(lifecycle)
cli.add_command(arrears)
cli.add_command(tags)
cli.add_command(audit)
cli.add_command(alerts)
cli.add_command(prospects)
cli.add_command(satisfaction)
cli.add_command(report)
cli.add_command(show)
cli.add_command(store)
cli.add_command(sample)
cli.add_command(schema)
cli.add_command(init)


# Sums must not depend on the number of threads. Their limit is one of the process: set for the length of one fit, it
# would be put back while another analysis still fits.
ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)


def main() -> None:
    """Entry point: runs a command and turns problems into one sentence each and an exit code."""
    os.environ |= ONE_THREAD  # before the libraries of linear algebra are loaded
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    if not sys.warnoptions:  # python -W says that somebody wants to see what libraries warn of
        warnings.showwarning = _unsaid  # filters would be lost: scikit-learn exchanges them from within threads
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except TelcoError as error:
        for problem in error.problems:
            click.echo(f"telco-crm: {problem}", err=True)
        code = error.exit_code
    except ReaderGone:
        code = _mute(sys.__stdout__, sys.__stderr__)
    except OSError as error:
        _mute(sys.__stdout__)
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"telco-crm: {place}{error.strerror or error}; check the place and its free space", err=True)
        code = EXIT_PROBLEM
    except BaseException as error:  # libraries turn an interruption into exceptions of their own
        if not _interruptions and not isinstance(error, click.exceptions.Abort | KeyboardInterrupt):
            raise
        click.echo("telco-crm: interrupted; what was not complete has been thrown away", err=True)
        code = EXIT_INTERRUPTED
    sys.exit(code if isinstance(code, int) else 0)


_interruptions: list[int] = []


def _unsaid(*_: object, **__: object) -> None:
    """In place of warnings.showwarning."""


def _interrupt(number: int, frame: FrameType | None) -> None:
    _interruptions.append(number)
    raise KeyboardInterrupt


def _mute(*streams: TextIO | None) -> int:
    """Keep Python from complaining when it flushes at exit to where nothing can be written."""
    for stream in streams:
        if stream:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return 0
