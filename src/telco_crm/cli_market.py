"""The commands that watch: the audit of the exports, alerts, and the file of one subscriber."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from telco_crm.cli_options import (
    Job,
    data_options,
    job_options,
    output_option,
    rejects_option,
    style_options,
    write_one,
    written,
)
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


@click.command()
@data_options
@output_option
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Only alerts first seen on this day or later.  [default: all that are open]",
)
@job_options
@style_options
@rejects_option
def alerts(job: Job, out: str, since: datetime | None, rejects: Path | None) -> int:
    """Open alerts, one line per subscriber and alert, with severity and the day it was first seen."""
    job.options["since"] = since.date().isoformat() if since else None
    return write_one(job, out, rejects, "alerts")
