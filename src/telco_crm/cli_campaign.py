"""The commands of campaigns: plan one with its control group, measure its effect, turn pseudonyms back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from telco_crm.cli_options import Job, data_options, finite, job_options, length_options, style_options, write_one
from telco_crm.cli_paths import folder_option, output_option, rejects_option
from telco_crm.cli_uplift import fit, score
from telco_crm.errors import EXIT_INCOMPLETE

if TYPE_CHECKING:
    from telco_crm.session import Settings

KEY_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def campaign() -> None:
    """Retention campaigns: whom to contact, whom to leave as control, and what came of it."""


@campaign.command()
@data_options
@folder_option("Folder for the lists.")
@click.option("--name", required=True, help="Name of the campaign; the control group is drawn by it and the seed.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day of the campaign.  [default: day after the month]")
@length_options("profit", "what brings most")
@click.option(
    "--control",
    type=click.FloatRange(0, 1, max_open=True),
    callback=finite,
    default=0.1,
    show_default=True,
    help="Share of the list that is not contacted.",
)
@click.option("--uplift-model", type=KEY_FILE, help="Model from `campaign fit`, in place of the assumed take-up.")
@click.option("--split", type=click.Choice(["region", "agent"]), help="A call list (XLSX: a sheet) for each.")
@click.option("--agents", type=click.IntRange(1), help="Agents who share the list.  [default: rules.contact, or 1]")
@click.option("--calls-per-day", type=click.IntRange(1), help="Calls of an agent in a day.  [default: rules.contact]")
@click.option("--days", type=click.IntRange(1), help="Calling days: the list is no longer than the agents can call.")
@click.option("--pseudonymise", is_flag=True, help="Pseudonyms in place of identifiers in all lists.")
@click.option("--key-file", type=KEY_FILE, help="Key of the pseudonyms; made if it does not exist.")
@job_options
@style_options
def plan(job: Job, out: Path, pseudonymise: bool, key_file: Path | None, split: str | None, **given: Any) -> int:
    """Call list, control group and roster, with everybody who is left out and why.

    The list holds whoever brings an expected profit, or as many as --top, --budget, --min-profit and the agents allow;
    the control group is taken from it.
    """
    from telco_crm.run_campaign import Lists, run_plan

    settings = _with_uplift(job.settings(out), given.pop("uplift_model"))
    result = run_plan(
        job.inputs,
        settings,
        out,
        _plan(given, settings.extra),
        Lists(replace(job.style("csv"), titled=True), split, _key(pseudonymise, key_file)),
    )
    job.show(result, str(out))
    return EXIT_INCOMPLETE if result.impossible and job.options["strict"] else 0


@campaign.command()
@data_options
@output_option
@click.option("--name", required=True, help="Name of the campaign in the contacts.")
@click.option(
    "--outcome",
    metavar="FILE",
    help="What came of it, in place of the exports since: who left, revenue, marks (see: telco-crm schema outcome).",
)
@job_options
@style_options
def effect(job: Job, out: str, name: str, outcome: str | None) -> int:
    """What a campaign did: treated against control, in leaving, revenue and the four marks of success.

    DATA holds the exports since the campaign; or --outcome names a file that says what became of everybody. The
    contacts are those that `campaign plan` wrote, or one's own.
    """
    from telco_crm.run_effect import run_effect, run_file_effect

    style = job.style_for(out)
    if outcome is None:
        job.show(run_effect(job.inputs, job.settings(out), out, name, style), out)
        return 0
    if others := [f"--{table}" for table, given in job.flags.items() if given and table != "contacts"]:
        raise click.UsageError(f"--outcome goes in place of {', '.join(others)}; give --contacts with it")
    job.show(run_file_effect(job.inputs, outcome, job.settings(), out, (name, style)), out)
    return 0


@click.command()
@data_options
@output_option
@job_options
@style_options
@rejects_option
def recommend(job: Job, out: str, rejects: Path | None) -> int:
    """What to offer everybody next (cross-sell, up-sell), why, and what it is expected to earn; first those who may be
    contacted by the policy of campaigns."""
    return write_one(job, out, rejects, "recommendations")


@campaign.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--key-file", type=KEY_FILE, required=True, help="Key the pseudonyms were made with.")
@click.option("-o", "--out", required=True, metavar="FILE", help="File for the result; - is standard output.")
def reveal(file: Path, key_file: Path, out: str) -> int:
    """Identifiers in place of the pseudonyms of a list: CSV, JSON Lines, XLSX or Parquet."""
    from telco_crm.retain.pseudonym import read_key
    from telco_crm.run_campaign import reveal as revealed

    revealed(file, out, read_key(key_file))
    return 0


campaign.add_command(fit)
campaign.add_command(score)


def _plan(given: dict[str, Any], settings: Mapping[str, Any]) -> Any:
    from telco_crm.retain.campaign import Plan
    from telco_crm.retain.length import wanted_of

    day: datetime | None = given.pop("on")
    return Plan(day=day.date() if day else None, **wanted_of(settings, by="profit"), **given)


def _with_uplift(settings: Settings, file: Path | None) -> Settings:
    if file is None:
        return settings
    from telco_crm.retain.uplift.model import UpliftModel

    return replace(settings, extra={**settings.extra, "uplift_model": UpliftModel.load(file)})


def _key(wanted: bool, file: Path | None) -> bytes | None:
    if wanted != bool(file):
        raise click.UsageError("--pseudonymise and --key-file go together")
    if not file:
        return None
    from telco_crm.retain.pseudonym import read_key

    return read_key(file, make=True)
