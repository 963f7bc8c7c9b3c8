"""The command for bandicoot's indicators."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from telco_crm.cli_options import Job, job_options, rejects_folder, style_options
from telco_crm.cli_paths import output_option, rejects_option


@click.command()
@click.argument("cdr", nargs=-1, required=True, metavar="CDR...")
@output_option
@click.option(
    "--groupby",
    type=click.Choice(["week", "day", "month", "year", "none"]),
    default="week",
    show_default=True,
    help="Periods, over which mean and standard deviation are given; none: one figure for all records.",
)
@click.option("--split-week", is_flag=True, help="Also weekdays and weekend apart.")
@click.option("--split-day", is_flag=True, help="Also day and night apart.")
@click.option(
    "--summary",
    type=click.Choice(["default", "extended"]),
    default="default",
    show_default=True,
    help="Statistics of distributions: mean and standard deviation, or also median, skewness, kurtosis, min and max.",
)
@click.option("--antennas", multiple=True, metavar="FILE", help="Coordinates of the antennas.")
@click.option("--recharges", multiple=True, metavar="PATH", help="Recharges: a table of events, or bandicoot's folder.")
@job_options
@style_options
@rejects_option
def indicators(
    job: Job,
    cdr: tuple[str, ...],
    out: str,
    antennas: tuple[str, ...],
    recharges: tuple[str, ...],
    rejects: Path | None,
    **shape: Any,
) -> int:
    """bandicoot's indicators of every subscriber: contacts, conversations, rhythm, places and recharges.

    CDR is a usage table, a data folder, or a folder of bandicoot's files of one person each (named PERSON.csv).
    """
    from telco_crm.indicators.catalogue import Shape
    from telco_crm.run_indicators import Asked, run_indicators

    asked = Asked(cdr, {"events": recharges, "antennas": antennas}, Shape(**shape))
    job.show(run_indicators(asked, job.settings(), out, job.style_for(out), rejects_folder(out, rejects)), out)
    return 0
