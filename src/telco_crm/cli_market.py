"""The commands that watch: the audit of the exports, alerts, and the file of one subscriber."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from telco_crm.cli_options import Job, data_options, job_options, style_options, write_one, written
from telco_crm.cli_paths import output_option, rejects_option
from telco_crm.errors import EXIT_FOUND, EXIT_INCOMPLETE

SEVERITIES = ("notice", "warning", "serious")


@click.command()
@data_options
@output_option
@click.option(
    "--fail-on",
    type=click.Choice([*SEVERITIES, "never"]),
    default="serious",
    show_default=True,
    help="Exit code 4 if something of this severity or a worse one was found.",
)
@job_options
@style_options
@rejects_option
def audit(job: Job, out: str, fail_on: str, rejects: Path | None) -> int:
    """What does not fit together in the exports: counts, examples and severity of every check."""
    result = written(job, out, rejects, "audit")
    found = {severity for _, severity, *_ in result.tables["audit"]}
    if fail_on != "never" and found & {*SEVERITIES[SEVERITIES.index(fail_on) :]}:
        return EXIT_FOUND
    return EXIT_INCOMPLETE if result.impossible and job.options["strict"] else 0


def _since(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and value != "last":
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            raise click.BadParameter(f'{value!r} is neither a day (YYYY-MM-DD) nor "last"') from None
    return value


@click.command()
@data_options
@output_option
@click.option(
    "--since",
    metavar="YYYY-MM-DD|last",
    callback=_since,
    help="Only alerts first seen on this day or later, or that were not open at the last run (with --state).  "
    "[default: all that are open]",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that keeps what is open for the next run; made if it does not exist.",
)
@job_options
@style_options
@rejects_option
def alerts(job: Job, out: str, since: str | None, state: Path | None, rejects: Path | None) -> int:
    """Open alerts, one line per subscriber and alert, with severity and the day it was first seen."""
    if since == "last" and not state:
        raise click.UsageError("--since last needs --state FILE, which knows what was open at the last run")
    job.options.update(since=since, alert_state=state and str(state))
    return write_one(job, out, rejects, "alerts")
