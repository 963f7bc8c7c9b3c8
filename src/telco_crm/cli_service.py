"""The commands of the competitor customers and of satisfaction."""

from __future__ import annotations

import click

from telco_crm.cli_options import Job, data_options, job_options
from telco_crm.cli_paths import output_option
from telco_crm.cli_segment import WithDefault
from telco_crm.cli_value import table_command

GROUP = {"options_metavar": "", "subcommand_metavar": "[COMMAND] [DATA] [OPTIONS]"}


class Prospects(WithDefault):
    """`list` is the default."""

    default = "list"


@click.group(cls=Prospects, **GROUP)
def prospects() -> None:
    """Competitor customers worth winning: numbers of other networks that call our subscribers a lot.

    `telco-crm prospects DATA -o FILE` is short for `telco-crm prospects list DATA -o FILE`.
    """


table_command(prospects, "list", "prospects", "The numbers, the closest to our subscribers first.")
table_command(prospects, "contacts", "prospect_contacts", "Whom each number calls among our subscribers.")
table_command(prospects, "totals", "prospect_totals", "How many, how many minutes: by month, network and region.")


@prospects.command()
@data_options
@output_option
@job_options
def trend(job: Job, out: str) -> int:
    """A picture (SVG) of how many there are by network, month by month."""
    from telco_crm.run_market import run_trend

    job.show(run_trend(job.inputs, job.settings(out), out), out)
    return 0


class Satisfaction(WithDefault):
    """`scores` is the default."""

    default = "scores"


@click.group(cls=Satisfaction, **GROUP)
def satisfaction() -> None:
    """How content subscribers are, what moves that, what they complain about, and who leaves for it.

    `telco-crm satisfaction DATA -o FILE` is short for `telco-crm satisfaction scores DATA -o FILE`.
    """


table_command(satisfaction, "scores", "satisfaction", "Survey scores by area, tier, group and region, with intervals.")
table_command(satisfaction, "drivers", "satisfaction_drivers", "Which areas move the score of everything.")
table_command(satisfaction, "complaints", "complaints", "Complaints by type, tier, group and region.")
table_command(satisfaction, "leaving", "satisfaction_leaving", "Who leaves after low scores and complaints.")
