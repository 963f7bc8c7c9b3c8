"""The commands of value and credit control: tiers, lifecycle, tags, customer value, arrears."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from telco_crm.cli_options import Command, Job, data_options, job_options, style_options
from telco_crm.cli_options import write_one as _write_one
from telco_crm.cli_paths import output_option, rejects_option


@click.group()
def value() -> None:
    """What subscribers are worth: tiers and VIP levels, who moved; expected lifetime and discounted value."""


@click.group()
def arrears() -> None:
    """Who owes what since when, what is due on a day, and what another stop rule would do."""


def table_command(group: click.Group | None, name: str, table: str, about: str) -> click.Command:
    """A command that writes one table."""

    def write(job: Job, out: str, rejects: Path | None, day: datetime | None = None) -> int:
        if day:
            job.options["day"] = day.date().isoformat()
        return _write_one(job, out, rejects, table)

    return _registered(group, name, about, _day_option(write) if group is arrears else write)


def _day_option(command: Command) -> Command:
    """--day YYYY-MM-DD."""
    return click.option(
        "--day",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="YYYY-MM-DD",
        help="Statistics day.  [default: the last day of the month]",
    )(command)


def _registered(group: click.Group | None, name: str, about: str, body: Command) -> click.Command:
    decorated = data_options(output_option(job_options(style_options(rejects_option(body)))))
    made = click.command(name, help=about)(decorated)
    if group:
        group.add_command(made)
    return made


table_command(value, "tiers", "value_tiers", "Value tier, scores, reasons, churn warning and VIP level of everybody.")
table_command(value, "migration", "tier_migration", "Who moved between the tiers since the month before.")


@value.command()
@data_options
@click.option("-o", "--out", required=True, metavar="FILE", help="File for the rules (TOML); - is standard output.")
@job_options
def cuts(job: Job, out: str) -> int:
    """The cut points that the scores of this month are made with, as rules for telco-crm.toml: so that later months are
    measured by the same ones."""
    from telco_crm.run_value import run_cuts

    job.show(run_cuts(job.inputs, job.settings(out), out), out)
    return 0


table_command(
    value, "assessment", "value_assessment", "Expected lifetime and discounted value of everybody, with intervals."
)
table_command(value, "segments", "value_segments", "The same by segment: group, ARPU band, brand, contract, tenure.")
table_command(value, "survival", "survival", "Survival curves by segment, with intervals.")
table_command(value, "calibration", "value_calibration", "Expected against observed leavers of months held out.")
table_command(value, "stages", "stage_tiers", "Subscribers by lifecycle stage and value tier.")
lifecycle = table_command(
    None, "lifecycle", "lifecycle", "Lifecycle stage of everybody, signs of leaving, and what to do."
)
table_command(arrears, "list", "arrears", "The work list of a day: whom to stop, resume or terminate; who owes what.")
table_command(arrears, "ageing", "arrears_ageing", "Unpaid bills by months since the billing close.")
table_command(arrears, "what-if", "stop_rules", "Whom other stop rules would stop, and the revenue at stake.")
table_command(arrears, "limits", "credit_limits", "The credit limit that the stars suggest for everybody.")
tags = table_command(None, "tags", "tags", "Scenario tags of everybody (family, business, student …), with evidence.")
