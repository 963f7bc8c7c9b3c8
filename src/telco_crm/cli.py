"""The commands. Each takes its options, makes one call and gives an exit code; heavy imports stay inside the commands.

Exit codes: 0 done · 1 a problem with the input or the rules · 2 usage · 3 some analyses were impossible (with
--strict) · 130 interrupted.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType

import click

from telco_crm import __version__
from telco_crm.cli_churn import churn
from telco_crm.cli_options import (
    Job,
    data_options,
    job_options,
    output_option,
    rejects_folder,
    rejects_option,
    style_options,
    top_option,
    write_one,
)
from telco_crm.cli_store import store
from telco_crm.cli_tools import init, sample, schema
from telco_crm.errors import EXIT_INCOMPLETE, EXIT_INTERRUPTED, TelcoError

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(
    context_settings=CONTEXT,
    epilog="Exit codes: 0 done, 1 input or rule problem, 2 usage, 3 some analyses impossible (--strict), "
    "130 interrupted. Most options can also be set by an environment variable (TELCO_CRM_THREADS=2) or in "
    "telco-crm.toml.",
)
@click.version_option(__version__, prog_name="telco-crm")
def cli() -> None:
    """Customer-management analytics for mobile operators: from monthly exports to segments, groups, credit stars, churn
    scores and retention lists."""


@cli.command()
@data_options
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for the results."
)
@top_option
@job_options
@style_options
def run(job: Job, out: Path) -> int:
    """Everything the data allows: segments, groups, ARPU bands, credit stars, churn scores and the retention list."""
    from telco_crm.run import run_all

    result = run_all(job.inputs, job.settings(out), out, job.style("csv"))
    job.show(result, str(out))
    return EXIT_INCOMPLETE if result.impossible and job.options["strict"] else 0


@cli.command()
@data_options
@output_option
@job_options
@style_options
@rejects_option
def segment(job: Job, out: str, rejects: Path | None) -> int:
    """ARPU band and behavioural group of every subscriber."""
    return write_one(job, out, rejects, "segments")


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
@top_option
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


cli.add_command(churn)
cli.add_command(store)
cli.add_command(sample)
cli.add_command(schema)
cli.add_command(init)


def main() -> None:
    """Entry point: runs a command and turns problems into one sentence each and an exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = cli.main(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        code = _interrupted()
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except TelcoError as error:
        for problem in error.problems:
            click.echo(f"telco-crm: {problem}", err=True)
        code = error.exit_code
    except KeyboardInterrupt:
        code = _interrupted()
    except BrokenPipeError:
        # The reader has gone (| head): stop quietly, and keep Python from complaining when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _interrupted() -> int:
    click.echo("telco-crm: interrupted; nothing was written", err=True)
    return EXIT_INTERRUPTED
